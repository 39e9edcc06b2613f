import { type KubeObject, notFound } from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { Attributes } from '../admission/admission.ts'
import type { RequestContext, Result } from '../request.ts'
import { createDraft, type SeededStatus, seedObject } from './creating.ts'
import { deleteCollection, deleteObject } from './deleting.ts'
import type { DeleteOptions } from './deletion.ts'
import { asVersion, readyAhead } from './draft.ts'
import { objectOf, prefixOf, storageKey } from './encoding.ts'
import { createGranted } from './granted.ts'
import { checkFuture, listObjects, watchObjects } from './reading.ts'
import { Templates } from './templates.ts'
import { updateObject } from './updating.ts'
import { attributesOf, type Change, placeInNamespace, type RegistryParts, replyOf, resourceOf } from './write.ts'

export type { Allocation, Change, RegistryParts } from './write.ts'

const none: readonly never[] = Object.freeze([])

/** The verbs, the same for every kind; what differs is in the definition. */
export class Registry {
  readonly #parts: RegistryParts
  readonly #templates: Templates

  constructor(parts: RegistryParts) {
    this.#parts = parts
    this.#templates = new Templates(parts.random)
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
    return replyOf(definition, entry, 200)
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

  /** The same at once, of a kind that is never converted by somebody else: for those who need not wait for anybody. */
  current<T extends KubeObject>(
    definition: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
  ): T | undefined {
    const entry = this.#parts.store.current(storageKey(definition, namespace, name))
    return entry === undefined ? undefined : (asVersion(definition, objectOf(definition, entry)) as T)
  }

  /** All of such a kind, at once. */
  allCurrent<T extends KubeObject>(definition: ResourceDefinition<T>, namespace?: string): readonly T[] {
    const entries = this.#parts.store.currentBelow(prefixOf(definition, namespace))
    return entries.length === 0 ? none : entries.map((entry) => asVersion(definition, objectOf(definition, entry)) as T)
  }

  /** All parsed objects of a kind: for use inside the server. */
  async all<T extends KubeObject>(definition: ResourceDefinition<T>, namespace?: string): Promise<readonly T[]> {
    const page = await this.#parts.store.list(prefixOf(definition, namespace))
    await readyAhead(definition, page.entries)
    return page.entries.map((entry) => asVersion(definition, objectOf(definition, entry)) as T)
  }

  /** Whether nothing of a kind is stored. */
  isEmpty(definition: ResourceDefinition<any>, namespace?: string): boolean {
    return this.#parts.store.currentBelow(prefixOf(definition, namespace), 1).length === 0
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
    const of = this.#templates.of(definition, body, context)
    const template = 'template' in of ? of.template : undefined
    if ('template' in of) {
      const granted = of.template.granted(namespace, of.name, context.identity)
      if (granted !== undefined)
        return await createGranted(this.#parts, definition, of.template, granted, of.name, context)
    }
    const draft = 'draft' in of ? of.draft : of.template.draft(of.name)
    placeInNamespace(definition, draft, namespace)
    const how = { operation: 'Update', managed: false, template } as const
    return await createDraft(this.#parts, definition, namespace, draft, context, how)
  }

  /**
   * Stores an object that the server itself brings, unless one of its name is there: what `create` would store, and what a
   * write of its status would make of that. Such objects are whole, in their kind's order and allowed by everybody, so they
   * are neither read nor asked about; a test holds that.
   */
  seed(
    definition: ResourceDefinition<any>,
    brought: Draft,
    context: RequestContext,
    status?: SeededStatus,
  ): Promise<void> {
    return seedObject(this.#parts, definition, brought, context, status)
  }

  update(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    name: string,
    change: Change,
    context: RequestContext,
  ): Promise<Result> {
    return updateObject(this.#parts, definition, namespace, name, change, context)
  }

  delete(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<{ readonly object: KubeObject; readonly removed: boolean }> {
    return deleteObject(this.#parts, definition, namespace, name, options, context)
  }

  deleteCollection(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<Result> {
    return deleteCollection(this.#parts, definition, namespace, options, context)
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
    const about = attributesOf(operation, definition, subresource, namespace, name, body.object, undefined, context)
    const attributes: Attributes = { ...about, kind: body.kind }
    const { admission } = this.#parts
    const admitting = admission.admit(attributes)
    if (admitting !== undefined) await admitting
    const validating = admission.validate(attributes)
    if (validating !== undefined) await validating
  }
}
