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
