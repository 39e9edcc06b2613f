import { deepFreeze } from '../../machinery/index.ts'
import type { ReadBody } from '../registry/draft.ts'

/** Longer texts are not kept, and of others no more than so many characters together. */
const lengthMax = 64 << 10
const keptLengthMax = 1 << 20

/** Configurations that are applied, read once while they come again: controllers send the same text every time. */
export class Configurations {
  readonly #readText: (text: string) => ReadBody
  /** Of a text that came once, only that; the order is that in which they were kept. */
  readonly #known = new Map<string, ReadBody | undefined>()
  readonly #decoder = new TextDecoder()
  #length = 0

  constructor(readText: (text: string) => ReadBody) {
    this.#readText = readText
  }

  /** What the bytes say; frozen where it is shared with who sends the same again. */
  read(bytes: Uint8Array): ReadBody {
    const text = this.#decoder.decode(bytes)
    if (text.length > lengthMax) return this.#readText(text)
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const read = this.#readText(text)
    if (this.#known.has(text)) this.#known.set(text, deepFreeze(read))
    else this.#keep(text)
    return read
  }

  #keep(text: string): void {
    this.#known.set(text, undefined)
    this.#length += text.length
    for (const oldest of this.#known.keys()) {
      if (this.#length <= keptLengthMax) return
      this.#known.delete(oldest)
      this.#length -= oldest.length
    }
  }
}
