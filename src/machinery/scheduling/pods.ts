import { msOf } from '../clock/clock.ts'
import { isSidecar } from './resources.ts'
import type { Condition, PodNeeds, PodView } from './shapes.ts'

/** Whether a pod has ended and will not run again. */
export function isTerminal(pod: PodView): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** Whether a pod counts for its controller: it has neither ended nor been told to. */
export function isActive(pod: PodView): boolean {
  return !isTerminal(pod) && pod.metadata?.deletionTimestamp === undefined
}

/** The condition of a type, of anything that has conditions. */
export function conditionOf<C extends Condition>(
  object: { readonly status?: { readonly conditions?: readonly C[] } },
  type: string,
): C | undefined {
  const conditions = object.status?.conditions
  if (conditions === undefined) return undefined
  // Asked more often than anything else.
  for (let at = 0; at < conditions.length; at++) if (conditions[at]!.type === type) return conditions[at]
  return undefined
}

/** Whether the pod's condition Ready is True. */
export function isReady(pod: PodView): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True'
}

/** Whether a pod has been ready for the given time without a break. */
export function isAvailable(pod: PodView, minReadySeconds: number, nowMs: number): boolean {
  const ready = conditionOf(pod, 'Ready')
  if (ready?.status !== 'True') return false
  if (minReadySeconds === 0) return true
  const sinceMs = msOf(ready.lastTransitionTime)
  return !Number.isNaN(sinceMs) && sinceMs + minReadySeconds * 1000 <= nowMs
}

/** When a ready pod will have been so for long enough; undefined when it is not ready, or is available already. */
export function availableAtMs(pod: PodView, minReadySeconds: number, nowMs: number): number | undefined {
  const ready = conditionOf(pod, 'Ready')
  if (ready?.status !== 'True') return undefined
  const atMs = msOf(ready.lastTransitionTime) + minReadySeconds * 1000
  return atMs > nowMs ? atMs : undefined
}

/** A port that a pod takes on its node. */
export interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

/** The ports that a pod takes on its node, those of sidecars included. */
export function hostPortsOf(spec: PodNeeds): HostPort[] {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? []).filter(isSidecar)]
  return containers.flatMap((container) =>
    (container.ports ?? [])
      .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
      .map(({ hostIP, protocol, hostPort }) => ({
        ip: hostIP === undefined || hostIP === '' || hostIP === '::' ? '0.0.0.0' : hostIP,
        protocol: protocol === undefined || protocol === '' ? 'TCP' : protocol,
        port: hostPort!,
      })),
  )
}

/** Whether two pods cannot both have their port: same number and protocol, on an address both want. */
export function hostPortsConflict(left: HostPort, right: HostPort): boolean {
  if (left.port !== right.port || left.protocol !== right.protocol) return false
  return left.ip === right.ip || left.ip === '0.0.0.0' || right.ip === '0.0.0.0'
}
