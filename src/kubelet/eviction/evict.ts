import type { Clock } from '../../machinery/index.ts'
import type { Node, Pod } from '../../resources/index.ts'
import type { RecordEvent } from '../events.ts'
import type { KubeletMeasures } from '../measures.ts'
import type { NodeRoom } from '../node/pressure.ts'
import type { Verdict } from '../pods/context.ts'
import type { DiskUse } from '../pods/storage-limits.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { KubeletSettings } from '../settings.ts'
import { isTerminalPhase } from '../sync/phase.ts'
import { firstToReclaim, type PodUse, planEviction, resourceOf } from './plan.ts'
import { createThresholdWatch, type Threshold, thresholdsOf } from './thresholds.ts'

/** Kubernetes: evictionMonitoringPeriod. */
const periodMs = 10_000
/** Kubernetes: so long a pod that was evicted is waited for before the node is looked at again. */
const endedWithinMs = 30_000
const endedCheckMs = 500
/** Kubernetes: the grace of a pod that goes because a hard threshold is passed. */
const immediateGraceSeconds = 1

/** A pod of the node as far as it may be evicted. */
export interface EvictablePod {
  readonly pod: Pod
  readonly admitted: boolean
  readonly ended: boolean
  evict(verdict: Verdict): void
  diskUse(): Promise<DiskUse>
}
export interface EvictionParts {
  readonly settings: KubeletSettings
  readonly runtime: Runtime
  readonly clock: Clock
  readonly record: RecordEvent
  readonly complain: (about: string, error: unknown) => void
  readonly room: () => Promise<NodeRoom>
  /** Told of the thresholds that are passed, whenever they are looked at. */
  readonly onPassed: (passed: readonly Threshold[]) => void
  readonly node: () => Node | undefined
  readonly pods: () => readonly EvictablePod[]
  /** Removes images that nothing uses. */
  readonly freeImages: () => Promise<void>
  readonly measures?: Pick<KubeletMeasures, 'evicted'>
}

/** Ends pods, one after the other, while the node is short of something, until the signal aborts. */
export async function evictUnderPressure(parts: EvictionParts, signal: AbortSignal): Promise<void> {
  const { clock, complain } = parts
  const watch = createThresholdWatch(thresholdsOf(parts.settings))
  while (!signal.aborted) {
    await clock.sleep(periodMs, signal).catch(() => {})
    if (signal.aborted) return
    try {
      const room = await parts.room()
      const readMs = clock.monotonic()
      const { observed, due } = watch(room, readMs)
      parts.onPassed(observed)
      const first = firstToReclaim(due)
      if (first !== undefined) await reclaim(parts, first, room, readMs, signal)
    } catch (error) {
      complain('eviction', error)
    }
  }
}

async function reclaim(
  parts: EvictionParts,
  threshold: Threshold,
  room: NodeRoom,
  readMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { record, settings } = parts
  const resource = resourceOf[threshold.signal]
  const node = parts.node()
  if (node !== undefined) record(node, 'Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`)
  let left = room
  if (resource === 'ephemeral-storage' || resource === 'inodes') {
    await parts.freeImages()
    left = await parts.room()
    if (createThresholdWatch([threshold])(left, 0).observed.length === 0) return
  }
  const active = parts.pods().filter((one) => one.admitted && !one.ended && !isTerminalPhase(one.pod.status.phase))
  const eviction = planEviction(threshold, left, await usesOf(parts, active, resource))
  const going = active.find(({ pod }) => pod === eviction?.pod)
  if (eviction === undefined || going === undefined) return
  const { message, annotations } = eviction
  record(going.pod, 'Warning', 'Evicted', message, undefined, annotations)
  const graceSeconds = threshold.isHard ? immediateGraceSeconds : (settings.softGraceSecondsMax ?? 0)
  parts.measures?.evicted(threshold.signal, (parts.clock.monotonic() - readMs) / 1000)
  going.evict({ reason: 'Evicted', message, graceSeconds, isDisruption: true })
  await untilEnded(going, parts.clock, signal)
}

async function usesOf(
  { runtime }: EvictionParts,
  pods: readonly EvictablePod[],
  resource: (typeof resourceOf)[keyof typeof resourceOf],
): Promise<readonly PodUse[]> {
  if (resource === 'pids') return pods.map(({ pod }) => ({ pod, memoryByContainer: new Map() }))
  if (resource !== 'memory')
    return Promise.all(
      pods.map(async (one) => {
        const use = await one.diskUse().catch(() => undefined)
        const { pod } = one
        return {
          pod,
          memoryByContainer: new Map(),
          ...(use === undefined ? {} : { diskBytes: use.bytes, inodes: use.inodes }),
        }
      }),
    )
  const byPod = Map.groupBy(await runtime.usage(), ({ podUid }) => podUid)
  return pods.map(({ pod }) => {
    const own = byPod.get(pod.metadata.uid)
    const memoryByContainer = new Map((own ?? []).map(({ name, workingSetBytes }) => [name, workingSetBytes]))
    if (own === undefined) return { pod, memoryByContainer }
    return { pod, memoryByContainer, memoryBytes: own.reduce((sum, { workingSetBytes }) => sum + workingSetBytes, 0) }
  })
}

async function untilEnded(pod: EvictablePod, clock: Clock, signal: AbortSignal): Promise<void> {
  const untilMs = clock.monotonic() + endedWithinMs
  while (!pod.ended && !signal.aborted && clock.monotonic() < untilMs)
    await clock.sleep(endedCheckMs, signal).catch(() => {})
}
