import { badRequest, internalError, notFound, StatusError, unavailable } from '../../machinery/index.ts'
import { type Node, nodes, type Pod, pods, type Service, services } from '../../resources/index.ts'
import type { Route } from '../http/route.ts'
import type { Registry } from '../registry/registry.ts'
import {
  type HttpConnection,
  kubeletAuthorityAnnotation,
  type NetworkConnection,
  type NodeAddress,
  type NodeConnection,
} from './connections.ts'
import { readyEndpoint } from './endpoints.ts'

export interface StreamParts {
  readonly registry: Registry
  readonly connectNode: NodeConnection
  readonly connectNetwork: NetworkConnection
}
/** Where a stream or proxy request goes on to. */
export interface Forward {
  readonly connection: HttpConnection
  readonly path: string
  /** Proxied replies keep status and body as they are; kubelet failures become Status objects. */
  readonly transparent: boolean
  /** Kubernetes: a proxied GET or HEAD without a path is redirected to the same path with a slash. */
  readonly redirectTo?: string
  /** `host:port` of what is reached, where pages may name it. */
  readonly authority?: string
}

const kubeletPort = 10250
const fromKubectl: Readonly<Record<string, string>> = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' }

/** Finds what a log, exec, attach, portforward or proxy request is about, and how to reach it. */
export async function forwardOf(
  route: Route & { type: 'resource' },
  search: URLSearchParams,
  parts: StreamParts,
): Promise<Forward | undefined> {
  const { resource, subresource, group, name = '', namespace = '' } = route
  if (group !== '') return undefined
  if (resource === 'pods' && ['log', 'exec', 'attach', 'portforward'].includes(subresource))
    return podStream(route, search, parts)
  if (subresource !== 'proxy') return undefined
  const rest = route.rest === '' ? '' : route.rest
  const query = search.toString()
  const path = `${rest === '' ? '/' : rest}${query === '' ? '' : `?${query}`}`
  const redirect = rest === '' ? { redirectTo: query === '' ? '/' : `/?${query}` } : {}
  if (resource === 'nodes') {
    const { value, scheme, port } = targetOf(name)
    const node = await parts.registry.find<Node>(nodes, undefined, value)
    if (node === undefined) throw notFound({ group: '', resource: 'nodes' }, value)
    if (port !== '' && Number(port) !== kubeletPortOf(node)) {
      return {
        connection: parts.connectNetwork({ host: addressOf(node), port: Number(port), tls: scheme === 'https' }),
        path,
        transparent: true,
        ...redirect,
      }
    }
    return { connection: parts.connectNode(kubeletOf(node)), path, transparent: true, ...redirect }
  }
  if (resource === 'pods') return { ...(await podProxy(namespace, name, parts)), path, transparent: true, ...redirect }
  if (resource === 'services')
    return { ...(await serviceProxy(namespace, name, parts)), path, transparent: true, ...redirect }
  return undefined
}

async function podStream(
  route: Route & { type: 'resource' },
  search: URLSearchParams,
  { registry, connectNode }: StreamParts,
): Promise<Forward> {
  const { name = '', namespace = '', subresource } = route
  const pod = await registry.find<Pod>(pods, namespace, name)
  if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, name)
  const nodeName = pod.spec?.nodeName ?? ''
  const container = subresource === 'portforward' ? '' : containerOf(pod, search.get('container') ?? '')
  if (nodeName === '') {
    // Kubernetes: the log of a pod without a node is empty; streams into it are refused.
    if (subresource === 'log') return { connection: emptyLog, path: '', transparent: true }
    throw badRequest(`pod ${name} does not have a host assigned`)
  }
  const node = await registry.find<Node>(nodes, undefined, nodeName)
  if (node === undefined) throw notFound({ group: '', resource: 'nodes' }, nodeName)
  const connection = connectNode(kubeletOf(node))
  const base = `${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`
  if (subresource === 'log')
    return {
      connection,
      path: `/containerLogs/${base}/${encodeURIComponent(container)}${queryText(logQuery(search))}`,
      transparent: true,
    }
  if (subresource === 'portforward') {
    return {
      connection,
      path: `/portForward/${base}${queryText(search.getAll('ports').map((port) => ['port', port]))}`,
      transparent: false,
    }
  }
  const pairs: [string, string][] = []
  for (const [key, value] of search) {
    if (key === 'command') pairs.push(['command', value])
    else if (fromKubectl[key] !== undefined && (value === 'true' || value === '1')) pairs.push([fromKubectl[key], '1'])
  }
  return {
    connection,
    path: `/${subresource}/${base}/${encodeURIComponent(container)}${queryText(pairs)}`,
    transparent: false,
  }
}

const logParameters = [
  'follow',
  'previous',
  'sinceSeconds',
  'sinceTime',
  'timestamps',
  'tailLines',
  'limitBytes',
  'stream',
]

function logQuery(search: URLSearchParams): [string, string][] {
  const pairs: [string, string][] = []
  for (const key of logParameters) {
    const value = search.get(key)
    if (value !== null && value !== '') pairs.push([key, value])
  }
  for (const key of ['tailLines', 'sinceSeconds', 'limitBytes']) {
    const value = search.get(key)
    if (value !== null && !/^-?\d+$/.test(value))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
  }
  const invalid = (field: string, value: string, why: string) =>
    new StatusError(422, 'Invalid', `PodLogOptions "" is invalid: ${field}: Invalid value: ${value}: ${why}`, {
      kind: 'PodLogOptions',
      causes: [{ reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${why}`, field }],
    })
  const tail = search.get('tailLines')
  if (tail !== null && Number(tail) < 0) throw invalid('tailLines', tail, 'must be greater than or equal to 0')
  const limit = search.get('limitBytes')
  if (limit !== null && Number(limit) < 1) throw invalid('limitBytes', limit, 'must be greater than 0')
  const since = search.get('sinceSeconds')
  if (since !== null && Number(since) < 1) throw invalid('sinceSeconds', since, 'must be greater than 0')
  return pairs
}

const emptyLog: HttpConnection = {
  request: async () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: (async function* () {})() }),
  upgrade: async () => {
    throw unavailable('the pod has no node yet')
  },
}

/** Kubernetes: the container may be left out when the pod has only one. */
function containerOf(pod: Pod, asked: string): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {}
  const name = pod.metadata.name
  if (asked !== '') {
    if ([...containers, ...initContainers, ...ephemeralContainers].some((one) => one.name === asked)) return asked
    throw badRequest(`container ${asked} is not valid for pod ${name}`)
  }
  if (containers.length === 1) return containers[0]!.name
  const list = (ones: readonly { name: string }[]) => `[${ones.map((one) => one.name).join(' ')}]`
  const init = initContainers.length === 0 ? '' : ` or one of the init containers: ${list(initContainers)}`
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: ${list(containers)}${init}`)
}

/** `[scheme:]name[:port]`, as proxy paths name their target. */
function targetOf(text: string): { readonly scheme: string; readonly value: string; readonly port: string } {
  const parts = text.split(':')
  if (parts.length === 1) return { scheme: '', value: text, port: '' }
  if (parts.length === 2) return { scheme: '', value: parts[0]!, port: parts[1]! }
  if (parts.length === 3 && (parts[0] === 'http' || parts[0] === 'https' || parts[0] === ''))
    return { scheme: parts[0], value: parts[1]!, port: parts[2]! }
  throw badRequest(`invalid proxy target ${JSON.stringify(text)}: use [scheme:]name[:port]`)
}

async function podProxy(
  namespace: string,
  text: string,
  { registry, connectNetwork }: StreamParts,
): Promise<Pick<Forward, 'connection' | 'authority'>> {
  const { scheme, value, port } = targetOf(text)
  const pod = await registry.find<Pod>(pods, namespace, value)
  if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, value)
  const host = pod.status?.podIP ?? ''
  if (host === '') throw badRequest('address not allowed')
  const declared = pod.spec?.containers.flatMap((one) => one.ports ?? [])[0]?.containerPort ?? 0
  const number = port === '' ? declared : portNumber(pod, port)
  const reached = { host, port: number === 0 ? 80 : number }
  return { connection: connectNetwork({ ...reached, tls: scheme === 'https' }), authority: authorityOf(reached) }
}

function portNumber(pod: Pod, port: string): number {
  if (/^\d+$/.test(port)) return Number(port)
  const named = pod.spec?.containers.flatMap((one) => one.ports ?? []).find((one) => one.name === port)
  if (named === undefined) throw badRequest(`pod ${pod.metadata.name} has no port named ${JSON.stringify(port)}`)
  return named.containerPort
}

async function serviceProxy(
  namespace: string,
  text: string,
  { registry, connectNetwork }: StreamParts,
): Promise<Pick<Forward, 'connection' | 'authority'>> {
  const { scheme, value, port } = targetOf(text)
  const service = await registry.find<Service>(services, namespace, value)
  if (service === undefined) throw notFound({ group: '', resource: 'services' }, value)
  const ports = service.spec?.ports ?? []
  const wanted = port === '' ? ports[0] : ports.find((one) => one.name === port || String(one.port) === port)
  if (wanted === undefined)
    throw unavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(value)}`)
  const endpoint = await readyEndpoint(registry, service, wanted)
  if (endpoint !== undefined)
    return { connection: connectNetwork({ ...endpoint, tls: scheme === 'https' }), authority: authorityOf(endpoint) }
  throw unavailable(`no endpoints available for service ${JSON.stringify(text)}`)
}

const authorityOf = ({ host, port }: { readonly host: string; readonly port: number }) =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

function kubeletPortOf(node: Node): number {
  return node.status?.daemonEndpoints?.kubeletEndpoint?.Port || kubeletPort
}

/** How the kubelet of a node is reached, as its Node says. */
export function kubeletOf(node: Node): NodeAddress {
  const authority = node.metadata.annotations?.[kubeletAuthorityAnnotation]
  const reached = { name: node.metadata.name, address: addressOf(node), port: kubeletPortOf(node) }
  return authority === undefined ? reached : { ...reached, authority }
}

/** Kubernetes: kubelets are reached by the first address of these types, in this order. */
function addressOf(node: Node): string {
  const addresses = node.status?.addresses ?? []
  for (const type of ['InternalIP', 'ExternalIP', 'InternalDNS', 'ExternalDNS', 'Hostname']) {
    const found = addresses.find((one) => one.type === type)
    if (found !== undefined) return found.address
  }
  throw internalError(new Error(`no preferred addresses found; known addresses: []`))
}

function queryText(pairs: readonly (readonly [string, string] | readonly string[])[]): string {
  if (pairs.length === 0) return ''
  return `?${pairs.map(([key = '', value = '']) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&')}`
}
