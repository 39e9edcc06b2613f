import { sameJson } from '../../machinery/index.ts'
import type { Draft } from '../definition.ts'
import type { Service, ServiceSpec } from '../generated/types.ts'

const isExternal = ({ type, externalIPs }: ServiceSpec) =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && (externalIPs ?? []).length > 0)
const hasNodePorts = ({ type }: ServiceSpec) => type === 'NodePort' || type === 'LoadBalancer'
const hasHealthPort = ({ type, externalTrafficPolicy }: ServiceSpec) =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local'

const nodePorts = (spec: ServiceSpec): readonly number[] =>
  (spec.ports ?? []).flatMap(({ nodePort = 0 }) => (nodePort === 0 ? [] : [nodePort]))

/**
 * Takes away what a Service of another type had and has no more. Kubernetes: only what its author left as it was; what was changed as
 * well is judged.
 */
export function dropOtherTypesFields(draft: Draft, previous: Service): void {
  const [next, before]: [Draft, ServiceSpec] = [draft.spec ?? {}, previous.spec ?? {}]
  const same = (name: keyof ServiceSpec) => sameJson(next[name] ?? null, before[name] ?? null)
  const drop = (...names: readonly (keyof ServiceSpec)[]) => {
    for (const name of names) delete next[name]
  }
  if (before.type !== 'ExternalName' && next.type === 'ExternalName') {
    if (same('clusterIP') && same('clusterIPs')) drop('clusterIP', 'clusterIPs')
    if (same('ipFamilies')) drop('ipFamilies')
    if (same('ipFamilyPolicy')) drop('ipFamilyPolicy')
  }
  const known = new Set(nodePorts(before))
  if (hasNodePorts(before) && !hasNodePorts(next) && nodePorts(next).every((port) => known.has(port)))
    next.ports = next.ports?.map(({ nodePort: _, ...port }: Draft) => port)
  if (hasHealthPort(before) && !hasHealthPort(next) && same('healthCheckNodePort')) drop('healthCheckNodePort')
  if (before.type === 'LoadBalancer' && next.type !== 'LoadBalancer') {
    if (same('allocateLoadBalancerNodePorts')) drop('allocateLoadBalancerNodePorts')
    if (same('loadBalancerClass')) drop('loadBalancerClass')
  }
  if (isExternal(before) && !isExternal(next) && same('externalTrafficPolicy')) drop('externalTrafficPolicy')
  if (next.type !== 'LoadBalancer' && draft.status !== undefined) draft.status = { ...draft.status, loadBalancer: {} }
}
