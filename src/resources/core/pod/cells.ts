import { ageText, conditionOf, isReady, isSidecar, isTerminal } from '../../../machinery/index.ts'
import { ageOf, type Cells } from '../../cells.ts'
import type { ContainerState, ContainerStatus, Pod } from '../../generated/types.ts'

interface Summary {
  readonly reason: string
  readonly ready: number
  readonly restarts: number
  /** When a container last ended to be started again. */
  readonly restartedAt: string | undefined
}

const later = (left: string | undefined, right: string | undefined): string | undefined =>
  left === undefined || (right !== undefined && Date.parse(left) < Date.parse(right)) ? right : left
const endOf = (status: ContainerStatus) => status.lastState?.terminated?.finishedAt

function endReason({ terminated }: ContainerState): string {
  if (terminated?.reason !== undefined && terminated.reason !== '') return terminated.reason
  return (terminated?.signal ?? 0) !== 0 ? `Signal:${terminated!.signal}` : `ExitCode:${terminated?.exitCode ?? 0}`
}

/** How far initialisation is: the reason of the first init container that is not done, and what counted on the way. */
function initSummary(pod: Pod, fallback: string): Summary & { readonly waits: boolean; readonly sidecars: Summary } {
  const containers = pod.spec.initContainers ?? []
  const sidecarNames = new Set(containers.filter(isSidecar).map(({ name }) => name))
  const statuses = pod.status?.initContainerStatuses ?? []
  let [ready, restarts, sidecarRestarts] = [0, 0, 0]
  let restartedAt: string | undefined
  let sidecarRestartedAt: string | undefined
  for (const [index, status] of statuses.entries()) {
    const sidecar = sidecarNames.has(status.name)
    restarts += status.restartCount
    restartedAt = later(restartedAt, endOf(status))
    if (sidecar) {
      sidecarRestarts += status.restartCount
      sidecarRestartedAt = later(sidecarRestartedAt, endOf(status))
    }
    const state = status.state ?? {}
    if (state.terminated?.exitCode === 0) continue
    if (sidecar && status.started === true) {
      if (status.ready) ready++
      continue
    }
    const waiting = state.waiting?.reason ?? ''
    let reason = `Init:${index}/${containers.length}`
    if (state.terminated !== undefined) reason = `Init:${endReason(state)}`
    else if (waiting !== '' && waiting !== 'PodInitializing') reason = `Init:${waiting}`
    const sidecars = { reason, ready, restarts: sidecarRestarts, restartedAt: sidecarRestartedAt }
    return { reason, ready, restarts, restartedAt, waits: true, sidecars }
  }
  const sidecars = { reason: fallback, ready, restarts: sidecarRestarts, restartedAt: sidecarRestartedAt }
  return { ...sidecars, waits: false, sidecars }
}

function mainSummary(pod: Pod, start: Summary): Summary {
  let { reason, ready, restarts, restartedAt } = start
  let running = false
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    restarts += status.restartCount
    restartedAt = later(restartedAt, endOf(status))
    const state = status.state ?? {}
    if ((state.waiting?.reason ?? '') !== '') reason = state.waiting!.reason!
    else if (state.terminated !== undefined) reason = endReason(state)
    else if (status.ready && state.running !== undefined) {
      running = true
      ready++
    }
  }
  // One container that still runs outweighs others that are done.
  if (reason === 'Completed' && running) reason = isReady(pod) ? 'Running' : 'NotReady'
  return { reason, ready, restarts, restartedAt }
}

function summaryOf(pod: Pod): Summary {
  const gated = pod.status?.conditions?.some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  )
  const phase = pod.status?.reason || pod.status?.phase || ''
  const first = gated === true ? 'SchedulingGated' : phase
  const init = initSummary(pod, first)
  const initialized = conditionOf(pod, 'Initialized')?.status === 'True'
  const summary = !init.waits || initialized ? mainSummary(pod, { ...init.sidecars, reason: init.reason }) : init
  if (pod.metadata.deletionTimestamp === undefined) return summary
  if (pod.status?.reason === 'NodeLost') return { ...summary, reason: 'Unknown' }
  return isTerminal(pod) ? summary : { ...summary, reason: 'Terminating' }
}

/** The word that tables show for a pod's state: `Running`, `Init:0/1`, `CrashLoopBackOff`, `Terminating`, … */
export function podStatusText(pod: Pod): string {
  return summaryOf(pod).reason
}

export const podCells: Cells<Pod> = (pod, nowMs) => {
  const { reason, ready, restarts, restartedAt } = summaryOf(pod)
  const total = (pod.spec.containers ?? []).length + (pod.spec.initContainers ?? []).filter(isSidecar).length
  const gates = pod.spec.readinessGates ?? []
  const open = gates.filter(({ conditionType }) => conditionOf(pod, conditionType)?.status === 'True').length
  const ago = restarts > 0 && restartedAt !== undefined ? ` (${ageText(restartedAt, nowMs)} ago)` : ''
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    reason,
    `${restarts}${ago}`,
    ageOf(pod, nowMs),
    pod.status?.podIPs?.[0]?.ip || '<none>',
    pod.spec.nodeName || '<none>',
    pod.status?.nominatedNodeName || '<none>',
    gates.length === 0 ? '<none>' : `${open}/${gates.length}`,
  ]
}
