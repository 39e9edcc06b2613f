/** A list longer than this is taken for one of which most stays. */
const shortMax = 16

/**
 * The text length of a value that came about from another one, whose length is given. What both share, the very same, is not gone
 * through again: in long lists of objects wherever it stands.
 */
export function textLengthAfter(next: unknown, previous: unknown, length: number): number {
  return length + growth(next, previous)
}

function growth(next: unknown, previous: unknown): number {
  if (next === previous) return 0
  if (typeof next !== 'object' || typeof previous !== 'object' || next === null || previous === null)
    return lengthOf(next) - lengthOf(previous)
  if (!Array.isArray(next) && !Array.isArray(previous)) return growthOfMembers(next, previous)
  if (!Array.isArray(next) || !Array.isArray(previous)) return textLength(next) - textLength(previous)
  const known = next.length > shortMax || previous.length > shortMax ? new Set<unknown>(previous) : undefined
  let length = 0
  if (known?.size === previous.length) {
    for (const item of next) if (!known.delete(item)) length += 1 + textLength(item)
    for (const item of known) length -= 1 + textLength(item)
    return length
  }
  for (let at = 0; at < Math.max(next.length, previous.length); at++) {
    if (at >= previous.length) length += 1 + textLength(next[at])
    else if (at >= next.length) length -= 1 + textLength(previous[at])
    else length += growth(next[at], previous[at])
  }
  return length
}

type Members = Readonly<Record<string, unknown>>
function growthOfMembers(next: object, previous: object): number {
  let length = 0
  for (const key in next) {
    const is = (next as Members)[key]
    const there = (previous as Members)[key]
    if (is === there) continue
    // What every object has from its kind (`toString`) is no member of this one.
    const was = there !== undefined && Object.hasOwn(previous, key) ? there : undefined
    length += growth(is, was)
    if (was === undefined) length += key.length + 4
    else if (is === undefined) length -= key.length + 4
  }
  for (const key in previous) {
    const was = (previous as Members)[key]
    if (was !== undefined && (next as Members)[key] !== was && !Object.hasOwn(next, key))
      length -= key.length + 4 + textLength(was)
  }
  return length
}

const lengthOf = (value: unknown) => (value === undefined ? 0 : textLength(value))

/** About how many characters a value is as JSON, before anything in it is escaped: close, and much quicker than writing it. */
export function textLength(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return value.length + 2
    case 'object': {
      if (value === null) return 4
      let length = 2
      if (Array.isArray(value)) for (let at = 0; at < value.length; at++) length += 1 + textLength(value[at])
      else for (const key in value) length += key.length + 4 + textLength((value as Record<string, unknown>)[key])
      return length
    }
    case 'number':
      return 20
    default:
      return 5
  }
}
