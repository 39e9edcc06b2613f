import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import {
  type ApiVerb,
  badRequest,
  type Clock,
  internalError,
  isIp,
  JsonSyntaxError,
  type PatchType,
  ProtobufError,
  parseJsonStrict,
  parseYaml,
  type Random,
  StatusError,
  YamlError,
} from '../../machinery/index.ts'
import { decodeProtobuf, type ResourceDefinition } from '../../resources/index.ts'
import { StoreUnavailableError } from '../../store/index.ts'
import {
  BodyTooLargeError,
  type RequestHandler,
  type UpgradeHandler,
  type WireReply,
  type WireRequest,
} from '../../wire/index.ts'
import type { Remote } from '../aggregation/aggregator.ts'
import type { AuditedCall, Auditor, AuditRecord } from '../audit/auditor.ts'
import { noteResult } from '../audit/calls.ts'
import type { ImpersonatingIdentity } from '../authn/authenticate.ts'
import type { Authorizer } from '../authz/authorize.ts'
import type { AuthorizationQuery } from '../authz/rbac.ts'
import { notServed, type Target } from '../handle/handle.ts'
import type { ReadBody } from '../registry/draft.ts'
import type { Identity, RequestContext, Result } from '../request.ts'
import type { IncomingReply, UpgradedReply } from '../streams/connections.ts'
import { type Forward, forwardOf, type StreamParts } from '../streams/streams.ts'
import { type Aggregation, forwardTo, remoteOf } from './aggregate.ts'
import { bodyEncodingOf, type Encoding, patchTypeOf, replyFormOf } from './negotiate.ts'
import { proxiedReply } from './proxied-pages.ts'
import { sendFailure, sendResult } from './render.ts'
import { type Route, routeOf } from './route.ts'

/** Kubernetes: larger bodies are refused with 413. */
const bodyBytesMax = 3 << 20

export interface ServeParts {
  readonly aggregation: Aggregation
  readonly clock: Clock
  readonly random: Random
  readonly authenticate: (request: WireRequest, path: string) => Promise<ImpersonatingIdentity>
  readonly authorizer: Authorizer
  readonly handle: (target: Target, context: RequestContext) => Promise<Result>
  readonly resourceFor: (of: {
    group: string
    version: string
    resource: string
  }) => ResourceDefinition<any> | undefined
  readonly streams: StreamParts
  /** Answers paths that are not about resources; false when there is nothing at the path. */
  readonly paths: (
    request: WireRequest,
    url: URL,
    reply: WireReply,
    headers: Record<string, string>,
    identity: Identity,
  ) => Promise<boolean>
  readonly metrics: RequestMetrics
  /** Left out when nothing is written down of requests. */
  readonly auditor: Auditor | undefined
  readonly onError: (error: unknown, about: string) => void
}
/** Told of every finished request. */
export interface RequestMetrics {
  finished(request: {
    verb: string
    group: string
    version: string
    resource: string
    subresource: string
    scope: string
    code: number
    seconds: number
  }): void
}

/** The API over HTTP: what a request means, who may, what it comes to, how it looks. */
export function httpHandlers(parts: ServeParts): {
  readonly onRequest: RequestHandler
  readonly onUpgrade: UpgradeHandler
} {
  return {
    async onRequest(request, reply) {
      const startedMs = parts.clock.monotonic()
      const url = new URL(request.url, 'http://localhost')
      const route = routeOf(url.pathname)
      const headers: Record<string, string> = {
        'audit-id': request.headers['audit-id'] ?? parts.random.uuid(),
        'cache-control': 'no-cache, private',
      }
      let code = 200
      let audit: AuditRecord | undefined
      const counted: WireReply = countingReply(reply, (status) => {
        code = status
        if (audit !== undefined && isLongRunning(route, url.searchParams)) audit.started(status)
      })
      try {
        const caller = await identify(parts, request, url, route, headers['audit-id']!, (record) => (audit = record))
        await serveOne(parts, request, url, route, counted, headers, caller)
      } catch (error) {
        const failure = failureOf(error)
        if (failure.code >= 500 && !(error instanceof StatusError))
          parts.onError(error, `${request.method} ${request.url}`)
        code = failure.code
        audit?.answered(code, failure.status)
        sendFailure(failure, counted, headers, failureEncoding(request))
      }
      audit?.ended(code)
      if (route.type === 'resource') {
        parts.metrics.finished({
          verb: verbOf(request.method, route, url.searchParams).toUpperCase(),
          group: route.group,
          version: route.version,
          resource: route.resource,
          subresource: route.subresource,
          scope: route.name !== undefined ? 'resource' : route.namespace !== undefined ? 'namespace' : 'cluster',
          code,
          seconds: (parts.clock.monotonic() - startedMs) / 1000,
        })
      }
    },
    async onUpgrade(request, message, socket, head) {
      const url = new URL(request.url, 'http://localhost')
      const route = routeOf(url.pathname)
      const auditId = request.headers['audit-id'] ?? parts.random.uuid()
      let audit: AuditRecord | undefined
      try {
        const caller = await identify(parts, request, url, route, auditId, (record) => (audit = record))
        const remote = remoteOf(parts.aggregation, url.pathname)
        if (remote !== undefined)
          return await upgradeRemote(parts, remote, request, url, route, message, socket, head, caller)
        if (route.type !== 'resource') throw notServed()
        const isWatch = url.searchParams.get('watch') === 'true' || url.searchParams.get('watch') === '1' || route.watch
        if (isWatch && route.subresource === '')
          throw badRequest('watching over WebSocket is not supported: watch over plain HTTP instead')
        await authorizeRoute(parts, caller, route, request.method === 'POST' ? 'create' : 'get')
        await admitConnect(parts, caller, route, url.searchParams)
        const forward = await forwardOf(route, url.searchParams, parts.streams)
        if (forward === undefined) throw badRequest('Upgrade request required')
        await splice(forward, message, socket, head, request.signal, () => audit?.ended(switchingProtocols))
        audit?.started(switchingProtocols)
      } catch (error) {
        const { status } = failureOf(error)
        audit?.answered(status.code ?? 500, status)
        audit?.ended(status.code ?? 500)
        const body = `${JSON.stringify(status)}\n`
        socket.end(
          `HTTP/1.1 ${status.code} ${status.reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
        )
      }
    },
  }
}

/** The same for an upgrade: the connection is only passed on once the extension server has agreed to it. */
async function upgradeRemote(
  parts: ServeParts,
  remote: Remote,
  request: WireRequest,
  url: URL,
  route: Route,
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  caller: Caller,
): Promise<void> {
  await authorizeAny(parts, caller, route, request.method, url)
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
    () => audit?.ended(switchingProtocols),
  )
  audit?.started(switchingProtocols)
}

/** Who is served, and what is written down of it. */
interface Caller {
  readonly identity: Identity
  readonly audit: AuditRecord | undefined
}
const switchingProtocols = 101

/** Kubernetes: what is written down begins with who called; whom they act as is added once they may. */
async function identify(
  parts: ServeParts,
  request: WireRequest,
  url: URL,
  route: Route,
  auditId: string,
  onRecord: (record: AuditRecord) => void,
): Promise<Caller> {
  const begin = (identity: Identity) => parts.auditor?.begin(callOf(parts, request, url, route, auditId, identity))
  let real: ImpersonatingIdentity
  try {
    real = await parts.authenticate(request, url.pathname)
  } catch (error) {
    const failure = failureOf(error)
    const how = request.headers.authorization?.split(' ')[0]?.toLowerCase()
    const message = `Authentication failed, ${how === undefined ? 'no credentials provided' : `attempted: ${how}`}`
    begin({ name: '', groups: [] })?.refused({ ...failure.status, message })
    throw error
  }
  const audit = begin(real)
  if (audit !== undefined) onRecord(audit)
  const { identity, constraint } = await parts.authorizer.assume(real, askedOf(request.method, route, url))
  if (identity !== real) audit?.actsAs(identity, constraint)
  return { identity, audit }
}

/** What a request wants to do, as authorisers are asked about it. */
function askedOf(method: string, route: Route, url: URL): AuthorizationQuery {
  const nothing = { group: '', resource: '', subresource: '', namespace: '', name: '' }
  if (route.type === 'path') return { verb: method.toLowerCase(), ...nothing, path: url.pathname }
  const { group, version, resource, subresource, namespace = '', name = '' } = route
  const verb = auditVerbOf(method, route, url.searchParams)
  return { verb, group, version, resource, subresource, namespace, name }
}

function callOf(
  parts: ServeParts,
  request: WireRequest,
  url: URL,
  route: Route,
  id: string,
  identity: Identity,
): AuditedCall {
  return {
    id,
    identity,
    verb: auditVerbOf(request.method, route, url.searchParams),
    path: url.pathname,
    uri: request.url,
    userAgent: request.headers['user-agent'] ?? '',
    sourceIPs: sourcesOf(request),
    receivedMs: parts.clock.now(),
    ...(route.type === 'path'
      ? {}
      : { resource: { ...route, namespace: route.namespace ?? '', name: route.name ?? '' } }),
  }
}

function auditVerbOf(method: string, route: Route, search: URLSearchParams): string {
  if (route.type === 'path') return method.toLowerCase()
  try {
    return verbOf(method, route, search)
  } catch {
    return method.toLowerCase()
  }
}

/** Kubernetes: what proxies say comes first, then who is connected. */
function sourcesOf({ headers, remoteAddress }: WireRequest): readonly string[] {
  const said = [...(headers['x-forwarded-for'] ?? '').split(','), headers['x-real-ip'] ?? '']
  const stated = said.map((one) => one.trim()).filter(isIp)
  return [...new Set([...stated, remoteAddress.replace(/^::ffff:/, '')])]
}

/** Kubernetes: watches and streams, whose beginning is written down as well as their end. */
function isLongRunning(route: Route, search: URLSearchParams): boolean {
  if (route.type !== 'resource') return false
  if (['attach', 'exec', 'proxy', 'log', 'portforward'].includes(route.subresource)) return true
  return route.subresource === '' && (route.watch || isTrue(search.get('watch') ?? undefined))
}

async function serveOne(
  parts: ServeParts,
  request: WireRequest,
  url: URL,
  route: Route,
  reply: WireReply,
  headers: Record<string, string>,
  caller: Caller,
): Promise<void> {
  const { identity, audit } = caller
  const remote = remoteOf(parts.aggregation, url.pathname)
  if (remote !== undefined) return serveRemote(parts, remote, request, url, route, reply, headers, caller)
  if (route.type === 'path') {
    await authorizeAny(parts, caller, route, request.method, url)
    if (!(await parts.paths(request, url, reply, headers, identity))) throw notServed()
    return
  }
  const definition = parts.resourceFor({ group: route.group, version: route.version, resource: route.resource })
  if (definition === undefined) {
    if (await parts.paths(request, url, reply, headers, identity)) return
    throw notServed()
  }
  if (['log', 'exec', 'attach', 'portforward', 'proxy'].includes(route.subresource))
    return serveForward(parts, request, url, route, reply, headers, caller)
  const query = Object.fromEntries(url.searchParams)
  const verb = verbOf(request.method, route, url.searchParams) as ApiVerb
  const form = replyFormOf(request.headers.accept, isTrue(query.pretty), definition.custom === undefined)
  const warnings: string[] = []
  const context: RequestContext = {
    ...(audit === undefined ? {} : { audit }),
    identity,
    query,
    manager: managerOf(query, request.headers['user-agent']),
    dryRun: dryRunOf(query, verb),
    fieldValidation: fieldValidationOf(query),
    warnings,
    signal: request.signal,
  }
  const target: Target = {
    verb,
    definition,
    namespace: definition.scope === 'Namespaced' ? route.namespace : undefined,
    name:
      definition.kind === 'Namespace' && route.resource === 'namespaces'
        ? (route.name ?? (verb === 'create' || verb === 'list' || verb === 'watch' ? undefined : route.namespace))
        : route.name,
    subresource: route.subresource,
    ...(verb === 'patch' ? { patchType: patchTypeOf(request.headers['content-type'], patchTypesOf(definition)) } : {}),
    ...(await bodyOf(request, verb, definition)),
  }
  const result = await parts.handle(target, context)
  if (audit !== undefined) noteResult(audit, result)
  if (warnings.length > 0)
    (headers as Record<string, string | string[]>).warning = [...new Set(warnings)].map(
      (text) => `299 - ${quoted(text)}`,
    )
  await sendResult(result, reply, { form, query, headers, clock: parts.clock })
}

/** Kubernetes: strategic patches need Go types, which custom resources do not have. */
function patchTypesOf({ custom }: ResourceDefinition<any>): readonly PatchType[] | undefined {
  return custom === undefined ? undefined : ['json', 'merge', 'apply']
}

/** Passes a request on to an extension server, with who is calling; what is upgraded goes another way. */
async function serveRemote(
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
  const forward = await forwardTo(parts.aggregation, remote, caller.identity)
  if (forward === undefined) return unavailableText(reply, headers)
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  let answer: IncomingReply
  try {
    answer = await forward.connection.request(
      {
        method: request.method,
        path: request.url,
        headers: { ...passedOn(request.headers), ...forward.headers },
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

function authorizeAny(parts: ServeParts, caller: Caller, route: Route, method: string, url: URL): Promise<void> {
  if (route.type === 'resource') return authorizeRoute(parts, caller, route, verbOf(method, route, url.searchParams))
  const nothing = { group: '', resource: '', subresource: '', namespace: '', name: '' }
  const query = { verb: method.toLowerCase(), ...nothing, path: url.pathname }
  return parts.authorizer.check(caller.identity, query, caller.audit?.annotate)
}

async function serveForward(
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
async function admitConnect(
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

function authorizeRoute(
  parts: ServeParts,
  { identity, audit }: Caller,
  route: Route & { type: 'resource' },
  verb: string,
): Promise<void> {
  const { group, version, resource, subresource, namespace = '', name = '' } = route
  const query = { verb, group, version, resource, subresource, namespace, name }
  return parts.authorizer.check(identity, query, audit?.annotate)
}

/** Passes an upgraded connection on byte by byte: exec, attach and port-forward are the kubelet's protocol, not ours. */
async function splice(
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

function verbOf(method: string, route: Route, search: URLSearchParams): string {
  const named =
    route.type === 'resource' &&
    (route.name !== undefined || (route.resource === 'namespaces' && route.namespace !== undefined))
  switch (method) {
    case 'GET':
    case 'HEAD': {
      const watches = isTrue(search.get('watch') ?? undefined) || (route.type === 'resource' && route.watch)
      if (watches && (route.type !== 'resource' || route.subresource === '')) return 'watch'
      return named ? 'get' : 'list'
    }
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return named ? 'delete' : 'deletecollection'
    default:
      throw new StatusError(405, 'MethodNotAllowed', `the server does not allow this method on the requested resource`)
  }
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1' || text === ''
}

/** Kubernetes: without fieldManager it is the User-Agent up to its first slash. */
function managerOf(query: Readonly<Record<string, string>>, userAgent: string | undefined): string {
  const { fieldManager } = query
  if (fieldManager !== undefined && fieldManager !== '') {
    if (fieldManager.length > 128) throw badRequest('fieldManager may not be longer than 128 characters')
    return fieldManager
  }
  const prefix = (userAgent ?? '').split('/')[0] ?? ''
  return prefix === '' ? 'unknown' : prefix.slice(0, 128)
}

function dryRunOf(query: Readonly<Record<string, string>>, verb: string): boolean {
  const { dryRun } = query
  if (dryRun === undefined || dryRun === '' || verb === 'get' || verb === 'list' || verb === 'watch') return false
  if (dryRun === 'All') return true
  const field = `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`
  throw new StatusError(422, 'Invalid', `CreateOptions.meta.k8s.io "" is invalid: dryRun: ${field}`, {
    group: 'meta.k8s.io',
    kind: 'CreateOptions',
    causes: [{ reason: 'FieldValueNotSupported', message: field, field: 'dryRun' }],
  })
}

function fieldValidationOf(query: Readonly<Record<string, string>>): RequestContext['fieldValidation'] {
  const { fieldValidation } = query
  if (fieldValidation === undefined || fieldValidation === '') return 'Warn'
  if (fieldValidation === 'Ignore' || fieldValidation === 'Warn' || fieldValidation === 'Strict') return fieldValidation
  const text = `Unsupported value: ${JSON.stringify(fieldValidation)}: supported values: "Ignore", "Strict", "Warn"`
  throw new StatusError(422, 'Invalid', `CreateOptions.meta.k8s.io "" is invalid: fieldValidation: ${text}`, {
    group: 'meta.k8s.io',
    kind: 'CreateOptions',
    causes: [{ reason: 'FieldValueNotSupported', message: text, field: 'fieldValidation' }],
  })
}

async function bodyOf(
  request: WireRequest,
  verb: string,
  definition: ResourceDefinition<any>,
): Promise<{ body?: ReadBody | unknown }> {
  if (verb === 'get' || verb === 'list' || verb === 'watch') return {}
  const raw = await request.body(bodyBytesMax)
  const bytes =
    request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw, { maxOutputLength: bodyBytesMax }) : raw
  if (bytes.length === 0) {
    if (verb === 'delete' || verb === 'deletecollection') return {}
    if (verb === 'create' || verb === 'update')
      throw badRequest(
        `${definition.kind} in version ${JSON.stringify(definition.version)} cannot be handled as a ${definition.kind}: EOF`,
      )
  }
  const contentType = request.headers['content-type']
  if (verb === 'patch') {
    const apply = contentType?.startsWith('application/apply-patch') === true
    return { body: apply ? readYaml(bytes) : readJson(bytes, 'error decoding patch: ') }
  }
  const encoding = bodyEncodingOf(contentType, definition.custom === undefined)
  const read =
    encoding === 'protobuf'
      ? { value: decodeProtobuf(bytes), findings: [] }
      : encoding === 'yaml'
        ? readYaml(bytes)
        : readJson(
            bytes,
            `${definition.kind} in version ${JSON.stringify(definition.version)} cannot be handled as a ${definition.kind}: `,
          )
  return { body: verb === 'create' || verb === 'update' ? read : read.value }
}

function readJson(bytes: Uint8Array, before: string): ReadBody {
  try {
    return parseJsonStrict(bytes)
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badRequest(`${before}${error.message}`, error)
    throw error
  }
}

function readYaml(bytes: Uint8Array): ReadBody {
  const { value, duplicates } = parseYaml(new TextDecoder().decode(bytes))
  return { value, findings: duplicates }
}

/** Everything that went wrong, as the Status its caller gets. */
function failureOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  if (error instanceof BodyTooLargeError)
    return new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyBytesMax}`)
  if (error instanceof YamlError || error instanceof ProtobufError) return badRequest(error.message, error)
  if (error instanceof StoreUnavailableError)
    return new StatusError(
      500,
      'InternalError',
      `Internal error occurred: ${error.message}`,
      { retryAfterSeconds: 1 },
      error,
    )
  return internalError(error)
}

function failureEncoding(request: WireRequest): Encoding {
  try {
    return replyFormOf(request.headers.accept, false).encoding
  } catch {
    return 'json'
  }
}

function countingReply(reply: WireReply, onHead: (status: number) => void): WireReply {
  return {
    get headSent() {
      return reply.headSent
    },
    get bufferedBytes() {
      return reply.bufferedBytes
    },
    head(status, headers) {
      onHead(status)
      reply.head(status, headers)
    },
    write: (chunk) => reply.write(chunk),
    drained: () => reply.drained(),
    end: (chunk) => reply.end(chunk),
  }
}

/** A warning text inside quotes, as RFC 7234 wants it. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, (character) => `\\${character}`).replace(/[\r\n]+/g, ' ')}"`
}
