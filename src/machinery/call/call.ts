import type { KubeObject } from '../object/object.ts'
import type { Status } from '../status/status.ts'

export type ApiVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'
export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

/** One API request, already decoded. HTTP is an adapter at either end, never in the middle. */
export interface ApiCall {
  readonly verb: ApiVerb
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
  /** Query parameters as on the wire: labelSelector, fieldSelector, resourceVersion, limit, continue, dryRun, … */
  readonly query?: Readonly<Record<string, string>>
  /** A path outside resources, read with `get` (`/apis`: discovery, in its aggregated form); all names above are empty then. */
  readonly path?: string
  /** The object, the patch document, or DeleteOptions. */
  readonly body?: unknown
  readonly patchType?: PatchType
}

/** What a watch yields. Objects are frozen and shared with the server's cache when in process. */
export type WatchEvent<T extends KubeObject = KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | {
      readonly type: 'BOOKMARK'
      readonly object: {
        readonly kind: string
        readonly apiVersion: string
        readonly metadata: { readonly resourceVersion: string; readonly annotations?: Readonly<Record<string, string>> }
      }
    }
  | { readonly type: 'ERROR'; readonly object: Status }

export interface ObjectList<T extends KubeObject = KubeObject> {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: {
    readonly resourceVersion: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly items: readonly T[]
}

/** `body` for single objects, lists and Status; `events` (batches, in order) for watches. */
export type ApiReply =
  | { readonly code: number; readonly body: unknown; readonly warnings?: readonly string[] }
  | { readonly code: 200; readonly events: AsyncIterable<readonly WatchEvent[]>; readonly warnings?: readonly string[] }

/** `server.transportFor(identity)` in process, `httpTransport(url, credentials)` over the wire. Failures reject with StatusError. */
export type Transport = (call: ApiCall, signal?: AbortSignal) => Promise<ApiReply>
