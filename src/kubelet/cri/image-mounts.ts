import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { command } from '../machine/command.ts'

/** Runs containerd's command line tool with these words; resolves with what it printed. */
export type Ctr = (...words: string[]) => Promise<string>

const snapshots = ['snapshots', '--snapshotter', 'overlayfs'] as const

/** How containerd names the files of layers upon each other. */
export function chainId(diffIds: readonly string[]): string {
  const [first = '', ...rest] = diffIds
  return rest.reduce(
    (chain, diffId) => `sha256:${createHash('sha256').update(`${chain} ${diffId}`).digest('hex')}`,
    first,
  )
}

/**
 * What `ctr snapshots mounts` printed of a snapshot that could be written to, as a `mount` to be read only: of the layers below
 * it alone. It also fits many of them: their common directory is where it runs.
 */
export function mountCall(
  printed: string,
  target: string,
): { readonly cwd: string; readonly words: readonly string[] } {
  const text = printed.trim()
  const [, type = '', source = '', options = ''] =
    /^mount -t (\S+) (.*?) -o (.+)$/.exec(text.replace(` ${target} -o `, ' -o ')) ?? []
  if (type === '') throw new Error(`containerd's mount cannot be understood: ${text}`)
  if (type === 'bind') return bindCall(source, target)
  const lower = /(?:^|,)lowerdir=([^,]*)/.exec(options)?.[1] ?? ''
  const parts = lower.split(':')
  // The kernel takes no single layer for an overlay.
  if (parts.length === 1) return bindCall(lower, target)
  const cwd = parts.every((part) => part.startsWith('/')) ? parts.map(parentOfSnapshot).reduce(commonDirectory) : '/'
  const short = parts.map((part) => (part.startsWith(`${cwd}/`) ? part.slice(cwd.length + 1) : part)).join(':')
  const kept = options.split(',').filter((option) => !/^(upperdir|workdir|lowerdir)=/.test(option))
  return { cwd, words: ['-t', type, '-o', [...kept, `lowerdir=${short}`].join(','), source, target] }
}
const bindCall = (source: string, target: string) => ({ cwd: '/', words: ['-o', 'ro,rbind', source, target] })
const parentOfSnapshot = (path: string) => path.split('/').slice(0, -2).join('/')

function commonDirectory(left: string, right: string): string {
  const ours = left.split('/')
  const theirs = right.split('/')
  const differs = ours.findIndex((part, at) => part !== theirs[at])
  return (differs < 0 ? ours : ours.slice(0, differs)).join('/') || '/'
}

/** Mounts an image's files at a directory, to be read only; containerd keeps them while they are there. */
export async function mountImage(ctr: Ctr, imageId: string, target: string): Promise<void> {
  const config = JSON.parse(await ctr('content', 'get', imageId)) as { rootfs: { diff_ids: readonly string[] } }
  await unmountImage(ctr, target)
  // What `view` makes is garbage to containerd at once: it may be gone before it is mounted, and with it later its image's files.
  await ctr(...snapshots, 'prepare', target, chainId(config.rootfs.diff_ids))
  try {
    const { cwd, words } = mountCall(await ctr(...snapshots, 'mounts', target, target), target)
    await mkdir(target, { recursive: true })
    await command('mount', words, undefined, cwd)
  } catch (error) {
    await unmountImage(ctr, target)
    throw error
  }
}

/** Lets containerd forget what was mounted there; nothing happens when it knows of nothing. */
export async function unmountImage(ctr: Ctr, target: string): Promise<void> {
  await ctr(...snapshots, 'rm', target).catch((error: Error) => {
    if (!/not found|does not exist/.test(error.message)) throw error
  })
}
