import { type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent, type RequestOptions, request as requestHttps } from 'node:https'
import {
  type ApiCall,
  type ApiReply,
  httpMethods,
  patchMediaTypes,
  type Status,
  StatusError,
  type Transport,
  unavailable,
  type WatchEvent,
} from '../../machinery/index.ts'

/** What a kubeconfig user and cluster come to. */
export interface HttpCredentials {
  readonly server: string
  /** PEM. Absent: the system's authorities. */
  readonly ca?: string
  readonly insecure?: boolean
  readonly cert?: string
  readonly key?: string
  readonly token?: () => string
}

const discoveryType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** The API over HTTPS in JSON, connections kept alive; failures reject with the server's Status. */
export function httpTransport(credentials: HttpCredentials, userAgent: string): Transport {
  const base = new URL(credentials.server)
  const tls = base.protocol === 'https:'
  const agent = tls
    ? new Agent({
        keepAlive: true,
        ...(credentials.ca === undefined ? {} : { ca: credentials.ca }),
        ...(credentials.cert === undefined ? {} : { cert: credentials.cert }),
        ...(credentials.key === undefined ? {} : { key: credentials.key }),
        ...(credentials.insecure === true ? { rejectUnauthorized: false } : {}),
      })
    : undefined
  const open = tls ? requestHttps : requestHttp
  return async (call, signal): Promise<ApiReply> => {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    const options: RequestOptions = {
      host: base.hostname,
      port: base.port === '' ? (tls ? 443 : 80) : Number(base.port),
      method: httpMethods[call.verb],
      path: `${base.pathname === '/' ? '' : base.pathname}${pathOf(call)}`,
      headers: {
        accept: isDiscovery(call) ? discoveryType : 'application/json',
        'user-agent': userAgent,
        ...(body === undefined
          ? {}
          : {
              'content-type':
                call.verb === 'patch' ? patchMediaTypes[call.patchType ?? 'strategic'] : 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
        ...(credentials.token === undefined ? {} : { authorization: `Bearer ${credentials.token()}` }),
      },
      ...(agent === undefined ? {} : { agent }),
      ...(signal === undefined ? {} : { signal }),
    }
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = open(options, resolve)
      request.once('error', reject)
      request.end(body)
    }).catch((error: Error) => {
      if (signal?.aborted) throw signal.reason
      throw unavailable(`the server at ${base.host} could not be reached: ${error.message}`)
    })
    const warnings = warningsOf(response)
    const code = response.statusCode ?? 500
    if (code >= 400) throw await failureOf(response, code)
    if (call.verb === 'watch') return { code: 200, events: eventsOf(response, signal), ...warnings }
    return { code, body: await objectOf(response), ...warnings }
  }
}

const isDiscovery = ({ path }: ApiCall) => path === '/api' || path === '/apis'

/** The request path of a call. */
export function pathOf(call: ApiCall): string {
  if (call.path !== undefined) return call.path
  const { group, version, resource, namespace, name, subresource, query = {} } = call
  const parts = [group === '' ? `/api/${version}` : `/apis/${group}/${version}`]
  if (namespace !== undefined && namespace !== '') parts.push('namespaces', encodeURIComponent(namespace))
  parts.push(resource)
  if (name !== undefined) parts.push(encodeURIComponent(name))
  if (subresource !== undefined && subresource !== '') parts.push(subresource)
  const pairs = Object.entries(call.verb === 'watch' ? { ...query, watch: 'true' } : query)
  const search = pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&')
  return `${parts.join('/')}${search === '' ? '' : `?${search}`}`
}

async function objectOf(response: IncomingMessage): Promise<any> {
  const object = JSON.parse(await textOf(response))
  // Items of built-in lists carry neither kind nor apiVersion; in process they do, so they are given back here.
  if (typeof object.kind === 'string' && object.kind.endsWith('List') && Array.isArray(object.items)) {
    const kind = object.kind.slice(0, -4)
    object.items = object.items.map((item: object) => ({ kind, apiVersion: object.apiVersion, ...item }))
  }
  return object
}

async function failureOf(response: IncomingMessage, code: number): Promise<StatusError> {
  const text = await textOf(response)
  try {
    const status = JSON.parse(text) as Status
    if (status.kind === 'Status') return StatusError.from(status)
  } catch {
    // Not from the API server itself; its text is all there is.
  }
  return new StatusError(code, 'Unknown', text.trim() === '' ? `the server answered ${code}` : text.trim())
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function* eventsOf(
  response: IncomingMessage,
  signal: AbortSignal | undefined,
): AsyncIterable<readonly WatchEvent[]> {
  let rest = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response) {
      rest += decoder.decode(chunk, { stream: true })
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      const events = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as WatchEvent)
      if (events.length > 0) yield events
    }
  } catch (error) {
    // A connection that breaks ends the watch; its user starts again from where it was.
    if (signal?.aborted || (error as NodeJS.ErrnoException).code === 'ECONNRESET') return
    throw unavailable(`the watch broke: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    response.destroy()
  }
}

function warningsOf(response: IncomingMessage): { warnings?: readonly string[] } {
  const header = response.headers.warning
  if (header === undefined) return {}
  const texts = [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  )
  return texts.length === 0 ? {} : { warnings: texts }
}
