import {
  copyOf,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  labelSelectorErrors,
  notSupported,
  parseQuantity,
  qualifiedNameErrors,
  required,
  sameJson,
  tooLong,
} from '../../machinery/index.ts'
import { persistentVolumeSpecErrors } from '../core/volumes.ts'
import type {
  CSIDriver,
  CSINode,
  CSINodeDriver,
  CSIStorageCapacity,
  StorageClass,
  TopologySelectorTerm,
  VolumeAttachment,
  VolumeAttributesClass,
  VolumeError,
} from '../generated/types.ts'
import { csiDriverNameErrors } from '../validation/csi.ts'
import { immutableStruct } from '../validation/go-form.ts'
import { complaints, immutable, nonNegative } from '../validation/object-meta.ts'

/** How large parameters may be together, and how many there may be. */
const parametersBytesMax = 256 * 1024
const parametersMax = 512
const attachmentBytesMax = 256 * 1024
const errorMessageMax = 1024
const nodeIdMax = 256
const tokenSecondsMin = 600
const updatePeriodMin = 10

const encoder = new TextEncoder()
const bytesOf = (map: Readonly<Record<string, string>>) =>
  Object.entries(map).reduce((sum, pair) => sum + encoder.encode(pair.join('')).length, 0)

function provisionerErrors(name: string, field: string): readonly FieldError[] {
  return name === ''
    ? [required(field)]
    : complaints(field, name.toLowerCase(), qualifiedNameErrors(name.toLowerCase()))
}

function parameterErrors(parameters: Readonly<Record<string, string>>): readonly FieldError[] {
  const names = Object.keys(parameters)
  if (names.length > parametersMax) return [tooLong('parameters', parametersMax)]
  return [
    ...names.flatMap((name) => (name === '' ? [invalid('parameters', name, 'field can not be empty.')] : [])),
    ...(bytesOf(parameters) > parametersBytesMax ? [tooLong('parameters', parametersBytesMax)] : []),
  ]
}

/** The values of each label of a term, for comparing terms. */
function valuesByKey({
  matchLabelExpressions = [],
}: TopologySelectorTerm): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    matchLabelExpressions.map(({ key, values }) => [key ?? '', [...new Set(values ?? [])].sort()]).sort(),
  )
}

function topologyErrors(terms: readonly TopologySelectorTerm[]): readonly FieldError[] {
  return terms.flatMap((term, index) => {
    const at = `allowedTopologies[${index}].matchLabelExpressions`
    const keys = new Set<string>()
    const errors: FieldError[] = (term.matchLabelExpressions ?? []).flatMap(({ key = '', values: listed }, n) => {
      const path = `${at}[${n}]`
      const values = listed ?? []
      const found: FieldError[] = []
      const seen = new Set<string>()
      if (values.length === 0) found.push(required(`${path}.values`))
      for (const [i, value] of values.entries()) {
        if (seen.has(value)) found.push(duplicate(`${path}.values[${i}]`, value))
        seen.add(value)
      }
      found.push(...complaints(`${path}.key`, key, qualifiedNameErrors(key)))
      if (keys.has(key)) found.push(duplicate(`${path}.key`, key))
      keys.add(key)
      return found
    })
    // Kubernetes: a term in which nothing is said counts as told before.
    const own = valuesByKey(term)
    const isEmpty = Object.keys(own).length === 0
    const before = terms.slice(0, index).filter((other) => sameJson(valuesByKey(other), own)).length
    const times = isEmpty ? before + terms.length : before
    return [...errors, ...Array.from({ length: times }, () => duplicate(at, ''))]
  })
}

export function storageClassErrors(storageClass: StorageClass): readonly FieldError[] {
  const { provisioner = '', reclaimPolicy, allowedTopologies = [], parameters = {} } = storageClass
  const policies = ['Delete', 'Retain']
  return [
    ...provisionerErrors(provisioner, 'provisioner'),
    ...parameterErrors(parameters),
    ...((reclaimPolicy ?? '') === '' || policies.includes(reclaimPolicy!)
      ? []
      : [notSupported('reclaimPolicy', reclaimPolicy, policies)]),
    ...topologyErrors(allowedTopologies),
  ]
}
export function storageClassUpdateErrors(next: StorageClass, previous: StorageClass): readonly FieldError[] {
  return [
    ...storageClassErrors(next),
    ...(['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const).flatMap((name) =>
      immutable(name, next[name], previous[name]),
    ),
  ]
}

function volumeErrorErrors(error: VolumeError | undefined, field: string): readonly FieldError[] {
  const { message = '', errorCode } = error ?? {}
  return [
    // Kubernetes: the limit that is told is that of something else.
    ...(message.length > errorMessageMax ? [tooLong(`${field}.message`, attachmentBytesMax)] : []),
    ...(errorCode !== undefined && errorCode < 0
      ? [invalid(`${field}.errorCode`, errorCode, 'must be between 0 and 2147483647, inclusive')]
      : []),
  ]
}

export function attachmentStatusErrors({ status }: VolumeAttachment): readonly FieldError[] {
  const tooLarge = bytesOf(status?.attachmentMetadata ?? {}) > attachmentBytesMax
  return [
    ...(tooLarge ? [tooLong('status.attachmentMetadata', attachmentBytesMax)] : []),
    ...volumeErrorErrors(status?.attachError, 'status.attachError'),
    ...volumeErrorErrors(status?.detachError, 'status.detachError'),
  ]
}

export function volumeAttachmentErrors(attachment: VolumeAttachment): readonly FieldError[] {
  const { attacher, nodeName = '', source } = attachment.spec ?? ({} as VolumeAttachment['spec'])
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source ?? {}
  const field = 'spec.source'
  const oneOf = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  const errors: FieldError[] = [...csiDriverNameErrors(attacher, 'spec.attacher')]
  if (inline === undefined && name === undefined) errors.push(required(field, oneOf))
  else if (inline !== undefined && name !== undefined) errors.push(forbiddenField(field, oneOf))
  else if (name === '')
    errors.push(required(`${field}.persistentVolumeName`, 'must specify non empty persistentVolumeName'))
  else if (inline !== undefined) errors.push(...persistentVolumeSpecErrors(inline, `${field}.inlineVolumeSpec`, true))
  errors.push(...complaints('spec.nodeName', nodeName, dns1123SubdomainErrors(nodeName)))
  errors.push(...attachmentStatusErrors(attachment))
  if (name === undefined) return errors
  return [...errors, ...complaints(`${field}.persistentVolumeName`, name, dns1123SubdomainErrors(name))]
}
export function volumeAttachmentUpdateErrors(
  next: VolumeAttachment,
  previous: VolumeAttachment,
): readonly FieldError[] {
  return [
    ...volumeAttachmentErrors(next),
    ...immutableStruct('io.k8s.api.storage.v1.VolumeAttachmentSpec', 'spec', next.spec, previous.spec),
  ]
}

function nodeDriverErrors(driver: CSINodeDriver, names: Set<string>, at: string): readonly FieldError[] {
  const { name = '', nodeID = '', allocatable, topologyKeys } = driver
  const errors: FieldError[] = [...csiDriverNameErrors(name, `${at}.name`)]
  if (nodeID === '') errors.push(required(`${at}.nodeID`))
  if (nodeID.length > nodeIdMax) errors.push(invalid(`${at}.nodeID`, nodeID, `must be ${nodeIdMax} characters or less`))
  errors.push(...nonNegative(`${at}.allocatable.count`, allocatable?.count))
  if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
  names.add(name)
  const keys = new Set<string>()
  for (const one of topologyKeys ?? []) {
    const key = one ?? ''
    if (key === '') errors.push(required(at))
    if (keys.has(key)) errors.push(duplicate(at, key))
    keys.add(key)
    errors.push(...complaints(at, key, qualifiedNameErrors(key)))
  }
  return errors
}

export function csiNodeErrors({ spec }: CSINode): readonly FieldError[] {
  const names = new Set<string>()
  return (spec?.drivers ?? []).flatMap((driver, index) => nodeDriverErrors(driver, names, `spec.drivers[${index}]`))
}
const nodeDriver = 'io.k8s.api.storage.v1.CSINodeDriver'

export function csiNodeUpdateErrors(next: CSINode, previous: CSINode): readonly FieldError[] {
  // How many volumes a node has room for may change while it runs.
  const fixed = (driver: CSINodeDriver) => {
    const { allocatable: _, ...rest } = driver
    return copyOf(driver, rest)
  }
  const changed = (previous.spec?.drivers ?? []).flatMap((before) =>
    (next.spec?.drivers ?? [])
      .filter(({ name }) => name === before.name)
      .flatMap((driver) => immutableStruct(nodeDriver, 'spec.drivers', fixed(driver), fixed(before))),
  )
  return [...csiNodeErrors(next), ...changed]
}

const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType']

const lifecycleModes = ['Persistent', 'Ephemeral']

export function csiDriverErrors({ spec }: CSIDriver): readonly FieldError[] {
  const {
    tokenRequests = [],
    nodeAllocatableUpdatePeriodSeconds: period,
    serviceAccountTokenInSecrets: inSecrets,
  } = spec ?? {}
  const errors: FieldError[] = []
  const policy: string | undefined = spec?.fsGroupPolicy
  if (policy !== undefined && !groupPolicies.includes(policy))
    errors.push(notSupported('spec.fsGroupPolicy', policy, groupPolicies))
  for (const mode of spec?.volumeLifecycleModes ?? [])
    if (!lifecycleModes.includes(mode))
      errors.push(notSupported('spec.volumeLifecycleModes', mode ?? '', lifecycleModes))
  const audiences = new Set<string>()
  for (const [index, { audience = '', expirationSeconds: seconds }] of tokenRequests.entries()) {
    const at = `spec.tokenRequests[${index}]`
    if (audiences.has(audience)) {
      errors.push(duplicate(`${at}.audience`, audience))
      continue
    }
    audiences.add(audience)
    if (seconds !== undefined && seconds < tokenSecondsMin)
      errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'))
    if (seconds !== undefined && seconds > 2 ** 32)
      errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'))
  }
  if (period !== undefined && period < updatePeriodMin) {
    const why = `must be greater than or equal to ${updatePeriodMin} seconds`
    errors.push(invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, why))
  }
  if (inSecrets !== undefined && tokenRequests.length === 0) {
    const why = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'
    errors.push(invalid('spec.serviceAccountTokenInSecrets', inSecrets, why))
  }
  return errors
}
export function csiDriverUpdateErrors(next: CSIDriver, previous: CSIDriver): readonly FieldError[] {
  return [
    ...csiDriverErrors(next),
    ...immutable('spec.attachedRequired', next.spec?.attachRequired, previous.spec?.attachRequired),
    ...immutable('spec.volumeLifecycleModes', next.spec?.volumeLifecycleModes, previous.spec?.volumeLifecycleModes),
  ]
}

export function csiStorageCapacityErrors(capacity: CSIStorageCapacity): readonly FieldError[] {
  const { nodeTopology, storageClassName = '', capacity: amount } = capacity
  const isNegative = amount !== undefined && parseQuantity(amount).nanos < 0n
  return [
    ...labelSelectorErrors(nodeTopology, 'nodeTopology'),
    ...complaints('storageClassName', storageClassName, dns1123SubdomainErrors(storageClassName)),
    ...(isNegative ? [invalid('capacity', amount, 'must be greater than or equal to 0')] : []),
  ]
}
export function csiStorageCapacityUpdateErrors(
  next: CSIStorageCapacity,
  previous: CSIStorageCapacity,
): readonly FieldError[] {
  return [
    ...csiStorageCapacityErrors(next),
    ...(['nodeTopology', 'storageClassName'] as const).flatMap((name) => immutable(name, next[name], previous[name])),
  ]
}

export function volumeAttributesClassErrors(attributes: VolumeAttributesClass): readonly FieldError[] {
  const { driverName = '', parameters = {} } = attributes
  const isEmpty = Object.keys(parameters).length === 0
  return [
    ...provisionerErrors(driverName, 'driverName'),
    ...parameterErrors(parameters),
    ...(isEmpty ? [required('parameters', 'must contain at least one key/value pair')] : []),
  ]
}
export function volumeAttributesClassUpdateErrors(
  next: VolumeAttributesClass,
  previous: VolumeAttributesClass,
): readonly FieldError[] {
  const changed = (['driverName', 'parameters'] as const).filter(
    (name) => !sameJson(next[name] ?? null, previous[name] ?? null),
  )
  return [
    ...changed.map((name) => forbiddenField(name, `updates to ${name} are forbidden.`)),
    ...volumeAttributesClassErrors(next),
  ]
}
