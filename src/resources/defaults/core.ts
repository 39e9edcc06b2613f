import type { DefaultStep, TypeDefaults } from '../../machinery/index.ts'
import type { Draft } from '../definition.ts'

const isEmpty = (map: object | null | undefined): boolean =>
  map === undefined || map === null || Object.keys(map).length === 0

const replicationController: DefaultStep = (draft) => {
  const labels = draft.spec?.template?.metadata?.labels
  if (isEmpty(labels)) return
  if (isEmpty(draft.spec.selector)) draft.spec.selector = { ...labels }
  draft.metadata ??= {}
  if (isEmpty(draft.metadata.labels)) draft.metadata.labels = { ...labels }
}

const service: DefaultStep = (draft) => {
  if (draft.spec?.type !== 'LoadBalancer') return
  for (const ingress of draft.status?.loadBalancer?.ingress ?? []) {
    if ((ingress.ip ?? '') !== '') ingress.ipMode ??= 'VIP'
  }
}

const serviceSpec: DefaultStep = (draft) => {
  if (draft.sessionAffinity === 'None') delete draft.sessionAffinityConfig
  if (draft.sessionAffinity === 'ClientIP') {
    draft.sessionAffinityConfig ??= {}
    draft.sessionAffinityConfig.clientIP ??= {}
    draft.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10800
  }
  const { type } = draft
  const isReachable =
    type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && !isEmpty(draft.externalIPs))
  if (isReachable) draft.externalTrafficPolicy ||= 'Cluster'
  if (type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer') draft.internalTrafficPolicy ??= 'Cluster'
  if (type === 'LoadBalancer') draft.allocateLoadBalancerNodePorts ??= true
}
const servicePort: DefaultStep = (draft) => {
  if (draft.targetPort === undefined || draft.targetPort === 0 || draft.targetPort === '') draft.targetPort = draft.port
}

/** Kubernetes: the label is overwritten whatever the client gives. */
const namespace: DefaultStep = (draft) => {
  const name = draft.metadata?.name ?? ''
  if (name !== '') draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': name }
}

const nodeStatus: DefaultStep = (draft) => {
  if (!isEmpty(draft.capacity) && isEmpty(draft.allocatable)) draft.allocatable = { ...draft.capacity }
}
/** Kubernetes: of podCIDR and podCIDRs, the list follows the single value where they differ. */
const nodeSpec: DefaultStep = (draft) => {
  const single = draft.podCIDR ?? ''
  const first = draft.podCIDRs?.[0] ?? ''
  if (single !== '' && single !== first) draft.podCIDRs = [single]
  else if (single === '' && first !== '') draft.podCIDR = first
}

const limitRangeItem: DefaultStep = (draft) => {
  if (draft.type !== 'Container') return
  fill(draft, 'default', draft.max)
  fill(draft, 'defaultRequest', draft.default)
  fill(draft, 'defaultRequest', draft.min)
}
function fill(draft: Draft, member: string, from: Readonly<Record<string, string>> | undefined): void {
  if (isEmpty(from)) return
  draft[member] = { ...from, ...draft[member] }
}

/** Kubernetes: stringData is a way to write data and is never kept. */
const secret: DefaultStep = (draft) => {
  if (draft.stringData === undefined || draft.stringData === null) return
  const data: Record<string, string> = { ...draft.data }
  for (const [key, text] of Object.entries<string>(draft.stringData)) {
    const bytes = new TextEncoder().encode(text)
    let binary = ''
    for (const byte of bytes) binary += String.fromCharCode(byte)
    data[key] = btoa(binary)
  }
  delete draft.stringData
  if (!isEmpty(data)) draft.data = data
}

/** Defaults of the core kinds other than pods. */
export const coreDefaults: Readonly<Record<string, TypeDefaults>> = {
  'io.k8s.api.core.v1.ReplicationController': { before: replicationController },
  'io.k8s.api.core.v1.Service': { after: service },
  'io.k8s.api.core.v1.ServiceSpec': { after: serviceSpec },
  'io.k8s.api.core.v1.ServicePort': { after: servicePort },
  'io.k8s.api.core.v1.Namespace': { after: namespace },
  'io.k8s.api.core.v1.NodeStatus': { after: nodeStatus },
  'io.k8s.api.core.v1.NodeSpec': { after: nodeSpec },
  'io.k8s.api.core.v1.LimitRangeItem': { after: limitRangeItem },
  'io.k8s.api.core.v1.Secret': { after: secret },
}
