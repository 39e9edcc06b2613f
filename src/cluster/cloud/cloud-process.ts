import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, systemRandom } from '../../machinery/index.ts'
import { identityOf, isRunning, type ProcessIdentity } from '../process/identity.ts'
import { writeAtomically } from '../write-atomically.ts'

/** Where a cloud is reached, and by whom as its owner. */
export interface CloudEndpoint {
  readonly url: string
  readonly token: string
}
/** A cloud of this machine. */
export interface KnownCloud extends CloudEndpoint {
  readonly name: string
  readonly port: number
  readonly process: ProcessIdentity
}

const pollMs = 30
const startMsMax = 20_000
const stopMsMax = 10_000
const files = (directory: string) => ({
  endpoint: join(directory, 'endpoint.json'),
  state: join(directory, 'state.json'),
  log: join(directory, 'cloud.log'),
})

/** What is known of a cloud: where it is, or was when it ran last; undefined when there is none in the directory. */
export async function readCloud(directory: string): Promise<KnownCloud | undefined> {
  try {
    return JSON.parse(await readFile(files(directory).endpoint, 'utf8')) as KnownCloud
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Whether the cloud's process runs. */
export const cloudRuns = (known: KnownCloud | undefined): boolean => isRunning(known?.process)

/** Starts a cloud in the background unless it runs, and resolves once it answers. */
export async function ensureCloud(
  directory: string,
  name: string,
  [node, entry]: readonly [string, string],
  port: number | undefined,
): Promise<KnownCloud> {
  const clock = systemClock()
  const known = await readCloud(directory)
  if (known !== undefined && cloudRuns(known)) return known
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const output = openSync(files(directory).log, 'a', 0o600)
  const words = ['cloud', 'serve', '--cloud', name, ...(port === undefined ? [] : ['--port', String(port)])]
  let ended = false
  const child = spawn(node, [entry, ...words], { detached: true, stdio: ['ignore', output, output] })
  closeSync(output)
  child.once('exit', () => {
    ended = true
  })
  child.once('error', () => {
    ended = true
  })
  child.unref()
  const deadlineMs = clock.monotonic() + startMsMax
  while (clock.monotonic() < deadlineMs) {
    const now = await readCloud(directory)
    if (now !== undefined && cloudRuns(now)) return now
    if (ended) break
    await clock.sleep(pollMs)
  }
  throw new Error(`the cloud ${name} did not start: ${await lastLine(files(directory).log)}`)
}

async function lastLine(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line.trim() !== '')
  return lines.at(-1) ?? 'nothing was logged'
}

/** Stops a cloud's process; what it has stays, unless it is to be forgotten. */
export async function stopCloud(directory: string, forgets: boolean): Promise<void> {
  const clock = systemClock()
  const known = await readCloud(directory)
  if (known !== undefined && cloudRuns(known)) {
    process.kill(known.process.pid, 'SIGTERM')
    const deadlineMs = clock.monotonic() + stopMsMax
    while (cloudRuns(known) && clock.monotonic() < deadlineMs) await clock.sleep(pollMs)
    if (cloudRuns(known)) process.kill(known.process.pid, 'SIGKILL')
    while (cloudRuns(known)) await clock.sleep(pollMs)
  }
  if (forgets) await rm(directory, { recursive: true, force: true })
}

/** Is the cloud until the signal aborts: its state in the directory, its API at a port of the loopback address. */
export async function runCloud(
  directory: string,
  name: string,
  port: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const known = await readCloud(directory)
  if (cloudRuns(known)) throw new Error(`the cloud ${name} runs already, as process ${known?.process.pid}`)
  const { Cloud, openStateFile, serveCloud } = await import('../../cloud/index.ts')
  const [clock, random] = [systemClock(), systemRandom()]
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const cloud = new Cloud({ ...(await openStateFile(files(directory).state, name)), clock, random })
  const token = known?.token ?? `${random.uuid()}${random.uuid()}`.replaceAll('-', '')
  await using served = await openPort(
    (wanted) => serveCloud(cloud, { port: wanted, ownerToken: token }),
    [...(port === undefined ? [known?.port ?? 0, 0] : [port])],
  )
  const endpoint: KnownCloud = {
    ...{ name, token, port: served.port, url: `http://127.0.0.1:${served.port}` },
    process: identityOf(process.pid),
  }
  await writeAtomically(files(directory).endpoint, `${JSON.stringify(endpoint)}\n`, 0o600)
  await aborted(signal)
}

/** The first port of the list that can be had: the one it had before, so that others find it again. */
async function openPort<T>(open: (port: number) => Promise<T>, ports: readonly number[]): Promise<T> {
  for (const [index, port] of ports.entries()) {
    try {
      return await open(port)
    } catch (error) {
      if (index === ports.length - 1) throw error
    }
  }
  throw new Error('no port was given')
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
