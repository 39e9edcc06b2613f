import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../machinery/index.ts'
import type { Cgroups } from '../cgroups/cgroups.ts'
import { createCriRuntime } from '../cri/cri-runtime.ts'
import { command } from '../machine/command.ts'
import { unmountBelow } from '../machine/mounts.ts'
import {
  bridgeOf,
  type ContainerdSettings,
  cniConflist,
  cniDirectoryOf,
  containerdConfig,
  gatewaysOf,
  masqueradeRules,
  masqueradeTable,
  mtuOf,
  socketOf,
} from './config.ts'
import { crunFor } from './crun.ts'
import { removeHostPorts } from './host-ports.ts'
import { pauseArchive, pauseImage } from './pause-image.ts'

export interface ContainerdParts {
  readonly settings: ContainerdSettings
  readonly clock: Clock
  readonly cgroups: Cgroups
  /** As process.arch names it. */
  readonly architecture: string
  /** What the daemon prints goes to this file. */
  readonly logFile: string
  /** Told each time the daemon has to be started again. */
  readonly onRestart?: (why: string) => void
}
/** A running containerd of our own. */
export interface Containerd {
  readonly socket: string
  /** Resolves when supervision has ended; the daemon is stopped, its pods are not. */
  readonly stopped: Promise<void>
}

const startTimeoutMs = 15_000
const pollMs = 20
const restartMsMin = 100
const restartMsMax = 30_000
/** A daemon that ran this long had started well: its next failure begins the back-off anew. */
const healthyMs = 60_000
const stopGraceMs = 5000

/** Writes the configuration, starts the daemon, and keeps it up until the signal aborts. Pods outlive it. */
export async function startContainerd(parts: ContainerdParts, signal: AbortSignal): Promise<Containerd> {
  const { settings, clock } = parts
  await writeFiles(settings)
  await prepareNetwork(settings)
  const first = await launch(parts, signal)
  const stopped = supervise(parts, first, signal)
  await whenServing(parts, signal)
  await importPause(parts)
  return { socket: socketOf(settings), stopped }

  async function supervise(_: ContainerdParts, child: ChildProcess, until: AbortSignal): Promise<void> {
    let running = child
    let delayMs = restartMsMin
    for (;;) {
      const startedMs = clock.monotonic()
      await ended(running)
      if (until.aborted) return
      if (clock.monotonic() - startedMs > healthyMs) delayMs = restartMsMin
      parts.onRestart?.(`containerd ended with ${running.exitCode ?? running.signalCode}; starting it again`)
      await clock.sleep(delayMs, until).catch(() => {})
      delayMs = Math.min(delayMs * 2, restartMsMax)
      if (until.aborted) return
      running = await launch(parts, until)
    }
  }
}

async function writeFiles(settings: ContainerdSettings): Promise<void> {
  const cniDirectory = cniDirectoryOf(settings)
  await mkdir(settings.runDirectory, { recursive: true, mode: 0o711 })
  await mkdir(cniDirectory, { recursive: true })
  const plugins = { hostPorts: await exists('/usr/sbin/iptables', '/sbin/iptables', '/usr/bin/iptables') }
  const crunBinary = settings.crunBinary ?? (await crunFor(settings.directory))
  const complete = crunBinary === undefined ? settings : { ...settings, crunBinary }
  await writeFile(join(settings.directory, 'containerd.toml'), containerdConfig(complete))
  await writeFile(join(cniDirectory, '10-coxswain.conflist'), cniConflist(settings, plugins))
}
async function exists(...paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    const found = await access(path).then(
      () => true,
      () => false,
    )
    if (found) return true
  }
  return false
}

async function prepareNetwork(settings: ContainerdSettings): Promise<void> {
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1')
  await writeFile('/proc/sys/net/bridge/bridge-nf-call-iptables', '1').catch(() => {})
  await command('nft', ['-f', '-'], masqueradeRules(settings))
  await prepareBridge(settings)
}

/** The bridge with its addresses is there before the first pod: cluster DNS listens on it. */
async function prepareBridge(settings: ContainerdSettings): Promise<void> {
  const bridge = bridgeOf(settings)
  // Asked of the kernel: /sys shows the machine's network, which need not be this process's.
  const isThere = await command('ip', ['link', 'show', bridge]).then(
    () => true,
    () => false,
  )
  if (!isThere) await command('ip', ['link', 'add', bridge, 'type', 'bridge'])
  for (const address of gatewaysOf(settings))
    await command('ip', ['address', 'replace', address, 'dev', bridge, ...(address.includes(':') ? ['nodad'] : [])])
  await command('ip', ['link', 'set', bridge, 'mtu', String(mtuOf(settings)), 'up'])
}

/** Starts the daemon in a session of its own, so that a Ctrl-C at our terminal does not reach it. */
async function launch({ settings, logFile, clock }: ContainerdParts, signal: AbortSignal): Promise<ChildProcess> {
  await rm(socketOf(settings), { force: true })
  const log = await open(logFile, 'a')
  const child = spawn('containerd', ['-c', join(settings.directory, 'containerd.toml')], {
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  })
  const failed = once(child, 'error').then(([error]) => Promise.reject(error))
  failed.catch(() => {})
  await Promise.race([once(child, 'spawn'), failed])
  await log.close()
  const stop = () => {
    child.kill('SIGTERM')
    const timer = clock.after(stopGraceMs, () => child.kill('SIGKILL'))
    child.once('exit', () => timer[Symbol.dispose]())
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  child.once('exit', () => signal.removeEventListener('abort', stop))
  return child
}
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

async function whenServing(parts: ContainerdParts, signal: AbortSignal): Promise<void> {
  const { clock, settings } = parts
  const untilMs = clock.monotonic() + startTimeoutMs
  for (;;) {
    const runtime = await createCriRuntime({ ...parts, socket: socketOf(settings) })
    try {
      await runtime.version()
      return
    } catch (error) {
      if (clock.monotonic() > untilMs)
        throw new Error(`containerd does not answer; see ${parts.logFile}`, { cause: error })
    } finally {
      runtime[Symbol.dispose]()
    }
    await clock.sleep(pollMs, signal)
  }
}

async function importPause(parts: ContainerdParts): Promise<void> {
  const { settings, architecture } = parts
  using runtime = await createCriRuntime({ ...parts, socket: socketOf(settings) })
  if ((await runtime.imageStatus(pauseImage)) !== undefined) return
  const archive = join(settings.directory, 'pause.tar')
  await writeFile(archive, pauseArchive(architecture))
  await runtime.importImage(archive)
}

/**
 * Takes down all that a node's containerd left: shims, processes, mounts, network namespaces, bridge and rules.
 * Call after the daemon has stopped; what lives in `directory` (images, leases) stays unless purged.
 */
export async function removeContainerd(
  settings: ContainerdSettings,
  options: { readonly purge: boolean },
): Promise<void> {
  await removeContainers(settings)
  await command('ip', ['link', 'delete', bridgeOf(settings)]).catch(() => {})
  await command('nft', ['delete', 'table', 'ip', masqueradeTable(settings)]).catch(() => {})
  // Whatever is in the way of these, a node that goes is gone all the same.
  await removeHostPorts(bridgeOf(settings)).catch(() => {})
  if (options.purge) await rm(settings.directory, { recursive: true, force: true })
}

/** The same but for bridge and rules: those of a node in a network namespace of its own go with it. */
export async function removeContainers(settings: ContainerdSettings): Promise<void> {
  await killShims(socketOf(settings))
  await unmountBelow(settings.runDirectory)
  await unmountBelow(settings.directory)
  await rm(settings.runDirectory, { recursive: true, force: true })
  await rm(join(settings.directory, 'cni', 'leases'), { recursive: true, force: true })
}

/** Kills every shim that serves this containerd; its containers' processes end with their cgroup. */
async function killShims(socket: string): Promise<void> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const line = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
    if (!line[0]?.includes('containerd-shim')) continue
    if (line[line.indexOf('-address') + 1] === socket) process.kill(Number(pid), 'SIGKILL')
  }
}
