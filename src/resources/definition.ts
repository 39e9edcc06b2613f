import type { Decoded, FieldError, KubeObject, Shape } from '../machinery/index.ts'

export type Scope = 'Namespaced' | 'Cluster'

/** A table column as meta.k8s.io/v1 Table defines it; priority 0 is always shown, above 0 only with -o wide. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly priority: number
  readonly description?: string
}
export type Cell = string | number | boolean | null

export interface SubresourceDefinition {
  readonly name: string
  readonly verbs: readonly string[]
  /** The kind of its body, when it is not the parent's. */
  readonly kind?: string
  readonly group?: string
  readonly version?: string
  /** A stream or proxy (exec, attach, portforward, proxy), not an object. */
  readonly connect?: boolean
  readonly pathSuffix?: boolean
  /** HTTP methods answered beyond those of `verbs` (proxy: HEAD, OPTIONS). */
  readonly methodsAlso?: readonly string[]
}

/** What a strategy hook may know besides the objects. */
export interface StrategyContext {
  readonly nowMs: number
  readonly uuid: () => string
  /** Who asks, where a request is behind it. */
  readonly user?: {
    readonly name: string
    readonly uid?: string
    readonly groups: readonly string[]
    readonly extra?: Readonly<Record<string, readonly string[]>>
  }
}
/** A draft: an object still being built, freely writable. */
export type Draft = any

/** How the objects of a kind are read, filled in and compared. Built-in kinds read the generated tables. */
export interface ObjectSchema {
  /**
   * The object a JSON value stands for: unknown fields gone and reported. Throws DecodeError. Parts that it shares with `known`,
   * an object of the kind, may be kept as they are, frozen.
   */
  decode(json: unknown, known?: KubeObject): Decoded
  /** Fills in, in place, what was left out; doing it twice changes nothing more. `now` is a timestamp. */
  applyDefaults(draft: Draft, now?: string): void
  /** The object in which nothing is set. */
  zero(): Draft
  /** How managed fields tell its parts apart. */
  shape(): Shape
}

/** One state of a CustomResourceDefinition, shared by the definitions of all its versions; a change of it makes a new one. */
export interface Declaration {
  /** The object as the version it is stored in has it now: filled in and pruned; the same object when nothing changed. */
  current(object: KubeObject): KubeObject
  /** Whether other versions are asked of somebody else, so that they must be converted ahead of use. */
  readonly convertsElsewhere: boolean
  /** The objects in another version of the kind, in order. Rejects with a StatusError when whoever converts fails. */
  convert(objects: readonly KubeObject[], apiVersion: string): readonly KubeObject[] | Promise<readonly KubeObject[]>
  /** While the declaration is on its way out nothing new is created. */
  readonly terminating: boolean
}

/** What a kind that was declared through the API has beyond what every definition has. */
export interface CustomKind {
  readonly declaration: Declaration
  /** The `openAPIV3Schema` of the version, as it was declared. */
  readonly openApi: object
  /** Where its scale is, dotted paths from the root. */
  readonly scale?: {
    readonly specReplicasPath: string
    readonly statusReplicasPath: string
    readonly labelSelectorPath?: string
  }
}

/**
 * Everything the system knows of one kind; server, client, CLI, OpenAPI and docs read nothing else.
 * The facts (names, verbs, columns, schema reference) come from the generated tables; the hooks are written by hand.
 */
export interface ResourceDefinition<T extends KubeObject = KubeObject> {
  readonly group: string
  readonly version: string
  readonly kind: T['kind']
  readonly listKind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly scope: Scope
  readonly verbs: readonly string[]
  readonly servedByDefault: boolean
  /** What every request for a deprecated version is told. */
  readonly deprecation?: string
  /** False for reviews and other kinds that are answered, never kept. */
  readonly stored: boolean
  /** OpenAPI name of the type: the key into the schema tables. */
  readonly type: string
  readonly schema: ObjectSchema
  /** Only of kinds that were declared by a CustomResourceDefinition. */
  readonly custom?: CustomKind
  /** The version objects are kept in, the path below the registry root, and the hash discovery publishes. */
  readonly storage: { readonly group: string; readonly version: string; readonly prefix: string; readonly hash: string }
  readonly subresources: readonly SubresourceDefinition[]
  readonly columns: readonly ColumnDefinition[]
  /** Field labels a fieldSelector may use; metadata.name and metadata.namespace included where legal. */
  readonly fieldLabels: readonly string[]
  /** The value of one of `fieldLabels` in an object, as text; absent fields give their zero value's text. */
  field(object: T, label: string): string
  /** Table cells, one per column, as kubectl shows them. */
  cells(object: T, nowMs: number): readonly Cell[]
  /** Sets what the server decides on create (and clears what callers may not set). Runs after defaulting. */
  prepareForCreate(draft: Draft, context: StrategyContext): void
  /** Keeps what callers may not change on update of the main resource, and moves generation. Runs after defaulting. */
  prepareForUpdate(draft: Draft, previous: T, context: StrategyContext): void
  /** The same for `/status`: everything but status and the allowed metadata is taken from the previous object. */
  prepareForStatusUpdate(draft: Draft, previous: T, context: StrategyContext): void
  /** The metadata that a write of the status leaves as it is; nothing of it for most kinds. */
  readonly statusKeeps?: readonly string[]
  /** All that is wrong with a new object, beyond its schema. */
  validate(object: T): readonly FieldError[]
  /** All that is wrong with the change; includes what validate finds where Kubernetes does the same. */
  validateUpdate(object: T, previous: T): readonly FieldError[]
  validateStatusUpdate(object: T, previous: T): readonly FieldError[]
  /** Warnings Kubernetes adds to a write (deprecated fields, duplicate env names, …), without the 299 prefix. */
  warnings(object: T, previous: T | undefined): readonly string[]
  /** Kubernetes: whether a create by PUT is allowed (leases, endpoints, events, …). */
  readonly allowCreateOnUpdate: boolean
  /** Kubernetes: whether a PUT without resourceVersion overwrites whatever is there. */
  readonly allowUnconditionalUpdate: boolean
  /** Loads what checking this object needs and is not there yet; undefined when everything is. */
  loadAhead?(draft: Draft): Promise<void> | undefined
  /** Finalizers that a delete adds, so that somebody can clean up first. */
  readonly deletionFinalizers?: readonly string[]
  /** Kubernetes, as it was before there was a garbage collector: a delete that does not say what becomes of dependents leaves them. */
  readonly orphansByDefault?: boolean
  /** What a delete is told that does not say what becomes of dependents. */
  readonly deleteWarning?: string
  /** Sets what a delete that must wait for finalizers leaves behind, besides the deletion timestamp. */
  prepareForDelete?(draft: Draft, context: StrategyContext): void
  /** Default grace for deletes without one; undefined for kinds that go at once. */
  readonly graceful: boolean
}
