import type { CounterSeries, Metrics } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'

/** Told of each list how many objects were looked at for it, and how many were found; `past`: as it was at a revision. */
export type CountList = (definition: ResourceDefinition<any>, looked: number, returned: number, past: boolean) => void

interface Counted {
  readonly total: CounterSeries
  readonly fetched: CounterSeries
  readonly returned: CounterSeries
}

/** Kubernetes' metrics of lists: what is served as it is now comes from memory, its cache, and what was from the store. */
export function listMeasures(metrics: Metrics): CountList {
  const counter = (name: string, help: string) => metrics.counter(name, help)
  const cache = {
    total: counter('apiserver_cache_list_total', 'Number of LIST requests served from watch cache'),
    fetched: counter(
      'apiserver_cache_list_fetched_objects_total',
      'Number of objects read from watch cache in the course of serving a LIST request',
    ),
    returned: counter(
      'apiserver_cache_list_returned_objects_total',
      'Number of objects returned for a LIST request from watch cache',
    ),
  }
  const storage = {
    total: counter('apiserver_storage_list_total', 'Number of LIST requests served from storage'),
    fetched: counter(
      'apiserver_storage_list_fetched_objects_total',
      'Number of objects read from storage in the course of serving a LIST request',
    ),
    returned: counter(
      'apiserver_storage_list_returned_objects_total',
      'Number of objects returned for a LIST request from storage',
    ),
  }
  const evaluated = counter(
    'apiserver_storage_list_evaluated_objects_total',
    'Number of objects tested in the course of serving a LIST request from storage',
  )
  const known = { cache: new Map<string, Counted>(), storage: new Map<string, Counted>() }
  return ({ group, plural: resource }, looked, returned, past) => {
    const kept = past ? known.storage : known.cache
    const key = `${resource}.${group}`
    let of = kept.get(key)
    if (of === undefined) {
      const from = past ? storage : cache
      const index = past ? {} : { index: '' }
      of = {
        total: from.total.series({ group, ...index, resource }),
        fetched: from.fetched.series({ group, ...index, resource }),
        returned: from.returned.series({ group, resource }),
      }
      kept.set(key, of)
    }
    of.total.inc()
    of.fetched.inc(looked)
    of.returned.inc(returned)
    if (past) evaluated.inc({ group, resource }, looked)
  }
}
