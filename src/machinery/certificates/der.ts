/** One element of DER: what it is, and the bytes it holds. */
export interface DerNode {
  readonly tag: number
  /** What it holds. */
  readonly content: Uint8Array
  /** The same with its head. */
  readonly whole: Uint8Array
}

export const derSequence = 0x30
export const derSet = 0x31
export const derObjectId = 0x06
const lengthBytesMax = 4

/** The elements that follow each other in some bytes. Throws when they are not DER. */
export function derNodes(bytes: Uint8Array): readonly DerNode[] {
  const nodes: DerNode[] = []
  for (let at = 0; at < bytes.length; ) {
    const node = nodeAt(bytes, at)
    nodes.push(node)
    at += node.whole.length
  }
  return nodes
}

/** The one element that bytes are. Throws when they are not, or are more. */
export function derNode(bytes: Uint8Array): DerNode {
  const node = nodeAt(bytes, 0)
  if (node.whole.length !== bytes.length) throw new SyntaxError('asn1: syntax error: trailing data')
  return node
}

function nodeAt(bytes: Uint8Array, start: number): DerNode {
  const tag = bytes[start]
  let length = bytes[start + 1]
  if (tag === undefined || length === undefined) throw new SyntaxError('asn1: syntax error: data truncated')
  let at = start + 2
  if (length > 0x7f) {
    const count = length & 0x7f
    if (count === 0 || count > lengthBytesMax) throw new SyntaxError('asn1: structure error: length too large')
    length = 0
    for (let index = 0; index < count; index++) length = length * 256 + (bytes[at++] ?? 0)
  }
  const end = at + length
  if (end > bytes.length) throw new SyntaxError('asn1: syntax error: data truncated')
  return { tag, content: bytes.subarray(at, end), whole: bytes.subarray(start, end) }
}

/** Bytes as hexadecimal digits: how object identifiers are told apart here. */
export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (one) => one.toString(16).padStart(2, '0')).join('')

/** An element of the tag that holds the parts one after the other. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const head = [tag, ...lengthOf(length)]
  const whole = new Uint8Array(head.length + length)
  whole.set(head)
  let at = head.length
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

/** An object identifier, written with dots. */
export function derId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc % 128]
    for (let more = Math.floor(arc / 128); more > 0; more = Math.floor(more / 128)) digits.unshift(0x80 | (more % 128))
    bytes.push(...digits)
  }
  return der(derObjectId, Uint8Array.from(bytes))
}

/** A text as UTF8String, or another string type whose bytes are the text's. */
export const derText = (text: string, tag = 0x0c): Uint8Array => der(tag, new TextEncoder().encode(text))

/** A whole number that is not negative, from its big-endian bytes. */
export function derNumber(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const digits = bytes.subarray(start)
  return der(0x02, digits[0]! > 0x7f ? Uint8Array.of(0, ...digits) : digits)
}

/** Named bits, the first given being the highest of the first byte; zeros at the end are left out, as DER wants it. */
export function derBits(bits: readonly boolean[]): Uint8Array {
  const count = bits.lastIndexOf(true) + 1
  const bytes = new Uint8Array(Math.ceil(count / 8))
  for (let at = 0; at < count; at++) if (bits[at]) bytes[at >> 3]! |= 0x80 >> (at & 7)
  return der(0x03, Uint8Array.of(bytes.length * 8 - count), bytes)
}

/** A time to the second: UTCTime until 2049, GeneralizedTime after it (RFC 5280 4.1.2.5). */
export function derTime(ms: number): Uint8Array {
  const text = `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
  return Number(text.slice(0, 4)) < 2050 ? derText(text.slice(2), 0x17) : derText(text, 0x18)
}
