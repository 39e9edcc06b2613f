import { builtInSchema } from '../../../resources/index.ts'

const isJson = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** Types that are one scalar in JSON, though their schema has fields. */
const texts = new Set(['time', 'microTime', 'duration'])
const scalars = new Set(['quantity', 'intOrString'])

/** Where a configuration states what its field cannot hold, in the words of structured merge; nothing for types it does not know. */
export function mismatchesIn(type: string, value: unknown, path = ''): readonly string[] {
  const schema = builtInSchema.type(type)
  if (schema === undefined || value === null) return []
  const { special } = schema
  if (special !== undefined && texts.has(special)) return scalarMismatch('string', value, path)
  if (special !== undefined && scalars.has(special))
    return isJson(value) || Array.isArray(value) ? [`${path}: expected any scalar, got ${goText(value)}`] : []
  if (special !== undefined) return []
  if (!isJson(value)) return [`${path}: expected map, got ${goText(value)}`]
  return Object.entries(value).flatMap(([name, member]) => {
    const field = schema.field(name)
    const at = `${path}.${name}`
    if (field === undefined || member === null) return []
    if (field.map) {
      if (!isJson(member)) return [`${at}: expected map, got ${goText(member)}`]
      if (field.mapValueRepeated) return []
      return Object.entries(member).flatMap(([key, one]) => oneMismatch(field.type, one, `${at}.${key}`))
    }
    if (!field.repeated) return oneMismatch(field.type, member, at)
    // Bytes are a list of numbers to the schema, and one text in JSON.
    if (field.wire === 'bytes') return []
    if (!Array.isArray(member)) return [`${at}: expected list, got ${goText(member)}`]
    return member.flatMap((one, index) => oneMismatch(field.type, one, `${at}[${index}]`))
  })
}

function oneMismatch(type: string, value: unknown, path: string): readonly string[] {
  return ['string', 'integer', 'number', 'boolean'].includes(type)
    ? scalarMismatch(type, value, path)
    : mismatchesIn(type, value, path)
}

function scalarMismatch(type: string, value: unknown, path: string): readonly string[] {
  if (value === null) return []
  if (type === 'string')
    return typeof value === 'string'
      ? []
      : [`${path}: expected string, got &value.valueUnstructured{Value:${goValue(value)}}`]
  if (type === 'boolean') return typeof value === 'boolean' ? [] : [`${path}: expected boolean, got ${goText(value)}`]
  return typeof value === 'number' ? [] : [`${path}: expected numeric (int or float), got ${goTypeOf(value)}`]
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (isJson(value)) return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** A value as Go prints it inside another. */
function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goValue).join(', ')}}`
  if (!isJson(value)) return JSON.stringify(value)
  const members = Object.keys(value).sort()
  return `map[string]interface {}{${members.map((name) => `${JSON.stringify(name)}:${goValue(value[name])}`).join(', ')}}`
}

/** A value as Go prints it for people. */
function goText(value: unknown): string {
  const plain = (one: unknown): string => {
    if (Array.isArray(one)) return `[${one.map(plain).join(' ')}]`
    if (!isJson(one)) return one === null ? '<nil>' : String(one)
    return `map[${Object.keys(one)
      .sort()
      .map((name) => `${name}:${plain(one[name])}`)
      .join(' ')}]`
  }
  return `&{${plain(value)}}`
}
