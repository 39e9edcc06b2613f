import type { Metrics } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Store } from '../../store/index.ts'
import type { VersionInfo } from '../http/paths.ts'
import { prefixOf } from '../registry/encoding.ts'

/** What is known of the server when metrics are read: its build, and how many objects it keeps. */
export function serverReadings(
  metrics: Metrics,
  version: VersionInfo,
  store: Store,
  resources: () => Iterable<ResourceDefinition<any>>,
): void {
  const build = metrics.gauge(
    'kubernetes_build_info',
    "A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
  )
  build.set(1, {
    build_date: version.buildDate ?? '',
    compiler: version.compiler ?? '',
    git_commit: version.gitCommit ?? '',
    git_tree_state: version.gitTreeState ?? '',
    git_version: version.gitVersion,
    go_version: version.goVersion ?? '',
    major: version.major ?? '',
    minor: version.minor ?? '',
    platform: version.platform ?? '',
  })
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
}
