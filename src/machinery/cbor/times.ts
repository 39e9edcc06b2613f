import { civilText, instantOf, TimeError } from '../schema/times.ts'
import { CborError } from './heads.ts'

/** A time in a tagged text, which must be one; it keeps its zone. */
export function timeTextOf(text: string): string {
  try {
    instantOf(text, '2006-01-02T15:04:05Z07:00')
  } catch (error) {
    if (error instanceof TimeError) throw new CborError(`cbor: cannot set ${text} for time.Time: ${error.message}`)
    throw error
  }
  return text
    .replace(',', '.')
    .replace(/\.(\d*?)0+(?=Z|[+-])/, (_, digits: string) => (digits === '' ? '' : `.${digits}`))
    .replace(/[+-]00:00$/, 'Z')
}

/** Seconds since 1970 as RFC 3339, with what is below a second as far as a double tells it. */
export function epochText(seconds: number): string {
  const whole = Math.trunc(seconds)
  const nanos = Math.trunc((seconds - whole) * 1e9)
  const down = nanos < 0 ? whole - 1 : whole
  if (down < -62_167_219_200 || down > 253_402_300_799)
    throw new CborError(
      'cbor: decoded time cannot be represented in RFC3339 format with sub-second precision: Time.MarshalText: year outside of range [0,9999]',
    )
  const fraction =
    nanos === 0
      ? ''
      : `.${String(nanos < 0 ? nanos + 1e9 : nanos)
          .padStart(9, '0')
          .replace(/0+$/, '')}`
  return `${civilText(down)}${fraction}Z`
}
