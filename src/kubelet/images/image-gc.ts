import type { Clock } from '../../machinery/index.ts'
import type { Node } from '../../resources/index.ts'
import type { RecordEvent } from '../events.ts'
import type { KubeletMeasures } from '../measures.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { PulledImages } from './pulled-images.ts'

/** When images go: from the high share of the disk on, until the low one is reached, none younger than the least age. */
export interface ImageGcLimits {
  readonly highPercent: number
  readonly lowPercent: number
  readonly minAgeMs: number
  /** Images unused for longer go whatever the disk has left; 0: never. */
  readonly maxAgeMs: number
}
/** Kubernetes: imageGCHighThresholdPercent, imageGCLowThresholdPercent, imageMinimumGCAge and imageMaximumGCAge. */
export const imageGcDefaults: ImageGcLimits = { highPercent: 85, lowPercent: 80, minAgeMs: 120_000, maxAgeMs: 0 }

/** How full the disk of the images is. */
export interface DiskRoom {
  readonly capacityBytes: number
  readonly availableBytes: number
}
/** What is known of an image on the node. */
export interface KnownImage {
  readonly id: string
  readonly sizeBytes: number
  readonly firstSeenMs: number
  readonly lastUsedMs: number
  readonly inUse: boolean
  /** Never removed: what the node itself needs. */
  readonly isPinned: boolean
}
export interface ImageGcPlan {
  readonly remove: readonly KnownImage[]
  /** What the disk's thresholds ask for; 0 when they ask for nothing. */
  readonly wantedBytes: number
}

/** Which images go now, least recently used first. */
export function planImageGc(
  images: readonly KnownImage[],
  disk: DiskRoom,
  limits: ImageGcLimits,
  nowMs: number,
): ImageGcPlan {
  const free = images
    .filter(({ inUse, isPinned }) => !inUse && !isPinned)
    .sort((a, b) => a.lastUsedMs - b.lastUsedMs || a.firstSeenMs - b.firstSeenMs)
  const isOld = (image: KnownImage) => isTooOld(image, limits, nowMs)
  const remove = free.filter(isOld)
  const wantedBytes = bytesToFree(disk, limits)
  let freedBytes = remove.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  for (const image of free) {
    if (freedBytes >= wantedBytes) break
    if (isOld(image) || nowMs - image.firstSeenMs < limits.minAgeMs) continue
    remove.push(image)
    freedBytes += image.sizeBytes
  }
  return { remove, wantedBytes }
}

const isTooOld = ({ lastUsedMs, firstSeenMs }: KnownImage, { maxAgeMs }: ImageGcLimits, nowMs: number) =>
  maxAgeMs > 0 && nowMs - Math.max(lastUsedMs, firstSeenMs) > maxAgeMs

function bytesToFree({ capacityBytes, availableBytes }: DiskRoom, { highPercent, lowPercent }: ImageGcLimits): number {
  if (capacityBytes === 0) return 0
  const usedPercent = 100 - Math.floor((availableBytes * 100) / capacityBytes)
  if (usedPercent < highPercent) return 0
  return Math.max(0, Math.floor((capacityBytes * (100 - lowPercent)) / 100) - availableBytes)
}

export interface ImageGcParts {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly record: RecordEvent
  readonly complain: (about: string, error: unknown) => void
  readonly node: () => Node | undefined
  readonly disk: () => Promise<DiskRoom>
  readonly limits: ImageGcLimits
  readonly isPinned: (names: readonly string[]) => boolean
  /** Told of the images that are left. */
  readonly pulledImages?: Pick<PulledImages, 'prune'> | undefined
  readonly measures?: Pick<KubeletMeasures, 'imageCollected'>
}
/** Kubernetes: ImageGCPeriod. */
const periodMs = 5 * 60_000

/** Removes unused images when the disk gets full, until the signal aborts. */
export async function collectImages(parts: ImageGcParts, signal: AbortSignal): Promise<void> {
  const collect = createImageGc(parts)
  while (!signal.aborted) {
    await collect().catch((error) => {
      parts.complain('image garbage collection', error)
      const node = parts.node()
      if (node !== undefined) parts.record(node, 'Warning', 'ImageGCFailed', textOf(error))
    })
    await parts.clock.sleep(periodMs, signal).catch(() => {})
  }
}

/** One round of it at a time; what it saw of each image is kept between rounds. */
export function createImageGc(parts: ImageGcParts) {
  const { runtime, clock, record, node, disk, limits, isPinned, pulledImages, measures } = parts
  const seen = new Map<string, { readonly firstSeenMs: number; lastUsedMs: number }>()
  return async function collect(): Promise<void> {
    const sinceMs = clock.now()
    const [images, { containers }, room] = await Promise.all([runtime.listImages(), runtime.observe(), disk()])
    const nowMs = clock.now()
    const left = new Set(images.map(({ id }) => id))
    const used = new Set(containers.flatMap(({ imageRef, imageId }) => [imageRef, imageId]))
    const present = new Set(images.map(({ id }) => id))
    for (const id of seen.keys()) if (!present.has(id)) seen.delete(id)
    const known = images.map(({ id, tags, digests, sizeBytes }): KnownImage => {
      const record = seen.get(id) ?? { firstSeenMs: nowMs, lastUsedMs: 0 }
      const inUse = [id, ...tags, ...digests].some((name) => used.has(name))
      if (inUse) record.lastUsedMs = nowMs
      seen.set(id, record)
      return { id, sizeBytes, ...record, inUse, isPinned: isPinned([...tags, ...digests]) }
    })
    const { remove, wantedBytes } = planImageGc(known, room, limits, nowMs)
    let freedBytes = 0
    for (const image of remove) {
      const { id, sizeBytes } = image
      await runtime.removeImage(id)
      measures?.imageCollected(isTooOld(image, limits, nowMs) ? 'age' : 'space')
      seen.delete(id)
      left.delete(id)
      freedBytes += sizeBytes
    }
    await pulledImages?.prune(left, sinceMs)
    const about = node()
    if (freedBytes < wantedBytes && about !== undefined) {
      const message = `Failed to garbage collect required amount of images. Attempted to free ${wantedBytes} bytes, but only found ${freedBytes} bytes eligible to free.`
      record(about, 'Warning', 'FreeDiskSpaceFailed', message)
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
