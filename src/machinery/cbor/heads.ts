/** CBOR that cannot be read; the message is the one Kubernetes' decoder gives. */
export class CborError extends Error {
  override name = 'CborError'
}

/** What the eight major types are called. */
export const typeNames: readonly string[] = [
  'positive integer',
  'negative integer',
  'byte string',
  'UTF-8 text string',
  'array',
  'map',
  'tag',
  'primitives',
]

/** The first bytes of a data item: its major type and argument. */
export interface Head {
  readonly type: number
  /** The argument; not exact above 2^53, where `exact` is. */
  readonly value: number
  readonly exact?: bigint
  /** The number itself, where the item is one with a point. */
  readonly float?: number
  /** The length is not told: a break ends the item. */
  readonly indefinite: boolean
}

/** Reads heads and what follows them; never past the end. */
export class Heads {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  at = 0
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The byte that comes next. */
  peek(): number {
    const byte = this.#bytes[this.at]
    if (byte === undefined) throw new CborError('unexpected EOF')
    return byte
  }

  /** The major type that comes next, looking through tags. */
  typeWithin(): number {
    const start = this.at
    while (this.peek() >> 5 === 6) this.next()
    const type = this.peek() >> 5
    this.at = start
    return type
  }

  /** Whether a break came, which is then passed. */
  takeBreak(): boolean {
    if (this.peek() !== 0xff) return false
    this.at += 1
    return true
  }

  take(length: number, type: number): Uint8Array {
    if (length > Number.MAX_SAFE_INTEGER)
      throw new CborError(`cbor: ${typeNames[type]} length ${BigInt(length)} is too large, causing integer overflow`)
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }

  checkCount({ type, value, exact }: Head, most: number, tooMany: string): void {
    if (exact !== undefined && exact > 0x7fffffffffffffffn) {
      const what = `${typeNames[type]} length ${exact} is too large`
      throw new CborError(`cbor: ${what}, it would cause integer overflow`)
    }
    if (value > most) throw new CborError(tooMany)
  }

  #advance(count: number): number {
    const start = this.at
    if (start + count > this.#bytes.length) throw new CborError('unexpected EOF')
    this.at = start + count
    return start
  }

  next(): Head {
    const first = this.peek()
    this.at += 1
    const type = first >> 5
    const more = first & 31
    if (more < 24) return { type, value: more, indefinite: false }
    if (more === 31) return indefiniteHead(type)
    if (more > 27) throw new CborError(`cbor: invalid additional information ${more} for type ${typeNames[type]}`)
    return type === 7 ? this.#primitive(more) : this.#argument(type, more)
  }

  #argument(type: number, more: number): Head {
    const start = this.#advance(1 << (more - 24))
    if (more === 24) return { type, value: this.#view.getUint8(start), indefinite: false }
    if (more === 25) return { type, value: this.#view.getUint16(start), indefinite: false }
    if (more === 26) return { type, value: this.#view.getUint32(start), indefinite: false }
    const exact = this.#view.getBigUint64(start)
    const value = Number(exact)
    return { type, value, indefinite: false, ...(value > Number.MAX_SAFE_INTEGER ? { exact } : {}) }
  }

  #primitive(more: number): Head {
    const start = this.#advance(1 << (more - 24))
    if (more === 24) {
      const value = this.#view.getUint8(start)
      if (value < 32) throw new CborError(`cbor: invalid simple value ${value} for type primitives`)
      return { type: 7, value, indefinite: false }
    }
    const float =
      more === 25
        ? this.#view.getFloat16(start)
        : more === 26
          ? this.#view.getFloat32(start)
          : this.#view.getFloat64(start)
    if (!Number.isFinite(float)) {
      const what = Number.isNaN(float) ? 'floating-point NaN' : 'floating-point infinity'
      throw new CborError(`cbor: data item of cbor type primitives is not accepted by protocol: ${what}`)
    }
    return { type: 7, value: 0, float, indefinite: false }
  }
}

function indefiniteHead(type: number): Head {
  if (type === 7) throw new CborError('cbor: unexpected "break" code')
  if (type === 0 || type === 1 || type === 6)
    throw new CborError(`cbor: invalid additional information 31 for type ${typeNames[type]}`)
  return { type, value: 0, indefinite: true }
}
