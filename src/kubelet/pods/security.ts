import type { Pod } from '../../resources/index.ts'
import type { ContainerConfig, ImageOnNode, SandboxConfig, SeccompProfile } from '../runtime/runtime.ts'
import type { AnyContainer } from '../sync/containers.ts'
import { PodConfigError } from './environment.ts'

/** The user a container is told to run as, by itself or by its pod; undefined leaves it to the image. */
export function effectiveUser(pod: Pod, container: AnyContainer): number | undefined {
  return container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser
}

const maskedPathsDefault = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]
const readonlyPathsDefault = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

type ContainerSecurity = ContainerConfig['security']

/** How a container is confined. Throws PodConfigError where its pod demands a user that its image does not give. */
export function containerSecurity(
  pod: Pod,
  container: AnyContainer,
  image: ImageOnNode | undefined,
  options: { readonly seccompDirectory: string; readonly targetContainerId: string | undefined },
): ContainerSecurity {
  const own = container.securityContext ?? {}
  const shared = pod.spec.securityContext ?? {}
  const privileged = own.privileged === true
  const runAsUser = effectiveUser(pod, container) ?? image?.user?.uid
  const runAsUsername = runAsUser === undefined ? image?.user?.name : undefined
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup
  checkNonRoot(pod, container, image)
  const seccomp = seccompOf(own.seccompProfile ?? shared.seccompProfile, privileged, options.seccompDirectory)
  const unmasked = privileged || own.procMount === 'Unmasked'
  return {
    privileged,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsUsername === undefined ? {} : { runAsUsername }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    supplementalGroups: podGroups(pod),
    readonlyRootfs: own.readOnlyRootFilesystem === true,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    ...(seccomp === undefined ? {} : { seccomp }),
    maskedPaths: unmasked ? [] : maskedPathsDefault,
    readonlyPaths: unmasked ? [] : readonlyPathsDefault,
    pid: pidOf(pod, options.targetContainerId),
  }
}

function pidOf({ spec }: Pod, targetContainerId: string | undefined): ContainerSecurity['pid'] {
  if (spec.hostPID === true) return 'NODE'
  if (targetContainerId !== undefined) return { targetContainerId }
  return spec.shareProcessNamespace === true ? 'POD' : 'CONTAINER'
}

/** The groups every process of the pod is in: fsGroup too, or files given to it could not be read. */
export function podGroups({ spec }: Pod): readonly number[] {
  const { fsGroup, supplementalGroups = [] } = spec.securityContext ?? {}
  return [...new Set([...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])])]
}

/** Kubernetes: runAsNonRoot is checked against what is asked for, then against the image. */
function checkNonRoot(pod: Pod, container: AnyContainer, image: ImageOnNode | undefined): void {
  const required = container.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot
  if (required !== true) return
  const about = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`
  const user = effectiveUser(pod, container)
  if (user !== undefined) {
    if (user === 0) throw new PodConfigError(`container's runAsUser breaks non-root policy ${about}`)
    return
  }
  const { uid, name } = image?.user ?? {}
  if (name !== undefined && name !== '')
    throw new PodConfigError(
      `container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root ${about}`,
    )
  if (uid === undefined || uid === 0)
    throw new PodConfigError(`container has runAsNonRoot and image will run as root ${about}`)
}

function seccompOf(
  profile: { readonly type: string; readonly localhostProfile?: string } | undefined,
  privileged: boolean,
  directory: string,
): SeccompProfile | undefined {
  if (profile === undefined || privileged) return { type: 'Unconfined' }
  if (profile.type === 'Localhost') return { type: 'Localhost', path: `${directory}/${profile.localhostProfile ?? ''}` }
  return { type: profile.type === 'RuntimeDefault' ? 'RuntimeDefault' : 'Unconfined' }
}

/** How the sandbox is confined: as its pod, and privileged if any container is. */
export function sandboxSecurity(pod: Pod, seccompDirectory: string): SandboxConfig['security'] {
  const { runAsUser, runAsGroup, seccompProfile } = pod.spec.securityContext ?? {}
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  const privileged = containers.some((one) => one.securityContext?.privileged === true)
  const seccomp = seccompOf(seccompProfile ?? { type: 'RuntimeDefault' }, privileged, seccompDirectory)
  return {
    privileged,
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    supplementalGroups: podGroups(pod),
    ...(seccomp === undefined ? {} : { seccomp }),
  }
}
