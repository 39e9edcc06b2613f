import { mkdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HttpCredentials } from '../../client/index.ts'
import { type Clock, systemClock } from '../../machinery/index.ts'
import type { NodeList } from '../../resources/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { readStoppedNodes } from '../node/power.ts'
import { askApi, isWell } from './ask-api.ts'
import { layoutOf, readState, writeState } from './directory.ts'
import { identityOf, isRunning } from './identity.ts'
import { type Command, startPrograms } from './programs.ts'

const pollMs = 50
/** What stops by itself within this time is left to do so; then it is killed. */
const stopMsMax = 25_000

/** Starts the supervisor in the background unless it runs, and waits until the cluster is ready. */
export function ensureRunning(
  settings: ClusterSettings,
  self: Command,
  msMax: number,
  signal: AbortSignal,
): { readonly promise: Promise<void>; readonly stage: AsyncIterable<string> } {
  const clock = systemClock()
  const stages: string[] = []
  let wake = () => {}
  let done = false
  const tell = (text: string) => {
    if (text === '' || stages.at(-1) === text) return
    stages.push(text)
    wake()
  }
  const promise = start(settings, self, msMax, clock, tell, signal).finally(() => {
    done = true
    wake()
  })
  promise.catch(() => {})
  async function* stage() {
    for (let at = 0; ; ) {
      if (at < stages.length) yield stages[at++]!
      else if (done) return
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
  return { promise, stage: stage() }
}

async function start(
  settings: ClusterSettings,
  self: Command,
  msMax: number,
  clock: Clock,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { dataDirectory } = settings
  const layout = layoutOf(dataDirectory)
  let ended = ''
  const before = await readState(dataDirectory)
  if (!isRunning(before?.supervisor)) {
    // A cluster process whose supervisor died is replaced together with it.
    if (isRunning(before?.cluster)) await endProcess(before.cluster.pid, () => isRunning(before.cluster), clock)
    mkdirSync(layout.logs, { recursive: true })
    await writeState(dataDirectory, { stage: 'starting', ready: false, problem: '', restarts: 0 })
    const { supervisor, cluster } = startPrograms(self, settings)
    supervisor.once('exit', (code) => {
      ended = `the supervisor ended with ${code}: ${lastLine(join(layout.logs, 'process.log'))}`
    })
    // Known at once, so that an interrupt finds them however early it comes.
    await writeState(dataDirectory, {
      ...(supervisor.pid === undefined ? {} : { supervisor: identityOf(supervisor.pid) }),
      ...(cluster.pid === undefined ? {} : { cluster: identityOf(cluster.pid) }),
    })
  }
  const deadlineMs = clock.monotonic() + msMax
  while (clock.monotonic() < deadlineMs) {
    signal.throwIfAborted()
    const state = await readState(dataDirectory)
    // What the cluster itself says went wrong explains more than that it ended.
    if (ended !== '') throw new Error(state?.problem === undefined || state.problem === '' ? ended : state.problem)
    tell(state?.stage ?? '')
    if (state?.ready === true && isRunning(state.cluster) && (await apiIsReady(settings, signal))) return
    if (state?.problem !== undefined && state.problem !== '' && !isRunning(state.supervisor))
      throw new Error(state.problem)
    await clock.sleep(pollMs, signal)
  }
  const state = await readState(dataDirectory)
  throw new Error(
    state?.problem !== undefined && state.problem !== ''
      ? state.problem
      : `still ${state?.stage ?? 'starting'} after ${Math.round(msMax / 1000)} s`,
  )
}

/** Stops everything of a cluster, containers included. Resolves with what could not be stopped, empty when all is gone. */
export async function stopCluster(settings: ClusterSettings): Promise<string> {
  const clock = systemClock()
  const state = await readState(settings.dataDirectory)
  for (const identity of [state?.supervisor, state?.cluster]) {
    if (isRunning(identity)) await endProcess(identity.pid, () => isRunning(identity), clock)
  }
  let left = ''
  if (settings.runtime === 'containerd') {
    const { sweepNode } = await import('../node/sweep.ts')
    left = await sweepNode(settings)
  }
  await writeState(settings.dataDirectory, { stage: 'stopped', ready: false, problem: '' })
  return left
}

/** The last line that says what went wrong. */
function lastLine(file: string): string {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'nothing was logged'
}

async function endProcess(pid: number, alive: () => boolean, clock: Clock): Promise<void> {
  const deadlineMs = clock.monotonic() + stopMsMax
  trySignal(pid, 'SIGTERM')
  while (alive() && clock.monotonic() < deadlineMs) await clock.sleep(pollMs)
  if (alive()) trySignal(pid, 'SIGKILL')
  while (alive()) await clock.sleep(pollMs)
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself in the meantime.
  }
}

/** The administrator's way in, from the cluster's own kubeconfig. */
export async function adminCredentials(settings: ClusterSettings): Promise<HttpCredentials> {
  const pki = layoutOf(settings.dataDirectory).pki
  const [ca, cert, key] = await Promise.all(
    ['ca.crt', 'admin.crt', 'admin.key'].map((name) => readFile(join(pki, name), 'utf8')),
  )
  return { server: `https://127.0.0.1:${settings.port}`, ca: ca!, cert: cert!, key: key! }
}

/** Whether the API answers and every node it should have is Ready. */
export async function apiIsReady(settings: ClusterSettings, signal: AbortSignal): Promise<boolean> {
  const status = await clusterStatus(settings, signal).catch(() => undefined)
  return status?.healthy === true
}

export interface ClusterStatus {
  readonly healthy: boolean
  readonly parts: readonly { readonly name: string; readonly healthy: boolean; readonly detail: string }[]
}

async function nodesStatus(settings: ClusterSettings, ready: number) {
  if (settings.cloud !== undefined) {
    const { runningInstances } = await import('../cloud/cluster-cloud.ts')
    // While the cloud cannot be asked, nobody knows of a node that is missing.
    const running = await runningInstances(settings).catch(() => ready)
    return { healthy: ready >= running, detail: `${ready} of ${running} ready` }
  }
  const stopped = (await readStoppedNodes(settings.dataDirectory)).length
  const detail = `${ready} of ${settings.nodes} ready${stopped === 0 ? '' : `, ${stopped} switched off`}`
  return { healthy: ready >= settings.nodes - stopped, detail }
}

async function cloudStatus({ name, directory }: NonNullable<ClusterSettings['cloud']>) {
  const { cloudRuns, readCloud } = await import('../cloud/cloud-process.ts')
  const known = await readCloud(directory)
  return known !== undefined && cloudRuns(known)
    ? { healthy: true, detail: `${name} at ${known.url}` }
    : { healthy: false, detail: `${name} is not running; \`cox cloud up --cloud ${name}\` starts it` }
}

async function componentStatus(settings: ClusterSettings, places: Readonly<Record<string, string>>) {
  const { ca = '' } = await adminCredentials(settings)
  return Promise.all(
    Object.entries(places).map(async ([name, detail]) => ({ name, healthy: await isWell(detail, ca), detail })),
  )
}

/** How every part of a cluster is. */
export async function clusterStatus(settings: ClusterSettings, signal: AbortSignal): Promise<ClusterStatus> {
  const state = await readState(settings.dataDirectory)
  const parts: { name: string; healthy: boolean; detail: string }[] = []
  const supervisor = isRunning(state?.supervisor)
  parts.push({
    name: 'supervisor',
    healthy: supervisor,
    detail: supervisor ? `process ${state?.supervisor?.pid}` : 'not running; `cox up` starts it',
  })
  const cluster = isRunning(state?.cluster)
  parts.push({
    name: 'cluster',
    healthy: cluster && state?.ready === true,
    detail: cluster
      ? `process ${state?.cluster?.pid}, ${state?.ready === true ? `restarted ${state.restarts} times` : state?.stage}`
      : (state?.problem ?? 'not running'),
  })
  if (cluster) {
    try {
      const { items } = await askApi<NodeList>(await adminCredentials(settings), '/api/v1/nodes')
      signal.throwIfAborted()
      parts.push({ name: 'apiserver', healthy: true, detail: `https://127.0.0.1:${settings.port}` })
      parts.push(...(await componentStatus(settings, state?.components ?? {})))
      if (!settings.without.includes('kubelet')) {
        const ready = items.filter((node) =>
          node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
        ).length
        parts.push({ name: 'nodes', ...(await nodesStatus(settings, ready)) })
        if (settings.cloud !== undefined) parts.push({ name: 'cloud', ...(await cloudStatus(settings.cloud)) })
      }
    } catch (error) {
      parts.push({ name: 'apiserver', healthy: false, detail: error instanceof Error ? error.message : String(error) })
    }
  }
  return { healthy: parts.every(({ healthy }) => healthy), parts }
}
