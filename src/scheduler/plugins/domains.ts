import { labelQueryOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'

/** A term of pod affinity with what it needs of its pod folded in. */
export interface AffinityTerm {
  readonly topologyKey: string
  readonly weight: number
  matches(pod: Pod): boolean
}

interface RawTerm {
  readonly topologyKey: string
  readonly labelSelector?: object
  readonly namespaces?: readonly string[]
  readonly namespaceSelector?: object
  readonly matchLabelKeys?: readonly string[]
  readonly mismatchLabelKeys?: readonly string[]
}

/** Kubernetes: without namespaces and namespaceSelector a term is about its pod's own namespace; an empty selector about all. */
export function termOf(raw: RawTerm, owner: Pod, columns: NodeColumns, weight = 1): AffinityTerm {
  const labels = labelQueryOf(withLabelKeys(raw, owner) as never)
  const spaces = raw.namespaceSelector === undefined ? undefined : labelQueryOf(raw.namespaceSelector as never)
  const named = new Set(raw.namespaces ?? [])
  if (named.size === 0 && spaces === undefined) named.add(owner.metadata.namespace ?? '')
  return {
    topologyKey: raw.topologyKey,
    weight,
    matches({ metadata }) {
      const namespace = metadata.namespace ?? ''
      if (!named.has(namespace) && !(spaces?.matches(columns.namespaceLabels(namespace)) ?? false)) return false
      return labels.matches(metadata.labels ?? {})
    },
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

/** The value of a topology key on a node, if the node has it. */
export function domainOf(columns: NodeColumns, place: number, topologyKey: string): string | undefined {
  return columns.nodes[place]?.metadata.labels?.[topologyKey]
}

/** Counts by domain of one topology key. */
export class DomainCounts {
  readonly #counts = new Map<string, number>()

  add(domain: string, by: number): void {
    this.#counts.set(domain, (this.#counts.get(domain) ?? 0) + by)
  }

  of(domain: string | undefined): number {
    return domain === undefined ? 0 : (this.#counts.get(domain) ?? 0)
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0
  }

  get size(): number {
    return this.#counts.size
  }

  values(): Iterable<number> {
    return this.#counts.values()
  }
}
