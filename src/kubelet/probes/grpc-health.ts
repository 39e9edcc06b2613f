import type { Clock } from '../../machinery/index.ts'

const descriptor = {
  options: { syntax: 'proto3' },
  nested: {
    grpc: {
      nested: {
        health: {
          nested: {
            v1: {
              nested: {
                HealthCheckRequest: { fields: { service: { type: 'string', id: 1 } } },
                HealthCheckResponse: { fields: { status: { type: 'int32', id: 1 } } },
                Health: {
                  methods: { Check: { requestType: 'HealthCheckRequest', responseType: 'HealthCheckResponse' } },
                },
              },
            },
          },
        },
      },
    },
  },
}
/** grpc.health.v1: 1 is SERVING. */
const serving = 1
const statusNames = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

/** Asks a gRPC server for its health; resolves with the complaint, undefined when it serves. */
export async function grpcHealth(
  clock: Clock,
  address: string,
  service: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
  type Definition = Record<string, Record<string, { path: string; requestSerialize: any; responseDeserialize: any }>>
  const definition = loader.fromJSON(descriptor as never, { defaults: true }) as unknown as Definition
  const check = definition['grpc.health.v1.Health']!['Check']!
  const client = new grpc.Client(address, grpc.credentials.createInsecure())
  try {
    return await new Promise((resolve) => {
      client.makeUnaryRequest(
        check.path,
        check.requestSerialize,
        check.responseDeserialize,
        { service },
        { deadline: clock.now() + timeoutMs },
        (error, reply) => {
          const status = (reply as { status?: number } | undefined)?.status ?? 0
          if (error === null)
            resolve(status === serving ? undefined : `service unhealthy (responded with "${statusNames[status]}")`)
          else if (error.code === grpc.status.UNIMPLEMENTED)
            resolve('error: this server does not implement the grpc health protocol (grpc.health.v1.Health)')
          else if (error.code === grpc.status.DEADLINE_EXCEEDED)
            resolve(`timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s`)
          else resolve(`error: health rpc failed: ${error.details}`)
        },
      )
    })
  } finally {
    client.close()
  }
}
