import { execFile } from 'node:child_process'
import { readFile, realpath } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Unmounts everything below a directory, deepest first. */
export async function unmountTree(directory: string): Promise<void> {
  // The kernel names places without the links that lead there.
  const real = await realpath(directory).catch(() => directory)
  for (let round = 0; round < 3; round++) {
    const mounts = await readFile('/proc/self/mounts', 'utf8')
    const points = mounts
      .split('\n')
      .map((line) => unescaped(line.split(' ')[1] ?? ''))
      .filter((point) => point === real || point.startsWith(`${real}/`))
      .sort((a, b) => b.length - a.length)
    if (points.length === 0) return
    for (const point of points) await run('umount', round === 0 ? [point] : ['-l', point]).catch(() => {})
  }
}

/** /proc/mounts writes blanks and backslashes as octal. */
function unescaped(point: string): string {
  return point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
