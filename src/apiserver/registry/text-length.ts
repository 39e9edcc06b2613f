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
