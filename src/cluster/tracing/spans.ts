import type { SpanSink } from '../../apiserver/index.ts'

type Span = Parameters<SpanSink>[0]

/** Fields by name and number, as the protocol (opentelemetry-proto, v1) has them. */
const fields = (members: Readonly<Record<string, readonly [type: string, id: number, rule?: 'repeated']>>) => ({
  fields: Object.fromEntries(
    Object.entries(members).map(([name, [type, id, rule]]) => [
      name,
      { type, id, ...(rule === undefined ? {} : { rule }) },
    ]),
  ),
})
const nested = (name: string, inside: object): object =>
  name
    .split('.')
    .reverse()
    .reduce((inner, part) => ({ nested: { [part]: inner } }), { nested: inside } as object)

/** The part of OTLP that carries traces. */
export const otlpDescriptor = {
  nested: {
    opentelemetry: {
      nested: {
        proto: {
          nested: {
            collector: nested('trace.v1', {
              TraceService: {
                methods: {
                  Export: { requestType: 'ExportTraceServiceRequest', responseType: 'ExportTraceServiceResponse' },
                },
              },
              ExportTraceServiceRequest: fields({ resourceSpans: ['ResourceSpans', 1, 'repeated'] }),
              ExportTraceServiceResponse: fields({}),
              ResourceSpans: fields({ resource: ['Resource', 1], scopeSpans: ['ScopeSpans', 2, 'repeated'] }),
              Resource: fields({ attributes: ['KeyValue', 1, 'repeated'] }),
              ScopeSpans: fields({ scope: ['Scope', 1], spans: ['Span', 2, 'repeated'] }),
              Scope: fields({ name: ['string', 1], version: ['string', 2] }),
              Span: fields({
                traceId: ['bytes', 1],
                spanId: ['bytes', 2],
                parentSpanId: ['bytes', 4],
                name: ['string', 5],
                kind: ['int32', 6],
                startTimeUnixNano: ['fixed64', 7],
                endTimeUnixNano: ['fixed64', 8],
                attributes: ['KeyValue', 9, 'repeated'],
                links: ['Link', 13, 'repeated'],
                status: ['Status', 15],
              }),
              Link: fields({ traceId: ['bytes', 1], spanId: ['bytes', 2] }),
              Status: fields({ message: ['string', 2], code: ['int32', 3] }),
              KeyValue: fields({ key: ['string', 1], value: ['AnyValue', 2] }),
              AnyValue: {
                ...fields({ stringValue: ['string', 1], intValue: ['int64', 3] }),
                oneofs: { value: { oneof: ['stringValue', 'intValue'] } },
              },
            }),
          },
        },
      },
    },
  },
}

/** One call's worth of spans; `count` is how many. */
export interface ExportRequest {
  readonly resourceSpans: readonly object[]
  readonly count: number
}

const serverKind = 2
const errorCode = 2
const hex = (text: string) => Buffer.from(text, 'hex')
const nanos = (ms: number) => (BigInt(Math.round(ms * 1000)) * 1000n).toString()
const attributesOf = (attributes: Readonly<Record<string, string | number>>) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: value } : { stringValue: value },
  }))

export function exportRequestOf(spans: readonly Span[], resource: Readonly<Record<string, string>>): ExportRequest {
  return {
    count: spans.length,
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: 'coxswain' }, spans: spans.map(spanOf) }],
      },
    ],
  }
}

function spanOf({ name, traceId, spanId, parentSpanId, startMs, endMs, attributes, link, isError }: Span): object {
  return {
    traceId: hex(traceId),
    spanId: hex(spanId),
    ...(parentSpanId === '' ? {} : { parentSpanId: hex(parentSpanId) }),
    name,
    kind: serverKind,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(endMs),
    attributes: attributesOf(attributes),
    ...(link === undefined ? {} : { links: [{ traceId: hex(link.traceId), spanId: hex(link.spanId) }] }),
    ...(isError ? { status: { code: errorCode } } : {}),
  }
}
