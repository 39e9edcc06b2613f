import type { SpanSink } from '../../apiserver/index.ts'
import type { Clock, Log } from '../../machinery/index.ts'
import { type ExportRequest, exportRequestOf, otlpDescriptor } from './spans.ts'

type Span = Parameters<SpanSink>[0]

export interface ExporterParts {
  /** `HOST:PORT`, or with a scheme that gRPC knows: `dns:…`, `unix:…`. */
  readonly endpoint: string
  /** What is said of whose spans they are. */
  readonly resource: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly log: Log
}
export interface Exporter {
  readonly sink: SpanSink
  /** Sends what is left, and ends. */
  close(): Promise<void>
}

/** OpenTelemetry's batch processor: sent when so many are there, or after so long; beyond the queue they are dropped. */
const batchMax = 512
const queueMax = 2048
const everyMs = 5000
const sendMsMax = 10_000

interface MethodDefinition {
  readonly path: string
  readonly requestSerialize: (value: object) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => unknown
}

/** Sends spans to an OpenTelemetry collector by OTLP over gRPC, which is loaded here. */
export async function openExporter({ endpoint, resource, clock, log }: ExporterParts): Promise<Exporter> {
  const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
  const definition = loader.fromJSON(otlpDescriptor as never, { longs: String }) as unknown as Record<
    string,
    Record<string, MethodDefinition>
  >
  const { path, requestSerialize, responseDeserialize } =
    definition['opentelemetry.proto.collector.trace.v1.TraceService']!['Export']!
  const client = new grpc.Client(endpoint, grpc.credentials.createInsecure())
  const queue: Span[] = []
  let timer: Disposable | undefined
  let sending: Promise<void> | undefined
  let dropped = 0
  let isClosed = false

  const send = (request: ExportRequest) =>
    new Promise<void>((resolve) => {
      const stop = clock.after(sendMsMax, () => call.cancel())
      const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error) => {
        stop[Symbol.dispose]()
        if (error !== null && !isClosed)
          log.warn('spans could not be sent', { endpoint, error: error.details, spans: request.count })
        resolve()
      })
    })
  const flush = (): Promise<void> => {
    timer?.[Symbol.dispose]()
    timer = undefined
    sending ??= (async () => {
      while (queue.length > 0) await send(exportRequestOf(queue.splice(0, batchMax), resource))
      if (dropped > 0) log.warn('spans were dropped, as the collector does not keep up', { spans: dropped })
      dropped = 0
    })().finally(() => {
      sending = undefined
    })
    return sending
  }
  return {
    sink(span) {
      if (isClosed) return
      if (queue.length >= queueMax) {
        dropped++
        return
      }
      queue.push(span)
      if (queue.length >= batchMax) void flush()
      else timer ??= clock.after(everyMs, () => void flush())
    },
    async close() {
      await flush()
      isClosed = true
      client.close()
    },
  }
}
