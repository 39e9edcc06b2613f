import type { X509Certificate } from 'node:crypto'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  constants,
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex, Readable } from 'node:stream'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'

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
  /** Bytes written that the kernel has not taken yet. */
  readonly bufferedBytes: number
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

export interface FrontOptions {
  readonly host?: string
  readonly port: number
  readonly tls: { readonly key: string; readonly cert: string; readonly clientCa?: string }
  readonly onRequest: RequestHandler
  readonly onUpgrade: UpgradeHandler
}
export interface Front extends AsyncDisposable {
  readonly port: number
  /** Presents another certificate to new connections. */
  renew(tls: { readonly key: string; readonly cert: string; readonly clientCa?: string }): void
}

/** Kubernetes: as much as Go's servers take of headers together. */
const headerBytesMax = 1 << 20
/** Unlike Kubernetes: Node's HTTP/2 ends a connection at a field above 64 KiB or 144 KiB together; below that it can be answered. */
const h2HeaderBytesMax = 128 << 10
const headerPairsMax = 2000
// A large LIST beside many watches on one connection needs more than HTTP/2's 64 KiB windows.
const windowBytes = 1 << 20
const sessionMemoryMiB = 256
const streamsMax = 1000

/** TLS with ALPN, HTTP/2 first, HTTP/1.1 behind the same port; resolves once it listens. */
export async function openFront(options: FrontOptions): Promise<Front> {
  const sockets = new Set<TLSSocket>()
  const certificates = new WeakMap<object, X509Certificate | undefined>()
  const certificateOf = (socket: TLSSocket) => {
    if (!certificates.has(socket)) certificates.set(socket, socket.getPeerX509Certificate?.())
    return certificates.get(socket)
  }
  const h1 = createHttpServer(
    { keepAliveTimeout: 90_000, requestTimeout: 0, headersTimeout: 32_000, maxHeaderSize: headerBytesMax },
    (message, response) => {
      void options
        .onRequest(h1Request(message, certificateOf(message.socket as TLSSocket), response), h1Reply(response))
        .catch(() => message.socket.destroy())
    },
  )
  h1.on('upgrade', (message, socket, head) => {
    socket.on('error', () => socket.destroy())
    void options
      .onUpgrade(h1Request(message, certificateOf(message.socket as TLSSocket), undefined), message, socket, head)
      .catch(() => socket.destroy())
  })
  h1.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const said = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
    if (socket.writable) socket.end(`HTTP/1.1 ${said}\r\nConnection: close\r\n\r\n`)
  })
  const h2 = createHttp2Server({
    settings: {
      initialWindowSize: windowBytes,
      maxConcurrentStreams: streamsMax,
      enableConnectProtocol: false,
      // A little more than is allowed is read, so that it can be answered.
      maxHeaderListSize: 2 * h2HeaderBytesMax,
    },
    maxHeaderListPairs: headerPairsMax,
    maxSessionMemory: sessionMemoryMiB,
  })
  const sessions = new Set<ServerHttp2Session>()
  h2.on('session', (session) => {
    sessions.add(session)
    session.setLocalWindowSize(windowBytes * 16)
    session.on('close', () => sessions.delete(session))
    session.on('error', () => session.destroy())
  })
  h2.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    if (headerBytesOf(headers) > h2HeaderBytesMax) {
      stream.respond({ ':status': 431 }, { endStream: true })
      return
    }
    const socket = stream.session?.socket as TLSSocket | undefined
    const rawSocket = sessionSockets.get(stream.session as ServerHttp2Session) ?? socket
    void options
      .onRequest(
        h2Request(stream, headers, rawSocket === undefined ? undefined : certificateOf(rawSocket)),
        h2Reply(stream),
      )
      .catch(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
  })
  h2.on('sessionError', () => {})
  const sessionSockets = new WeakMap<ServerHttp2Session, TLSSocket>()
  let latest: TLSSocket | undefined
  h2.on('session', (session) => {
    if (latest !== undefined) sessionSockets.set(session, latest)
  })
  const server: TlsServer = createTlsServer({
    ...tlsOptions(options.tls),
    ALPNProtocols: ['h2', 'http/1.1'],
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
  })
  server.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setNoDelay(true)
    if (socket.alpnProtocol === 'h2') {
      latest = socket
      h2.emit('connection', socket)
      latest = undefined
    } else h1.emit('connection', socket)
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host ?? '::', () => resolve())
  })
  return {
    port: (server.address() as AddressInfo).port,
    renew: (tls) => server.setSecureContext(tlsOptions(tls)),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const session of sessions) session.destroy()
      for (const socket of sockets) socket.destroy()
      h1.closeAllConnections()
      await closed
    },
  }
}

function tlsOptions(tls: FrontOptions['tls']): { key: string; cert: string; ca?: string } {
  return { key: tls.key, cert: tls.cert, ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa }) }
}

/** Why requests end before their time; made once, as every request's end comes by it. */
const clientGone = new DOMException('the client went away', 'AbortError')

/** The request of an HTTP/1.1 message; a response is there unless the connection is being upgraded. */
function h1Request(
  message: IncomingMessage,
  peerCertificate: X509Certificate | undefined,
  response: ServerResponse | undefined,
): WireRequest {
  const stop = new AbortController()
  const gone = response ?? (message.socket as Socket)
  gone.once('close', () => stop.abort(clientGone))
  return {
    method: message.method ?? 'GET',
    url: message.url ?? '/',
    headers: flatten(message.headers),
    httpVersion: '1.1',
    remoteAddress: message.socket.remoteAddress ?? '',
    peerCertificate,
    signal: stop.signal,
    body: (bytesMax) => collect(message, bytesMax),
    stream: () => message,
  }
}

function h1Reply(response: ServerResponse): WireReply {
  return {
    get headSent() {
      return response.headersSent
    },
    get bufferedBytes() {
      return response.writableLength
    },
    head(status, headers) {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value as string | string[])
      response.writeHead(status)
      response.flushHeaders()
    },
    write: (chunk) => response.write(chunk),
    drained: () => drainOf(response),
    end: (chunk) => void (chunk === undefined ? response.end() : response.end(chunk)),
  }
}

function headerBytesOf(headers: IncomingHttpHeaders): number {
  let bytes = 0
  for (const name in headers) {
    const value = headers[name]
    // Kubernetes: each field counts 32 bytes beside its texts, as HTTP/2 counts them.
    bytes += name.length + 32 + (typeof value === 'string' ? value.length : (value?.join().length ?? 0))
  }
  return bytes
}

function h2Request(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  peerCertificate: X509Certificate | undefined,
): WireRequest {
  const stop = new AbortController()
  stream.once('close', () => stop.abort(clientGone))
  const {
    ':method': method = 'GET',
    ':path': url = '/',
    ':authority': authority,
  } = headers as Record<string, string | undefined>
  return {
    method,
    url,
    headers: { host: authority, ...flatten(headers) },
    httpVersion: '2.0',
    remoteAddress: stream.session?.socket.remoteAddress ?? '',
    peerCertificate,
    signal: stop.signal,
    body: (bytesMax) => collect(stream, bytesMax),
    stream: () => stream,
  }
}

function h2Reply(stream: ServerHttp2Stream): WireReply {
  return {
    get headSent() {
      return stream.headersSent
    },
    get bufferedBytes() {
      return stream.writableLength
    },
    head(status, headers) {
      if (stream.destroyed) return
      const {
        'transfer-encoding': _chunked,
        connection: _connection,
        ...allowed
      } = headers as Record<string, string | string[]>
      stream.respond({ ':status': status, ...allowed })
    },
    write: (chunk) => (stream.writable ? stream.write(chunk) : false),
    drained: () => drainOf(stream),
    end(chunk) {
      if (stream.destroyed) return
      if (chunk === undefined) stream.end()
      else stream.end(chunk)
    },
  }
}

function flatten(headers: IncomingHttpHeaders): Record<string, string | undefined> {
  const flat: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(headers))
    if (!name.startsWith(':')) flat[name] = Array.isArray(value) ? value.join(', ') : value
  return flat
}

/** The whole of a stream. Beyond the limit it rejects at once and lets the rest run off, so that a reply can still be sent. */
function collect(source: Readable, bytesMax: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    source.on('data', (chunk: Uint8Array) => {
      size += chunk.length
      if (size > bytesMax) {
        chunks.length = 0
        reject(new BodyTooLargeError(`limit is ${bytesMax}`))
      } else chunks.push(chunk)
    })
    let ended = false
    source.once('end', () => {
      ended = true
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
    })
    source.once('error', reject)
    source.once('close', () => {
      if (!ended) reject(new Error('the client went away'))
    })
  })
}

/** Resolves when the stream takes more, or is gone. */
function drainOf(stream: {
  once(event: string, listener: () => void): unknown
  off(event: string, listener: () => void): unknown
  writableNeedDrain: boolean
  destroyed: boolean
}): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
  })
}
