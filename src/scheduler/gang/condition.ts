import type { Client } from '../../client/index.ts'
import { type Clock, conditionOf, isConflict, isNotFound, type Log, timestampOf } from '../../machinery/index.ts'
import { type PodGroup, podGroups } from '../../resources/index.ts'

const type = 'PodGroupScheduled'

/** Has a group say whether its pods are placed. Kubernetes: once they were, it is not said otherwise any more. */
export async function reportGroup(
  { client, clock, log }: { readonly client: Client; readonly clock: Clock; readonly log: Log },
  group: PodGroup,
  verdict: { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string },
): Promise<void> {
  const known = conditionOf(group as never, type) as { status: string; reason?: string; message?: string } | undefined
  if (known?.status === 'True' && verdict.status !== 'True') return
  if (known?.status === verdict.status && known.reason === verdict.reason && known.message === verdict.message) return
  const { name, namespace = '', uid, generation } = group.metadata
  const condition = {
    type,
    ...verdict,
    lastTransitionTime: timestampOf(clock.now()),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
  try {
    const body = { metadata: { uid }, status: { conditions: [condition] } }
    await client.patch(podGroups, { name, namespace }, { type: 'strategic', body }, 'status')
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error))
      log.warn('the pod group could not be told how it stands', { error: String(error) })
  }
}
