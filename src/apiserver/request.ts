import type { KubeObject } from '../machinery/index.ts'
import type { ResourceDefinition } from '../resources/index.ts'
import type { Entry, Revision } from '../store/index.ts'
import type { AuditRecord } from './audit/auditor.ts'
import type { HubEvent } from './watch/event.ts'
import type { HubEvents } from './watch/watcher.ts'

/** Who is calling, as authentication found out (authentication.k8s.io UserInfo). */
export interface Identity {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** What every step of one request may know. */
export interface RequestContext {
  readonly identity: Identity
  readonly query: Readonly<Record<string, string>>
  /** Kubernetes: fieldManager, else the User-Agent up to its first slash. */
  readonly manager: string
  readonly dryRun: boolean
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  /** Texts for `Warning: 299` headers, in order. */
  readonly warnings: string[]
  readonly signal: AbortSignal
  /** What is written down of this request, where the audit policy wants it. */
  readonly audit?: AuditRecord
  /** The trace the request is part of, for whoever is called on its behalf. */
  readonly traceparent?: string
  /** Told how a watch is ended before its time, until it is disposed. */
  readonly lasts?: (end: () => void) => Disposable
  /** Told once a watch has sent what was there before. */
  readonly begun?: () => void
  /** Told how long a webhook was waited for, in ms. */
  readonly waited?: (ms: number) => void
}

/** What a request comes to, before anything is rendered. */
export type Result =
  | {
      readonly type: 'object'
      readonly code: number
      /** The definition (group and version) the object is to be shown as. */
      readonly definition: ResourceDefinition<any>
      readonly object: KubeObject
      /** The stored form of `object`, when it is exactly that: its bytes can be sent without rendering. */
      readonly entry?: Entry
    }
  | {
      readonly type: 'list'
      readonly definition: ResourceDefinition<any>
      readonly revision: Revision
      readonly entries: readonly Entry[]
      /** What tells a list asked for as a whole from all others, in any version. */
      readonly name?: string
      readonly continue?: string
      readonly remaining?: number
    }
  | {
      readonly type: 'watch'
      readonly definition: ResourceDefinition<any>
      readonly events: AsyncIterable<readonly HubEvent[]> & Partial<HubEvents>
    }
  /** Anything that is not a stored object: Status, Scale, reviews, tokens. `kindType` is its OpenAPI name. */
  | {
      readonly type: 'value'
      readonly code: number
      readonly body: any
      readonly kindType?: string
      /** What a table of it shows; there is no table of other values. */
      readonly rows?: { readonly definition: ResourceDefinition<any>; readonly objects: readonly KubeObject[] }
    }
