import { textLength } from './text-length.ts'

const keptMax = 256
/** Longer ones are not remembered: they would take more memory than they save time. */
const lengthMax = 16 << 10

interface Known {
  readonly length: number
  text: string | undefined
}

/**
 * How long members of objects are as JSON, and what they are: an object is written again and again while most of its members stay
 * the very same. Only those written last are remembered; they do not change any more.
 */
export class MemberTexts {
  #young = new Map<object, Known>()
  #old = new Map<object, Known>()

  /** About how many characters a value is. */
  lengthOf(value: unknown): number {
    return typeof value === 'object' && value !== null ? this.#of(value).length : textLength(value)
  }

  /** A value as JSON, undefined where it has none. */
  textOf(value: unknown): string | undefined {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const known = this.#of(value)
    known.text ??= JSON.stringify(value)
    return known.text
  }

  #of(value: object): Known {
    const young = this.#young.get(value)
    if (young !== undefined) return young
    const known = this.#old.get(value) ?? { length: textLength(value), text: undefined }
    if (known.length > lengthMax) return known
    // What is asked for in time stays; the others go all at once.
    if (this.#young.size >= keptMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(value, known)
    return known
  }
}
