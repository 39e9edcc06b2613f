import { isConflict, isNotFound, timestampOf } from '../../machinery/index.ts'
import { type Pod, pods } from '../../resources/index.ts'
import type { SchedulerParts } from '../loop/shared.ts'
import type { Preemption } from '../preemption/plan.ts'

/** Has a pod say why it waits; again only when the words change. */
export async function reportRefusal(
  parts: Pick<SchedulerParts, 'client' | 'record' | 'clock' | 'log'>,
  pod: Pod,
  message: string,
  preemption: Preemption | undefined,
  reason = 'Unschedulable',
): Promise<void> {
  const { client, record, clock, log } = parts
  record(pod, 'Warning', 'FailedScheduling', 'Scheduling', message)
  const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  const isKnown = known?.status === 'False' && known.reason === reason && known.message === message
  const nominated = preemption === undefined ? {} : { nominatedNodeName: preemption.nodeName }
  if (isKnown && (preemption === undefined || pod.status?.nominatedNodeName === preemption.nodeName)) return
  const now = timestampOf(clock.now())
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: known?.status === 'False' ? (known.lastTransitionTime ?? now) : now,
    reason,
    message,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  }
  try {
    await client.patch(
      pods,
      { name: pod.metadata.name, namespace: pod.metadata.namespace ?? '' },
      {
        type: 'strategic',
        body: { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition], ...nominated } },
      },
      'status',
    )
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error))
      log.warn('the pod could not be told why it waits', { error: String(error) })
  }
}
