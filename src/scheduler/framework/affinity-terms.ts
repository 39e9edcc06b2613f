import { labelQueryOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { PodKind } from './pod-kind.ts'

export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>>

/** A term of pod affinity with what it needs of its pod folded in. Equal keys mean equal terms. */
export interface AffinityTerm {
  readonly key: string
  readonly topologyKey: string
  /** Below 0 for terms that prefer to be away. */
  readonly weight: number
  matches(kind: PodKind, namespaceLabels: NamespaceLabels): boolean
}
/** What a pod asks of, and prefers about, the pods near it. */
export interface AffinityTerms {
  readonly near: readonly AffinityTerm[]
  readonly away: readonly AffinityTerm[]
  readonly preferred: readonly AffinityTerm[]
}
interface RawTerm {
  readonly topologyKey: string
  readonly labelSelector?: object
  readonly namespaces?: readonly string[]
  readonly namespaceSelector?: object
  readonly matchLabelKeys?: readonly string[]
  readonly mismatchLabelKeys?: readonly string[]
}
interface RawTerms {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly RawTerm[]
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
    readonly weight: number
    readonly podAffinityTerm: RawTerm
  }[]
}

/** A pod's terms; undefined when it has none. */
export function affinityTermsOf(pod: Pod): AffinityTerms | undefined {
  const { podAffinity, podAntiAffinity } = (pod.spec?.affinity ?? {}) as {
    readonly podAffinity?: RawTerms
    readonly podAntiAffinity?: RawTerms
  }
  if (podAffinity === undefined && podAntiAffinity === undefined) return undefined
  const required = (terms: RawTerms | undefined) =>
    (terms?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((raw) => termOf(raw, pod))
  const preferred = (terms: RawTerms | undefined, sign: number) =>
    (terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) =>
      termOf(podAffinityTerm, pod, sign * weight),
    )
  return {
    near: required(podAffinity),
    away: required(podAntiAffinity),
    preferred: [...preferred(podAffinity, 1), ...preferred(podAntiAffinity, -1)],
  }
}

/** Kubernetes: without namespaces and namespaceSelector a term is about its pod's own namespace; an empty selector about all. */
function termOf(raw: RawTerm, owner: Pod, weight = 1): AffinityTerm {
  const selector = withLabelKeys(raw, owner)
  const labels = labelQueryOf(selector as never)
  const spaces = raw.namespaceSelector === undefined ? undefined : labelQueryOf(raw.namespaceSelector as never)
  const named = new Set(raw.namespaces ?? [])
  if (named.size === 0 && spaces === undefined) named.add(owner.metadata.namespace ?? '')
  return {
    key: JSON.stringify([raw.topologyKey, weight, selector ?? null, [...named].sort(), raw.namespaceSelector ?? null]),
    topologyKey: raw.topologyKey,
    weight,
    matches: (kind, namespaceLabels) =>
      (named.has(kind.namespace) || (spaces?.matches(namespaceLabels(kind.namespace)) ?? false)) &&
      labels.matches(kind.labels),
  }
}

/** matchLabelKeys and mismatchLabelKeys: the owner's own values become part of the selector. */
function withLabelKeys(
  { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: RawTerm,
  owner: Pod,
): object | undefined {
  const own = owner.metadata.labels ?? {}
  const extra = [
    ...matchLabelKeys
      .filter((key) => own[key] !== undefined)
      .map((key) => ({ key, operator: 'In', values: [own[key]] })),
    ...mismatchLabelKeys
      .filter((key) => own[key] !== undefined)
      .map((key) => ({ key, operator: 'NotIn', values: [own[key]] })),
  ]
  if (extra.length === 0 || labelSelector === undefined) return labelSelector
  const { matchExpressions = [] } = labelSelector as { matchExpressions?: readonly object[] }
  return { ...labelSelector, matchExpressions: [...matchExpressions, ...extra] }
}
