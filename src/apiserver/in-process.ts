import type { ApiCall, ApiReply, Clock, KubeObject, Random, Transport, WatchEvent } from '../machinery/index.ts'
import type { ResourceDefinition } from '../resources/index.ts'
import type { Auditor } from './audit/auditor.ts'
import { audited, auditedCall } from './audit/calls.ts'
import { notServed, type Target } from './handle/handle.ts'
import { listObject } from './handle/objects.ts'
import { bookmarkOf } from './http/render.ts'
import { asVersion } from './registry/draft.ts'
import { atRevision, objectOf } from './registry/encoding.ts'
import type { Identity, RequestContext, Result } from './request.ts'
import type { HubEvent } from './watch/event.ts'

/** What calls of this process need of the server. */
export interface InProcessParts {
  readonly clock: Clock
  readonly random: Random
  readonly handle: (target: Target, context: RequestContext) => Promise<Result>
  readonly resourceFor: (of: {
    group: string
    version: string
    resource: string
  }) => ResourceDefinition<any> | undefined
  readonly documentFor: (identity: Identity, path: string) => Promise<object>
  readonly auditor: Auditor | undefined
  /** The way to another server that serves the group version, where there is one. */
  readonly elsewhere: (
    of: { readonly group: string; readonly version: string },
    identity: Identity,
  ) => ((call: ApiCall, signal: AbortSignal) => Promise<ApiReply>) | undefined
}

/** The same handler, without bytes: objects go in and frozen objects come out. */
export function inProcess(parts: InProcessParts, identity: Identity, userAgent: string): Transport {
  const { handle, resourceFor, documentFor } = parts
  return async (call: ApiCall, signal: AbortSignal = neverAborted): Promise<ApiReply> => {
    if (call.path !== undefined) return { code: 200, body: await documentFor(identity, call.path) }
    const remote = parts.elsewhere(call, identity)
    if (remote !== undefined) return remote(call, signal)
    const definition = resourceFor(call)
    if (definition === undefined) throw notServed()
    const query = call.query ?? {}
    const warnings: string[] = []
    const audit = parts.auditor?.begin(auditedCall(parts, call, identity, userAgent))
    const context: RequestContext = {
      ...(audit === undefined ? {} : { audit }),
      identity,
      query,
      manager: query.fieldManager ?? userAgent,
      dryRun: query.dryRun === 'All',
      fieldValidation: 'Ignore',
      warnings,
      signal,
    }
    const target: Target = {
      verb: call.verb,
      definition,
      namespace: call.namespace,
      name: call.name,
      subresource: call.subresource ?? '',
      body: call.body,
      ...(call.patchType === undefined ? {} : { patchType: call.patchType }),
    }
    const result = await (audit === undefined ? handle(target, context) : audited(audit, () => handle(target, context)))
    const more = warnings.length === 0 ? {} : { warnings }
    if (result.type === 'watch') return { code: 200, events: objectsOf(result), ...more }
    if (result.type === 'list') return { code: 200, body: listObject(result), ...more }
    return { code: result.code, body: result.type === 'object' ? result.object : result.body, ...more }
  }
}

const neverAborted = new AbortController().signal

async function* objectsOf({ definition, events }: Result & { type: 'watch' }): AsyncIterable<readonly WatchEvent[]> {
  for await (const batch of events) yield batch.map((event) => objectEvent(definition, event))
}

function objectEvent(definition: ResourceDefinition<any>, event: HubEvent): WatchEvent {
  if (event.type === 'BOOKMARK' || event.entry === undefined)
    return { type: 'BOOKMARK', object: bookmarkOf(definition, event) as any }
  return {
    type: event.type,
    object: atRevision(asVersion(definition, objectOf(definition, event.entry)) as KubeObject, event.revision),
  }
}
