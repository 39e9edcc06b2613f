import type { Client } from '../../client/index.ts'
import { type Clock, timestampOf } from '../../machinery/index.ts'
import { type Pod, pods } from '../../resources/index.ts'

/** What a pod's status is to say: a condition, and the node that is kept for it (`''`: none any more). */
export interface StatusWish {
  readonly condition?: {
    readonly type: string
    readonly status: 'True' | 'False'
    readonly reason: string
    readonly message: string
  }
  readonly nominatedNodeName?: string
}

/** What the scheduler tells the API of pods that have no node yet. A call that is not needed any more counts as made. */
export interface PodCalls {
  bind(pod: Pod, nodeName: string): Promise<void>
  patchStatus(pod: Pod, wish: StatusWish): Promise<void>
  /** The pod as it will be once the calls that are on their way are made. */
  synced(pod: Pod): Pod
}

/** Has the API put a pod on a node. */
export async function callBinding(client: Client, { metadata }: Pod, nodeName: string): Promise<void> {
  const { name, namespace = '', uid } = metadata
  await client.post(pods, { name, namespace }, 'binding', {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, namespace, uid },
    target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
  })
}

/** Has the API note what a pod's status is to say; nothing where it says so already. */
export async function callStatusPatch(client: Client, pod: Pod, wish: StatusWish, nowMs: number): Promise<void> {
  const change = statusChange(pod, wish, nowMs)
  if (change === undefined) return
  const { name, namespace = '', uid } = pod.metadata
  const nominated =
    change.nominatedNodeName === undefined ? {} : { nominatedNodeName: change.nominatedNodeName || null }
  const conditions = change.condition === undefined ? {} : { conditions: [change.condition] }
  const body = { metadata: { uid }, status: { ...conditions, ...nominated } }
  await client.patch(pods, { name, namespace }, { type: 'strategic', body }, 'status')
}

/** What has to change for a pod's status to say something; undefined when it does. */
export function statusChange(pod: Pod, { condition, nominatedNodeName }: StatusWish, nowMs: number) {
  const { status, metadata } = pod
  const isOther = nominatedNodeName !== undefined && nominatedNodeName !== (status?.nominatedNodeName ?? '')
  const known = status?.conditions?.find(({ type }) => type === condition?.type)
  const isSaid =
    condition === undefined ||
    (known?.status === condition.status && known.reason === condition.reason && known.message === condition.message)
  if (isSaid && !isOther) return undefined
  const now = timestampOf(nowMs)
  return {
    ...(isOther ? { nominatedNodeName } : {}),
    ...(condition === undefined
      ? {}
      : {
          condition: {
            ...condition,
            lastProbeTime: null,
            lastTransitionTime: known?.status === condition.status ? (known.lastTransitionTime ?? now) : now,
            ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
          },
        }),
  }
}

/** The pod with what its status is to say. */
export function withStatus(pod: Pod, wish: StatusWish, nowMs: number): Pod {
  const change = statusChange(pod, wish, nowMs)
  if (change === undefined) return pod
  const { condition, nominatedNodeName } = change
  const { conditions = [], nominatedNodeName: before, ...status } = pod.status ?? {}
  const nominated = nominatedNodeName ?? before ?? ''
  return {
    ...pod,
    status: {
      ...status,
      conditions:
        condition === undefined ? conditions : [...conditions.filter(({ type }) => type !== condition.type), condition],
      ...(nominated === '' ? {} : { nominatedNodeName: nominated }),
    },
  } as Pod
}

/** Makes each call at once. */
export function directCalls(client: Client, clock: Clock): PodCalls {
  return {
    bind: (pod, nodeName) => callBinding(client, pod, nodeName),
    patchStatus: (pod, wish) => callStatusPatch(client, pod, wish, clock.now()),
    synced: (pod) => pod,
  }
}
