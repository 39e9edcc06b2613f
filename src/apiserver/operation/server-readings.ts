import { buildMeasure, type Metrics, type Reading } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Store } from '../../store/index.ts'
import type { VersionInfo } from '../http/paths.ts'
import { prefixOf } from '../registry/encoding.ts'
import type { WatchHub } from '../watch/hub.ts'
import { stabilityOf } from './stability.ts'

/** What is known of the server when metrics are read: its build, and how many objects it keeps. */
export function serverReadings(
  metrics: Metrics,
  version: VersionInfo,
  store: Store,
  hub: WatchHub,
  resources: () => Iterable<ResourceDefinition<any>>,
): void {
  buildMeasure(metrics, version)
  const release = (minor: number) => `${version.major ?? ''}.${minor}`
  const minor = Number.parseInt(version.minor ?? '', 10)
  metrics
    .gauge(
      'version_info',
      'Provides the compatibility version info of the component. The component label is the name of the component, usually kube, but is relevant for aggregated-apiservers.',
    )
    .set(1, { binary: release(minor), component: 'kube', emulation: release(minor), min_compat: release(minor - 1) })
  metrics.readings(
    'apiserver_storage_size_bytes',
    'gauge',
    'Size of the storage database file physically allocated in bytes.',
    () => [{ labels: { storage_cluster_id: 'etcd-0' }, value: store.sizeBytes() }],
  )
  metrics.readings(
    'apiserver_storage_objects',
    'gauge',
    'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    () => {
      const counts = new Map<string, number>()
      for (const definition of resources()) {
        const { group, plural, verbs, stored } = definition
        if (!stored || !verbs.includes('list')) continue
        counts.set(group === '' ? plural : `${plural}.${group}`, store.count(prefixOf(definition)))
      }
      return [...counts].map(([resource, value]) => ({ labels: { resource }, value }))
    },
  )
  metrics.readings(
    'apiserver_resource_objects',
    'gauge',
    'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    () => {
      const counts = new Map<string, Reading>()
      for (const definition of resources()) {
        const { group, plural: resource, verbs, stored } = definition
        if (!stored || !verbs.includes('list')) continue
        counts.set(`${resource}.${group}`, { labels: { group, resource }, value: store.count(prefixOf(definition)) })
      }
      return counts.values()
    },
  )
  metrics.readings(
    'apiserver_storage_events_received_total',
    'counter',
    'Number of etcd events received split by kind.',
    () => {
      const kinds = new Map<string, ResourceDefinition<any>>()
      for (const definition of resources()) if (definition.stored) kinds.set(prefixOf(definition), definition)
      return [...kinds.values()].flatMap((definition) => {
        const value = hub.changesOf(definition)
        const { group, plural: resource } = definition
        return value === 0 ? [] : [{ labels: { group, resource }, value }]
      })
    },
  )
  const byKind = (value: (definition: ResourceDefinition<any>) => number) => () => {
    const kinds = new Map<string, ResourceDefinition<any>>()
    for (const definition of resources()) if (definition.stored) kinds.set(prefixOf(definition), definition)
    return [...kinds.values()].map((definition): Reading => {
      const { group, plural: resource } = definition
      return { labels: { group, resource }, value: value(definition) }
    })
  }
  metrics.readings(
    'apiserver_watch_cache_events_dispatched_total',
    'counter',
    'Counter of events dispatched in watch cache broken by resource type.',
    byKind((definition) => hub.changesOf(definition)),
  )
  metrics.readings(
    'apiserver_watch_cache_events_received_total',
    'counter',
    'Counter of events received in watch cache broken by resource type.',
    byKind((definition) => hub.changesOf(definition)),
  )
  metrics.readings(
    'apiserver_watch_cache_initializations_total',
    'counter',
    'Counter of watch cache initializations broken by resource type.',
    byKind(() => 1),
  )
  metrics.readings(
    'apiserver_watch_cache_resource_version',
    'gauge',
    'Current resource version of watch cache broken by resource type.',
    byKind(() => hub.revision),
  )
  metrics.readings(
    'apiserver_terminated_watchers_total',
    'counter',
    'Counter of watchers closed due to unresponsiveness broken by resource type.',
    () => hub.terminated().map(([{ group, plural: resource }, value]) => ({ labels: { group, resource }, value })),
  )
  metrics.readings(
    'registered_metrics_total',
    'counter',
    'The count of registered metrics broken by stability level and deprecation version.',
    () => registeredOf(metrics.names()),
  )
  neverMeasured(metrics)
}

/** How many metrics there are of each stability. */
function registeredOf(names: readonly string[]): readonly Reading[] {
  const counts = new Map<string, number>()
  for (const name of names) {
    const level = stabilityOf(name)
    if (level !== '') counts.set(level, (counts.get(level) ?? 0) + 1)
  }
  return [...counts].map(([level, value]) => ({ labels: { deprecated_version: '', stability_level: level }, value }))
}

const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Kubernetes has these and leaves them at nothing, or counts what there is none of here; who asks for them finds them. */
function neverMeasured(metrics: Metrics): void {
  const nothing = { labels: {}, counts: defaultBuckets.map(() => 0), count: 0, sum: 0 }
  for (const [what, help] of [
    ['compilation', 'CEL compilation time in seconds.'],
    ['evaluation', 'CEL evaluation time in seconds.'],
  ] as const)
    metrics.histogramReadings(`apiserver_cel_${what}_duration_seconds`, help, defaultBuckets, () => [nothing])
  for (const [name, help] of [
    ['disabled_metrics_total', 'The count of disabled metrics.'],
    ['hidden_metrics_total', 'The count of hidden metrics.'],
    [
      'apiserver_validation_declarative_validation_mismatch_total',
      'Number of times declarative validation results differed from handwritten validation results for core types.',
    ],
    [
      'apiserver_validation_declarative_validation_panic_total',
      'Number of times declarative validation has panicked during validation.',
    ],
  ] as const)
    metrics.readings(name, 'counter', help, () => [{ labels: {}, value: 0 }])
}
