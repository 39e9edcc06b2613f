import {
  configKeyErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  labelValueErrors,
  notSupported,
  parseCidr,
  portNumberErrors,
  qualifiedNameErrors,
  required,
  sameJson,
  tooLong,
} from '../../machinery/index.ts'
import type {
  ConfigMap,
  EndpointAddress,
  EndpointPort,
  Endpoints,
  Namespace,
  Node,
  PodTemplate,
  ReplicationController,
  Secret,
} from '../generated/types.ts'
import { olderCidrErrors, olderIpErrors } from '../validation/addresses.ts'
import { complaints, immutable, nonNegative } from '../validation/object-meta.ts'
import { lastingTemplateErrors } from '../validation/workload.ts'
import { resourceAmountErrors } from './pod/resources.ts'
import { podTemplateErrors } from './pod/validate.ts'
import { endpointAddressErrors as endpointIpErrors } from './special-addresses.ts'

/** All values of a ConfigMap or a Secret together may not be longer than this. */
const contentBytesMax = 1024 * 1024
const byteCount = (text: string) => new TextEncoder().encode(text).length
/** The bytes that base64 text stands for; none stand for null, which a value may be. */
const decodedCount = (text: string | null) => Math.floor(((text ?? '').replace(/=+$/, '').length * 3) / 4)

export function configMapErrors({ data = {}, binaryData = {} }: ConfigMap): readonly FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(data)) {
    errors.push(...complaints(`data[${key}]`, key, configKeyErrors(key)))
    if (Object.hasOwn(binaryData, key))
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
  return (spec?.finalizers ?? []).flatMap((one) => {
    const name = one ?? ''
    const at = 'spec.finalizers'
    const found = complaints(at, name, qualifiedNameErrors(name))
    if (name.includes('/') || ['kubernetes', 'orphan', 'foregroundDeletion'].includes(name)) return found
    return [...found, invalid(at, name, 'name is neither a standard finalizer name nor is it fully qualified')]
  })
}
export function namespaceStatusErrors({ metadata, status }: Namespace): readonly FieldError[] {
  const phase: string = status?.phase ?? 'Active'
  const [expected, state] =
    metadata.deletionTimestamp === undefined ? ['Active', 'empty'] : ['Terminating', 'not empty']
  if (phase === expected) return []
  return [invalid('status.Phase', phase, `may only be '${expected}' if \`deletionTimestamp\` is ${state}`)]
}

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function taintErrors(node: Node): readonly FieldError[] {
  const seen = new Set<string>()
  return (node.spec?.taints ?? []).flatMap((taint, index) => {
    // Kubernetes: taints are complained about below metadata.
    const at = `metadata.taints[${index}]`
    const errors: FieldError[] = [...complaints(`${at}.key`, taint.key, qualifiedNameErrors(taint.key ?? ''))]
    const value = labelValueErrors(taint.value ?? '')
    if (value.length > 0) errors.push(invalid(`${at}.value`, taint.value, value.join(';')))
    if (!taint.effect) errors.push(required(`${at}.effect`))
    else if (!taintEffects.includes(taint.effect)) errors.push(notSupported(`${at}.effect`, taint.effect, taintEffects))
    const pair = `${taint.effect}/${taint.key}`
    if (seen.has(pair)) {
      const shown = {
        Key: taint.key,
        Value: taint.value ?? '',
        Effect: taint.effect,
        TimeAdded: taint.timeAdded ?? null,
      }
      const message = `${duplicate(at, shown).message}: taints must be unique by key and effect pair`
      errors.push({ ...duplicate(at, taint), message })
    }
    seen.add(pair)
    return errors
  })
}

function podCidrErrors(node: Node): readonly FieldError[] {
  const cidrs = node.spec?.podCIDRs ?? []
  const errors = cidrs.flatMap((cidr, index) => olderCidrErrors(`spec.podCIDRs[${index}]`, cidr))
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
  const addresses = new Set<string>()
  for (const [index, { type, address }] of (next.status?.addresses ?? []).entries()) {
    const pair = `${type}/${address}`
    if (addresses.has(pair)) errors.push(duplicate(`status.addresses[${index}]`, { Type: type, Address: address }))
    addresses.add(pair)
  }
  return [...errors, ...taintErrors(next), ...podCidrErrors(next)]
}

/** Kubernetes: the selector itself may be of any form. */
function unselectedErrors(selector: Labels, labels: Labels | undefined): readonly FieldError[] {
  const isSelected = Object.entries(selector).every(([name, value]) => labels?.[name] === value)
  if (isSelected) return []
  const why = '`selector` does not match template `labels`'
  return [invalid('spec.template.metadata.labels', labels ?? null, why)]
}
type Labels = Readonly<Record<string, string>>

export function replicationControllerErrors({ spec }: ReplicationController): readonly FieldError[] {
  if (spec === undefined) return [required('spec')]
  const { selector = {}, template } = spec
  return [
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.replicas', spec.replicas),
    ...(Object.keys(selector).length === 0 ? [required('spec.selector')] : []),
    ...(template === undefined ? [] : unselectedErrors(selector, template.metadata?.labels)),
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

function endpointAddressErrors(address: EndpointAddress, field: string): readonly FieldError[] {
  const { ip = '', hostname = '', nodeName } = address
  return [
    ...olderIpErrors(`${field}.ip`, ip),
    ...endpointIpErrors(ip, `${field}.ip`),
    ...(hostname === '' ? [] : complaints(`${field}.hostname`, hostname, dns1123LabelErrors(hostname))),
    ...(nodeName === undefined ? [] : complaints(`${field}.nodeName`, nodeName, dns1123SubdomainErrors(nodeName))),
  ]
}

/** Addresses that the object had before, the very same, are not looked at again. */
export function endpointsErrors({ subsets }: Endpoints, previous?: Endpoints): readonly FieldError[] {
  const known = new Set(
    (previous?.subsets ?? []).flatMap((one) => [one.addresses ?? [], one.notReadyAddresses ?? []]).flat(),
  )
  return (subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const at = `subsets[${index}]`
    const errors: FieldError[] = []
    if (addresses.length + notReadyAddresses.length === 0)
      errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'))
    for (const [name, list] of [
      ['addresses', addresses],
      ['notReadyAddresses', notReadyAddresses],
    ] as const)
      for (const [n, address] of list.entries())
        if (!known.has(address)) errors.push(...endpointAddressErrors(address, `${at}.${name}[${n}]`))
    return [...errors, ...ports.flatMap((port, n) => endpointPortErrors(port, `${at}.ports[${n}]`, ports.length > 1))]
  })
}
