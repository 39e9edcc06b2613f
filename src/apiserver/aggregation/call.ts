import {
  type ApiCall,
  type ApiReply,
  httpMethods,
  patchMediaTypes,
  StatusError,
  type WatchEvent,
} from '../../machinery/index.ts'
import type { Authorizer } from '../authz/authorize.ts'
import type { Identity } from '../request.ts'
import type { IncomingReply } from '../streams/connections.ts'
import type { Remote } from './aggregator.ts'
import { connectExtension, type ExtensionParts, identityHeaders } from './extension.ts'

export interface RemoteCallParts extends ExtensionParts {
  readonly authorizer: Authorizer
}

/** A call of somebody in this process about what an extension server serves: judged here, answered there. */
export async function callRemote(
  { service, available }: Remote,
  parts: RemoteCallParts,
  identity: Identity,
  call: ApiCall,
  signal: AbortSignal,
): Promise<ApiReply> {
  const { verb, group, version, resource, subresource = '', namespace = '', name = '' } = call
  await parts.authorizer.check(identity, { verb, group, version, resource, subresource, namespace, name })
  if (!available) throw new StatusError(503, 'ServiceUnavailable', 'service unavailable')
  const body = call.body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(call.body))
  let reply: IncomingReply
  try {
    const connection = await connectExtension(service, parts)
    const type = verb === 'patch' ? patchMediaTypes[call.patchType ?? 'strategic'] : 'application/json'
    reply = await connection.request(
      {
        method: httpMethods[verb],
        path: pathOf(call),
        headers: {
          accept: 'application/json',
          ...identityHeaders(identity),
          ...(body === undefined ? {} : { 'content-type': type, 'content-length': String(body.length) }),
        },
        ...(body === undefined ? {} : { body: once(body) }),
      },
      signal,
    )
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StatusError(503, 'ServiceUnavailable', `error trying to reach service: ${why}`, undefined, error)
  }
  if (reply.status >= 400) throw failureOf(reply.status, await textOf(reply), call)
  if (verb === 'watch') return { code: 200, events: eventsOf(reply) }
  return { code: reply.status, body: withKinds(JSON.parse(await textOf(reply))) }
}

function pathOf({ group, version, namespace, resource, name, subresource, query = {}, verb }: ApiCall): string {
  const segments = [
    ...(namespace === undefined || namespace === '' ? [] : ['namespaces', namespace]),
    resource,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined || subresource === '' ? [] : [subresource]),
  ]
  const search = new URLSearchParams({ ...query, ...(verb === 'watch' ? { watch: 'true' } : {}) }).toString()
  const path = segments.map((one) => encodeURIComponent(one)).join('/')
  return `/apis/${group}/${version}/${path}${search === '' ? '' : `?${search}`}`
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

async function textOf({ body }: IncomingReply): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** The Status it answered with, or what clients make of another answer. */
function failureOf(code: number, text: string, { verb, group, resource }: ApiCall): StatusError {
  try {
    const status = JSON.parse(text)
    if (status.kind === 'Status') return StatusError.from(status)
  } catch {
    // Not a Status.
  }
  const about = `(${verb} ${resource}.${group})`
  if (code === 404) return new StatusError(404, 'NotFound', `the server could not find the requested resource ${about}`)
  return new StatusError(
    code,
    'InternalError',
    text.trim() === '' ? `the server answered ${code} ${about}` : text.trim(),
  )
}

/** Items of lists may leave out kind and apiVersion; within this process objects always have them. */
function withKinds(object: any): any {
  if (typeof object?.kind !== 'string' || !object.kind.endsWith('List') || !Array.isArray(object.items)) return object
  const kind = object.kind.slice(0, -'List'.length)
  return { ...object, items: object.items.map((item: object) => ({ kind, apiVersion: object.apiVersion, ...item })) }
}

async function* eventsOf({ body }: IncomingReply): AsyncIterable<readonly WatchEvent[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    const events = lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as WatchEvent)
    if (events.length > 0) yield events
  }
}
