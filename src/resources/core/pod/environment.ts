import {
  canonicalQuantity,
  configKeyErrors,
  dns1123SubdomainErrors,
  environmentNameErrors,
  type FieldError,
  invalid,
  notSupported,
  ofGeneratedName,
  qualifiedNameErrors,
  required,
} from '../../../machinery/index.ts'
import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../generated/types.ts'
import { complaints } from '../../validation/object-meta.ts'

const environmentFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
/** Fields that downward API volumes may show. */
export const volumeFields: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]
/** Every field that some downward API may show, by the names of v1. */
const knownFields = new Set([...environmentFields, ...volumeFields, 'spec.restartPolicy', 'status.phase'])
const resourceFields = ['limits', 'requests'].flatMap((list) =>
  ['cpu', 'ephemeral-storage', 'memory'].map((name) => `${list}.${name}`),
)
const sizes = ['1', ...['k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((unit) => `1${unit}`)]

/** What is wrong with a reference to a field of the pod itself. */
export function fieldReferenceErrors(
  reference: ObjectFieldSelector,
  allowed: readonly string[],
  field: string,
): readonly FieldError[] {
  if ((reference.apiVersion ?? '') === '') return [required(`${field}.apiVersion`)]
  const path = reference.fieldPath ?? ''
  if (path === '') return [required(`${field}.fieldPath`)]
  const subscripted = /^(.*)\['(.*)'\]$/.exec(path)
  const plain = subscripted?.[1] ?? path
  const isMap = plain === 'metadata.annotations' || plain === 'metadata.labels'
  if (reference.apiVersion !== 'v1')
    return [
      invalid(
        `${field}.fieldPath`,
        path,
        `error converting fieldPath: unsupported pod version: ${reference.apiVersion}`,
      ),
    ]
  if (!knownFields.has(plain) || (subscripted !== null && !isMap)) {
    const why =
      subscripted !== null
        ? `error converting fieldPath: field label does not support subscript: ${path}`
        : `error converting fieldPath: field label not supported: ${path}`
    return [invalid(`${field}.fieldPath`, path, why)]
  }
  if (subscripted !== null) {
    const key = plain === 'metadata.annotations' ? subscripted[2]!.toLowerCase() : subscripted[2]!
    return complaints(field, key, qualifiedNameErrors(key))
  }
  return allowed.includes(path) ? [] : [notSupported(`${field}.fieldPath`, path, allowed)]
}

function divisorErrors(resource: string, divisor: string | undefined, field: string): readonly FieldError[] {
  const text = divisor === undefined ? '0' : canonicalQuantity(divisor)
  if (text === '0') return []
  const refuse = (what: string, list: string) => [
    invalid(`${field}.divisor`, resource, `only divisor's values ${list} are supported with the ${what} resource`),
  ]
  const list = sizes.join(', ')
  const name = resource.replace(/^(?:limits|requests)\./, '')
  if (name === 'cpu') return text === '1m' || text === '1' ? [] : refuse('cpu', '1m and 1')
  if (sizes.includes(text)) return []
  if (name === 'memory') return refuse('memory', list)
  if (name === 'ephemeral-storage') return refuse('local ephemeral storage', list)
  return name.startsWith('hugepages-') ? refuse('hugepages', list) : []
}

/** What is wrong with a reference to a container's own requests or limits. */
export function resourceReferenceErrors(
  reference: ResourceFieldSelector,
  field: string,
  options: { readonly needsContainer: boolean },
): readonly FieldError[] {
  const errors: FieldError[] = []
  const resource = reference.resource ?? ''
  if (options.needsContainer && (reference.containerName ?? '') === '') errors.push(required(`${field}.containerName`))
  else if (resource === '') errors.push(required(`${field}.resource`))
  else if (!resourceFields.includes(resource) && !/^(?:limits|requests)\.hugepages-/.test(resource))
    errors.push(notSupported(`${field}.resource`, resource, resourceFields))
  return [...errors, ...divisorErrors(resource, reference.divisor, field)]
}

interface KeyReference {
  readonly name?: string
  readonly key?: string
}
function keyReferenceErrors(reference: KeyReference, field: string): readonly FieldError[] {
  const { name = '', key = '' } = reference
  const errors = [...complaints(`${field}.name`, name, dns1123SubdomainErrors(name))]
  if (key === '') errors.push(required(`${field}.key`))
  return key === '' ? errors : [...errors, ...complaints(`${field}.key`, key, configKeyErrors(key))]
}

function sourceErrors(source: EnvVarSource, value: string, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  let count = 0
  if (source.fieldRef !== undefined) {
    count++
    errors.push(...fieldReferenceErrors(source.fieldRef, environmentFields, `${field}.fieldRef`))
  }
  if (source.resourceFieldRef !== undefined) {
    count++
    const at = `${field}.resourceFieldRef`
    errors.push(...resourceReferenceErrors(source.resourceFieldRef, at, { needsContainer: false }))
  }
  if (source.configMapKeyRef !== undefined) {
    count++
    errors.push(...keyReferenceErrors(source.configMapKeyRef, `${field}.configMapKeyRef`))
  }
  if (source.secretKeyRef !== undefined) {
    count++
    errors.push(...keyReferenceErrors(source.secretKeyRef, `${field}.secretKeyRef`))
  }
  if (source.fileKeyRef !== undefined) count++
  const one = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
  if (count === 0) errors.push(invalid(field, '', one))
  else if (value !== '') errors.push(invalid(field, '', 'may not be specified when `value` is not empty'))
  else if (count > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'))
  return errors
}

export function environmentErrors(variables: readonly EnvVar[] | undefined, field: string): readonly FieldError[] {
  return (variables ?? []).flatMap(({ name, value, valueFrom }, index) => {
    const at = `${field}[${index}]`
    const named =
      (name ?? '') === '' ? [required(`${at}.name`)] : complaints(`${at}.name`, name, environmentNameErrors(name))
    return [...named, ...(valueFrom === undefined ? [] : sourceErrors(valueFrom, value ?? '', `${at}.valueFrom`))]
  })
}

export function environmentFromErrors(
  sources: readonly EnvFromSource[] | undefined,
  field: string,
): readonly FieldError[] {
  return (sources ?? []).flatMap(({ prefix = '', configMapRef, secretRef }, index) => {
    const at = `${field}[${index}]`
    const errors: FieldError[] = []
    if (prefix !== '') errors.push(...complaints(`${at}.prefix`, prefix, environmentNameErrors(prefix)))
    const nameErrors = (name: string | undefined, path: string) =>
      (name ?? '') === '' ? [required(path)] : complaints(path, name, ofGeneratedName(dns1123SubdomainErrors)(name!))
    if (configMapRef !== undefined) errors.push(...nameErrors(configMapRef.name, `${at}.configMapRef.name`))
    if (secretRef !== undefined) errors.push(...nameErrors(secretRef.name, `${at}.secretRef.name`))
    if (configMapRef === undefined && secretRef === undefined)
      errors.push(invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`'))
    else if (configMapRef !== undefined && secretRef !== undefined)
      errors.push(invalid(field, '', 'may not have more than one field specified at a time'))
    return errors
  })
}
