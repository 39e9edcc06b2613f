import type { Client, RecordAction } from '../../client/index.ts'
import { type Clock, isNotFound, timestampOf } from '../../machinery/index.ts'
import { type Pod, pods } from '../../resources/index.ts'
import type { PodCalls } from '../calls/pod-calls.ts'
import type { Preemption } from './plan.ts'

export interface EvictionParts {
  readonly client: Client
  readonly clock: Clock
  readonly record: RecordAction
}

/** For whom room is made, as victims are told of it. */
export interface Preemptor {
  readonly type: 'pod' | 'podgroup'
  readonly uid: string
  readonly scheduler: string
}

/** Makes room for a pod or a group: its victims are told why, and deleted with the grace they have. */
export async function evictVictims(
  { client, clock, record }: EvictionParts,
  { type, uid: preemptor, scheduler }: Preemptor,
  { nodeName, victims }: Preemption,
): Promise<void> {
  await Promise.all(
    victims.map(async (victim) => {
      if (victim.metadata.deletionTimestamp !== undefined) return
      const name = { name: victim.metadata.name, namespace: victim.metadata.namespace ?? '' }
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: timestampOf(clock.now()),
        reason: 'PreemptionByScheduler',
        message: `${scheduler}: preempting to accommodate a higher priority ${type}`,
        ...(victim.metadata.generation === undefined ? {} : { observedGeneration: victim.metadata.generation }),
      }
      const { uid } = victim.metadata
      try {
        const body = { metadata: { uid }, status: { conditions: [condition] } }
        await client.patch(pods, name, { type: 'strategic', body }, 'status')
        await client.delete(pods, name, { preconditions: { uid } })
      } catch (error) {
        // Gone, or another pod of that name by now: there is room.
        if (!isNotFound(error)) throw error
        return
      }
      const note = `Preempted by ${type} ${preemptor} on node ${nodeName}`
      record(victim, 'Normal', 'Preempted', 'Preempting', note)
    }),
  )
}

/** Takes the nomination for a node from pods that must look for another. */
export async function clearNominations(calls: PodCalls, waiting: readonly Pod[], nodeName: string): Promise<void> {
  await Promise.all(
    waiting.map(async (pod) => {
      // It may say so only in a moment: what is known of it here need not.
      const nominated = { ...pod, status: { ...pod.status, nominatedNodeName: nodeName } }
      await calls.patchStatus(nominated, { nominatedNodeName: '' }).catch((error) => {
        if (!isNotFound(error)) throw error
      })
    }),
  )
}
