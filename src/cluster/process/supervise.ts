import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { backoffDelay, createLog, LogLevels, systemClock } from '../../machinery/index.ts'
import { rotatingWriter } from '../logs/files.ts'
import { layoutOf, readSettings, writeState } from './directory.ts'
import { identityOf } from './identity.ts'
import { type Command, clusterProgram, type Ending, endingTold } from './programs.ts'

const backoff = { initialMs: 500, maxMs: 30_000 }
/** A process that lived this long starts again without delay. */
const healthyAfterMs = 60_000
/** Exit code of a cluster process that must not be started again: it said why, and the same would happen. */
export const exitWithoutRestart = 64

/**
 * Keeps the cluster process of a data directory running until the signal aborts, then stops it. `started` is the process that
 * was started beside this one and told the state already; without it, this one starts the first as well.
 */
export async function superviseCluster(
  dataDirectory: string,
  command: Command,
  signal: AbortSignal,
  started?: number,
): Promise<void> {
  const clock = systemClock()
  const layout = layoutOf(dataDirectory)
  const settings = await readSettings(dataDirectory)
  const log = createLog({
    component: 'supervisor',
    clock,
    format: settings?.logFormat ?? 'text',
    levels: new LogLevels(() => settings?.verbosity ?? 0),
    write: rotatingWriter(join(layout.logs, 'process.log')),
  })
  if (started === undefined) {
    await mkdir(layout.run, { recursive: true })
    await mkdir(layout.logs, { recursive: true })
    const supervisor = identityOf(process.pid)
    await writeState(dataDirectory, { supervisor, restarts: 0, problem: '', ready: false, stage: 'starting' })
  }
  let failures = 0
  for (let restarts = 0; !signal.aborted; restarts++) {
    const startedMs = clock.monotonic()
    const child =
      started === undefined || restarts > 0
        ? await startCluster(settings?.name ?? '', dataDirectory, command, restarts)
        : { pid: started, ended: endingTold() }
    const code = await untilEnded(child, signal)
    if (signal.aborted || code === exitWithoutRestart) break
    failures = clock.monotonic() - startedMs > healthyAfterMs ? 0 : failures + 1
    const delayMs = backoffDelay(failures, backoff)
    log.error('the cluster process ended; it is started again', undefined, { code, delayMs, restarts: restarts + 1 })
    await writeState(dataDirectory, {
      ready: false,
      problem: `the cluster process ended with ${code}; it is started again (see cox logs)`,
    })
    await clock.sleep(delayMs, signal).catch(() => {})
  }
}

/** A process that this one looks after. */
interface Child {
  readonly pid: number | undefined
  readonly ended: Promise<Ending>
}

async function startCluster(name: string, dataDirectory: string, command: Command, restarts: number): Promise<Child> {
  const output = openSync(join(layoutOf(dataDirectory).logs, 'process.log'), 'a', 0o644)
  const [program, ...words] = clusterProgram(command, { name, dataDirectory })
  const child = spawn(program, words, { stdio: ['ignore', output, output] })
  closeSync(output)
  const ended = new Promise<Ending>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (exitCode, killedBy) => resolve(exitCode ?? killedBy ?? 'unknown'))
  })
  await writeState(dataDirectory, {
    ...(child.pid === undefined ? {} : { cluster: identityOf(child.pid) }),
    restarts,
  })
  return { pid: child.pid, ended }
}

/** How the process ends; it is told to when the signal aborts. */
async function untilEnded({ pid, ended }: Child, signal: AbortSignal): Promise<Ending> {
  const stop = () => {
    try {
      if (pid !== undefined) process.kill(pid, 'SIGTERM')
    } catch {
      // It ended by itself in the meantime.
    }
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const code = await ended
  signal.removeEventListener('abort', stop)
  return code
}
