const decoder = new TextDecoder()

/** Protobuf that cannot be read. */
export class ProtobufError extends Error {
  override name = 'ProtobufError'
}

/** Reads protobuf values one after another; never past its end. */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }
  get done(): boolean {
    return this.#at >= this.#end
  }
  /** A number without sign, exact up to 2^53. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count += 1) {
      if (this.#at >= this.#end) throw new ProtobufError('unexpected EOF')
      const byte = this.#bytes[this.#at]!
      this.#at += 1
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw new ProtobufError('proto: integer overflow')
  }
  /** A number with sign; negative ones take ten bytes. */
  integer(): number {
    const start = this.#at
    const value = this.varint()
    if (value <= Number.MAX_SAFE_INTEGER) return value
    let exact = 0n
    let shift = 0n
    for (let at = start; at < this.#at; at += 1) {
      exact |= BigInt(this.#bytes[at]! & 127) << shift
      shift += 7n
    }
    return Number(BigInt.asIntN(64, exact))
  }
  double(): number {
    const start = this.#advance(8)
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + start, 8).getFloat64(0, true)
  }
  #advance(count: number): number {
    const start = this.#at
    if (start + count > this.#end) throw new ProtobufError('unexpected EOF')
    this.#at = start + count
    return start
  }
  bytes(): Uint8Array {
    const length = this.varint()
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }
  string(): string {
    const length = this.varint()
    const start = this.#advance(length)
    if (length > 48) return decoder.decode(this.#bytes.subarray(start, start + length))
    let text = ''
    for (let at = start; at < start + length; at += 1) {
      const byte = this.#bytes[at]!
      if (byte > 127) return decoder.decode(this.#bytes.subarray(start, start + length))
      text += String.fromCharCode(byte)
    }
    return text
  }
  /** A reader of the message that comes next. */
  message(): Reader {
    const length = this.varint()
    const start = this.#advance(length)
    return new Reader(this.#bytes, start, start + length)
  }
  /** Passes over a value of a wire type. */
  skip(wire: number): void {
    if (wire === 0) this.varint()
    else if (wire === 1) this.#advance(8)
    else if (wire === 2) this.#advance(this.varint())
    else if (wire === 5) this.#advance(4)
    else throw new ProtobufError(`proto: illegal wireType ${wire}`)
  }
}
