/** Reads an expression into a tree. */

import { Double, int64Max, int64Min, intOf, Uint, uint64Max, type Value } from '../values/value.ts'
import { syntaxIssues } from './diagnose.ts'
import { type Token, type TokenKind, tokensOf } from './lexer.ts'
import { expandBinding, expandGlobal, expandMember, MacroError } from './macros.ts'
import type { Issue } from './source.ts'
import type { FieldEntry, MapEntry, Node } from './tree.ts'
import { unescapeBytes, unescapeString } from './unescape.ts'

/** Expressions nested deeper than this are refused. */
export const expressionDepthMax = 250
/** Longer expressions are refused, in code points. */
export const expressionLengthMax = 100_000

const reserved = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(
    ' ',
  ),
)
const relations: Readonly<Record<string, string>> = {
  "'<'": '_<_',
  "'<='": '_<=_',
  "'>='": '_>=_',
  "'>'": '_>_',
  "'=='": '_==_',
  "'!='": '_!=_',
  "'in'": '@in',
}
const products: Readonly<Record<string, string>> = { "'*'": '_*_', "'/'": '_/_', "'%'": '_%_' }
const sums: Readonly<Record<string, string>> = { "'+'": '_+_', "'-'": '_-_' }

/** Thrown when the text does not follow the grammar; the issues are found in a second, slower look. */
class NotGrammatical extends Error {}
class TooDeep extends Error {
  constructor(message = `expression recursion limit exceeded: ${expressionDepthMax}`) {
    super(message)
  }
}

/** What may be written besides the standard. */
export interface ParseOptions {
  /** `cel.bind`. */
  readonly bindings?: boolean
}

class Parser {
  readonly issues: Issue[] = []
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0
  /** How many operators, selections and indexes stand above each other in a node; none for those left out. */
  readonly #heights = new Map<Node, number>()

  readonly #bindings: boolean

  constructor(tokens: readonly Token[], { bindings = false }: ParseOptions) {
    this.#tokens = tokens
    this.#bindings = bindings
  }

  whole(): Node {
    const node = this.#expression()
    this.#take('<EOF>')
    return node
  }

  get #next(): Token {
    return this.#tokens[this.#at]!
  }

  #is(kind: TokenKind): boolean {
    return this.#next.kind === kind
  }

  #accept(kind: TokenKind): Token | undefined {
    if (!this.#is(kind)) return undefined
    return this.#tokens[this.#at++]
  }

  #take(kind: TokenKind): Token {
    const token = this.#accept(kind)
    if (token === undefined) throw new NotGrammatical()
    return token
  }

  #report(offset: number, message: string): Node {
    this.issues.push({ offset, message })
    return { kind: 'literal', offset, value: null }
  }

  /** Notes the height of a node over its parts. Kubernetes: too many levels are refused, however they are nested. */
  #over(node: Node, parts: readonly Node[], levels: 0 | 1): Node {
    let height = 0
    for (const part of parts) height = Math.max(height, this.#heights.get(part) ?? 0)
    height += levels
    if (height > expressionDepthMax) throw new TooDeep('max recursion depth exceeded')
    if (height > 0) this.#heights.set(node, height)
    return node
  }

  #call(offset: number, name: string, ...args: Node[]): Node {
    return { kind: 'call', offset, name, target: undefined, args }
  }

  #expression(): Node {
    if (++this.#depth > expressionDepthMax) throw new TooDeep()
    const condition = this.#logical("'||'", '_||_', () => this.#logical("'&&'", '_&&_', () => this.#relation()))
    const mark = this.#accept("'?'")
    if (mark === undefined) {
      this.#depth--
      return condition
    }
    const whenTrue = this.#logical("'||'", '_||_', () => this.#logical("'&&'", '_&&_', () => this.#relation()))
    this.#take("':'")
    const whenFalse = this.#expression()
    this.#depth--
    const parts = [condition, whenTrue, whenFalse]
    return this.#over(this.#call(mark.offset, '_?_:_', ...parts), parts, 1)
  }

  /** Chains of `||` and `&&` become balanced trees, so that long ones are not deep. */
  #logical(kind: TokenKind, name: string, operand: () => Node): Node {
    const terms = [operand()]
    const operators: Token[] = []
    for (let operator = this.#accept(kind); operator !== undefined; operator = this.#accept(kind)) {
      operators.push(operator)
      terms.push(operand())
    }
    const balanced = (low: number, high: number): Node => {
      const middle = Math.floor((low + high + 1) / 2)
      const left = middle === low ? terms[middle]! : balanced(low, middle - 1)
      const right = middle === high ? terms[middle + 1]! : balanced(middle + 1, high)
      return this.#over(this.#call(operators[middle]!.offset, name, left, right), [left, right], 0)
    }
    return operators.length === 0 ? terms[0]! : balanced(0, operators.length - 1)
  }

  /** Operators of one level, from the left. */
  #chain(names: Readonly<Record<string, string>>, operand: () => Node): Node {
    let left = operand()
    while (Object.hasOwn(names, this.#next.kind)) {
      const operator = this.#tokens[this.#at++]!
      const parts = [left, operand()]
      left = this.#over(this.#call(operator.offset, names[operator.kind]!, ...parts), parts, 1)
    }
    return left
  }

  #relation(): Node {
    return this.#chain(relations, () => this.#chain(sums, () => this.#chain(products, () => this.#unary())))
  }

  #unary(): Node {
    const operator = this.#next
    if (this.#is("'!'") || (this.#is("'-'") && !this.#isNegativeNumber())) {
      let count = 0
      while (this.#next.kind === operator.kind) {
        this.#at++
        count++
      }
      const operand = this.#member()
      if (count % 2 === 0) return operand
      return this.#over(this.#call(operator.offset, operator.kind === "'!'" ? '!_' : '-_', operand), [operand], 0)
    }
    return this.#member()
  }

  #isNegativeNumber(): boolean {
    const kind = this.#tokens[this.#at + 1]?.kind
    return kind === 'NUM_INT' || kind === 'NUM_FLOAT'
  }

  #member(): Node {
    let node = this.#primary()
    for (;;) {
      const dot = this.#accept("'.'")
      const open = dot === undefined ? this.#accept("'['") : undefined
      if (dot === undefined && open === undefined) return node
      node = dot === undefined ? this.#index(node, open!) : this.#selection(node, dot)
    }
  }

  #selection(operand: Node, dot: Token): Node {
    const optional = this.#accept("'?'") !== undefined
    const name = this.#accept('IDENTIFIER') ?? this.#take('ESC_IDENTIFIER')
    if (name.kind === 'ESC_IDENTIFIER') this.#report(name.offset, "unsupported syntax: '`'")
    const open = optional || name.kind === 'ESC_IDENTIFIER' ? undefined : this.#accept("'('")
    if (open !== undefined) {
      const args = this.#arguments()
      const plain: Node = { kind: 'call', offset: open.offset, name: name.text, target: operand, args }
      const node =
        this.#expanded(
          open.offset,
          () =>
            (this.#bindings ? expandBinding(open.offset, name.text, operand, args) : undefined) ??
            expandMember(open.offset, name.text, operand, args),
        ) ?? plain
      return this.#over(node, [operand, ...args], 1)
    }
    if (optional) {
      const field: Node = { kind: 'literal', offset: name.offset, value: name.text }
      return this.#over(this.#call(dot.offset, '_?._', operand, field), [operand], 1)
    }
    return this.#over({ kind: 'select', offset: dot.offset, operand, field: name.text, testOnly: false }, [operand], 1)
  }

  #index(operand: Node, open: Token): Node {
    const optional = this.#accept("'?'") !== undefined
    const index = this.#expression()
    this.#take("']'")
    return this.#over(this.#call(open.offset, optional ? '_[?_]' : '_[_]', operand, index), [operand, index], 1)
  }

  #arguments(): Node[] {
    const args: Node[] = []
    if (this.#accept("')'") !== undefined) return args
    do args.push(this.#expression())
    while (this.#accept("','") !== undefined)
    this.#take("')'")
    return args
  }

  #expanded(offset: number, expand: () => Node | undefined): Node | undefined {
    try {
      return expand()
    } catch (error) {
      if (!(error instanceof MacroError)) throw error
      return this.#report(error.offset < 0 ? offset : error.offset, error.message)
    }
  }

  #primary(): Node {
    const token = this.#next
    switch (token.kind) {
      case "'('": {
        this.#at++
        const inside = this.#expression()
        this.#take("')'")
        return inside
      }
      case "'['":
        return this.#list()
      case "'{'":
        return this.#map()
      case "'.'":
      case 'IDENTIFIER':
        return this.#name()
      default:
        return this.#literal()
    }
  }

  #name(): Node {
    const dot = this.#accept("'.'")
    const first = this.#take('IDENTIFIER')
    const lead = dot === undefined ? '' : '.'
    const offset = dot?.offset ?? first.offset
    if (this.#isMessage()) return this.#message(lead + first.text)
    if (reserved.has(first.text)) {
      if (this.#accept("'('") !== undefined) this.#arguments()
      return this.#report(offset, `reserved identifier: ${first.text}`)
    }
    const open = this.#accept("'('")
    if (open === undefined) return { kind: 'ident', offset: first.offset, name: lead + first.text }
    const args = this.#arguments()
    const name = lead + first.text
    return this.#over(
      this.#expanded(open.offset, () => expandGlobal(open.offset, name, args)) ??
        this.#call(open.offset, name, ...args),
      args,
      0,
    )
  }

  /** Whether dots and names lead to the brace that makes them the name of a message. */
  #isMessage(): boolean {
    let at = this.#at
    while (this.#tokens[at]!.kind === "'.'" && this.#tokens[at + 1]!.kind === 'IDENTIFIER') at += 2
    return this.#tokens[at]!.kind === "'{'"
  }

  #message(start: string): Node {
    let typeName = start
    while (this.#accept("'.'") !== undefined) typeName += `.${this.#take('IDENTIFIER').text}`
    const open = this.#take("'{'")
    const fields: FieldEntry[] = []
    while (this.#hasEntry(fields.length)) {
      const optional = this.#accept("'?'") !== undefined
      const name = this.#accept('IDENTIFIER') ?? this.#take('ESC_IDENTIFIER')
      if (name.kind === 'ESC_IDENTIFIER') this.#report(name.offset, "unsupported syntax: '`'")
      const colon = this.#take("':'")
      fields.push({ offset: colon.offset, name: name.text, value: this.#expression(), optional })
    }
    this.#accept("','")
    this.#take("'}'")
    const parts = fields.map(({ value }) => value)
    return this.#over({ kind: 'struct', offset: open.offset, typeName, fields }, parts, 0)
  }

  /** Whether an entry starts here, past the comma before it; a last comma is left for the caller. */
  #hasEntry(before: number): boolean {
    const ends = (kind: TokenKind) => kind === "'}'" || kind === "']'"
    if (before === 0) return !ends(this.#next.kind) && !this.#is("','")
    if (!this.#is("','") || ends(this.#tokens[this.#at + 1]!.kind)) return false
    this.#at++
    return true
  }

  #list(): Node {
    const open = this.#take("'['")
    const elements: Node[] = []
    const optionals: number[] = []
    while (this.#hasEntry(elements.length)) {
      if (this.#accept("'?'") !== undefined) optionals.push(elements.length)
      elements.push(this.#expression())
    }
    this.#accept("','")
    this.#take("']'")
    return this.#over({ kind: 'list', offset: open.offset, elements, optionals }, elements, 0)
  }

  #map(): Node {
    const open = this.#take("'{'")
    const entries: MapEntry[] = []
    while (this.#hasEntry(entries.length)) {
      const optional = this.#accept("'?'") !== undefined
      const key = this.#expression()
      const colon = this.#take("':'")
      entries.push({ offset: colon.offset, key, value: this.#expression(), optional })
    }
    this.#accept("','")
    this.#take("'}'")
    const parts = entries.flatMap(({ key, value }) => [key, value])
    return this.#over({ kind: 'map', offset: open.offset, entries }, parts, 0)
  }

  #literal(): Node {
    const start = this.#next
    const sign = this.#is("'-'") && this.#isNegativeNumber() ? this.#tokens[this.#at++]!.text : ''
    const token = this.#tokens[this.#at++]!
    const value = this.#literalValue(token, sign)
    if (typeof value === 'object' && value !== null && 'problem' in value)
      return this.#report(start.offset, value.problem)
    return { kind: 'literal', offset: start.offset, value: value as Value }
  }

  #literalValue({ kind, text }: Token, sign: string): Value | { readonly problem: string } {
    switch (kind) {
      case 'NUM_INT': {
        const number = sign === '-' ? -BigInt(text) : BigInt(text)
        return number < int64Min || number > int64Max ? { problem: 'invalid int literal' } : intOf(number)
      }
      case 'NUM_UINT': {
        const number = BigInt(text.slice(0, -1))
        return number > uint64Max ? { problem: 'invalid uint literal' } : new Uint(number)
      }
      case 'NUM_FLOAT': {
        const number = Number(sign + text)
        return Number.isFinite(number) ? new Double(number) : { problem: 'invalid double literal' }
      }
      case 'STRING':
      case 'BYTES':
        try {
          return kind === 'STRING' ? unescapeString(text) : unescapeBytes(text.slice(1))
        } catch (error) {
          return { problem: (error as Error).message }
        }
      case "'true'":
        return true
      case "'false'":
        return false
      case "'null'":
        return null
      default:
        throw new NotGrammatical()
    }
  }
}

/** The tree of an expression, or what is wrong with it. */
export function parse(
  source: string,
  options: ParseOptions = {},
): { readonly tree: Node } | { readonly issues: readonly Issue[] } {
  const length = [...source].length
  if (length > expressionLengthMax) {
    const message = `expression code point size exceeds limit: size: ${length}, limit ${expressionLengthMax}`
    return { issues: [{ offset: -1, message }] }
  }
  const { tokens, issues, readable } = tokensOf(source)
  const parser = new Parser(tokens, options)
  try {
    const tree = parser.whole()
    const all = [...issues, ...parser.issues]
    return all.length === 0 ? { tree } : { issues: all }
  } catch (error) {
    if (error instanceof NotGrammatical)
      return { issues: [...issues, ...parser.issues, ...syntaxIssues(readable, tokens)] }
    if (error instanceof TooDeep || error instanceof RangeError) {
      const { message } = error instanceof TooDeep ? error : new TooDeep()
      return { issues: [...issues, { offset: -1, message }] }
    }
    throw error
  }
}
