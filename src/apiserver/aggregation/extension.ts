import { bytesOfBase64 } from '../../machinery/index.ts'
import { type APIService, type Service, services } from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { Identity } from '../request.ts'
import type { HttpConnection, IncomingReply, NetworkConnection } from '../streams/connections.ts'
import { readyEndpoint } from '../streams/endpoints.ts'

/** Who this server is to extension servers, which believe it about who is calling. */
export interface ProxyClient {
  readonly cert: string
  readonly key: string
  /** Who signed it, PEM: what extension servers are to trust. */
  readonly authority: string
}
export interface ExtensionParts {
  readonly registry: () => Registry
  readonly connectNetwork: NetworkConnection
  readonly proxyClient: () => ProxyClient | undefined
}

/** The way to the server behind an APIService. Rejects when none of its endpoints is ready. */
export async function connectExtension(
  { spec }: APIService,
  { registry, connectNetwork, proxyClient }: ExtensionParts,
): Promise<HttpConnection> {
  const { name = '', namespace = '', port = 443 } = spec.service ?? {}
  const service = await registry().find<Service>(services, namespace, name)
  const wanted = service?.spec?.ports?.find((one) => one.port === port)
  const endpoint =
    service === undefined || wanted === undefined ? undefined : await readyEndpoint(registry(), service, wanted)
  if (endpoint === undefined) throw new Error(`no endpoints available for service ${JSON.stringify(name)}`)
  const ca = spec.caBundle === undefined ? '' : new TextDecoder().decode(bytesOfBase64(spec.caBundle)).trim()
  const client = proxyClient()
  return connectNetwork({
    ...endpoint,
    tls: true,
    serverName: `${name}.${namespace}.svc`,
    ...(spec.insecureSkipTLSVerify === true ? {} : ca === '' ? { trust: 'system' as const } : { ca }),
    ...(client === undefined ? {} : { client: { cert: client.cert, key: client.key } }),
  })
}

/** Kubernetes: the headers by which an extension server learns who is calling; whatever the caller sent of them is dropped. */
export function identityHeaders(identity: Identity): Record<string, string | readonly string[]> {
  const extra = Object.entries(identity.extra ?? {}).map(
    ([key, values]) => [`x-remote-extra-${escapeHeader(key)}`, values] as const,
  )
  return {
    'x-remote-user': identity.name,
    'x-remote-group': identity.groups,
    ...(identity.uid === undefined || identity.uid === '' ? {} : { 'x-remote-uid': identity.uid }),
    ...Object.fromEntries(extra),
  }
}

/** Kubernetes: what may not stand in a header's name is percent-encoded, in the lower case that headers have. */
function escapeHeader(key: string): string {
  return [...new TextEncoder().encode(key)]
    .map((byte) => {
      const character = String.fromCharCode(byte)
      return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
    .toLowerCase()
}

const aggregator: Identity = { name: 'system:kube-aggregator', groups: ['system:masters'] }

/** Reads a JSON document of an extension server as the aggregator. Rejects with an Error worded for a condition. */
export async function readDocument(
  service: APIService,
  path: string,
  parts: ExtensionParts,
  signal: AbortSignal,
): Promise<any> {
  const { name, namespace } = service.spec.service ?? {}
  const about = `https://${name}.${namespace}.svc:${service.spec.service?.port ?? 443}${path}`
  let reply: IncomingReply
  try {
    const connection = await connectExtension(service, parts)
    const headers = { accept: 'application/json', ...identityHeaders(aggregator) }
    reply = await connection.request({ method: 'GET', path, headers }, signal)
  } catch (error) {
    const why = signal.aborted ? 'context deadline exceeded' : error instanceof Error ? error.message : String(error)
    throw new Error(`failing or missing response from ${about}: Get ${JSON.stringify(about)}: ${why}`, { cause: error })
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of reply.body) chunks.push(chunk)
  if (reply.status < 200 || reply.status >= 300)
    throw new Error(`failing or missing response from ${about}: bad status from ${about}: ${reply.status}`)
  return JSON.parse(Buffer.concat(chunks).toString())
}
