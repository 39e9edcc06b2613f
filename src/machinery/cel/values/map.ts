/** Maps made by expressions, whose keys equal across int, uint and double. */

import { textOf } from './text.ts'
import { CelError, Double, MapValue, Uint, type Value } from './value.ts'

/** One identity per key: numbers of any kind that are equal share it. */
function identityOf(key: Value): string | number | bigint | boolean | undefined {
  if (typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean') return key
  if (typeof key === 'bigint') return key
  if (key instanceof Uint) return key.value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(key.value) : key.value
  if (key instanceof Double && Number.isInteger(key.value)) {
    return Number.isSafeInteger(key.value) ? key.value + 0 : BigInt(key.value)
  }
  return undefined
}

/** A map built entry by entry. */
export class EntriesMap extends MapValue {
  readonly #entries = new Map<unknown, readonly [Value, Value]>()

  get size(): number {
    return this.#entries.size
  }

  set(key: Value, value: Value): void {
    this.#entries.set(identityOf(key) ?? key, [key, value])
  }

  /** Adds an entry that must be new. */
  insert(key: Value, value: Value): CelError | undefined {
    if (this.find(key) !== undefined) return new CelError(`insert failed: key ${textOf(key)} already exists`)
    this.set(key, value)
    return undefined
  }

  delete(key: Value): void {
    this.#entries.delete(identityOf(key) ?? key)
  }

  find(key: Value): Value | undefined {
    const identity = identityOf(key)
    return identity === undefined ? undefined : this.#entries.get(identity)?.[1]
  }

  keys(): readonly Value[] {
    return [...this.#entries.values()].map(([key]) => key)
  }
}

/** The map of the given entries. */
export function mapFrom(entries: Iterable<readonly [Value, Value]>): EntriesMap {
  const map = new EntriesMap()
  for (const [key, value] of entries) map.set(key, value)
  return map
}
