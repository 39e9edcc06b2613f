import type { ApiVerb, PatchType } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { WireRequest } from '../../wire/index.ts'
import { noteResult } from '../audit/calls.ts'
import type { Target } from '../handle/handle.ts'
import type { RequestContext, Result } from '../request.ts'
import { queryOf } from './asked-url.ts'
import { bodyOf } from './body.ts'
import type { Caller } from './caller.ts'
import { type Offers, patchTypeOf, type ReplyForm, replyFormOf } from './negotiate.ts'
import { dryRunOf, fieldValidationOf, isTrue, managerOf, verbOf } from './parameters.ts'
import type { ServeParts } from './parts.ts'
import type { Route } from './route.ts'

/** What a request about a resource came to, and how it is to be told. */
export interface Answered {
  readonly result: Result
  readonly form: ReplyForm
  readonly query: RequestContext['query']
  readonly warnings: readonly string[]
}

/** Finds out what a request about a resource means, and does it. */
export async function ask(
  parts: ServeParts,
  request: WireRequest,
  url: URL,
  route: Route & { type: 'resource' },
  definition: ResourceDefinition<any>,
  { identity, audit, begun, waited, traceparent }: Caller,
): Promise<Answered> {
  const query = queryOf(url)
  const verb = verbOf(request.method, route, url.searchParams) as ApiVerb
  const offers: Offers = { protobuf: definition.custom === undefined, cbor: parts.cbor, stream: verb === 'watch' }
  const form = replyFormOf(request.headers.accept, isTrue(query.pretty), offers)
  const { 'content-type': contentType } = request.headers
  if (!['get', 'list', 'watch'].includes(verb)) parts.storageVersions?.checkWrite(definition, route.namespace)
  const warnings: string[] = []
  const context: RequestContext = {
    ...(audit === undefined ? {} : { audit }),
    ...(begun === undefined ? {} : { begun }),
    ...(waited === undefined ? {} : { waited }),
    ...(traceparent === undefined ? {} : { traceparent }),
    identity,
    query,
    manager: managerOf(query, request.headers['user-agent'], verb),
    dryRun: dryRunOf(query, verb),
    fieldValidation: fieldValidationOf(query),
    warnings,
    get signal() {
      return request.signal
    },
    ...(verb === 'watch' ? { lasts: (end: () => void) => parts.shutdown.watch(end) } : {}),
  }
  const target: Target = {
    verb,
    definition,
    namespace: definition.scope === 'Namespaced' ? route.namespace : undefined,
    name: nameIn(route, definition, verb),
    subresource: route.subresource,
    ...(verb === 'patch' ? { patchType: patchTypeOf(contentType, patchTypesOf(definition), parts.cbor) } : {}),
    ...(await bodyOf(request, verb, definition, offers, route.subresource)),
  }
  const result = await parts.handle(target, context)
  if (audit !== undefined) noteResult(audit, result)
  return { result, form, query, warnings }
}

/** Namespaces are named by what is a place for all others. */
function nameIn(route: Route & { type: 'resource' }, { kind }: ResourceDefinition<any>, verb: ApiVerb) {
  if (kind !== 'Namespace' || route.resource !== 'namespaces') return route.name
  const isOfAll = verb === 'create' || verb === 'list' || verb === 'watch'
  return route.name ?? (isOfAll ? undefined : route.namespace)
}

/** Kubernetes: strategic patches need Go types, which custom resources do not have. */
function patchTypesOf({ custom }: ResourceDefinition<any>): readonly PatchType[] | undefined {
  return custom === undefined ? undefined : ['json', 'merge', 'apply']
}
