import { badRequest, parseDuration, StatusError } from '../../machinery/index.ts'
import type { RequestHandler, UpgradeHandler, WireReply, WireRequest } from '../../wire/index.ts'
import type { AuditRecord } from '../audit/auditor.ts'
import { notServed } from '../handle/handle.ts'
import type { Measured } from '../operation/request-metrics.ts'
import type { RequestSpan } from '../tracing/tracer.ts'
import { remoteOf } from './aggregate.ts'
import { askedUrlOf } from './asked-url.ts'
import { type Answered, ask } from './asking.ts'
import { authorizeAny, type Caller, identify, isLongRunning } from './caller.ts'
import { enter, turnAway, turnAwayForGood, turnAwayUpgrade } from './entering.ts'
import { failureEncoding, failureOf } from './failures.ts'
import { serveForward, serveRemote, switchingProtocols } from './forwarding.ts'
import type { ServeParts } from './parts.ts'
import { sendFailure, sendResult } from './render.ts'
import type { Route } from './route.ts'
import { upgrade } from './upgrading.ts'

/** The API over HTTP: what a request means, who may, what it comes to, how it looks. */
export function httpHandlers(parts: ServeParts): {
  readonly onRequest: RequestHandler
  readonly onUpgrade: UpgradeHandler
} {
  return {
    async onRequest(request, reply) {
      const startedMs = parts.clock.monotonic()
      const { url, route } = askedUrlOf(request.url)
      const lasts = isLongRunning(route, url.searchParams)
      const { method, headers: given } = request
      const contentType = given['content-type']
      const measured: Measured = { method, path: url.pathname, route, search: url.searchParams, contentType }
      if (parts.shutdown.turnsAway && !isHealthPath(url.pathname)) {
        parts.metrics.turnedAway(measured, 429)
        return turnAwayForGood(request, reply)
      }
      using _underWay = lasts ? parts.metrics.lasting(measured) : parts.shutdown.serve()
      const headers: Record<string, string> = {
        'audit-id': request.headers['audit-id'] ?? parts.random.uuid(),
        'cache-control': 'no-cache, private',
      }
      let code = 200
      let elsewhereMs = 0
      let audit: AuditRecord | undefined
      let span: RequestSpan | undefined
      const counted = countingReply(reply, (status) => {
        code = status
        if (audit !== undefined && lasts) audit.started(status)
      })
      try {
        if (!lasts) checkTimeout(url)
        const caller = await identify(parts, request, url, route, headers['audit-id']!, (record) => (audit = record))
        span = spanOf(parts, request, url, caller.identity, headers['audit-id']!)
        const enteringMs = parts.clock.monotonic()
        const entered = enter(parts, request, url, route, caller.identity, startedMs)
        using entry = entered instanceof Promise ? await entered : entered
        elsewhereMs = parts.clock.monotonic() - enteringMs
        parts.metrics.passed('priorityandfairness', elsewhereMs / 1000)
        if (entry !== undefined) Object.assign(headers, entry.headers)
        if (entry === undefined || entry.served)
          await serveOne(parts, request, url, route, counted, headers, {
            ...caller,
            waited: (ms) => {
              elsewhereMs += ms
            },
            begun: () => {
              entry?.begun()
              parts.metrics.listed(measured, (parts.clock.monotonic() - startedMs) / 1000)
            },
            ...(span === undefined ? {} : { traceparent: span.traceparent }),
          })
        else {
          audit?.answered(429)
          parts.metrics.turnedAway(measured, 429)
          turnAway(counted, headers, entry.retryAfterSeconds)
        }
      } catch (error) {
        const failure = failureOf(error)
        if (failure.code >= 500 && !(error instanceof StatusError))
          parts.onError(error, `${request.method} ${request.url}`)
        code = failure.code
        audit?.answered(code, failure.status)
        sendFailure(failure, counted, headers, failureEncoding(request, parts.cbor))
      }
      audit?.ended(code)
      span?.end(code)
      parts.metrics.finished(measured, {
        code,
        seconds: (parts.clock.monotonic() - startedMs) / 1000,
        elsewhereSeconds: elsewhereMs / 1000,
        bytes: counted.bytes,
        bodyBytes: given['content-length'] === undefined ? undefined : Number(given['content-length']),
        aborted: !lasts && request.isGone,
        deprecated: route.type === 'resource' && parts.resourceFor(route)?.deprecation !== undefined,
      })
    },
    async onUpgrade(request, message, socket, head) {
      const startedMs = parts.clock.monotonic()
      const { url, route } = askedUrlOf(request.url)
      const { method, headers: given } = request
      const auditId = given['audit-id'] ?? parts.random.uuid()
      const measured: Measured = { method, path: url.pathname, route, search: url.searchParams, contentType: undefined }
      const stay = new DisposableStack()
      stay.use(parts.metrics.lasting(measured))
      let audit: AuditRecord | undefined
      const end = (code: number) => {
        if (stay.disposed) return
        stay.dispose()
        audit?.ended(code)
        const seconds = (parts.clock.monotonic() - startedMs) / 1000
        const nothing = { elsewhereSeconds: 0, bytes: 0, deprecated: false, aborted: false }
        parts.metrics.finished(measured, { code, seconds, ...nothing })
      }
      try {
        const caller = await identify(parts, request, url, route, auditId, (record) => (audit = record))
        const entry = await enter(parts, request, url, route, caller.identity, startedMs)
        if (entry !== undefined) stay.use(entry)
        if (entry?.served === false) {
          audit?.answered(429)
          parts.metrics.turnedAway(measured, 429)
          end(429)
          return turnAwayUpgrade(socket, entry)
        }
        const begun = entry === undefined ? {} : { begun: entry.begun }
        const asked = { request, url, route, message, socket, head, caller: { ...caller, ...begun } }
        await upgrade(parts, asked, () => end(switchingProtocols))
      } catch (error) {
        const { status } = failureOf(error)
        const { code = 500, reason } = status
        audit?.answered(code, status)
        end(code)
        const body = `${JSON.stringify(status)}\n`
        socket.end(
          `HTTP/1.1 ${code} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
        )
      }
    },
  }
}

/** Kubernetes: how long a caller would wait is looked at before who it is; 400 when that is no duration. */
function checkTimeout(url: URL): void {
  const timeout = url.searchParams.get('timeout') ?? ''
  if (timeout === '') return
  try {
    parseDuration(timeout)
  } catch (error) {
    throw badRequest(`invalid timeout specified in the request URL - ${(error as Error).message}`)
  }
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
  const { identity } = caller
  const remote = remoteOf(parts.aggregation, url.pathname)
  if (remote !== undefined) return serveRemote(parts, remote, request, url, route, reply, headers, caller)
  if (route.type === 'path') {
    await authorizeAny(parts, caller, route, request.method, url)
    if (!(await parts.paths(request, url, reply, headers, identity))) notFound(parts, route.path, reply, headers)
    return
  }
  const definition = parts.resourceFor({ group: route.group, version: route.version, resource: route.resource })
  if (definition === undefined) {
    if (!(await parts.paths(request, url, reply, headers, identity))) notFound(parts, url.pathname, reply, headers)
    return
  }
  if (['log', 'exec', 'attach', 'portforward', 'proxy'].includes(route.subresource))
    return serveForward(parts, request, url, route, reply, headers, caller)
  const warnings: string[] = []
  let answered: Answered
  try {
    answered = await ask(parts, request, url, route, definition, caller, warnings)
  } finally {
    // Kubernetes: who is refused is warned all the same.
    if (warnings.length > 0)
      (headers as Record<string, string | string[]>).warning = [...new Set(warnings)].map(
        (text) => `299 - ${quoted(text)}`,
      )
  }
  const { result, form, query } = answered
  const counting = result.type === 'watch' ? { countEvent: parts.metrics.eventsOf(definition) } : {}
  await sendResult(result, reply, { form, query, headers, clock: parts.clock, ...counting })
}

/** Kubernetes: below a group that is served nothing is found as an API says it, and elsewhere as a web server does. */
function notFound(parts: ServeParts, path: string, reply: WireReply, headers: Record<string, string>): void {
  const [, root = '', group = ''] = path.split('/')
  if ((root === 'api' && group !== '') || (root === 'apis' && parts.servesGroup(group))) throw notServed()
  const text = '404 page not found\n'
  const type = 'text/plain; charset=utf-8'
  const length = String(text.length)
  reply.head(404, { ...headers, 'content-type': type, 'content-length': length, 'x-content-type-options': 'nosniff' })
  reply.end(text)
}

function spanOf(
  { tracer }: ServeParts,
  { method, url: target, headers }: WireRequest,
  { pathname }: URL,
  identity: Caller['identity'],
  auditId: string,
): RequestSpan | undefined {
  const { traceparent, 'user-agent': userAgent } = headers
  return tracer?.begin({ method, path: pathname, url: target, traceparent, identity, auditId, userAgent })
}

/** Those who ask how the server is are answered to the end. */
function isHealthPath(path: string): boolean {
  return /^\/(?:livez|readyz|healthz)(?:\/|$)/.test(path)
}

/** The reply, with how much of it has been written. */
function countingReply(reply: WireReply, onHead: (status: number) => void): WireReply & { readonly bytes: number } {
  let bytes = 0
  const count = (chunk: Uint8Array | string | undefined) => {
    if (chunk !== undefined) bytes += chunk.length
  }
  return {
    get bytes() {
      return bytes
    },
    get headSent() {
      return reply.headSent
    },
    head(status, headers) {
      onHead(status)
      reply.head(status, headers)
    },
    write(chunk) {
      count(chunk)
      return reply.write(chunk)
    },
    drained: () => reply.drained(),
    end(chunk) {
      count(chunk)
      reply.end(chunk)
    },
  }
}

/** A warning text inside quotes, as RFC 7234 wants it. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, (character) => `\\${character}`).replace(/[\r\n]+/g, ' ')}"`
}
