import { type Clock, type Random, untilAborted } from '../../machinery/index.ts'
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
import { behaviourOf } from './behaviour.ts'

/** What a command run in a simulated container answers. */
export interface SimulatedAnswer {
  readonly exitCode: number
  readonly stdout?: string
  readonly stderr?: string
  /** How long it takes. */
  readonly afterMs?: number
}
export interface SimulatedRuntimeParts {
  readonly clock: Clock
  readonly random: Random
  /** Pods get addresses below it: `10.244.0` */
  readonly network?: string
  /** Images that can be pulled; any, when left out. */
  readonly images?: readonly string[]
  /** What commands answer; without it every command succeeds and says nothing. */
  readonly answer?: (container: ObservedContainer, command: readonly string[]) => SimulatedAnswer
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] }
interface Sandbox {
  readonly observed: Mutable<ObservedSandbox>
  readonly config: SandboxConfig
}
interface Container {
  readonly observed: Mutable<ObservedContainer>
  readonly config: ContainerConfig
  exit: Disposable | undefined
  readonly ended: { promise: Promise<void>; resolve: () => void }
}
/** Signals arrive as exit codes: 128 + 15, 128 + 9. */
const terminatedCode = 143
const killedCode = 137
const imageBytes = 1_000_000

/** A runtime that keeps containers in memory, on the given clock: the same seed gives the same run. */
export function createSimulatedRuntime(parts: SimulatedRuntimeParts): SimulatedRuntime {
  return new SimulatedRuntime(parts)
}

class SimulatedRuntime implements Runtime, RuntimeExtras {
  readonly #parts: SimulatedRuntimeParts
  readonly #sandboxes = new Map<string, Sandbox>()
  readonly #containers = new Map<string, Container>()
  readonly #images = new Map<string, ImageOnNode>()
  readonly #names = new Set<string>()
  readonly #listeners = new Set<(event: RuntimeEvent) => void>()
  #addresses = 1

  constructor(parts: SimulatedRuntimeParts) {
    this.#parts = parts
  }

  async version() {
    return { name: 'simulated', version: '1.0.0', apiVersion: 'v1' }
  }
  async ready() {
    return { runtime: true, network: true, message: '' }
  }

  async runSandbox(config: SandboxConfig): Promise<string> {
    const { uid, namespace, name, attempt } = config.pod
    this.#reserve(`sandbox/${name}_${namespace}_${uid}_${attempt}`)
    const id = this.#newId()
    const address = ++this.#addresses
    const ip = `${this.#parts.network ?? '10.244.0'}.${address % 254}`
    const observed = {
      id,
      pod: config.pod,
      ready: true,
      createdAtMs: this.#parts.clock.now(),
      ips: config.namespaces.network === 'NODE' ? [] : [ip],
      labels: config.labels,
      annotations: config.annotations,
    }
    this.#sandboxes.set(id, { observed, config })
    return id
  }

  async stopSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id)
    if (sandbox === undefined) return
    for (const container of this.#inSandbox(id)) this.#end(container, killedCode, 'Error')
    sandbox.observed.ready = false
  }
  async removeSandbox(id: string): Promise<void> {
    await this.stopSandbox(id)
    for (const { observed } of this.#inSandbox(id)) await this.removeContainer(observed.id)
    const pod = this.#sandboxes.get(id)?.config.pod
    if (pod !== undefined) this.#names.delete(`sandbox/${pod.name}_${pod.namespace}_${pod.uid}_${pod.attempt}`)
    this.#sandboxes.delete(id)
  }
  #inSandbox(id: string): Container[] {
    return [...this.#containers.values()].filter(({ observed }) => observed.sandboxId === id)
  }

  async createContainer(sandboxId: string, config: ContainerConfig, sandbox: SandboxConfig): Promise<string> {
    if (this.#sandboxes.get(sandboxId)?.observed.ready !== true)
      throw new RuntimeError('not-found', `sandbox "${sandboxId}" is not found`)
    const image = this.#imageOf(config.imageRef)
    if (image === undefined) throw new RuntimeError('not-found', `image "${config.imageRef}": not found`)
    this.#reserve(`container/${sandbox.pod.uid}/${config.name}_${config.attempt}`)
    const id = this.#newId()
    let resolve = () => {}
    const promise = new Promise<void>((done) => (resolve = done))
    this.#containers.set(id, {
      config,
      exit: undefined,
      ended: { promise, resolve },
      observed: {
        id,
        sandboxId,
        podUid: sandbox.pod.uid,
        name: config.name,
        attempt: config.attempt,
        state: 'created',
        image: image.tags[0] ?? config.imageRef,
        imageRef: image.id,
        imageId: image.id,
        createdAtMs: this.#parts.clock.now(),
        logPath: `${sandbox.logDirectory}/${config.logPath}`,
        labels: config.labels,
        annotations: config.annotations,
        resources: config.resources,
      },
    })
    return id
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#find(id)
    const { observed } = container
    if (observed.state !== 'created') throw new RuntimeError('failed', `container is in state ${observed.state}`)
    const behaviour = behaviourOf(this.#sandboxes.get(observed.sandboxId)?.config.annotations)
    if (behaviour.startDelayMs > 0) await this.#parts.clock.sleep(behaviour.startDelayMs)
    observed.state = 'running'
    observed.startedAtMs = this.#parts.clock.now()
    this.#tell('started', observed)
    const { exitAfterMs, exitCode } = behaviour
    if (exitAfterMs !== undefined)
      container.exit = this.#parts.clock.after(exitAfterMs, () =>
        this.#end(container, exitCode, exitCode === 0 ? 'Completed' : 'Error'),
      )
  }

  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    const container = this.#containers.get(id)
    if (container === undefined || container.observed.state !== 'running') return
    const { stopDelayMs } = behaviourOf(this.#sandboxes.get(container.observed.sandboxId)?.config.annotations)
    const inTime = graceSeconds > 0 && stopDelayMs <= graceSeconds * 1000
    const waitMs = inTime ? stopDelayMs : graceSeconds * 1000
    if (waitMs > 0) {
      const stop = new AbortController()
      await Promise.race([container.ended.promise, this.#parts.clock.sleep(waitMs, stop.signal).catch(() => {})])
      stop.abort()
    }
    this.#end(container, inTime ? terminatedCode : killedCode, 'Error')
  }
  async removeContainer(id: string): Promise<void> {
    const container = this.#containers.get(id)
    if (container === undefined) return
    this.#end(container, killedCode, 'Error')
    const { podUid, name, attempt } = container.observed
    this.#names.delete(`container/${podUid}/${name}_${attempt}`)
    this.#containers.delete(id)
    this.#tell('deleted', container.observed)
  }

  /** Ends a container from outside its own plan: a crash, or out of memory. */
  crash(id: string, exitCode: number, reason = 'Error'): void {
    this.#end(this.#find(id), exitCode, reason)
  }
  #end(container: Container, exitCode: number, reason: string): void {
    const { observed } = container
    if (observed.state !== 'running') return
    container.exit?.[Symbol.dispose]()
    Object.assign(observed, { state: 'exited', exitCode, reason, finishedAtMs: this.#parts.clock.now() })
    container.ended.resolve()
    this.#tell('stopped', observed)
  }

  async updateResources(id: string, resources: ContainerResources): Promise<void> {
    const { observed } = this.#find(id)
    observed.resources = { ...observed.resources, ...resources }
  }
  async reopenLog(id: string): Promise<void> {
    this.#find(id)
  }

  async observe(podUid?: string): Promise<Observed> {
    const mine = (uid: string) => podUid === undefined || uid === podUid
    return {
      sandboxes: [...this.#sandboxes.values()]
        .filter(({ config }) => mine(config.pod.uid))
        .map(({ observed }) => ({ ...observed })),
      containers: [...this.#containers.values()]
        .filter(({ observed }) => mine(observed.podUid))
        .map(({ observed }) => ({ ...observed })),
    }
  }

  async sandbox(id: string): Promise<ObservedSandbox | undefined> {
    const found = this.#sandboxes.get(id)
    return found && { ...found.observed }
  }

  async *events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const waiting: RuntimeEvent[] = []
    let wake = () => {}
    const listener = (event: RuntimeEvent) => {
      waiting.push(event)
      wake()
    }
    const onAbort = () => wake()
    this.#listeners.add(listener)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      while (!signal.aborted) {
        const next = waiting.shift()
        if (next !== undefined) yield next
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      this.#listeners.delete(listener)
      signal.removeEventListener('abort', onAbort)
    }
  }
  #tell(type: RuntimeEvent['type'], { id, podUid }: ObservedContainer): void {
    for (const listener of this.#listeners) listener({ type, containerId: id, podUid })
  }

  async execSync(containerId: string, command: readonly string[], timeoutSeconds: number) {
    const answer = this.#answerOf(containerId, command)
    const { afterMs = 0 } = answer
    const limitMs = timeoutSeconds === 0 ? Number.POSITIVE_INFINITY : timeoutSeconds * 1000
    if (afterMs > 0) await this.#parts.clock.sleep(Math.min(afterMs, limitMs))
    if (afterMs > limitMs) throw new RuntimeError('timeout', `timeout ${timeoutSeconds}s exceeded`)
    return {
      exitCode: answer.exitCode,
      stdout: Buffer.from(answer.stdout ?? ''),
      stderr: Buffer.from(answer.stderr ?? ''),
    }
  }
  async exec(containerId: string, command: readonly string[], _tty: boolean, streams: Streams) {
    const { exitCode, stdout, stderr } = this.#answerOf(containerId, command)
    if (stdout !== undefined) await streams.stdout(Buffer.from(stdout))
    if (stderr !== undefined) await streams.stderr(Buffer.from(stderr))
    return { exitCode }
  }
  #answerOf(id: string, command: readonly string[]): SimulatedAnswer {
    const { observed } = this.#find(id)
    if (observed.state !== 'running') throw new RuntimeError('failed', `container is in state ${observed.state}`)
    return this.#parts.answer?.(observed, command) ?? { exitCode: 0 }
  }
  async attach(containerId: string, _tty: boolean, _streams: Streams, signal: AbortSignal): Promise<void> {
    const { ended } = this.#find(containerId)
    await Promise.race([ended.promise, untilAborted(signal)])
  }
  async portForward(sandboxId: string, port: number): Promise<void> {
    throw new RuntimeError(
      'failed',
      `connection to port ${port} of sandbox ${sandboxId} refused: nothing listens in a simulation`,
    )
  }

  async imageStatus(image: string): Promise<ImageOnNode | undefined> {
    return this.#imageOf(image)
  }
  #imageOf(name: string): ImageOnNode | undefined {
    return (
      this.#images.get(name) ?? [...this.#images.values()].find(({ id, tags }) => id === name || tags.includes(name))
    )
  }
  async pullImage(image: string, _credentials?: Credentials): Promise<string> {
    const { images } = this.#parts
    if (images !== undefined && !images.includes(image))
      throw new RuntimeError('image-not-found', `${image}: not found`)
    const known = this.#imageOf(image)
    if (known !== undefined) return known.id
    return this.#addImage(image).id
  }
  #addImage(name: string): ImageOnNode {
    const image = { id: `sha256:${this.#newId()}`, tags: [name], digests: [], sizeBytes: imageBytes }
    this.#images.set(name, image)
    return image
  }
  async removeImage(id: string): Promise<void> {
    for (const [name, image] of this.#images) if (image.id === id || name === id) this.#images.delete(name)
  }
  async listImages(): Promise<readonly ImageOnNode[]> {
    return [...this.#images.values()]
  }
  /** The archive's name stands for the image in it. */
  /** Simulated images have no files. */
  async mountImage(): Promise<void> {}
  async releaseImage(): Promise<void> {}

  async importImage(archivePath: string): Promise<void> {
    this.#addImage(archivePath)
  }

  async writableLayer(): Promise<string | undefined> {
    return undefined
  }

  /** Nothing comes in, and nothing goes out. */
  async interfaces(sandboxId: string): Promise<readonly InterfaceUse[] | undefined> {
    if (!this.#sandboxes.has(sandboxId)) return undefined
    return [{ name: 'eth0', rxBytes: 0, rxErrors: 0, txBytes: 0, txErrors: 0 }]
  }

  async usage(podUid?: string): Promise<readonly ContainerUsage[]> {
    const { containers } = await this.observe(podUid)
    const atMs = this.#parts.clock.now()
    return containers
      .filter(({ state }) => state === 'running')
      .map(({ id, podUid: uid, name, startedAtMs = atMs, resources }) => {
        // As if each container used half of what it may.
        const bytes = (resources?.memoryLimitBytes ?? 64 * 1024 * 1024) / 2
        const memory = { usageBytes: bytes, workingSetBytes: bytes, rssBytes: bytes }
        const cores = (resources?.cpuShares ?? 2) / 2048
        return {
          containerId: id,
          podUid: uid,
          name,
          cpuNanoseconds: (atMs - startedAtMs) * 1e6 * cores,
          ...memory,
          processes: 1,
          atMs,
        }
      })
  }
  async imageFilesystem() {
    return { path: '/', usedBytes: this.#images.size * imageBytes, usedInodes: this.#images.size }
  }

  #find(id: string): Container {
    const container = this.#containers.get(id)
    if (container === undefined) throw new RuntimeError('not-found', `container "${id}" in namespace: not found`)
    return container
  }
  #reserve(name: string): void {
    if (this.#names.has(name)) throw new RuntimeError('failed', `name "${name}" is reserved for another`)
    this.#names.add(name)
  }
  #newId(): string {
    return `${this.#parts.random.uuid()}${this.#parts.random.uuid()}`.replaceAll('-', '')
  }
}

export type { SimulatedRuntime }
