import { readFile } from 'node:fs/promises'
import type { Clock } from '../../machinery/index.ts'
import { ChunkQueue, dialSpdy } from '../../wire/index.ts'
import type { Cgroups } from '../cgroups/cgroups.ts'
import { createLimit } from '../limit.ts'
import { command } from '../machine/command.ts'
import { interfacesOf } from '../machine/interfaces.ts'
import {
  type ContainerConfig,
  type ContainerResources,
  type ContainerUsage,
  type Credentials,
  type ImageOnNode,
  type InterfaceUse,
  type Observed,
  type ObservedContainer,
  type ObservedSandbox,
  type Runtime,
  RuntimeError,
  type RuntimeEvent,
  type RuntimeExtras,
  type SandboxConfig,
  type Streams,
} from '../runtime/runtime.ts'
import { type CriConnection, connectCri, pullErrorOf, requestTimeoutMs } from './connection.ts'
import {
  criContainerConfig,
  criResources,
  criSandboxConfig,
  imageOnNode,
  observedContainer,
  observedSandbox,
} from './convert.ts'
import { eventFilters, hintOf } from './events.ts'
import { type Ctr, mountImage, unmountImage } from './image-mounts.ts'
import type { CriContainer, CriContainerStatus, CriImage, CriSandbox, CriSandboxStatus } from './messages.ts'
import { forwardPort, runStreams } from './streaming.ts'

export interface CriRuntimeParts {
  readonly socket: string
  readonly clock: Clock
  readonly cgroups: Cgroups
  /** For what CRI has not, import and mounts of images: containerd's own command line tool. */
  readonly ctr?: string
}

/** runtime: 20 execs at once in one container take 2.4 s, 50 do not end. */
const execsAtOnceMax = 6
/** runtime: the network plugins, not the processors, are what parallel pod starts queue for. */
const sandboxStartsAtOnceMax = 4
const sandboxTimeoutMs = 240_000
const resubscribeMs = 1000
const settleDelaysMs = [5, 10, 20, 40, 80, 160, 320, 640]
/** Carries the cgroup parent, which CRI takes but does not give back. */
const cgroupParentAnnotation = 'coxswain.io/cgroup-parent'
const podUidLabel = 'io.kubernetes.pod.uid'

/** The runtime behind a CRI socket, containerd 1.6 or newer. */
export async function createCriRuntime(parts: CriRuntimeParts): Promise<CriRuntime> {
  return new CriRuntime(parts, await connectCri(parts))
}

class CriRuntime implements Runtime, RuntimeExtras, Disposable {
  readonly #parts: CriRuntimeParts
  readonly #cri: CriConnection
  readonly #execLimit = createLimit(execsAtOnceMax)
  readonly #startLimit = createLimit(sandboxStartsAtOnceMax)
  /** What will not change while the listed state stays: asked for once. */
  readonly #sandboxes = new Map<string, { readonly state: string; readonly observed: ObservedSandbox }>()
  readonly #containers = new Map<string, { readonly state: string; readonly observed: ObservedContainer }>()

  /** Whose a sandbox or container of ours is: events come before anybody has looked at what was just made. */
  readonly #owners = new Map<string, string>()

  constructor(parts: CriRuntimeParts, cri: CriConnection) {
    this.#parts = parts
    this.#cri = cri
  }

  [Symbol.dispose](): void {
    this.#cri.close()
  }

  async version() {
    type Reply = { runtimeName: string; runtimeVersion: string; runtimeApiVersion: string }
    const reply = await this.#cri.call<Reply>('Version', { version: 'v1' }, 10_000)
    return { name: reply.runtimeName, version: reply.runtimeVersion, apiVersion: reply.runtimeApiVersion }
  }

  async ready() {
    type Condition = { type: string; status: boolean; reason: string; message: string }
    type Reply = { status: { conditions: readonly Condition[] } | null }
    const { status } = await this.#cri.call<Reply>('Status', {}, 10_000)
    const conditions = status?.conditions ?? []
    const failing = conditions.filter((condition) => !condition.status)
    const holds = (type: string) => conditions.some((condition) => condition.type === type && condition.status)
    return {
      runtime: holds('RuntimeReady'),
      network: holds('NetworkReady'),
      message: failing
        .map(({ type, reason, message }) => `${type} is false: reason:${reason} message:${message}`)
        .join(' '),
    }
  }

  async runSandbox(config: SandboxConfig): Promise<string> {
    const annotated = {
      ...config,
      annotations: { ...config.annotations, [cgroupParentAnnotation]: config.cgroupParent },
    }
    const request = { config: criSandboxConfig(annotated), runtimeHandler: config.runtimeHandler ?? '' }
    const reply = await this.#startLimit(() =>
      this.#cri.call<{ podSandboxId: string }>('RunPodSandbox', request, sandboxTimeoutMs),
    )
    this.#owners.set(reply.podSandboxId, config.pod.uid)
    return reply.podSandboxId
  }

  async stopSandbox(id: string): Promise<void> {
    await doneWhenGone(this.#cri.call('StopPodSandbox', { podSandboxId: id }))
  }

  async removeSandbox(id: string): Promise<void> {
    await doneWhenGone(this.#cri.call('RemovePodSandbox', { podSandboxId: id }))
    this.#owners.delete(id)
  }

  async createContainer(sandboxId: string, config: ContainerConfig, sandbox: SandboxConfig): Promise<string> {
    const request = {
      podSandboxId: sandboxId,
      config: criContainerConfig(config, sandbox),
      sandboxConfig: criSandboxConfig(sandbox),
    }
    const { containerId } = await this.#cri.call<{ containerId: string }>('CreateContainer', request)
    this.#owners.set(containerId, sandbox.pod.uid)
    return containerId
  }

  async startContainer(id: string): Promise<void> {
    await this.#cri.call('StartContainer', { containerId: id })
  }

  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    const request = { containerId: id, timeout: graceSeconds }
    await doneWhenGone(this.#cri.call('StopContainer', request, requestTimeoutMs + graceSeconds * 1000))
  }

  async removeContainer(id: string): Promise<void> {
    await doneWhenGone(this.#cri.call('RemoveContainer', { containerId: id }))
    this.#owners.delete(id)
  }

  async updateResources(id: string, resources: ContainerResources): Promise<void> {
    await this.#cri.call('UpdateContainerResources', { containerId: id, linux: criResources(resources) })
    this.#containers.delete(id)
  }

  async reopenLog(id: string): Promise<void> {
    await this.#cri.call('ReopenContainerLog', { containerId: id })
  }

  async observe(podUid?: string): Promise<Observed> {
    const labelSelector = podUid === undefined ? {} : { [podUidLabel]: podUid }
    const filter = { filter: { labelSelector } }
    const [pods, listed] = await Promise.all([
      this.#cri.call<{ items: readonly CriSandbox[] }>('ListPodSandbox', filter),
      this.#cri.call<{ containers: readonly CriContainer[] }>('ListContainers', filter),
    ])
    if (podUid === undefined) {
      forgetOthers(this.#sandboxes, pods.items)
      forgetOthers(this.#containers, listed.containers)
    }
    const sandboxes = await Promise.all(pods.items.map((item) => this.#observeSandbox(item)))
    const containers = await Promise.all(listed.containers.map((item) => this.#observeContainer(item)))
    return { sandboxes: present(sandboxes), containers: present(containers) }
  }

  async #observeSandbox({ id, state }: CriSandbox): Promise<ObservedSandbox | undefined> {
    const known = this.#sandboxes.get(id)
    return known?.state === state ? known.observed : this.sandbox(id)
  }

  async sandbox(id: string): Promise<ObservedSandbox | undefined> {
    const reply = await foundOnly(
      this.#cri.call<{ status: CriSandboxStatus | null }>('PodSandboxStatus', { podSandboxId: id }),
    )
    if (reply === undefined || reply.status === null) return undefined
    const observed = observedSandbox(reply.status)
    this.#sandboxes.set(id, { state: reply.status.state, observed })
    return observed
  }

  async #observeContainer(listed: CriContainer): Promise<ObservedContainer | undefined> {
    const known = this.#containers.get(listed.id)
    if (known?.state === listed.state) return known.observed
    const reply = await foundOnly(
      this.#cri.call<{ status: CriContainerStatus | null }>('ContainerStatus', { containerId: listed.id }),
    )
    if (reply === undefined || reply.status === null) return undefined
    const observed = observedContainer(listed, reply.status, listed.labels[podUidLabel] ?? '')
    this.#containers.set(listed.id, { state: reply.status.state, observed })
    return observed
  }

  async *events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const seen = new ChunkQueue<RuntimeEvent>()
    signal.addEventListener('abort', () => seen.end(), { once: true })
    void this.#follow(seen, signal)
    yield* seen
  }

  async #follow(seen: ChunkQueue<RuntimeEvent>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const event of this.#cri.subscribe(eventFilters, signal)) {
          const hint = hintOf(event)
          if (hint !== undefined)
            void this.#settled(hint).then(() => seen.push({ ...hint, podUid: this.#podOf(hint.containerId) }))
        }
      } catch {
        // Not containerd, or it is restarting: whoever listens observes on its own in the meantime.
      }
      await this.#parts.clock.sleep(resubscribeMs, signal).catch(() => {})
    }
  }

  /** containerd tells of an end a moment before CRI lists it: who looked at once would see the container still run. */
  async #settled({ type, containerId }: RuntimeEvent): Promise<void> {
    if (type !== 'stopped') return
    type Reply = { status: { state: string } | null }
    for (const delayMs of settleDelaysMs) {
      const isContainer = !this.#sandboxes.has(containerId) && this.#podOf(containerId) !== ''
      if (!isContainer) return
      const reply = await this.#cri.call<Reply>('ContainerStatus', { containerId }).catch(() => undefined)
      if (reply?.status?.state !== 'CONTAINER_RUNNING') return
      await this.#parts.clock.sleep(delayMs)
    }
  }
  #podOf(id: string): string {
    return (
      this.#owners.get(id) ??
      this.#containers.get(id)?.observed.podUid ??
      this.#sandboxes.get(id)?.observed.pod.uid ??
      ''
    )
  }

  execSync(containerId: string, command: readonly string[], timeoutSeconds: number) {
    const request = { containerId, cmd: command, timeout: timeoutSeconds }
    const timeoutMs = timeoutSeconds === 0 ? 0 : timeoutSeconds * 1000 + requestTimeoutMs
    type Reply = { exitCode: number; stdout: Uint8Array; stderr: Uint8Array }
    return this.#execLimit(() => this.#cri.call<Reply>('ExecSync', request, timeoutMs))
  }

  async exec(containerId: string, command: readonly string[], tty: boolean, streams: Streams, signal: AbortSignal) {
    const stdin = streams.stdin !== undefined
    const request = { containerId, cmd: command, tty, stdin, stdout: true, stderr: !tty }
    const { url } = await this.#cri.call<{ url: string }>('Exec', request)
    return { exitCode: await runStreams(url, tty, streams, signal) }
  }

  async attach(containerId: string, tty: boolean, streams: Streams, signal: AbortSignal): Promise<void> {
    const stdin = streams.stdin !== undefined
    const request = { containerId, tty, stdin, stdout: true, stderr: !tty }
    const { url } = await this.#cri.call<{ url: string }>('Attach', request)
    await runStreams(url, tty, streams, signal)
  }

  async portForward(
    sandboxId: string,
    port: number,
    incoming: AsyncIterable<Uint8Array>,
    outgoing: (chunk: Uint8Array) => void | Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const request = { podSandboxId: sandboxId, port: [port] }
    const { url } = await this.#cri.call<{ url: string }>('PortForward', request)
    const { connection } = await dialSpdy(url, ['portforward.k8s.io'], signal)
    try {
      await forwardPort(connection, port, incoming, outgoing)
    } finally {
      connection.close()
    }
  }

  async imageStatus(image: string): Promise<ImageOnNode | undefined> {
    const reply = await this.#cri.call<{ image: CriImage | null }>('ImageStatus', { image: { image } })
    return reply.image === null || reply.image.id === '' ? undefined : imageOnNode(reply.image)
  }

  async pullImage(image: string, credentials?: Credentials): Promise<string> {
    const request = { image: { image }, ...(credentials === undefined ? {} : { auth: credentials }) }
    try {
      return (await this.#cri.call<{ imageRef: string }>('PullImage', request, 0)).imageRef
    } catch (error) {
      throw error instanceof RuntimeError ? pullErrorOf(error) : error
    }
  }

  async removeImage(id: string): Promise<void> {
    await doneWhenGone(this.#cri.call('RemoveImage', { image: { image: id } }))
  }

  async listImages(): Promise<readonly ImageOnNode[]> {
    const { images } = await this.#cri.call<{ images: readonly CriImage[] }>('ListImages', {})
    return images.map(imageOnNode)
  }

  async usage(podUid?: string): Promise<readonly ContainerUsage[]> {
    const { sandboxes, containers } = await this.observe(podUid)
    const parents = new Map(sandboxes.map(({ id, annotations }) => [id, annotations[cgroupParentAnnotation]]))
    const running = containers.filter((container) => container.state === 'running')
    const usages = await Promise.all(
      running.map(async (container) => {
        const parent = parents.get(container.sandboxId)
        const usage = parent === undefined ? undefined : await this.#parts.cgroups.usage(`${parent}/${container.id}`)
        if (usage === undefined) return undefined
        const { id: containerId, podUid: uid, name } = container
        return { containerId, podUid: uid, name, ...usage, atMs: this.#parts.clock.now() }
      }),
    )
    return present(usages)
  }

  async imageFilesystem() {
    type Usage = { fsId: { mountpoint: string } | null; usedBytes: Counted; inodesUsed: Counted }
    type Counted = { value: string } | null
    const { imageFilesystems } = await this.#cri.call<{ imageFilesystems: readonly Usage[] }>('ImageFsInfo', {})
    const first = imageFilesystems[0]
    return {
      path: first?.fsId?.mountpoint ?? '',
      usedBytes: Number(first?.usedBytes?.value ?? 0),
      usedInodes: Number(first?.inodesUsed?.value ?? 0),
    }
  }

  /** The upper directory of the container's overlay mount, which the runtime keeps under the container's id. */
  async writableLayer(containerId: string): Promise<string | undefined> {
    const mounts = await readFile('/proc/self/mounts', 'utf8')
    const line = mounts.split('\n').find((one) => one.includes(`/${containerId}/rootfs overlay `))
    return line === undefined ? undefined : /upperdir=([^,]+)/.exec(line)?.[1]
  }

  async interfaces(sandboxId: string): Promise<readonly InterfaceUse[] | undefined> {
    const parent = this.#sandboxes.get(sandboxId)?.observed.annotations[cgroupParentAnnotation]
    if (parent === undefined) return undefined
    const [pid] = await this.#parts.cgroups.processes(`${parent}/${sandboxId}`)
    return pid === undefined ? undefined : interfacesOf(pid).catch(() => undefined)
  }

  async importImage(archivePath: string): Promise<void> {
    await this.#ctr('images', 'import', archivePath).catch((error: Error) => {
      throw new RuntimeError('failed', `cannot import ${archivePath}: ${error.message}`, error)
    })
  }

  mountImage(imageId: string, target: string): Promise<void> {
    return mountImage(this.#ctr, imageId, target)
  }

  releaseImage(target: string): Promise<void> {
    return unmountImage(this.#ctr, target)
  }

  readonly #ctr: Ctr = (...words) => {
    const { ctr = 'ctr', socket } = this.#parts
    return command(ctr, ['-a', socket, '-n', 'k8s.io', ...words])
  }
}

export type { CriRuntime }

async function doneWhenGone(call: Promise<unknown>): Promise<void> {
  await foundOnly(call)
}
async function foundOnly<R>(call: Promise<R>): Promise<R | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof RuntimeError && error.reason === 'not-found') return undefined
    throw error
  }
}
function present<T>(items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined)
}
function forgetOthers(known: Map<string, unknown>, listed: readonly { readonly id: string }[]): void {
  const ids = new Set(listed.map(({ id }) => id))
  for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
}
