import { isSidecar, isTerminal, nameOf, sameJson } from '../../machinery/index.ts'
import { type Pod, pods, type Service, type ServicePort, services } from '../../resources/index.ts'
import { podsLabelled, thatMaySelect } from './by-label.ts'
import type { Cached, Watch } from './controller.ts'
import { countsOtherwise } from './pods.ts'

export const headlessLabel = 'service.kubernetes.io/headless'
/** Kubernetes: when the cause of the last change was seen, for measuring how long it took to reach the proxies. */
export const lastChangeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time'

/** Whether the cluster looks for the service's pods: one without a selector brings its endpoints itself. */
export function hasSelector({ spec }: Service): boolean {
  return spec.type !== 'ExternalName' && spec.selector !== undefined && Object.keys(spec.selector).length > 0
}

export function selects({ spec }: Service, labels: Readonly<Record<string, string>> | undefined): boolean {
  return Object.entries(spec.selector ?? {}).every(([key, value]) => labels?.[key] === value)
}

/** Wakes the services that a pod is, or was, behind. */
export const podsOfServices: Watch = {
  resource: pods,
  matters: (next: Pod, previous: Pod) =>
    countsOtherwise(next, previous) ||
    next.spec.hostname !== previous.spec.hostname ||
    next.spec.subdomain !== previous.spec.subdomain ||
    next.spec.nodeName !== previous.spec.nodeName ||
    !sameJson(addressesOf(next), addressesOf(previous)),
  wake: (pod: Pod, cached) =>
    // One without an address is behind nothing yet; when it had one, it was told of as it was then.
    addressesOf(pod).length === 0
      ? []
      : thatMaySelect(cached(services), ({ spec }) => spec.selector, pod)
          .filter((service) => hasSelector(service) && selects(service, pod.metadata.labels))
          .map(nameOf),
}

/** The pods a service selects, whatever their state. */
export function podsSelected({ metadata, spec }: Service, cached: Cached): readonly Pod[] {
  const wanted = Object.entries(spec.selector ?? {})
  return podsLabelled(cached, metadata.namespace, spec.selector).filter((pod) => {
    const { labels } = pod.metadata
    for (const [key, value] of wanted) if (labels?.[key] !== value) return false
    return true
  })
}

/** Whether a selected pod is behind its service: it has an address and has not ended. */
export const isBehind = (pod: Pod): boolean => !isTerminal(pod) && hasAddress(pod)

/** Whether addressesOf has any. */
function hasAddress({ status }: Pod): boolean {
  if ((status.podIP ?? '') !== '') return true
  return (status.podIPs ?? []).some(({ ip }) => (ip ?? '') !== '')
}

export function addressesOf({ status }: Pod): readonly string[] {
  const all = (status.podIPs ?? []).map(({ ip }) => ip ?? '').filter((ip) => ip !== '')
  return all.length > 0 || (status.podIP ?? '') === '' ? all : [status.podIP!]
}

/** The number of a service's port in one pod; undefined when the pod has no port of that name and protocol. */
export function portIn(pod: Pod, { targetPort, port, protocol = 'TCP' }: ServicePort): number | undefined {
  if (targetPort === undefined || targetPort === 0 || targetPort === '') return port
  if (typeof targetPort === 'number') return targetPort
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)]
  return containers
    .flatMap((container) => container.ports ?? [])
    .find((one) => one.name === targetPort && (one.protocol ?? 'TCP') === protocol)?.containerPort
}

/** The name by which a headless service's DNS knows the pod; undefined when it knows it by its address only. */
export function hostnameIn(pod: Pod, service: Service): string | undefined {
  const { hostname = '', subdomain } = pod.spec
  const isNamed = hostname !== '' && subdomain === service.metadata.name
  return isNamed && pod.metadata.namespace === service.metadata.namespace ? hostname : undefined
}

export function podReference(pod: Pod) {
  const { namespace, name, uid } = pod.metadata
  return { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid }
}

/** Kubernetes: no cluster address, or none yet. */
export const isHeadless = ({ spec }: Service): boolean => (spec.clusterIP ?? '') === '' || spec.clusterIP === 'None'
