import { Recent } from '../../machinery/index.ts'
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
  readonly #known = new Recent<object, Known>(keptMax)

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
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const made: Known = { length: textLength(value), text: undefined }
    if (made.length <= lengthMax) this.#known.set(value, made)
    return made
  }
}
