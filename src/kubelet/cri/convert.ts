import type {
  ContainerConfig,
  ContainerResources,
  ImageOnNode,
  ObservedContainer,
  ObservedSandbox,
  SandboxConfig,
  SeccompProfile,
} from '../runtime/runtime.ts'
import type {
  CriContainer,
  CriContainerState,
  CriContainerStatus,
  CriImage,
  CriLinuxResources,
  CriSandbox,
  CriSandboxStatus,
} from './messages.ts'

/** CRI times are nanoseconds since 1970 as text; 0 means never. */
export function msOfNanoseconds(nanoseconds: string): number | undefined {
  return nanoseconds === '0' || nanoseconds === '' ? undefined : Number(BigInt(nanoseconds) / 1_000_000n)
}

/** CRI's PodSandboxConfig of a sandbox. */
export function criSandboxConfig(config: SandboxConfig): object {
  const { security } = config
  return {
    metadata: config.pod,
    hostname: config.hostname,
    logDirectory: config.logDirectory,
    ...(config.dns === undefined ? {} : { dnsConfig: config.dns }),
    portMappings: config.portMappings.map((mapping) => ({ ...mapping, hostIp: mapping.hostIp ?? '' })),
    labels: config.labels,
    annotations: config.annotations,
    linux: {
      cgroupParent: config.cgroupParent,
      sysctls: config.sysctls,
      securityContext: {
        namespaceOptions: config.namespaces,
        ...userFields(security),
        supplementalGroups: security.supplementalGroups,
        privileged: security.privileged,
        seccomp: seccomp(security.seccomp),
      },
    },
  }
}

function userFields(security: { readonly runAsUser?: number; readonly runAsGroup?: number }): object {
  return {
    ...(security.runAsUser === undefined ? {} : { runAsUser: { value: security.runAsUser } }),
    // runtime: a group without a user is refused.
    ...(security.runAsGroup === undefined || security.runAsUser === undefined
      ? {}
      : { runAsGroup: { value: security.runAsGroup } }),
  }
}
function seccomp(profile: SeccompProfile | undefined): object {
  return { profileType: profile?.type ?? 'Unconfined', localhostRef: profile?.path ?? '' }
}

/** CRI's ContainerConfig of a container. */
export function criContainerConfig(config: ContainerConfig, sandbox: SandboxConfig): object {
  const { security } = config
  const pid = typeof security.pid === 'string' ? { pid: security.pid } : { pid: 'TARGET', ...targetOf(security.pid) }
  return {
    metadata: { name: config.name, attempt: config.attempt },
    image: { image: config.imageRef, userSpecifiedImage: config.imageRef },
    command: config.command,
    args: config.args,
    workingDir: config.workingDir,
    envs: config.env.map(({ name, value }) => ({ key: name, value: Buffer.from(value, 'utf8') })),
    mounts: config.mounts.map((mount) => ({
      containerPath: mount.containerPath,
      hostPath: mount.hostPath,
      readonly: mount.readonly,
      propagation: `PROPAGATION_${mount.propagation}`,
      selinuxRelabel: mount.selinuxRelabel ?? false,
    })),
    devices: config.devices,
    labels: config.labels,
    annotations: config.annotations,
    logPath: config.logPath,
    stdin: config.stdin,
    stdinOnce: config.stdinOnce,
    tty: config.tty,
    linux: {
      resources: criResources(config.resources),
      securityContext: {
        capabilities: {
          addCapabilities: security.addCapabilities,
          dropCapabilities: security.dropCapabilities,
        },
        privileged: security.privileged,
        namespaceOptions: { network: sandbox.namespaces.network, ipc: sandbox.namespaces.ipc, ...pid },
        ...userFields(security),
        runAsUsername: security.runAsUsername ?? '',
        readonlyRootfs: security.readonlyRootfs,
        supplementalGroups: security.supplementalGroups,
        noNewPrivs: security.noNewPrivs,
        maskedPaths: security.maskedPaths,
        readonlyPaths: security.readonlyPaths,
        seccomp: seccomp(security.seccomp),
      },
    },
  }
}
const targetOf = (pid: { readonly targetContainerId: string }) => ({ targetId: pid.targetContainerId })

/** CRI's LinuxContainerResources; what is not set stays 0, which CRI reads as "leave alone". */
export function criResources(resources: ContainerResources): object {
  return {
    cpuShares: resources.cpuShares ?? 0,
    cpuQuota: resources.cpuQuotaUs ?? 0,
    cpuPeriod: resources.cpuPeriodUs ?? 0,
    memoryLimitInBytes: resources.memoryLimitBytes ?? 0,
    oomScoreAdj: resources.oomScoreAdj ?? 0,
    cpusetCpus: resources.cpusetCpus ?? '',
  }
}

function resourcesOf(linux: CriLinuxResources): ContainerResources {
  const entries = {
    cpuShares: Number(linux.cpuShares),
    cpuQuotaUs: Number(linux.cpuQuota),
    cpuPeriodUs: Number(linux.cpuPeriod),
    memoryLimitBytes: Number(linux.memoryLimitInBytes),
    oomScoreAdj: Number(linux.oomScoreAdj),
    cpusetCpus: linux.cpusetCpus,
  }
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== 0 && value !== ''))
}

export function observedSandbox(status: CriSandboxStatus | CriSandbox): ObservedSandbox {
  const network = 'network' in status ? status.network : null
  const ips = network === null ? [] : [network.ip, ...network.additionalIps.map(({ ip }) => ip)]
  const { uid, namespace, name, attempt } = status.metadata
  return {
    id: status.id,
    pod: { uid, namespace, name, attempt },
    ready: status.state === 'SANDBOX_READY',
    createdAtMs: msOfNanoseconds(status.createdAt) ?? 0,
    ips: ips.filter((ip) => ip !== ''),
    labels: status.labels,
    annotations: status.annotations,
  }
}

const containerStates: Readonly<Record<CriContainerState, ObservedContainer['state']>> = {
  CONTAINER_CREATED: 'created',
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_UNKNOWN: 'unknown',
}

/** A container as its list entry and its status tell of it together. */
export function observedContainer(listed: CriContainer, status: CriContainerStatus, podUid: string): ObservedContainer {
  const startedAtMs = msOfNanoseconds(status.startedAt)
  const finishedAtMs = msOfNanoseconds(status.finishedAt)
  const state = containerStates[status.state]
  const linux = status.resources?.linux
  return {
    id: status.id,
    sandboxId: listed.podSandboxId,
    podUid,
    name: status.metadata.name,
    attempt: status.metadata.attempt,
    state,
    image: status.image?.image ?? '',
    imageRef: status.imageRef,
    // containerd 1.6 tells the image's id in the list's imageRef alone.
    imageId: status.imageId || listed.imageId || listed.imageRef,
    createdAtMs: msOfNanoseconds(status.createdAt) ?? 0,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(finishedAtMs === undefined ? {} : { finishedAtMs }),
    ...(state === 'exited' || state === 'unknown' ? { exitCode: status.exitCode } : {}),
    ...(status.reason === '' ? {} : { reason: status.reason }),
    ...(status.message === '' ? {} : { message: status.message }),
    logPath: status.logPath,
    labels: status.labels,
    annotations: status.annotations,
    ...(linux === null || linux === undefined ? {} : { resources: resourcesOf(linux) }),
  }
}

export function imageOnNode(image: CriImage): ImageOnNode {
  return {
    id: image.id,
    tags: image.repoTags,
    digests: image.repoDigests,
    sizeBytes: Number(image.size),
    ...(image.uid !== null
      ? { user: { uid: Number(image.uid.value) } }
      : image.username !== ''
        ? { user: { name: image.username } }
        : {}),
  }
}
