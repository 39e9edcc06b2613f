import type { Pod, Service } from '../../resources/index.ts'

const nameOfVariable = (name: string) => name.toUpperCase().replaceAll('-', '_')

/** The variables that tell a pod of the services of its namespace, and always of `default/kubernetes`. */
export function serviceEnvironment(pod: Pod, services: readonly Service[]): ReadonlyMap<string, string> {
  const seen = new Map<string, Service>()
  for (const service of services) {
    const { namespace, name } = service.metadata
    const ip = service.spec?.clusterIP
    if (ip === undefined || ip === '' || ip === 'None') continue
    const isMaster = namespace === 'default' && name === 'kubernetes'
    const isLinked = namespace === pod.metadata.namespace && pod.spec.enableServiceLinks !== false
    // A service of the pod's own namespace wins over default/kubernetes.
    if (isLinked || (isMaster && !seen.has(name))) seen.set(name, service)
  }
  const variables = new Map<string, string>()
  for (const service of seen.values()) for (const [name, value] of variablesOf(service)) variables.set(name, value)
  return variables
}

function* variablesOf(service: Service): Iterable<[string, string]> {
  const prefix = nameOfVariable(service.metadata.name)
  const ip = service.spec!.clusterIP!
  const ports = service.spec!.ports ?? []
  const first = ports[0]
  yield [`${prefix}_SERVICE_HOST`, ip]
  if (first === undefined) return
  yield [`${prefix}_SERVICE_PORT`, String(first.port)]
  for (const { name, port } of ports)
    if (name !== undefined && name !== '') yield [`${prefix}_SERVICE_PORT_${nameOfVariable(name)}`, String(port)]
  const host = ip.includes(':') ? `[${ip}]` : ip
  for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
    const url = `${protocol.toLowerCase()}://${host}:${port}`
    const name = `${prefix}_PORT_${port}_${protocol}`
    if (index === 0) yield [`${prefix}_PORT`, url]
    yield [name, url]
    yield [`${name}_PROTO`, protocol.toLowerCase()]
    yield [`${name}_PORT`, String(port)]
    yield [`${name}_ADDR`, ip]
  }
}
