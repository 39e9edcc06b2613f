import { timestampOf } from '../../machinery/index.ts'
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../../resources/index.ts'
import { type Allocation, withAllocation } from '../resize/allocation.ts'
import { podSizeOf } from '../resize/pod-size.ts'
import { conditionsOf } from './conditions.ts'
import { containerStatusesOf } from './container-statuses.ts'
import { type ContainerKind, containersOf, type PodView, runningContainers } from './containers.ts'
import { isTerminalPhase, phaseOf, type StatusesByName } from './phase.ts'
import type { ProbeResults } from './plan.ts'
import { qosClassOf } from './qos.ts'
import { instancesToReset, mayRestartAll } from './restart-all.ts'

/** Why a container could not be started when last tried. */
export interface StartProblem {
  readonly reason: string
  readonly message: string
}
export interface StatusInput {
  /** As the API last showed it, with the status to be brought up to date. */
  readonly pod: Pod
  readonly view: PodView
  readonly probes: ReadonlyMap<string, ProbeResults>
  /** By container name. */
  readonly problems: ReadonlyMap<string, StartProblem>
  /** Termination messages by container id. */
  readonly messages: ReadonlyMap<string, string>
  /** Why the kubelet itself ended or refused the pod, which then fails. */
  readonly verdict?: { readonly reason: string; readonly message: string; readonly isDisruption?: true }
  /** The kubelet is ending the pod, or has. */
  /** What each container has been granted, where it may differ from the spec. */
  readonly allocation?: Allocation
  /** Conditions of a resize, if one is pending or under way. */
  readonly resize?: readonly PodCondition[]
  readonly terminating: boolean
  readonly runtimeName: string
  readonly hostIps: readonly string[]
  readonly nowMs: number
}

/** The status to write for the pod. Pure; what others own in it is kept. */
export function podStatusOf(input: StatusInput): PodStatus {
  const { pod, view } = input
  const before = pod.status
  const all = containersOf(pod)
  const isInit = (kind: ContainerKind) => kind === 'init' || kind === 'sidecar'
  const statusesOf = (wanted: (kind: ContainerKind) => boolean, previous: readonly ContainerStatus[] | undefined) =>
    containerStatusesOf(
      input,
      all.filter(({ kind }) => wanted(kind)),
      previous,
    )
  const byName = (a: ContainerStatus, b: ContainerStatus) => (a.name < b.name ? -1 : 1)
  const init = statusesOf(isInit, before.initContainerStatuses)
  // Kubernetes: main and ephemeral containers are listed by name, init containers in their order.
  const main = statusesOf((kind) => kind === 'main', before.containerStatuses).sort(byName)
  const ephemeral = statusesOf((kind) => kind === 'ephemeral', before.ephemeralContainerStatuses).sort(byName)
  const outcome = outcomeOf(input, statusesByName(init, main))
  const ended = isTerminalPhase(outcome.phase)
    ? (statuses: readonly ContainerStatus[]) => statuses.map((status) => ({ ...status, ...endedFields(status) }))
    : (statuses: readonly ContainerStatus[]) => statuses
  const [initStatuses, mainStatuses] = [init, ended(main)]
  const generation = pod.metadata.generation
  return {
    ...foreignFields(before),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...outcome,
    conditions: conditionsOf({
      pod,
      statuses: statusesByName(initStatuses, mainStatuses),
      phase: outcome.phase,
      sandboxReady: sandboxReady(pod, view),
      resize: input.resize ?? [],
      ...(mayRestartAll(pod) ? { restartingAll: instancesToReset(pod, view).length > 0 } : {}),
      ...(input.verdict?.isDisruption === true ? { disruption: input.verdict.message } : {}),
      nowMs: input.nowMs,
    }),
    ...addressesOf(input),
    startTime: before.startTime ?? timestampOf(input.nowMs),
    ...(init.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: mainStatuses,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    qosClass: before.qosClass ?? qosClassOf(pod),
    ...podSizeOf({
      granted: input.allocation === undefined ? pod : withAllocation(pod, input.allocation),
      phase: outcome.phase,
      before,
      isChanging: (input.resize ?? []).some(({ type }) => type === 'PodResizeInProgress'),
    }),
  }
}

/** Phase, reason and message. Kubernetes: a terminal phase is final, and is held back while anything still runs. */
function outcomeOf(input: StatusInput, statuses: StatusesByName) {
  const { pod, verdict, view } = input
  const before = pod.status
  const computed = verdict === undefined ? phaseOf(pod, statuses, input.terminating) : 'Failed'
  const phase = isTerminalPhase(before.phase) ? (before.phase as 'Succeeded' | 'Failed') : computed
  const stillRunning = runningContainers(view).length > 0
  if (isTerminalPhase(phase) && phase !== before.phase && stillRunning) {
    const held = before.phase === 'Running' ? ('Running' as const) : ('Pending' as const)
    return { phase: held, ...wordsOf(before) }
  }
  if (verdict !== undefined && !isTerminalPhase(before.phase))
    return { phase, reason: verdict.reason, message: verdict.message }
  return { phase, ...(phase === before.phase ? wordsOf(before) : {}) }
}
function wordsOf({ reason, message }: PodStatus): Pick<PodStatus, 'reason' | 'message'> {
  return { ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) }
}

/** What runs no more is neither ready nor started. */
function endedFields(status: ContainerStatus): Partial<ContainerStatus> {
  return status.state?.running === undefined ? { ready: false, started: false } : {}
}

function statusesByName(...lists: readonly (readonly ContainerStatus[])[]): StatusesByName {
  return new Map(lists.flat().map((status) => [status.name, status]))
}

function sandboxReady(pod: Pod, view: PodView): boolean {
  const newest = view.sandboxes[0]
  return newest?.ready === true && (pod.spec.hostNetwork === true || newest.ips.length > 0)
}

function addressesOf({ pod, view, hostIps }: StatusInput): Partial<PodStatus> {
  const before = pod.status
  const own =
    pod.spec.hostNetwork === true ? (view.sandboxes.length > 0 ? hostIps : []) : (view.sandboxes[0]?.ips ?? [])
  // A sandbox that has ended takes its address with it; the pod keeps showing the last one.
  const podIps = own.length > 0 ? own : (before.podIPs ?? []).map(({ ip }) => ip)
  return {
    ...(hostIps[0] === undefined ? {} : { hostIP: hostIps[0], hostIPs: hostIps.map((ip) => ({ ip })) }),
    ...(podIps[0] === undefined ? {} : { podIP: podIps[0], podIPs: podIps.map((ip) => ({ ip })) }),
  }
}

/** Status fields that the kubelet passes on as they are. */
function foreignFields(before: PodStatus): Partial<PodStatus> {
  const { nominatedNodeName, resourceClaimStatuses, extendedResourceClaimStatus, resize } = before
  return {
    ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
    ...(resourceClaimStatuses === undefined ? {} : { resourceClaimStatuses }),
    ...(extendedResourceClaimStatus === undefined ? {} : { extendedResourceClaimStatus }),
    ...(resize === undefined ? {} : { resize }),
  }
}

/** The status of a pod that has ended for good: whatever was not seen ending counts as killed. */
export function finalStatusOf(input: StatusInput): PodStatus {
  const status = podStatusOf({ ...input, terminating: true })
  const lost = (one: ContainerStatus): ContainerStatus => {
    if (one.state?.terminated !== undefined || one.lastState?.terminated !== undefined) return one
    return {
      ...one,
      ready: false,
      started: false,
      state: {
        terminated: {
          exitCode: 137,
          reason: 'ContainerStatusUnknown',
          message: 'The container could not be located when the pod was terminated',
        },
      },
    }
  }
  const main = (status.containerStatuses ?? []).map((one) => (hasInitialized(input.pod, status) ? lost(one) : one))
  const phase = isTerminalPhase(status.phase) ? (status.phase as 'Succeeded' | 'Failed') : 'Failed'
  return {
    ...status,
    phase,
    containerStatuses: main,
    ...(status.initContainerStatuses === undefined
      ? {}
      : { initContainerStatuses: finalInit(status.initContainerStatuses, lost) }),
    conditions: conditionsOf({
      pod: input.pod,
      statuses: statusesByName(status.initContainerStatuses ?? [], main),
      phase,
      sandboxReady: false,
      resize: [],
      ...(mayRestartAll(input.pod) ? { restartingAll: false } : {}),
      nowMs: input.nowMs,
    }),
  }
}
/** Kubernetes: main containers count as lost only if they could have run, which is after all init containers. */
function hasInitialized({ spec }: Pod, { initContainerStatuses = [], containerStatuses = [] }: PodStatus): boolean {
  if ((spec.initContainers ?? []).length === 0) return true
  const last = initContainerStatuses.at(-1)
  if (last !== undefined && (last.ready || last.started === true)) return true
  return containerStatuses.some(({ state, lastState }) => {
    const { running, terminated } = state ?? {}
    return running !== undefined || terminated !== undefined || lastState?.terminated !== undefined
  })
}
/** Kubernetes: init containers that never got their turn stay waiting. */
function finalInit(statuses: readonly ContainerStatus[], lost: (one: ContainerStatus) => ContainerStatus) {
  return statuses.map((one) => (one.state?.running === undefined ? one : lost(one)))
}
