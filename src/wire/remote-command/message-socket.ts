import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { sendMessage, upgradeWebSocket } from './web-socket.ts'

/** A WebSocket over which only this side speaks. */
export interface MessageSocket {
  /** Sends one message; resolves when more can be taken. */
  send(payload: Uint8Array | string): void | Promise<void>
  /** Says that no more will come, and ends the connection. */
  close(): void
  /** Aborts when the other side is gone, or this one has closed. */
  readonly signal: AbortSignal
}

/** Completes a WebSocket handshake without looking at what the client has to say; its only protocol is agreed to. */
export async function acceptMessageSocket(
  message: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  protocol: string,
): Promise<MessageSocket> {
  const webSocket = await upgradeWebSocket(message, socket, head, protocol)
  const gone = new AbortController()
  webSocket.on('close', () => gone.abort())
  if (webSocket.readyState !== webSocket.OPEN) gone.abort()
  return {
    send: (payload) => sendMessage(webSocket, payload),
    close: () => webSocket.close(),
    signal: gone.signal,
  }
}
