import type { CgroupUsage } from '../cgroups/cgroups.ts'

/** What a pod's sandbox (namespaces, pause process, pod network) is made of. Fields follow CRI's PodSandboxConfig. */
export interface SandboxConfig {
  readonly pod: { readonly uid: string; readonly namespace: string; readonly name: string; readonly attempt: number }
  readonly hostname: string
  readonly logDirectory: string
  readonly dns?: {
    readonly servers: readonly string[]
    readonly searches: readonly string[]
    readonly options: readonly string[]
  }
  readonly portMappings: readonly {
    readonly protocol: 'TCP' | 'UDP' | 'SCTP'
    readonly containerPort: number
    readonly hostPort: number
    readonly hostIp?: string
  }[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly cgroupParent: string
  readonly sysctls: Readonly<Record<string, string>>
  readonly namespaces: {
    readonly network: 'POD' | 'NODE'
    readonly pid: 'CONTAINER' | 'POD' | 'NODE'
    readonly ipc: 'POD' | 'NODE'
  }
  readonly security: {
    readonly privileged: boolean
    readonly runAsUser?: number
    readonly runAsGroup?: number
    readonly supplementalGroups: readonly number[]
    readonly seccomp?: SeccompProfile
  }
  readonly runtimeHandler?: string
}
export interface SeccompProfile {
  readonly type: 'RuntimeDefault' | 'Unconfined' | 'Localhost'
  readonly path?: string
}
export interface MountConfig {
  readonly containerPath: string
  readonly hostPath: string
  readonly readonly: boolean
  readonly propagation: 'PRIVATE' | 'HOST_TO_CONTAINER' | 'BIDIRECTIONAL'
  readonly selinuxRelabel?: boolean
}
/** cgroup values, already computed from requests and limits (sizes in bytes, times in microseconds). */
export interface ContainerResources {
  readonly cpuShares?: number
  readonly cpuQuotaUs?: number
  readonly cpuPeriodUs?: number
  readonly memoryLimitBytes?: number
  readonly oomScoreAdj?: number
  readonly cpusetCpus?: string
}
export interface ContainerConfig {
  readonly name: string
  readonly attempt: number
  readonly imageRef: string
  readonly command: readonly string[]
  readonly args: readonly string[]
  readonly workingDir: string
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly mounts: readonly MountConfig[]
  readonly devices: readonly {
    readonly containerPath: string
    readonly hostPath: string
    readonly permissions: string
  }[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Relative to the sandbox's logDirectory. */
  readonly logPath: string
  readonly stdin: boolean
  readonly stdinOnce: boolean
  readonly tty: boolean
  readonly resources: ContainerResources
  readonly security: {
    readonly privileged: boolean
    readonly addCapabilities: readonly string[]
    readonly dropCapabilities: readonly string[]
    readonly runAsUser?: number
    readonly runAsUsername?: string
    readonly runAsGroup?: number
    readonly supplementalGroups: readonly number[]
    readonly readonlyRootfs: boolean
    readonly noNewPrivs: boolean
    readonly seccomp?: SeccompProfile
    readonly maskedPaths: readonly string[]
    readonly readonlyPaths: readonly string[]
    readonly pid: 'CONTAINER' | 'POD' | 'NODE' | { readonly targetContainerId: string }
  }
}
export interface ObservedSandbox {
  readonly id: string
  readonly pod: { readonly uid: string; readonly namespace: string; readonly name: string; readonly attempt: number }
  readonly ready: boolean
  readonly createdAtMs: number
  /** Primary first; empty for host network. */
  readonly ips: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}
export interface ObservedContainer {
  readonly id: string
  readonly sandboxId: string
  readonly podUid: string
  readonly name: string
  readonly attempt: number
  readonly state: 'created' | 'running' | 'exited' | 'unknown'
  readonly image: string
  readonly imageRef: string
  readonly imageId: string
  readonly createdAtMs: number
  readonly startedAtMs?: number
  readonly finishedAtMs?: number
  readonly exitCode?: number
  readonly reason?: string
  readonly message?: string
  readonly logPath: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly resources?: ContainerResources
}
export interface Observed {
  readonly sandboxes: readonly ObservedSandbox[]
  readonly containers: readonly ObservedContainer[]
}
/** A hint that something about a pod moved; `podUid` is empty when the runtime cannot say whose. */
export interface RuntimeEvent {
  readonly type: 'created' | 'started' | 'stopped' | 'deleted' | 'oom'
  readonly containerId: string
  readonly podUid: string
}
/** The ends of a running exec or attach. */
export interface Streams {
  readonly stdin?: AsyncIterable<Uint8Array>
  readonly resize?: AsyncIterable<{ readonly width: number; readonly height: number }>
  stdout(chunk: Uint8Array): void | Promise<void>
  stderr(chunk: Uint8Array): void | Promise<void>
}
export interface Credentials {
  readonly username: string
  readonly password: string
  readonly auth?: string
  readonly identityToken?: string
  readonly registryToken?: string
}
export interface ImageOnNode {
  readonly id: string
  readonly tags: readonly string[]
  readonly digests: readonly string[]
  readonly sizeBytes: number
  readonly user?: { readonly uid?: number; readonly name?: string }
}
export interface ContainerUsage extends CgroupUsage {
  readonly containerId: string
  readonly podUid: string
  readonly name: string
  readonly atMs: number
}
/** What has come in and gone out over a network interface since it was made. */
export interface InterfaceUse {
  readonly name: string
  readonly rxBytes: number
  readonly rxErrors: number
  readonly txBytes: number
  readonly txErrors: number
}

/** What the kubelet asks of a container runtime: CRI over gRPC, and the simulated one, behind one contract suite. */
export interface Runtime {
  version(): Promise<{ readonly name: string; readonly version: string; readonly apiVersion: string }>
  /** Whether runtime and pod network can start pods; the messages go into node conditions. */
  ready(): Promise<{ readonly runtime: boolean; readonly network: boolean; readonly message: string }>
  /** Resolves with the sandbox id once its network is up. */
  runSandbox(config: SandboxConfig): Promise<string>
  /** Kills what still runs and takes the network down. Idempotent, as is every stop and remove. */
  stopSandbox(id: string): Promise<void>
  removeSandbox(id: string): Promise<void>
  createContainer(sandboxId: string, config: ContainerConfig, sandbox: SandboxConfig): Promise<string>
  startContainer(id: string): Promise<void>
  stopContainer(id: string, graceSeconds: number): Promise<void>
  removeContainer(id: string): Promise<void>
  updateResources(id: string, resources: ContainerResources): Promise<void>
  /** Asks the runtime to open a fresh log file after the old one was renamed. */
  reopenLog(id: string): Promise<void>
  /** The truth: all sandboxes and containers, or those of one pod. */
  observe(podUid?: string): Promise<Observed>
  /** The truth about one sandbox; undefined when there is none of this id. */
  sandbox(id: string): Promise<ObservedSandbox | undefined>
  /** Hints to observe again; never the truth. Ends on abort. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>
  /** Runs to the end and collects output (probes, hooks). Rejects with RuntimeError 'timeout' when time runs out. */
  execSync(
    containerId: string,
    command: readonly string[],
    timeoutSeconds: number,
  ): Promise<{ readonly exitCode: number; readonly stdout: Uint8Array; readonly stderr: Uint8Array }>
  exec(
    containerId: string,
    command: readonly string[],
    tty: boolean,
    streams: Streams,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number }>
  /** Resolves when the container ends or the signal aborts. */
  attach(containerId: string, tty: boolean, streams: Streams, signal: AbortSignal): Promise<void>
  /** One TCP connection into the pod's network. Bytes from `incoming` go in; what comes back goes to `outgoing`. */
  portForward(
    sandboxId: string,
    port: number,
    incoming: AsyncIterable<Uint8Array>,
    outgoing: (chunk: Uint8Array) => void | Promise<void>,
    signal: AbortSignal,
  ): Promise<void>
  /** Undefined when the node does not have it. */
  imageStatus(image: string): Promise<ImageOnNode | undefined>
  /** Resolves with the reference to create containers from. */
  pullImage(image: string, credentials?: Credentials): Promise<string>
  removeImage(id: string): Promise<void>
  listImages(): Promise<readonly ImageOnNode[]>
  usage(podUid?: string): Promise<readonly ContainerUsage[]>
  imageFilesystem(): Promise<{ readonly path: string; readonly usedBytes: number; readonly usedInodes: number }>
}

/** What the runtime refused, in the words of pod status reasons. */
export class RuntimeError extends Error {
  override name = 'RuntimeError'
  readonly reason:
    | 'timeout'
    | 'not-found'
    | 'image-not-found'
    | 'unauthorized'
    | 'registry-unavailable'
    | 'invalid-image-name'
    | 'unavailable'
    | 'failed'
  constructor(reason: RuntimeError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/** What some runtimes offer beyond CRI; where it is missing the kubelet does without. */
export interface RuntimeExtras {
  /** Puts the images of an OCI or docker archive into the runtime's store, under the names the archive gives them. */
  importImage(archivePath: string): Promise<void>
  /** The directory that holds what a running container has changed in its image. */
  writableLayer(containerId: string): Promise<string | undefined>
  /** The interfaces of a sandbox's network; undefined when it is gone. */
  interfaces(sandboxId: string): Promise<readonly InterfaceUse[] | undefined>
  /** Mounts the files of an image that is on the node at a directory, to be read only. */
  mountImage(imageId: string, target: string): Promise<void>
  /** Forgets an image that was mounted and is unmounted by now. */
  releaseImage(target: string): Promise<void>
}
