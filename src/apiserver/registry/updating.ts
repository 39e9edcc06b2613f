import {
  badRequest,
  conflict,
  invalidObject,
  type KubeObject,
  notFound,
  objectModified,
} from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { Entry } from '../../store/index.ts'
import type { RequestContext, Result } from '../request.ts'
import { createDraft } from './creating.ts'
import { isFinished } from './deletion.ts'
import { asStored, asVersion, readyAhead, redefault } from './draft.ts'
import {
  atRevision,
  isStoredAlready,
  lengthAfter,
  objectOf,
  rememberObject,
  storageKey,
  storedValue,
} from './encoding.ts'
import { recordManagers } from './managers.ts'
import { isUntouched, settle } from './settled.ts'
import {
  allocate,
  attributesOf,
  type Change,
  conflictRetriesMax,
  dryReply,
  nothingHeld,
  placeInNamespace,
  type RegistryParts,
  type Release,
  replyOf,
  resourceOf,
  storedKindOf,
} from './write.ts'

/** Changes an object, computing the change anew when another writer was faster, where it states no revision. */
export async function updateObject(
  parts: RegistryParts,
  definition: ResourceDefinition<any>,
  namespace: string | undefined,
  name: string,
  change: Change,
  context: RequestContext,
): Promise<Result> {
  const { store } = parts
  const key = storageKey(definition, namespace, name)
  for (let attempt = 1; ; attempt++) {
    const entry = store.current(key)
    if (entry === undefined) {
      if (change.createIfAbsent !== true) {
        change.refuse?.()
        throw notFound(resourceOf(definition), name)
      }
      const draft = await change.next(undefined)
      placeInNamespace(definition, draft, namespace)
      draft.metadata.name ??= name
      if (draft.metadata.resourceVersion === '0') delete draft.metadata.resourceVersion
      if (draft.metadata.resourceVersion) throw conflict(resourceOf(definition), name, objectModified)
      if (draft.metadata.uid)
        throw conflict(
          resourceOf(definition),
          name,
          `Precondition failed: UID in precondition: ${draft.metadata.uid}, UID in object meta: `,
        )
      return await createDraft(parts, definition, namespace, draft, context, {
        operation: change.operation ?? 'Update',
        managed: change.managed === true,
      })
    }
    try {
      return await updateEntry(parts, definition, namespace, name, entry, change, context)
    } catch (error) {
      if (!(error instanceof LostRace)) throw error
      if (attempt >= conflictRetriesMax) throw conflict(resourceOf(definition), name, objectModified)
    }
  }
}

async function updateEntry(
  parts: RegistryParts,
  definition: ResourceDefinition<any>,
  namespace: string | undefined,
  name: string,
  entry: Entry,
  change: Change,
  context: RequestContext,
): Promise<Result> {
  const { store } = parts
  const ahead = readyAhead(definition, [entry])
  if (ahead !== undefined) await ahead
  const previous = asVersion(definition, objectOf(definition, entry))
  const coming = change.next(previous)
  const draft = coming instanceof Promise ? await coming : coming
  placeInNamespace(definition, draft, namespace)
  if (draft.metadata.name === undefined || draft.metadata.name === '') draft.metadata.name = name
  if (draft.metadata.name !== name)
    throw badRequest(`the name of the object (${draft.metadata.name}) does not match the name on the URL (${name})`)
  const stated = draft.metadata.resourceVersion
  if (stated === undefined || stated === '' || stated === '0') {
    if (!definition.allowUnconditionalUpdate && change.subresource === undefined && !change.retry) {
      // Kubernetes: this one names the resource where others name the kind.
      throw invalidObject({ group: definition.group, kind: definition.plural }, name, [
        {
          type: 'FieldValueInvalid',
          field: 'metadata.resourceVersion',
          message: 'Invalid value: 0: must be specified for an update',
        },
      ])
    }
  } else if (stated !== previous.metadata.resourceVersion) throw conflict(resourceOf(definition), name, objectModified)
  if (draft.metadata.uid !== undefined && draft.metadata.uid !== '' && draft.metadata.uid !== previous.metadata.uid) {
    // Kubernetes: who applies is not asked whether it is the one that was meant, but may not make it another.
    if (change.operation === 'Apply') {
      const fixed = { type: 'FieldValueInvalid', field: 'metadata.uid' } as const
      const message = `Invalid value: ${JSON.stringify(draft.metadata.uid)}: field is immutable`
      throw invalidObject(storedKindOf(definition), name, [
        { ...fixed, message },
        { ...fixed, message },
      ])
    }
    throw conflict(
      resourceOf(definition),
      name,
      `StorageError: invalid object, Code: 4, Key: ${storageKey(definition, namespace, name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${draft.metadata.uid}, UID in object meta: ${previous.metadata.uid}`,
    )
  }
  // The server's own changes leave alone what no caller can change.
  if (change.internal !== true) keepSystemFields(draft, previous)
  using release =
    change.internal === true
      ? nothingHeld
      : await completeChange(parts, definition, change, draft, previous, namespace, context)
  if (context.dryRun)
    return dryReply(
      definition,
      { ...draft, metadata: { ...draft.metadata, resourceVersion: previous.metadata.resourceVersion } },
      200,
    )
  // Kubernetes: a write that changes nothing is not written, and keeps the revision.
  if (definition.custom === undefined && isUntouched(draft, previous) && !isFinished(definition, draft as KubeObject))
    return replyOf(definition, entry, 200)
  const storing = asStored(definition, draft)
  const next = storing instanceof Promise ? await storing : storing
  const key = storageKey(definition, namespace, name)
  if (isFinished(definition, next)) {
    const gone = await store.delete(key, entry.modified)
    if (!gone.ok) throw lost(definition, name, stated, change)
    return {
      type: 'object',
      code: 200,
      definition,
      object: atRevision(draft as KubeObject, gone.entry.modified),
    }
  }
  const length =
    change.growth === undefined
      ? lengthAfter(entry, objectOf(definition, entry), next)
      : entry.sizeBytes + change.growth
  const value = storedValue(definition, next, length)
  if (change.growth === undefined && isStoredAlready(definition, entry, value, next)) {
    if (change.internal !== true) settle(definition, previous)
    return replyOf(definition, entry, 200)
  }
  const written = await store.put(key, value, entry.modified)
  if (!written.ok) throw lost(definition, name, stated, change)
  release.keep()
  rememberObject(definition, written.entry, next)
  if (change.internal !== true) settle(definition, next)
  return replyOf(definition, written.entry, 200)
}

/** Records managers, runs the strategy and admission, and checks what came of it. */
async function completeChange(
  parts: RegistryParts,
  definition: ResourceDefinition<any>,
  change: Change,
  draft: Draft,
  previous: KubeObject,
  namespace: string | undefined,
  context: RequestContext,
): Promise<Release> {
  const { clock, admission } = parts
  const { name } = draft.metadata
  const subresource = change.subresource ?? ''
  const attributes = attributesOf('UPDATE', definition, subresource, namespace, name, draft, previous, context)
  const nowMs = clock.now()
  // Kubernetes: managers are recorded from what was sent; only then is put back what the caller may not change.
  const record = () => {
    if (change.managed === true) return
    recordManagers(definition, previous, draft, { context, subresource: change.subresource ?? '', nowMs })
  }
  if (change.strategy === undefined) record()
  prepare(parts, definition, change, draft, previous, nowMs)
  if (change.strategy !== undefined) record()
  const admitting = admission.admit(attributes)
  if (admitting !== undefined) await admitting
  redefault(definition, draft, nowMs)
  await definition.loadAhead?.(draft)
  prepare(parts, definition, change, draft, previous, nowMs)
  // A status, or another part, asks for no addresses, and the spec beside it is the one that is kept.
  const isWhole = (change.subresource ?? '') === ''
  const release = await allocate(parts, isWhole ? definition : undefined, draft, previous, context.dryRun)
  try {
    const errors = validateChange(definition, change, draft, previous)
    if (errors.length > 0) throw invalidObject(storedKindOf(definition), draft.metadata.name, errors)
    context.warnings.push(...definition.warnings(draft, previous))
    const validating = admission.validate({ ...attributes, object: draft, onFailure: release.onFailure })
    if (validating !== undefined) await validating
    return release
  } catch (error) {
    release[Symbol.dispose]()
    throw error
  }
}

function lost(definition: ResourceDefinition<any>, name: string, stated: string | undefined, change: Change): Error {
  return change.retry || stated === undefined || stated === '' || stated === '0'
    ? new LostRace()
    : conflict(resourceOf(definition), name, objectModified)
}

function prepare(
  parts: RegistryParts,
  definition: ResourceDefinition<any>,
  change: Change,
  draft: Draft,
  previous: KubeObject,
  nowMs: number,
): void {
  const strategyContext = { nowMs, uuid: () => parts.random.uuid() }
  if (change.strategy !== undefined) change.strategy.prepare(draft, previous)
  else if (change.subresource === 'status') definition.prepareForStatusUpdate(draft, previous, strategyContext)
  else definition.prepareForUpdate(draft, previous, strategyContext)
}

function validateChange(
  definition: ResourceDefinition<any>,
  change: Change,
  draft: KubeObject,
  previous: KubeObject,
): ReturnType<ResourceDefinition['validate']> {
  if (change.strategy !== undefined) return change.strategy.validate?.(draft, previous) ?? []
  return change.subresource === 'status'
    ? definition.validateStatusUpdate(draft, previous)
    : definition.validateUpdate(draft, previous)
}

/** A newer write came in between; the change is computed again from what it left. */
class LostRace extends Error {}

/** What no caller can change on an existing object. */
function keepSystemFields(draft: Draft, previous: KubeObject): void {
  const before = previous.metadata as unknown as Record<string, unknown>
  for (const key of [
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'selfLink',
  ]) {
    if (before[key] === undefined) delete draft.metadata[key]
    else draft.metadata[key] = before[key]
  }
  delete draft.metadata.resourceVersion
}
