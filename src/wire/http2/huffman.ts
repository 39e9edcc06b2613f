import { HeaderError } from './codes.ts'

/** How many bits each octet's code has (RFC 7541, appendix B), as digits to the base of 36. The codes follow from that. */
const bitLengths =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq'
const bitsMax = 30

/** By state and half octet: the state that follows, and what is said then, if anything. */
interface Steps {
  readonly next: Uint8Array
  /** An octet, `nothing`, or `wrong` for the code that ends texts, which no text holds. */
  readonly said: Int16Array
  /** Whether a text may end in a state: what has been read of the next code is the beginning of the one that ends texts. */
  readonly ends: Uint8Array
}
const nothing = -1
const wrong = -2
let made: Steps | undefined

/** Reads a text in HPACK's Huffman code. Throws HeaderError. */
export function huffmanText(bytes: Buffer, start: number, end: number): string {
  const { next, said, ends } = (made ??= steps())
  const text = Buffer.allocUnsafe(Math.floor(((end - start) * 8) / 5) + 1)
  let length = 0
  let state = 0
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!
    for (let place = (state << 4) | (octet >> 4), half = 0; half < 2; half++) {
      const heard = said[place]!
      if (heard >= 0) text[length++] = heard
      else if (heard === wrong) throw new HeaderError('a text holds the code that ends texts')
      state = next[place]!
      place = (state << 4) | (octet & 15)
    }
  }
  if (ends[state] === 0) throw new HeaderError('a text ends within a code')
  return text.toString('latin1', 0, length)
}

function steps(): Steps {
  // The tree: of each inner node the two that follow, inner ones as they are, leaves as what they say, less one, below zero.
  const tree: [number, number][] = [[0, 0]]
  const grow = (symbol: number, code: number, bits: number) => {
    let node = 0
    for (let bit = bits - 1; bit > 0; bit--) {
      const way = (code >> bit) & 1
      if (tree[node]![way] === 0) {
        tree.push([0, 0])
        tree[node]![way] = tree.length - 1
      }
      node = tree[node]![way]!
    }
    tree[node]![code & 1] = -1 - symbol
  }
  let code = 0
  for (let bits = 1; bits <= bitsMax; bits++, code <<= 1)
    for (let symbol = 0; symbol < 256; symbol++)
      if (Number.parseInt(bitLengths[symbol]!, 36) === bits) grow(symbol, code++, bits)
  const endOfText = 256
  grow(endOfText, code >> 1, bitsMax)
  const next = new Uint8Array(tree.length * 16)
  const said = new Int16Array(tree.length * 16).fill(nothing)
  for (let state = 0; state < tree.length; state++)
    for (let half = 0; half < 16; half++) {
      let node = state
      for (let bit = 3; bit >= 0; bit--) {
        const after = tree[node]![(half >> bit) & 1]!
        if (after < 0) {
          const symbol = -1 - after
          said[(state << 4) | half] = symbol === endOfText ? wrong : symbol
          node = 0
        } else node = after
      }
      next[(state << 4) | half] = node
    }
  const ends = new Uint8Array(tree.length)
  for (let node = 0, depth = 0; depth < 8; depth++, node = tree[node]![1]!) ends[node] = 1
  return { next, said, ends }
}
