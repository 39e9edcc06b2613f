/** Kubernetes: what the kubelet watches the node for. */
export type PressureSignal =
  | 'memory.available'
  | 'nodefs.available'
  | 'nodefs.inodesFree'
  | 'imagefs.available'
  | 'imagefs.inodesFree'
  | 'pid.available'
export type PressureCondition = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure'

/** How much of something is left, of how much. */
export interface Room {
  readonly available: number
  readonly capacity: number
}
/** What is left on the node; signals that cannot be read are left out. */
export type NodeRoom = Readonly<Partial<Record<PressureSignal, Room>>>

/** Kubernetes: the hard eviction thresholds. */
export const hardThresholds: Readonly<Partial<Record<PressureSignal, string>>> = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
}
const conditionOf: Readonly<Record<PressureSignal, PressureCondition>> = {
  'memory.available': 'MemoryPressure',
  'nodefs.available': 'DiskPressure',
  'nodefs.inodesFree': 'DiskPressure',
  'imagefs.available': 'DiskPressure',
  'imagefs.inodesFree': 'DiskPressure',
  'pid.available': 'PIDPressure',
}
/** Kubernetes: evictionPressureTransitionPeriod. */
export const pressureTransitionMsDefault = 5 * 60_000

/** What the node shows of a signal that is passed. */
export function pressureConditionOf(signal: PressureSignal): PressureCondition {
  return conditionOf[signal]
}

/** Remembers pressure for as long as the node is to show it: it does not flap. */
export function createPressure(transitionMs: number) {
  const lastSeenMs = new Map<PressureCondition, number>()
  return (now: ReadonlySet<PressureCondition>, nowMs: number): ReadonlySet<PressureCondition> => {
    for (const condition of now) lastSeenMs.set(condition, nowMs)
    return new Set(
      [...lastSeenMs].filter(([, seenMs]) => nowMs - seenMs < transitionMs).map(([condition]) => condition),
    )
  }
}
