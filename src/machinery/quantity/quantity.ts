/** How a quantity was written, and so how it is printed again. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** An exact amount of something, in billionths: the smallest part Kubernetes keeps. */
export interface Quantity {
  readonly nanos: bigint
  readonly format: QuantityFormat
}

/** A quantity that cannot be read; its message is the one Kubernetes gives. */
export class QuantityError extends Error {
  override name = 'QuantityError'
}

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const wrongNumber = 'unable to parse numeric part of quantity'
const wrongSuffix = "unable to parse quantity's suffix"

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]))
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

const nanosPerOne = 1_000_000_000n
const nanosPerMilli = 1_000_000n
/** Kubernetes: binary amounts stop at the largest int64. */
const binaryNanosMax = (2n ** 63n - 1n) * nanosPerOne
/** Larger exponents than this are refused, since they would only serve to exhaust memory. */
const exponentMax = 300
/** Longer texts are refused for the same reason. */
const textLengthMax = 400

/** The quantity `0`. */
export const zeroQuantity: Quantity = { nanos: 0n, format: 'DecimalSI' }

interface Parts {
  readonly negative: boolean
  readonly whole: string
  readonly fraction: string
  readonly exponent: number
  readonly format: QuantityFormat
  readonly binary: boolean
}

const shape = /^([+-]?)(\d*)(\.?)(\d*)([eEinumkKMGTP]*[-+]?\d*)$/

function partsOf(text: string): Parts {
  if (text.length === 0 || text.length > textLengthMax) throw new QuantityError(wrongFormat)
  const match = shape.exec(text)
  if (match === null) throw new QuantityError(wrongFormat)
  const [, sign, whole = '', dot = '', fraction = '', suffix = ''] = match
  if (whole === '' && fraction === '') {
    // Kubernetes: a lone suffix has the number zero, a lone sign or dot has none.
    throw new QuantityError(suffix === '' || dot !== '' ? wrongNumber : wrongFormat)
  }
  const decimal = decimalExponents[suffix]
  if (decimal !== undefined)
    return { negative: sign === '-', whole, fraction, exponent: decimal, format: 'DecimalSI', binary: false }
  const binary = binaryExponents[suffix]
  if (binary !== undefined)
    return { negative: sign === '-', whole, fraction, exponent: binary, format: 'BinarySI', binary: true }
  const exponent = /^[eE]([-+]?\d+)$/.exec(suffix)?.[1]
  if (exponent === undefined) throw new QuantityError(wrongSuffix)
  if (Math.abs(Number(exponent)) > exponentMax) throw new QuantityError(wrongNumber)
  return {
    negative: sign === '-',
    whole,
    fraction,
    exponent: Number(exponent),
    format: 'DecimalExponent',
    binary: false,
  }
}

/** Reads a quantity exactly; what is finer than a billionth is rounded away from zero. Throws QuantityError. */
export function parseQuantity(text: string): Quantity {
  return fromParts(partsOf(text))
}

function fromParts({ negative, whole, fraction, exponent, format, binary }: Parts): Quantity {
  const digits = BigInt(whole + fraction)
  let power = 9 - fraction.length + (binary ? 0 : exponent)
  let amount = binary ? digits << BigInt(exponent) : digits
  if (power < 0) {
    const divisor = 10n ** BigInt(-power)
    amount = (amount + divisor - 1n) / divisor
    power = 0
  }
  let nanos = amount * 10n ** BigInt(power)
  if (format === 'BinarySI' && nanos > binaryNanosMax) nanos = binaryNanosMax
  const kept = format === 'BinarySI' && nanos > 0n && nanos < nanosPerOne ? 'DecimalSI' : format
  return { nanos: negative ? -nanos : nanos, format: kept }
}

/** The quantity a text states, or undefined when it states none. */
export function tryQuantity(text: string): Quantity | undefined {
  try {
    return parseQuantity(text)
  } catch (error) {
    if (error instanceof QuantityError) return undefined
    throw error
  }
}

/** The shortest exact text of a quantity, with the suffix of its own format. */
export function quantityText({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0'
  const small = nanos > -1024n * nanosPerOne && nanos < 1024n * nanosPerOne
  // Kubernetes: binary suffixes are for whole numbers from 1024 on; everything else is printed decimal.
  if (format === 'BinarySI' && !small && nanos % nanosPerOne === 0n) return binaryText(nanos / nanosPerOne)
  return decimalText(nanos, format === 'DecimalExponent' ? 'DecimalExponent' : 'DecimalSI')
}

function binaryText(value: bigint): string {
  let amount = value
  let times = 0
  while (times < binarySuffixes.length - 1 && amount % 1024n === 0n) {
    amount /= 1024n
    times++
  }
  return `${amount}${binarySuffixes[times]}`
}

function decimalText(nanos: bigint, format: 'DecimalSI' | 'DecimalExponent'): string {
  let amount = nanos
  let exponent = -9
  const exponentLimit = format === 'DecimalSI' ? 18 : Number.POSITIVE_INFINITY
  while (exponent < exponentLimit && amount % 1000n === 0n) {
    amount /= 1000n
    exponent += 3
  }
  if (format === 'DecimalSI') return `${amount}${decimalSuffixes.get(exponent)}`
  return exponent === 0 ? `${amount}` : `${amount}e${exponent}`
}

/**
 * The text Kubernetes stores for a quantity that a client wrote. Throws QuantityError.
 * Kubernetes: a short text that already looks canonical is kept letter for letter, so `1.500` stays and `0.5` becomes `500m`.
 */
export function canonicalQuantity(text: string): string {
  if (text === '0' || simple.test(text)) return text
  const parts = partsOf(text)
  return keepsText(parts) ? text : quantityText(fromParts(parts))
}

/** The common texts that are canonical as they stand: small integers with or without a suffix. */
const simple = /^(?:[1-9]\d?|[1-9]\d{0,2}[mkMGT]|[1-9]\d{0,1}[13579][KMGT]i)$/

function keepsText({ whole, fraction, exponent, binary, format }: Parts): boolean {
  const number = whole.replace(/^0+/, '') || '0'
  if (binary) {
    const digits = number.length + Math.trunc((exponent * 3) / 10) + 1
    return fraction === '' && digits <= 15 && (BigInt(number) & 7n) !== 0n
  }
  const shifted = number + fraction
  const scale = exponent - fraction.length
  return (
    format !== 'BinarySI' &&
    shifted.length <= 18 &&
    scale >= -9 &&
    scale % 3 === 0 &&
    !shifted.endsWith('000') &&
    !shifted.startsWith('0')
  )
}

/** The sum. Kubernetes: a zero takes over the other's format. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  return { nanos: left.nanos + right.nanos, format: left.nanos === 0n ? right.format : left.format }
}

/** The difference, negative where right is larger. */
export function subtractQuantities(left: Quantity, right: Quantity): Quantity {
  return { nanos: left.nanos - right.nanos, format: left.nanos === 0n ? right.format : left.format }
}

/** Below, at or above zero as left is less than, equal to or more than right. */
export function compareQuantities(left: Quantity, right: Quantity): number {
  return left.nanos < right.nanos ? -1 : left.nanos > right.nanos ? 1 : 0
}

/** The larger of two; the left one when they are equal. */
export function largerQuantity(left: Quantity, right: Quantity): Quantity {
  return right.nanos > left.nanos ? right : left
}

/** A quantity of whole things, printed in the format given. */
export function quantityOf(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(value) * nanosPerOne, format }
}

/** A quantity of thousandths. */
export function quantityOfMillis(millis: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(millis) * nanosPerMilli, format }
}

function scaled(quantity: Quantity | string, unit: bigint): number {
  const nanos = (typeof quantity === 'string' ? parseQuantity(quantity) : quantity).nanos
  const whole = nanos / unit
  if (whole * unit === nanos) return Number(whole)
  return Number(nanos > 0n ? whole + 1n : whole - 1n)
}

/** The number of whole things, parts rounded away from zero. */
export function wholeValueOf(quantity: Quantity | string): number {
  if (typeof quantity === 'string') {
    const quick = quickValue(quantity)
    if (quick !== undefined) return quick
  }
  return scaled(quantity, nanosPerOne)
}

/** The number of thousandths, smaller parts rounded away from zero. */
export function milliValueOf(quantity: Quantity | string): number {
  if (typeof quantity === 'string') {
    if (/^\d{1,12}m$/.test(quantity)) return Number(quantity.slice(0, -1))
    const quick = quickValue(quantity)
    if (quick !== undefined && quick < 2 ** 40) return quick * 1000
  }
  return scaled(quantity, nanosPerMilli)
}

/** Integers without a suffix and with the binary ones, which are nearly all quantities, without arithmetic on big numbers. */
function quickValue(text: string): number | undefined {
  const match = /^(\d{1,9})(Ki|Mi|Gi)?$/.exec(text)
  if (match === null) return undefined
  return Number(match[1]) * (match[2] === undefined ? 1 : 2 ** binaryExponents[match[2]]!)
}
