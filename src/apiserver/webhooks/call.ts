import { bytesOfBase64, type Clock, StatusError } from '../../machinery/index.ts'
import { type Service, services, type WebhookClient } from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { IncomingReply, NetworkConnection } from '../streams/connections.ts'
import { readyEndpoint } from '../streams/endpoints.ts'
import { authorizationOf, type WebhookCredentials, type WebhookUser, webhookUserFor } from './credentials.ts'

export interface WebhookParts {
  readonly registry: () => Registry
  readonly connectNetwork: NetworkConnection
  readonly clock: Clock
  /** Who the server is to those it calls; nobody where left out. */
  readonly credentials?: WebhookCredentials | undefined
}
/** Posts a document to a webhook and reads the one it answers with. Rejects with an Error worded as Go's HTTP client words it. */
export type CallWebhook = (
  client: WebhookClient,
  body: object,
  timeoutMs: number,
  signal: AbortSignal,
  traceparent?: string,
) => Promise<any>

/** A larger answer is not read to its end. */
const answerBytesMax = 3 << 20
const encoder = new TextEncoder()

/** Calls webhooks by URL, or by Service at one of its ready endpoints, whatever the state of the cluster's network. */
export function webhookCaller(parts: WebhookParts): CallWebhook {
  return async (client, body, timeoutMs, signal, traceparent) => {
    const target = targetOf(client)
    const seconds = Math.ceil(timeoutMs / 1000)
    const about = `Post ${JSON.stringify(`${target.base}?timeout=${seconds}s`)}: `
    const stop = new AbortController()
    const onAbort = () => stop.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    using _timer = parts.clock.after(timeoutMs, () => stop.abort())
    try {
      const user = parts.credentials && webhookUserFor(parts.credentials, target.serverName, target.port)
      const authorization = user && authorizationOf(user)
      const connection = await connectionTo(target, client, parts, user)
      const bytes = encoder.encode(JSON.stringify(body))
      const answer = await connection.request(
        {
          method: 'POST',
          path: `${target.path}?timeout=${seconds}s`,
          headers: {
            host: target.host,
            accept: 'application/json, */*',
            'content-type': 'application/json',
            'content-length': String(bytes.length),
            'user-agent': 'kube-apiserver-admission',
            ...(authorization === undefined ? {} : { authorization }),
            ...(traceparent === undefined ? {} : { traceparent }),
          },
          body: once(bytes),
        },
        stop.signal,
      )
      return await readAnswer(answer)
    } catch (error) {
      if (stop.signal.aborted) throw new Error(`${about}context deadline exceeded`, { cause: error })
      if (error instanceof StatusError || error instanceof AnswerError) throw error
      throw new Error(`${about}${failureText(error)}`, { cause: error })
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

interface Target {
  /** The URL without its query, as messages show it. */
  readonly base: string
  readonly host: string
  readonly serverName: string
  readonly port: number
  readonly path: string
}

function targetOf({ url, service }: WebhookClient): Target {
  if (service !== undefined) {
    const { name, namespace, port = 443, path = '' } = service
    const serverName = `${name}.${namespace}.svc`
    const at = path.startsWith('/') ? path : `/${path}`
    return { base: `https://${serverName}:${port}${at}`, host: `${serverName}:${port}`, serverName, port, path: at }
  }
  const { host, hostname, port, pathname } = new URL(url ?? '')
  const serverName = hostname.replace(/^\[|\]$/g, '')
  return {
    base: `https://${host}${pathname}`,
    host,
    serverName,
    port: port === '' ? 443 : Number(port),
    path: pathname,
  }
}

async function connectionTo(
  target: Target,
  { service, caBundle }: WebhookClient,
  parts: WebhookParts,
  user: WebhookUser | undefined,
) {
  const ca = caBundle === undefined ? '' : new TextDecoder().decode(bytesOfBase64(caBundle)).trim()
  const { cert, key } = user ?? {}
  const trust = {
    ...(ca === '' ? { trust: 'system' as const } : { ca }),
    ...(cert === undefined || key === undefined ? {} : { client: { cert, key } }),
  }
  const { serverName, port } = target
  if (service === undefined)
    return parts.connectNetwork({ host: serverName, port, tls: true, serverName, egress: 'controlplane', ...trust })
  const { namespace, name } = service
  const found = await parts.registry().find<Service>(services, namespace, name)
  if (found === undefined) throw new Error(`service ${JSON.stringify(name)} not found`)
  const wanted = found.spec?.ports?.find((one) => one.port === port)
  if (wanted === undefined) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`)
  const endpoint = await readyEndpoint(parts.registry(), found, wanted)
  if (endpoint === undefined) throw new Error(`no endpoints available for service ${JSON.stringify(name)}`)
  return parts.connectNetwork({ ...endpoint, tls: true, serverName, ...trust })
}

/** An answer that came, but is none. */
class AnswerError extends Error {}

async function readAnswer({ status, body }: IncomingReply): Promise<any> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size > answerBytesMax) throw new AnswerError(`the answer has more than ${answerBytesMax} bytes`)
  }
  const text = Buffer.concat(chunks).toString()
  const read = (() => {
    try {
      return JSON.parse(text)
    } catch {
      return undefined
    }
  })()
  if (status >= 400) {
    if (read?.kind === 'Status') throw StatusError.from(read)
    throw new AnswerError(statusText(status, text.trim()))
  }
  if (typeof read !== 'object' || read === null)
    throw new AnswerError(`couldn't get version/kind; json parse error: ${text.slice(0, 200)}`)
  return read
}

/** As client-go tells of a status that comes without a Status. */
function statusText(status: number, text: string): string {
  if (status === 404) return 'the server could not find the requested resource'
  if (status >= 500 && status !== 503 && status !== 504)
    return `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`
  if (status === 503) return 'the server is currently unable to handle the request'
  return text === '' ? `the server responded with the status code ${status} but did not return more information` : text
}

const tlsTexts: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'x509: certificate signed by unknown authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'x509: certificate signed by unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'x509: certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'x509: certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'x509: certificate signed by unknown authority',
  CERT_SIGNATURE_FAILURE: 'x509: certificate signed by unknown authority',
  CERT_HAS_EXPIRED: 'x509: certificate has expired or is not yet valid',
  CERT_NOT_YET_VALID: 'x509: certificate has expired or is not yet valid',
}

/** As Go's HTTP client tells of a connection that fails. */
function failureText(error: unknown): string {
  const { code = '', message, address, port, host } = error as Error & Record<string, string | undefined>
  if (tlsTexts[code] !== undefined) return `tls: failed to verify certificate: ${tlsTexts[code]}`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `tls: failed to verify certificate: x509: certificate is valid for other names, not ${host ?? ''}`.trimEnd()
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`
  if (code === 'EHOSTUNREACH') return `dial tcp ${address}:${port}: connect: no route to host`
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${(error as { hostname?: string }).hostname}: no such host`
  if (code === 'ECONNRESET') return 'EOF'
  return message
}
