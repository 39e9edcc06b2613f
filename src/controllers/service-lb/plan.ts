import { sameJson } from '../../machinery/index.ts'
import type { Node, Service } from '../../resources/index.ts'

export const cleanupFinalizer = 'service.kubernetes.io/load-balancer-cleanup'
const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers'
/** Set by a node autoscaler on nodes that are about to go. */
const toBeDeletedTaint = 'ToBeDeletedByClusterAutoscaler'

export const hasFinalizer = ({ metadata }: Service): boolean => metadata.finalizers?.includes(cleanupFinalizer) === true

/** Kubernetes: a class means that somebody else's balancer is wanted. */
export function wantsBalancer({ spec }: Service): boolean {
  return spec.type === 'LoadBalancer' && (spec.loadBalancerClass ?? undefined) === undefined
}

/** Whether the balancer is to go: the service goes, or is of another type by now. */
export function needsCleanup(service: Service): boolean {
  if (!hasFinalizer(service)) return false
  return service.metadata.deletionTimestamp !== undefined || service.spec.type !== 'LoadBalancer'
}

/** All of a service that its balancer depends on, as text to be compared. */
export function balancerWish({ metadata, spec }: Service): string {
  const ports = (spec.ports ?? []).map(({ name, protocol, port, nodePort, targetPort, appProtocol }) => [
    ...[name, protocol, port, nodePort, targetPort, appProtocol],
  ])
  return JSON.stringify([
    metadata.uid,
    metadata.annotations,
    ports,
    spec.loadBalancerSourceRanges,
    spec.loadBalancerIP,
    spec.externalIPs,
    spec.sessionAffinity,
    spec.sessionAffinityConfig,
    spec.externalTrafficPolicy,
    spec.healthCheckNodePort,
    spec.ipFamilies?.length,
  ])
}

/** The nodes that belong behind balancers; whether they are Ready is for health checks to find out. */
export function balancedNodes(all: readonly Node[]): readonly Node[] {
  return all.filter(({ metadata, spec }) => {
    const excluded = metadata.labels?.[excludeLabel]
    if (metadata.deletionTimestamp !== undefined) return false
    if (excluded !== undefined && !/^(0|f|F|false|False|FALSE)$/.test(excluded)) return false
    return !(spec.taints ?? []).some(({ key }) => key === toBeDeletedTaint)
  })
}

/** Which nodes a balancer was last given, as text to be compared: their names and provider ids. */
export function hostsText(nodes: readonly Node[]): string {
  return JSON.stringify(nodes.map(({ metadata, spec }) => [metadata.name, spec.providerID ?? '']).toSorted())
}

/** The names of nodes for an event, twenty of them at most. */
export function namesText(nodes: readonly Node[]): string {
  const shown = 20
  const names = nodes
    .slice(0, shown)
    .map(({ metadata }) => metadata.name)
    .toSorted()
  return `[${[...names, ...(nodes.length > shown ? [`<${nodes.length - shown} more>`] : [])].join(' ')}]`
}

/** Whether the ports of ingress points and their addresses are the same. */
export function sameIngress(left: unknown, right: unknown): boolean {
  return sameJson(left ?? [], right ?? [])
}
