import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { offeredProtocols, refuseUpgrade, wantsWebSocket } from './protocols.ts'
import { sendMessage, upgradeWebSocket } from './web-socket.ts'

/** A WebSocket that only gives: a log, for clients that read it so. */
export interface OneWayStream {
  send(chunk: Uint8Array): void | Promise<void>
  close(): void
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
}

/** How each protocol carries bytes; the older remote-command ones put them on the channel of standard output. */
const renderers: Readonly<Record<string, (chunk: Uint8Array) => Uint8Array | string>> = {
  '': (chunk) => chunk,
  'binary.k8s.io': (chunk) => chunk,
  'base64.binary.k8s.io': (chunk) => Buffer.from(chunk).toString('base64'),
  'channel.k8s.io': (chunk) => Buffer.concat([Buffer.from([1]), chunk]),
  'v4.channel.k8s.io': (chunk) => Buffer.concat([Buffer.from([1]), chunk]),
  'base64.channel.k8s.io': (chunk) => `1${Buffer.from(chunk).toString('base64')}`,
}

/** Completes the upgrade of a client that wants to read a stream over WebSocket; undefined when it was refused. */
export async function acceptOneWay(
  message: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
): Promise<OneWayStream | undefined> {
  const offered = offeredProtocols(message, 'sec-websocket-protocol')
  const protocol = offered.length === 0 ? '' : offered.find((one) => renderers[one] !== undefined)
  if (!wantsWebSocket(message) || protocol === undefined) {
    refuseUpgrade(socket, 403, `unsupported subprotocols: ${offered.join(', ')}`)
    return undefined
  }
  const webSocket = await upgradeWebSocket(message, socket, head, protocol)
  const gone = new AbortController()
  webSocket.on('close', () => gone.abort())
  return {
    send: (chunk) => sendMessage(webSocket, renderers[protocol]!(chunk)),
    close: () => webSocket.close(1000),
    signal: gone.signal,
  }
}
