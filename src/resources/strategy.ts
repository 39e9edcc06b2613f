import { cloneJson, type FieldError, givenEmpty, type KubeObject, sameJson } from '../machinery/index.ts'
import type { Draft, ResourceDefinition } from './definition.ts'
import type { ResourceFacts } from './facts.ts'
import { schemaErrors, zeroObject } from './schema.ts'
import {
  type Checks,
  type MetaRule,
  objectMetaErrors,
  objectMetaUpdateErrors,
  subdomainName,
} from './validation/object-meta.ts'

/** The part of a definition that is behaviour and may be written by hand. */
export type Hooks = Pick<
  ResourceDefinition<any>,
  | 'field'
  | 'cells'
  | 'prepareForCreate'
  | 'prepareForUpdate'
  | 'prepareForStatusUpdate'
  | 'validate'
  | 'validateUpdate'
  | 'validateStatusUpdate'
  | 'warnings'
  | 'allowCreateOnUpdate'
  | 'allowUnconditionalUpdate'
  | 'graceful'
  | 'statusKeeps'
>

/**
 * Kubernetes: generation moves for kinds that have both a spec and a status, but for these it is the other way round, one
 * says it from its first change only, and another never moves it.
 */
const generationKinds: Readonly<Record<string, boolean | 'once created' | 'once changed'>> = {
  APIService: false,
  CertificateSigningRequest: false,
  HorizontalPodAutoscaler: false,
  PodCertificateRequest: false,
  PodGroup: false,
  ResourceClaim: false,
  ResourcePoolStatusRequest: false,
  ServiceCIDR: false,
  StorageVersion: false,
  StorageVersionMigration: false,
  VolumeAttachment: false,
  CSIDriver: 'once changed',
  DeviceClass: true,
  EndpointSlice: true,
  IngressClass: true,
  MutatingAdmissionPolicy: true,
  MutatingAdmissionPolicyBinding: true,
  MutatingWebhookConfiguration: true,
  NetworkPolicy: true,
  PodTemplate: true,
  PriorityClass: 'once created',
  ResourceSlice: true,
  ValidatingAdmissionPolicyBinding: true,
  ValidatingWebhookConfiguration: true,
}

/** Kubernetes: what is wrong with changed metadata is found twice, by what all kinds have in common and by the kind, except for these. */
const metadataCheckedOnce: ReadonlySet<string> = new Set([
  'CSINode',
  'CertificateSigningRequest',
  'EndpointSlice',
  'Event',
  'FlowSchema',
  'LimitRange',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'PersistentVolume',
  'PodDisruptionBudget',
  'PriorityLevelConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'VolumeAttachment',
])

/** Kubernetes: of these the finalizers of a new object need not be qualified. */
const takesAnyFinalizer: ReadonlySet<string> = new Set([
  'APIService',
  'Event',
  'Lease',
  'LeaseCandidate',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'PodDisruptionBudget',
  'RuntimeClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
])

const labelsAlone = ['labels'] as const
const allMetadata = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const
/** Kubernetes: with the status of most kinds labels, annotations and the rest can be written; of these they cannot. */
const statusKeeps: Readonly<Record<string, readonly string[]>> = {
  APIService: allMetadata,
  Deployment: labelsAlone,
  DeviceTaintRule: allMetadata,
  FlowSchema: allMetadata,
  PodCertificateRequest: allMetadata,
  PodGroup: allMetadata,
  PriorityLevelConfiguration: allMetadata,
  ResourceClaim: allMetadata,
  ResourcePoolStatusRequest: allMetadata,
  ServiceCIDR: allMetadata,
  StorageVersion: allMetadata,
  StorageVersionMigration: allMetadata,
  ValidatingAdmissionPolicy: allMetadata,
  VolumeAttachment: allMetadata,
}

/** The metadata that a write of a kind's status leaves as it is. */
export function keptWithStatus(kind: string): readonly string[] {
  return statusKeeps[kind] ?? []
}

/** The behaviour most kinds share; what a kind does differently replaces single hooks. */
export function genericHooks(facts: ResourceFacts, checks: Checks<any> = {}): Hooks {
  const servesStatus = facts.subresources.some(({ name }) => name === 'status')
  const generation = generationKinds[facts.kind] ?? (facts.hasSpec && facts.hasStatus)
  const metaErrors = (object: KubeObject, previous: KubeObject): readonly FieldError[] => {
    const errors = objectMetaUpdateErrors(object.metadata, previous.metadata)
    return metadataCheckedOnce.has(facts.kind) ? errors : [...errors, ...errors]
  }
  const hasDefaultCells = facts.columns.length === 2 && facts.columns[1]?.name === 'Created At'
  const rule: MetaRule = {
    namespaced: facts.scope === 'Namespaced',
    name: checks.name ?? subdomainName,
    anyFinalizer: takesAnyFinalizer.has(facts.kind),
  }
  return {
    field: (object, label) => textAt(object, facts.fieldAliases?.[label] ?? label),
    cells: (object) => {
      const { name, creationTimestamp } = object.metadata
      const cells = hasDefaultCells ? [name, creationTimestamp ?? null] : [name]
      return facts.columns.map((_, index) => cells[index] ?? null)
    },
    prepareForCreate(draft) {
      if (servesStatus) clearStatus(draft, facts)
      if (generation === true || generation === 'once created') draft.metadata.generation = 1
    },
    prepareForUpdate(draft, previous) {
      if (servesStatus) keepMember(draft, previous, 'status')
      if (generation === 'once created') keepMember(draft.metadata, previous.metadata, 'generation')
      else if (generation !== false) moveGeneration(draft, previous)
    },
    prepareForStatusUpdate(draft, previous) {
      for (const key of Object.keys({ ...previous, ...draft })) {
        if (key !== 'status' && key !== 'metadata') keepMember(draft, previous, key)
      }
      for (const key of ['generation', 'deletionTimestamp', ...keptWithStatus(facts.kind)])
        keepMember(draft.metadata, previous.metadata, key)
    },
    validate: (object) =>
      joined(
        // Reviews and bindings are answered, not kept, and need no name.
        [...(facts.stored ? objectMetaErrors(object.metadata, rule) : []), ...(checks.create?.(object) ?? [])],
        schemaErrors(facts.type, object, { enums: true }),
        object,
      ),
    validateUpdate: (object, previous) =>
      joined(
        [...metaErrors(object, previous), ...(checks.update?.(object, previous) ?? checks.create?.(object) ?? [])],
        schemaErrors(facts.type, object, { previous, enums: true }).filter(
          ({ field }) => checks.settled?.test(field) !== true,
        ),
        object,
      ),
    validateStatusUpdate: (object, previous) =>
      joined(
        [...metaErrors(object, previous), ...(checks.status?.(object, previous) ?? [])],
        schemaErrors(facts.type, object, { previous }),
        object,
      ),
    warnings: () => [],
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
    graceful: false,
    statusKeeps: keptWithStatus(facts.kind),
  }
}

/** What was found by hand and, where it adds something, by the schema. */
function joined(
  byHand: readonly FieldError[],
  bySchema: readonly FieldError[],
  object: KubeObject,
): readonly FieldError[] {
  const isNew = (one: FieldError) => !byHand.some(({ field, type }) => field === one.field && type === one.type)
  // Kubernetes: the schema's own rules say of nothing that may not change what it was to become, be it an empty list.
  return [
    ...byHand.map((one) => asGiven(one, object)),
    ...bySchema.filter(isNew).map((one) => (one.message.endsWith('field is immutable') ? one : asGiven(one, object))),
  ]
}

const aboutNothing = /^((?:Invalid|Unsupported) value: )null(?=:)/
/** An error about a list or map that was given empty shows it so, though an empty one is otherwise as good as none. */
function asGiven(error: FieldError, object: KubeObject): FieldError {
  if (!aboutNothing.test(error.message)) return error
  const steps = [...error.field.matchAll(/\[([^\]]*)\]|[^.[]+/g)].map(([step, inner]) => inner ?? step)
  // Some errors about a list are told at its first item.
  if (steps.at(-1) === '0') steps.pop()
  const last = steps.pop() ?? ''
  const given = givenEmpty(
    steps.reduce((at: any, step) => at?.[step], object),
    last,
  )
  if (given === undefined) return error
  return { ...error, message: error.message.replace(aboutNothing, `$1${JSON.stringify(given)}`) }
}

/** Empties status as a new object has it: with the members Kubernetes writes even when they are zero, or absent. */
export function clearStatus(draft: Draft, facts: Pick<ResourceFacts, 'statusIsValue' | 'type'>): void {
  if (facts.statusIsValue) draft.status = emptyStatusOf(facts.type)
  else delete draft.status
}

const emptyStatuses = new Map<string, object>()
/** The status of an object of which nothing is known yet. */
export function emptyStatusOf(type: string): object {
  let empty = emptyStatuses.get(type)
  if (empty === undefined) emptyStatuses.set(type, (empty = (zeroObject(type).status ?? {}) as object))
  return cloneJson(empty)
}

/** Gives the draft the previous object's member, or none when it had none. */
export function keepMember(draft: Draft, previous: object, key: string): void {
  const value = (previous as Record<string, unknown>)[key]
  if (value === undefined) delete draft[key]
  else draft[key] = value
}

/** Counts generation up when the desired state changed; callers cannot set it. */
export function moveGeneration(draft: Draft, previous: { metadata: { generation?: number } } & object): void {
  const changed = Object.keys({ ...previous, ...draft }).some(
    (key) =>
      !['metadata', 'status', 'apiVersion', 'kind'].includes(key) &&
      !sameJson(draft[key], (previous as Record<string, unknown>)[key]),
  )
  const generation = previous.metadata.generation ?? 0
  if (changed) draft.metadata.generation = generation + 1
  else if (previous.metadata.generation === undefined) delete draft.metadata.generation
  else draft.metadata.generation = generation
}

/** Fields whose zero value is not the empty text. */
const zeroText: Readonly<Record<string, string>> = {
  'spec.unschedulable': 'false',
  'spec.hostNetwork': 'false',
  'status.replicas': '0',
  'status.succeeded': '0',
}

/** The text of the field a dotted path leads to, or of the first of several (`a|b`) that has one; lists give their items' `ip` joined, as status.podIPs is selected by. */
export function textAt(object: unknown, path: string): string {
  const alternatives = path.split('|')
  if (alternatives.length > 1) return alternatives.map((one) => textAt(object, one)).find((text) => text !== '') ?? ''
  let value = object
  for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part]
  if (value === undefined || value === null) return zeroText[path] ?? ''
  if (Array.isArray(value)) return value.map((item) => item?.ip ?? String(item)).join(',')
  return String(value)
}
