/**
 * A value whose bytes are made when somebody first asks for them: at once where they go to disk, and perhaps never in memory,
 * where whoever reads may know what they say without them. What they are made of does not change any more.
 */
export class LateValue {
  /** About how many bytes they come to. */
  readonly sizeBytes: number
  #make: (() => Uint8Array) | undefined
  #bytes: Uint8Array | undefined

  constructor(sizeBytes: number, make: () => Uint8Array) {
    this.sizeBytes = sizeBytes
    this.#make = make
  }

  /** The same bytes every time. */
  get bytes(): Uint8Array {
    if (this.#bytes === undefined) {
      this.#bytes = this.#make!()
      this.#make = undefined
    }
    return this.#bytes
  }
}

/** What a write stores. */
export type Value = Uint8Array | LateValue

/** The bytes of a value, made if they are not there. */
export function bytesOf(value: Value): Uint8Array {
  return value instanceof LateValue ? value.bytes : value
}
