import { bytesOfBase64 } from '../protobuf/base64.ts'

/** Which strings of an object stand for bytes in base64: by the names of its members, `*` for whatever the name. */
export type BytesWithin = 'bytes' | ReadonlyMap<string, BytesWithin>

const encoder = new TextEncoder()
const firstSize = 1024
const selfDescribed = [0xd9, 0xd9, 0xf7]

/** Writes CBOR into a buffer that grows. */
class Writer {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(firstSize)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at)
  }
  #reserve(count: number): number {
    const start = this.#at
    this.#at += count
    if (this.#at > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#at, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, start))
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    return start
  }
  byte(value: number): void {
    const start = this.#reserve(1)
    this.#bytes[start] = value
  }
  raw(bytes: Uint8Array | readonly number[]): void {
    const start = this.#reserve(bytes.length)
    this.#bytes.set(bytes, start)
  }
  head(type: number, value: number | bigint): void {
    const first = type << 5
    if (typeof value === 'bigint') return this.#long(first, value)
    if (value < 24) return this.byte(first | value)
    if (value < 0x100) return this.raw([first | 24, value])
    if (value < 0x10000) return this.raw([first | 25, value >> 8, value & 255])
    if (value >= 0x1_0000_0000) return this.#long(first, BigInt(value))
    const start = this.#reserve(5)
    this.#bytes[start] = first | 26
    this.#view.setUint32(start + 1, value)
  }
  #long(first: number, value: bigint): void {
    const start = this.#reserve(9)
    this.#bytes[start] = first | 27
    this.#view.setBigUint64(start + 1, value)
  }
  /** A number with a point, as short as it can be without losing anything. */
  float(value: number): void {
    const bytes = Math.f16round(value) === value ? 2 : Math.fround(value) === value ? 4 : 8
    const start = this.#reserve(1 + bytes)
    this.#bytes[start] = bytes === 2 ? 0xf9 : bytes === 4 ? 0xfa : 0xfb
    if (bytes === 2) this.#view.setFloat16(start + 1, value)
    else if (bytes === 4) this.#view.setFloat32(start + 1, value)
    else this.#view.setFloat64(start + 1, value)
  }
}

/**
 * A JSON value as one CBOR data item within the tag that says it is CBOR. Kubernetes: texts and names are byte strings, bytes
 * are byte strings whose tag asks for base64. Unlike Kubernetes, which shuffles them, names stay in order: rendered bytes are
 * shared by whoever asks.
 */
export function encodeCbor(value: unknown, bytes?: BytesWithin): Uint8Array<ArrayBuffer> {
  const writer = new Writer()
  writer.raw(selfDescribed)
  write(writer, value, bytes)
  return writer.take()
}

/** A watch event whose object is already encoded. */
export function cborEvent(type: string, object: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new Writer()
  writer.raw(selfDescribed)
  writer.head(5, 2)
  writeText(writer, 'type')
  writeText(writer, type)
  writeText(writer, 'object')
  writer.raw(object)
  return writer.take()
}

function write(writer: Writer, value: unknown, bytes: BytesWithin | undefined): void {
  if (typeof value === 'string') writeString(writer, value, bytes)
  else if (typeof value === 'number') writeNumber(writer, value)
  else if (typeof value === 'boolean') writer.byte(value ? 0xf5 : 0xf4)
  else if (value === null || value === undefined) writer.byte(0xf6)
  else if (Array.isArray(value)) {
    writer.head(4, value.length)
    for (const item of value) write(writer, item, bytes)
  } else writeMap(writer, value as Record<string, unknown>, bytes)
}

function writeMap(writer: Writer, object: Record<string, unknown>, bytes: BytesWithin | undefined): void {
  const names = Object.keys(object).filter((name) => object[name] !== undefined)
  writer.head(5, names.length)
  for (const name of names) {
    writeText(writer, name)
    write(writer, object[name], within(bytes, name))
  }
}

function within(bytes: BytesWithin | undefined, name: string): BytesWithin | undefined {
  if (bytes === undefined || bytes === 'bytes') return bytes
  return bytes.get(name) ?? bytes.get('*')
}

function writeString(writer: Writer, text: string, bytes: BytesWithin | undefined): void {
  if (bytes !== 'bytes') return writeText(writer, text)
  writer.byte(0xd6)
  const raw = bytesOfBase64(text)
  writer.head(2, raw.length)
  writer.raw(raw)
}

function writeText(writer: Writer, text: string): void {
  const raw = encoder.encode(text)
  writer.head(2, raw.length)
  writer.raw(raw)
}

function writeNumber(writer: Writer, value: number): void {
  if (!Number.isInteger(value) || value >= 2 ** 63 || value < -(2 ** 63) || Object.is(value, -0)) writer.float(value)
  else if (value >= 0) writer.head(0, value)
  else writer.head(1, value >= -Number.MAX_SAFE_INTEGER ? -1 - value : -1n - BigInt(value))
}
