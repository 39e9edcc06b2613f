import { type ApiVerb, methodNotServed, type PatchType, StatusError } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { WireRequest } from '../../wire/index.ts'
import { noteResult } from '../audit/calls.ts'
import type { Target } from '../handle/handle.ts'
import { isTrue, wholeOf } from '../query-texts.ts'
import { packageOf } from '../registry/refused-bodies.ts'
import type { RequestContext, Result } from '../request.ts'
import { queryOf } from './asked-url.ts'
import { bodyOf } from './body.ts'
import type { Caller } from './caller.ts'
import { checkAccepted, type Offers, patchTypeOf, type ReplyForm, replyFormOf } from './negotiate.ts'
import { dryRunOf, fieldValidationOf, managerOf, verbOf } from './parameters.ts'
import type { ServeParts } from './parts.ts'
import type { Route } from './route.ts'

/** What a request about a resource came to, and how it is to be told. */
export interface Answered {
  readonly result: Result
  readonly form: ReplyForm
  readonly query: RequestContext['query']
}

/** Finds out what a request about a resource means, and does it. */
export async function ask(
  parts: ServeParts,
  request: WireRequest,
  url: URL,
  route: Route & { type: 'resource' },
  definition: ResourceDefinition<any>,
  { identity, audit, begun, waited, traceparent }: Caller,
  warnings: string[],
): Promise<Answered> {
  const asked = queryOf(url)
  const verb = verbOf(request.method, route, url.searchParams) as ApiVerb
  const offers: Offers = { protobuf: definition.custom === undefined, cbor: parts.cbor, stream: verb === 'watch' }
  const { accept, 'content-type': contentType } = request.headers
  let problem: Target['problem']
  const unless = <T>(read: () => T, otherwise: T): T => {
    try {
      return read()
    } catch (error) {
      problem ??= { error }
      return otherwise
    }
  }
  const plain: ReplyForm = { encoding: 'json', pretty: false }
  const name = nameIn(route, definition, verb)
  const query = verb === 'watch' && name !== undefined ? { ...asked, fieldSelector: `metadata.name=${name}` } : asked
  const isOfOne = verb === 'update' || verb === 'patch'
  if (request.method === 'HEAD' || (definition.custom === undefined && isOfOne && name === undefined))
    problem = { error: methodNotServed() }
  if (definition.custom === undefined) unless(() => checkAccepted(accept, verb, offers), undefined)
  const patchType =
    verb === 'patch'
      ? unless(() => patchTypeOf(contentType, patchTypesOf(definition), parts.cbor), undefined)
      : undefined
  const form = unless(() => replyFormOf(accept, isTrue(query.pretty), offers), plain)
  if (verb === 'list' || verb === 'watch')
    for (const text of [query.timeoutSeconds, query.limit]) unless(() => wholeOf(text), undefined)
  if (!['get', 'list', 'watch'].includes(verb)) parts.storageVersions?.checkWrite(definition, route.namespace)
  const context: RequestContext = {
    ...(audit === undefined ? {} : { audit }),
    ...(begun === undefined ? {} : { begun }),
    ...(waited === undefined ? {} : { waited }),
    ...(traceparent === undefined ? {} : { traceparent }),
    identity,
    query,
    manager: unless(() => managerOf(query, request.headers['user-agent'], verb), ''),
    dryRun: unless(() => dryRunOf(query, verb), false),
    fieldValidation: unless(() => fieldValidationOf(query, verb), 'Warn'),
    warnings,
    get signal() {
      return request.signal
    },
    ...(verb === 'watch' ? { lasts: (end: () => void) => parts.shutdown.watch(end) } : {}),
  }
  let body = {}
  try {
    if (problem === undefined) body = await bodyOf(request, verb, definition, offers, route.subresource)
  } catch (error) {
    problem = { error }
  }
  const target: Target = {
    verb,
    definition,
    namespace: definition.scope === 'Namespaced' ? route.namespace : undefined,
    name,
    subresource: route.subresource,
    ...(patchType === undefined ? {} : { patchType }),
    ...(problem === undefined ? body : { problem }),
  }
  const result = await parts.handle(target, context)
  if (audit !== undefined) noteResult(audit, result)
  checkForm(form, result)
  return { result, form, query }
}

/** Kubernetes: 406 for a list where one object's metadata was asked for, and the other way round. */
function checkForm({ as }: ReplyForm, result: Result): void {
  if (as !== 'PartialObjectMetadata' && as !== 'PartialObjectMetadataList') return
  if (result.type !== 'list' && result.type !== 'object') return
  const isList = result.type === 'list'
  if (isList === (as === 'PartialObjectMetadataList')) return
  const { group, kind, listKind, custom } = result.definition
  const whole = isList ? listKind : kind
  const type =
    custom === undefined ? `${packageOf(group)}.${whole}` : `unstructured.Unstructured${isList ? 'List' : ''}`
  const why = `the requested object is ${isList ? 'a list' : 'not a list'} (*${type})`
  throw new StatusError(406, 'NotAcceptable', `you requested ${as}, but ${why}`)
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
