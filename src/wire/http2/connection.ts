import type { X509Certificate } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../machinery/index.ts'
import type { RequestHandler } from '../front/request.ts'
import { type Code, ConnectionError, codes, defaultWindow, flags, frames, settings } from './codes.ts'
import { FrameReader, type FrameTaker } from './frame-reader.ts'
import { HeaderReader } from './header-reader.ts'
import type { HeaderFields } from './header-writer.ts'
import { Outgoing } from './outgoing.ts'
import { HeadDraft, type RequestHead } from './request-head.ts'
import { Sending } from './sending.ts'
import { ServerStream, type StreamLink } from './stream.ts'

/** Kubernetes: as much as Go's servers take of headers together. */
const headBytesMax = 1 << 20
const streamsMax = 1000
/** A large body beside others needs more than HTTP/2's 64 KiB. */
const streamWindow = 1 << 20
const connectionWindow = 16 << 20
/** As many streams that were closed lately are known to have been there. */
const closedKeptMax = 256
/** Streams that were refused since as many requests were under way already: who goes on all the same is cut off. */
const refusedMax = 4 * streamsMax
/** Frames in a row that say nothing. */
const emptyFramesMax = 10_000
const nothing = new Uint8Array(0)

export interface ConnectionOptions {
  readonly onRequest: RequestHandler
  readonly clock: Clock
  readonly remoteAddress: string
  readonly peerCertificate: X509Certificate | undefined
}

/** The server's side of one HTTP/2 connection (RFC 9113). */
export class ServerConnection implements StreamLink, FrameTaker {
  readonly remoteAddress: string
  readonly peerCertificate: X509Certificate | undefined
  readonly #socket: Duplex
  readonly #options: ConnectionOptions
  readonly #out: Outgoing
  readonly #reader = new FrameReader(this)
  readonly #headers = new HeaderReader()
  readonly #sending: Sending
  readonly #streams = new Map<number, ServerStream>()
  /** Streams that were closed lately, and whether it was here that they were reset. */
  readonly #closed = new Map<number, boolean>()
  #lastStream = 0
  #receiveWindow = connectionWindow
  #consumed = 0
  #underWay = 0
  #refused = 0
  #emptyFrames = 0
  #isOver = false

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.remoteAddress = options.remoteAddress
    this.peerCertificate = options.peerCertificate
    this.#out = new Outgoing(socket)
    this.#sending = new Sending(this.#out, (stream) => this.#sentAll(stream))
    this.#out.frame(frames.settings, 0, 0, ownSettings)
    this.#tellWindow(0, connectionWindow - defaultWindow)
    socket.on('data', (bytes: Buffer) => this.#take(bytes))
    socket.on('drain', () => this.#sending.resume())
    socket.once('end', () => this.#end())
    socket.once('close', () => this.#end())
  }

  /** Ends every stream, and the connection. */
  close(): void {
    this.#leave(codes.none)
  }

  get isFull(): boolean {
    return this.#out.isFull
  }

  sendHead(stream: ServerStream, status: number, headers: HeaderFields, ends: boolean): void {
    const fields = status < 200 || headers.date !== undefined ? headers : { ...headers, date: this.#date() }
    this.#sending.head(stream, status, fields, ends)
  }

  holdUp(stream: ServerStream): void {
    this.#sending.holdUp(stream)
  }

  pump(stream: ServerStream): void {
    this.#sending.pump(stream)
  }

  sendNow(stream: ServerStream, chunk: Uint8Array): boolean {
    return this.#sending.sendNow(stream, chunk)
  }

  consumed(stream: ServerStream, bytes: number): void {
    this.#consumed += bytes
    if (this.#consumed >= connectionWindow / 2) {
      this.#receiveWindow += this.#consumed
      this.#tellWindow(0, this.#consumed)
      this.#consumed = 0
    }
    stream.consumedBytes += bytes
    if (stream.consumedBytes < streamWindow / 2 || !stream.isReceiving || stream.isClosed) return
    stream.receiveWindow += stream.consumedBytes
    this.#tellWindow(stream.id, stream.consumedBytes)
    stream.consumedBytes = 0
  }

  onHeaders(id: number, block: Buffer, endsStream: boolean, isMisplaced: boolean): void {
    const draft = new HeadDraft(headBytesMax)
    this.#headers.read(block, (name, value) => draft.take(name, value))
    const known = this.#streams.get(id)
    if (known !== undefined) return this.#takeTrailer(known, draft, endsStream)
    if (id % 2 === 0) throw new ConnectionError(codes.protocol, 'streams of clients are odd')
    if (id <= this.#lastStream) {
      const wasReset = this.#closed.get(id)
      // It was on its way when the stream was reset.
      if (wasReset === true) return
      if (wasReset === false) throw new ConnectionError(codes.streamClosed, 'the stream is closed')
      throw new ConnectionError(codes.protocol, 'streams are numbered upwards')
    }
    this.#lastStream = id
    const head = draft.request()
    if (isMisplaced || head === undefined) return this.#reset(id, codes.protocol)
    if (endsStream && (head.bodyBytes ?? 0) > 0) return this.#reset(id, codes.protocol)
    // Requests that were reset count until whoever serves them has noticed.
    if (this.#streams.size >= streamsMax || this.#underWay >= streamsMax) {
      if (++this.#refused > refusedMax) throw new ConnectionError(codes.enhanceYourCalm, 'too many requests were reset')
      return this.#reset(id, codes.refused)
    }
    this.#begin(id, head, endsStream)
  }

  onData(id: number, bytes: Buffer, flowBytes: number, endsStream: boolean): void {
    this.#receiveWindow -= flowBytes
    if (this.#receiveWindow < 0) throw new ConnectionError(codes.flowControl, 'more was sent than may be')
    if (flowBytes === 0 && !endsStream && ++this.#emptyFrames > emptyFramesMax)
      throw new ConnectionError(codes.enhanceYourCalm, 'too many frames are empty')
    const stream = this.#streams.get(id)
    if (stream === undefined || !stream.isReceiving) {
      this.#mustHaveBeen(id)
      this.#consumedByNobody(flowBytes)
      if (stream !== undefined || this.#closed.get(id) === false) this.#reset(id, codes.streamClosed)
      return
    }
    stream.receiveWindow -= flowBytes
    if (stream.receiveWindow < 0) return this.#reset(id, codes.flowControl)
    if (stream.bodyBytesLeft !== undefined) {
      stream.bodyBytesLeft -= bytes.length
      if (stream.bodyBytesLeft < 0 || (endsStream && stream.bodyBytesLeft > 0)) return this.#reset(id, codes.protocol)
    }
    if (flowBytes > bytes.length) this.consumed(stream, flowBytes - bytes.length)
    if (bytes.length > 0) {
      this.#emptyFrames = 0
      stream.receive(bytes)
    }
    if (endsStream) this.#receivedAll(stream)
  }

  onReset(id: number): void {
    this.#mustHaveBeen(id)
    const stream = this.#streams.get(id)
    if (stream !== undefined) this.#forget(stream)
  }

  onStreamProblem(id: number, code: Code): void {
    this.#reset(id, code)
  }

  onSettings(payload: Buffer): void {
    this.#sending.settle(payload, this.#streams.values())
    this.#answer(frames.settings, nothing)
    this.#sending.resume()
  }

  onPing(payload: Buffer): void {
    this.#answer(frames.ping, payload)
  }

  onWindow(id: number, bytes: number): void {
    if (id === 0) return this.#sending.grow(bytes)
    this.#mustHaveBeen(id)
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    try {
      this.#sending.growOf(stream, bytes)
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      this.#reset(id, error.code)
    }
  }

  #take(bytes: Buffer): void {
    if (this.#isOver) return
    try {
      this.#reader.take(bytes)
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      this.#leave(error.code, error.message)
    }
  }

  #begin(id: number, head: RequestHead, endsStream: boolean): void {
    const stream = new ServerStream(this, id, head, !endsStream, [this.#sending.streamWindow, streamWindow])
    this.#streams.set(id, stream)
    if (head.sizeBytes > headBytesMax) {
      stream.head(431, {})
      return stream.end()
    }
    this.#underWay += 1
    const served = () => {
      this.#underWay -= 1
    }
    this.#options.onRequest(stream, stream).then(served, () => {
      served()
      if (!stream.isClosed) this.#reset(id, codes.internal)
    })
  }

  #takeTrailer(stream: ServerStream, draft: HeadDraft, endsStream: boolean): void {
    if (!stream.isReceiving) return this.#reset(stream.id, codes.streamClosed)
    if (!endsStream || !draft.isTrailer || (stream.bodyBytesLeft ?? 0) > 0)
      return this.#reset(stream.id, codes.protocol)
    this.#receivedAll(stream)
  }

  #receivedAll(stream: ServerStream): void {
    stream.receivedAll()
    if (!stream.isSending) this.#forget(stream)
  }

  #sentAll(stream: ServerStream): void {
    stream.isSending = false
    if (stream.isReceiving) stream.letRunOff()
    else this.#forget(stream)
  }

  #reset(id: number, code: Code): void {
    const payload = Buffer.alloc(4)
    payload.writeUInt32BE(code)
    this.#out.frame(frames.resetStream, 0, id, payload)
    this.#mayAnswer()
    const stream = this.#streams.get(id)
    if (stream !== undefined) this.#forget(stream)
    this.#noteClosed(id, true)
  }

  #forget(stream: ServerStream): void {
    this.#streams.delete(stream.id)
    this.#sending.forget(stream)
    this.#noteClosed(stream.id, false)
    stream.close()
  }

  #noteClosed(id: number, wasReset: boolean): void {
    this.#closed.set(id, wasReset)
    if (this.#closed.size <= closedKeptMax) return
    for (const oldest of this.#closed.keys()) {
      this.#closed.delete(oldest)
      return
    }
  }

  #consumedByNobody(bytes: number): void {
    this.#receiveWindow += bytes
    if (bytes > 0) this.#tellWindow(0, bytes)
  }

  #tellWindow(id: number, bytes: number): void {
    const payload = Buffer.alloc(4)
    payload.writeUInt32BE(bytes)
    this.#out.frame(frames.windowUpdate, 0, id, payload)
  }

  #answer(type: number, payload: Uint8Array): void {
    this.#out.frame(type, flags.acknowledged, 0, payload)
    this.#mayAnswer()
  }

  #mayAnswer(): void {
    if (this.#out.isUnread) throw new ConnectionError(codes.enhanceYourCalm, 'answers are not read')
  }

  /** What is said about a stream that never was is said in error. */
  #mustHaveBeen(id: number): void {
    if (id > this.#lastStream || id % 2 === 0) throw new ConnectionError(codes.protocol, 'there is no such stream')
  }

  #leave(code: Code, why = ''): void {
    if (this.#isOver) return
    const payload = Buffer.alloc(8 + Buffer.byteLength(why))
    payload.writeUInt32BE(this.#lastStream)
    payload.writeUInt32BE(code, 4)
    payload.write(why, 8)
    this.#out.frame(frames.goAway, 0, 0, payload)
    this.#out.flush()
    this.#end()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const stream of [...this.#streams.values()]) this.#forget(stream)
    // What is on its way is still sent, if it is read.
    if (this.#out.isUnread) this.#socket.destroy()
    else this.#socket.end(() => this.#socket.destroy())
  }

  #date(): string {
    const second = Math.floor(this.#options.clock.now() / 1000)
    if (second !== dated.second) dated = { second, text: new Date(second * 1000).toUTCString() }
    return dated.text
  }
}

let dated = { second: Number.NaN, text: '' }

const ownSettings = Buffer.alloc(18)
for (const [at, [name, value]] of [
  [settings.maxConcurrentStreams, streamsMax] as const,
  [settings.initialWindowSize, streamWindow] as const,
  [settings.maxHeaderListSize, headBytesMax] as const,
].entries()) {
  ownSettings.writeUInt16BE(name, 6 * at)
  ownSettings.writeUInt32BE(value, 6 * at + 2)
}
