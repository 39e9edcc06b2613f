interface Part {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly names?: Readonly<Record<string, number>>
}
const named = (words: string, from: number) =>
  Object.fromEntries(words.split(' ').map((word, index) => [word, index + from]))
const parts: readonly Part[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: named('jan feb mar apr may jun jul aug sep oct nov dec', 1) },
  { name: 'weekday', min: 0, max: 6, names: named('sun mon tue wed thu fri sat', 0) },
]
const shortcuts = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']

function numberOf(text: string, part: Part): number | undefined {
  const word = part.names?.[text.toLowerCase()]
  if (word !== undefined) return word
  return /^\d+$/.test(text) ? Number(text) : undefined
}

function rangeError(text: string, part: Part): string | undefined {
  const [range = '', step, ...more] = text.split('/')
  if (more.length > 0) return `too many slashes: ${text}`
  const ends = range.split('-')
  if (ends.length > 2) return `too many hyphens: ${text}`
  let [start, end] = [part.min, part.max]
  if (range !== '*' && range !== '?') {
    for (const one of ends) {
      if (numberOf(one, part) === undefined)
        return `failed to parse int from ${one}: strconv.Atoi: parsing ${JSON.stringify(one)}: invalid syntax`
    }
    start = numberOf(ends[0]!, part)!
    end = ends.length === 2 ? numberOf(ends[1]!, part)! : step === undefined ? start : part.max
  }
  if (step !== undefined) {
    if (!/^\d+$/.test(step))
      return `failed to parse int from ${step}: strconv.Atoi: parsing ${JSON.stringify(step)}: invalid syntax`
    if (Number(step) === 0) return `step of range should be a positive number: ${text}`
  }
  if (start < part.min) return `beginning of range (${start}) below minimum (${part.min}): ${text}`
  if (end > part.max) return `end of range (${end}) above maximum (${part.max}): ${text}`
  return start > end ? `beginning of range (${start}) beyond end of range (${end}): ${text}` : undefined
}

/** What is wrong with a cron schedule, in the words of the parser Kubernetes uses; undefined when nothing is. */
export function scheduleError(schedule: string): string | undefined {
  const text = schedule.replace(/^(?:CRON_)?TZ=\S*\s+/, '').trim()
  if (text.startsWith('@')) {
    if (shortcuts.includes(text) || /^@every \S+$/.test(text)) return undefined
    return `unrecognized descriptor: ${text}`
  }
  const fields = text.split(/\s+/)
  if (fields.length !== parts.length)
    return `expected exactly ${parts.length} fields, found ${fields.length}: [${fields.join(' ')}]`
  for (const [index, field] of fields.entries()) {
    for (const range of field.split(',')) {
      const found = rangeError(range, parts[index]!)
      if (found !== undefined) return found
    }
  }
  return undefined
}
