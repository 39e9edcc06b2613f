import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** The protocols a client offers, in its order: one header, several, or a list in one. */
export function offeredProtocols(message: IncomingMessage, header: string): readonly string[] {
  const value = message.headers[header]
  const text = Array.isArray(value) ? value.join(',') : (value ?? '')
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/** Whether the client wants to speak WebSocket; otherwise it is SPDY. */
export function wantsWebSocket(message: IncomingMessage): boolean {
  return (message.headers.upgrade ?? '').toLowerCase() === 'websocket'
}

/** Ends an upgrade that is not going to happen with a plain reply. */
export function refuseUpgrade(socket: Duplex, status: number, why: string): void {
  const names: Readonly<Record<number, string>> = {
    400: 'Bad Request',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'Not Found',
    500: 'Internal Server Error',
  }
  const body = Buffer.from(why, 'utf8')
  socket.end(
    `HTTP/1.1 ${status} ${names[status] ?? 'Error'}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${why}`,
  )
}
