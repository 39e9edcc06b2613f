import type { Duplex } from 'node:stream'
import { frameHeaderBytes } from './codes.ts'

/** That much may wait for the socket before writers wait, too. */
const waitingBytesMax = 512 << 10
/** Answers to a client that sends and does not read. */
const unreadBytesMax = 8 << 20

const pieceBytes = 64 << 10
const sparePiecesMax = 128
/** Pieces that have been sent. Made anew for each turn they would keep the garbage collector busy with nothing else. */
const spare: Buffer[] = []

function release(piece: Buffer): void {
  if (spare.length < sparePiecesMax) spare.push(piece)
}

/** Frames on their way out: those of one turn go to the socket in one piece, and so into as few packets as can be. */
export class Outgoing {
  readonly #socket: Duplex
  #piece: Buffer | undefined
  #used = 0
  #isScheduled = false
  /** Pieces that the socket has not done with, in their order. */
  readonly #sent: Buffer[] = []
  readonly #onWritten = () => release(this.#sent.shift()!)

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  /** Whether writers should wait; the socket's `drain` tells when no longer. */
  get isFull(): boolean {
    return this.#socket.writableLength > waitingBytesMax
  }

  /** Whether more waits than any writer here would have left waiting. */
  get isUnread(): boolean {
    return this.#socket.writableLength > unreadBytesMax
  }

  /** Sends a frame with part of `payload`, which may be used for something else then. */
  frame(type: number, flags: number, stream: number, payload: Uint8Array, start = 0, end = payload.length): void {
    const length = end - start
    if (this.#used + frameHeaderBytes + length > pieceBytes) this.#write()
    this.#piece ??= spare.pop() ?? Buffer.allocUnsafeSlow(pieceBytes)
    const piece = this.#piece
    let at = this.#used
    piece[at] = length >>> 16
    piece[at + 1] = length >>> 8
    piece[at + 2] = length
    piece[at + 3] = type
    piece[at + 4] = flags
    piece[at + 5] = stream >>> 24
    piece[at + 6] = stream >>> 16
    piece[at + 7] = stream >>> 8
    piece[at + 8] = stream
    at += frameHeaderBytes
    piece.set(length === payload.length ? payload : payload.subarray(start, end), at)
    this.#used = at + length
    if (this.#isScheduled) return
    this.#isScheduled = true
    process.nextTick(flushed, this)
  }

  /** Hands everything to the socket now. */
  flush(): void {
    this.#isScheduled = false
    this.#write()
  }

  #write(): void {
    const piece = this.#piece
    if (piece === undefined) return
    const bytes = piece.subarray(0, this.#used)
    this.#piece = undefined
    this.#used = 0
    if (!this.#socket.writable) return release(piece)
    this.#sent.push(piece)
    this.#socket.write(bytes, this.#onWritten)
  }
}

function flushed(outgoing: Outgoing): void {
  outgoing.flush()
}
