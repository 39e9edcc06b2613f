/** Chunks split in two beyond this size, so that an insert moves at most this many pointers. */
const chunkSizeMax = 512

/** A set of strings in order: inserts and deletes cost O(log n), walking a range costs its length. */
export class OrderedKeys {
  readonly #chunks: string[][] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  add(key: string): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push([key])
      this.#size++
      return
    }
    const at = this.#chunkFor(key)
    const chunk = this.#chunks[at]!
    const index = lowerBound(chunk, key)
    if (chunk[index] === key) return
    chunk.splice(index, 0, key)
    this.#size++
    if (chunk.length > chunkSizeMax) this.#chunks.splice(at + 1, 0, chunk.splice(chunk.length >> 1))
  }

  delete(key: string): void {
    if (this.#chunks.length === 0) return
    const at = this.#chunkFor(key)
    const chunk = this.#chunks[at]!
    const index = lowerBound(chunk, key)
    if (chunk[index] !== key) return
    chunk.splice(index, 1)
    this.#size--
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  /** Keys from `start` on (included), in order. */
  *from(start: string): Generator<string> {
    if (this.#chunks.length === 0) return
    let at = this.#chunkFor(start)
    let index = lowerBound(this.#chunks[at]!, start)
    for (; at < this.#chunks.length; at++, index = 0) {
      const chunk = this.#chunks[at]!
      for (; index < chunk.length; index++) yield chunk[index]!
    }
  }

  /** How many keys are smaller than `key`. */
  rank(key: string): number {
    if (this.#chunks.length === 0) return 0
    const at = this.#chunkFor(key)
    let before = 0
    for (let i = 0; i < at; i++) before += this.#chunks[i]!.length
    return before + lowerBound(this.#chunks[at]!, key)
  }

  /** The last chunk whose first key is not greater than `key`, or the first chunk. */
  #chunkFor(key: string): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#chunks[middle]![0]! <= key) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** The first index whose key is not smaller than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

/** The smallest string greater than every string that starts with the prefix. */
export function prefixEnd(prefix: string): string {
  return prefix === '' ? '\uffff' : prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
}
