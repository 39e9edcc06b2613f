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
  return { key: `${namespace}|${isTerminating ? 't' : ''}|${JSON.stringify(labels)}`, namespace, labels, isTerminating }
}

/** Which kinds of pods somebody counts; equal keys mean the same pods. */
export interface PodMatcher {
  readonly key: string
  matches(kind: PodKind): boolean
}
