import { readFile, realpath } from 'node:fs/promises'
import { command } from './command.ts'

/** Unmounts everything below a directory, innermost first. */
export async function unmountBelow(directory: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '')
  const real = await realOf(directory)
  const points = mounts.map(unescapeMount).filter((point) => point === real || point.startsWith(`${real}/`))
  for (const point of points.reverse()) await command('umount', ['-l', point]).catch(() => {})
}
/** The kernel names places without the links that lead there. */
const realOf = (directory: string) => realpath(directory).catch(() => directory)
/** /proc/mounts writes blanks and backslashes as octal. */
function unescapeMount(point: string): string {
  return point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** Whether a directory is the root of a mount: a tmpfs must stay the same one over restarts. */
export async function isMountPoint(directory: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mounts', 'utf8')
  const escaped = (await realOf(directory)).replaceAll('\\', '\\134').replaceAll(' ', '\\040')
  return mounts.includes(` ${escaped} `)
}
