/** Chunks split in two beyond this size, so that an insert moves at most this many pointers. */
const chunkSizeMax = 512

interface Chunk<T> {
  readonly keys: string[]
  /** Each at the place of its key: whoever walks a range touches no key. */
  readonly values: T[]
}

/** Values by key, in the keys' order: writes cost O(log n), walking a range costs its length. */
export class OrderedEntries<T> {
  readonly #chunks: Chunk<T>[] = []

  /** Keeps a value, in place of the one there was. */
  set(key: string, value: T): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push({ keys: [key], values: [value] })
      return
    }
    const at = this.#chunkFor(key)
    const { keys, values } = this.#chunks[at]!
    const index = lowerBound(keys, key)
    if (keys[index] === key) {
      values[index] = value
      return
    }
    keys.splice(index, 0, key)
    values.splice(index, 0, value)
    if (keys.length <= chunkSizeMax) return
    const half = keys.length >> 1
    this.#chunks.splice(at + 1, 0, { keys: keys.splice(half), values: values.splice(half) })
  }

  delete(key: string): void {
    if (this.#chunks.length === 0) return
    const at = this.#chunkFor(key)
    const { keys, values } = this.#chunks[at]!
    const index = lowerBound(keys, key)
    if (keys[index] !== key) return
    keys.splice(index, 1)
    values.splice(index, 1)
    if (keys.length === 0) this.#chunks.splice(at, 1)
  }

  /** Keys from `start` on (included), in order. */
  *from(start: string): Generator<string> {
    if (this.#chunks.length === 0) return
    let at = this.#chunkFor(start)
    let index = lowerBound(this.#chunks[at]!.keys, start)
    for (; at < this.#chunks.length; at++, index = 0) {
      const { keys } = this.#chunks[at]!
      for (; index < keys.length; index++) yield keys[index]!
    }
  }

  /** The values of keys from `start` (included) to `end`, in order, no more than `limit`. */
  between(start: string, end: string, limit: number): T[] {
    const found: T[] = []
    if (this.#chunks.length === 0) return found
    let at = this.#chunkFor(start)
    let index = lowerBound(this.#chunks[at]!.keys, start)
    const last = this.#chunkFor(end)
    for (; at <= last && found.length < limit; at++, index = 0) {
      const { keys, values } = this.#chunks[at]!
      const to = at === last ? lowerBound(keys, end) : keys.length
      for (; index < to && found.length < limit; index++) found.push(values[index]!)
    }
    return found
  }

  /** How many keys are smaller than `key`. */
  rank(key: string): number {
    if (this.#chunks.length === 0) return 0
    const at = this.#chunkFor(key)
    let before = 0
    for (let i = 0; i < at; i++) before += this.#chunks[i]!.keys.length
    return before + lowerBound(this.#chunks[at]!.keys, key)
  }

  /** The last chunk whose first key is not greater than `key`, or the first chunk. */
  #chunkFor(key: string): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#chunks[middle]!.keys[0]! <= key) low = middle
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
