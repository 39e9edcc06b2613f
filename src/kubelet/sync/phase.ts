import type { ContainerStatus, Pod } from '../../resources/index.ts'
import { type AnyContainer, isSidecar } from './containers.ts'
import { restartsAfter } from './restart.ts'
import { restartingAll } from './restart-all.ts'

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'
/** All of a pod's container statuses by name. */
export type StatusesByName = ReadonlyMap<string, ContainerStatus>

export const isTerminalPhase = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed'

/**
 * Kubernetes: a container that waits without having ended before keeps the pod Pending; one that waits after an end
 * counts as stopped, so that a crash loop shows as Running. `terminating`: the kubelet itself has ended the pod.
 */
export function phaseOf(pod: Pod, statuses: StatusesByName, terminating: boolean): PodPhase {
  const { containers } = pod.spec
  const init = initCounts(pod, statuses)
  const main = mainCounts(pod, statuses)
  if (init.failed > 0) return 'Failed'
  const mainStarted = containers.some(({ name }) => {
    const status = statuses.get(name)
    return (
      status?.state?.running !== undefined ||
      status?.state?.terminated !== undefined ||
      status?.lastState?.terminated !== undefined
    )
  })
  if (init.pending > 0 || (init.sidecarsPending > 0 && !mainStarted) || main.waiting > 0) return 'Pending'
  const unknown = main.unknown + init.sidecarsUnknown
  const running = main.running
  if (unknown > 0) return 'Pending'
  if (running > 0) return 'Running'
  if (main.stopped === 0) return 'Pending'
  const succeeded = main.stopped === main.succeeded
  if (terminating) return succeeded ? 'Succeeded' : 'Failed'
  if (main.restartable > 0) return 'Running'
  return succeeded ? 'Succeeded' : 'Failed'
}

function initCounts(pod: Pod, statuses: StatusesByName) {
  const counts = { pending: 0, failed: 0, sidecarsPending: 0, sidecarsUnknown: 0 }
  for (const container of pod.spec.initContainers ?? []) {
    const status = statuses.get(container.name)
    const { running, terminated, waiting } = status?.state ?? {}
    const ended = status?.lastState?.terminated
    if (isSidecar(container)) {
      if (status === undefined) counts.sidecarsUnknown++
      else if (running !== undefined) counts.sidecarsPending += status.started === true ? 0 : 1
      else if (waiting !== undefined && ended === undefined) counts.sidecarsPending++
    } else if (terminated !== undefined) counts.failed += isLost(pod, container, terminated) ? 1 : 0
    else if (waiting !== undefined && ended !== undefined) counts.failed += isLost(pod, container, ended) ? 1 : 0
    else counts.pending++
  }
  return counts
}

type Ended = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>

/** Whether an ended container starts again: by its rules and policies, or since all of the pod's do. */
function startsAgain(pod: Pod, container: AnyContainer, { exitCode, reason }: Ended): boolean {
  return reason === restartingAll || restartsAfter(pod, container, 'main', exitCode)
}
/** Whether an init container has failed for good. */
function isLost(pod: Pod, container: AnyContainer, ended: Ended): boolean {
  return ended.exitCode !== 0 && !startsAgain(pod, container, ended)
}

function mainCounts(pod: Pod, statuses: StatusesByName) {
  const counts = { running: 0, waiting: 0, stopped: 0, succeeded: 0, restartable: 0, unknown: 0 }
  for (const container of pod.spec.containers) {
    const status = statuses.get(container.name)
    const { running, terminated, waiting } = status?.state ?? {}
    const ended = running === undefined ? (terminated ?? status?.lastState?.terminated) : undefined
    if (ended !== undefined && startsAgain(pod, container, ended)) counts.restartable++
    if (running !== undefined) counts.running++
    else if (terminated !== undefined) {
      counts.stopped++
      counts.succeeded += terminated.exitCode === 0 ? 1 : 0
    } else if (waiting !== undefined) {
      if (status?.lastState?.terminated === undefined) counts.waiting++
      else counts.stopped++
    } else counts.unknown++
  }
  return counts
}
