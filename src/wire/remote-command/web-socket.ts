import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

const messageBytesMax = 32 * 1024 * 1024
const bufferedBytesMax = 1024 * 1024
const placeholder = 'coxswain-subprotocol'

/** Completes a WebSocket handshake with the first of the client's protocols that is supported; undefined when none is. */
export async function upgradeWebSocket(
  message: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  protocol: string,
): Promise<WebSocket> {
  // Loaded with the first: a server that starts has none.
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
    // The real name may hold a slash, which ws refuses: it is answered by hand below.
    handleProtocols: () => false,
  })
  if (protocol !== '') message.headers['sec-websocket-protocol'] = placeholder
  server.on('headers', (headers) => {
    if (protocol !== '') headers.push(`Sec-WebSocket-Protocol: ${protocol}`)
  })
  return new Promise((resolve) => {
    server.handleUpgrade(message, socket, Buffer.from(head), (webSocket) => {
      webSocket.on('error', () => webSocket.terminate())
      resolve(webSocket)
    })
  })
}

/** Sends one message; resolves when the socket can take more. */
export function sendMessage(webSocket: WebSocket, payload: Uint8Array | string): void | Promise<void> {
  if (webSocket.readyState !== webSocket.OPEN) return
  if (webSocket.bufferedAmount < bufferedBytesMax) {
    webSocket.send(payload)
    return
  }
  return new Promise((resolve) => webSocket.send(payload, () => resolve()))
}

/** The bytes of a message, whichever form ws hands over. */
export function bytesOf(payload: Buffer | ArrayBuffer | readonly Buffer[]): Buffer {
  if (Buffer.isBuffer(payload)) return payload
  return payload instanceof ArrayBuffer ? Buffer.from(payload) : Buffer.concat(payload)
}
