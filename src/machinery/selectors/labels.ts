import { labelValueErrors, qualifiedNameErrors } from '../names/names.ts'
import { badRequest, type FieldError, forbiddenField, invalid, required } from '../status/status.ts'

export interface LabelSelectorRequirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}
/** metav1.LabelSelector: all of matchLabels and all of matchExpressions. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly LabelSelectorRequirement[]
}
export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'
export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}
/** A selector ready to match: all requirements hold, or nothing matches at all. */
export interface LabelQuery {
  readonly requirements: readonly LabelRequirement[]
  /** Set on the query that matches no object. */
  readonly nothing: boolean
  /** Whether these labels fulfil the query. */
  matches(labels: Labels): boolean
}
export type Labels = Readonly<Record<string, string>> | undefined

/** Matches every object. */
export const matchEverything: LabelQuery = { requirements: [], nothing: false, matches: () => true }
/** Matches no object. */
export const matchNothing: LabelQuery = { requirements: [], nothing: true, matches: () => false }

function queryOf(requirements: LabelRequirement[]): LabelQuery {
  if (requirements.length === 0) return matchEverything
  requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return {
    requirements,
    nothing: false,
    matches(labels) {
      for (const requirement of requirements) if (!fulfils(requirement, labels)) return false
      return true
    },
  }
}

function fulfils({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=':
    case '==':
      return value === values[0]
    case 'in':
      return value !== undefined && values.includes(value)
    // Kubernetes: an object without the label fulfils every negative requirement.
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    default: {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false
      const limit = Number(values[0])
      return operator === 'gt' ? Number(value) > limit : Number(value) < limit
    }
  }
}

export function isEmptyQuery(query: LabelQuery): boolean {
  return !query.nothing && query.requirements.length === 0
}

const operatorOf: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

/**
 * The query of a selector object. Throws Error where an expression makes no sense.
 * Kubernetes: an absent selector matches nothing, an empty one everything.
 */
export function labelQueryOf(selector: LabelSelector | undefined | null): LabelQuery {
  if (selector === undefined || selector === null) return matchNothing
  const requirements: LabelRequirement[] = []
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push({ key, operator: '=', values: [value] })
  }
  for (const expression of selector.matchExpressions ?? []) {
    const operator = operatorOf[expression.operator]
    if (operator === undefined) {
      throw new Error(`${JSON.stringify(expression.operator)} is not a valid label selector operator`)
    }
    requirements.push(checked({ key: expression.key, operator, values: [...(expression.values ?? [])] }))
  }
  return queryOf(requirements)
}

/** The query that asks for exactly these labels: how Services and ReplicationControllers select. */
export function labelQueryOfSet(labels: Labels): LabelQuery {
  if (labels === undefined) return matchEverything
  return queryOf(Object.entries(labels).map(([key, value]) => ({ key, operator: '=', values: [value] })))
}

const pairs: Readonly<Record<string, string>> = {
  '=': '=',
  '==': '==',
  '!=': '!=',
  in: ' in ',
  notin: ' notin ',
  gt: '>',
  lt: '<',
}

/** The query as text that parseLabelSelector reads back. */
export function labelQueryText(query: LabelQuery): string {
  return query.requirements
    .map(({ key, operator, values }) => {
      if (operator === 'exists') return key
      if (operator === '!') return `!${key}`
      const list = [...values].sort().join(',')
      return `${key}${pairs[operator]}${operator === 'in' || operator === 'notin' ? `(${list})` : list}`
    })
    .join(',')
}

/** A selector as tables show it: `<none>` when it is empty, `<error>` when it makes no sense. */
export function labelSelectorText(selector: LabelSelector | undefined): string {
  try {
    return labelQueryText(labelQueryOf(selector)) || '<none>'
  } catch {
    return '<error>'
  }
}

/** Labels as tables show them: `a=b,c=d`, or `<none>`. */
export function labelsText(labels: Labels): string {
  const text = Object.keys(labels ?? {})
    .sort()
    .map((key) => `${key}=${labels![key]}`)
    .join(',')
  return text === '' ? '<none>' : text
}

/** Refuses a requirement as Kubernetes' NewRequirement does. */
function checked(requirement: LabelRequirement): LabelRequirement {
  const { key, operator, values } = requirement
  const errors: FieldError[] = []
  const keyErrors = qualifiedNameErrors(key)
  if (keyErrors.length > 0) errors.push(invalid('key', key, keyErrors.join('; ')))
  const wrong = (detail: string) => errors.push(invalid('values', values, detail))
  if (operator === 'in' || operator === 'notin') {
    if (values.length === 0) wrong("for 'in', 'notin' operators, values set can't be empty")
  } else if (operator === 'exists' || operator === '!') {
    if (values.length > 0) wrong('values set must be empty for exists and does not exist')
  } else if (operator === 'gt' || operator === 'lt') {
    if (values.length !== 1) wrong("for 'Gt', 'Lt' operators, exactly one value is required")
    values.forEach((value, index) => {
      if (!/^[+-]?\d+$/.test(value))
        errors.push(invalid(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"))
    })
  } else if (values.length !== 1) wrong('exact-match compatibility requires one single value')
  values.forEach((value, index) => {
    const found = labelValueErrors(value)
    if (found.length > 0) errors.push(invalid(`values[${index}][${key}]`, value, found.join('; ')))
  })
  if (errors.length === 0) return requirement
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  throw new Error(texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`)
}

type TokenKind = 'identifier' | 'end' | 'error' | '!' | ')' | '(' | ',' | '=' | '==' | '!=' | '>' | '<' | 'in' | 'notin'
interface Token {
  readonly kind: TokenKind
  readonly text: string
}
const symbols: ReadonlySet<string> = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '('])
const isSymbol = (character: string) => '=!(),><'.includes(character)
const isSpace = (character: string) => ' \t\r\n'.includes(character)

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    if (isSpace(text[at]!)) at++
    else if (isSymbol(text[at]!)) {
      let symbol = ''
      let length = 0
      // The longest symbol wins, so `!=` is not `!` and `=`.
      while (at + length < text.length && isSymbol(text[at + length]!)) {
        length++
        const longer = text.slice(at, at + length)
        if (symbols.has(longer)) symbol = longer
        else if (symbol !== '') break
      }
      tokens.push({ kind: symbol as TokenKind, text: symbol })
      at += symbol.length
    } else {
      let end = at
      while (end < text.length && !isSymbol(text[end]!) && !isSpace(text[end]!)) end++
      const word = text.slice(at, end)
      tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word })
      at = end
    }
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

/** Reads tokens one by one; where names or values are expected, the words `in` and `notin` are ordinary ones. */
class Reader {
  readonly #tokens: readonly Token[]
  #at = 0
  constructor(text: string) {
    this.#tokens = tokensOf(text)
  }
  peek(words: 'values' | 'operators' = 'values'): Token {
    const token = this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]!
    return words === 'values' && (token.kind === 'in' || token.kind === 'notin')
      ? { kind: 'identifier', text: token.text }
      : token
  }
  take(words: 'values' | 'operators' = 'values'): Token {
    const token = this.peek(words)
    this.#at++
    return token
  }
}

/** Reads a label selector as queries carry it (`app=web,tier in (a,b),!legacy`). Throws 400 in Kubernetes' words. */
export function parseLabelSelector(text: string): LabelQuery {
  try {
    return tryParse(text)
  } catch (error) {
    throw badRequest((error as Error).message)
  }
}

function tryParse(text: string): LabelQuery {
  const reader = new Reader(text)
  const requirements: LabelRequirement[] = []
  for (;;) {
    const token = reader.peek()
    if (token.kind === 'end') break
    if (token.kind !== 'identifier' && token.kind !== '!')
      throw new Error(`found '${token.text}', expected: !, identifier, or 'end of string'`)
    try {
      requirements.push(requirement(reader))
    } catch (error) {
      throw new Error(`unable to parse requirement: ${(error as Error).message}`)
    }
    const next = reader.take()
    if (next.kind === 'end') break
    if (next.kind !== ',') throw new Error(`found '${next.text}', expected: ',' or 'end of string'`)
    const after = reader.peek()
    if (after.kind !== 'identifier' && after.kind !== '!')
      throw new Error(`found '${after.text}', expected: identifier after ','`)
  }
  return queryOf(requirements)
}

const operatorTokens: Readonly<Partial<Record<TokenKind, LabelOperator>>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
}

function requirement(reader: Reader): LabelRequirement {
  let token = reader.take()
  const negated = token.kind === '!'
  if (negated) token = reader.take()
  if (token.kind !== 'identifier') throw new Error(`found '${token.text}', expected: identifier`)
  const key = token.text
  const keyErrors = qualifiedNameErrors(key)
  if (keyErrors.length > 0) throw new Error(`<nil>: ${invalid('', key, keyErrors.join('; ')).message}`)
  const after = reader.peek().kind
  if (negated || after === 'end' || after === ',')
    return checked({ key, operator: negated ? '!' : 'exists', values: [] })
  const operatorToken = reader.take('operators')
  const operator = operatorTokens[operatorToken.kind]
  if (operator === undefined) throw new Error(`found '${operatorToken.text}', expected: in, notin, =, ==, !=, gt, lt`)
  const values = operator === 'in' || operator === 'notin' ? listValues(reader) : exactValue(reader)
  return checked({ key, operator, values: [...new Set(values)].sort() })
}

function exactValue(reader: Reader): string[] {
  const kind = reader.peek().kind
  if (kind === 'end' || kind === ',') return ['']
  const token = reader.take()
  if (token.kind === 'identifier') return [token.text]
  throw new Error(`found '${token.text}', expected: identifier`)
}

function listValues(reader: Reader): string[] {
  const open = reader.take()
  if (open.kind !== '(') throw new Error(`found '${open.text}' expected: '('`)
  const first = reader.peek()
  if (first.kind === ')') {
    reader.take()
    return ['']
  }
  if (first.kind !== 'identifier' && first.kind !== ',')
    throw new Error(`found '${first.text}', expected: ',', ')' or identifier`)
  const values: string[] = []
  for (;;) {
    const token = reader.take()
    if (token.kind === 'identifier') {
      values.push(token.text)
      const next = reader.peek()
      if (next.kind === ')') break
      if (next.kind !== ',') throw new Error(`found '${next.text}', expected: ',' or ')'`)
    } else if (token.kind === ',') {
      if (values.length === 0) values.push('')
      const next = reader.peek().kind
      if (next === ')' || next === ',') values.push('')
      if (next === ')') break
    } else throw new Error(`found '${token.text}', expected: ',', or identifier`)
  }
  reader.take()
  return values
}

/** What is wrong with a label selector in an object. */
export function labelSelectorErrors(selector: LabelSelector | undefined, field: string): FieldError[] {
  if (selector === undefined) return []
  return [
    ...labelsErrors(selector.matchLabels, `${field}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((expression, index) =>
      requirementErrors(expression, `${field}.matchExpressions[${index}]`),
    ),
  ]
}

function requirementErrors(expression: LabelSelectorRequirement, field: string): FieldError[] {
  const errors: FieldError[] = []
  const values = expression.values ?? []
  if (expression.operator === 'In' || expression.operator === 'NotIn') {
    if (values.length === 0)
      errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
  } else if (expression.operator === 'Exists' || expression.operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(
        forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      )
  } else errors.push(invalid(`${field}.operator`, expression.operator, 'not a valid selector operator'))
  for (const error of qualifiedNameErrors(expression.key)) errors.push(invalid(`${field}.key`, expression.key, error))
  values.forEach((value, index) => {
    for (const error of labelValueErrors(value)) errors.push(invalid(`${field}.values[${index}]`, value, error))
  })
  return errors
}

/** What is wrong with a set of labels. */
export function labelsErrors(labels: Labels, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const key in labels) {
    for (const error of qualifiedNameErrors(key)) errors.push(invalid(field, key, error))
    for (const error of labelValueErrors(labels[key]!)) errors.push(invalid(field, labels[key], error))
  }
  return errors
}
