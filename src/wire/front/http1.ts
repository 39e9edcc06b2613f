import type { X509Certificate } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { BodyTooLargeError, clientGone, type WireReply, type WireRequest } from './request.ts'

/** The request of an HTTP/1.1 message; a response is there unless the connection is being upgraded. */
export function http1Request(
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
    get isGone() {
      return stop.signal.aborted
    },
    body: (bytesMax) => collect(message, bytesMax),
    stream: () => message,
  }
}

/** The reply to it. */
export function http1Reply(response: ServerResponse): WireReply {
  return {
    get headSent() {
      return response.headersSent
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

function flatten(headers: IncomingHttpHeaders): Record<string, string | undefined> {
  const flat: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(headers)) flat[name] = Array.isArray(value) ? value.join(', ') : value
  return flat
}

/** The whole of a stream. Beyond the limit it rejects at once and lets the rest run off, so that a reply can still be sent. */
function collect(source: Readable, bytesMax: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    let isComplete = false
    source.on('data', (chunk: Uint8Array) => {
      size += chunk.length
      if (size > bytesMax) {
        chunks.length = 0
        reject(new BodyTooLargeError(`limit is ${bytesMax}`))
      } else chunks.push(chunk)
    })
    source.once('end', () => {
      isComplete = true
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
    })
    source.once('error', reject)
    source.once('close', () => {
      if (!isComplete) reject(new Error('the client went away'))
    })
  })
}

/** Resolves when the response takes more, or is gone. */
function drainOf(response: ServerResponse): Promise<void> {
  if (!response.writableNeedDrain || response.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })
}
