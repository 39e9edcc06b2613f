import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodNeeds } from './shapes.ts'

/** What node selectors look at. */
export interface NodeLabels {
  readonly name: string
  readonly labels: Readonly<Record<string, string>> | undefined
}

function fulfils({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
    case 'Lt': {
      if (value === undefined || !/^-?\d+$/.test(value) || !/^-?\d+$/.test(values[0] ?? '')) return false
      return operator === 'Gt' ? Number(value) > Number(values[0]) : Number(value) < Number(values[0])
    }
    default:
      return false
  }
}

/** Whether a node fulfils one term. Kubernetes: a term that asks for nothing matches no node. */
export function matchesNodeSelectorTerm(term: NodeSelectorTerm, node: NodeLabels): boolean {
  const expressions = term.matchExpressions ?? []
  const fields = term.matchFields ?? []
  if (expressions.length === 0 && fields.length === 0) return false
  return (
    expressions.every((one) => fulfils(one, node.labels?.[one.key])) &&
    fields.every((one) => one.key === 'metadata.name' && fulfils(one, node.name))
  )
}

/** Whether a node fulfils at least one term. */
export function matchesNodeSelector(selector: NodeSelector, node: NodeLabels): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => matchesNodeSelectorTerm(term, node))
}

/** Whether a node is one of those that the pod's nodeSelector and required node affinity allow. */
export function matchesNodeAffinity(spec: PodNeeds, node: NodeLabels): boolean {
  for (const key in spec.nodeSelector) if (node.labels?.[key] !== spec.nodeSelector[key]) return false
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || matchesNodeSelector(required, node)
}

/** The sum of the weights of the preferences that a node fulfils. */
export function nodeAffinityWeight(spec: PodNeeds, node: NodeLabels): number {
  let weight = 0
  for (const preferred of spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
    const { matchExpressions, matchFields } = preferred.preference
    // Kubernetes: unlike a required term, a preference that asks for nothing suits every node.
    const isEmpty = (matchExpressions ?? []).length === 0 && (matchFields ?? []).length === 0
    if (isEmpty || matchesNodeSelectorTerm(preferred.preference, node)) weight += preferred.weight
  }
  return weight
}
