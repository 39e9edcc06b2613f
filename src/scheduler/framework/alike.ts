import type { Informers } from '../../client/index.ts'
import { controllerOf } from '../../machinery/index.ts'
import { type Pod, replicaSets, replicationControllers, services, statefulSets } from '../../resources/index.ts'

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

/**
 * What selects the pods that are like a pod: the selectors of its Services and of the ReplicationController, ReplicaSet or
 * StatefulSet it belongs to, together; undefined when nothing does (Kubernetes: DefaultSelector).
 */
export function alikeSelectors(informers: Informers): (pod: Pod) => object | undefined {
  const serviceCache = informers.of(services)
  const controllerCache = informers.of(replicationControllers)
  const setCache = informers.of(replicaSets)
  const statefulCache = informers.of(statefulSets)
  serviceCache.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? ''])
  return (pod) => {
    const { namespace = '', labels = {} } = pod.metadata
    const matchLabels: Record<string, string> = {}
    for (const { spec } of serviceCache.by('namespace', namespace)) {
      const selector = spec?.selector
      if (selector === undefined) continue
      const entries = Object.entries(selector)
      if (entries.every(([key, value]) => labels[key] === value)) Object.assign(matchLabels, selector)
    }
    const matchExpressions: Requirement[] = []
    const owner = controllerOf(pod)
    if (owner !== undefined) {
      const name = { namespace, name: owner.name }
      const type = `${owner.apiVersion}/${owner.kind}`
      const selectorOf = (of: { readonly spec?: { readonly selector?: object } } | undefined) => {
        const { matchLabels: also, matchExpressions: more } = (of?.spec?.selector ?? {}) as {
          readonly matchLabels?: Readonly<Record<string, string>>
          readonly matchExpressions?: readonly Requirement[]
        }
        for (const [key, value] of Object.entries(also ?? {}))
          matchExpressions.push({ key, operator: 'In', values: [value] })
        matchExpressions.push(...(more ?? []))
      }
      if (type === 'v1/ReplicationController') Object.assign(matchLabels, controllerCache.get(name)?.spec?.selector)
      else if (type === 'apps/v1/ReplicaSet') selectorOf(setCache.get(name))
      else if (type === 'apps/v1/StatefulSet') selectorOf(statefulCache.get(name))
    }
    if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) return undefined
    return { matchLabels, matchExpressions }
  }
}
