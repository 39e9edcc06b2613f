import type { Pod } from '../../resources/index.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import { type AnyContainer, type ContainerKind, newestOf, type PodView } from './containers.ts'

/** How long a failing container waits: the delay and when it was last set. */
export interface BackoffEntry {
  readonly delayMs: number
  readonly updatedAtMs: number
}
/** Kubernetes: 10 s, doubled up to 5 min, forgotten after 10 min of running. */
export const restartDelayMsMin = 10_000
export const restartDelayMsMax = 300_000

/** The wait before the next start, given when the last instance ended. */
export function restartWaitMs(entry: BackoffEntry | undefined, finishedAtMs: number, nowMs: number): number {
  if (entry === undefined || expired(entry, finishedAtMs)) return 0
  return Math.max(0, finishedAtMs + entry.delayMs - nowMs)
}

/** The entry after one more start. */
export function nextBackoff(entry: BackoffEntry | undefined, finishedAtMs: number, nowMs: number): BackoffEntry {
  if (entry === undefined || expired(entry, finishedAtMs)) return { delayMs: restartDelayMsMin, updatedAtMs: nowMs }
  return { delayMs: Math.min(entry.delayMs * 2, restartDelayMsMax), updatedAtMs: nowMs }
}
const expired = (entry: BackoffEntry, finishedAtMs: number) => finishedAtMs - entry.updatedAtMs > 2 * restartDelayMsMax

/** The first of a container's rules that speaks of an exit code. */
export function ruleFor({ restartPolicyRules = [] }: AnyContainer, exitCode: number) {
  return restartPolicyRules.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false
    return exitCodes !== undefined && listed === (exitCodes.operator !== 'NotIn')
  })
}

/** Whether an exited instance is to be followed by another, by the container's own rules or the pod's policy. */
export function restartsAfter(pod: Pod, container: AnyContainer, kind: ContainerKind, exitCode: number): boolean {
  if (kind === 'ephemeral') return false
  const action = ruleFor(container, exitCode)?.action
  if (action === 'Restart' || action === 'RestartAllContainers') return true
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always'
  // Kubernetes: for init containers a pod's Always means until success.
  if (policy === 'Always') return kind !== 'init' || exitCode !== 0
  return policy === 'OnFailure' && exitCode !== 0
}

/** Whether the container is to be started (again) as things stand. */
export function shouldStart(pod: Pod, container: AnyContainer, kind: ContainerKind, view: PodView): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false
  const newest: ObservedContainer | undefined = newestOf(view, container.name)
  if (newest === undefined) return true
  if (newest.state === 'running') return false
  if (newest.state === 'created' || newest.state === 'unknown') return kind !== 'ephemeral'
  return restartsAfter(pod, container, kind, newest.exitCode ?? 0)
}
