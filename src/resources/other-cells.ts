import { labelSelectorText } from '../machinery/index.ts'
import { ageOf, type Cells, listText } from './cells.ts'
import { secondsText } from './core/cells.ts'
import type {
  APIService,
  CertificateSigningRequest,
  ClusterRoleBinding,
  CSIDriver,
  CSINode,
  DeviceClass,
  EndpointSlice,
  FlowSchema,
  Ingress,
  IngressClass,
  IPAddress,
  Lease,
  NetworkPolicy,
  PodDisruptionBudget,
  PriorityClass,
  PriorityLevelConfiguration,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceSlice,
  RoleBinding,
  RuntimeClass,
  ServiceCIDR,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from './generated/types.ts'

export const apiServiceCells: Cells<APIService> = (service, nowMs) => {
  const available = service.status?.conditions?.find(({ type }) => type === 'Available')
  const reason = available?.status === 'True' ? '' : ` (${available?.reason ?? ''})`
  const target = service.spec?.service
  return [
    service.metadata.name,
    target === undefined ? 'Local' : `${target.namespace ?? ''}/${target.name ?? ''}`,
    available === undefined ? 'Unknown' : `${available.status}${reason}`,
    ageOf(service, nowMs),
  ]
}

export const certificateSigningRequestCells: Cells<CertificateSigningRequest> = (request, nowMs) => {
  const has = (wanted: string) => request.status?.conditions?.some(({ type }) => type === wanted) === true
  const verdict = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'
  const issued = (request.status?.certificate ?? '') === '' ? '' : ',Issued'
  return [
    request.metadata.name,
    ageOf(request, nowMs),
    request.spec.signerName || '<none>',
    request.spec.username ?? '',
    secondsText(request.spec.expirationSeconds),
    `${verdict}${has('Failed') ? ',Failed' : ''}${issued}`,
  ]
}

export const endpointSliceCells: Cells<EndpointSlice> = (slice, nowMs) => [
  slice.metadata.name,
  slice.addressType,
  listText(
    (slice.ports ?? []).map(({ port, name }) => (port !== undefined ? String(port) : (name ?? '*'))),
    { none: '<unset>' },
  ),
  listText(
    (slice.endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
    { none: '<unset>' },
  ),
  ageOf(slice, nowMs),
]

export const flowSchemaCells: Cells<FlowSchema> = (schema, nowMs) => [
  schema.metadata.name,
  schema.spec?.priorityLevelConfiguration.name ?? '',
  schema.spec?.matchingPrecedence ?? 0,
  schema.spec?.distinguisherMethod?.type ?? '<none>',
  ageOf(schema, nowMs),
  schema.status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
]

export const priorityLevelConfigurationCells: Cells<PriorityLevelConfiguration> = (level, nowMs) => {
  const limited = level.spec?.limited
  const queuing = limited?.limitResponse?.queuing
  return [
    level.metadata.name,
    level.spec?.type ?? '',
    limited === undefined ? '<none>' : (limited.nominalConcurrencyShares ?? 0),
    queuing?.queues ?? '<none>',
    queuing?.handSize ?? '<none>',
    queuing?.queueLengthLimit ?? '<none>',
    ageOf(level, nowMs),
  ]
}

export const ingressCells: Cells<Ingress> = (ingress, nowMs) => {
  const { spec, status } = ingress
  const rules = spec?.rules ?? []
  const hosts: string[] = []
  let more = false
  for (const { host } of rules) {
    if (hosts.length === 3) more = true
    else if ((host ?? '') !== '') hosts.push(host!)
  }
  const text = hosts.length === 0 ? '*' : more ? `${hosts.join(',')} + ${rules.length - 3} more...` : hosts.join(',')
  const given = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
  return [
    ingress.metadata.name,
    spec?.ingressClassName ?? '<none>',
    text,
    [...new Set(given.filter((one) => one !== ''))].sort().join(','),
    (spec?.tls ?? []).length > 0 ? '80, 443' : '80',
    ageOf(ingress, nowMs),
  ]
}

export const ingressClassCells: Cells<IngressClass> = (ingressClass, nowMs) => {
  const parameters = ingressClass.spec?.parameters
  const group = parameters?.apiGroup === undefined ? '' : `.${parameters.apiGroup}`
  return [
    ingressClass.metadata.name,
    ingressClass.spec?.controller ?? '',
    parameters === undefined ? '<none>' : `${parameters.kind}${group}/${parameters.name}`,
    ageOf(ingressClass, nowMs),
  ]
}

export const ipAddressCells: Cells<IPAddress> = (address) => {
  const parent = address.spec?.parentRef
  if (parent === undefined) return [address.metadata.name, '<none>']
  const resource = `${parent.resource ?? ''}${parent.group ? `.${parent.group}` : ''}`.toLowerCase()
  return [address.metadata.name, `${resource}${parent.namespace ? `/${parent.namespace}` : ''}/${parent.name ?? ''}`]
}

export const serviceCidrCells: Cells<ServiceCIDR> = (cidr, nowMs) => [
  cidr.metadata.name,
  (cidr.spec?.cidrs ?? []).join(','),
  ageOf(cidr, nowMs),
]

export const networkPolicyCells: Cells<NetworkPolicy> = (policy, nowMs) => [
  policy.metadata.name,
  labelSelectorText(policy.spec?.podSelector ?? {}),
  ageOf(policy, nowMs),
]

export const leaseCells: Cells<Lease> = (lease, nowMs) => [
  lease.metadata.name,
  lease.spec?.holderIdentity ?? '',
  ageOf(lease, nowMs),
]

export const podDisruptionBudgetCells: Cells<PodDisruptionBudget> = (budget, nowMs) => [
  budget.metadata.name,
  String(budget.spec?.minAvailable ?? 'N/A'),
  String(budget.spec?.maxUnavailable ?? 'N/A'),
  budget.status?.disruptionsAllowed ?? 0,
  ageOf(budget, nowMs),
]

export const priorityClassCells: Cells<PriorityClass> = (priorityClass, nowMs) => [
  priorityClass.metadata.name,
  priorityClass.value ?? 0,
  priorityClass.globalDefault ?? false,
  ageOf(priorityClass, nowMs),
  priorityClass.preemptionPolicy ?? '',
]

export const roleBindingCells: Cells<RoleBinding | ClusterRoleBinding> = (binding, nowMs) => {
  const subjects = binding.subjects ?? []
  const names = (kind: string) => subjects.filter((subject) => subject.kind === kind)
  return [
    binding.metadata.name,
    `${binding.roleRef.kind}/${binding.roleRef.name}`,
    ageOf(binding, nowMs),
    names('User')
      .map(({ name }) => name)
      .join(', '),
    names('Group')
      .map(({ name }) => name)
      .join(', '),
    names('ServiceAccount')
      .map(({ namespace, name }) => `${namespace ?? ''}/${name}`)
      .join(', '),
  ]
}

export const runtimeClassCells: Cells<RuntimeClass> = (runtimeClass, nowMs) => [
  runtimeClass.metadata.name,
  runtimeClass.handler,
  ageOf(runtimeClass, nowMs),
]

export const csiDriverCells: Cells<CSIDriver> = (driver, nowMs) => {
  const { spec } = driver
  return [
    driver.metadata.name,
    spec.attachRequired ?? true,
    spec.podInfoOnMount ?? false,
    spec.storageCapacity ?? false,
    spec.tokenRequests === undefined ? '<unset>' : spec.tokenRequests.map(({ audience }) => audience).join(','),
    spec.requiresRepublish ?? false,
    (spec.volumeLifecycleModes ?? []).join(',') || '<none>',
    ageOf(driver, nowMs),
  ]
}

export const csiNodeCells: Cells<CSINode> = (node, nowMs) => [
  node.metadata.name,
  node.spec.drivers?.length ?? 0,
  ageOf(node, nowMs),
]

const isDefaultClass = (annotations: Readonly<Record<string, string>> | undefined, keys: readonly string[]) =>
  keys.some((key) => annotations?.[key] === 'true')

export const storageClassCells: Cells<StorageClass> = (storageClass, nowMs) => {
  const { name, annotations } = storageClass.metadata
  const keys = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']
  return [
    isDefaultClass(annotations, keys) ? `${name} (default)` : name,
    storageClass.provisioner,
    storageClass.reclaimPolicy ?? 'Delete',
    storageClass.volumeBindingMode ?? 'Immediate',
    storageClass.allowVolumeExpansion ?? false,
    ageOf(storageClass, nowMs),
  ]
}

export const volumeAttributesClassCells: Cells<VolumeAttributesClass> = (attributesClass, nowMs) => {
  const { name, annotations } = attributesClass.metadata
  const isDefault = isDefaultClass(annotations, ['volumeattributesclass.kubernetes.io/is-default-class'])
  return [isDefault ? `${name} (default)` : name, attributesClass.driverName, ageOf(attributesClass, nowMs)]
}

export const volumeAttachmentCells: Cells<VolumeAttachment> = (attachment, nowMs) => [
  attachment.metadata.name,
  attachment.spec.attacher,
  attachment.spec.source.persistentVolumeName ?? '',
  attachment.spec.nodeName,
  attachment.status?.attached ?? false,
  ageOf(attachment, nowMs),
]

export const deviceCells: Cells<DeviceClass | ResourceClaimTemplate> = (object, nowMs) => [
  object.metadata.name,
  ageOf(object, nowMs),
]

export const resourceClaimCells: Cells<ResourceClaim> = (claim, nowMs) => {
  const deleted = claim.metadata.deletionTimestamp !== undefined
  const states = deleted ? ['deleted'] : []
  if (claim.status?.allocation === undefined) {
    if (!deleted) states.push('pending')
  } else {
    states.push('allocated')
    if ((claim.status.reservedFor ?? []).length > 0) states.push('reserved')
  }
  return [claim.metadata.name, states.join(','), ageOf(claim, nowMs)]
}

export const resourceSliceCells: Cells<ResourceSlice> = (slice, nowMs) => [
  slice.metadata.name,
  slice.spec.nodeName ?? '',
  slice.spec.driver,
  slice.spec.pool.name,
  ageOf(slice, nowMs),
]
