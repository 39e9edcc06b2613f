/** What becomes of a pod on its node. */
export interface Fate {
  readonly phase: 'Running' | 'Pending' | 'Succeeded' | 'Failed'
  readonly ready?: boolean
  readonly exitCode?: number
  readonly conditions?: readonly object[]
  /** It stays although it is told to go. */
  readonly stays?: boolean
}
/** Says what becomes of each pod; undefined: nothing for now. */
export type Fates = (pod: any) => Fate | undefined

export const runs: Fates = () => ({ phase: 'Running' })
export const succeeds: Fates = () => ({ phase: 'Succeeded' })
export const fails: Fates = () => ({ phase: 'Failed' })

const nowText = () => `${new Date().toISOString().slice(0, 19)}Z`

/** The status that a kubelet would write for a pod of this fate. */
export function statusOf(pod: any, fate: Fate, ip: string): object {
  const now = nowText()
  const isOver = fate.phase === 'Succeeded' || fate.phase === 'Failed'
  const ready = fate.ready ?? fate.phase === 'Running'
  const because = ready ? {} : { reason: isOver ? 'PodCompleted' : 'ContainersNotReady' }
  const { generation: observedGeneration } = pod.metadata
  const condition = (type: string, is: boolean, more: object = {}) => ({
    type,
    status: is ? 'True' : 'False',
    observedGeneration,
    lastTransitionTime: now,
    ...more,
  })
  const exitCode = fate.exitCode ?? (fate.phase === 'Failed' ? 1 : 0)
  const reason = fate.phase === 'Failed' ? 'Error' : 'Completed'
  const state = isOver
    ? { terminated: { exitCode, reason, startedAt: now, finishedAt: now } }
    : { running: { startedAt: now } }
  const kept = (pod.status.conditions ?? []).filter(({ type }: { type: string }) => !own.has(type))
  return {
    phase: fate.phase,
    observedGeneration,
    startTime: pod.status.startTime ?? now,
    podIP: ip,
    podIPs: [{ ip }],
    conditions: [
      ...kept,
      condition('Initialized', true),
      condition('Ready', ready, because),
      condition('ContainersReady', ready, because),
      ...(fate.conditions ?? []).map((one) => ({ lastTransitionTime: now, ...one })),
    ],
    containerStatuses: pod.spec.containers.map(({ name, image }: { name: string; image: string }) => ({
      name,
      image,
      imageID: image,
      ready,
      restartCount: 0,
      state: fate.phase === 'Pending' ? { waiting: { reason: 'ErrImagePull' } } : state,
    })),
  }
}
const own = new Set(['Initialized', 'Ready', 'ContainersReady'])

/** The status that a node's kubelet writes: large enough, and ready or not. */
export function nodeStatusOf(ready: 'True' | 'False'): object {
  const now = nowText()
  const size = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi' }
  const condition = (type: string, status: string) => ({
    type,
    status,
    reason: 'Kubelet',
    message: 'as it says',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  })
  const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => condition(type, 'False'))
  return { capacity: size, allocatable: size, conditions: [...pressures, condition('Ready', ready)] }
}
