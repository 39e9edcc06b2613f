import { type Code, ConnectionError, codes, flags, frameBytesMax, frameHeaderBytes, frames } from './codes.ts'

/** Who is told what frames say. It may throw ConnectionError. */
export interface FrameTaker {
  /** A whole block of headers; `isMisplaced` where its stream is said to depend on itself. */
  onHeaders(stream: number, block: Buffer, endsStream: boolean, isMisplaced: boolean): void
  /** Part of a body, which is counted with what was put around it. */
  onData(stream: number, bytes: Buffer, flowBytes: number, endsStream: boolean): void
  onReset(stream: number): void
  onSettings(payload: Buffer): void
  onPing(payload: Buffer): void
  onWindow(stream: number, bytes: number): void
  /** A frame that is wrong, but about one stream only. */
  onStreamProblem(stream: number, code: Code): void
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
/** Packed headers beyond that are of nobody who means well: unpacked they would be refused anyway. */
const blockBytesMax = 2 << 20
const empty = Buffer.alloc(0)

/** A block of headers of which more is to come. */
interface Block {
  readonly stream: number
  readonly endsStream: boolean
  readonly isMisplaced: boolean
  readonly pieces: Buffer[]
  bytes: number
}

/** Takes bytes as they come, and tells what the frames in them say. Throws ConnectionError. */
export class FrameReader {
  readonly #taker: FrameTaker
  #rest: Buffer = empty
  #hasPreface = false
  #hasSettings = false
  #block: Block | undefined

  constructor(taker: FrameTaker) {
    this.#taker = taker
  }

  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = empty
    let at = 0
    if (!this.#hasPreface) {
      const length = Math.min(bytes.length, preface.length)
      if (preface.compare(bytes, 0, length, 0, length) !== 0)
        throw new ConnectionError(codes.protocol, 'this is no HTTP/2')
      if (length < preface.length) {
        this.#rest = bytes
        return
      }
      this.#hasPreface = true
      at = length
    }
    while (bytes.length - at >= frameHeaderBytes) {
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
      if (length > frameBytesMax) throw new ConnectionError(codes.frameSize, 'a frame is too large')
      const start = at + frameHeaderBytes
      if (bytes.length - start < length) break
      const stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff
      const [type, flag] = [bytes[at + 3]!, bytes[at + 4]!]
      at = start + length
      this.#frame(type, flag, stream, bytes.subarray(start, at))
    }
    this.#rest = at === bytes.length ? empty : bytes.subarray(at)
  }

  #frame(type: number, flag: number, stream: number, payload: Buffer): void {
    if (!this.#hasSettings) {
      if (type !== frames.settings || (flag & flags.acknowledged) !== 0)
        throw new ConnectionError(codes.protocol, 'settings come first')
      this.#hasSettings = true
    }
    if (this.#block !== undefined && (type !== frames.continuation || stream !== this.#block.stream))
      throw new ConnectionError(codes.protocol, 'headers are not complete')
    switch (type) {
      case frames.data:
        return this.#data(flag, ofStream(stream), payload)
      case frames.headers:
        return this.#headers(flag, ofStream(stream), payload)
      case frames.continuation:
        return this.#continuation(flag, payload)
      case frames.priority:
        ofStream(stream)
        if (payload.length !== 5) this.#taker.onStreamProblem(stream, codes.frameSize)
        else if (dependsOn(payload) === stream) this.#taker.onStreamProblem(stream, codes.protocol)
        return
      case frames.resetStream:
        sized(payload, 4)
        return this.#taker.onReset(ofStream(stream))
      case frames.settings:
        return this.#settings(flag, stream, payload)
      case frames.pushPromise:
        throw new ConnectionError(codes.protocol, 'clients push nothing')
      case frames.ping:
        ofConnection(stream)
        sized(payload, 8)
        if ((flag & flags.acknowledged) === 0) this.#taker.onPing(payload)
        return
      case frames.goAway:
        // No more will be asked; what has been asked is answered all the same.
        return ofConnection(stream)
      case frames.windowUpdate:
        return this.#window(stream, payload)
    }
  }

  #data(flag: number, stream: number, payload: Buffer): void {
    this.#taker.onData(stream, unpadded(flag, payload), payload.length, (flag & flags.endStream) !== 0)
  }

  #headers(flag: number, stream: number, payload: Buffer): void {
    let fragment = unpadded(flag, payload)
    let isMisplaced = false
    if ((flag & flags.priority) !== 0) {
      if (fragment.length < 5) throw new ConnectionError(codes.frameSize, 'a frame is too small')
      isMisplaced = dependsOn(fragment) === stream
      fragment = fragment.subarray(5)
    }
    const endsStream = (flag & flags.endStream) !== 0
    if ((flag & flags.endHeaders) !== 0) return this.#taker.onHeaders(stream, fragment, endsStream, isMisplaced)
    this.#block = { stream, endsStream, isMisplaced, pieces: [fragment], bytes: fragment.length }
  }

  #continuation(flag: number, payload: Buffer): void {
    const block = this.#block
    if (block === undefined) throw new ConnectionError(codes.protocol, 'there are no headers to go on with')
    block.pieces.push(payload)
    // A piece counts though it be empty.
    block.bytes += payload.length + frameHeaderBytes
    if (block.bytes > blockBytesMax) throw new ConnectionError(codes.enhanceYourCalm, 'headers are too large')
    if ((flag & flags.endHeaders) === 0) return
    this.#block = undefined
    this.#taker.onHeaders(block.stream, Buffer.concat(block.pieces), block.endsStream, block.isMisplaced)
  }

  #settings(flag: number, stream: number, payload: Buffer): void {
    ofConnection(stream)
    if ((flag & flags.acknowledged) !== 0) return sized(payload, 0)
    if (payload.length % 6 !== 0) throw new ConnectionError(codes.frameSize, 'settings take six octets each')
    this.#taker.onSettings(payload)
  }

  #window(stream: number, payload: Buffer): void {
    sized(payload, 4)
    const bytes = payload.readUInt32BE() & 0x7fff_ffff
    if (bytes > 0) this.#taker.onWindow(stream, bytes)
    else if (stream === 0) throw new ConnectionError(codes.protocol, 'a window grows by nothing')
    else this.#taker.onStreamProblem(stream, codes.protocol)
  }
}

const dependsOn = (payload: Buffer) => payload.readUInt32BE() & 0x7fff_ffff

function ofStream(stream: number): number {
  if (stream === 0) throw new ConnectionError(codes.protocol, 'a frame is about no stream')
  return stream
}

function ofConnection(stream: number): void {
  if (stream !== 0) throw new ConnectionError(codes.protocol, 'a frame is about a stream')
}

function sized(payload: Buffer, length: number): void {
  if (payload.length !== length) throw new ConnectionError(codes.frameSize, 'a frame has the wrong size')
}

function unpadded(flag: number, payload: Buffer): Buffer {
  if ((flag & flags.padded) === 0) return payload
  const padding = payload[0]
  if (padding === undefined) throw new ConnectionError(codes.frameSize, 'a frame is too small')
  if (padding >= payload.length) throw new ConnectionError(codes.protocol, 'a frame is nothing but padding')
  return payload.subarray(1, payload.length - padding)
}
