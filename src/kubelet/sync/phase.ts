import type { ContainerStatus, Pod } from '../../resources/index.ts'
import { isSidecar } from './containers.ts'

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'
/** All of a pod's container statuses by name. */
export type StatusesByName = ReadonlyMap<string, ContainerStatus>

export const isTerminalPhase = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed'

/**
 * Kubernetes: a container that waits without having ended before keeps the pod Pending; one that waits after an end
 * counts as stopped, so that a crash loop shows as Running. `terminating`: the kubelet itself has ended the pod.
 */
export function phaseOf(pod: Pod, statuses: StatusesByName, terminating: boolean): PodPhase {
  const { restartPolicy = 'Always', containers } = pod.spec
  const init = initCounts(pod, statuses)
  const main = mainCounts(pod, statuses)
  if (init.failed > 0 && restartPolicy === 'Never') return 'Failed'
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
  const restarting = containers.some((container) => {
    const ended = statuses.get(container.name)?.state?.terminated ?? statuses.get(container.name)?.lastState?.terminated
    const policy = container.restartPolicy ?? restartPolicy
    const failed = (ended?.exitCode ?? 0) !== 0
    const byRule = container.restartPolicyRules?.some(
      ({ exitCodes }) => exitCodes?.values?.includes(ended?.exitCode ?? 0) === (exitCodes?.operator !== 'NotIn'),
    )
    return byRule === true || policy === 'Always' || (policy === 'OnFailure' && failed)
  })
  if (restarting) return 'Running'
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
    } else if (terminated !== undefined) counts.failed += terminated.exitCode === 0 ? 0 : 1
    else if (waiting !== undefined && ended !== undefined && container.restartPolicy !== 'Never')
      counts.failed += ended.exitCode === 0 ? 0 : 1
    else counts.pending++
  }
  return counts
}

function mainCounts(pod: Pod, statuses: StatusesByName) {
  const counts = { running: 0, waiting: 0, stopped: 0, succeeded: 0, unknown: 0 }
  for (const { name } of pod.spec.containers) {
    const status = statuses.get(name)
    const { running, terminated, waiting } = status?.state ?? {}
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
