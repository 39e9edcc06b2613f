import { cloneJson, type FieldError, givenEmpty, type KubeObject, sameJson } from '../machinery/index.ts'
import type { Draft, ResourceDefinition } from './definition.ts'
import type { ResourceFacts } from './facts.ts'
import { schemaErrors } from './schema.ts'
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

/** The behaviour most kinds share; what a kind does differently replaces single hooks. */
export function genericHooks(facts: ResourceFacts, checks: Checks<any> = {}): Hooks {
  const servesStatus = facts.subresources.some(({ name }) => name === 'status')
  const generation = generationKinds[facts.kind] ?? (facts.hasSpec && facts.hasStatus)
  const hasDefaultCells = facts.columns.length === 2 && facts.columns[1]?.name === 'Created At'
  const rule: MetaRule = { namespaced: facts.scope === 'Namespaced', name: checks.name ?? subdomainName }
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
      keepMember(draft.metadata, previous.metadata, 'generation')
      keepMember(draft.metadata, previous.metadata, 'deletionTimestamp')
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
        [
          ...objectMetaUpdateErrors(object.metadata, previous.metadata),
          ...(checks.update?.(object, previous) ?? checks.create?.(object) ?? []),
        ],
        schemaErrors(facts.type, object, { previous, enums: true }).filter(
          ({ field }) => checks.settled?.test(field) !== true,
        ),
        object,
      ),
    validateStatusUpdate: (object, previous) =>
      joined(
        [...objectMetaUpdateErrors(object.metadata, previous.metadata), ...(checks.status?.(object, previous) ?? [])],
        schemaErrors(facts.type, object, { previous }),
        object,
      ),
    warnings: () => [],
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
    graceful: false,
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

/** Kubernetes: what some types write even when it is zero, so that the status of a new object has it. */
const zeroStatus: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'io.k8s.api.apps.v1.DaemonSet': {
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
  },
  'io.k8s.api.apps.v1.ReplicaSet': { replicas: 0 },
  'io.k8s.api.apps.v1.StatefulSet': { replicas: 0, availableReplicas: 0 },
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler': { currentReplicas: 0, desiredReplicas: 0 },
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler': { desiredReplicas: 0 },
  'io.k8s.api.core.v1.ReplicationController': { replicas: 0 },
  'io.k8s.api.networking.v1.Ingress': { loadBalancer: {} },
  'io.k8s.api.policy.v1.PodDisruptionBudget': {
    disruptionsAllowed: 0,
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
  },
  'io.k8s.api.storage.v1.VolumeAttachment': { attached: false },
}

/** Empties status as a new object has it: as Kubernetes writes it where it does, absent elsewhere. */
export function clearStatus(draft: Draft, facts: Pick<ResourceFacts, 'statusIsValue' | 'type'>): void {
  if (facts.statusIsValue) draft.status = cloneJson(zeroStatus[facts.type] ?? {})
  else delete draft.status
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
