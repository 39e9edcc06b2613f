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

/** The milliseconds of a Go duration text (`1h15m30.5s`). Throws Error with Go's text. */
export function parseDuration(text: string): number {
  const quoted = JSON.stringify(text)
  let rest = text.replace(/^[+-]/, '')
  const sign = text.startsWith('-') ? -1 : 1
  if (rest === '0') return 0
  if (rest === '') throw new Error(`time: invalid duration ${quoted}`)
  let nanos = 0
  while (rest !== '') {
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0]
    if (number === undefined) throw new Error(`time: invalid duration ${quoted}`)
    rest = rest.slice(number.length)
    const unit = /^[^.\d]+/.exec(rest)?.[0]
    if (unit === undefined) throw new Error(`time: missing unit in duration ${quoted}`)
    const size = unitNanos[unit]
    if (size === undefined) throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`)
    nanos += Math.trunc(Number(number) * size)
    if (nanos > 2 ** 63) throw new Error(`time: invalid duration ${quoted}`)
    rest = rest.slice(unit.length)
  }
  return (sign * nanos) / 1e6
}

/** Milliseconds as Go prints a duration: `1h15m30.5s`, `1.5ms`, `0s`. */
export function durationText(ms: number): string {
  const nanos = Math.round(Math.abs(ms) * 1e6)
  const sign = ms < 0 ? '-' : ''
  if (nanos === 0) return '0s'
  const fraction = (value: number, digits: number) => String(Number(value.toFixed(digits)))
  if (nanos < 1e3) return `${sign}${nanos}ns`
  if (nanos < 1e6) return `${sign}${fraction(nanos / 1e3, 3)}µs`
  if (nanos < 1e9) return `${sign}${fraction(nanos / 1e6, 6)}ms`
  const hours = Math.floor(nanos / 3600e9)
  const minutes = Math.floor((nanos % 3600e9) / 60e9)
  const seconds = fraction((nanos % 60e9) / 1e9, 9)
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`
}

/** An age as kubectl shows it: two units at most, and only while the second one matters. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  // Kubernetes: clocks of two machines may differ a little, so up to two seconds ahead is still now.
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const two = (large: string, small: number, unit: string) => (small === 0 ? large : `${large}${small}${unit}`)
  const minutes = Math.trunc(seconds / 60)
  if (minutes < 10) return two(`${minutes}m`, seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(minutes / 60)
  if (hours < 8) return two(`${hours}h`, minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (hours < 192) return two(`${days}d`, hours % 24, 'h')
  if (hours < 24 * 365 * 2) return `${days}d`
  const years = Math.trunc(days / 365)
  return hours < 24 * 365 * 8 ? two(`${years}y`, days % 365, 'd') : `${years}y`
}

/** The age of what has this timestamp; `<unknown>` for what has none. */
export function ageText(timestamp: string | undefined | null, nowMs: number): string {
  const fromMs = timestamp === undefined || timestamp === null ? Number.NaN : Date.parse(timestamp)
  return Number.isNaN(fromMs) ? '<unknown>' : humanDuration(nowMs - fromMs)
}
