/** Collects the bytes of a long reply into pieces of about one size; what is larger goes out as it is, uncopied. */
export class Chunks {
  readonly #size: number
  #buffer: Buffer
  #length = 0

  constructor(size: number) {
    this.#size = size
    this.#buffer = Buffer.allocUnsafeSlow(size)
  }

  /** Adds text of ASCII characters and bytes behind it; answers the pieces that are full, in order. */
  add(text: string, bytes?: Uint8Array): readonly Uint8Array[] {
    const wanted = text.length + (bytes?.length ?? 0)
    if (this.#length + wanted <= this.#size) {
      this.#put(text, bytes)
      return none
    }
    const full = this.#take()
    if (wanted <= this.#size) {
      this.#put(text, bytes)
      return full === undefined ? none : [full]
    }
    return [...(full === undefined ? [] : [full]), Buffer.from(text, 'latin1'), ...(bytes === undefined ? [] : [bytes])]
  }

  /** What has not been handed out yet. */
  rest(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  #put(text: string, bytes: Uint8Array | undefined): void {
    this.#length += this.#buffer.write(text, this.#length, 'latin1')
    if (bytes === undefined) return
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #take(): Uint8Array | undefined {
    if (this.#length === 0) return undefined
    const piece = this.#buffer.subarray(0, this.#length)
    this.#buffer = Buffer.allocUnsafeSlow(this.#size)
    this.#length = 0
    return piece
  }
}

const none: readonly Uint8Array[] = Object.freeze([])
