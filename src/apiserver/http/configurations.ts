import { deepFreeze, Recent } from '../../machinery/index.ts'
import type { ReadBody } from '../registry/draft.ts'

/** Longer texts are not kept, and of others no more than so many characters together. */
const lengthMax = 64 << 10
const keptLengthMax = 1 << 20
/** Of so many targets the spec that was applied last is kept, if it is no longer and no shorter than this. */
const targetsMax = 128
const specLengthMax = 8 << 10
const specLengthMin = 256
/** What stands for a spec that need not be read. */
const placeholder = '"\\u0000the spec that was applied last\\u0000"'
const placeholderRead = JSON.parse(placeholder)

interface AppliedSpec {
  readonly text: string
  readonly spec: object
}

/**
 * Configurations that are applied, read once while they come again: controllers send the same text every time, or one in which the
 * spec is the same and something beside it is not.
 */
export class Configurations {
  readonly #readText: (text: string) => ReadBody
  /** Reads what is JSON; undefined for anything else. */
  readonly #readJson: (text: string) => ReadBody | undefined
  /** Of a text that came once, only that; the order is that in which they were kept. */
  readonly #known = new Map<string, ReadBody | undefined>()
  readonly #specs = new Recent<string, AppliedSpec>(targetsMax)
  readonly #decoder = new TextDecoder()
  #length = 0

  constructor(readText: (text: string) => ReadBody, readJson: (text: string) => ReadBody | undefined) {
    this.#readText = readText
    this.#readJson = readJson
  }

  /** What the bytes that are sent to a target say; frozen where it is shared with who sends the same again. */
  read(bytes: Uint8Array, target: string): ReadBody {
    const text = this.#decoder.decode(bytes)
    if (text.length > lengthMax) return this.#readText(text)
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const isSecond = this.#known.has(text)
    const read = this.#withKnownSpec(text, target) ?? this.#readText(text)
    if (isSecond) this.#known.set(text, deepFreeze(read))
    else {
      this.#keep(text)
      this.#keepSpec(text, target, read)
    }
    return read
  }

  /** A text whose spec is the one that the target was sent last; undefined where that is not so. */
  #withKnownSpec(text: string, target: string): ReadBody | undefined {
    const known = this.#specs.get(target)
    if (known === undefined) return undefined
    const at = text.indexOf(known.text)
    if (at < 0 || text.includes(placeholder)) return undefined
    const read = this.#readJson(text.slice(0, at) + placeholder + text.slice(at + known.text.length))
    const value = read?.value as { spec?: unknown } | undefined
    // Elsewhere than as the spec of the whole it may stand, too.
    if (read === undefined || value?.spec !== placeholderRead) return undefined
    value!.spec = known.spec
    return read
  }

  #keepSpec(text: string, target: string, { value }: ReadBody): void {
    const spec = (value as { spec?: unknown } | null)?.spec
    if (typeof spec !== 'object' || spec === null || spec === this.#specs.get(target)?.spec) return
    const written = JSON.stringify(spec)
    if (written.length < specLengthMin || written.length > specLengthMax || !text.includes(written)) return
    this.#specs.set(target, { text: written, spec: deepFreeze(spec) })
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
