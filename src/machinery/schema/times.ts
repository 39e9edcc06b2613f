/** Reading RFC 3339 as Go's time package does, with its error texts. */

/** A time that cannot be read; its message is Go's. */
export class TimeError extends Error {
  override name = 'TimeError'
}

const daysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/** Days since 1970-01-01 of a civil date. */
export function daysOf(year: number, month: number, day: number): number {
  const before = year - 1
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  const inYear = daysBeforeMonth[month - 1]! + (month > 2 && isLeap(year) ? 1 : 0) + day - 1
  return before * 365 + leaps + inYear - 719162
}
const daysIn = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))
const pad = (value: number, width: number): string => String(value).padStart(width, '0')

/** Seconds since 1970 as `2006-01-02T15:04:05`. */
export function civilText(seconds: number): string {
  const days = Math.floor(seconds / 86400)
  const rest = seconds - days * 86400
  // Counting from 1 March of year 0 puts the leap day last, which makes the arithmetic uniform.
  const shifted = days + 719468
  const era = Math.floor(shifted / 146097)
  const dayOfEra = shifted - era * 146097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const time = `${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`
  return `${pad(year, 4)}-${two(month)}-${two(day)}T${time}`
}

/** An instant as protobuf carries it. */
export interface Instant {
  readonly seconds: number
  readonly nanos: number
}

const shape = /^(\d{4})-(\d\d)-(\d\d)T(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/

/** The instant an RFC 3339 text names; `layout` is what Go's error calls the expected form. */
export function instantOf(text: string, layout: string): Instant {
  const match = shape.exec(text)
  if (match === null) throw new TimeError(`parsing time ${JSON.stringify(text)} as "${layout}": ${whyUnreadable(text)}`)
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const outOfRange = (what: string) => new TimeError(`parsing time ${JSON.stringify(text)}: ${what} out of range`)
  if (month < 1 || month > 12) throw outOfRange('month')
  if (hour > 23) throw outOfRange('hour')
  if (minute > 59) throw outOfRange('minute')
  if (second > 59) throw outOfRange('second')
  if (day < 1 || day > daysIn(year, month)) throw outOfRange('day')
  const zone = match[8]!
  let offset = 0
  if (zone !== 'Z') {
    const hours = Number(zone.slice(1, 3))
    const minutes = Number(zone.slice(4))
    if (hours > 24) throw outOfRange('time zone offset hour')
    if (minutes > 60) throw outOfRange('time zone offset minute')
    offset = (zone[0] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
  const nanos = match[7] === undefined ? 0 : Number(match[7].slice(0, 9).padEnd(9, '0'))
  return { seconds: daysOf(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset, nanos }
}

const pieces: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d\d/, '01'],
  [/^-/, '-'],
  [/^\d\d/, '02'],
  [/^T/, 'T'],
  [/^\d{1,2}/, '15'],
  [/^:/, ':'],
  [/^\d\d/, '04'],
  [/^:/, ':'],
  [/^\d\d(?:[.,]\d+)?/, '05'],
  [/^(?:Z|[+-]\d\d:\d\d)/, 'Z07:00'],
]
function whyUnreadable(text: string): string {
  let rest = text
  for (const [piece, name] of pieces) {
    const match = piece.exec(rest)
    if (match === null) return `cannot parse ${JSON.stringify(rest)} as "${name}"`
    rest = rest.slice(match[0].length)
  }
  return `extra text: ${JSON.stringify(rest)}`
}

const secondsLayout = '2006-01-02T15:04:05Z07:00'
const microsLayout = '2006-01-02T15:04:05.000000Z07:00'

/** metav1.Time in the form the API writes: UTC, whole seconds. */
export function normalTime(text: string): string {
  if (normalTimes.has(text)) return text
  const instant = instantOf(text, secondsLayout)
  const normal = `${civilText(instant.seconds)}Z`
  if (normal === text) {
    if (normalTimes.size >= normalTimesKept) normalTimes.clear()
    normalTimes.add(text)
  }
  return normal
}
/** Times that were found to be in that form: the same few are read again and again. */
const normalTimes = new Set<string>()
const normalTimesKept = 4096

/** metav1.MicroTime in the form the API writes: UTC, six decimals. */
export function normalMicroTime(text: string): string {
  const instant = instantOf(text, microsLayout)
  return `${civilText(instant.seconds)}.${pad(Math.floor(instant.nanos / 1000), 6)}Z`
}

/** The instant of a time that is already in a form the API writes. */
export function instantOfTime(text: string): Instant {
  return instantOf(text, text.includes('.') ? microsLayout : secondsLayout)
}

/** A whole-second instant as metav1.Time writes it. */
export const timeText = (seconds: number): string => `${civilText(seconds)}Z`
/** An instant as metav1.MicroTime writes it. */
export const microTimeText = ({ seconds, nanos }: Instant): string =>
  `${civilText(seconds)}.${pad(Math.floor(nanos / 1000), 6)}Z`
