import { RuntimeError } from '../runtime/runtime.ts'
import { criDescriptor, type RuntimeMethod } from './schema.ts'

/** Where the socket listens and how calls tell time. */
export interface CriConnectionParts {
  readonly socket: string
  readonly clock: { now(): number }
}
interface MethodDefinition {
  readonly path: string
  readonly requestSerialize: (value: object) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => unknown
}

/** Calls to one containerd, by method name. */
export interface CriConnection {
  /** Rejects with RuntimeError; a timeout of 0 waits without end. */
  call<R>(method: RuntimeMethod, request: object, timeoutMs?: number): Promise<R>
  /** containerd's own event stream, filtered. */
  subscribe(filters: readonly string[], signal: AbortSignal): AsyncIterable<ContainerdEvent>
  close(): void
}
export interface ContainerdEvent {
  readonly namespace: string
  readonly topic: string
  readonly event: { readonly typeUrl: string; readonly value: Uint8Array } | null
}

/** Kubernetes: runtimeRequestTimeout. */
export const requestTimeoutMs = 120_000
const messageBytesMax = 64 * 1024 * 1024

/** Connects lazily: gRPC is loaded here, so that a process that runs no containers never pays for it. */
export async function connectCri({ socket, clock }: CriConnectionParts): Promise<CriConnection> {
  const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
  const definition = loader.fromJSON(criDescriptor() as never, {
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  }) as unknown as Record<string, Record<string, MethodDefinition>>
  const methods: Record<string, MethodDefinition> = {
    ...definition['runtime.v1.RuntimeService'],
    ...definition['runtime.v1.ImageService'],
  }
  const events = definition['containerd.services.events.v1.Events']!['Subscribe']!
  const client = new grpc.Client(`unix://${socket}`, grpc.credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
    'grpc.max_receive_message_length': messageBytesMax,
    // Redial fast: a restarted containerd answers again within 0.1 s.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
  })
  return {
    call<R>(method: RuntimeMethod, request: object, timeoutMs = requestTimeoutMs): Promise<R> {
      const { path, requestSerialize, responseDeserialize } = methods[method]!
      const options = timeoutMs === 0 ? {} : { deadline: clock.now() + timeoutMs }
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, (error, reply) => {
          if (error !== null) reject(runtimeErrorOf(error.code, error.details, error))
          else resolve(reply as R)
        })
      })
    },
    async *subscribe(filters, signal) {
      const metadata = new grpc.Metadata()
      metadata.set('containerd-namespace', 'k8s.io')
      const stream = client.makeServerStreamRequest(
        events.path,
        events.requestSerialize,
        events.responseDeserialize as (bytes: Buffer) => ContainerdEvent,
        { filters },
        metadata,
      )
      const cancel = () => stream.cancel()
      signal.addEventListener('abort', cancel, { once: true })
      try {
        for await (const event of stream) yield event as ContainerdEvent
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        signal.removeEventListener('abort', cancel)
        stream.cancel()
      }
    },
    close: () => client.close(),
  }
}

/** gRPC codes and, where containerd says everything with code 2, its texts, as the reasons the kubelet branches on. */
export function runtimeErrorOf(code: number, details: string, cause?: unknown): RuntimeError {
  const reason = (() => {
    if (code === 4) return 'timeout'
    if (code === 5) return 'not-found'
    if (code === 14) return 'unavailable'
    // A stopping container's task is gone before its record says so.
    if (/process already finished|no such container|not found: task|task .* not found/.test(details)) return 'not-found'
    if (/context deadline exceeded|timed out/.test(details)) return 'timeout'
    return 'failed'
  })()
  return new RuntimeError(reason, details, cause)
}

/** The same for image pulls, which fail in their own words. */
export function pullErrorOf(error: RuntimeError): RuntimeError {
  const text = error.message
  const reason = (() => {
    if (/invalid reference format|failed to parse image/.test(text)) return 'invalid-image-name'
    if (/401 Unauthorized|403 Forbidden|authorization failed|insufficient_scope/.test(text)) return 'unauthorized'
    if (error.reason === 'not-found' || /not found/.test(text)) return 'image-not-found'
    if (/connection refused|no such host|i\/o timeout|network is unreachable|TLS handshake|EOF$/.test(text))
      return 'registry-unavailable'
    return error.reason
  })()
  return new RuntimeError(reason, text, error)
}
