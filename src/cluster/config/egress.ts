import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError, fieldsOf, listOf, text } from './read-fields.ts'

export const egressKinds: readonly string[] = [
  'apiserver.k8s.io/v1beta1/EgressSelectorConfiguration',
  'apiserver.k8s.io/v1alpha1/EgressSelectorConfiguration',
]
const names = ['cluster', 'controlplane', 'etcd'] as const
export type EgressName = (typeof names)[number]

/** A proxy that opens connections when it is asked to. */
export interface EgressProxy {
  /** By a stream of packets over gRPC; by CONNECT where this is left out. */
  readonly protocol?: 'GRPC'
  /** Its socket on this machine, or where it is in the network. */
  readonly at: { readonly path: string } | { readonly host: string; readonly port: number }
  /** Files in PEM, where it speaks TLS. */
  readonly tls?: {
    readonly caBundle?: string
    readonly clientKey: string
    readonly clientCert: string
    readonly serverName?: string
  }
}
/** How the API server reaches which part of the network; directly where nothing is said. */
export type EgressChoice = Readonly<Partial<Record<EgressName, EgressProxy>>>

const tlsFields = fieldsOf({ caBundle: text, clientKey: text, clientCert: text, tlsServerName: text })
const transportFields = fieldsOf({
  tcp: fieldsOf({ url: text, tlsConfig: tlsFields }),
  uds: fieldsOf({ udsName: text }),
})
const selectionFields = fieldsOf({
  name: text,
  connection: fieldsOf({ proxyProtocol: text, transport: transportFields }),
})
const egressFields = fieldsOf({ egressSelections: listOf(selectionFields) })
type Transport = ReturnType<typeof transportFields>
type Tcp = NonNullable<Transport['tcp']>

const field = 'service.connection'
const refuse = (at: string, problem: string): never => {
  throw new ConfigError(`${at}: ${problem}`)
}
const invalid = (at: string, value: string, why: string) =>
  refuse(`${field}.${at}`, `Invalid value: ${JSON.stringify(value)}: ${why}`)

/**
 * Reads the fields of an EgressSelectorConfiguration. Throws a ConfigError in Kubernetes' words. Unlike Kubernetes: names of files are
 * those beside the configuration.
 */
export function readEgress(fields: object, directory: string): EgressChoice {
  const { egressSelections: selections = [] } = egressFields(fields, '')
  const choice: Partial<Record<EgressName, EgressProxy>> = {}
  const seen = new Set<string>()
  for (const [index, { name: given = '', connection = {} }] of selections.entries()) {
    const proxy = proxyOf(connection, directory)
    const name = given.toLowerCase()
    if (seen.has(name)) refuse(`${field}[${index}]`, `Duplicate value: ${JSON.stringify(name)}`)
    seen.add(name)
    const known = names.find((one) => one === name)
    const listed = names.map((one) => JSON.stringify(one)).join(', ')
    if (known === undefined) refuse(field, `Unsupported value: ${JSON.stringify(name)}: supported values: ${listed}`)
    else if (proxy !== undefined) choice[known] = proxy
  }
  return choice
}

function proxyOf(
  { proxyProtocol = '', transport }: { readonly proxyProtocol?: string; readonly transport?: Transport },
  directory: string,
): EgressProxy | undefined {
  if (proxyProtocol === 'Direct') {
    if (transport !== undefined) invalid('transport', 'direct', 'config must be absent for direct connect')
    return undefined
  }
  if (proxyProtocol === 'GRPC') return byTunnel(transport, directory)
  if (proxyProtocol !== 'HTTPConnect')
    refuse(
      `${field}.protocol`,
      `Unsupported value: ${JSON.stringify(proxyProtocol)}: supported values: "Direct", "HTTPConnect", "GRPC"`,
    )
  if (transport === undefined) refuse(`${field}.transport`, 'Required value: transport must be set for HTTPConnect')
  const { tcp, uds } = transport ?? {}
  if (tcp !== undefined && uds !== undefined) invalid('tcp', tcp.url ?? '', 'TCP and UDS cannot both be set')
  if (tcp !== undefined) return overTcp(tcp, directory)
  if (uds === undefined) return refuse(`${field}.tcp`, 'Required value: One of TCP or UDS must be set')
  return { at: socketOf(uds, directory) }
}

/** Kubernetes: proxies that want gRPC are reached by their socket alone. */
function byTunnel(transport: Transport | undefined, directory: string): EgressProxy {
  if (transport === undefined) return refuse(`${field}.transport`, 'Required value: transport must be set for GRPC')
  const { uds } = transport
  if (uds === undefined) return refuse(`${field}.uds`, 'Required value: UDS must be set with GRPC')
  return { protocol: 'GRPC', at: socketOf(uds, directory) }
}

function socketOf({ udsName = '' }: NonNullable<Transport['uds']>, directory: string): { readonly path: string } {
  if (udsName === '') invalid('udsName', 'nil', 'must be present for UDS connections')
  return { path: resolve(directory, udsName) }
}

function overTcp({ url = '', tlsConfig }: Tcp, directory: string): EgressProxy {
  const isTls = url.startsWith('https://')
  if (!isTls && !url.startsWith('http://'))
    invalid('url', url, 'supported connection protocols are http:// and https://')
  if (!isTls && tlsConfig !== undefined) invalid('tlsConfig', 'nil', 'config must not be present when using HTTP')
  const { hostname, port } = new URL(url)
  const at = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port === '' ? (isTls ? 443 : 80) : port) }
  if (!isTls) return { at }
  if (tlsConfig === undefined)
    return refuse(`${field}.tlsConfig`, 'Required value: TLSConfig must be present when using HTTPS')
  const { caBundle = '', clientCert = '', clientKey = '', tlsServerName } = tlsConfig
  const file = (name: string, path: string, missing: string, absent?: string) => {
    if (path === '' && absent !== undefined) invalid(`tlsConfig.${name}`, 'nil', absent)
    const found = resolve(directory, path)
    if (!existsSync(found)) invalid(`tlsConfig.${name}`, path, missing)
    return found
  }
  return {
    at,
    tls: {
      ...(caBundle === '' ? {} : { caBundle: file('caBundle', caBundle, 'TLS config ca bundle does not exist') }),
      clientCert: file('clientCert', clientCert, 'TLS client cert does not exist', 'Using TLS requires clientCert'),
      clientKey: file('clientKey', clientKey, 'TLS client key does not exist', 'Using TLS requires requires clientKey'),
      ...(tlsServerName === undefined ? {} : { serverName: tlsServerName }),
    },
  }
}
