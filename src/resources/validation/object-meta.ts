import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalid,
  type KubeObject,
  labelsErrors,
  notSupported,
  type ObjectMeta,
  type OwnerReference,
  ofGeneratedName,
  qualifiedNameErrors,
  required,
  sameJson,
  tooLong,
} from '../../machinery/index.ts'

/** What is wrong with a name, in words; nothing when it is good. */
export type NameCheck = (name: string) => readonly string[]

/** What a kind asks of its metadata. */
export interface MetaRule {
  readonly namespaced: boolean
  readonly name: NameCheck
  /** Whether finalizers need not be qualified. */
  readonly anyFinalizer?: boolean
}
export const subdomainName: NameCheck = dns1123SubdomainErrors
export const labelName: NameCheck = dns1123LabelErrors

/** All annotations of an object together may not be longer than this. */
export const annotationsBytesMax = 256 * 1024
const managerLengthMax = 128
const subresourceLengthMax = 256
const orphan = 'orphan'
const foreground = 'foregroundDeletion'

/** What a field that may not change is told. */
export const immutableText = 'field is immutable'
export function immutable(field: string, next: unknown, previous: unknown): readonly FieldError[] {
  return sameJson(next ?? null, previous ?? null) ? [] : [invalid(field, next, immutableText)]
}
export function nonNegative(field: string, value: number | undefined): readonly FieldError[] {
  return (value ?? 0) >= 0 ? [] : [invalid(field, value, 'must be greater than or equal to 0')]
}
/** One error per word of complaint about one value. */
export function complaints(field: string, value: unknown, words: readonly string[]): readonly FieldError[] {
  return words.map((word) => invalid(field, value, word))
}

const bytesOf = (text: string) => new TextEncoder().encode(text).length
/** No less than the bytes of a text, which need not be counted while even so many would be allowed. */
const bytesAtMost = (text: string) => 3 * text.length

export function annotationErrors(
  annotations: Readonly<Record<string, string>> | undefined,
  field: string,
): readonly FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const key in annotations) {
    // Kubernetes: the case of annotation keys does not matter.
    errors.push(...complaints(field, key, qualifiedNameErrors(key.toLowerCase())))
    bytes += bytesAtMost(key) + bytesAtMost(annotations[key]!)
  }
  if (bytes > annotationsBytesMax) {
    bytes = 0
    for (const key in annotations) bytes += bytesOf(key) + bytesOf(annotations[key]!)
  }
  return bytes > annotationsBytesMax ? [...errors, tooLong(field, annotationsBytesMax)] : errors
}

function ownerErrors(owner: OwnerReference, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const apiVersion = owner.apiVersion ?? ''
  if (!/^([^/]*\/)?[^/]+$/.test(apiVersion))
    errors.push(invalid(`${field}.apiVersion`, apiVersion, 'version must not be empty'))
  for (const name of ['kind', 'name', 'uid'] as const)
    if ((owner[name] ?? '') === '') errors.push(invalid(`${field}.${name}`, '', 'must not be empty'))
  if (owner.apiVersion === 'v1' && owner.kind === 'Event')
    errors.push(invalid(field, owner, '/v1, Kind=Event is disallowed from being an owner'))
  return errors
}

function ownersErrors(owners: readonly OwnerReference[] | undefined, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  let controller: string | undefined
  for (const owner of owners ?? []) {
    // Kubernetes: which of them it is about is not said.
    errors.push(...ownerErrors(owner, field))
    if (owner.controller !== true) continue
    const name = `${owner.kind}/${owner.name}`
    if (controller === undefined) controller = name
    else {
      const why = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`
      errors.push(invalid(field, owners, why))
    }
  }
  return errors
}

function finalizersErrors(finalizers: readonly string[] | undefined, field: string): readonly FieldError[] {
  const errors = (finalizers ?? []).flatMap((name) => complaints(field, name, qualifiedNameErrors(name)))
  if (finalizers?.includes(orphan) && finalizers.includes(foreground))
    return [...errors, invalid(field, finalizers, `finalizer ${orphan} and ${foreground} cannot be both set`)]
  return errors
}

const standardFinalizers: ReadonlySet<string> = new Set(['kubernetes', orphan, foreground])
/** Kubernetes: most kinds take no finalizer whose name others might use, too, when an object is created. */
function unqualifiedErrors(finalizers: readonly string[] | undefined, field: string): readonly FieldError[] {
  const why = 'name is neither a standard finalizer name nor is it fully qualified'
  return (finalizers ?? []).flatMap((name, index) =>
    name.includes('/') || standardFinalizers.has(name) ? [] : [invalid(`${field}[${index}]`, name, why)],
  )
}

function managedFieldsErrors(entries: ObjectMeta['managedFields'], field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  for (const [index, entry] of (entries ?? []).entries()) {
    const at = `${field}[${index}]`
    if ((entry.operation ?? '') === '') errors.push(required(`${at}.operation`, 'must not be empty'))
    else if (entry.operation !== 'Apply' && entry.operation !== 'Update')
      errors.push(notSupported(`${at}.operation`, entry.operation, ['Apply', 'Update']))
    if ((entry.fieldsType ?? '') !== '' && entry.fieldsType !== 'FieldsV1')
      errors.push(invalid(`${at}.fieldsType`, entry.fieldsType, 'must be `FieldsV1`'))
    if (bytesOf(entry.manager ?? '') > managerLengthMax) errors.push(tooLong(`${at}.manager`, managerLengthMax))
    if (bytesOf(entry.subresource ?? '') > subresourceLengthMax)
      errors.push(tooLong(`${at}.subresource`, subresourceLengthMax))
  }
  return errors
}

/** What is wrong with the metadata of a new object, of any kind. */
export function objectMetaErrors(meta: Partial<ObjectMeta>, rule: MetaRule, field = 'metadata'): readonly FieldError[] {
  const errors: FieldError[] = []
  const { generateName = '', name = '', namespace = '' } = meta
  if (generateName !== '')
    errors.push(...complaints(`${field}.generateName`, generateName, ofGeneratedName(rule.name)(generateName)))
  if (name === '') errors.push(required(`${field}.name`, 'name or generateName is required'))
  else errors.push(...complaints(`${field}.name`, name, rule.name(name)))
  if (!rule.namespaced) {
    if (namespace !== '') errors.push(forbiddenField(`${field}.namespace`, 'not allowed on this type'))
  } else if (namespace === '') errors.push(required(`${field}.namespace`))
  else errors.push(...complaints(`${field}.namespace`, namespace, dns1123LabelErrors(namespace)))
  return [
    ...errors,
    ...nonNegative(`${field}.generation`, meta.generation),
    ...labelsErrors(meta.labels, `${field}.labels`),
    ...annotationErrors(meta.annotations, `${field}.annotations`),
    ...ownersErrors(meta.ownerReferences, `${field}.ownerReferences`),
    ...finalizersErrors(meta.finalizers, `${field}.finalizers`),
    ...managedFieldsErrors(meta.managedFields, `${field}.managedFields`),
    ...(rule.anyFinalizer === true ? [] : unqualifiedErrors(meta.finalizers, `${field}.finalizers`)),
  ]
}

/** A list of texts as Go prints it in messages. */
const goList = (texts: readonly string[]) => `[]string{${texts.map((text) => JSON.stringify(text)).join(', ')}}`

/** What is wrong with a change of an object's metadata. */
export function objectMetaUpdateErrors(
  next: ObjectMeta,
  previous: ObjectMeta,
  field = 'metadata',
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (previous.deletionTimestamp !== undefined) {
    const added = (next.finalizers ?? []).filter((name) => !previous.finalizers?.includes(name)).sort()
    const why = 'no new finalizers can be added if the object is being deleted, found new finalizers '
    if (added.length > 0) errors.push(forbiddenField(`${field}.finalizers`, why + goList(added)))
  }
  errors.push(...nonNegative(`${field}.generation`, next.generation))
  if ((next.generation ?? 0) < (previous.generation ?? 0))
    errors.push(invalid(`${field}.generation`, next.generation ?? 0, 'must not be decremented'))
  for (const key of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const) {
    errors.push(...immutable(`${field}.${key}`, next[key], previous[key]))
  }
  // What did not change was good before, or is too old to be complained about each time.
  const changed = (key: 'labels' | 'annotations' | 'ownerReferences' | 'managedFields') => next[key] !== previous[key]
  return [
    ...errors,
    ...(changed('labels') ? labelsErrors(next.labels, `${field}.labels`) : []),
    ...(changed('annotations') ? annotationErrors(next.annotations, `${field}.annotations`) : []),
    ...(changed('ownerReferences') ? ownersErrors(next.ownerReferences, `${field}.ownerReferences`) : []),
    ...(changed('managedFields') ? managedFieldsErrors(next.managedFields, `${field}.managedFields`) : []),
  ]
}

/** What a kind checks beyond its schema; metadata is checked for all of them. */
export interface Checks<T extends KubeObject> {
  /** Members of what may not change whose closed sets are not looked at again when it would. */
  readonly settled?: RegExp
  /** A DNS subdomain unless told otherwise. */
  readonly name?: NameCheck
  create?(object: T): readonly FieldError[]
  /** Everything about a change. Where it is left out, what `create` checks. */
  update?(object: T, previous: T): readonly FieldError[]
  status?(object: T, previous: T): readonly FieldError[]
}
