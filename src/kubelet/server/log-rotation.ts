import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Clock, timestampOf } from '../../machinery/index.ts'
import type { Runtime } from '../runtime/runtime.ts'

export interface LogRotationParts {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly complain: (about: string, error: unknown) => void
  readonly bytesMax?: number
  readonly filesMax?: number
}
/** Kubernetes: containerLogMaxSize, containerLogMaxFiles and containerLogMonitorInterval. */
const bytesMaxDefault = 10 * 1024 * 1024
const filesMaxDefault = 5
const monitorMs = 10_000

/** Keeps container logs from growing without end: renames full ones, compresses older ones, drops the oldest. */
export async function rotateLogs(parts: LogRotationParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await parts.clock.sleep(monitorMs, signal).catch(() => {})
    if (signal.aborted) return
    await rotateFullLogs(parts).catch((error) => parts.complain('log rotation', error))
  }
}

/** One round over all running containers. */
export async function rotateFullLogs(parts: LogRotationParts): Promise<void> {
  const { containers } = await parts.runtime.observe()
  for (const { id, state, logPath } of containers) {
    if (state !== 'running' || logPath === '') continue
    const found = await stat(logPath).catch(() => undefined)
    if (found === undefined || found.size < (parts.bytesMax ?? bytesMaxDefault)) continue
    await rotate(parts, id, logPath)
  }
}

async function rotate({ runtime, clock, filesMax = filesMaxDefault }: LogRotationParts, id: string, logPath: string) {
  const directory = dirname(logPath)
  const name = basename(logPath)
  const earlier = (await readdir(directory)).filter((one) => one.startsWith(`${name}.`)).sort()
  // The one being written and the one renamed now count as well.
  for (const old of earlier.slice(0, Math.max(0, earlier.length - (filesMax - 2))))
    await rm(join(directory, old), { force: true })
  const stamp = timestampOf(clock.now()).replaceAll(/[-:Z]/g, '').replace('T', '-')
  await rename(logPath, `${logPath}.${stamp}`)
  try {
    await runtime.reopenLog(id)
  } catch (error) {
    // Without its file the container would write into nowhere: give the old one back.
    await rename(`${logPath}.${stamp}`, logPath)
    throw error
  }
  for (const old of earlier.slice(-(filesMax - 2)))
    if (!old.endsWith('.gz')) await compress(join(directory, old)).catch(() => {})
}
async function compress(path: string): Promise<void> {
  const target = `${path}.gz`
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${target}.tmp`))
  await rename(`${target}.tmp`, target)
  await rm(path, { force: true })
}
