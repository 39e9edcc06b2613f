import { type FieldError, invalid, sameJson } from '../../../machinery/index.ts'
import type { NodeSelectorTerm, PodSpec } from '../../generated/types.ts'
import { goForm } from '../../validation/go-form.ts'

const field = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'
const shown = (term: NodeSelectorTerm) => goForm('io.k8s.api.core.v1.NodeSelectorTerm', term)
const termsOf = ({ affinity }: PodSpec) =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms

/** Whether a term asks for all that it asked for, and maybe more; one that asked for nothing matched nothing, and stays so. */
function onlyAdds(next: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const
  if (lists.every((name) => (before[name] ?? []).length === 0))
    return lists.every((name) => (next[name] ?? []).length === 0)
  return lists.every((name) => {
    const old = before[name] ?? []
    return sameJson((next[name] ?? []).slice(0, old.length), old)
  })
}

/** What may not be changed so of the nodes that a pod must go to while it waits at a gate: they may only become fewer. */
export function gatedAffinityErrors(next: PodSpec, before: PodSpec): readonly FieldError[] {
  const old = termsOf(before) ?? []
  if (old.length === 0) return []
  const now = termsOf(next) ?? []
  if (now.length !== old.length) {
    const why = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed'
    return [invalid(field, termsOf(next) === undefined ? null : now.map(shown), why)]
  }
  return old.flatMap((term, index) =>
    onlyAdds(now[index]!, term)
      ? []
      : [invalid(`${field}[${index}]`, shown(now[index]!), 'only additions are allowed (no mutations or deletions)')],
  )
}
