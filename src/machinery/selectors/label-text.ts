import { qualifiedNameErrors } from '../names/names.ts'
import { badRequest, invalid } from '../status/status.ts'
import { checked, type LabelOperator, type LabelQuery, type LabelRequirement, queryOf } from './labels.ts'

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
