import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { backoffDelay, createLog, LogLevels, systemClock } from '../../machinery/index.ts'
import { rotatingWriter } from '../logs/files.ts'
import { layoutOf, readSettings, writeState } from './directory.ts'
import { identityOf } from './identity.ts'

const backoff = { initialMs: 500, maxMs: 30_000 }
/** A process that lived this long starts again without delay. */
const healthyAfterMs = 60_000
/** Exit code of a cluster process that must not be started again: it said why, and the same would happen. */
export const exitWithoutRestart = 64

/** Keeps the cluster process of a data directory running until the signal aborts, then stops it. */
export async function superviseCluster(
  dataDirectory: string,
  command: readonly [string, ...string[]],
  signal: AbortSignal,
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
  await mkdir(layout.run, { recursive: true })
  await mkdir(layout.logs, { recursive: true })
  await writeState(dataDirectory, {
    supervisor: identityOf(process.pid),
    restarts: 0,
    problem: '',
    ready: false,
    stage: 'starting',
  })
  let failures = 0
  for (let restarts = 0; !signal.aborted; restarts++) {
    const startedMs = clock.monotonic()
    const output = openSync(join(layout.logs, 'process.log'), 'a', 0o644)
    const child = spawn(command[0], command.slice(1), { stdio: ['ignore', output, output] })
    await writeState(dataDirectory, {
      ...(child.pid === undefined ? {} : { cluster: identityOf(child.pid) }),
      restarts,
    })
    const stop = () => child.kill('SIGTERM')
    signal.addEventListener('abort', stop, { once: true })
    const code = await new Promise<number | string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (exitCode, killedBy) => resolve(exitCode ?? killedBy ?? 'unknown'))
    })
    signal.removeEventListener('abort', stop)
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
