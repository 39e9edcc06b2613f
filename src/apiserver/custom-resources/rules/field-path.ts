import type { JsonSchema } from '../../../machinery/structural-schema/index.ts'

/** Where a rule's error is to be shown, as paths of errors are written. */
export type FieldPath = { readonly path: string } | { readonly problem: string }

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
}

/** `.`, `[`, `]`, names, and texts in single quotes. */
function partsOf(text: string): readonly string[] {
  return text.match(/'(?:[^'\\]|\\[\s\S])*'|[.[\]]|[^.[\]]+/g) ?? []
}

function unquoted(part: string): string | undefined {
  if (part.length < 2 || !part.startsWith("'") || !part.endsWith("'")) return undefined
  let valid = true
  const text = part.slice(1, -1).replace(/\\([\s\S])/g, (_, letter: string) => {
    valid &&= Object.hasOwn(escapes, letter)
    return escapes[letter] ?? ''
  })
  return valid ? text : undefined
}

interface Step {
  readonly path: string
  readonly schema: JsonSchema
}

function into({ path, schema }: Step, name: string): Step | undefined {
  if (schema.properties !== undefined) {
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    return property && { path: path === '' ? name : `${path}.${name}`, schema: property }
  }
  const { additionalProperties } = schema
  return typeof additionalProperties === 'object'
    ? { path: `${path}[${name}]`, schema: additionalProperties }
    : undefined
}

/** The path a rule's `fieldPath` names within its schema, or why it names none. */
export function fieldPathOf(text: string, schema: JsonSchema): FieldPath {
  const parts = partsOf(text)
  let step: Step = { path: '', schema }
  for (let at = 0; at < parts.length; at++) {
    const mark = parts[at]!
    if (mark !== '.' && mark !== '[') return { problem: `expected [ or . but got: ${mark}` }
    const part = parts[++at]
    if (part === undefined) return { problem: 'unexpected end of JSON path' }
    const name = mark === '.' ? part : unquoted(part)
    if (name === undefined) return { problem: `expected single quoted string but got ${part}` }
    const next = into(step, name)
    if (next === undefined) return { problem: 'does not refer to a valid field' }
    step = next
    if (mark === '.') continue
    const close = parts[++at]
    if (close === undefined) return { problem: 'unexpected end of JSON path' }
    if (close !== ']') return { problem: `expected ] but got ${close}` }
  }
  return { path: step.path }
}
