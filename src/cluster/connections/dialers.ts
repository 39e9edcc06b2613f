import { Agent, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps, Agent as TlsAgent } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type {
  HttpConnection,
  IncomingReply,
  NetworkConnection,
  NodeConnection,
  OutgoingRequest,
  UpgradedReply,
} from '../../apiserver/index.ts'
import type { Dial, Egress } from './egress.ts'

export interface KubeletCredentials {
  readonly cert: string
  readonly key: string
  /** The authority that signs kubelets' serving certificates. */
  readonly ca: string
}

/** Reaches kubelets over mutual TLS at the address their Node names. */
export function dialNodes(credentials: () => KubeletCredentials, egress?: Egress): NodeConnection {
  let agent: { readonly cert: string; readonly agent: TlsAgent } | undefined
  return ({ address, port, authority }) => {
    const { cert, key, ca } = credentials()
    const dial = egress?.('cluster')
    if (dial !== undefined)
      return overHttp(through(dial, { host: address, port, cert, key, ca: authority ?? ca }, true), true)
    // A node of its own making: what it named is trusted for it alone.
    if (authority !== undefined) return overHttp({ host: address, port, agent: false, cert, key, ca: authority }, true)
    if (agent?.cert !== cert) agent = { cert, agent: new TlsAgent({ keepAlive: true, cert, key, ca }) }
    // Unlike Kubernetes: kubelets' certificates are verified by default, against the cluster's own authority.
    return overHttp({ host: address, port, agent: agent.agent, cert, key, ca }, true)
  }
}

/** Reaches pods and anything else by address; a server name and authority are checked when given. */
export function dialNetwork(egress?: Egress): NetworkConnection {
  const plain = new Agent({ keepAlive: false })
  return ({ host, port, tls, serverName, ca, trust, client, egress: part = 'cluster' }) => {
    const dial = part === 'none' ? undefined : egress?.(part)
    const at = { host, port }
    if (!tls) return overHttp(dial === undefined ? { ...at, agent: plain } : through(dial, at, false), false)
    const options = {
      ...at,
      // TLS names no addresses; the certificate is then held against the host.
      ...(serverName === undefined ? {} : { servername: isIP(serverName) === 0 ? serverName : '' }),
      ...(client ?? {}),
      ...(ca !== undefined ? { ca } : trust === 'system' ? {} : { rejectUnauthorized: false }),
    }
    return overHttp(dial === undefined ? options : through(dial, options, true), true)
  }
}

type Base = RequestOptions & Record<string, unknown>

/** The same, over connections that a proxy opens. */
function through(dial: Dial, base: { readonly host: string; readonly port: number } & ConnectionOptions, tls: boolean) {
  const createConnection = (_: unknown, done: (error: Error | null, socket?: Duplex) => void): undefined => {
    dial(base.host, base.port).then(
      (socket) => done(null, tls ? connectTls({ ...base, socket }) : socket),
      (error) => done(error),
    )
  }
  return { ...base, createConnection } as unknown as Base
}

function overHttp(base: Base, tls: boolean): HttpConnection {
  const open = tls ? requestHttps : requestHttp
  const start = ({ method, path, headers }: OutgoingRequest, signal: AbortSignal, upgrade: boolean) =>
    open({
      ...base,
      method,
      path,
      headers: { ...(headers as Record<string, string | string[]>), ...(upgrade ? { connection: 'Upgrade' } : {}) },
      signal,
      ...(upgrade && base.createConnection === undefined ? { agent: false } : {}),
    })
  return {
    request: (outgoing, signal) =>
      new Promise<IncomingReply>((resolve, reject) => {
        const request = start(outgoing, signal, false)
        request.once('error', reject)
        request.once('response', (response) => resolve(replyOf(response)))
        if (outgoing.body === undefined) request.end()
        else pipeline(outgoing.body as unknown as Readable, request).catch(reject)
      }),
    upgrade: (outgoing, signal) =>
      new Promise<UpgradedReply | IncomingReply>((resolve, reject) => {
        const request = start(outgoing, signal, true)
        request.once('error', reject)
        request.once('response', (response) => resolve(replyOf(response)))
        request.once('upgrade', (response, socket, head) =>
          resolve({ status: response.statusCode ?? 101, headers: headersOf(response), socket, head }),
        )
        request.end()
      }),
  }
}

function replyOf(response: IncomingMessage): IncomingReply {
  return { status: response.statusCode ?? 502, headers: headersOf(response), body: response }
}

function headersOf(response: IncomingMessage): Record<string, string | readonly string[]> {
  const headers: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(response.headers)) if (value !== undefined) headers[name] = value
  return headers
}
