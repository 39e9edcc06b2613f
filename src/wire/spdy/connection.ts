import type { Duplex } from 'node:stream'
import { createHeaderReader, createHeaderWriter, type SpdyHeaders } from './headers.ts'

const synStream = 1
const synReply = 2
const rstStream = 3
const settings = 4
const ping = 6
const goAway = 7
const flagFin = 1
const version = 0x8003
const dataFrameBytesMax = 64 * 1024
const frameHeadBytes = 8
/** Bytes a stream may hold unread before the whole connection stops reading. */
const unreadBytesMax = 1024 * 1024

/** One two-way stream of bytes inside a SPDY connection. Iterate it to read; each half closes on its own. */
export class SpdyStream implements AsyncIterable<Uint8Array> {
  readonly id: number
  readonly headers: SpdyHeaders
  readonly #connection: SpdyConnection
  readonly #unread: Uint8Array[] = []
  #unreadBytes = 0
  #ended = false
  #error: Error | undefined
  #writable = true
  #wakeReader: (() => void) | undefined
  #wakeFeeder: (() => void) | undefined

  constructor(connection: SpdyConnection, id: number, headers: SpdyHeaders) {
    this.#connection = connection
    this.id = id
    this.headers = headers
  }

  /** Resolves when the bytes are handed to the socket and it can take more. */
  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length && this.#writable; at += dataFrameBytesMax)
      await this.#connection.sendData(this.id, chunk.subarray(at, at + dataFrameBytesMax), false)
  }

  /** Half-closes: the peer reads to the end, and may still write. */
  end(): void {
    if (!this.#writable) return
    this.#writable = false
    void this.#connection.sendData(this.id, new Uint8Array(0), true)
    if (this.#ended) this.#connection.forget(this.id)
  }

  /** Breaks both halves off. */
  reset(): void {
    this.#connection.sendReset(this.id)
    this.close(new Error('stream reset'))
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      const chunk = this.#unread.shift()
      if (chunk !== undefined) {
        this.#unreadBytes -= chunk.length
        if (this.#unreadBytes < unreadBytesMax) this.#wakeFeeder?.()
        yield chunk
      } else if (this.#error !== undefined) throw this.#error
      else if (this.#ended) return
      else await new Promise<void>((resolve) => (this.#wakeReader = resolve))
    }
  }

  /** For the connection: takes in what arrived; resolves when the stream can take more. */
  async feed(chunk: Uint8Array, fin: boolean): Promise<void> {
    if (chunk.length > 0 && !this.#ended) {
      this.#unread.push(chunk)
      this.#unreadBytes += chunk.length
    }
    if (fin) this.finish()
    this.#wakeReader?.()
    while (this.#unreadBytes >= unreadBytesMax && this.#error === undefined)
      await new Promise<void>((resolve) => (this.#wakeFeeder = resolve))
  }

  /** For the connection: the peer's half is over. */
  finish(): void {
    this.#ended = true
    if (!this.#writable) this.#connection.forget(this.id)
    this.#wakeReader?.()
  }

  /** For the connection: both halves are over; an error reaches whoever reads. */
  close(error?: Error): void {
    this.#writable = false
    if (!this.#ended) this.#error = error
    this.#ended = true
    this.#wakeReader?.()
    this.#wakeFeeder?.()
    this.#connection.forget(this.id)
  }
}

/** SPDY/3.1 over an upgraded socket, either side. No flow control, as its peers here (Go's spdystream) do none. */
export class SpdyConnection {
  readonly #socket: Duplex
  readonly #streams = new Map<number, SpdyStream>()
  readonly #writeHeaders = createHeaderWriter()
  readonly #headerReader = createHeaderReader()
  readonly #server: boolean
  readonly #onStream: ((stream: SpdyStream) => void) | undefined
  #nextId: number
  #closed = false
  /** Resolves when the connection is over, for whatever reason. */
  readonly closed: Promise<void>

  /** With `onStream` this is the side that streams are opened to; `head` is what arrived with the upgrade. */
  constructor(socket: Duplex, head: Uint8Array, onStream?: (stream: SpdyStream) => void) {
    this.#socket = socket
    this.#server = onStream !== undefined
    this.#onStream = onStream
    this.#nextId = this.#server ? 2 : 1
    socket.on('error', () => {})
    this.closed = this.#readFrames(head)
  }

  open(headers: SpdyHeaders): SpdyStream {
    const stream = new SpdyStream(this, this.#nextId, headers)
    this.#nextId += 2
    this.#streams.set(stream.id, stream)
    const start = Buffer.alloc(10)
    start.writeUInt32BE(stream.id)
    this.#sendControl(synStream, 0, Buffer.concat([start, this.#writeHeaders(headers)]))
    return stream
  }

  close(): void {
    if (this.#closed) return
    this.#sendControl(goAway, 0, Buffer.alloc(8))
    this.#socket.end()
    this.#end()
  }

  async sendData(id: number, chunk: Uint8Array, fin: boolean): Promise<void> {
    if (this.#closed || this.#socket.destroyed) return
    const head = Buffer.alloc(8)
    head.writeUInt32BE(id)
    head.writeUInt32BE((fin ? flagFin << 24 : 0) + chunk.length, 4)
    const free = this.#socket.write(Buffer.concat([head, chunk]))
    if (free) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#socket.off('drain', done)
        this.#socket.off('close', done)
        resolve()
      }
      this.#socket.on('drain', done)
      this.#socket.on('close', done)
    })
  }

  sendReset(id: number): void {
    const body = Buffer.alloc(8)
    body.writeUInt32BE(id)
    body.writeUInt32BE(5, 4)
    this.#sendControl(rstStream, 0, body)
  }

  forget(id: number): void {
    this.#streams.delete(id)
  }

  #sendControl(type: number, flags: number, body: Uint8Array): void {
    if (this.#closed || this.#socket.destroyed) return
    const head = Buffer.alloc(8)
    head.writeUInt16BE(version)
    head.writeUInt16BE(type, 2)
    head.writeUInt32BE((flags << 24) + body.length, 4)
    this.#socket.write(Buffer.concat([head, body]))
  }

  async #readFrames(head: Uint8Array): Promise<void> {
    // Joined only when a frame is complete: a large one comes in many small pieces.
    let pieces: Buffer[] = [Buffer.from(head)]
    let bytes = head.length
    let wanted = frameHeadBytes
    try {
      for await (const chunk of prepend(bytes > 0, this.#socket)) {
        pieces.push(Buffer.from(chunk))
        bytes += chunk.length
        if (bytes < wanted) continue
        let pending = Buffer.concat(pieces)
        for (;;) {
          wanted = pending.length < frameHeadBytes ? frameHeadBytes : frameHeadBytes + lengthOf(pending)
          if (pending.length < wanted) break
          const frame = pending.subarray(0, wanted)
          pending = pending.subarray(wanted)
          await this.#take(frame)
          if (this.#closed) return
        }
        pieces = [pending]
        bytes = pending.length
      }
    } catch {
      // A broken socket or a broken peer: the streams learn of it below.
    } finally {
      this.#end()
      this.#socket.destroy()
    }
  }

  async #take(frame: Buffer): Promise<void> {
    const fin = ((frame[4] ?? 0) & flagFin) !== 0
    const body = frame.subarray(8)
    if ((frame[0]! & 0x80) === 0) {
      await this.#streams.get(frame.readUInt32BE(0))?.feed(body, fin)
      return
    }
    const type = frame.readUInt16BE(2)
    const id = body.length >= 4 ? body.readUInt32BE(0) & 0x7fffffff : 0
    if (type === synStream) {
      const headers = await this.#headerReader.read(body.subarray(10))
      const stream = new SpdyStream(this, id, headers)
      this.#streams.set(id, stream)
      this.#sendControl(synReply, 0, Buffer.concat([body.subarray(0, 4), this.#writeHeaders({})]))
      if (fin) stream.finish()
      this.#onStream?.(stream)
    } else if (type === synReply) {
      await this.#headerReader.read(body.subarray(4))
      if (fin) this.#streams.get(id)?.finish()
    } else if (type === rstStream) this.#streams.get(id)?.close()
    else if (type === ping) {
      // The side that opened the connection numbers its pings oddly; only the peer's are answered.
      if ((id % 2 === 1) === this.#server) this.#sendControl(ping, 0, body.subarray(0, 4))
    } else if (type === goAway) this.#end()
    else if (type !== settings) return
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#headerReader.close()
    for (const stream of [...this.#streams.values()]) stream.close(new Error('connection closed'))
  }
}

/** How long a frame is behind its head: 16 MiB at most, which is what three bytes hold. */
const lengthOf = (head: Buffer): number => head.readUInt32BE(4) & 0xffffff

async function* prepend(first: boolean, socket: Duplex): AsyncIterable<Uint8Array> {
  if (first) yield new Uint8Array(0)
  yield* socket
}
