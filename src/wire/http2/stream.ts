import type { X509Certificate } from 'node:crypto'
import { BodyTooLargeError, clientGone, type WireReply, type WireRequest } from '../front/request.ts'
import type { HeaderFields } from './header-writer.ts'
import type { RequestHead } from './request-head.ts'

/** What a stream asks of its connection. */
export interface StreamLink {
  readonly remoteAddress: string
  readonly peerCertificate: X509Certificate | undefined
  /** Whether so much waits for the socket that writers should wait, too. */
  readonly isFull: boolean
  sendHead(stream: ServerStream, status: number, headers: HeaderFields, ends: boolean): void
  /** Sends of what the stream holds as much as may be sent. */
  pump(stream: ServerStream): void
  /** Sends a chunk of a stream that holds nothing, if it may be sent now and whole; whether it was. */
  sendNow(stream: ServerStream, chunk: Uint8Array): boolean
  /** The stream's writer waits for room: `tellDrained` is to be called when there is. */
  holdUp(stream: ServerStream): void
  /** Part of a body was taken: as much more may be sent. */
  consumed(stream: ServerStream, bytes: number): void
}

/** More than that of one stream waiting to be sent, and its writer should wait. */
const queuedBytesMax = 64 << 10

const nothingWaits = () => {}

/** One request of an HTTP/2 connection, and the reply to it. */
export class ServerStream implements WireRequest, WireReply {
  readonly id: number
  readonly method: string
  readonly url: string
  readonly headers: RequestHead['headers']
  readonly httpVersion = '2.0'
  /** How many bytes of the body are still to come by what its head says. */
  bodyBytesLeft: number | undefined
  /** Until the client has sent all. */
  isReceiving: boolean
  /** Until all has been sent to the client. */
  isSending = true
  isClosed = false
  isGone = false
  sendWindow: number
  receiveWindow: number
  /** Taken, but not told to the client yet. */
  consumedBytes = 0
  headSent = false
  /** Chunks that may not be sent yet, and how much of the first one has been. */
  readonly queue: Uint8Array[] = []
  sentOfFirst = 0
  queuedBytes = 0
  isEnding = false

  readonly #link: StreamLink
  #hasNoBody: boolean
  #received: Uint8Array[] = []
  #discards = false
  #wakeReader = nothingWaits
  #onDrained: (() => void)[] | undefined
  #stop: AbortController | undefined

  constructor(
    link: StreamLink,
    id: number,
    head: RequestHead,
    isReceiving: boolean,
    windows: readonly [number, number],
  ) {
    this.#link = link
    this.id = id
    this.method = head.method
    this.url = head.url
    this.headers = head.headers
    this.bodyBytesLeft = head.bodyBytes
    this.isReceiving = isReceiving
    this.#hasNoBody = head.method === 'HEAD'
    ;[this.sendWindow, this.receiveWindow] = windows
  }

  get remoteAddress(): string {
    return this.#link.remoteAddress
  }

  get peerCertificate(): X509Certificate | undefined {
    return this.#link.peerCertificate
  }

  get signal(): AbortSignal {
    if (this.#stop === undefined) {
      this.#stop = new AbortController()
      if (this.isClosed) this.#stop.abort(clientGone)
    }
    return this.#stop.signal
  }

  async body(bytesMax: number): Promise<Uint8Array> {
    this.#continue()
    const chunks: Uint8Array[] = []
    let size = 0
    for (;;) {
      const chunk = this.#taken() ?? (await this.#next())
      if (chunk === undefined) return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)
      size += chunk.length
      if (size > bytesMax) {
        this.#discard()
        throw new BodyTooLargeError(`limit is ${bytesMax}`)
      }
      chunks.push(chunk)
    }
  }

  async *stream(): AsyncIterable<Uint8Array> {
    this.#continue()
    try {
      for (;;) {
        const chunk = this.#taken() ?? (await this.#next())
        if (chunk === undefined) return
        yield chunk
      }
    } finally {
      this.#discard()
    }
  }

  head(status: number, headers: HeaderFields): void {
    if (this.isClosed || this.headSent) return
    this.headSent = true
    if (status === 204 || status === 205 || status === 304) this.#hasNoBody = true
    if (this.#hasNoBody) this.isEnding = true
    this.#link.sendHead(this, status, headers, this.#hasNoBody)
  }

  write(chunk: Uint8Array | string): boolean {
    if (this.isClosed) return false
    if (this.#hasNoBody || this.isEnding) return true
    if (typeof chunk !== 'string' && this.queue.length === 0 && this.#link.sendNow(this, chunk)) return true
    this.#queue(chunk)
    this.#link.pump(this)
    return !this.#isHeldUp
  }

  drained(): Promise<void> {
    if (this.isClosed || !this.#isHeldUp) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onDrained ??= []
      this.#link.holdUp(this)
      this.#onDrained.push(resolve)
    })
  }

  end(chunk?: Uint8Array | string): void {
    if (this.isClosed || this.isEnding) return
    if (chunk !== undefined) this.#queue(chunk)
    this.isEnding = true
    this.#link.pump(this)
  }

  /** Part of the body has come. */
  receive(chunk: Uint8Array): void {
    if (this.#discards) this.#link.consumed(this, chunk.length)
    else {
      this.#received.push(chunk)
      this.#wakeReader()
    }
  }

  /** The body has come to its end. */
  receivedAll(): void {
    this.isReceiving = false
    this.#wakeReader()
  }

  /** What is to come is not looked at any more. */
  letRunOff(): void {
    if (this.isReceiving) this.#discard()
  }

  /** Tells writers that wait when there is room again; whether there is. */
  tellDrained(): boolean {
    if (this.#isHeldUp && !this.isClosed) return false
    const waiting = this.#onDrained
    this.#onDrained = undefined
    if (waiting !== undefined) for (const resolve of waiting) resolve()
    return true
  }

  /** The stream is over, however it came to that. */
  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.isGone = this.isSending
    this.isSending = false
    this.queue.length = 0
    this.queuedBytes = 0
    this.tellDrained()
    this.#discard()
    this.#wakeReader()
    this.#stop?.abort(clientGone)
  }

  get #isHeldUp(): boolean {
    return this.queuedBytes > queuedBytesMax || this.#link.isFull
  }

  #queue(chunk: Uint8Array | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (bytes.length === 0) return
    this.queue.push(bytes)
    this.queuedBytes += bytes.length
  }

  /** Kubernetes: who asks whether to go on is told to as soon as the body is wanted. */
  #continue(): void {
    if (this.headSent || this.isClosed || !this.isReceiving) return
    if (this.headers.expect?.toLowerCase() === '100-continue') this.#link.sendHead(this, 100, {}, false)
  }

  /** The chunk that came first, if any is there. */
  #taken(): Uint8Array | undefined {
    const chunk = this.#received.shift()
    if (chunk !== undefined) this.#link.consumed(this, chunk.length)
    return chunk
  }

  /** The next chunk; undefined at the end. Rejects when the client goes away before that. */
  async #next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#taken()
      if (chunk !== undefined) return chunk
      if (!this.isReceiving) return undefined
      if (this.isClosed) throw new Error('the client went away')
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve
      })
      this.#wakeReader = nothingWaits
    }
  }

  #discard(): void {
    this.#discards = true
    while (this.#taken() !== undefined);
  }
}
