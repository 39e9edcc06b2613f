import type { APIService, EndpointSlice, Service } from '../../resources/index.ts'

/** What is known of an extension server before it is asked anything. */
export interface Availability {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}

export const passed: Availability = { status: 'True', reason: 'Passed', message: 'all checks passed' }
export const localAvailability: Availability = {
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
}

/** Why an extension server cannot be there, from what the cluster knows of its Service; undefined when it must be asked. */
export function unavailability(
  spec: APIService['spec'],
  service: Service | undefined,
  slices: readonly EndpointSlice[],
): Availability | undefined {
  const { name = '', namespace = '', port = 443 } = spec.service ?? {}
  const about = `service/${name} in ${JSON.stringify(namespace)}`
  const missing = (reason: string, message: string): Availability => ({ status: 'False', reason, message })
  if (service === undefined) return missing('ServiceNotFound', `${about} is not present`)
  if ((service.spec?.type ?? 'ClusterIP') !== 'ClusterIP') return undefined
  const found = service.spec?.ports?.find((one) => one.port === port)
  if (found === undefined) return missing('ServicePortError', `${about} is not listening on port ${port}`)
  const own = slices.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
  if (own.length === 0) return missing('EndpointsNotFound', `cannot find endpointslices for ${about}`)
  const portName = found.name ?? ''
  const isActive = own.some(
    ({ endpoints, ports }) =>
      endpoints?.some(({ conditions }) => conditions?.ready !== false) === true &&
      ports?.some((one) => (one.name ?? '') === portName && one.port !== undefined) === true,
  )
  if (isActive) return undefined
  const message = `endpointslices for ${about} have no addresses with port name ${JSON.stringify(portName)}`
  return missing('MissingEndpoints', message)
}
