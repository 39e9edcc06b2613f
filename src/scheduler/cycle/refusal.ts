import { isConflict, isNotFound, timestampOf } from '../../machinery/index.ts'
import { type Pod, pods } from '../../resources/index.ts'
import type { SchedulerParts } from '../loop/shared.ts'

/** Has a pod say why it waits, and for which node (`''`: for none any more); again only when that changes. */
export async function reportRefusal(
  parts: Pick<SchedulerParts, 'client' | 'record' | 'clock' | 'log'>,
  pod: Pod,
  message: string,
  nominatedNodeName: string | undefined,
  reason = 'Unschedulable',
): Promise<void> {
  const { client, record, clock, log } = parts
  record(pod, 'Warning', 'FailedScheduling', 'Scheduling', message)
  const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  const isKnown = known?.status === 'False' && known.reason === reason && known.message === message
  const nominatedBefore = pod.status?.nominatedNodeName ?? ''
  const nominated = nominatedNodeName === undefined ? {} : { nominatedNodeName: nominatedNodeName || null }
  if (isKnown && (nominatedNodeName ?? nominatedBefore) === nominatedBefore) return
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
