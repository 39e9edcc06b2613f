import { conditionOf } from '../../machinery/index.ts'
import { ageOf, type Cells } from '../cells.ts'
import type { PodGroup } from '../generated/types.ts'

/** What keeps a group of pods from going before its pods have. */
export const podGroupFinalizer = 'scheduling.k8s.io/podgroup-protection'

/** Kubernetes' columns of a group: name, policy, workload, status and age. */
export const podGroupCells: Cells<PodGroup> = (group, nowMs) => {
  const { metadata, spec } = group
  return [
    metadata.name,
    spec.schedulingPolicy.gang === undefined ? 'Basic' : 'Gang',
    spec.podGroupTemplateRef?.workload?.workloadName ?? '<none>',
    statusOf(group),
    ageOf(group, nowMs),
  ]
}

function statusOf(group: PodGroup): string {
  const disrupted = conditionOf(group as never, 'DisruptionTarget')
  if (disrupted !== undefined) return disrupted.reason ?? ''
  const scheduled = conditionOf(group as never, 'PodGroupScheduled')
  if (scheduled === undefined) return 'Pending'
  return scheduled.status === 'True' ? 'Scheduled' : 'Unschedulable'
}
