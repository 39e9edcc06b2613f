import type { Client } from '../../client/index.ts'
import { conditionOf, isTerminal, nameOf } from '../../machinery/index.ts'
import { type Pod, pods } from '../../resources/index.ts'
import { setCondition } from './conditions.ts'

export interface Disruption {
  readonly reason: string
  readonly message: string
  /** The pod will not run any more: nobody is left to say so. */
  readonly fails: boolean
  readonly nowMs: number
}

/** Says on a pod why it is taken away, before it is. */
export async function markDisrupted(
  client: Client,
  pod: Pod,
  { reason, message, fails, nowMs }: Disruption,
): Promise<void> {
  const known = conditionOf(pod, 'DisruptionTarget')
  const failsNow = fails && !isTerminal(pod)
  if (known?.status === 'True' && known.reason === reason && !failsNow) return
  const observedGeneration = pod.metadata.generation
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    reason,
    message,
  }
  const conditions = setCondition(pod.status.conditions, condition, nowMs).filter(
    ({ type }) => type === 'DisruptionTarget',
  )
  const body = { metadata: { uid: pod.metadata.uid }, status: { ...(failsNow ? { phase: 'Failed' } : {}), conditions } }
  await client.patch(pods, nameOf(pod), { type: 'strategic', body }, 'status')
}
