import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface ProjectedFile {
  readonly content: Uint8Array
  readonly mode: number
  /** Owner, where it is not root. */
  readonly uid?: number
}
/** Files by path relative to the volume. */
export type Payload = ReadonlyMap<string, ProjectedFile>

const current = '..data'

/**
 * Makes a directory show exactly the payload, all of it at once: files live in a stamped directory that `..data` points
 * to, and the change is one rename. Unchanged content is left alone. `finish` may set owners before anyone sees them.
 */
export async function writePayload(
  directory: string,
  payload: Payload,
  stamp: string,
  finish: (directory: string) => Promise<void>,
): Promise<boolean> {
  for (const path of payload.keys()) checkPath(path)
  const before = await readlink(join(directory, current)).catch(() => undefined)
  if (before !== undefined && (await isSame(join(directory, before), payload))) return false
  const name = `..${stamp}`
  const fresh = join(directory, name)
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true })
  await chmod(fresh, 0o755)
  for (const [path, { content, mode, uid }] of payload) {
    const file = join(fresh, path)
    await mkdir(dirname(file), { recursive: true, mode: 0o755 })
    await writeFile(file, content)
    // The umask has taken bits away: set them again.
    await chmod(file, mode)
    if (uid !== undefined) await chown(file, uid, -1)
  }
  await finish(fresh)
  await rm(join(directory, '..data_tmp'), { force: true })
  await symlink(name, join(directory, '..data_tmp'))
  await rename(join(directory, '..data_tmp'), join(directory, current))
  await linkNames(directory, payload)
  if (before !== undefined) await rm(join(directory, before), { recursive: true, force: true })
  return true
}

/** Kubernetes: paths of payloads stay inside the volume, and out of the writer's own names. */
function checkPath(path: string): void {
  const bad =
    path === '' || path.startsWith('/') || path.startsWith('..') || path.split('/').some((part) => part === '..')
  if (bad) throw new Error(`invalid path: ${JSON.stringify(path)}`)
}

/** The names users see: one link per first path element, into `..data`; those no longer wanted vanish. */
async function linkNames(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0]!))
  const there = new Set((await readdir(directory)).filter((name) => !name.startsWith('..')))
  for (const name of wanted) if (!there.has(name)) await symlink(join(current, name), join(directory, name))
  for (const name of there) if (!wanted.has(name)) await rm(join(directory, name), { force: true, recursive: true })
}

async function isSame(directory: string, payload: Payload): Promise<boolean> {
  const files = await filesBelow(directory, '')
  if (files.length !== payload.size) return false
  for (const [path, { content }] of payload) {
    const there = await readFile(join(directory, path)).catch(() => undefined)
    if (there === undefined || !there.equals(content)) return false
  }
  return true
}
async function filesBelow(directory: string, prefix: string): Promise<string[]> {
  const entries = await readdir(join(directory, prefix), { withFileTypes: true }).catch(() => [])
  const nested = entries.map(async (entry) => {
    const path = join(prefix, entry.name)
    return entry.isDirectory() ? filesBelow(directory, path) : [path]
  })
  return (await Promise.all(nested)).flat()
}

/** Gives a tree to a group: chgrp, read (and write) for the group, setgid on directories so that new files inherit it. */
export async function giveToGroup(path: string, group: number, options: { readonly readonly: boolean }): Promise<void> {
  const found = await stat(path)
  const bits = options.readonly ? 0o440 : 0o660
  await chown(path, -1, group).catch(() => chown(path, found.uid, group))
  await chmod(path, (found.mode & 0o7777) | bits | (found.isDirectory() ? 0o2110 : 0))
  if (!found.isDirectory()) return
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (!entry.isSymbolicLink()) await giveToGroup(join(path, entry.name), group, options)
}
