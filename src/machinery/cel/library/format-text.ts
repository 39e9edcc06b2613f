/** `'%s is %d'.format([...])`: the clauses, their errors, and what each accepts. */

import { CelType } from '../types/type.ts'
import { toText } from '../values/convert.ts'
import { compareText } from '../values/equal.ts'
import { runtimeType } from '../values/runtime-type.ts'
import {
  CelError,
  Double,
  Duration,
  elementAt,
  elementsOf,
  isInt,
  isList,
  type ListValue,
  MapValue,
  sizeOfList,
  Timestamp,
  Uint,
  type Value,
} from '../values/value.ts'

/** Why a text could not be formatted. The place is that of the argument at fault, when one is. */
export class FormatProblem extends Error {}

const defaultPrecision = 6

/** One `%` clause: its letter and precision. */
export interface Clause {
  readonly letter: string
  readonly precision: number | undefined
}

/** What a clause says about an argument it cannot print. */
export const clauseProblems: Readonly<Record<string, string>> = {
  s: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ',
  d: 'decimal clause can only be used on integers, was given ',
  f: 'fixed-point clause can only be used on doubles, was given ',
  e: 'scientific clause can only be used on doubles, was given ',
  b: 'only integers and bools can be formatted as binary, was given ',
  x: 'only integers, byte buffers, and strings can be formatted as hex, was given ',
  X: 'only integers, byte buffers, and strings can be formatted as hex, was given ',
  o: 'octal clause can only be used on integers, was given ',
}

function clauseAt(format: string, start: number): Clause & { readonly end: number } {
  const parseProblem = (message: string) => new FormatProblem(`could not parse formatting clause: ${message}`)
  let at = start
  let precision: number | undefined
  if (format[at] === '.') {
    const digits = /^\d*/.exec(format.slice(at + 1))![0]
    at += 1 + digits.length
    if (at >= format.length)
      throw parseProblem('error while parsing precision: could not find end of precision specifier')
    if (digits === '') {
      throw parseProblem(
        'error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
      )
    }
    precision = Number(digits)
  }
  const letter = format[at]!
  if (!Object.hasOwn(clauseProblems, letter)) throw parseProblem(`unrecognized formatting clause "${letter}"`)
  return { letter, precision, end: at + 1 }
}

/** Walks a format, asking `print` for each clause. Throws a FormatProblem. */
export function walkFormat(format: string, argCount: number, print: (clause: Clause, index: number) => string): string {
  let built = ''
  let at = 0
  let index = 0
  while (at < format.length) {
    const mark = format.indexOf('%', at)
    if (mark === -1) return built + format.slice(at)
    built += format.slice(at, mark)
    if (format[mark + 1] === '%') {
      built += '%'
      at = mark + 2
      continue
    }
    if (index >= argCount) throw new FormatProblem(`index ${index} out of range`)
    if (mark + 1 >= format.length) throw new FormatProblem('unexpected end of string')
    const clause = clauseAt(format, mark + 1)
    built += print(clause, index++)
    at = clause.end
  }
  return built
}

function during(message: string): FormatProblem {
  return new FormatProblem(`error during formatting: ${message}`)
}

function quoteGo(text: string): string {
  return JSON.stringify(text)
}

function quoted(value: Value, printed: string): string {
  if (typeof value === 'string') return quoteGo(printed)
  if (value instanceof Uint8Array) return `b${quoteGo(printed)}`
  if (value instanceof Double && !Number.isFinite(value.value)) return quoteGo(printed)
  return printed
}

/** A value inside a printed list or map. */
function elementText(value: Value): string {
  if (isInt(value)) return String(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Timestamp) return `timestamp(${quoteGo(toText(value) as string)})`
  if (value instanceof Duration) return `duration(${quoteGo(toText(value) as string)})`
  if (value instanceof Double) return fixedText(value.value, defaultPrecision)
  if (isList(value) || value instanceof MapValue) return stringText(value)
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return stringText(value)
  if (value instanceof Uint8Array || value instanceof CelType) return stringText(value)
  throw during(`no formatting function for ${runtimeType(value).name}`)
}

function listText(list: readonly Value[] | ListValue): string {
  return `[${elementsOf(list)
    .map((element) => quoted(element, elementText(element)))
    .join(', ')}]`
}

function mapText(map: MapValue): string {
  const entries = map.keys().map((key) => {
    if (typeof key !== 'string' && typeof key !== 'boolean' && !isInt(key) && !(key instanceof Uint)) {
      throw during(`no formatting function for map key of type ${runtimeType(key).name}`)
    }
    const value = map.find(key)!
    return [quoted(key, elementText(key)), quoted(value, elementText(value))] as const
  })
  entries.sort(([left], [right]) => compareText(left, right))
  return `{${entries.map(([key, value]) => `${key}:${value}`).join(', ')}}`
}

function stringText(value: Value): string {
  if (isList(value)) return listText(value)
  if (value instanceof MapValue) return mapText(value)
  if (value === null) return 'null'
  const converted = toText(value)
  if (typeof converted === 'string') return converted
  if (converted instanceof CelError && value instanceof Uint8Array) {
    throw during(`could not convert argument ${quoteGo(converted.message)} to string`)
  }
  throw during(clauseProblems['s'] + runtimeType(value).name)
}

function groupedDigits(text: string): string {
  const [whole = '', fraction] = text.split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

function fixedText(value: number, precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return exactFixed(value, precision)
}

/** `toFixed` without its limits: exact decimal digits of the double, half to even. */
function exactFixed(value: number, precision: number): string {
  if (precision <= 100 && Math.abs(value) < 1e21) return roundHalfEven(value, precision)
  const whole = BigInt(Math.trunc(value))
  return precision === 0 ? String(whole) : `${whole}.${'0'.repeat(precision)}`
}

function roundHalfEven(value: number, precision: number): string {
  const text = value.toFixed(precision)
  const exact = value.toFixed(Math.min(100, precision + 30))
  const tail = exact.slice(exact.indexOf('.') + 1 + precision)
  if (!/^50*$/.test(tail) || exact.indexOf('.') === -1) return Object.is(value, -0) ? `-${text}` : text
  const kept = exact.slice(0, exact.indexOf('.') + 1 + precision).replace(/\.$/, '')
  const last = Number(kept.at(-1))
  return last % 2 === 0 ? kept : text
}

/** Kubernetes: numbers are grouped by thousands, as the locale en-US does. */
function localFixed(value: number, precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞'
  return groupedDigits(exactFixed(value, precision))
}

/** Kubernetes: the precision of `%e` is taken for the width. */
function scientific(value: number, width: number): string {
  if (Number.isNaN(value)) return 'NaN'.padStart(width)
  if (!Number.isFinite(value)) return (value > 0 ? '∞' : '-∞').padStart(width)
  const [mantissa = '', exponent = '0'] = value.toExponential(defaultPrecision).split('e')
  return `${mantissa}×10${superscript(Number(exponent))}`.padStart(width)
}

function superscript(power: number): string {
  const digits = '⁰¹²³⁴⁵⁶⁷⁸⁹'
  const text = String(Math.abs(power)).padStart(2, '0')
  return (power < 0 ? '⁻' : '') + [...text].map((digit) => digits[Number(digit)]).join('')
}

function floatOf(letter: string, value: Value): number {
  if (value instanceof Double) return value.value
  if (value === 'NaN') return Number.NaN
  if (value === 'Infinity') return Number.POSITIVE_INFINITY
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY
  throw during(clauseProblems[letter] + runtimeType(value).name)
}

const encoder = new TextEncoder()

function hexText(value: Value): string | undefined {
  if (typeof value === 'string' || value instanceof Uint8Array) {
    const bytes = typeof value === 'string' ? encoder.encode(value) : value
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  return radixText(value, 16)
}

function radixText(value: Value, radix: number): string | undefined {
  if (isInt(value)) return value.toString(radix)
  return value instanceof Uint ? value.value.toString(radix) : undefined
}

function printed({ letter, precision }: Clause, value: Value): string {
  const needed = (text: string | undefined): string => {
    if (text === undefined) throw during(clauseProblems[letter] + runtimeType(value).name)
    return text
  }
  switch (letter) {
    case 's':
      return stringText(value)
    case 'd':
      return needed(radixText(value, 10))
    case 'f':
      return localFixed(floatOf('f', value), precision ?? defaultPrecision)
    case 'e':
      return scientific(floatOf('e', value), precision ?? defaultPrecision)
    case 'b':
      return needed(typeof value === 'boolean' ? (value ? '1' : '0') : radixText(value, 2))
    case 'o':
      return needed(radixText(value, 8))
    case 'X':
      return needed(hexText(value)?.toUpperCase())
    default:
      return needed(hexText(value))
  }
}

/** The formatted text, or why there is none. */
export function formatText(format: string, args: readonly Value[] | ListValue): Value {
  try {
    return walkFormat(format, sizeOfList(args), (clause, index) => printed(clause, elementAt(args, index)))
  } catch (error) {
    if (error instanceof FormatProblem) return new CelError(error.message)
    throw error
  }
}
