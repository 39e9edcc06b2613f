import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, realpath, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { command } from '../machine/command.ts'
import { PodConfigError } from '../pods/environment.ts'

/** The parts of a subPath; refuses what would leave the volume. */
export function subPathParts(subPath: string): readonly string[] {
  const parts = subPath.split('/').filter((part) => part !== '' && part !== '.')
  if (subPath.startsWith('/')) throw new PodConfigError(`subPath must be a relative path: ${JSON.stringify(subPath)}`)
  if (parts.includes('..')) throw new PodConfigError(`subPath must not contain '..': ${JSON.stringify(subPath)}`)
  return parts
}

const pathOf = (handle: FileHandle) => `/proc/self/fd/${handle.fd}`

/**
 * Bind-mounts a path inside a volume to where a container may be given it. Links that are there lead where they lead as
 * long as that is inside the volume; then every step is opened without following any, so that a pod cannot swap one in
 * and reach the node's files. Missing parts are made as directories.
 */
export async function bindSubPath(volume: string, subPath: string, target: string, pid: number): Promise<void> {
  const handles: FileHandle[] = []
  try {
    const base = await realpath(volume)
    let at = await open(base, constants.O_RDONLY | constants.O_DIRECTORY)
    handles.push(at)
    for (const part of await realParts(base, subPath)) {
      const path = `${pathOf(at)}/${part}`
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      const made = await open(path, flags).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === 'ELOOP') throw new PodConfigError(`subPath "${subPath}" goes through a symbolic link`)
        if (error.code !== 'ENOENT') throw error
        const { mode } = await at.stat()
        await mkdir(path)
        const directory = await open(path, flags)
        await directory.chmod(mode & 0o7777)
        return directory
      })
      handles.push(made)
      at = made
    }
    const found = await at.stat()
    await mkdir(found.isDirectory() ? target : dirname(target), { recursive: true })
    if (!found.isDirectory()) await writeFile(target, '', { flag: 'a' })
    await command('mount', ['--bind', `/proc/${pid}/fd/${at.fd}`, target])
  } finally {
    for (const handle of handles) await handle.close()
  }
}

/** The parts of a subPath once its links are followed; as it is written where it is not there yet. */
async function realParts(base: string, subPath: string): Promise<readonly string[]> {
  const parts = subPathParts(subPath)
  const real = await realpath(join(base, ...parts)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (real === undefined) return parts
  if (real !== base && !real.startsWith(`${base}/`))
    throw new PodConfigError(`subpath ${JSON.stringify(subPath)} not within volume path ${JSON.stringify(base)}`)
  return real.slice(base.length).split('/').slice(1)
}
