import { isIp } from '../../machinery/index.ts'
import type { WireRequest } from '../../wire/index.ts'
import type { AuditedCall, AuditRecord } from '../audit/auditor.ts'
import type { ImpersonatingIdentity } from '../authn/authenticate.ts'
import type { AuthorizationQuery } from '../authz/rbac.ts'
import { isTrue } from '../query-texts.ts'
import type { Identity } from '../request.ts'
import { failureOf } from './failures.ts'
import { verbOf } from './parameters.ts'
import type { ServeParts } from './parts.ts'
import type { Route } from './route.ts'

/** Who is served, and what is written down of it. */
export interface Caller {
  readonly identity: Identity
  readonly audit: AuditRecord | undefined
  /** Told once a watch has sent what was there before. */
  readonly begun?: () => void
  /** Told how long a webhook was waited for, in ms. */
  readonly waited?: (ms: number) => void
  /** The trace the request is part of. */
  readonly traceparent?: string
}

/** Kubernetes: what is written down begins with who called; whom they act as is added once they may. */
export async function identify(
  parts: ServeParts,
  request: WireRequest,
  url: URL,
  route: Route,
  auditId: string,
  onRecord: (record: AuditRecord) => void,
): Promise<Caller> {
  const begin = (identity: Identity) => parts.auditor?.begin(callOf(parts, request, url, route, auditId, identity))
  const startedMs = parts.clock.monotonic()
  const took = () => (parts.clock.monotonic() - startedMs) / 1000
  let real: ImpersonatingIdentity
  try {
    real = await parts.authenticate(request, url.pathname)
    parts.metrics.authenticated(real, took())
    parts.metrics.passed('authentication', took())
  } catch (error) {
    parts.metrics.authenticated(undefined, took())
    const failure = failureOf(error)
    const how = request.headers.authorization?.split(' ')[0]?.toLowerCase()
    const message = `Authentication failed, ${how === undefined ? 'no credentials provided' : `attempted: ${how}`}`
    begin({ name: '', groups: [] })?.refused({ ...failure.status, message })
    throw error
  }
  const audit = begin(real)
  if (audit !== undefined) {
    onRecord(audit)
    await audit.received()
  }
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

/** The verb of a request, or its method where that stands for none. */
export function auditVerbOf(method: string, route: Route, search: URLSearchParams): string {
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
export function isLongRunning(route: Route, search: URLSearchParams): boolean {
  return isForwarded(route) || asksToWatch(route, search)
}

/** Whether a request is one for a watch. */
export function asksToWatch(route: Route, search: URLSearchParams): boolean {
  if (route.type !== 'resource' || route.subresource !== '') return false
  return route.watch || isTrue(search.get('watch') ?? undefined)
}

const forwarded: ReadonlySet<string> = new Set(['attach', 'exec', 'proxy', 'log', 'portforward'])

/** Whether the request is passed on to a kubelet, pod or service. */
export function isForwarded(route: Route): boolean {
  return route.type === 'resource' && forwarded.has(route.subresource)
}

/** Whether the caller may, be it about a resource or a path. 403 when not. */
export async function authorizeAny(
  parts: ServeParts,
  caller: Caller,
  route: Route,
  method: string,
  url: URL,
): Promise<void> {
  if (route.type === 'resource') return authorizeRoute(parts, caller, route, verbOf(method, route, url.searchParams))
  const nothing = { group: '', resource: '', subresource: '', namespace: '', name: '' }
  const query = { verb: method.toLowerCase(), ...nothing, path: url.pathname }
  return parts.authorizer.check(caller.identity, query, caller.audit?.annotate)
}

/** Whether the caller may do that to a resource. 403 when not. */
export async function authorizeRoute(
  parts: ServeParts,
  { identity, audit }: Caller,
  route: Route & { type: 'resource' },
  verb: string,
): Promise<void> {
  const { group, version, resource, subresource, namespace = '', name = '' } = route
  const query = { verb, group, version, resource, subresource, namespace, name }
  return parts.authorizer.check(identity, query, audit?.annotate)
}
