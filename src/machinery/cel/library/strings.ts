/** Functions on strings, by Unicode code points. */
import type { FunctionDeclaration } from '../check/declarations.ts'
import { dynType, intType, listOf, stringType } from '../types/type.ts'
import { textOf } from '../values/text.ts'
import { CelError, codePointCount, elementsOf, type Value } from '../values/value.ts'
import { member, plain } from './declare.ts'
import { formatText } from './format-text.ts'

const outOfRange = (index: number) => new CelError(`index out of range: ${index}`)
const text = (value: Value | undefined) => value as string
const number = (value: Value | undefined) => Number(value)

/** Whether UTF-16 units and code points are the same in a text. */
const isPlain = (value: string) => codePointCount(value) === value.length
const pointsOf = (value: string): readonly string[] | string => (isPlain(value) ? value : [...value])

function join(points: readonly string[] | string, start: number, end = points.length): string {
  const part = points.slice(start, end)
  return typeof part === 'string' ? part : part.join('')
}

function charAt(value: string, index: number): Value {
  const points = pointsOf(value)
  return index < 0 || index > points.length ? outOfRange(index) : (points[index] ?? '')
}

function matchesAt(points: readonly string[] | string, part: readonly string[] | string, at: number): boolean {
  for (let index = 0; index < part.length; index++) if (points[at + index] !== part[index]) return false
  return true
}

function indexOf(value: string, part: string, offset: number): Value {
  if (part === '') return offset
  if (offset < 0) return outOfRange(offset)
  const points = pointsOf(value)
  const wanted = typeof points === 'string' ? part : [...part]
  if (typeof points === 'string') return offset >= points.length ? -1 : points.indexOf(part, offset)
  for (let at = offset; at <= points.length - wanted.length; at++) if (matchesAt(points, wanted, at)) return at
  return -1
}

function lastIndexOf(value: string, part: string, offset: number): Value {
  if (part === '') return offset
  if (offset < 0) return outOfRange(offset)
  const points = [...value]
  const wanted = [...part]
  if (offset >= points.length) return -1
  for (let at = Math.min(offset, points.length - wanted.length); at >= 0; at--) {
    if (matchesAt(points, wanted, at)) return at
  }
  return -1
}

function lastIndex(value: string, part: string): Value {
  const length = codePointCount(value)
  if (part === '') return length
  return value.length < part.length ? -1 : lastIndexOf(value, part, length - 1)
}

function substring(value: string, start: number, end: number | undefined): Value {
  const points = pointsOf(value)
  if (end !== undefined && start > end) return new CelError(`invalid substring range. start: ${start}, end: ${end}`)
  if (start < 0 || start > points.length) return outOfRange(start)
  if (end !== undefined && (end < 0 || end > points.length)) return outOfRange(end)
  return join(points, start, end)
}

function replace(value: string, old: string, fresh: string, limit: number): string {
  if (limit < 0)
    return old === '' ? [...['', ...value], ''].slice(0, -1).join(fresh) + fresh : value.replaceAll(old, () => fresh)
  if (old === '') {
    const points = [...value]
    const head = points.slice(0, Math.max(limit - 1, 0))
    if (limit === 0) return value
    const start = fresh + head.map((point) => point + fresh).join('')
    return start + points.slice(head.length).join('')
  }
  const parts = value.split(old)
  const replaced = parts.slice(0, limit + 1).join(fresh)
  const rest = parts.slice(limit + 1)
  return rest.length === 0 ? replaced : [replaced, ...rest].join(old)
}

function split(value: string, separator: string, limit: number): readonly string[] {
  if (limit === 0) return []
  const parts = separator === '' ? [...value] : value.split(separator)
  if (limit < 0 || parts.length <= limit) return parts
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)]
}

/** Unicode's white space as Go trims it. */
const space = '[\\t\\n\\v\\f\\r \\u0085\\u00A0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const spaces = new RegExp(`^${space}+|${space}+$`, 'g')

const escapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

function quote(value: string): string {
  return `"${value.replace(/[\u0007\b\f\n\r\t\v\\"]/g, (character) => escapes[character]!).toWellFormed()}"`
}

function joined(list: Value, separator: string): Value {
  const parts: string[] = []
  for (const element of elementsOf(list as readonly Value[])) {
    if (typeof element !== 'string') return new CelError(`join: invalid input: ${textOf(element)}`)
    parts.push(element)
  }
  return parts.join(separator)
}

const s = stringType
const n = intType

/** The string functions Kubernetes enables (version 2 of the extension). */
export const stringFunctions: readonly FunctionDeclaration[] = [
  {
    name: 'charAt',
    overloads: [member('string_char_at_int', [s, n], s, ([value, at]) => charAt(text(value), number(at)))],
  },
  {
    name: 'indexOf',
    overloads: [
      member('string_index_of_string', [s, s], n, ([value, part]) => indexOf(text(value), text(part), 0)),
      member('string_index_of_string_int', [s, s, n], n, ([value, part, at]) =>
        indexOf(text(value), text(part), number(at)),
      ),
    ],
  },
  {
    name: 'lastIndexOf',
    overloads: [
      member('string_last_index_of_string', [s, s], n, ([value, part]) => lastIndex(text(value), text(part))),
      member('string_last_index_of_string_int', [s, s, n], n, ([value, part, at]) =>
        lastIndexOf(text(value), text(part), number(at)),
      ),
    ],
  },
  {
    name: 'lowerAscii',
    overloads: [
      member('string_lower_ascii', [s], s, ([value]) => text(value).replace(/[A-Z]+/g, (part) => part.toLowerCase())),
    ],
  },
  {
    name: 'upperAscii',
    overloads: [
      member('string_upper_ascii', [s], s, ([value]) => text(value).replace(/[a-z]+/g, (part) => part.toUpperCase())),
    ],
  },
  {
    name: 'replace',
    overloads: [
      member('string_replace_string_string', [s, s, s], s, ([value, old, fresh]) =>
        replace(text(value), text(old), text(fresh), -1),
      ),
      member('string_replace_string_string_int', [s, s, s, n], s, ([value, old, fresh, limit]) =>
        replace(text(value), text(old), text(fresh), number(limit)),
      ),
    ],
  },
  {
    name: 'split',
    overloads: [
      member('string_split_string', [s, s], listOf(s), ([value, separator]) => split(text(value), text(separator), -1)),
      member('string_split_string_int', [s, s, n], listOf(s), ([value, separator, limit]) =>
        split(text(value), text(separator), number(limit)),
      ),
    ],
  },
  {
    name: 'substring',
    overloads: [
      member('string_substring_int', [s, n], s, ([value, start]) => substring(text(value), number(start), undefined)),
      member('string_substring_int_int', [s, n, n], s, ([value, start, end]) =>
        substring(text(value), number(start), number(end)),
      ),
    ],
  },
  { name: 'trim', overloads: [member('string_trim', [s], s, ([value]) => text(value).replace(spaces, ''))] },
  {
    name: 'format',
    overloads: [
      member('string_format', [s, listOf(dynType)], s, ([value, args]) =>
        formatText(text(value), args as readonly Value[]),
      ),
    ],
  },
  { name: 'strings.quote', overloads: [plain('strings_quote', [s], s, ([value]) => quote(text(value)))] },
  {
    name: 'join',
    overloads: [
      member('list_join', [listOf(s)], s, ([list]) => joined(list!, '')),
      member('list_join_string', [listOf(s), s], s, ([list, separator]) => joined(list!, text(separator))),
    ],
  },
]
