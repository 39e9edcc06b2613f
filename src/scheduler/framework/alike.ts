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
  // One pair of its selector is enough to find a service by.
  const pairOf = (namespace: string | undefined, key: string, value: string) => `${namespace ?? ''}/${key}=${value}`
  serviceCache.addIndex('firstSelected', ({ metadata, spec }) => {
    const first = Object.entries(spec?.selector ?? {})[0]
    return first === undefined ? [] : [pairOf(metadata.namespace, ...first)]
  })
  return (pod) => {
    const { namespace = '', labels = {} } = pod.metadata
    const matchLabels: Record<string, string> = {}
    for (const [label, text] of Object.entries(labels))
      for (const { spec } of serviceCache.by('firstSelected', pairOf(namespace, label, text))) {
        const entries = Object.entries(spec?.selector ?? {})
        if (entries.every(([key, value]) => labels[key] === value)) Object.assign(matchLabels, spec?.selector)
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
