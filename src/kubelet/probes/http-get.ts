import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import type { Clock } from '../../machinery/index.ts'
import type { HTTPGetAction } from '../../resources/index.ts'
import type { AnyContainer } from '../sync/containers.ts'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  readonly location: string | undefined
}
const bodyBytesMax = 10_240
const redirectsMax = 10

/** The number of a port given by number or by the name one of the container's ports has. */
export function portOf(port: number | string, container: AnyContainer): number {
  const found = typeof port === 'number' ? port : container.ports?.find(({ name }) => name === port)?.containerPort
  const number = found ?? Number(port)
  if (!(number > 0 && number < 65_536)) throw new Error(`couldn't find port: ${port}`)
  return number
}

/** The address an httpGet action means, on the pod unless it names a host. */
export function urlOf(action: HTTPGetAction, container: AnyContainer, podIp: string): URL {
  const host = action.host === undefined || action.host === '' ? podIp : action.host
  const { path = '/' } = action
  const base = `${(action.scheme ?? 'HTTP').toLowerCase()}://${host.includes(':') ? `[${host}]` : host}:${portOf(action.port, container)}`
  return new URL(path.startsWith('/') ? path : `/${path}`, base)
}

/** Kubernetes: probes and hooks name themselves, and accept anything unless told otherwise. */
export function headersOf(action: HTTPGetAction, userAgent: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'User-Agent': userAgent, Accept: '*/*' }
  for (const { name, value } of action.httpHeaders ?? []) {
    const known = Object.keys(headers).find((one) => one.toLowerCase() === name.toLowerCase())
    if (known !== undefined) delete headers[known]
    if (value !== '' || !['accept', 'user-agent'].includes(name.toLowerCase())) headers[name] = value
  }
  return headers
}

/** One GET; certificates are not checked. Follows redirects that stay on the host, and returns the others. */
export async function httpGet(
  clock: Clock,
  url: URL,
  headers: Record<string, string | string[]>,
  timeoutMs: number,
): Promise<HttpAnswer> {
  let at = url
  for (let hops = 0; hops <= redirectsMax; hops++) {
    const answer = await getOnce(clock, at, headers, timeoutMs)
    const next = answer.location === undefined ? undefined : new URL(answer.location, at)
    if (answer.status < 300 || answer.status >= 400 || next === undefined || next.hostname !== url.hostname)
      return answer
    at = next
  }
  throw new Error(`Get "${url.href}": stopped after ${redirectsMax} redirects`)
}

function getOnce(
  clock: Clock,
  url: URL,
  headers: Record<string, string | string[]>,
  timeoutMs: number,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      timer[Symbol.dispose]()
      call.destroy()
      reject(new Error(`Get "${url.href}": ${why}`))
    }
    const timer = clock.after(timeoutMs, () =>
      fail('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'),
    )
    const options = { method: 'GET', headers, agent: false as const, rejectUnauthorized: false }
    const call = url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options)
    call.on('error', (error: NodeJS.ErrnoException) => fail(dialText(error, url.hostname, Number(url.port))))
    call.on('response', (reply: IncomingMessage) => {
      const chunks: Buffer[] = []
      let size = 0
      const done = () => {
        timer[Symbol.dispose]()
        const body = Buffer.concat(chunks).subarray(0, bodyBytesMax).toString('utf8')
        resolve({ status: reply.statusCode ?? 0, body, location: reply.headers.location })
      }
      reply.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size < bodyBytesMax) return
        done()
        call.destroy()
      })
      reply.on('end', done)
      reply.on('error', () => fail('unexpected EOF'))
    })
    call.end()
  })
}

/** Opens a TCP connection and closes it; rejects when nobody takes it. */
export function tcpOpen(clock: Clock, host: string, port: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const end = (error?: Error) => {
      timer[Symbol.dispose]()
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    }
    const timer = clock.after(timeoutMs, () => end(new Error(`dial tcp ${address(host, port)}: i/o timeout`)))
    socket.on('connect', () => end())
    socket.on('error', (error: NodeJS.ErrnoException) => end(new Error(dialText(error, host, port))))
  })
}
const address = (host: string, port: number) =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`

/** Node's connection errors in the words users of Kubernetes know. */
function dialText(error: NodeJS.ErrnoException, host: string, port: number): string {
  const texts: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connect: connection refused',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
    ETIMEDOUT: 'connect: connection timed out',
    ENOTFOUND: 'lookup: no such host',
  }
  if (error.code === 'ECONNRESET') return 'EOF'
  const text = texts[error.code ?? '']
  return text === undefined ? error.message : `dial tcp ${address(host, port)}: ${text}`
}
