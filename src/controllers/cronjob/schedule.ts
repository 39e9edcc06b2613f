import { parseDuration } from '../../machinery/index.ts'

/** The times a cron schedule means, in wall time of its zone; or one every so often. */
export type Schedule =
  | {
      readonly type: 'times'
      readonly fields: readonly ReadonlySet<number>[]
      readonly anyDay: boolean
      readonly anyWeekday: boolean
    }
  | { readonly type: 'every'; readonly periodMs: number }

const words = (text: string, from: number) =>
  Object.fromEntries(text.split(' ').map((word, index) => [word, index + from]))
const ranges = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: words('jan feb mar apr may jun jul aug sep oct nov dec', 1) },
  { min: 0, max: 6, names: words('sun mon tue wed thu fri sat', 0) },
] as const
const shortcuts: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const dayMs = 86_400_000
const hourMs = 3_600_000
const minuteMs = 60_000
/** A schedule that means no day within this time (30 February) means none at all. */
const horizonDays = 5 * 366

/** Reads a schedule that the server has found valid. */
export function parseSchedule(text: string): Schedule {
  const trimmed = text.replace(/^(?:CRON_)?TZ=\S*\s+/, '').trim()
  if (trimmed.startsWith('@every ')) return { type: 'every', periodMs: Math.max(1000, parseDuration(trimmed.slice(7))) }
  const fields = (shortcuts[trimmed] ?? trimmed).split(/\s+/)
  const isAny = (index: number) => /^[*?](?:\/1)?$/.test(fields[index] ?? '')
  return {
    type: 'times',
    fields: ranges.map((range, index) => valuesOf(fields[index] ?? '*', range)),
    anyDay: isAny(2),
    anyWeekday: isAny(4),
  }
}

function valuesOf(
  field: string,
  range: { readonly min: number; readonly max: number; readonly names?: Readonly<Record<string, number>> },
): ReadonlySet<number> {
  const numberOf = (text: string) => range.names?.[text.toLowerCase()] ?? Number(text)
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const [span = '*', step] = part.split('/')
    const isAll = span === '*' || span === '?'
    const [start, end] = span.split('-')
    const from = isAll ? range.min : numberOf(start!)
    const to = isAll ? range.max : end !== undefined ? numberOf(end) : step === undefined ? from : range.max
    for (let value = from; value <= to; value += Number(step ?? 1)) values.add(value)
  }
  return values
}

/** The zone a schedule is in: the one it names, or the one beside it, or UTC. */
export function zoneOfSchedule(text: string, timeZone: string | undefined): string {
  return timeZone ?? /^(?:CRON_)?TZ=(\S*)\s/.exec(text)?.[1] ?? 'UTC'
}

/** The first time after another; undefined when there is none. */
export function nextTimeMs(schedule: Schedule, zone: string, afterMs: number): number | undefined {
  if (schedule.type === 'every') return Math.floor(afterMs / 1000) * 1000 + schedule.periodMs
  const offsetMs = offsetOf(zone)
  const [minutes, hours] = schedule.fields as readonly [ReadonlySet<number>, ReadonlySet<number>]
  const firstDay = Math.floor((afterMs + offsetMs(afterMs)) / dayMs)
  for (let day = firstDay; day < firstDay + horizonDays; day++) {
    if (!isDayOf(schedule, day)) continue
    for (let hour = 0; hour < 24; hour++) {
      if (!hours.has(hour)) continue
      for (let minute = 0; minute < 60; minute++) {
        if (!minutes.has(minute)) continue
        const wallMs = day * dayMs + hour * hourMs + minute * minuteMs
        const atMs = wallMs - offsetMs(wallMs - offsetMs(wallMs))
        // A wall time that the change to summer time leaves out does not come.
        if (atMs > afterMs && atMs + offsetMs(atMs) === wallMs) return atMs
      }
    }
  }
  return undefined
}

/** Kubernetes: when both the day and the weekday are limited, either is enough. */
function isDayOf(schedule: Schedule & { readonly type: 'times' }, day: number): boolean {
  const [, , days, months, weekdays] = schedule.fields
  const date = civilOf(day)
  if (!months!.has(date.month)) return false
  const onDay = days!.has(date.day)
  const onWeekday = weekdays!.has((((day + 4) % 7) + 7) % 7)
  return schedule.anyDay || schedule.anyWeekday ? onDay && onWeekday : onDay || onWeekday
}

/** Month and day of a count of days since 1970, by the calendar's 400-year cycle. */
function civilOf(day: number): { readonly month: number; readonly day: number } {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const ofEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  )
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153)
  return {
    month: shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9,
    day: ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  }
}

/** How far a zone's wall time is ahead of UTC at a time. */
function offsetOf(zone: string): (atMs: number) => number {
  if (zone === 'UTC') return () => 0
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  return (atMs) => {
    const text = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
    const match = /^GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(text)
    const size = Number(match?.[2] ?? 0) * hourMs + Number(match?.[3] ?? 0) * minuteMs
    return match?.[1] === '-' ? -size : size
  }
}
