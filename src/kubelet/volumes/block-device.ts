import { mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { command } from '../machine/command.ts'
import { isMountPoint } from '../machine/mounts.ts'

/** The device that a path leads to; undefined when it leads to something else, rejects when it leads nowhere. */
export async function blockDeviceAt(path: string): Promise<string | undefined> {
  const device = await realpath(path).catch(() => {
    throw new Error(`path "${path}" does not exist`)
  })
  return (await stat(device)).isBlockDevice() ? device : undefined
}

/** Mounts the filesystem of a device at a directory; one that has none gets one first. Done twice it changes nothing. */
export async function mountDevice(
  device: string,
  directory: string,
  given: { readonly fsType?: string; readonly readonly: boolean; readonly options: readonly string[] },
): Promise<void> {
  const { readonly, options } = given
  const fsType = given.fsType === undefined || given.fsType === '' ? 'ext4' : given.fsType
  if (await isMountPoint(directory)) return
  await mkdir(directory, { recursive: true })
  await oneAfterAnother(device, async () => {
    if (!(await isMounted(device))) await prepare(device, fsType, readonly)
    const words = [readonly ? 'ro' : 'rw', 'defaults', ...options]
    await command('mount', ['-t', fsType, '-o', words.join(','), device, directory])
  })
}

/** Makes the filesystem of a device, which is mounted at the directory, as large as the device is. */
export async function growFilesystem(device: string, directory: string): Promise<void> {
  const format = await formatOf(device)
  if (format === '') return
  const call = growthCalls[format]?.(device, directory)
  if (call === undefined)
    throw new Error(
      `ResizeFS.Resize - resize of format ${format} is not supported for device ${device} mounted at ${directory}`,
    )
  await oneAfterAnother(device, async () => void (await command(call[0], call[1])))
}
const growthCalls: Readonly<Record<string, (device: string, directory: string) => [string, readonly string[]]>> = {
  ext3: (device) => ['resize2fs', [device]],
  ext4: (device) => ['resize2fs', [device]],
  xfs: (_, directory) => ['xfs_growfs', ['-d', directory]],
  btrfs: (_, directory) => ['btrfs', ['filesystem', 'resize', 'max', directory]],
}

const busy = new Map<string, Promise<void>>()
/** Two pods that begin at once must not both find a device empty. */
async function oneAfterAnother(device: string, work: () => Promise<void>): Promise<void> {
  const before = busy.get(device) ?? Promise.resolve()
  const mine = before.catch(() => {}).then(work)
  busy.set(device, mine)
  try {
    await mine
  } finally {
    if (busy.get(device) === mine) busy.delete(device)
  }
}

async function isMounted(device: string): Promise<boolean> {
  return (await readFile('/proc/self/mounts', 'utf8')).split('\n').some((line) => line.startsWith(`${device} `))
}

async function prepare(device: string, fsType: string, readonly: boolean): Promise<void> {
  const format = await formatOf(device)
  if (format !== '') {
    if (!readonly) await command('fsck', ['-a', device]).catch(refuseBroken(device))
    return
  }
  if (readonly) throw new Error(`cannot mount unformatted disk ${device} as we are manipulating it in read-only mode`)
  const words = { ext4: ['-F', '-m0'], ext3: ['-F', '-m0'], xfs: ['-f'] }[fsType] ?? []
  await command(`mkfs.${fsType}`, [...words, device])
}

/** What the device holds: a filesystem, partitions, or nothing. */
async function formatOf(device: string): Promise<string> {
  // Low-level probing: what is there now, not what was there when the device was looked at last.
  const printed = await command('blkid', ['-p', '-s', 'TYPE', '-s', 'PTTYPE', '-o', 'export', device]).catch(
    (error: Error) => {
      // It finds nothing, says nothing, and ends with this code.
      if (error.message.endsWith('exit code 2')) return ''
      throw error
    },
  )
  const values = new Map(printed.split('\n').map((line) => line.split('=') as [string, string]))
  const partitions = values.get('PTTYPE')
  return values.get('TYPE') ?? (partitions === undefined ? '' : 'unknown data, probably partitions')
}

/** Kubernetes: only what a check finds and cannot mend keeps a device from being mounted. */
const refuseBroken = (device: string) => (error: Error) => {
  if (/exit code 4$|UNEXPECTED INCONSISTENCY/.test(error.message))
    throw new Error(`'fsck' found errors on device ${device} but could not correct them: ${error.message}`)
}
