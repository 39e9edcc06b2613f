import {
  alreadyExists,
  cloneJson,
  forbidden,
  invalidObject,
  type KubeObject,
  StatusError,
  timestampOf,
} from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { Attributes } from '../admission/admission.ts'
import type { RequestContext, Result } from '../request.ts'
import { asStored, redefault } from './draft.ts'
import { apiVersionOf, lateStoredValue, rememberLate, rememberObject, storageKey, storedValue } from './encoding.ts'
import { recordManagers } from './managers.ts'
import { generateAttemptsMax, generatedName } from './names.ts'
import { admittedOf, type Outcome, type Template } from './templates.ts'
import { textLength } from './text-length.ts'
import {
  allocate,
  attributesOf,
  dryReply,
  type RegistryParts,
  type Release,
  replyOf,
  resourceOf,
  storedKindOf,
} from './write.ts'

/** A status that comes with an object, and whether whoever brings it owns it. */
export interface SeededStatus {
  readonly value: object
  readonly isOwned: boolean
}

/**
 * Stores an object that the server itself brings, unless one of its name is there: what `create` would store, and what a
 * write of its status would make of that. Such objects are whole, in their kind's order and allowed by everybody, so they
 * are neither read nor asked about; a test holds that. They are many, and most of them nobody looks at for long: each is
 * completed when somebody does.
 */
export async function seedObject(
  { clock, random, store }: RegistryParts,
  definition: ResourceDefinition<any>,
  brought: Draft,
  context: RequestContext,
  status?: SeededStatus,
): Promise<void> {
  const nowMs = clock.now()
  const uid = random.uuid()
  let made: KubeObject | undefined
  const make = () => {
    made ??= completeSeed(definition, brought, { context, nowMs, uid }, status)
    return made
  }
  const key = storageKey(definition, brought.metadata.namespace, brought.metadata.name)
  const value = lateStoredValue(definition, make, textLength(brought) + ownedLength)
  const written = await store.put(key, value, 0)
  if (written.ok) rememberLate(definition, written.entry, make)
}
/** About how long what the server adds to an object is: who it is, and who owns what of it. */
const ownedLength = 400

function completeSeed(
  definition: ResourceDefinition<any>,
  brought: Draft,
  { context, nowMs, uid }: { readonly context: RequestContext; readonly nowMs: number; readonly uid: string },
  status: SeededStatus | undefined,
): KubeObject {
  const draft: Draft = { kind: definition.kind, apiVersion: apiVersionOf(definition), ...cloneJson(brought) }
  redefault(definition, draft)
  recordManagers(definition, undefined, draft, { context, subresource: '', nowMs })
  definition.prepareForCreate(draft, { nowMs, uuid: () => uid, user: context.identity })
  draft.metadata.uid = uid
  draft.metadata.creationTimestamp = timestampOf(nowMs)
  if (status === undefined) return draft as KubeObject
  const made = { ...draft, metadata: { ...draft.metadata } } as KubeObject
  draft.status = status.value
  if (status.isOwned) recordManagers(definition, made, draft, { context, subresource: 'status', nowMs })
  return draft as KubeObject
}

/** What a new object cannot bring. */
function forgetSystemFields(definition: ResourceDefinition<any>, meta: Draft['metadata']): void {
  if (definition.custom?.declaration.terminating === true)
    throw forbidden(
      resourceOf(definition),
      meta.name ?? '',
      'create not allowed while custom resource definition is terminating',
    )
  for (const key of systemFields) delete meta[key]
}
const systemFields = [
  'uid',
  'resourceVersion',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'creationTimestamp',
  'generation',
]

/** Completes a draft and stores it as a new object. */
export async function createDraft(
  parts: RegistryParts,
  definition: ResourceDefinition<any>,
  namespace: string | undefined,
  draft: Draft,
  context: RequestContext,
  how: { operation: 'Apply' | 'Update'; managed: boolean; template?: Template | undefined },
): Promise<Result> {
  const { clock, random, store, admission } = parts
  // One time for all that is said of its making.
  const nowMs = clock.now()
  const meta = draft.metadata
  const statesRevision = /^0*[1-9]\d*$/.test(meta.resourceVersion ?? '')
  forgetSystemFields(definition, meta)
  const { template } = how
  const since = store.revision()
  const said = context.warnings.length
  const asked = attributesOf('CREATE', definition, '', namespace, meta.name ?? '', draft, undefined, context)
  const attributes = template === undefined ? asked : { ...asked, alike: template }
  // Kubernetes: what admission adds belongs to nobody, so managers are recorded before it.
  if (!how.managed) recordCreator(definition, draft, context, nowMs, template)
  const admitting = admission.admit(attributes)
  if (admitting !== undefined) await admitting
  const admitted = template === undefined ? undefined : admittedOf(draft)
  let asAdmitted: Draft | undefined
  let isReady = false
  const generated =
    (meta.name === undefined || meta.name === '') && meta.generateName !== undefined && meta.generateName !== ''
  for (let attempt = 1; ; attempt++) {
    if (generated) meta.name = generatedName(meta.generateName, random)
    const outcome = admitted === undefined ? undefined : template?.outcomeOf(admitted, meta.name ?? '')
    if (outcome === undefined && !isReady) {
      isReady = true
      asAdmitted = cloneJson(admitted)
      redefault(definition, draft, nowMs)
      await definition.loadAhead?.(draft)
    }
    // Only a generated name may be tried again, and then needs the draft as it was.
    const source = generated && outcome === undefined ? cloneJson(draft) : draft
    const { value: object, release } =
      outcome === undefined
        ? await completeNew(parts, definition, source, context, attributes, nowMs)
        : await completeAlike(parts, definition, outcome, meta, context, attributes, nowMs)
    using _undo = release
    const key = storageKey(definition, namespace, meta.name)
    if (context.dryRun) {
      if ((await store.get(key)) !== undefined) throw alreadyExists(resourceOf(definition), meta.name)
      return dryReply(definition, object, 201)
    }
    // Kubernetes: its store alone minds this, after everybody else was asked, and has no reason for it.
    if (statesRevision)
      throw new StatusError(500, undefined, 'resourceVersion should not be set on objects to be created', {})
    const known =
      outcome ??
      (asAdmitted === undefined
        ? undefined
        : template?.remember(asAdmitted, object, definition.warnings(object, undefined)))
    // Where nobody said anything of this one, others like it may be made as long as nothing changes that was gone by.
    if (known !== undefined && context.warnings.length === said + known.warnings.length) {
      const standing = admission.standing(attributes, since)
      known.leave = standing && { namespace, identity: context.identity, standing }
    }
    const storing = asStored(definition, object)
    const stored = storing instanceof Promise ? await storing : storing
    const written = await store.put(key, storedValue(definition, stored, outcome?.length), 0)
    if (written.ok) {
      release.keep()
      rememberObject(definition, written.entry, stored)
      return replyOf(definition, written.entry, 201)
    }
    if (!generated || attempt >= generateAttemptsMax) throw alreadyExists(resourceOf(definition), meta.name)
  }
}

/** Stamps, prepares and checks a new object; the draft becomes it. */
async function completeNew(
  parts: RegistryParts,
  definition: ResourceDefinition<any>,
  draft: Draft,
  context: RequestContext,
  attributes: Attributes,
  nowMs: number,
): Promise<{ value: KubeObject; release: Release }> {
  const { random } = parts
  definition.prepareForCreate(draft, { nowMs, uuid: () => random.uuid(), user: context.identity })
  draft.metadata.uid ??= random.uuid()
  draft.metadata.creationTimestamp = timestampOf(nowMs)
  const release = await allocate(parts, definition, draft, undefined, context.dryRun)
  try {
    const errors = definition.validate(draft)
    if (errors.length > 0)
      throw invalidObject(storedKindOf(definition), draft.metadata.name ?? draft.metadata.generateName ?? '', errors)
    context.warnings.push(...definition.warnings(draft, undefined))
    const { name } = draft.metadata
    const validating = parts.admission.validate({ ...attributes, object: draft, name, onFailure: release.onFailure })
    if (validating !== undefined) await validating
    return { value: draft, release }
  } catch (error) {
    release[Symbol.dispose]()
    throw error
  }
}

/** The creator owns what it sent: of objects of one template always the same. */
function recordCreator(
  definition: ResourceDefinition<any>,
  draft: Draft,
  context: RequestContext,
  nowMs: number,
  template: Template | undefined,
): void {
  if (template?.managers !== undefined) {
    const time = timestampOf(nowMs)
    draft.metadata.managedFields = template.managers.map((entry) => ({ ...entry, time }))
    return
  }
  recordManagers(definition, undefined, draft, { context, subresource: '', nowMs })
  if (template !== undefined) template.managers = draft.metadata.managedFields
}

/** A new object of a template that others were made of: what they came to, under its own name. */
async function completeAlike(
  parts: RegistryParts,
  definition: ResourceDefinition<any>,
  { object: first, warnings }: Outcome,
  { name, managedFields }: Draft['metadata'],
  context: RequestContext,
  attributes: Attributes,
  nowMs: number,
): Promise<{ value: KubeObject; release: Release }> {
  const { random } = parts
  const creationTimestamp = timestampOf(nowMs)
  const metadata = { ...first.metadata, name, uid: random.uuid(), creationTimestamp, managedFields }
  const object = { ...first, metadata } as KubeObject
  const release = await allocate(parts, definition, object, undefined, context.dryRun)
  try {
    context.warnings.push(...warnings)
    const validating = parts.admission.validate({ ...attributes, object, name, onFailure: release.onFailure })
    if (validating !== undefined) await validating
    return { value: object, release }
  } catch (error) {
    release[Symbol.dispose]()
    throw error
  }
}
