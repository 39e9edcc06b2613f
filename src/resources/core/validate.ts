import {
  compareQuantities,
  configKeyErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  ipErrors,
  labelSelectorErrors,
  labelValueErrors,
  notSupported,
  parseCidr,
  parseQuantity,
  portNumberErrors,
  qualifiedNameErrors,
  required,
  sameJson,
  tooLong,
} from '../../machinery/index.ts'
import type {
  ConfigMap,
  EndpointPort,
  Endpoints,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
} from '../generated/types.ts'
import { complaints, immutable, nonNegative } from '../validation/object-meta.ts'
import { lastingTemplateErrors, templateMatchErrors } from '../validation/workload.ts'
import { nodeSelectorErrors } from './pod/affinity.ts'
import { resourceAmountErrors } from './pod/resources.ts'
import { podTemplateErrors } from './pod/validate.ts'
import { isQuotaResource, isStandardResource, mayOvercommit } from './resource-names.ts'

/** All values of a ConfigMap or a Secret together may not be longer than this. */
const contentBytesMax = 1024 * 1024
const byteCount = (text: string) => new TextEncoder().encode(text).length
/** The bytes that base64 text stands for. */
const decodedCount = (text: string) => Math.floor((text.replace(/=+$/, '').length * 3) / 4)

export function configMapErrors({ data = {}, binaryData = {} }: ConfigMap): readonly FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(data)) {
    errors.push(...complaints(`data[${key}]`, key, configKeyErrors(key)))
    if (binaryData[key] !== undefined)
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
    bytes += byteCount(value)
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...complaints(`binaryData[${key}]`, key, configKeyErrors(key)))
    bytes += decodedCount(value)
  }
  return bytes > contentBytesMax ? [...errors, tooLong('', contentBytesMax)] : errors
}

const whenImmutable = 'field is immutable when `immutable` is set'

export function configMapUpdateErrors(next: ConfigMap, previous: ConfigMap): readonly FieldError[] {
  const errors: FieldError[] = []
  if (previous.immutable === true) {
    if (next.immutable !== true) errors.push(forbiddenField('immutable', whenImmutable))
    for (const key of ['data', 'binaryData'] as const) {
      if (!sameJson(next[key] ?? {}, previous[key] ?? {})) errors.push(forbiddenField(key, whenImmutable))
    }
  }
  return [...errors, ...configMapErrors(next)]
}

/** The keys that a Secret of each type must have. */
const secretKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}
const accountAnnotation = 'kubernetes.io/service-account.name'

export function secretErrors(secret: Secret): readonly FieldError[] {
  const { data = {}, type = '', metadata } = secret
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(data)) {
    errors.push(...complaints(`data[${key}]`, key, configKeyErrors(key)))
    bytes += decodedCount(value)
  }
  if (bytes > contentBytesMax) errors.push(tooLong('data', contentBytesMax))
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.[accountAnnotation])
    errors.push(required(`metadata.annotations[${accountAnnotation}]`))
  if (type === 'kubernetes.io/basic-auth' && data['username'] === undefined && data['password'] === undefined)
    errors.push(required('data[username]'), required('data[password]'))
  for (const key of secretKeys[type] ?? []) {
    const value = data[key]
    if (value === undefined) errors.push(required(`data[${key}]`))
    else if (key.startsWith('.docker') && !isJson(value))
      errors.push(invalid(`data[${key}]`, '<secret contents redacted>', 'invalid character in JSON'))
  }
  return errors
}

function isJson(base64: string): boolean {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    JSON.parse(new TextDecoder().decode(bytes))
    return true
  } catch {
    return false
  }
}

export function secretUpdateErrors(next: Secret, previous: Secret): readonly FieldError[] {
  const errors = [...immutable('type', next.type, previous.type)]
  if (previous.immutable === true) {
    if (next.immutable !== true) errors.push(forbiddenField('immutable', whenImmutable))
    if (!sameJson(next.data ?? {}, previous.data ?? {})) errors.push(forbiddenField('data', whenImmutable))
  }
  return [...errors, ...secretErrors(next)]
}

export function namespaceErrors({ spec }: Namespace): readonly FieldError[] {
  return (spec?.finalizers ?? []).flatMap((name) => {
    const at = 'spec.finalizers'
    const found = complaints(at, name, qualifiedNameErrors(name))
    if (found.length > 0 || name.includes('/') || ['kubernetes', 'orphan', 'foregroundDeletion'].includes(name))
      return found
    return [invalid(at, name, 'name is neither a standard finalizer name nor is it fully qualified')]
  })
}
export function namespaceStatusErrors({ metadata, status }: Namespace): readonly FieldError[] {
  const terminating = status?.phase === 'Terminating'
  if (metadata.deletionTimestamp === undefined)
    return terminating
      ? [invalid('status.Phase', status?.phase, "may only be 'Active' if `deletionTimestamp` is empty")]
      : []
  return terminating
    ? []
    : [invalid('status.Phase', status?.phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")]
}

function taintErrors(node: Node): readonly FieldError[] {
  const seen = new Set<string>()
  return (node.spec?.taints ?? []).flatMap((taint, index) => {
    // Kubernetes: taints are complained about below metadata.
    const at = `metadata.taints[${index}]`
    const errors: FieldError[] = [...complaints(`${at}.key`, taint.key, qualifiedNameErrors(taint.key ?? ''))]
    const value = labelValueErrors(taint.value ?? '')
    if (value.length > 0) errors.push(invalid(`${at}.value`, taint.value, value.join(';')))
    if (!taint.effect) errors.push(required(`${at}.effect`))
    const pair = `${taint.effect}/${taint.key}`
    if (seen.has(pair)) {
      const message = `${duplicate(at, taint).message}: taints must be unique by key and effect pair`
      errors.push({ ...duplicate(at, taint), message })
    }
    seen.add(pair)
    return errors
  })
}

function podCidrErrors(node: Node): readonly FieldError[] {
  const cidrs = node.spec?.podCIDRs ?? []
  const why = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
  const errors = cidrs.flatMap((cidr, index) =>
    parseCidr(cidr) === undefined ? [invalid(`spec.podCIDRs[${index}]`, cidr, why)] : [],
  )
  const families = cidrs.map((cidr) => parseCidr(cidr)?.address.family)
  if (new Set(families).size < cidrs.length)
    errors.push(invalid('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family'))
  return errors
}

function nodeAmountErrors(node: Node): readonly FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries(node.status?.[list] ?? {}).flatMap(([name, amount]) =>
      resourceAmountErrors(name, amount, `status.${list}.${name}`),
    ),
  )
}

export function nodeErrors(node: Node): readonly FieldError[] {
  return [...taintErrors(node), ...nodeAmountErrors(node), ...podCidrErrors(node)]
}
export function nodeUpdateErrors(next: Node, previous: Node): readonly FieldError[] {
  const errors = [...nodeAmountErrors(next)]
  const [cidrs, before] = [next.spec?.podCIDRs ?? [], previous.spec?.podCIDRs ?? []]
  if (before.length > 0 && !sameJson(cidrs, before))
    errors.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  const provider = previous.spec?.providerID ?? ''
  if (provider !== '' && provider !== next.spec?.providerID)
    errors.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'))
  return [...errors, ...taintErrors(next), ...podCidrErrors(next)]
}

function claimSpecErrors(spec: PersistentVolumeClaimSpec, field: string): readonly FieldError[] {
  const modes = spec.accessModes ?? []
  const errors: FieldError[] = []
  if (modes.length === 0) errors.push(required(`${field}.accessModes`, 'at least 1 access mode is required'))
  errors.push(...labelSelectorErrors(spec.selector, `${field}.selector`))
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    const why = 'may not use ReadWriteOncePod with other access modes'
    errors.push(forbiddenField(`${field}.accessModes`, why))
  }
  const storage = spec.resources?.requests?.['storage']
  const at = `${field}.resources[storage]`
  if (storage === undefined) errors.push(required(at))
  else if (parseQuantity(storage).nanos <= 0n) errors.push(invalid(at, storage, 'must be greater than zero'))
  else errors.push(...resourceAmountErrors('storage', storage, at))
  const storageClass = spec.storageClassName ?? ''
  if (storageClass !== '')
    errors.push(...complaints(`${field}.storageClassName`, storageClass, dns1123SubdomainErrors(storageClass)))
  for (const name of ['dataSource', 'dataSourceRef'] as const) {
    const source = spec[name]
    if (source === undefined) continue
    if (source.name === '') errors.push(required(`${field}.${name}.name`))
    if (source.kind === '') errors.push(required(`${field}.${name}.kind`))
    if ((source.apiGroup ?? '') === '' && source.kind !== 'PersistentVolumeClaim') {
      const why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
      errors.push(invalid(`${field}.${name}`, source.kind, why))
    }
  }
  return errors
}

export function persistentVolumeClaimErrors({ spec }: PersistentVolumeClaim): readonly FieldError[] {
  return spec === undefined ? [required('spec')] : claimSpecErrors(spec, 'spec')
}

export function persistentVolumeClaimUpdateErrors(
  next: PersistentVolumeClaim,
  previous: PersistentVolumeClaim,
): readonly FieldError[] {
  const errors = [...persistentVolumeClaimErrors(next)]
  const [spec, before] = [next.spec ?? {}, previous.spec ?? {}]
  const comparable: Record<string, unknown> = { ...spec }
  if ((before.volumeName ?? '') === '') comparable['volumeName'] = before.volumeName
  if (before.storageClassName === undefined) comparable['storageClassName'] = before.storageClassName
  comparable['volumeAttributesClassName'] = before.volumeAttributesClassName
  const size = spec.resources?.requests?.['storage']
  const oldSize = before.resources?.requests?.['storage']
  if (previous.status?.phase === 'Bound' && size !== undefined)
    comparable['resources'] = { ...spec.resources, requests: { ...spec.resources?.requests, storage: oldSize } }
  if (!sameJson(comparable, before)) {
    const why =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
    errors.push(forbiddenField('spec', why))
    return errors
  }
  if (
    size !== undefined &&
    oldSize !== undefined &&
    compareQuantities(parseQuantity(size), parseQuantity(oldSize)) < 0
  ) {
    const capacity = previous.status?.capacity?.['storage']
    if (capacity !== undefined && compareQuantities(parseQuantity(size), parseQuantity(capacity)) <= 0)
      errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  }
  return errors
}

const volumeSources = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const

export function persistentVolumeErrors({ spec }: PersistentVolume): readonly FieldError[] {
  if (spec === undefined) return [required('spec')]
  const errors: FieldError[] = []
  const modes = spec.accessModes ?? []
  if (modes.length === 0) errors.push(required('spec.accessModes'))
  if (modes.includes('ReadWriteOncePod') && modes.length > 1)
    errors.push(forbiddenField('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'))
  const capacity = spec.capacity ?? {}
  if (Object.keys(capacity).length === 0) errors.push(required('spec.capacity'))
  else if (capacity['storage'] === undefined || Object.keys(capacity).length > 1)
    errors.push(notSupported('spec.capacity', capacity, ['storage']))
  for (const [name, amount] of Object.entries(capacity)) {
    const at = `spec.capacity[${name}]`
    if (parseQuantity(amount).nanos <= 0n) errors.push(invalid(at, amount, 'must be greater than zero'))
  }
  const given = volumeSources.filter((name) => spec[name] !== undefined)
  if (given.length === 0) errors.push(required('spec', 'must specify a volume type'))
  for (const name of given.slice(1))
    errors.push(forbiddenField(`spec.${name}`, 'may not specify more than 1 volume type'))
  if (spec.hostPath !== undefined) {
    const path = spec.hostPath.path ?? ''
    if (path === '') errors.push(required('spec.hostPath.path'))
    else if (path.split('/').includes('..')) errors.push(invalid('spec.hostPath.path', path, "must not contain '..'"))
    if (spec.persistentVolumeReclaimPolicy === 'Recycle' && path.replace(/\/+$/, '') === '')
      errors.push(
        forbiddenField('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"),
      )
  }
  const needed = spec.nodeAffinity?.required
  if (needed !== undefined) errors.push(...nodeSelectorErrors(needed, 'spec.nodeAffinity.required'))
  if (spec.local !== undefined && needed === undefined)
    errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'))
  const storageClass = spec.storageClassName ?? ''
  if (storageClass !== '')
    errors.push(...complaints('spec.storageClassName', storageClass, dns1123SubdomainErrors(storageClass)))
  return errors
}
export function persistentVolumeUpdateErrors(
  next: PersistentVolume,
  previous: PersistentVolume,
): readonly FieldError[] {
  const errors = [...persistentVolumeErrors(next)]
  const source = (volume: PersistentVolume) => volumeSources.map((name) => volume.spec?.[name] ?? null)
  if (!sameJson(source(next), source(previous))) {
    const why = 'spec.persistentvolumesource is immutable after creation'
    errors.push(forbiddenField('spec.persistentvolumesource', why))
  }
  return [...errors, ...immutable('volumeMode', next.spec?.volumeMode, previous.spec?.volumeMode)]
}

export function replicationControllerErrors({ spec }: ReplicationController): readonly FieldError[] {
  if (spec === undefined) return [required('spec')]
  const { selector = {}, template } = spec
  return [
    ...(Object.keys(selector).length === 0 ? [required('spec.selector')] : []),
    ...templateMatchErrors({ matchLabels: selector }, template, 'spec.template'),
    ...lastingTemplateErrors(template, 'spec.template', 'ReplicationController'),
  ]
}

export function podTemplateObjectErrors({ template }: PodTemplate): readonly FieldError[] {
  return podTemplateErrors(template, 'template')
}

function endpointPortErrors(port: EndpointPort, field: string, needsName: boolean): readonly FieldError[] {
  const name = port.name ?? ''
  const named =
    name === ''
      ? needsName
        ? [required(`${field}.name`)]
        : []
      : complaints(`${field}.name`, name, dns1123LabelErrors(name))
  return [...named, ...complaints(`${field}.port`, port.port ?? 0, portNumberErrors(port.port ?? 0))]
}

export function endpointsErrors({ subsets }: Endpoints): readonly FieldError[] {
  return (subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const at = `subsets[${index}]`
    const errors: FieldError[] = []
    if (addresses.length + notReadyAddresses.length === 0)
      errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'))
    for (const [name, list] of [
      ['addresses', addresses],
      ['notReadyAddresses', notReadyAddresses],
    ] as const)
      for (const [n, { ip }] of list.entries()) errors.push(...complaints(`${at}.${name}[${n}].ip`, ip, ipErrors(ip)))
    return [...errors, ...ports.flatMap((port, n) => endpointPortErrors(port, `${at}.ports[${n}]`, ports.length > 1))]
  })
}

function quotaNameErrors(name: string, field: string): readonly FieldError[] {
  const found = complaints(field, name, qualifiedNameErrors(name))
  if (found.length > 0 || name.includes('/')) return found
  const errors: FieldError[] = []
  if (!isStandardResource(name))
    errors.push(invalid(field, name, 'must be a standard resource type or fully qualified'))
  if (!isQuotaResource(name)) errors.push(invalid(field, name, 'must be a standard resource for quota'))
  return errors
}

export function resourceQuotaErrors({ spec }: ResourceQuota): readonly FieldError[] {
  return Object.entries(spec?.hard ?? {}).flatMap(([name, amount]) => {
    const at = `spec.hard[${name}]`
    return [...quotaNameErrors(name, at), ...resourceAmountErrors(name, amount, at)]
  })
}
export function resourceQuotaUpdateErrors(next: ResourceQuota, previous: ResourceQuota): readonly FieldError[] {
  const sorted = (quota: ResourceQuota) => [...(quota.spec?.scopes ?? [])].sort()
  const errors = resourceQuotaErrors(next)
  return sameJson(sorted(next), sorted(previous))
    ? errors
    : [...errors, invalid('spec.scopes', next.spec?.scopes ?? null, 'field is immutable')]
}
export function resourceQuotaStatusErrors({ status }: ResourceQuota): readonly FieldError[] {
  return (['hard', 'used'] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, amount]) =>
      nonNegative(`status.${list}[${name}]`, parseQuantity(amount).nanos < 0n ? -1 : 0),
    ),
  )
}

export function limitRangeErrors({ spec }: LimitRange): readonly FieldError[] {
  const types = new Set<string>()
  return (spec?.limits ?? []).flatMap((limit, index) => {
    const at = `spec.limits[${index}]`
    const errors: FieldError[] = []
    if (types.has(limit.type)) errors.push(duplicate(`${at}.type`, limit.type))
    types.add(limit.type)
    if (limit.type === 'Pod') {
      for (const name of ['default', 'defaultRequest'] as const)
        if (Object.keys(limit[name] ?? {}).length > 0)
          errors.push(forbiddenField(`${at}.${name}`, "may not be specified when `type` is 'Pod'"))
    }
    const names = new Set(
      (['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const).flatMap((list) =>
        Object.keys(limit[list] ?? {}),
      ),
    )
    for (const name of names) errors.push(...limitErrors(limit, name, at))
    return errors
  })
}

type Limit = NonNullable<LimitRange['spec']>['limits'][number]

function limitErrors(limit: Limit, name: string, at: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const [min, max, standard, request] = [limit.min, limit.max, limit.default, limit.defaultRequest].map(
    (list) => list?.[name],
  )
  const above = (left: string | undefined, right: string | undefined) =>
    left !== undefined && right !== undefined && compareQuantities(parseQuantity(left), parseQuantity(right)) > 0
  const refuse = (list: string, value: string | undefined, why: string) =>
    errors.push(invalid(`${at}.${list}[${name}]`, value, why))
  if (above(min, max)) refuse('min', min, `min value ${min} is greater than max value ${max}`)
  if (above(min, request))
    refuse('defaultRequest', request, `min value ${min} is greater than default request value ${request}`)
  if (above(request, max))
    refuse('defaultRequest', request, `default request value ${request} is greater than max value ${max}`)
  if (above(request, standard))
    refuse(
      'defaultRequest',
      request,
      `default request value ${request} is greater than default limit value ${standard}`,
    )
  if (above(min, standard)) refuse('default', min, `min value ${min} is greater than default value ${standard}`)
  if (above(standard, max)) refuse('default', max, `default value ${standard} is greater than max value ${max}`)
  const ratio = limit.maxLimitRequestRatio?.[name]
  if (above('1', ratio)) refuse('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`)
  if (
    !mayOvercommit(name) &&
    standard !== undefined &&
    request !== undefined &&
    (above(standard, request) || above(request, standard))
  )
    refuse(
      'defaultRequest',
      request,
      `default value ${standard} must equal to defaultRequest value ${request} in ${name}`,
    )
  return errors
}
