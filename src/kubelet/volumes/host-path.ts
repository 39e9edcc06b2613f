import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import type { HostPathVolumeSource } from '../../resources/index.ts'

/** Checks, and for the OrCreate types makes, what a hostPath volume points at. */
export async function prepareHostPath({ path, type = '' }: HostPathVolumeSource): Promise<void> {
  if (type === '') return
  const found = await stat(path).catch(() => undefined)
  if (type === 'DirectoryOrCreate' && found === undefined) {
    await mkdir(path, { recursive: true })
    return chmod(path, 0o755)
  }
  if (type === 'FileOrCreate' && found === undefined) return writeFile(path, '', { mode: 0o644 })
  const checks: Readonly<Record<string, [is: boolean | undefined, what: string]>> = {
    DirectoryOrCreate: [found?.isDirectory(), 'a directory'],
    Directory: [found?.isDirectory(), 'a directory'],
    FileOrCreate: [found?.isFile(), 'a file'],
    File: [found?.isFile(), 'a file'],
    Socket: [found?.isSocket(), 'a socket file'],
    CharDevice: [found?.isCharacterDevice(), 'a character device'],
    BlockDevice: [found?.isBlockDevice(), 'a block device'],
  }
  const check = checks[type]
  if (check === undefined) throw new Error(`hostPath type check failed: unknown type ${type}`)
  if (check[0] !== true) throw new Error(`hostPath type check failed: ${path} is not ${check[1]}`)
}
