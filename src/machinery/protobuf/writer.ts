const encoder = new TextEncoder()
const firstSize = 4096

/**
 * Writes protobuf from the end of the buffer to its start, so that a message's length is known when its prefix is due.
 * Whatever comes last in the bytes is therefore written first.
 */
export class BackwardWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(firstSize)
  #start = firstSize

  /** How many bytes have been written. */
  get length(): number {
    return this.#bytes.length - this.#start
  }
  /** The bytes written, as a copy; the writer is empty afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(this.#start)
    this.#start = this.#bytes.length
    return taken
  }
  #reserve(count: number): void {
    if (this.#start >= count) return
    const used = this.length
    let size = this.#bytes.length * 2
    while (size - used < count) size *= 2
    const grown = new Uint8Array(size)
    grown.set(this.#bytes.subarray(this.#start), size - used)
    this.#bytes = grown
    this.#start = size - used
  }
  byte(value: number): void {
    this.#reserve(1)
    this.#start -= 1
    this.#bytes[this.#start] = value
  }
  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#start -= value.length
    this.#bytes.set(value, this.#start)
  }
  /** A whole number from 0 to 2^53. */
  varint(value: number): void {
    this.#reserve(10)
    let count = 1
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) count += 1
    let at = this.#start - count
    this.#start = at
    let rest = value
    for (; rest >= 128; at += 1) {
      this.#bytes[at] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[at] = rest
  }
  /** A whole number of either sign; negative ones take ten bytes. */
  integer(value: number): void {
    if (value >= 0) {
      this.varint(value)
      return
    }
    let rest = BigInt.asUintN(64, BigInt(value))
    const parts: number[] = []
    while (rest >= 128n) {
      parts.push(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    parts.push(Number(rest))
    this.bytes(Uint8Array.from(parts))
  }
  double(value: number): void {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, value, true)
    this.bytes(bytes)
  }
  string(value: string): void {
    const { length } = value
    this.#reserve(length)
    const start = this.#start - length
    for (let at = 0; at < length; at += 1) {
      const code = value.charCodeAt(at)
      if (code > 127) {
        this.bytes(encoder.encode(value))
        return
      }
      this.#bytes[start + at] = code
    }
    this.#start = start
  }
}
