import type { Clock, Metrics } from '../../machinery/index.ts'
import type { KmsPlugin, SealedSeed } from '../../store/index.ts'

export interface PluginParts {
  readonly name: string
  /** `unix:///run/kms.sock` */
  readonly endpoint: string
  readonly timeoutMs: number
  readonly clock: Clock
  readonly metrics: Metrics
}
/** A plugin that is connected, until it is closed. */
export interface ConnectedPlugin extends KmsPlugin {
  close(): void
}

/** What of `v2.KeyManagementService` is spoken; the numbers are those of Kubernetes' KMS API. */
const text = (id: number) => ({ type: 'string', id })
const bytes = (id: number) => ({ type: 'bytes', id })
const annotations = (id: number) => ({ keyType: 'string', type: 'bytes', id })
export const kmsDescriptor = {
  nested: {
    v2: {
      nested: {
        KeyManagementService: {
          methods: Object.fromEntries(
            ['Status', 'Encrypt', 'Decrypt'].map((name) => [
              name,
              { requestType: `${name}Request`, responseType: `${name}Response` },
            ]),
          ),
        },
        StatusRequest: { fields: {} },
        StatusResponse: { fields: { version: text(1), healthz: text(2), keyId: text(3) } },
        EncryptRequest: { fields: { plaintext: bytes(1), uid: text(2) } },
        EncryptResponse: { fields: { ciphertext: bytes(1), keyId: text(2), annotations: annotations(3) } },
        DecryptRequest: { fields: { ciphertext: bytes(1), uid: text(2), keyId: text(3), annotations: annotations(4) } },
        DecryptResponse: { fields: { plaintext: bytes(1) } },
      },
    },
  },
}

interface MethodDefinition {
  readonly path: string
  readonly requestSerialize: (value: object) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => unknown
}
const latencyBuckets = Array.from({ length: 20 }, (_, index) => 0.0001 * 2 ** index)

/** Connects to a KMS v2 plugin when it is first called; gRPC is loaded here. */
export async function connectPlugin(
  { name, endpoint, timeoutMs, clock, metrics }: PluginParts,
  uuid: () => string,
): Promise<ConnectedPlugin> {
  const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
  const definition = loader.fromJSON(kmsDescriptor as never, { defaults: true }) as unknown as Record<
    string,
    Record<string, MethodDefinition>
  >
  const service = definition['v2.KeyManagementService']!
  const client = new grpc.Client(endpoint, grpc.credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
  })
  const seconds = metrics.histogram(
    'apiserver_envelope_encryption_kms_operations_latency_seconds',
    'KMS operation duration with gRPC error code status total.',
    latencyBuckets,
  )
  const call = <R>(method: 'Status' | 'Encrypt' | 'Decrypt', request: object): Promise<R> => {
    const { path, requestSerialize, responseDeserialize } = service[method]!
    const startedMs = clock.monotonic()
    const observe = (code: number) =>
      seconds.observe((clock.monotonic() - startedMs) / 1000, {
        provider_name: name,
        method_name: `/${path.split('/').slice(1).join('/')}`,
        grpc_status_code: codeName(grpc.status[code]),
      })
    return new Promise((resolve, reject) => {
      const options = { deadline: clock.now() + timeoutMs }
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, (error, reply) => {
        observe(error === null ? 0 : error.code)
        if (error === null) resolve(reply as R)
        else reject(new Error(`rpc error: code = ${codeName(grpc.status[error.code])} desc = ${error.details}`))
      })
    })
  }
  return {
    status: () => call('Status', {}),
    encrypt: (plaintext) => call('Encrypt', { plaintext, uid: uuid() }),
    async decrypt({ source, keyId, annotations: notes }: Omit<SealedSeed, 'provider'>) {
      const request = { ciphertext: source, uid: uuid(), keyId, annotations: notes }
      return (await call<{ readonly plaintext: Uint8Array }>('Decrypt', request)).plaintext
    },
    close: () => client.close(),
  }
}

/** `DEADLINE_EXCEEDED` → `DeadlineExceeded`, as Go prints codes. */
function codeName(name: string | undefined): string {
  if (name === undefined) return 'unknown-non-grpc'
  if (name === 'OK') return 'OK'
  return name
    .split('_')
    .map((part) => part[0] + part.slice(1).toLowerCase())
    .join('')
}
