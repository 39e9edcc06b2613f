import { base64Of } from '../protobuf/base64.ts'
import { valueText } from '../status/status.ts'
import { CborError, type Head, Heads, typeNames } from './heads.ts'
import { epochText, timeTextOf } from './times.ts'

/** Unlike Kubernetes, which takes ten times as much: what follows recurses over documents, on a stack that has an end. */
const depthMax = 1000
const pairsMax = 2_097_152
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * The value of one CBOR data item in its JSON form, as Kubernetes' decoder makes it: byte strings are texts, or base64 where a
 * tag says so; times are RFC 3339; other tags are looked through. Throws CborError in the words of its decoder.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new CborError('EOF')
  const decoder = new Decoder(bytes)
  const value = decoder.item(0, undefined)
  const { at } = decoder.heads
  if (at !== bytes.length)
    throw new CborError(`cbor: ${bytes.length - at} bytes of extraneous data starting at index ${at}`)
  // Kubernetes: what is not well-formed is told before anything that is well-formed and not accepted.
  if (decoder.refusal !== undefined) throw new CborError(decoder.refusal)
  return value
}

class Decoder {
  readonly heads: Heads
  /** Why a well-formed document is not accepted: the first reason. */
  refusal: string | undefined
  constructor(bytes: Uint8Array) {
    this.heads = new Heads(bytes)
  }

  refuse(reason: string): undefined {
    this.refusal ??= reason
    return undefined
  }

  /** Reads one item; `textForm` is the tag that says how its byte strings are written as text. */
  item(depth: number, textForm: number | undefined): unknown {
    const head = this.heads.next()
    if (head.type === 0) return this.whole(head.exact ?? head.value, 'positive integer')
    if (head.type === 1)
      return this.whole(head.exact === undefined ? -1 - head.value : -1n - head.exact, 'negative integer')
    if (head.type === 2) return textOfBytes(this.chunks(head), textForm)
    if (head.type === 3) return this.text(head)
    if (head.type === 4) return this.list(head, depth + 1, textForm)
    if (head.type === 5) return this.map(head, depth + 1, textForm)
    if (head.type === 6) return this.tagged(head.value, depth, textForm)
    return this.simple(head)
  }

  whole(value: number | bigint, type: string): number | undefined {
    if (typeof value === 'number') return value
    if (value > 0x7fffffffffffffffn || value < -0x8000000000000000n) {
      return this.refuse(`cbor: cannot unmarshal ${type} into Go value of type int64 (${value} overflows Go's int64)`)
    }
    return Number(value)
  }

  /** The bytes of a string, its pieces put together. */
  chunks({ type, indefinite, value }: Head): Uint8Array {
    if (!indefinite) return this.heads.take(value, type)
    const pieces = [...this.pieces(type)]
    const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    return whole
  }

  *pieces(type: number): Iterable<Uint8Array> {
    while (!this.heads.takeBreak()) {
      const next = this.heads.peek()
      if (next >> 5 !== type)
        throw new CborError(`cbor: wrong element type ${typeNames[next >> 5]} for indefinite-length ${typeNames[type]}`)
      if ((next & 31) === 31)
        throw new CborError(`cbor: indefinite-length ${typeNames[type]} chunk is not definite-length`)
      yield this.heads.take(this.heads.next().value, type)
    }
  }

  text(head: Head): string | undefined {
    const pieces = head.indefinite ? [...this.pieces(3)] : [this.heads.take(head.value, 3)]
    try {
      return pieces.map((piece) => strict.decode(piece)).join('')
    } catch {
      return this.refuse('cbor: invalid UTF-8 string')
    }
  }

  list(head: Head, depth: number, textForm: number | undefined): readonly unknown[] {
    checkDepth(depth)
    const items: unknown[] = []
    if (head.indefinite) while (!this.heads.takeBreak()) items.push(this.item(depth, textForm))
    else {
      this.heads.checkCount(head, 2_147_483_647, 'cbor: exceeded max number of elements 2147483647 for CBOR array')
      for (let left = head.value; left > 0; left -= 1) items.push(this.item(depth, textForm))
    }
    return items
  }

  map(head: Head, depth: number, textForm: number | undefined): object {
    checkDepth(depth)
    const object: Record<string, unknown> = {}
    const pair = (index: number) => {
      const type = this.heads.typeWithin()
      const key = this.item(depth, textForm)
      if (head.indefinite && this.heads.peek() === 0xff) throw new CborError('cbor: unexpected "break" code')
      const value = this.item(depth, textForm)
      if (typeof key !== 'string' || (type !== 2 && type !== 3))
        return this.refuse(`cbor: cannot unmarshal ${typeNames[type]} into Go value of type string`)
      if (Object.hasOwn(object, key))
        return this.refuse(`cbor: found duplicate map key ${valueText(key)} at map element index ${index}`)
      if (key === '__proto__')
        Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
      else object[key] = value
    }
    if (head.indefinite) for (let index = 0; !this.heads.takeBreak(); index += 1) pair(index)
    else {
      this.heads.checkCount(head, pairsMax, `cbor: exceeded max number of key-value pairs ${pairsMax} for CBOR map`)
      for (let index = 0; index < head.value; index += 1) pair(index)
    }
    return object
  }

  tagged(tag: number, depth: number, textForm: number | undefined): unknown {
    const next = this.heads.peek()
    if (tag === 2 || tag === 3)
      throw new CborError('cbor: data item of cbor type tag is not accepted by protocol: bignum')
    if (next >> 5 === 6) checkDepth(depth + 1)
    const within = next >> 5 === 6 ? depth + 1 : depth
    if (tag === 0) {
      if (next >> 5 !== 3)
        this.refuse(`cbor: tag number 0 must be followed by text string, got ${typeNames[next >> 5]}`)
      const text = this.item(within, textForm)
      if (this.refusal !== undefined) return undefined
      return this.time(() => timeTextOf(text as string))
    }
    if (tag === 1) {
      if (next >> 5 > 1 && (next < 0xf9 || next > 0xfb))
        this.refuse(
          `cbor: tag number 1 must be followed by integer or floating-point number, got ${typeNames[next >> 5]}`,
        )
      const seconds = this.item(within, textForm)
      if (this.refusal !== undefined) return undefined
      return this.time(() => epochText(seconds as number))
    }
    return this.item(within, tag === 21 || tag === 22 || tag === 23 ? tag : textForm)
  }

  time(text: () => string): string | undefined {
    try {
      return text()
    } catch (error) {
      return this.refuse((error as Error).message)
    }
  }

  simple({ value, float }: Head): unknown {
    if (float !== undefined) return float
    if (value === 20 || value === 21) return value === 21
    if (value === 22) return null
    return this.refuse(
      `cbor: data item of cbor type primitives is not accepted by protocol: simple value ${value} is not recognized`,
    )
  }
}

function checkDepth(depth: number): void {
  if (depth > depthMax) throw new CborError(`cbor: exceeded max nested level ${depthMax}`)
}

function textOfBytes(bytes: Uint8Array, form: number | undefined): string {
  if (form === undefined) return lenient.decode(bytes)
  if (form === 22) return base64Of(bytes)
  if (form === 23) return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return base64Of(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
