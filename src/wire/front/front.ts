import type { X509Certificate } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Clock } from '../../machinery/index.ts'
import { ServerConnection } from '../http2/connection.ts'
import { http1Reply, http1Request } from './http1.ts'
import type { RequestHandler, UpgradeHandler } from './request.ts'

export interface FrontOptions {
  readonly host?: string
  readonly port: number
  readonly tls: { readonly key: string; readonly cert: string; readonly clientCa?: string }
  readonly clock: Clock
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

/** TLS with ALPN, HTTP/2 first, HTTP/1.1 behind the same port; resolves once it listens. */
export async function openFront(options: FrontOptions): Promise<Front> {
  const { onRequest, onUpgrade, clock } = options
  const sockets = new Set<TLSSocket>()
  const certificates = new WeakMap<object, X509Certificate | undefined>()
  const certificateOf = (socket: TLSSocket) => {
    if (!certificates.has(socket)) certificates.set(socket, socket.getPeerX509Certificate?.())
    return certificates.get(socket)
  }
  const h1 = createHttpServer(
    { keepAliveTimeout: 90_000, requestTimeout: 0, headersTimeout: 32_000, maxHeaderSize: headerBytesMax },
    (message, response) => {
      void onRequest(
        http1Request(message, certificateOf(message.socket as TLSSocket), response),
        http1Reply(response),
      ).catch(() => message.socket.destroy())
    },
  )
  h1.on('upgrade', (message, socket, head) => {
    socket.on('error', () => socket.destroy())
    const request = http1Request(message, certificateOf(message.socket as TLSSocket), undefined)
    void onUpgrade(request, message, socket, head).catch(() => socket.destroy())
  })
  h1.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const said = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
    if (socket.writable) socket.end(`HTTP/1.1 ${said}\r\nConnection: close\r\n\r\n`)
  })
  const connections = new Set<ServerConnection>()
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
    if (socket.alpnProtocol !== 'h2') {
      h1.emit('connection', socket)
      return
    }
    const { remoteAddress = '' } = socket
    const connection = new ServerConnection(socket, {
      onRequest,
      clock,
      remoteAddress,
      peerCertificate: certificateOf(socket),
    })
    connections.add(connection)
    socket.on('close', () => connections.delete(connection))
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
      for (const connection of connections) connection.close()
      for (const socket of sockets) socket.destroy()
      h1.closeAllConnections()
      await closed
    },
  }
}

function tlsOptions(tls: FrontOptions['tls']): { key: string; cert: string; ca?: string } {
  return { key: tls.key, cert: tls.cert, ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa }) }
}
