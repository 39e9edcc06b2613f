import { deepFreeze, parseJsonStrict } from '../../machinery/index.ts'
import type { ReadBody } from '../registry/draft.ts'

/** So many bodies are looked back to, and none longer than this. */
const keptMax = 8
const lengthMax = 64 << 10
/** What stands for a name while its place is looked for. */
const mark = '\u0001'
/** Names that are written as they are. */
const plainName = /^"[-a-z0-9.]{1,253}"$/

interface Known {
  /** What stands before the name, and behind it; of a body without a name, all of it before. */
  readonly before: string
  readonly after: string
  readonly isNamed: boolean
  readonly value: any
}

/**
 * Reads bodies of JSON of which many differ in their names alone, as those do that make pods: one that differs from an earlier
 * one in nothing else is not read, and says which it is like.
 */
export class RepeatedBodies {
  #known: readonly Known[] = []

  /** Throws JsonSyntaxError. */
  read(text: string): ReadBody {
    for (const known of this.#known) {
      const read = readLike(known, text)
      if (read !== undefined) return read
    }
    const read = parseJsonStrict(text)
    const known = text.length <= lengthMax && read.findings.length === 0 ? knownOf(text, read.value) : undefined
    if (known === undefined) return read
    this.#known = [known, ...this.#known.slice(0, keptMax - 1)]
    return { ...read, like: known }
  }
}

function readLike(known: Known, text: string): ReadBody | undefined {
  const { before, after, isNamed, value } = known
  if (!isNamed) return text === before ? { value, findings: [], like: known } : undefined
  if (!text.startsWith(before) || !text.endsWith(after)) return undefined
  const written = text.slice(before.length, text.length - after.length)
  if (!plainName.test(written)) return undefined
  const metadata = { ...value.metadata, name: written.slice(1, -1) }
  return { value: { ...value, metadata }, findings: [], like: known }
}

/** Undefined where it is not found out quickly which part of the text is the name. */
function knownOf(text: string, value: any): Known | undefined {
  if (typeof value !== 'object' || value === null || typeof value.metadata !== 'object' || value.metadata === null)
    return undefined
  const { name } = value.metadata
  if (name === undefined) return { before: text, after: '', isNamed: false, value: deepFreeze(value) }
  const [before = '', after = ''] = JSON.stringify({ ...value, metadata: { ...value.metadata, name: mark } }).split(
    JSON.stringify(mark),
  )
  const written = JSON.stringify(name)
  // A text in any other order, or with spaces, or with the mark in it, is not put together so.
  if (typeof name !== 'string' || text.trimEnd() !== `${before}${written}${after}`) return undefined
  const rest = text.slice(before.length + written.length)
  return { before, after: rest, isNamed: true, value: deepFreeze(value) }
}
