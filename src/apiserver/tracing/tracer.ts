import {
  type Clock,
  isSampled,
  parseTraceparent,
  type Random,
  type TraceContext,
  traceparentOf,
} from '../../machinery/index.ts'
import type { Identity } from '../request.ts'

/** One request, as an exporter sends it on. Times are ms since 1970. */
export interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Readonly<Record<string, string | number>>
  /** What a caller that is not trusted said it belongs to. */
  readonly link: TraceContext | undefined
  readonly isError: boolean
}
/** Where spans go; it must not wait, and may drop what is too much. */
export type SpanSink = (span: Span) => void

export interface TracerParts {
  readonly clock: Clock
  readonly random: Random
  readonly samplingRatePerMillion: number
  readonly sink: SpanSink
}
export interface RequestSpan {
  /** What is told to whoever is called on behalf of the request. */
  readonly traceparent: string
  end(code: number): void
}
interface TracedRequest {
  readonly method: string
  readonly path: string
  readonly url: string
  readonly traceparent: string | undefined
  readonly identity: Identity
  readonly auditId: string
  readonly userAgent: string | undefined
}

/** Whose word about traces is taken; what others say is only linked to. */
const trusted = ['system:masters', 'system:monitoring']

/** Makes a span of each request that is sampled. Kubernetes: a caller that is trusted decides for its trace, chance for others. */
export class Tracer {
  readonly #parts: TracerParts

  constructor(parts: TracerParts) {
    this.#parts = parts
  }

  begin(request: TracedRequest): RequestSpan {
    const { clock, random, samplingRatePerMillion, sink } = this.#parts
    const remote = parseTraceparent(request.traceparent)
    const isTrusted = request.identity.groups.some((group) => trusted.includes(group))
    const parent = isTrusted ? remote : undefined
    const traceId = parent?.traceId ?? random.uuid().replaceAll('-', '')
    const spanId = random.uuid().replaceAll('-', '').slice(0, 16)
    const sampled = parent === undefined ? isSampled(traceId, samplingRatePerMillion) : parent.sampled
    const startMs = clock.now()
    return {
      traceparent: traceparentOf({ traceId, spanId, sampled }),
      end: (code) => {
        if (!sampled) return
        sink({
          name: spanName(request.method, request.path),
          traceId,
          spanId,
          parentSpanId: parent?.spanId ?? '',
          startMs,
          endMs: clock.now(),
          link: isTrusted ? undefined : remote,
          isError: code >= 500,
          attributes: {
            'http.request.method': request.method,
            'http.target': request.url,
            'http.response.status_code': code,
            'audit-id': request.auditId,
            ...(request.userAgent === undefined ? {} : { 'user_agent.original': request.userAgent }),
          },
        })
      },
    }
  }
}

/** Kubernetes: resources are named by their place, with names left out; anything else by its method alone. */
export function spanName(method: string, path: string): string {
  const parts = path.split('/').slice(1)
  const isCore = parts[0] === 'api'
  if (!isCore && parts[0] !== 'apis') return method
  const root = parts.splice(0, isCore ? 2 : 3)
  if (parts.length === 0) return method
  const shown = [...root]
  if (parts[0] === 'namespaces' && parts.length > 2) {
    shown.push('namespaces', '{:namespace}')
    parts.splice(0, 2)
  } else if (parts[0] === 'namespaces' && parts.length === 2) shown.push('namespaces', '{:namespace}')
  const [resource = '', name, subresource] = parts
  shown.push(resource)
  if (name !== undefined) shown.push('{:name}')
  if (subresource !== undefined) shown.push(subresource)
  return `${method} /${shown.join('/')}`
}
