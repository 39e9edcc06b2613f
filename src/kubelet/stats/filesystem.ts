import { statfs } from 'node:fs/promises'

/** How much of a file system there is, and how much of it is used: as the stats API has it. */
export interface FsStats {
  readonly time: string
  readonly availableBytes: number
  readonly capacityBytes: number
  readonly usedBytes?: number
  readonly inodesFree: number
  readonly inodes: number
  readonly inodesUsed?: number
}
/** A file system, with all that is used of it. */
export type WholeFs = Required<FsStats>

/** The file system that a path is on; undefined when there is no such path. */
export async function filesystemOf(path: string, time: string): Promise<WholeFs | undefined> {
  const found = await statfs(path).catch(() => undefined)
  if (found === undefined) return undefined
  const { bavail, bfree, blocks, bsize, ffree, files } = found
  return {
    time,
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodesFree: ffree,
    inodes: files,
    inodesUsed: files - ffree,
  }
}

/** A part of a file system that uses so much of it. */
export function partOf(fs: WholeFs, usedBytes: number, inodesUsed: number, time = fs.time): WholeFs {
  return { ...fs, time, usedBytes, inodesUsed }
}
