import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** One request, whichever HTTP version carried it. */
export interface WireRequest {
  readonly method: string
  /** Path and query as sent. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly httpVersion: '1.1' | '2.0'
  readonly remoteAddress: string
  /** The client's certificate, parsed once per connection; not verified here. */
  readonly peerCertificate: X509Certificate | undefined
  /** Aborts when the client goes away before the reply is complete. */
  readonly signal: AbortSignal
  /** Whether it went away before that; told without having a signal made. */
  readonly isGone: boolean
  /** The whole body. Rejects with BodyTooLargeError beyond the limit. */
  body(bytesMax: number): Promise<Uint8Array>
  /** The body as it arrives. */
  stream(): AsyncIterable<Uint8Array>
}

export interface WireReply {
  /** Sends status and headers now; names in lower case. */
  head(status: number, headers: Readonly<Record<string, string | readonly string[]>>): void
  /** False when the connection's buffer is full; `drained` tells when it is not. */
  write(chunk: Uint8Array | string): boolean
  drained(): Promise<void>
  end(chunk?: Uint8Array | string): void
  readonly headSent: boolean
}

export type RequestHandler = (request: WireRequest, reply: WireReply) => Promise<void>
/** An HTTP/1.1 connection that asked to become something else (WebSocket, SPDY). `head` is what came behind the request. */
export type UpgradeHandler = (
  request: WireRequest,
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
) => Promise<void>

export class BodyTooLargeError extends Error {
  override name = 'BodyTooLargeError'
}

/** Why requests end before their time; made once, as every request's end comes by it. */
export const clientGone = new DOMException('the client went away', 'AbortError')
