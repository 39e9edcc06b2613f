import type { Informer } from '../../client/index.ts'
import type { KubeObject } from '../../machinery/index.ts'
import { type Pod, pods } from '../../resources/index.ts'
import type { Cached } from './controller.ts'

type Labels = Readonly<Record<string, string>>
const byLabel = 'label'
const bySelector = 'selector'
const pairOf = (namespace: string | undefined, key: string, value: string) => `${namespace ?? ''}/${key}=${value}`
/** Where those are that may select any pod of a namespace. */
const anyOf = (namespace: string | undefined) => `${namespace ?? ''}/`

/** All pods of a namespace that may have these labels: no pod that has them is missing, and few others are among them. */
export function podsLabelled(
  cached: Cached,
  namespace: string | undefined,
  labels: Labels | undefined,
): readonly Pod[] {
  const all = cached(pods)
  all.addIndex(byLabel, ({ metadata }) =>
    Object.entries(metadata.labels ?? {}).map(([key, value]) => pairOf(metadata.namespace, key, value)),
  )
  let fewest: readonly Pod[] | undefined
  for (const [key, value] of Object.entries(labels ?? {})) {
    const found = all.by(byLabel, pairOf(namespace, key, value))
    if (fewest === undefined || found.length < fewest.length) fewest = found
  }
  return fewest ?? all.list(namespace)
}

/** All of a kind, in an object's namespace, that may select it by `labelsOf`: none that does is missing. */
export function thatMaySelect<T extends KubeObject>(
  all: Informer<T>,
  labelsOf: (one: T) => Labels | undefined,
  { metadata }: KubeObject,
): readonly T[] {
  const { namespace, labels } = metadata
  // One of the pairs is enough to find it by.
  all.addIndex(bySelector, (one) => {
    const first = Object.entries(labelsOf(one) ?? {})[0]
    return [first === undefined ? anyOf(one.metadata.namespace) : pairOf(one.metadata.namespace, ...first)]
  })
  return [
    ...all.by(bySelector, anyOf(namespace)),
    ...Object.entries(labels ?? {}).flatMap(([key, value]) => all.by(bySelector, pairOf(namespace, key, value))),
  ]
}
