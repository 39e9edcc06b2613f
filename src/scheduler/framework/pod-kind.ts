import type { Pod } from '../../resources/index.ts'

/** What other pods' selectors see of a pod. Equal pods are one kind. */
export interface PodKind {
  readonly key: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly isTerminating: boolean
}

export function kindOf({ metadata }: Pod): PodKind {
  const { namespace = '', labels = {} } = metadata
  const isTerminating = metadata.deletionTimestamp !== undefined
  const key = `${namespace}|${isTerminating ? 't' : ''}|${JSON.stringify(labels)}`
  const known = kinds.get(key)
  if (known !== undefined) return known
  const kind = { key, namespace, labels, isTerminating }
  if (kinds.size >= kindsMax) kinds.clear()
  kinds.set(key, kind)
  return kind
}

/** Pods of one set are of one kind, which is kept once. */
const kinds = new Map<string, PodKind>()
const kindsMax = 4096

/** Which kinds of pods somebody counts; equal keys mean the same pods. */
export interface PodMatcher {
  readonly key: string
  matches(kind: PodKind): boolean
}
