import type { Pod } from '../../resources/index.ts'

export const completionIndexKey = 'batch.kubernetes.io/job-completion-index'

/** Reads `1,3-5`; what is not below the count does not matter any more. */
export function parseIndexes(text: string | undefined, count: number): Set<number> {
  const indexes = new Set<number>()
  for (const part of (text ?? '').split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (match === null) continue
    const last = Math.min(Number(match[2] ?? match[1]), count - 1)
    for (let index = Number(match[1]); index <= last; index++) indexes.add(index)
  }
  return indexes
}

/** Writes indexes as `1,3-5`. Kubernetes: two in a row stay apart as `1,2`, three and more make a range. */
export function indexesText(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].toSorted((left, right) => left - right)
  const parts: string[] = []
  for (let start = 0; start < sorted.length; ) {
    let end = start
    while (sorted[end + 1] === sorted[end]! + 1) end++
    if (end === start) parts.push(String(sorted[start]))
    else parts.push(`${sorted[start]}${end === start + 1 ? ',' : '-'}${sorted[end]}`)
    start = end + 1
  }
  return parts.join(',')
}

/** Which index a pod works on; undefined when it has none. */
export function indexOfPod({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[completionIndexKey]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

/** The lowest indexes that nobody has done or is doing. */
export function freeIndexes(count: number, wanted: number, taken: ReadonlySet<number>): readonly number[] {
  const free: number[] = []
  for (let index = 0; index < count && free.length < wanted; index++) if (!taken.has(index)) free.push(index)
  return free
}
