import { Recent } from '../../machinery/index.ts'
import { textLength } from './text-length.ts'

const keptMax = 256
/** Longer ones are not remembered: they would take more memory than they save time. */
const lengthMax = 16 << 10

interface Known {
  length: number | undefined
  text: string | undefined
}

/**
 * How long members of objects are as JSON, and what they are: an object is written again and again while most of its members stay
 * the very same. Only those written last are remembered; they do not change any more.
 */
export class MemberTexts {
  readonly #known = new Recent<object, Known>(keptMax)
  /** Texts of the members of members. */
  readonly #parts = new Recent<object, string>(keptMax)

  /** About how many characters a value is. */
  lengthOf(value: unknown): number {
    return typeof value === 'object' && value !== null
      ? (this.#of(value).length ??= textLength(value))
      : textLength(value)
  }

  /** A value as JSON, undefined where it has none. */
  textOf(value: unknown): string | undefined {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const known = this.#known.get(value)
    if (known?.text !== undefined) return known.text
    const text = Array.isArray(value) ? JSON.stringify(value) : this.#joined(value)
    if (known !== undefined) known.text = text
    else if (text.length <= lengthMax) this.#known.set(value, { length: undefined, text })
    return text
  }

  /** What an object that has changed has in common with what it was is not written again: all but one of its members, mostly. */
  #joined(value: object): string {
    let text = ''
    for (const name in value) {
      const member = (value as Record<string, unknown>)[name]
      const part = typeof member === 'object' && member !== null ? this.#partOf(member) : JSON.stringify(member)
      if (part === undefined) continue
      text += text === '' ? `${JSON.stringify(name)}:${part}` : `,${JSON.stringify(name)}:${part}`
    }
    return `{${text}}`
  }

  #partOf(member: object): string {
    if (!Object.isFrozen(member)) return JSON.stringify(member)
    let text = this.#parts.get(member)
    if (text !== undefined) return text
    text = JSON.stringify(member)
    if (text.length <= lengthMax) this.#parts.set(member, text)
    return text
  }

  #of(value: object): Known {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const made: Known = { length: textLength(value), text: undefined }
    if (made.length! <= lengthMax) this.#known.set(value, made)
    return made
  }
}
