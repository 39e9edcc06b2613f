import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, lchown, lstat, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Changes, joined, type TreeEntry } from '../store/file-tree.ts'

const permissionBits = 0o7777
/** Mounted over while a step runs; never part of an image. */
const mountPoints = new Set(['proc', 'sys', 'dev'])

/** Writes entries below a directory, which must be free of links that are not ours. Needs root, for the owners. */
export async function writeEntries(directory: string, entries: Iterable<readonly [string, TreeEntry]>): Promise<void> {
  const directories: (readonly [string, TreeEntry])[] = []
  for (const [path, entry] of entries) {
    const file = join(directory, path)
    if (entry.type === 'directory') {
      await mkdir(file, { recursive: true })
      directories.push([file, entry])
      continue
    }
    await rm(file, { force: true })
    if (entry.type === 'symlink') await symlink(entry.target, file)
    else await pipeline(entry.open(), createWriteStream(file, { flags: 'wx', mode: 0o600 }))
    await lchown(file, entry.uid, entry.gid)
    // A change of owner takes the set-user bits away: the mode comes last.
    if (entry.type === 'file') await chmod(file, entry.mode)
  }
  for (const [file, { uid, gid, mode }] of directories) {
    await lchown(file, uid, gid)
    await chmod(file, mode)
  }
}

interface Seen {
  readonly entry: TreeEntry
  /** Changes when anything about the file does. */
  readonly mark: string
}
export type Snapshot = ReadonlyMap<string, Seen>

/** What lies below a directory now. */
export async function snapshotOf(directory: string): Promise<Snapshot> {
  const seen = new Map<string, Seen>()
  await look('')
  return seen

  async function look(path: string): Promise<void> {
    for (const name of (await readdir(join(directory, path))).sort()) {
      const one = joined(path, name)
      const file = join(directory, one)
      const about = await lstat(file, { bigint: true })
      const owned = { mode: Number(about.mode) & permissionBits, uid: Number(about.uid), gid: Number(about.gid) }
      const ownership = `${owned.mode} ${owned.uid} ${owned.gid}`
      const mark = `${ownership} ${about.ino} ${about.size} ${about.ctimeNs} ${about.mtimeNs}`
      if (about.isDirectory()) {
        // A directory's times change with its contents: only what it is itself counts.
        seen.set(one, { entry: { type: 'directory', ...owned }, mark: `directory ${ownership}` })
        if (!mountPoints.has(one)) await look(one)
      } else if (about.isSymbolicLink())
        seen.set(one, { entry: { type: 'symlink', target: await readlink(file), ...owned }, mark })
      else if (about.isFile()) {
        const entry: TreeEntry = {
          type: 'file',
          size: Number(about.size),
          open: () => createReadStream(file),
          ...owned,
        }
        seen.set(one, { entry, mark })
      }
    }
  }
}

/** How a directory went from one state to another, as a layer tells it. */
export function changesBetween(before: Snapshot, after: Snapshot): Changes {
  const changes = new Map<string, TreeEntry | 'removed'>()
  for (const [path, { entry, mark }] of after) if (before.get(path)?.mark !== mark) changes.set(path, entry)
  for (const path of before.keys()) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')))
    const parentIsGone = parent !== '' && after.get(parent)?.entry.type !== 'directory'
    if (!after.has(path) && !parentIsGone) changes.set(path, 'removed')
  }
  return changes
}
