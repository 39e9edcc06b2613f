import { badRequest, type Clock, type KubeObject, type Random } from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { Entry, Store } from '../../store/index.ts'
import { type Admission, type Attributes, askedNobody } from '../admission/admission.ts'
import type { RequestContext, Result } from '../request.ts'
import type { WatchHub } from '../watch/hub.ts'
import { asVersion, readyAhead } from './draft.ts'
import { objectOf } from './encoding.ts'
import type { CountList } from './list-measures.ts'

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
  readonly countList?: CountList
  /** By `group/plural`. */
  readonly allocations: ReadonlyMap<string, Allocation>
}

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
  /** About how many characters longer the object becomes; where it is said, something does change. */
  readonly growth?: number
  /** Already holds its managedFields (server-side apply). */
  readonly managed?: boolean
  readonly createIfAbsent?: boolean
  /** Throws what is wrong with what was sent, where `next` would tell it only now; asked when there is nothing to change. */
  refuse?(): void
}

/** How often a write that states no revision is tried again when another writer was faster. */
export const conflictRetriesMax = 20

/** One write as admission is asked about it. */
export function attributesOf(
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
    ...(context.waited === undefined ? {} : { waited: context.waited }),
    warn: (text) => context.warnings.push(text),
    onFailure: () => {},
    annotate: (key, value) => context.audit?.annotate(key, value),
  }
}

/** What a write takes from what is handed out: kept once it is stored, else given back. */
export function allocate(
  parts: RegistryParts,
  definition: ResourceDefinition<any> | undefined,
  draft: Draft,
  previous: KubeObject | undefined,
  dryRun: boolean,
): Promise<Release> | Release {
  const allocation = definition && parts.allocations.get(`${definition.group}/${definition.plural}`)
  return allocation === undefined ? releaseOf(undefined) : allocation.allocate(draft, previous, dryRun).then(releaseOf)
}

function releaseOf(held: Disposable | undefined): Release {
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
export function placeInNamespace(
  definition: ResourceDefinition<any>,
  draft: Draft,
  namespace: string | undefined,
): void {
  const stated = draft.metadata.namespace ?? ''
  const wanted = definition.scope === 'Namespaced' ? (namespace ?? '') : ''
  if (stated !== '' && stated !== wanted) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  }
  if (wanted === '') delete draft.metadata.namespace
  else draft.metadata.namespace = wanted
}

/** What a write answers with: the object as it is stored now. */
export function replyOf(definition: ResourceDefinition<any>, entry: Entry, code: number): Promise<Result> | Result {
  const ahead = readyAhead(definition, [entry])
  return ahead === undefined ? replyNow(definition, entry, code) : ahead.then(() => replyNow(definition, entry, code))
}

function replyNow(definition: ResourceDefinition<any>, entry: Entry, code: number): Result {
  return { type: 'object', code, definition, object: asVersion(definition, objectOf(definition, entry)), entry }
}

/** What a dry run answers with: the object as it would have been stored. */
export function dryReply(definition: ResourceDefinition<any>, object: KubeObject, code: number): Result {
  return { type: 'object', code, definition, object }
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

/** What a write holds that allocates nothing. */
export const nothingHeld: Release = { keep() {}, onFailure() {}, [Symbol.dispose]() {} }

/** What a write holds until it is stored. */
export interface Release extends Disposable {
  keep(): void
  readonly onFailure: Attributes['onFailure']
}

/** A kind's group and resource, as errors name it. */
export function resourceOf(definition: ResourceDefinition<any>): { group: string; resource: string } {
  return { group: definition.group, resource: definition.plural }
}

/** The kind as what is wrong with an object names it. Kubernetes: by the group it is kept in, whichever it came through. */
export function storedKindOf({ kind, storage }: ResourceDefinition<any>): { group: string; kind: string } {
  return { group: storage.group, kind }
}
