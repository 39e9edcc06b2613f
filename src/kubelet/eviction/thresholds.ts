import { parseQuantity, wholeValueOf } from '../../machinery/index.ts'
import { hardThresholds, type NodeRoom, type PressureSignal, type Room } from '../node/pressure.ts'

/** So much of something has to be left on the node. */
export interface Threshold {
  readonly signal: PressureSignal
  /** A quantity, or a share of the whole in percent. */
  readonly value: string
  readonly isHard: boolean
  /** How long it may be passed before anything is done about it; 0 for hard ones. */
  readonly graceMs: number
  /** How much more than it has to be free again, once it was passed and acted upon: a quantity, or percent. */
  readonly reclaim?: string
}
export interface ThresholdSettings {
  /** Hard ones; Kubernetes' unless given. */
  readonly thresholds?: Readonly<Partial<Record<PressureSignal, string>>>
  readonly softThresholds?: Readonly<
    Partial<Record<PressureSignal, { readonly value: string; readonly graceMs: number }>>
  >
  readonly minimumReclaim?: Readonly<Partial<Record<PressureSignal, string>>>
}

/** All thresholds that a kubelet is told of. */
export function thresholdsOf({
  thresholds = hardThresholds,
  softThresholds = {},
  minimumReclaim = {},
}: ThresholdSettings): readonly Threshold[] {
  const reclaimOf = (signal: PressureSignal) => {
    const reclaim = minimumReclaim[signal]
    return reclaim === undefined ? {} : { reclaim }
  }
  const hard = (Object.entries(thresholds) as [PressureSignal, string][]).map(([signal, value]) => ({
    ...{ signal, value, isHard: true, graceMs: 0 },
    ...reclaimOf(signal),
  }))
  const soft = (Object.entries(softThresholds) as [PressureSignal, { value: string; graceMs: number }][]).map(
    ([signal, { value, graceMs }]) => ({ ...{ signal, value, isHard: false, graceMs }, ...reclaimOf(signal) }),
  )
  return [...hard, ...soft]
}

/** A threshold or an amount to reclaim as a number of bytes, inodes or processes. */
export function amountOf(text: string, capacity: number): number {
  return text.endsWith('%') ? (capacity * Number.parseFloat(text)) / 100 : wholeValueOf(parseQuantity(text))
}

/** What is passed now, and what of that for so long that something is to be done. */
export interface Passed {
  readonly observed: readonly Threshold[]
  readonly due: readonly Threshold[]
}

/** Remembers since when thresholds are passed. Kubernetes: one that was due stays passed until its minimum is free again. */
export function createThresholdWatch(thresholds: readonly Threshold[]): (room: NodeRoom, nowMs: number) => Passed {
  let due: readonly Threshold[] = []
  let sinceMs = new Map<Threshold, number>()
  return (room, nowMs) => {
    const observed = thresholds.filter((one) => isPassed(one, room[one.signal], due.includes(one)))
    sinceMs = new Map(observed.map((one) => [one, sinceMs.get(one) ?? nowMs]))
    due = observed.filter((one) => nowMs - sinceMs.get(one)! >= one.graceMs)
    return { observed, due }
  }
}

function isPassed({ value, reclaim }: Threshold, room: Room | undefined, wasDue: boolean): boolean {
  if (room === undefined || room.capacity === 0) return false
  const more = wasDue && reclaim !== undefined ? amountOf(reclaim, room.capacity) : 0
  return room.available < amountOf(value, room.capacity) + more
}
