import { timestampOf } from '../../machinery/index.ts'
import type { ContainerState, ContainerStatus, Pod } from '../../resources/index.ts'
import { resizeOf } from '../resize/plan.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import { type AnyContainer, type ContainerKind, isSidecar, newestOf, restartCountOf } from './containers.ts'
import { shouldStart } from './restart.ts'
import { isRestartingAll, restartingAll } from './restart-all.ts'
import type { StatusInput } from './status.ts'

/** Exit code of what nobody saw ending, as if killed. */
const lostExitCode = 137
const lostReason = 'ContainerStatusUnknown'

/** The statuses of one of the pod's lists, in its order. */
export function containerStatusesOf(
  input: StatusInput,
  containers: readonly { readonly container: AnyContainer; readonly kind: ContainerKind }[],
  before: readonly ContainerStatus[] | undefined,
): ContainerStatus[] {
  return containers.map(({ container, kind }) => {
    const previous = before?.find(({ name }) => name === container.name)
    const status = withWaitingReason(input, container, kind, statusFromRuntime(input, container, kind, previous))
    return withProbes(input, container, kind, keepEnded(input, container, kind, status, previous))
  })
}

/** The status of a container the runtime knows nothing of. */
function defaultStatus(pod: Pod, container: AnyContainer): ContainerStatus {
  const reason = (pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating'
  return {
    name: container.name,
    state: { waiting: { reason } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: container.image ?? '',
    imageID: '',
  }
}

function statusFromRuntime(
  input: StatusInput,
  container: AnyContainer,
  kind: ContainerKind,
  previous: ContainerStatus | undefined,
): ContainerStatus {
  const [newest, older] = input.view.instances.get(container.name) ?? []
  if (newest === undefined) return statusOfLost(input.pod, container, kind, previous)
  const lost = newest.state === 'unknown' && previous?.state?.running !== undefined
  const restartCount = Math.max(restartCountOf(newest), previous?.restartCount ?? 0)
  const lastState = older === undefined ? (sameRun(previous, newest) ?? {}) : stateOf(input, older)
  return {
    name: container.name,
    state: lost
      ? {
          terminated: {
            exitCode: lostExitCode,
            reason: lostReason,
            message: 'The container could not be located when the pod was terminated',
          },
        }
      : stateOf(input, newest),
    lastState,
    ready: false,
    restartCount: lost ? restartCount + 1 : restartCount,
    image: newest.image === '' ? (container.image ?? '') : newest.image,
    imageID: newest.imageRef === '' ? newest.imageId : newest.imageRef,
    containerID: `${input.runtimeName}://${newest.id}`,
    ...resourcesStatus(input, container, newest, previous),
  }
}

/** When the runtime has forgotten the run before, what the status said of it still holds. */
function sameRun(previous: ContainerStatus | undefined, newest: ObservedContainer): ContainerState | undefined {
  if (previous === undefined) return undefined
  if (previous.containerID?.endsWith(`//${newest.id}`) === true) return previous.lastState
  return previous.state?.terminated === undefined ? previous.lastState : previous.state
}

function statusOfLost(
  pod: Pod,
  container: AnyContainer,
  kind: ContainerKind,
  previous: ContainerStatus | undefined,
): ContainerStatus {
  const status = defaultStatus(pod, container)
  if (previous === undefined) return status
  if (kind !== 'ephemeral' && isRestartingAll(pod) && previous.state?.waiting === undefined) {
    const words = { reason: restartingAll, message: 'The container is removed because RestartAllContainers in place' }
    return {
      ...status,
      state: { waiting: words },
      lastState: { terminated: { ...words, exitCode: lostExitCode } },
      restartCount: previous.restartCount + 1,
    }
  }
  // Kubernetes: an init container that ended is not run again because its record is gone.
  if (previous.state?.terminated !== undefined && kind === 'init')
    return {
      ...status,
      state: previous.state,
      lastState: previous.lastState ?? {},
      restartCount: previous.restartCount,
    }
  const carried = {
    ...status,
    restartCount: previous.restartCount,
    lastState: previous.state?.terminated === undefined ? (previous.lastState ?? {}) : previous.state,
  }
  if (previous.state?.running === undefined || carried.lastState.terminated !== undefined) return carried
  return {
    ...carried,
    // Without this the pod would seem never to have run, and fall back to Pending.
    lastState: {
      terminated: {
        exitCode: lostExitCode,
        reason: lostReason,
        message: 'The container could not be located when the pod was deleted.  The container used to be Running',
      },
    },
    restartCount: previous.restartCount + (pod.metadata.deletionTimestamp === undefined ? 1 : 0),
  }
}

function stateOf(input: StatusInput, container: ObservedContainer): ContainerState {
  if (container.state === 'running')
    return { running: { startedAt: timestampOf(container.startedAtMs ?? container.createdAtMs) } }
  if (container.state !== 'exited') return { waiting: {} }
  // Kubernetes: what the runtime says of the end comes before what the container had to say.
  const message = [container.message ?? '', input.messages.get(container.id) ?? '']
    .filter((one) => one !== '')
    .join(': ')
  const exitCode = container.exitCode ?? 0
  return {
    terminated: {
      exitCode,
      reason: container.reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
      ...(message === '' ? {} : { message }),
      startedAt: timestampOf(container.startedAtMs ?? 0),
      finishedAt: timestampOf(container.finishedAtMs ?? 0),
      containerID: `${input.runtimeName}://${container.id}`,
    },
  }
}

/** Why the container is not started, where the last attempt told: the run that ended moves to lastState. */
function withWaitingReason(
  input: StatusInput,
  container: AnyContainer,
  kind: ContainerKind,
  status: ContainerStatus,
): ContainerStatus {
  const problem = input.problems.get(container.name)
  const newest = newestOf(input.view, container.name)
  const done = kind === 'init' && newest?.state === 'exited' && newest.exitCode === 0
  if (problem === undefined || done || !shouldStart(input.pod, container, kind, input.view)) return status
  return {
    ...status,
    state: { waiting: { reason: problem.reason, ...(problem.message === '' ? {} : { message: problem.message }) } },
    ...(status.state?.terminated === undefined ? {} : { lastState: status.state }),
  }
}

/** Kubernetes: what has ended and will not be started again stays ended. */
function keepEnded(
  { pod }: StatusInput,
  container: AnyContainer,
  kind: ContainerKind,
  status: ContainerStatus,
  previous: ContainerStatus | undefined,
): ContainerStatus {
  const ended = previous?.state?.terminated
  if (isRestartingAll(pod)) return status
  if (previous === undefined || ended === undefined || status.state?.terminated !== undefined) return status
  if (isSidecar(container) || container.restartPolicyRules !== undefined) return status
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always'
  const final = policy === 'Never' || (policy === 'OnFailure' && ended.exitCode === 0) || kind === 'ephemeral'
  return final ? { ...previous } : status
}

function withProbes(
  input: StatusInput,
  container: AnyContainer,
  kind: ContainerKind,
  status: ContainerStatus,
): ContainerStatus {
  if (kind === 'ephemeral') return status
  const ended = status.state?.terminated
  if (kind === 'init') return { ...status, started: false, ready: ended !== undefined && ended.exitCode === 0 }
  const instance = newestOf(input.view, container.name)
  const results = instance === undefined ? undefined : input.probes.get(instance.id)
  const running = status.state?.running !== undefined
  const started = running && (container.startupProbe === undefined || results?.startup === true)
  const ready = started && (container.readinessProbe === undefined || results?.readiness === true)
  return { ...status, started, ready }
}

/** Kubernetes: what was granted, and what is in force; while a change has not arrived the old size shows. */
function resourcesStatus(
  { pod, allocation }: StatusInput,
  container: AnyContainer,
  instance: ObservedContainer,
  previous: ContainerStatus | undefined,
): Partial<ContainerStatus> {
  const granted = allocation?.containers.get(container.name) ?? container.resources ?? {}
  const { requests, limits } = granted
  const inForce = { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) }
  const grantedPod = allocation === undefined ? pod : { ...pod, spec: { ...pod.spec, resources: allocation.whole } }
  const arrived =
    instance.state !== 'running' ||
    resizeOf(grantedPod as Pod, { ...container, resources: granted }, instance.resources) === undefined
  return {
    ...(requests === undefined ? {} : { allocatedResources: requests }),
    resources: arrived ? inForce : (previous?.resources ?? inForce),
  }
}
