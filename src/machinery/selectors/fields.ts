import { badRequest } from '../status/status.ts'

/** One condition of a field selector: the field's text is, or is not, the value. */
export interface FieldRequirement {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}
export type FieldQuery = readonly FieldRequirement[]

/** Reads a field selector (`spec.nodeName=a,status.phase!=Failed`). Throws 400 in Kubernetes' words. */
export function parseFieldSelector(text: string): FieldQuery {
  const requirements: FieldRequirement[] = []
  for (const term of termsOf(text).sort()) {
    if (term === '') continue
    const split = /^(.*?)(!=|==|=)(.*)$/s.exec(term)
    if (split === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    const value = unescaped(split[3]!)
    // Kubernetes: a term without field and value is no condition.
    if (split[1] === '' && value === '') continue
    requirements.push({ field: split[1]!, operator: split[2] === '!=' ? '!=' : '=', value })
  }
  return requirements
}

/** The comma-separated terms; a backslash keeps a comma inside its term. */
function termsOf(text: string): string[] {
  const terms: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === ',') {
      terms.push(text.slice(start, at))
      start = at + 1
    }
  }
  terms.push(text.slice(start))
  return terms
}

function unescaped(text: string): string {
  if (!/[\\,=]/.test(text)) return text
  let value = ''
  const characters = [...text]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!
    if (character === '\\') {
      const next = characters[++at]
      if (next !== '\\' && next !== ',' && next !== '=')
        throw badRequest(`invalid field selector: invalid escape sequence: \\${next ?? ''}`)
      value += next
    } else if (character === ',' || character === '=') {
      // Kubernetes: the character is told by its number.
      throw badRequest(`invalid field selector: unescaped character in value: ${character.codePointAt(0)}`)
    } else value += character
  }
  return value
}

/** A value as a field selector carries it. */
export function escapedFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, (character) => `\\${character}`)
}

/** The query as text that parseFieldSelector reads back. */
export function fieldQueryText(query: FieldQuery): string {
  return query.map(({ field, operator, value }) => `${field}${operator}${escapedFieldValue(value)}`).join(',')
}

/** Whether every condition holds for the object whose fields `fieldOf` reads. */
export function matchesFields(query: FieldQuery, fieldOf: (field: string) => string): boolean {
  for (const { field, operator, value } of query) if ((fieldOf(field) === value) !== (operator === '=')) return false
  return true
}

/** The value a field must have for the query to match, where it asks for one. */
export function exactFieldValue(query: FieldQuery, field: string): string | undefined {
  return query.find((requirement) => requirement.field === field && requirement.operator === '=')?.value
}
