import { type EndpointSlice, endpointSlices, type Service } from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'

type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number]

/** Where a Service's port is answered now; undefined when none of its endpoints is ready. */
export async function readyEndpoint(
  registry: Registry,
  { metadata }: Service,
  wanted: ServicePort,
): Promise<{ readonly host: string; readonly port: number } | undefined> {
  const slices = (await registry.all<EndpointSlice>(endpointSlices, metadata.namespace)).filter(
    (slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name,
  )
  for (const slice of slices) {
    const port = slice.ports?.find((one) => (one.name ?? '') === (wanted.name ?? ''))?.port
    const host = slice.endpoints?.find((one) => one.conditions?.ready !== false)?.addresses[0]
    if (port !== undefined && host !== undefined) return { host, port }
  }
  return undefined
}
