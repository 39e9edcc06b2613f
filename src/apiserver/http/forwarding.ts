import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { badRequest, StatusError } from '../../machinery/index.ts'
import type { WireReply, WireRequest } from '../../wire/index.ts'
import type { Remote } from '../aggregation/aggregator.ts'
import { notServed } from '../handle/handle.ts'
import { isTrue } from '../query-texts.ts'
import type { RequestContext } from '../request.ts'
import type { IncomingReply, UpgradedReply } from '../streams/connections.ts'
import { type Forward, forwardOf } from '../streams/streams.ts'
import { forwardTo } from './aggregate.ts'
import { asksToWatch, authorizeAny, authorizeRoute, type Caller } from './caller.ts'
import type { ServeParts } from './parts.ts'
import { proxiedReply } from './proxied-pages.ts'
import type { Route } from './route.ts'

/** The code of an upgrade that was agreed to. */
export const switchingProtocols = 101

/** The same for an upgrade: the connection is only passed on once the extension server has agreed to it. */
export async function upgradeRemote(
  parts: ServeParts,
  remote: Remote,
  request: WireRequest,
  url: URL,
  route: Route,
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  caller: Caller,
  onEnd: () => void,
): Promise<void> {
  await authorizeAny(parts, caller, route, request.method, url)
  // Kubernetes: what another server watches is its own to limit.
  if (asksToWatch(route, url.searchParams)) caller.begun?.()
  const forward = await forwardTo(parts.aggregation, remote, caller.identity)
  if (forward === undefined) throw new StatusError(503, 'ServiceUnavailable', 'service unavailable')
  const { connection, headers } = forward
  const { audit } = caller
  await splice(
    { connection, path: request.url, transparent: true, headers },
    message,
    socket,
    head,
    request.signal,
    onEnd,
  )
  audit?.started(switchingProtocols)
}

/** Passes a request on to an extension server, with who is calling; what is upgraded goes another way. */
export async function serveRemote(
  parts: ServeParts,
  remote: Remote,
  request: WireRequest,
  url: URL,
  route: Route,
  reply: WireReply,
  headers: Record<string, string>,
  caller: Caller,
): Promise<void> {
  await authorizeAny(parts, caller, route, request.method, url)
  // Kubernetes: what another server watches is its own to limit.
  caller.begun?.()
  const forward = await forwardTo(parts.aggregation, remote, caller.identity)
  if (forward === undefined) return unavailableText(reply, headers)
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  let answer: IncomingReply
  try {
    answer = await forward.connection.request(
      {
        method: request.method,
        path: request.url,
        headers: {
          ...passedOn(request.headers),
          ...forward.headers,
          ...(caller.traceparent === undefined ? {} : { traceparent: caller.traceparent }),
        },
        ...(hasBody ? { body: request.stream() } : {}),
      },
      request.signal,
    )
  } catch (error) {
    return unavailableText(
      reply,
      headers,
      `error trying to reach service: ${String((error as Error).message ?? error)}`,
    )
  }
  const passed: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(answer.headers)) if (!hopByHop.has(name)) passed[name] = value
  reply.head(answer.status, { ...headers, ...passed })
  for await (const chunk of answer.body) if (!reply.write(chunk)) await reply.drained()
  reply.end()
}

function unavailableText(reply: WireReply, headers: Record<string, string>, text = 'service unavailable'): void {
  reply.head(503, { ...headers, 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
  reply.end(new TextEncoder().encode(`${text}\n`))
}

/** Passes a request on to a kubelet, pod or service, once it is authorised and admitted. */
export async function serveForward(
  parts: ServeParts,
  request: WireRequest,
  url: URL,
  route: Route & { type: 'resource' },
  reply: WireReply,
  headers: Record<string, string>,
  caller: Caller,
): Promise<void> {
  const verb =
    route.subresource === 'proxy'
      ? ({ GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete', OPTIONS: 'get' }[
          request.method
        ] ?? 'get')
      : request.method === 'POST'
        ? 'create'
        : 'get'
  await authorizeRoute(parts, caller, route, verb)
  await admitConnect(parts, caller, route, url.searchParams)
  const forward = await forwardOf(route, url.searchParams, parts.streams)
  if (forward === undefined) throw notServed()
  if (['exec', 'attach', 'portforward'].includes(route.subresource)) throw badRequest('Upgrade request required')
  if (forward.redirectTo !== undefined && (request.method === 'GET' || request.method === 'HEAD')) {
    reply.head(301, { ...headers, location: `${url.pathname}${forward.redirectTo}` })
    return reply.end()
  }
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  const isProxy = route.subresource === 'proxy'
  let answer: IncomingReply
  try {
    answer = await forward.connection.request(
      {
        method: request.method,
        path: forward.path,
        headers: isProxy
          ? { ...passedOn(request.headers), 'x-forwarded-uri': url.pathname }
          : passedOn(request.headers),
        ...(hasBody ? { body: request.stream() } : {}),
      },
      request.signal,
    )
  } catch (error) {
    throw new StatusError(
      503,
      'ServiceUnavailable',
      `error trying to reach service: ${error instanceof Error ? error.message : String(error)}`,
      undefined,
      error,
    )
  }
  if (route.subresource === 'log' && answer.status >= 400) throw await statusFrom(answer)
  if (isProxy) {
    const prefix = url.pathname.slice(0, url.pathname.length - route.rest.length)
    const hosts = [request.headers[':authority'] ?? request.headers.host ?? '', forward.authority ?? '']
    answer = await proxiedReply(answer, { prefix, hosts, isHead: request.method === 'HEAD' })
  }
  const passed: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(answer.headers)) if (!hopByHop.has(name)) passed[name] = value
  reply.head(answer.status, route.subresource === 'log' ? { ...headers, ...passed } : passed)
  for await (const chunk of answer.body) if (!reply.write(chunk)) await reply.drained()
  reply.end()
}

/** The failure a kubelet answered with: its Status when it sent one, its text otherwise. */
async function statusFrom(answer: IncomingReply): Promise<StatusError> {
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  try {
    const status = JSON.parse(text)
    if (status.kind === 'Status') return StatusError.from(status)
  } catch {
    // Plain text, as kubelets mostly answer.
  }
  return answer.status === 404
    ? new StatusError(404, 'NotFound', text.trim())
    : new StatusError(answer.status, answer.status === 400 ? 'BadRequest' : 'InternalError', text.trim())
}

const connectKinds: Readonly<Record<string, string>> = {
  'pods/exec': 'PodExecOptions',
  'pods/attach': 'PodAttachOptions',
  'pods/portforward': 'PodPortForwardOptions',
  'pods/proxy': 'PodProxyOptions',
  'services/proxy': 'ServiceProxyOptions',
  'nodes/proxy': 'NodeProxyOptions',
}

/** Kubernetes: streams and proxies are admitted before anything is upgraded, so that a refusal is an ordinary Status. */
export async function admitConnect(
  parts: ServeParts,
  { identity, audit }: Caller,
  route: Route & { type: 'resource' },
  search: URLSearchParams,
): Promise<void> {
  const { group, version, resource, subresource, namespace, name = '' } = route
  const kind = connectKinds[`${resource}/${subresource}`]
  const definition = parts.resourceFor({ group, version, resource })
  if (kind === undefined || definition === undefined) return
  const flags = ['stdin', 'stdout', 'stderr', 'tty'].filter((flag) => isTrue(search.get(flag) ?? undefined))
  const container = search.get('container')
  const object = {
    kind,
    apiVersion: 'v1',
    ...Object.fromEntries(flags.map((flag) => [flag, true])),
    ...(container === null ? {} : { container }),
    ...(search.has('command') ? { command: search.getAll('command') } : {}),
    ...(subresource === 'proxy' ? { path: route.rest } : {}),
  }
  const context: RequestContext = {
    ...(audit === undefined ? {} : { audit }),
    identity,
    query: {},
    manager: '',
    dryRun: false,
    fieldValidation: 'Ignore',
    warnings: [],
    signal: new AbortController().signal,
  }
  await parts.streams.registry.admitBody(
    'CONNECT',
    definition,
    { namespace, name, subresource },
    { kind: { group: '', version: 'v1', kind }, object },
    context,
  )
}

/** Passes an upgraded connection on byte by byte: exec, attach and port-forward are the kubelet's protocol, not ours. */
export async function splice(
  forward: Forward & { readonly headers?: Readonly<Record<string, string | readonly string[]>> },
  message: IncomingMessage,
  client: Duplex,
  head: Buffer,
  signal: AbortSignal,
  onEnd: () => void,
): Promise<void> {
  const answer = await forward.connection.upgrade(
    {
      method: message.method ?? 'GET',
      path: forward.path,
      headers: { ...upgradeHeaders(message), ...forward.headers },
    },
    signal,
  )
  if (!('socket' in answer)) throw await statusFrom(answer)
  const upstream = (answer as UpgradedReply).socket
  const lines = Object.entries(answer.headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${one}`),
  )
  client.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
  if (answer.head.length > 0) client.write(answer.head)
  if (head.length > 0) upstream.write(head)
  const end = () => {
    client.destroy()
    upstream.destroy()
  }
  client.on('error', end)
  upstream.on('error', end)
  client.on('close', () => {
    upstream.destroy()
    onEnd()
  })
  upstream.on('close', () => client.end())
  client.pipe(upstream)
  upstream.pipe(client)
}

const hopByHop = new Set([
  'connection',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'proxy-connection',
  'te',
  'trailer',
  'date',
])

/** Headers that are meant for this server alone, or would let a caller pass for somebody else at the next one. */
function isOwn(name: string): boolean {
  return name === 'authorization' || name.startsWith('impersonate-') || name.startsWith('x-remote-')
}

function upgradeHeaders(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers)) {
    if (isOwn(name) || name === 'host' || value === undefined) continue
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}

function passedOn(from: WireRequest['headers']): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(from)) {
    if (value === undefined || hopByHop.has(name) || name === 'host' || isOwn(name)) continue
    headers[name] = value
  }
  return headers
}
