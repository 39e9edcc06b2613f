import {
  compareQuantities,
  copyOf,
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  parseQuantity,
  required,
  sameJson,
} from '../../machinery/index.ts'
import { isOn } from '../gates/judged-by.ts'
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec } from '../generated/types.ts'
import { goForm, innerDiff } from '../validation/go-form.ts'
import { complaints, immutable } from '../validation/object-meta.ts'
import { claimSpecErrors } from './claims.ts'
import { nodeSelectorErrors } from './pod/affinity.ts'
import { persistentSourceChecks } from './volume-sources.ts'

export function persistentVolumeClaimErrors({ spec }: PersistentVolumeClaim): readonly FieldError[] {
  return claimSpecErrors(spec ?? {}, 'spec')
}

const claimSpec = 'io.k8s.api.core.v1.PersistentVolumeClaimSpec'

export function persistentVolumeClaimUpdateErrors(
  next: PersistentVolumeClaim,
  previous: PersistentVolumeClaim,
): readonly FieldError[] {
  const errors = [...persistentVolumeClaimErrors(next)]
  const [spec, before] = [next.spec ?? {}, previous.spec ?? {}]
  const comparable: Record<string, unknown> = copyOf(spec, { ...spec })
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
    const shown = innerDiff(claimSpec, before, comparable)
    errors.push(forbiddenField('spec', `${why}\n${shown}`))
  }
  const wanted = parseQuantity(size ?? '0')
  // Kubernetes: a claim may shrink again as long as nothing of its growth was done.
  const isSmaller = compareQuantities(wanted, parseQuantity(oldSize ?? '0')) < 0
  const done = parseQuantity(previous.status?.capacity?.['storage'] ?? '0')
  if (isSmaller && compareQuantities(wanted, done) <= 0)
    errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  return [...errors, ...immutable('volumeMode', spec.volumeMode, before.volumeMode)]
}

const volumeSources = Object.keys(persistentSourceChecks) as (keyof PersistentVolumeSpec)[]

const inlineText = 'may not be specified in the context of inline volumes'

/** What an attachment may not say of a volume that is no object of its own. */
function inlineErrors(spec: PersistentVolumeSpec, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  if (spec.claimRef !== undefined) errors.push(forbiddenField(`${field}.claimRef`, inlineText))
  if (Object.keys(spec.capacity ?? {}).length > 0) errors.push(forbiddenField(`${field}.capacity`, inlineText))
  if (spec.csi === undefined)
    errors.push(required(`${field}.csi`, 'has to be specified in the context of inline volumes'))
  const policy = spec.persistentVolumeReclaimPolicy ?? ''
  if (policy !== '' && policy !== 'Retain') {
    const why = 'may only be Retain in the context of inline volumes'
    errors.push(forbiddenField(`${field}.persistentVolumeReclaimPolicy`, why))
  }
  if (spec.nodeAffinity !== undefined) errors.push(forbiddenField(`${field}.nodeAffinity`, inlineText))
  if ((spec.storageClassName ?? '') !== '') errors.push(forbiddenField(`${field}.storageClassName`, inlineText))
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem') {
    const why = 'may not specify volumeMode other than Filesystem in the context of inline volumes'
    errors.push(forbiddenField(`${field}.volumeMode`, why))
  }
  return errors
}

function capacityErrors(capacity: Readonly<Record<string, string>>, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  if (Object.keys(capacity).length === 0) errors.push(required(field))
  if (capacity['storage'] === undefined || Object.keys(capacity).length > 1)
    errors.push(notSupported(field, Object.keys(capacity).length === 0 ? null : capacity, ['storage']))
  for (const [name, amount] of Object.entries(capacity)) {
    const { nanos } = parseQuantity(amount)
    const at = `${field}[${name}]`
    const whole = Number(nanos / 1_000_000_000n)
    if (nanos < 0n) errors.push(invalid(at, whole, 'must be a valid resource quantity'))
    if (nanos <= 0n) errors.push(invalid(at, amount, 'must be greater than zero'))
  }
  return errors
}

/** The one source of a volume, and that there is one. */
function sourceErrors(spec: PersistentVolumeSpec, field: string): readonly FieldError[] {
  const given = volumeSources.filter((name) => spec[name] !== undefined)
  const [first, ...more] = given
  if (first === undefined) return [required(field, 'must specify a volume type')]
  const check = persistentSourceChecks[first] as ((source: unknown, at: string) => readonly FieldError[]) | undefined
  const errors = [...(check?.(spec[first], `${field}.${first}`) ?? [])]
  if (first === 'local' && spec.nodeAffinity === undefined)
    errors.push(required(`${field}.nodeAffinity`, 'Local volume requires node affinity'))
  for (const name of more) {
    const at = `${field}.${name === 'cephfs' ? 'cephFS' : name}`
    errors.push(forbiddenField(at, 'may not specify more than 1 volume type'))
  }
  return errors
}

/** What is wrong with what a volume is; `inline` when it is said within an attachment. */
export function persistentVolumeSpecErrors(
  spec: PersistentVolumeSpec,
  field: string,
  inline: boolean,
): readonly FieldError[] {
  const errors: FieldError[] = inline ? [...inlineErrors(spec, field)] : []
  const modes = spec.accessModes ?? []
  if (modes.length === 0) errors.push(required(`${field}.accessModes`))
  if (modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod'))
    errors.push(forbiddenField(`${field}.accessModes`, 'may not use ReadWriteOncePod with other access modes'))
  if (!inline) errors.push(...capacityErrors(spec.capacity ?? {}, `${field}.capacity`))
  const { nodeAffinity } = spec
  if (!inline && nodeAffinity !== undefined) {
    const at = `${field}.nodeAffinity.required`
    if (nodeAffinity.required === undefined) errors.push(required(at, 'must specify required node constraints'))
    else errors.push(...nodeSelectorErrors(nodeAffinity.required, at))
  }
  errors.push(...sourceErrors(spec, field))
  const isRoot = /^\/+(?:\.?\/*)*$/.test(spec.hostPath?.path ?? '')
  if (isRoot && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    const why = "may not be 'recycle' for a hostPath mount of '/'"
    errors.push(forbiddenField(`${field}.persistentVolumeReclaimPolicy`, why))
  }
  const storageClass = inline ? '' : (spec.storageClassName ?? '')
  if (storageClass !== '')
    errors.push(...complaints(`${field}.storageClassName`, storageClass, dns1123SubdomainErrors(storageClass)))
  const attributes = spec.volumeAttributesClassName
  if (attributes === undefined) return errors
  const at = `${field}.volumeAttributesClassName`
  if (attributes === '') errors.push(required(at, 'an empty string is disallowed'))
  else errors.push(...complaints(at, attributes, dns1123SubdomainErrors(attributes)))
  if (spec.csi === undefined)
    errors.push(required(`${field}.csi`, 'has to be specified when using volumeAttributesClassName'))
  return errors
}

export function persistentVolumeErrors({ spec }: PersistentVolume): readonly FieldError[] {
  return persistentVolumeSpecErrors(spec ?? {}, 'spec', false)
}
/** Names of labels that became names without `beta`. */
const newLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}
function withoutOldLabels(affinity: NonNullable<PersistentVolume['spec']>['nodeAffinity']): unknown {
  return affinity?.required?.nodeSelectorTerms?.map((term) => ({
    ...term,
    matchExpressions: term.matchExpressions?.map((one) => ({ ...one, key: newLabels[one.key] ?? one.key })),
  }))
}

export function persistentVolumeUpdateErrors(
  next: PersistentVolume,
  previous: PersistentVolume,
): readonly FieldError[] {
  const errors = [...persistentVolumeErrors(next)]
  const source = (volume: PersistentVolume) => volumeSources.map((name) => volume.spec?.[name] ?? null)
  if (!sameJson(source(next), source(previous))) {
    const why = 'spec.persistentvolumesource is immutable after creation'
    const shown = innerDiff('io.k8s.api.core.v1.PersistentVolumeSource', previous.spec, next.spec)
    errors.push(forbiddenField('spec.persistentvolumesource', `${why}\n${shown}`))
  }
  const affinity = previous.spec?.nodeAffinity
  const affinityErrors =
    isOn('MutablePVNodeAffinity') ||
    affinity === undefined ||
    sameJson(withoutOldLabels(affinity), withoutOldLabels(next.spec?.nodeAffinity))
      ? []
      : [
          invalid(
            'nodeAffinity',
            goForm('io.k8s.api.core.v1.VolumeNodeAffinity', next.spec?.nodeAffinity),
            'field is immutable, except for updating from beta label to GA',
          ),
        ]
  const { volumeAttributesClassName: attributes } = previous.spec ?? {}
  if (attributes !== undefined && next.spec?.volumeAttributesClassName === undefined)
    errors.push(forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'))
  return [...errors, ...immutable('volumeMode', next.spec?.volumeMode, previous.spec?.volumeMode), ...affinityErrors]
}
