import type { Duplex } from 'node:stream'
import type { WireReply, WireRequest } from '../../wire/index.ts'
import type { Asked } from '../flow-control/classify.ts'
import type { Entry } from '../flow-control/gate.ts'
import type { Identity } from '../request.ts'
import { queryOf } from './asked-url.ts'
import { auditVerbOf, isForwarded } from './caller.ts'
import type { ServeParts } from './parts.ts'
import type { Route } from './route.ts'

/** Asks flow control about a request; undefined where it has no say: streams, which last. */
export function enter(
  parts: ServeParts,
  request: WireRequest,
  url: URL,
  route: Route,
  identity: Identity,
  receivedMs: number,
): Entry | Promise<Entry> | undefined {
  if (isForwarded(route)) return undefined
  return parts.gate.enter({
    asked: flowAsked(request.method, route, url, identity),
    query: queryOf(url),
    receivedMs,
    get signal() {
      return request.signal
    },
    size() {
      if (route.type !== 'resource') return undefined
      const definition = parts.resourceFor(route)
      return definition === undefined ? undefined : parts.sizes.of(definition)
    },
  })
}

function flowAsked(method: string, route: Route, url: URL, identity: Identity): Asked {
  const verb = auditVerbOf(method, route, url.searchParams)
  const path = url.pathname
  if (route.type === 'path')
    return {
      identity,
      verb,
      ofResource: false,
      path,
      group: '',
      resource: '',
      subresource: '',
      namespace: '',
      name: '',
    }
  const { group, version, resource, subresource, namespace = '', name = '' } = route
  return { identity, verb, ofResource: true, path, group, version, resource, subresource, namespace, name }
}

/** Kubernetes: who is turned away gets a line of text, not a Status. */
export function turnAway(reply: WireReply, headers: Readonly<Record<string, string>>, retryAfterSeconds: number): void {
  const body = new TextEncoder().encode('Too many requests, please try again later.\n')
  reply.head(429, {
    ...headers,
    'retry-after': String(retryAfterSeconds),
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'content-length': String(body.length),
  })
  reply.end(body)
}

/** The same for a connection that asked to become something else. */
export function turnAwayUpgrade(socket: Duplex, { headers, retryAfterSeconds }: Entry): void {
  const body = 'Too many requests, please try again later.\n'
  const lines = Object.entries({
    ...headers,
    'retry-after': String(retryAfterSeconds),
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'content-length': String(body.length),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 429 Too Many Requests\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** Kubernetes: a server that is going down sends its callers elsewhere, and closes their connections. */
export function turnAwayForGood({ httpVersion }: WireRequest, reply: WireReply): void {
  const body = new TextEncoder().encode('The apiserver is shutting down, please try again later.\n')
  reply.head(429, {
    'retry-after': '5',
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'content-length': String(body.length),
    ...(httpVersion.startsWith('1') ? { connection: 'close' } : {}),
  })
  reply.end(body)
}
