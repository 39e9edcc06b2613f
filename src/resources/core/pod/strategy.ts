import { qosClassOf, sameJson, timestampOf } from '../../../machinery/index.ts'
import type { Draft, StrategyContext } from '../../definition.ts'
import type { Pod } from '../../generated/types.ts'
import { keepMember } from '../../strategy.ts'

/** Gives a new pod the state it begins in. */
export function preparePod(draft: Draft, { nowMs }: Pick<StrategyContext, 'nowMs'>): void {
  mendGrace(draft)
  draft.metadata.generation = 1
  draft.status = { phase: 'Pending', qosClass: qosClassOf(draft) }
  if ((draft.spec?.schedulingGates ?? []).length > 0) {
    draft.status.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        lastProbeTime: null,
        lastTransitionTime: timestampOf(nowMs),
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ]
  }
  mergeLabelKeys(draft)
}

/** Kubernetes: a pod's negative grace counts as a second; one of a template stays as it is until a pod is made of it. */
function mendGrace({ spec }: Draft): void {
  if ((spec?.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1
}

interface Term {
  labelSelector?: { matchExpressions?: { key: string; operator: string; values: string[] }[] }
  matchLabelKeys?: readonly string[]
  mismatchLabelKeys?: readonly string[]
}

/** Kubernetes: keys of labels that must match become ordinary expressions with this pod's own values. */
function mergeLabelKeys({ metadata, spec }: Draft): void {
  const labels: Readonly<Record<string, string>> = metadata.labels ?? {}
  const merge = (term: Term) => {
    if (term.labelSelector === undefined || term.labelSelector === null) return
    const add = (keys: readonly string[] | undefined, operator: string) => {
      for (const key of keys ?? []) {
        const value = labels[key]
        if (value === undefined) continue
        const expressions = term.labelSelector!.matchExpressions ?? []
        term.labelSelector!.matchExpressions = [...expressions, { key, operator, values: [value] }]
      }
    }
    add(term.matchLabelKeys, 'In')
    add(term.mismatchLabelKeys, 'NotIn')
  }
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const affinity = spec?.affinity?.[kind]
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) merge(term)
    for (const term of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) merge(term.podAffinityTerm)
  }
  for (const constraint of spec?.topologySpreadConstraints ?? []) merge(constraint)
}

/** Keeps the status, and counts each change of the spec. */
export function preparePodUpdate(draft: Draft, previous: Pod): void {
  mendGrace(draft)
  keepMember(draft, previous, 'status')
  keepMember(draft.metadata, previous.metadata, 'generation')
  if (!sameJson(draft.spec, previous.spec)) draft.metadata.generation = (previous.metadata.generation ?? 0) + 1
}

/** Keeps everything but the status. */
export function preparePodStatus(draft: Draft, previous: Pod): void {
  keepMember(draft, previous, 'spec')
  for (const key of ['generation', 'deletionTimestamp', 'ownerReferences'])
    keepMember(draft.metadata, previous.metadata, key)
  draft.status ??= {}
  // Kubernetes: writers that know nothing of these fields do not erase them.
  if (draft.status.qosClass === undefined) keepMember(draft.status, previous.status ?? {}, 'qosClass')
  if (draft.status.observedGeneration === undefined)
    keepMember(draft.status, previous.status ?? {}, 'observedGeneration')
}
