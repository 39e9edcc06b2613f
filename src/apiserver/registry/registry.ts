import {
  alreadyExists,
  badRequest,
  type Clock,
  cloneJson,
  conflict,
  forbidden,
  invalidObject,
  isConflict,
  type KubeObject,
  notFound,
  objectModified,
  type Random,
  StatusError,
  timestampOf,
} from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { Entry, Store } from '../../store/index.ts'
import { type Admission, type Attributes, askedNobody } from '../admission/admission.ts'
import type { RequestContext, Result } from '../request.ts'
import type { WatchHub } from '../watch/hub.ts'
import { checkPreconditions, type DeleteOptions, isFinished, planDeletion } from './deletion.ts'
import { asStored, asVersion, draftOf, readyAhead, redefault } from './draft.ts'
import {
  apiVersionOf,
  atRevision,
  encodeStored,
  isStoredAlready,
  objectOf,
  prefixOf,
  rememberObject,
  storageKey,
} from './encoding.ts'
import { recordManagers } from './managers.ts'
import { checkFuture, listObjects, watchObjects } from './reading.ts'

/** What a kind needs besides its definition when it is written: numbers to hand out and take back. */
export interface Allocation {
  /** Fills in what is allocated; returns how to give it back if the write fails. A dry run is told what it could have. */
  allocate(draft: Draft, previous: KubeObject | undefined, dryRun: boolean): Promise<Disposable>
}

export interface RegistryParts {
  readonly store: Store
  readonly hub: WatchHub
  readonly clock: Clock
  readonly random: Random
  readonly admission: Admission
  /** By `group/plural`. */
  readonly allocations: ReadonlyMap<string, Allocation>
}

/** Kubernetes: generateName keeps 58 characters of the prefix, and tries this often to find a free name. */
const generatedPrefixMax = 58
const generateAttemptsMax = 8
/** How often a write that states no revision is tried again when another writer was faster. */
const conflictRetriesMax = 20

/** How the next state of an object is found from the current one. */
export interface Change {
  /** The new object in the request's version; `current` is undefined only where create on update is allowed. */
  next(current: KubeObject | undefined): Promise<Draft> | Draft
  readonly subresource?: string
  /** What the subresource may change, when it is not `status`; default: the kind's own update strategy. */
  readonly strategy?: {
    prepare(draft: Draft, previous: KubeObject): void
    validate?(draft: KubeObject, previous: KubeObject): ReturnType<ResourceDefinition['validate']>
  }
  /** Apply, and patches without resourceVersion, run again after a lost race. */
  readonly retry: boolean
  readonly operation?: 'Apply' | 'Update'
  /**
   * The server's own change of a few fields (binding): `next` shares all else with the current object, which is frozen, so
   * neither admission, defaults nor managers look at it. Kubernetes: it writes these past its generic path, too.
   */
  readonly internal?: boolean
  /** Already holds its managedFields (server-side apply). */
  readonly managed?: boolean
  readonly createIfAbsent?: boolean
}

/** The verbs, the same for every kind; what differs is in the definition. */
export class Registry {
  readonly #parts: RegistryParts

  constructor(parts: RegistryParts) {
    this.#parts = parts
  }

  async get(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    name: string,
    query: RequestContext['query'] = {},
  ): Promise<Result> {
    checkFuture(this.#parts.store, query.resourceVersion)
    const entry = await this.#parts.store.get(storageKey(definition, namespace, name))
    if (entry === undefined) throw notFound(resourceOf(definition), name)
    return this.#reply(definition, entry, 200)
  }

  /** The parsed object, or undefined: for use inside the server. */
  async find<T extends KubeObject>(
    definition: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
  ): Promise<T | undefined> {
    const entry = await this.#parts.store.get(storageKey(definition, namespace, name))
    if (entry === undefined) return undefined
    await readyAhead(definition, [entry])
    return asVersion(definition, objectOf(definition, entry)) as T
  }

  /** All parsed objects of a kind: for use inside the server. */
  async all<T extends KubeObject>(definition: ResourceDefinition<T>, namespace?: string): Promise<readonly T[]> {
    const page = await this.#parts.store.list(prefixOf(definition, namespace))
    await readyAhead(definition, page.entries)
    return page.entries.map((entry) => asVersion(definition, objectOf(definition, entry)) as T)
  }

  /** Whether nothing of a kind is stored. */
  async isEmpty(definition: ResourceDefinition<any>, namespace?: string): Promise<boolean> {
    return (await this.#parts.store.list(prefixOf(definition, namespace), { limit: 1 })).entries.length === 0
  }

  list(definition: ResourceDefinition<any>, namespace: string | undefined, context: RequestContext): Promise<Result> {
    return listObjects(this.#parts, definition, namespace, context)
  }

  watch(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    context: RequestContext,
    signal: AbortSignal,
  ): Promise<Result> {
    return watchObjects(this.#parts, definition, namespace, context, signal)
  }

  async create(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    body: unknown,
    context: RequestContext,
  ): Promise<Result> {
    const draft = draftOf(definition, body, context)
    this.#placeInNamespace(definition, draft, namespace)
    return this.#createDraft(definition, namespace, draft, context, { operation: 'Update', managed: false })
  }

  /**
   * Stores an object that the server itself brings, unless one of its name is there: what `create` would store. Such objects
   * are whole, in their kind's order and allowed by everybody, so they are neither read nor asked about; a test holds that.
   */
  async seed(definition: ResourceDefinition<any>, brought: Draft, context: RequestContext): Promise<void> {
    const { clock, random, store } = this.#parts
    const nowMs = clock.now()
    const draft: Draft = { kind: definition.kind, apiVersion: apiVersionOf(definition), ...cloneJson(brought) }
    redefault(definition, draft)
    recordManagers(definition, undefined, draft, { context, subresource: '', nowMs })
    definition.prepareForCreate(draft, { nowMs, uuid: () => random.uuid(), user: context.identity })
    draft.metadata.uid = random.uuid()
    draft.metadata.creationTimestamp = timestampOf(nowMs)
    const key = storageKey(definition, draft.metadata.namespace, draft.metadata.name)
    const written = await store.put(key, encodeStored(definition, draft as KubeObject), 0)
    if (written.ok) rememberObject(definition, written.entry, draft as KubeObject)
  }

  async #createDraft(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    draft: Draft,
    context: RequestContext,
    how: { operation: 'Apply' | 'Update'; managed: boolean },
  ): Promise<Result> {
    const { clock, random, store, admission } = this.#parts
    const meta = draft.metadata
    if (definition.custom?.declaration.terminating === true)
      throw forbidden(
        resourceOf(definition),
        meta.name ?? '',
        'create not allowed while custom resource definition is terminating',
      )
    for (const key of [
      'uid',
      'resourceVersion',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      'selfLink',
      'creationTimestamp',
      'generation',
    ]) {
      if (key === 'resourceVersion' && meta[key] !== undefined && meta[key] !== '' && meta[key] !== '0') {
        throw badRequest('resourceVersion should not be set on objects to be created')
      }
      delete meta[key]
    }
    const attributes = this.#attributes('CREATE', definition, '', namespace, meta.name ?? '', draft, undefined, context)
    // Kubernetes: what admission adds belongs to nobody, so managers are recorded before it.
    if (!how.managed) {
      recordManagers(definition, undefined, draft, { context, subresource: '', nowMs: clock.now() })
    }
    await admission.admit(attributes)
    redefault(definition, draft, clock.now())
    await definition.loadAhead?.(draft)
    const generated =
      (meta.name === undefined || meta.name === '') && meta.generateName !== undefined && meta.generateName !== ''
    for (let attempt = 1; ; attempt++) {
      if (generated) meta.name = `${meta.generateName.slice(0, generatedPrefixMax)}${random.suffix(5)}`
      // Only a generated name may be tried again, and then needs the draft as it was.
      const source = generated ? cloneJson(draft) : draft
      const { value: object, release } = await this.#completeNew(definition, source, context, attributes)
      using _undo = release
      const key = storageKey(definition, namespace, meta.name)
      if (context.dryRun) {
        if ((await store.get(key)) !== undefined) throw alreadyExists(resourceOf(definition), meta.name)
        return this.#dry(definition, object, 201)
      }
      const stored = await asStored(definition, object)
      const written = await store.put(key, encodeStored(definition, stored), 0)
      if (written.ok) {
        release.keep()
        rememberObject(definition, written.entry, stored)
        return this.#reply(definition, written.entry, 201)
      }
      if (!generated || attempt >= generateAttemptsMax) throw alreadyExists(resourceOf(definition), meta.name)
    }
  }

  /** Stamps, prepares and checks a new object; the draft becomes it. */
  async #completeNew(
    definition: ResourceDefinition<any>,
    draft: Draft,
    context: RequestContext,
    attributes: Attributes,
  ): Promise<{ value: KubeObject; release: Release }> {
    const { clock, random } = this.#parts
    const nowMs = clock.now()
    definition.prepareForCreate(draft, { nowMs, uuid: () => random.uuid(), user: context.identity })
    draft.metadata.uid ??= random.uuid()
    draft.metadata.creationTimestamp = timestampOf(nowMs)
    const release = await this.#allocate(definition, draft, undefined, context.dryRun)
    try {
      const errors = definition.validate(draft)
      if (errors.length > 0)
        throw invalidObject(definition, draft.metadata.name ?? draft.metadata.generateName ?? '', errors)
      context.warnings.push(...definition.warnings(draft, undefined))
      const { name } = draft.metadata
      await this.#parts.admission.validate({ ...attributes, object: draft, name, onFailure: release.onFailure })
      return { value: draft, release }
    } catch (error) {
      release[Symbol.dispose]()
      throw error
    }
  }

  async update(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    name: string,
    change: Change,
    context: RequestContext,
  ): Promise<Result> {
    const { store } = this.#parts
    const key = storageKey(definition, namespace, name)
    for (let attempt = 1; ; attempt++) {
      const entry = await store.get(key)
      if (entry === undefined) {
        if (change.createIfAbsent !== true) throw notFound(resourceOf(definition), name)
        const draft = await change.next(undefined)
        this.#placeInNamespace(definition, draft, namespace)
        draft.metadata.name ??= name
        if (draft.metadata.resourceVersion === '0') delete draft.metadata.resourceVersion
        if (draft.metadata.resourceVersion) throw conflict(resourceOf(definition), name, objectModified)
        if (draft.metadata.uid)
          throw conflict(
            resourceOf(definition),
            name,
            `Precondition failed: UID in precondition: ${draft.metadata.uid}, UID in object meta: `,
          )
        return await this.#createDraft(definition, namespace, draft, context, {
          operation: change.operation ?? 'Update',
          managed: change.managed === true,
        })
      }
      const result = await this.#updateEntry(definition, namespace, name, entry, change, context).catch(
        (error: unknown) => {
          if (error instanceof LostRace && attempt < conflictRetriesMax) return undefined
          if (error instanceof LostRace) throw conflict(resourceOf(definition), name, objectModified)
          throw error
        },
      )
      if (result !== undefined) return result
    }
  }

  async #updateEntry(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    name: string,
    entry: Entry,
    change: Change,
    context: RequestContext,
  ): Promise<Result> {
    const { store } = this.#parts
    await readyAhead(definition, [entry])
    const previous = asVersion(definition, objectOf(definition, entry))
    const draft = await change.next(previous)
    this.#placeInNamespace(definition, draft, namespace)
    if (draft.metadata.name === undefined || draft.metadata.name === '') draft.metadata.name = name
    if (draft.metadata.name !== name)
      throw badRequest(`the name of the object (${draft.metadata.name}) does not match the name on the URL (${name})`)
    const stated = draft.metadata.resourceVersion
    if (stated === undefined || stated === '' || stated === '0') {
      if (!definition.allowUnconditionalUpdate && change.subresource === undefined && !change.retry) {
        throw invalidObject(definition, name, [
          {
            type: 'FieldValueInvalid',
            field: 'metadata.resourceVersion',
            message: 'Invalid value: 0: must be specified for an update',
          },
        ])
      }
    } else if (stated !== previous.metadata.resourceVersion)
      throw conflict(resourceOf(definition), name, objectModified)
    if (draft.metadata.uid !== undefined && draft.metadata.uid !== '' && draft.metadata.uid !== previous.metadata.uid) {
      throw conflict(
        resourceOf(definition),
        name,
        `Precondition failed: UID in precondition: ${draft.metadata.uid}, UID in object meta: ${previous.metadata.uid}`,
      )
    }
    keepSystemFields(draft, previous)
    const subresource = change.subresource ?? ''
    const attributes = this.#attributes('UPDATE', definition, subresource, namespace, name, draft, previous, context)
    using release =
      change.internal === true
        ? nothingHeld
        : await this.#completeChange(definition, change, draft, previous, attributes, context)
    if (context.dryRun)
      return this.#dry(
        definition,
        { ...draft, metadata: { ...draft.metadata, resourceVersion: previous.metadata.resourceVersion } },
        200,
      )
    const next = await asStored(definition, draft)
    const key = storageKey(definition, namespace, name)
    if (isFinished(definition, next)) {
      const gone = await store.delete(key, entry.modified)
      if (!gone.ok) throw this.#lost(definition, name, stated, change)
      return {
        type: 'object',
        code: 200,
        definition,
        object: atRevision(draft as KubeObject, gone.entry.modified),
      }
    }
    const bytes = encodeStored(definition, next)
    // Kubernetes: a write that changes nothing is not written, and keeps the revision.
    if (isStoredAlready(definition, entry, bytes, next)) return this.#reply(definition, entry, 200)
    const written = await store.put(key, bytes, entry.modified)
    if (!written.ok) throw this.#lost(definition, name, stated, change)
    release.keep()
    rememberObject(definition, written.entry, next)
    return this.#reply(definition, written.entry, 200)
  }

  /** Records managers, runs the strategy and admission, and checks what came of it. */
  async #completeChange(
    definition: ResourceDefinition<any>,
    change: Change,
    draft: Draft,
    previous: KubeObject,
    attributes: Attributes,
    context: RequestContext,
  ): Promise<Release> {
    const { clock, admission } = this.#parts
    const nowMs = clock.now()
    // Kubernetes: managers are recorded from what was sent; only then is put back what the caller may not change.
    const record = () => {
      if (change.managed === true) return
      recordManagers(definition, previous, draft, { context, subresource: change.subresource ?? '', nowMs })
    }
    if (change.strategy === undefined) record()
    this.#prepare(definition, change, draft, previous, nowMs)
    if (change.strategy !== undefined) record()
    await admission.admit(attributes)
    redefault(definition, draft, nowMs)
    await definition.loadAhead?.(draft)
    this.#prepare(definition, change, draft, previous, nowMs)
    // A status, or another part, asks for no addresses, and the spec beside it is the one that is kept.
    const isWhole = (change.subresource ?? '') === ''
    const release = await this.#allocate(isWhole ? definition : undefined, draft, previous, context.dryRun)
    try {
      const errors = this.#validateChange(definition, change, draft, previous)
      if (errors.length > 0) throw invalidObject(definition, draft.metadata.name, errors)
      context.warnings.push(...definition.warnings(draft, previous))
      await admission.validate({ ...attributes, object: draft, onFailure: release.onFailure })
      return release
    } catch (error) {
      release[Symbol.dispose]()
      throw error
    }
  }

  #lost(definition: ResourceDefinition<any>, name: string, stated: string | undefined, change: Change): Error {
    return change.retry || stated === undefined || stated === '' || stated === '0'
      ? new LostRace()
      : conflict(resourceOf(definition), name, objectModified)
  }

  #prepare(
    definition: ResourceDefinition<any>,
    change: Change,
    draft: Draft,
    previous: KubeObject,
    nowMs: number,
  ): void {
    const strategyContext = { nowMs, uuid: () => this.#parts.random.uuid() }
    if (change.strategy !== undefined) change.strategy.prepare(draft, previous)
    else if (change.subresource === 'status') definition.prepareForStatusUpdate(draft, previous, strategyContext)
    else definition.prepareForUpdate(draft, previous, strategyContext)
  }

  #validateChange(
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

  async delete(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<{ readonly object: KubeObject; readonly removed: boolean }> {
    const { store, clock, random, admission } = this.#parts
    const key = storageKey(definition, namespace, name)
    for (let attempt = 1; ; attempt++) {
      const entry = await store.get(key)
      if (entry === undefined) throw notFound(resourceOf(definition), name)
      const stored = objectOf(definition, entry)
      await readyAhead(definition, [entry])
      const object = asVersion(definition, stored)
      checkPreconditions(definition, object, options)
      const attributes = this.#attributes('DELETE', definition, '', namespace, name, undefined, object, context)
      await admission.admit(attributes)
      await admission.validate(attributes)
      const plan = planDeletion(definition, stored, options, clock.now())
      if (context.dryRun) return { object, removed: plan.action === 'remove' }
      if (plan.action === 'nothing') return { object, removed: false }
      if (plan.action === 'remove') {
        const gone = await store.delete(key, entry.modified)
        if (gone.ok) return { object: atRevision(object, gone.entry.modified), removed: true }
      } else {
        const marked: any = { ...stored, metadata: plan.metadata }
        definition.prepareForDelete?.(marked, { nowMs: clock.now(), uuid: () => random.uuid() })
        if (plan.namespacePhase !== undefined) marked.status = { ...marked.status, phase: plan.namespacePhase }
        const written = await store.put(key, encodeStored(definition, marked), entry.modified)
        if (written.ok) {
          rememberObject(definition, written.entry, marked)
          await readyAhead(definition, [written.entry])
          return { object: asVersion(definition, objectOf(definition, written.entry)), removed: false }
        }
      }
      if (attempt >= conflictRetriesMax) throw conflict(resourceOf(definition), name, objectModified)
    }
  }

  async deleteCollection(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<Result> {
    const list = await this.list(definition, namespace, {
      ...context,
      query: { ...context.query, limit: context.query.limit ?? '0' },
    })
    if (list.type !== 'list') throw new Error('a list was expected')
    for (const entry of list.entries) {
      const { metadata } = objectOf(definition, entry)
      await this.delete(definition, metadata.namespace, metadata.name, options, context).catch((error: unknown) => {
        const skip = error instanceof StatusError && (error.reason === 'NotFound' || isConflict(error))
        if (!skip) throw error
      })
    }
    return list
  }

  /** Asks admission about a body that is not an object of the kind itself: what a stream or a subresource is asked with. */
  async admitBody(
    operation: 'CONNECT' | 'CREATE',
    definition: ResourceDefinition<any>,
    target: { readonly namespace: string | undefined; readonly name: string; readonly subresource: string },
    body: { readonly kind: NonNullable<Attributes['kind']>; readonly object: Draft },
    context: RequestContext,
  ): Promise<void> {
    const { namespace, name, subresource } = target
    const about = this.#attributes(operation, definition, subresource, namespace, name, body.object, undefined, context)
    const attributes: Attributes = { ...about, kind: body.kind }
    await this.#parts.admission.admit(attributes)
    await this.#parts.admission.validate(attributes)
  }

  #attributes(
    operation: Attributes['operation'],
    definition: ResourceDefinition<any>,
    subresource: string,
    namespace: string | undefined,
    name: string,
    object: Draft,
    previous: KubeObject | undefined,
    context: RequestContext,
  ): Attributes {
    return {
      operation,
      definition,
      subresource,
      namespace: namespace ?? '',
      name,
      object,
      previous,
      identity: context.identity,
      dryRun: context.dryRun,
      options: optionsOf(operation, context),
      again: askedNobody(),
      ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
      warn: (text) => context.warnings.push(text),
      onFailure: () => {},
      annotate: (key, value) => context.audit?.annotate(key, value),
    }
  }

  async #allocate(
    definition: ResourceDefinition<any> | undefined,
    draft: Draft,
    previous: KubeObject | undefined,
    dryRun: boolean,
  ): Promise<Release> {
    const allocation = definition && this.#parts.allocations.get(`${definition.group}/${definition.plural}`)
    const held = await allocation?.allocate(draft, previous, dryRun)
    let kept = false
    const undos: (() => Promise<void>)[] = []
    return {
      keep: () => void (kept = true),
      onFailure: (undo) => void undos.push(undo),
      [Symbol.dispose]() {
        if (kept) return
        kept = true
        held?.[Symbol.dispose]()
        // Should an undo fail, too, whoever counts anew will find out.
        for (const undo of undos) void undo().catch(() => {})
      },
    }
  }

  /** Kubernetes: the body may leave the namespace out; a different one is refused. */
  #placeInNamespace(definition: ResourceDefinition<any>, draft: Draft, namespace: string | undefined): void {
    const stated = draft.metadata.namespace ?? ''
    const wanted = definition.scope === 'Namespaced' ? (namespace ?? '') : ''
    if (stated !== '' && stated !== wanted) {
      throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
    }
    if (wanted === '') delete draft.metadata.namespace
    else draft.metadata.namespace = wanted
  }

  async #reply(definition: ResourceDefinition<any>, entry: Entry, code: number): Promise<Result> {
    await readyAhead(definition, [entry])
    return { type: 'object', code, definition, object: asVersion(definition, objectOf(definition, entry)), entry }
  }

  #dry(definition: ResourceDefinition<any>, object: KubeObject, code: number): Result {
    return { type: 'object', code, definition, object }
  }
}

/** The options of a write as webhooks and policies see them. */
function optionsOf(operation: Attributes['operation'], { query, dryRun, manager }: RequestContext): object {
  const kind = `${operation.charAt(0)}${operation.slice(1).toLowerCase()}Options`
  return {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...(dryRun ? { dryRun: ['All'] } : {}),
    ...(operation === 'DELETE' ? {} : { fieldManager: query.fieldManager ?? manager }),
    ...(query.fieldValidation === undefined ? {} : { fieldValidation: query.fieldValidation }),
  }
}

/** A newer write came in between; the change is computed again from what it left. */
class LostRace extends Error {}

/** What a write holds that allocates nothing. */
const nothingHeld: Release = { keep() {}, onFailure() {}, [Symbol.dispose]() {} }

interface Release extends Disposable {
  keep(): void
  readonly onFailure: Attributes['onFailure']
}

function resourceOf(definition: ResourceDefinition<any>): { group: string; resource: string } {
  return { group: definition.group, resource: definition.plural }
}

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
