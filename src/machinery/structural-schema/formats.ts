import { parseDuration } from '../duration/duration.ts'
import { parseCidr, parseIp } from '../network/ip.ts'
import type { JsonSchema } from './json-schema.ts'

type Check = (text: string) => boolean
const matching =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text)

const hostname =
  /^(?:[a-zA-Z0-9\p{S}\p{L}](?:-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?|(?:[a-zA-Z0-9\p{S}\p{L}](?:[a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?\.)+[a-zA-Z\p{L}]{2,63})$/u
const shortName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/
const creditCard =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/
const scalaDuration =
  /^\s*((?:\d+(?:\.\d+)?)\s*(?:nanos?|nanoseconds?|ns|micros?|microseconds?|µs|us|millis?|milliseconds?|ms|seconds?|sec|s|minutes?|min|m|hours?|hr|h|days?|d|weeks?|w)\s*)+$/
const dateTime = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$/

/** Formats of texts that are checked, without the dashes in their names. Kubernetes: all others say nothing. */
const textFormats: Readonly<Record<string, Check>> = {
  bsonobjectid: matching(/^[0-9a-fA-F]{24}$/),
  uri: isUri,
  email: matching(/^(?:[^<>@\s]+@[^<>@\s]+|[^<>@]*<[^<>@\s]+@[^<>@\s]+>)$/),
  hostname: (text) => text.length <= 255 && text.split('.').every((part) => part.length <= 63) && hostname.test(text),
  ipv4: (text) => text.includes('.') && parseIp(text) !== undefined,
  ipv6: (text) => text.includes(':') && parseIp(text) !== undefined,
  cidr: (text) => parseCidr(text) !== undefined,
  mac: matching(
    /^(?:(?:[0-9a-fA-F]{2}[:-]){5}(?:[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{2}[:-]){2}[0-9a-fA-F]{2})|(?:[0-9a-fA-F]{4}\.){2,3}[0-9a-fA-F]{4}|(?:[0-9a-fA-F]{2}[:-]){19}[0-9a-fA-F]{2})$/,
  ),
  uuid: matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid3: matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid4: matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  uuid5: matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matching(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matching(
    /^rgb\(\s*(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\s*,\s*(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\s*,\s*(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\s*\)$/,
  ),
  byte: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  password: () => true,
  date: isDate,
  duration: (text) => scalaDuration.test(text) || isGoDuration(text),
  datetime: isDateTime,
  k8sshortname: (text) => text.length <= 63 && shortName.test(text),
  k8slongname: (text) => text.length <= 253 && text.split('.').every((part) => shortName.test(part)),
}
const formatsByType: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
}

/** The format that a schema's values are held to; undefined where it names none that is known for its type. */
export function checkedFormat({
  type,
  format = '',
  'x-kubernetes-int-or-string': either,
}: JsonSchema): string | undefined {
  if (format === '' || either === true) return undefined
  if (type === undefined || type === 'string')
    return Object.hasOwn(textFormats, format.replaceAll('-', '')) ? format : undefined
  return formatsByType[type]?.includes(format) === true ? format : undefined
}

/** Whether a text is of a format; formats that are not of texts say nothing. */
export function isOfFormat(format: string, text: string): boolean {
  return textFormats[format.replaceAll('-', '')]?.(text) ?? true
}

/** Kubernetes: as Go's ParseRequestURI, an absolute URI or a path from the root. */
function isUri(text: string): boolean {
  if (/[\u0000-\u0020\u007f]/.test(text)) return false
  if (text.startsWith('/')) return true
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && (!text.includes('://') || URL.canParse(text))
}

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  return parts !== null && isDay(Number(parts[1]), Number(parts[2]), Number(parts[3]))
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

function isDateTime(text: string): boolean {
  const parts = dateTime.exec(text)
  if (parts === null) return false
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return isDay(year, month, day) && hour < 24 && minute < 60 && second < 60
}

function isGoDuration(text: string): boolean {
  try {
    return parseDuration(text) !== undefined
  } catch {
    return false
  }
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  const sum = [...digits].reduce((total, digit, at) => total + (digit === 'X' ? 10 : Number(digit)) * (10 - at), 0)
  return sum % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  return [...digits].reduce((total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 1 : 3), 0) % 10 === 0
}

/** The digits have the right shape and their Luhn sum is a multiple of ten. */
function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D+/g, '')
  if (!creditCard.test(digits)) return false
  const sum = [...digits].reverse().reduce((total, digit, at) => {
    const value = Number(digit) * (at % 2 === 1 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
