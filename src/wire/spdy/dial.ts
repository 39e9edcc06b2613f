import { request } from 'node:http'
import { SpdyConnection } from './connection.ts'

/** What an upgrade ended in: a connection and the protocol the server chose. */
export interface SpdyDialed {
  readonly connection: SpdyConnection
  readonly protocol: string
}

/** Opens a SPDY/3.1 connection by an HTTP upgrade; rejects with the server's own words when it refuses. */
export function dialSpdy(url: string, protocols: readonly string[], signal?: AbortSignal): Promise<SpdyDialed> {
  return new Promise((resolve, reject) => {
    const call = request(url, {
      method: 'POST',
      agent: false,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'SPDY/3.1',
        'X-Stream-Protocol-Version': protocols.join(', '),
        'Content-Length': '0',
      },
      ...(signal === undefined ? {} : { signal }),
    })
    call.on('upgrade', (reply, socket, head) => {
      const connection = new SpdyConnection(socket, head)
      signal?.addEventListener('abort', () => connection.close(), { once: true })
      const chosen = reply.headers['x-stream-protocol-version']
      resolve({ connection, protocol: typeof chosen === 'string' ? chosen : (protocols[0] ?? '') })
    })
    call.on('response', (reply) => {
      const chunks: Buffer[] = []
      reply.on('data', (chunk: Buffer) => chunks.push(chunk))
      reply.on('end', () =>
        reject(
          new Error(`unable to upgrade connection: ${reply.statusCode} ${Buffer.concat(chunks).toString().trim()}`),
        ),
      )
    })
    call.on('error', reject)
    call.end()
  })
}
