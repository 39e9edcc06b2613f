/** Moments and spans: reading, printing, calendars and zones. */
import { CelError, Duration, int64Max, int64Min, Timestamp } from './value.ts'

const nanosPerSecond = 1_000_000_000n
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
export const unixSecondsMin = -62135596800
export const unixSecondsMax = 253402300799

const unitNanos: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

/** A duration as Go writes it (`1h30m`, `-1.5s`), or undefined. */
export function tryDuration(text: string): Duration | undefined {
  const match = /^([+-]?)(.*)$/s.exec(text)
  const [, sign = '', rest = ''] = match ?? []
  if (rest === '0') return new Duration(0n)
  if (rest === '') return undefined
  const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y
  let nanos = 0n
  while (part.lastIndex < rest.length) {
    const found = part.exec(rest)
    if (found === null) return undefined
    const [, whole = '', fraction = '', unit = ''] = found
    if (whole === '' && fraction === '') return undefined
    const scale = BigInt(unitNanos[unit]!)
    nanos += BigInt(whole || '0') * scale
    // Kubernetes: fractions of the unit are truncated to whole nanoseconds.
    if (fraction !== '') nanos += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length)
  }
  if (sign === '-') nanos = -nanos
  return nanos < int64Min || nanos > int64Max ? undefined : new Duration(nanos)
}

/** A duration in seconds, as CEL prints it. */
export function durationText({ nanos }: Duration): string {
  const negative = nanos < 0n
  const size = negative ? -nanos : nanos
  // Kubernetes: the seconds pass through a double, which rounds very long spans.
  const seconds = Number(size / nanosPerSecond) + Number(size % nanosPerSecond) / 1e9
  const text = String(seconds)
  return `${negative && seconds !== 0 ? '-' : ''}${text.includes('e') ? seconds.toFixed(9).replace(/\.?0+$/, '') : text}s`
}

const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function daysOfMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && leap ? 29 : (monthDays[month - 1] ?? 0)
}

/** Seconds since 1970 of a civil date, negative years included. */
export function secondsOf(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, 0)
  return date.getTime() / 1000
}

/** A moment in RFC 3339, or undefined. */
export function tryTimestamp(text: string): Timestamp | undefined {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  if (month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const zone = match[8]!
  let offset = 0
  if (zone !== 'Z') {
    const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number)
    if (hours > 23 || minutes > 59) return undefined
    offset = (zone[0] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
  const nanos = Number((match[7] ?? '').slice(0, 9).padEnd(9, '0'))
  return new Timestamp(secondsOf(year, month, day, hour, minute, second) - offset, nanos, offset)
}

/** A timestamp within CEL's range, or the error that says it is not. */
export function timestampWithin(seconds: number, nanos: number, offsetSeconds = 0): Timestamp | CelError {
  return seconds < unixSecondsMin || seconds > unixSecondsMax
    ? new CelError('timestamp overflow')
    : new Timestamp(seconds, nanos, offsetSeconds)
}

/** A moment in RFC 3339 with as many fractional digits as it has. */
export function timestampText({ seconds, nanos, offsetSeconds }: Timestamp): string {
  const iso = new Date((seconds + offsetSeconds) * 1000).toISOString()
  const plain = iso.replace(/\.\d{3}Z$/, '')
  const year = plain.startsWith('+') ? plain.replace(/^\+0*/, '') : plain
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`
  return `${year}${fraction}${zoneText(offsetSeconds)}`
}

function zoneText(offsetSeconds: number): string {
  if (offsetSeconds === 0) return 'Z'
  const minutes = Math.abs(offsetSeconds) / 60
  const two = (part: number) => String(Math.floor(part)).padStart(2, '0')
  return `${offsetSeconds < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}

/** Nanoseconds since 1970. */
export function nanosOf({ seconds, nanos }: Timestamp): bigint {
  return BigInt(seconds) * nanosPerSecond + BigInt(nanos)
}

/** The timestamp of nanoseconds since 1970, within CEL's range. */
export function timestampOfNanos(total: bigint, offsetSeconds = 0): Timestamp | CelError {
  let seconds = total / nanosPerSecond
  let nanos = total % nanosPerSecond
  if (nanos < 0n) {
    nanos += nanosPerSecond
    seconds -= 1n
  }
  return timestampWithin(Number(seconds), Number(nanos), offsetSeconds)
}

/** The offset from UTC, in seconds, of a zone at a moment; an error for a zone nobody knows. */
function offsetOf({ seconds }: Timestamp, zone: string): number | CelError {
  const colon = zone.indexOf(':')
  if (colon !== -1) {
    const hours = Number(zone.slice(0, colon))
    const minutes = Number(zone.slice(colon + 1))
    for (const [part, number] of [
      [zone.slice(0, colon), hours],
      [zone.slice(colon + 1), minutes],
    ] as const) {
      if (!/^[+-]?\d+$/.test(part) || !Number.isInteger(number)) {
        return new CelError(`strconv.Atoi: parsing ${JSON.stringify(part)}: invalid syntax`)
      }
    }
    return (zone.startsWith('-') ? hours * 60 - minutes : hours * 60 + minutes) * 60
  }
  if (zone === 'UTC' || zone === '') return 0
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(new Date(seconds * 1000))
    const read = (type: string) => parts.find((part) => part.type === type)?.value ?? '0'
    const year = read('era') === 'BC' ? 1 - Number(read('year')) : Number(read('year'))
    const local = secondsOf(
      year,
      Number(read('month')),
      Number(read('day')),
      Number(read('hour')),
      Number(read('minute')),
      Number(read('second')),
    )
    return local - seconds
  } catch {
    return new CelError(`unknown time zone ${zone}`)
  }
}

/** The parts of a moment in a zone. */
export interface Civil {
  readonly date: Date
  readonly nanos: number
}

/** A moment as the clock and calendar of a zone show it. */
export function civilOf(timestamp: Timestamp, zone: string): Civil | CelError {
  const offset = offsetOf(timestamp, zone)
  if (typeof offset !== 'number') return offset
  return { date: new Date((timestamp.seconds + offset) * 1000), nanos: timestamp.nanos }
}

/** The day of the year, from 0. */
export function dayOfYear(date: Date): number {
  return Math.round(
    (secondsOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()) -
      secondsOf(date.getUTCFullYear(), 1, 1)) /
      86400,
  )
}
