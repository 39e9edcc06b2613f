import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { SpdyConnection, type SpdyStream } from '../spdy/connection.ts'
import { offeredProtocols, refuseUpgrade, wantsWebSocket } from './protocols.ts'
import { ChunkQueue } from './queue.ts'
import { switchToSpdy } from './spdy-command.ts'
import { bytesOf, sendMessage, upgradeWebSocket } from './web-socket.ts'

/** One forwarded connection: bytes to the port, bytes back, and a word of complaint when it fails. */
export interface ForwardedPort {
  readonly port: number
  readonly incoming: AsyncIterable<Uint8Array>
  outgoing(chunk: Uint8Array): void | Promise<void>
}
/** Carries one connection to its end; a rejection is told to the client. */
export type ForwardPort = (forwarded: ForwardedPort) => Promise<void>

const spdyProtocol = 'portforward.k8s.io'
const tunnelProtocol = `SPDY/3.1+${spdyProtocol}`
const channelProtocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io']

/** Serves a port-forward session until the client goes away. `ports` are those named in the request, for old clients. */
export async function acceptPortForward(
  message: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  ports: readonly number[],
  forward: ForwardPort,
): Promise<void> {
  if (!wantsWebSocket(message)) {
    const offered = offeredProtocols(message, 'x-stream-protocol-version')
    if (offered.length > 0 && !offered.includes(spdyProtocol)) {
      refuseUpgrade(
        socket,
        403,
        `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${spdyProtocol}]`,
      )
      return
    }
    switchToSpdy(socket, spdyProtocol)
    return serveSpdy(socket, head, forward)
  }
  const offered = offeredProtocols(message, 'sec-websocket-protocol')
  const protocol = offered.find((one) => one === tunnelProtocol || channelProtocols.includes(one))
  if (protocol === undefined && offered.length > 0) {
    refuseUpgrade(socket, 403, `unsupported subprotocols: ${offered.join(', ')}`)
    return
  }
  // Loaded before there are messages, none of which waits for whoever is to hear it.
  const { createWebSocketStream } = await import('ws')
  const webSocket = await upgradeWebSocket(message, socket, head, protocol ?? '')
  if (protocol === tunnelProtocol) return serveSpdy(createWebSocketStream(webSocket), new Uint8Array(0), forward)
  await serveChannels(webSocket, protocol === 'v4.base64.channel.k8s.io', ports, forward)
}

/** A pair of streams per connection: errors, and data. */
async function serveSpdy(socket: Duplex, head: Uint8Array, forward: ForwardPort): Promise<void> {
  const halves = new Map<string, { errors?: SpdyStream; bytes?: SpdyStream }>()
  const connection = new SpdyConnection(socket, head, (stream) => {
    const { streamtype, requestid = '', port = '' } = stream.headers
    // Older clients send no request id: then the port tells which belong together.
    const key = requestid === '' ? port : requestid
    const pair = { ...halves.get(key), [streamtype === 'error' ? 'errors' : 'bytes']: stream }
    halves.set(key, pair)
    if (pair.errors === undefined || pair.bytes === undefined) return
    halves.delete(key)
    void carry(Number(port), pair.bytes, pair.errors, forward)
  })
  await connection.closed
}
async function carry(port: number, bytes: SpdyStream, errors: SpdyStream, forward: ForwardPort): Promise<void> {
  try {
    await forward({ port, incoming: bytes, outgoing: (chunk) => bytes.write(chunk) })
  } catch (error) {
    await errors.write(Buffer.from(error instanceof Error ? error.message : String(error)))
  } finally {
    errors.end()
    bytes.end()
  }
}

/** The form without SPDY: two numbered channels per port, the first message on each being the port. */
async function serveChannels(
  webSocket: Awaited<ReturnType<typeof upgradeWebSocket>>,
  base64: boolean,
  ports: readonly number[],
  forward: ForwardPort,
): Promise<void> {
  const incoming = ports.map(() => new ChunkQueue<Uint8Array>())
  const send = (channel: number, bytes: Uint8Array) =>
    sendMessage(
      webSocket,
      base64 ? `${channel}${Buffer.from(bytes).toString('base64')}` : Buffer.concat([Buffer.from([channel]), bytes]),
    )
  webSocket.on('message', (payload) => {
    const message = bytesOf(payload as Buffer)
    const channel = base64 ? Number(message.toString('latin1', 0, 1)) : (message[0] ?? 255)
    const bytes = base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1)
    if (channel % 2 === 0) incoming[channel / 2]?.push(bytes)
  })
  const closed = new Promise<void>((resolve) => webSocket.on('close', () => resolve()))
  void closed.then(() => {
    for (const queue of incoming) queue.end()
  })
  const carried = ports.map(async (port, index) => {
    const number = Buffer.alloc(2)
    number.writeUInt16LE(port)
    await send(2 * index, number)
    await send(2 * index + 1, number)
    await forward({ port, incoming: incoming[index]!, outgoing: (chunk) => send(2 * index, chunk) }).catch((error) =>
      send(2 * index + 1, Buffer.from(error instanceof Error ? error.message : String(error))),
    )
  })
  await Promise.race([Promise.all(carried), closed])
  webSocket.close(1000)
}
