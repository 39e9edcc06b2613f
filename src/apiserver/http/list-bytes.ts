import type { Entry } from '../../store/index.ts'

/** Runs end once they are this long. */
const runBytesMax = 256 << 10
/** A longer item goes out as it is, uncopied. */
const copiedBytesMax = 64 << 10
/** So much is kept of all lists together, unless said otherwise. */
const keptBytesMax = 64 << 20

/** Items that stand one behind the other in a list, as bytes: a comma before each of them. */
interface Run {
  readonly entries: readonly Entry[]
  readonly pieces: readonly Uint8Array[]
  readonly length: number
}
interface Rendering {
  /** By the first entry of each. */
  readonly runs: Map<Entry, Run>
  bytes: number
}

/** An item as text of ASCII characters and bytes behind it. */
export type ItemParts = (entry: Entry) => readonly [string, Uint8Array]

/**
 * The bytes of lists, run by run. Of a list that is asked for again, only runs with an entry that changed are made anew; what
 * is kept of lists is what they came to last, those asked for longest ago are forgotten first.
 */
export class ListBytes {
  readonly #kept = new Map<string, Rendering>()
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax = keptBytesMax) {
    this.#bytesMax = bytesMax
  }

  /** The items with a comma before each, in pieces; `name` tells lists apart, and one without a name is not kept. */
  *pieces(name: string | undefined, entries: readonly Entry[], partsOf: ItemParts): Iterable<Uint8Array> {
    const before = name === undefined ? undefined : this.#kept.get(name)
    const rendering: Rendering = { runs: new Map(), bytes: 0 }
    for (let at = 0; at < entries.length; ) {
      const known = before?.runs.get(entries[at]!)
      const run = known !== undefined && stands(known, entries, at) ? known : runAt(entries, at, before, partsOf)
      rendering.bytes += run.length
      if (name !== undefined && rendering.bytes <= this.#bytesMax) rendering.runs.set(entries[at]!, run)
      else rendering.runs.clear()
      at += run.entries.length
      yield* run.pieces
    }
    if (name !== undefined) this.#keep(name, rendering)
  }

  #keep(name: string, rendering: Rendering): void {
    this.#forget(name)
    if (rendering.bytes > this.#bytesMax) return
    this.#kept.set(name, rendering)
    this.#bytes += rendering.bytes
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) break
      this.#forget(oldest)
    }
  }

  #forget(name: string): void {
    this.#bytes -= this.#kept.get(name)?.bytes ?? 0
    this.#kept.delete(name)
  }
}

function stands({ entries: run }: Run, entries: readonly Entry[], at: number): boolean {
  if (at + run.length > entries.length) return false
  for (let index = 0; index < run.length; index++) if (run[index] !== entries[at + index]) return false
  return true
}

/** A run made anew. It ends where an earlier one begins, so that those behind it can stay as they are, and with a long item. */
function runAt(entries: readonly Entry[], from: number, before: Rendering | undefined, partsOf: ItemParts): Run {
  const parts: [string, Uint8Array][] = []
  let copied = 0
  let uncopied: Uint8Array | undefined
  for (let at = from; at < entries.length && copied < runBytesMax && uncopied === undefined; at++) {
    if (at > from && before?.runs.has(entries[at]!)) break
    const [text, bytes] = partsOf(entries[at]!)
    if (bytes.length > copiedBytesMax) uncopied = bytes
    parts.push([text, uncopied === undefined ? bytes : nothing])
    copied += 1 + text.length + (uncopied === undefined ? bytes.length : 0)
  }
  const whole = Buffer.allocUnsafeSlow(copied)
  let end = 0
  for (const [text, bytes] of parts) {
    end += whole.write(`,${text}`, end, 'latin1')
    whole.set(bytes, end)
    end += bytes.length
  }
  const run = entries.slice(from, from + parts.length)
  if (uncopied === undefined) return { entries: run, pieces: [whole], length: copied }
  return { entries: run, pieces: [whole, uncopied], length: copied + uncopied.length }
}
const nothing = new Uint8Array(0)
