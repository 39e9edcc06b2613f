import { defaultWindow, flags, frameBytesMax, frames } from './codes.ts'
import { type HeaderFields, headerBlock } from './header-writer.ts'
import type { Outgoing } from './outgoing.ts'
import { PeerSettings } from './peer-settings.ts'
import type { ServerStream } from './stream.ts'
import { added } from './windows.ts'

/** How much one stream may send before the next one that waits has its turn. */
const turnBytes = 4 * frameBytesMax
const nothing = new Uint8Array(0)

/** What streams send, and what they may: as much as the windows of the other side and of each stream have room for. */
export class Sending {
  readonly #out: Outgoing
  /** Told of each stream that has sent all. */
  readonly #onSent: (stream: ServerStream) => void
  readonly #peer = new PeerSettings()
  /** Streams that have something to send and may not yet. */
  readonly #waiting = new Set<ServerStream>()
  /** Streams whose writers wait for room. */
  readonly #heldUp = new Set<ServerStream>()
  #window = defaultWindow
  #forgetsHeaders = false

  constructor(out: Outgoing, onSent: (stream: ServerStream) => void) {
    this.#out = out
    this.#onSent = onSent
  }

  /** How much may be sent on a new stream. */
  get streamWindow(): number {
    return this.#peer.streamWindow
  }

  head(stream: ServerStream, status: number, fields: HeaderFields, ends: boolean): void {
    const block = headerBlock(status, fields, this.#forgetsHeaders)
    this.#forgetsHeaders = false
    const most = this.#peer.frameBytesMax
    for (let at = 0, type: number = frames.headers; at < block.length; at += most, type = frames.continuation) {
      const end = Math.min(block.length, at + most)
      const isFirst = type === frames.headers
      const flag = (end === block.length ? flags.endHeaders : 0) | (isFirst && ends ? flags.endStream : 0)
      this.#out.frame(type, flag, stream.id, block, at, end)
    }
    if (ends) this.#onSent(stream)
  }

  /** Sends a chunk of a stream that holds nothing, if it may be sent now and whole; whether it was. */
  sendNow(stream: ServerStream, chunk: Uint8Array): boolean {
    const { length } = chunk
    if (length === 0 || length > this.#peer.frameBytesMax || length > this.#window || length > stream.sendWindow)
      return false
    if (this.#out.isFull) return false
    this.#out.frame(frames.data, 0, stream.id, chunk)
    this.#window -= length
    stream.sendWindow -= length
    return true
  }

  /** Sends of what a stream holds as much as may be sent. */
  pump(stream: ServerStream, bytesMax = Number.POSITIVE_INFINITY): void {
    const { queue } = stream
    let left = bytesMax
    while (queue.length > 0 && left > 0) {
      const [chunk] = queue as [Uint8Array]
      const start = stream.sentOfFirst
      const most = Math.min(this.#peer.frameBytesMax, this.#window, stream.sendWindow)
      if (most <= 0 || this.#out.isFull) break
      const end = Math.min(chunk.length, start + most)
      const isChunkSent = end === chunk.length
      const isLast = isChunkSent && queue.length === 1 && stream.isEnding
      this.#out.frame(frames.data, isLast ? flags.endStream : 0, stream.id, chunk, start, end)
      this.#window -= end - start
      stream.sendWindow -= end - start
      stream.queuedBytes -= end - start
      left -= end - start
      if (isChunkSent) queue.shift()
      stream.sentOfFirst = isChunkSent ? 0 : end
      if (isLast) return this.#onSent(stream)
    }
    if (queue.length > 0) {
      this.#waiting.add(stream)
      return
    }
    if (this.#waiting.size > 0) this.#waiting.delete(stream)
    if (!stream.isEnding || !stream.isSending || stream.isClosed) return
    this.#out.frame(frames.data, flags.endStream, stream.id, nothing)
    this.#onSent(stream)
  }

  /** Those that wait send on, in turns. */
  resume(): void {
    let hasMoved = true
    while (hasMoved && this.#waiting.size > 0) {
      hasMoved = false
      for (const stream of [...this.#waiting]) {
        const before = stream.queuedBytes
        this.pump(stream, turnBytes)
        if (stream.queuedBytes < before) hasMoved = true
      }
    }
    if (this.#out.isFull) return
    for (const stream of this.#heldUp) if (stream.tellDrained()) this.#heldUp.delete(stream)
  }

  /** The stream's writer waits for room, and is told when there is. */
  holdUp(stream: ServerStream): void {
    this.#heldUp.add(stream)
  }

  /** The stream is over. */
  forget(stream: ServerStream): void {
    this.#waiting.delete(stream)
    this.#heldUp.delete(stream)
  }

  /** The other side takes so much more, on all streams together. Throws ConnectionError. */
  grow(bytes: number): void {
    this.#window = added(this.#window, bytes)
    this.resume()
  }

  /** The same on one stream. Throws ConnectionError. */
  growOf(stream: ServerStream, bytes: number): void {
    stream.sendWindow = added(stream.sendWindow, bytes)
    if (this.#waiting.has(stream)) this.resume()
  }

  /** What the other side wants from now on. Throws ConnectionError. */
  settle(payload: Buffer, streams: Iterable<ServerStream>): void {
    const grown = this.#peer.take(payload)
    if (this.#peer.hasNewTableSize) this.#forgetsHeaders = true
    if (grown === 0) return
    for (const stream of streams) stream.sendWindow = added(stream.sendWindow, grown)
  }
}
