import { isConflict, isNotFound } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { PodCalls } from '../calls/pod-calls.ts'
import type { SchedulerParts } from '../loop/shared.ts'

/** Has a pod say why it waits, and for which node (`''`: for none any more); again only when that changes. */
export async function reportRefusal(
  { calls, parts }: { readonly calls: PodCalls; readonly parts: Pick<SchedulerParts, 'record' | 'log'> },
  pod: Pod,
  message: string,
  nominatedNodeName: string | undefined,
  reason = 'Unschedulable',
): Promise<void> {
  parts.record(pod, 'Warning', 'FailedScheduling', 'Scheduling', message)
  try {
    await calls.patchStatus(pod, {
      condition: { type: 'PodScheduled', status: 'False', reason, message },
      ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
    })
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error))
      parts.log.warn('the pod could not be told why it waits', { error: String(error) })
  }
}
