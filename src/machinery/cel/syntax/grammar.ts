/**
 * The grammar as a network of states, as the generator of cel-go's parser builds it. Only error messages need it: what
 * they expect, and where they think the error is, follows from the shape of this network.
 */
import type { TokenKind } from './lexer.ts'

export type RuleName =
  | 'start'
  | 'expr'
  | 'conditionalOr'
  | 'conditionalAnd'
  | 'relation'
  | 'calc'
  | 'unary'
  | 'member'
  | 'primary'
  | 'exprList'
  | 'listInit'
  | 'fieldInitializerList'
  | 'optField'
  | 'mapInitializerList'
  | 'escapeIdent'
  | 'optExpr'
  | 'literal'

export type StateKind = 'basic' | 'stop' | 'block' | 'starEntry' | 'loopBack'

export type Transition =
  | { readonly kind: 'epsilon'; readonly target: State }
  | { readonly kind: 'tokens'; readonly tokens: readonly TokenKind[]; readonly target: State }
  | { readonly kind: 'rule'; readonly rule: RuleName; readonly precedence: number; readonly target: State }
  /** May be taken only when the rule was entered with at most this precedence. */
  | { readonly kind: 'precedence'; readonly precedence: number; readonly target: State }

/** A place between tokens. */
export interface State {
  readonly id: number
  readonly rule: RuleName
  readonly kind: StateKind
  readonly transitions: Transition[]
}

interface Fragment {
  readonly start: State
  readonly end: State
}

type Part = (rule: RuleName) => Fragment

let count = 0
const state = (rule: RuleName, kind: StateKind = 'basic'): State => ({ id: count++, rule, kind, transitions: [] })
const link = (from: State, target: State): void => void from.transitions.push({ kind: 'epsilon', target })

const tokens =
  (...kinds: readonly TokenKind[]): Part =>
  (rule) => {
    const start = state(rule)
    const end = state(rule)
    start.transitions.push({ kind: 'tokens', tokens: kinds, target: end })
    return { start, end }
  }

const call =
  (name: RuleName, precedence = 0): Part =>
  (rule) => {
    const start = state(rule)
    const end = state(rule)
    start.transitions.push({ kind: 'rule', rule: name, precedence, target: end })
    return { start, end }
  }

const atMost =
  (precedence: number): Part =>
  (rule) => {
    const start = state(rule)
    const end = state(rule)
    start.transitions.push({ kind: 'precedence', precedence, target: end })
    return { start, end }
  }

const sequence =
  (...parts: readonly Part[]): Part =>
  (rule) => {
    const fragments = parts.map((part) => part(rule))
    for (let at = 1; at < fragments.length; at++) link(fragments[at - 1]!.end, fragments[at]!.start)
    return { start: fragments[0]!.start, end: fragments.at(-1)!.end }
  }

const choice =
  (...parts: readonly Part[]): Part =>
  (rule) => {
    const start = state(rule, 'block')
    const end = state(rule)
    for (const part of parts) {
      const fragment = part(rule)
      link(start, fragment.start)
      link(fragment.end, end)
    }
    return { start, end }
  }

const maybe =
  (part: Part): Part =>
  (rule) => {
    const { start, end } = choice(part)(rule)
    link(start, end)
    return { start, end }
  }

const many =
  (part: Part): Part =>
  (rule) => {
    const start = state(rule, 'starEntry')
    const back = state(rule, 'loopBack')
    const end = state(rule)
    const fragment = part(rule)
    link(start, fragment.start)
    link(start, end)
    link(fragment.end, back)
    // The way back is a decision of its own, so that errors inside and before a loop are told apart.
    link(back, fragment.start)
    link(back, end)
    return { start, end }
  }

const atLeastOne =
  (part: Part): Part =>
  (rule) => {
    const start = state(rule, 'block')
    const back = state(rule, 'loopBack')
    const end = state(rule)
    const fragment = part(rule)
    link(start, fragment.start)
    link(fragment.end, back)
    link(back, start)
    link(back, end)
    return { start, end }
  }

const optExpr = call('optExpr')
const expr = call('expr')
const dotted = maybe(tokens("'.'"))
const comma = tokens("','")

const bodies: Readonly<Record<RuleName, Part>> = {
  start: sequence(expr, tokens('<EOF>')),
  expr: sequence(call('conditionalOr'), maybe(sequence(tokens("'?'"), call('conditionalOr'), tokens("':'"), expr))),
  conditionalOr: sequence(call('conditionalAnd'), many(sequence(tokens("'||'"), call('conditionalAnd')))),
  conditionalAnd: sequence(call('relation'), many(sequence(tokens("'&&'"), call('relation')))),
  relation: sequence(
    call('calc'),
    many(sequence(atMost(1), tokens("'<'", "'<='", "'>='", "'>'", "'=='", "'!='", "'in'"), call('relation', 2))),
  ),
  calc: sequence(
    call('unary'),
    many(
      choice(
        sequence(atMost(2), tokens("'*'", "'/'", "'%'"), call('calc', 3)),
        sequence(atMost(1), tokens("'+'", "'-'"), call('calc', 2)),
      ),
    ),
  ),
  unary: choice(
    call('member'),
    sequence(atLeastOne(tokens("'!'")), call('member')),
    sequence(atLeastOne(tokens("'-'")), call('member')),
  ),
  member: sequence(
    call('primary'),
    many(
      choice(
        sequence(atMost(3), tokens("'.'"), maybe(tokens("'?'")), call('escapeIdent')),
        sequence(atMost(2), tokens("'.'"), tokens('IDENTIFIER'), tokens("'('"), maybe(call('exprList')), tokens("')'")),
        sequence(atMost(1), tokens("'['"), maybe(tokens("'?'")), expr, tokens("']'")),
      ),
    ),
  ),
  primary: choice(
    sequence(dotted, tokens('IDENTIFIER')),
    sequence(dotted, tokens('IDENTIFIER'), tokens("'('"), maybe(call('exprList')), tokens("')'")),
    sequence(tokens("'('"), expr, tokens("')'")),
    sequence(tokens("'['"), maybe(call('listInit')), maybe(comma), tokens("']'")),
    sequence(tokens("'{'"), maybe(call('mapInitializerList')), maybe(comma), tokens("'}'")),
    sequence(
      dotted,
      tokens('IDENTIFIER'),
      many(sequence(tokens("'.'"), tokens('IDENTIFIER'))),
      tokens("'{'"),
      maybe(call('fieldInitializerList')),
      maybe(comma),
      tokens("'}'"),
    ),
    call('literal'),
  ),
  exprList: sequence(expr, many(sequence(comma, expr))),
  listInit: sequence(optExpr, many(sequence(comma, optExpr))),
  fieldInitializerList: sequence(
    call('optField'),
    tokens("':'"),
    expr,
    many(sequence(comma, call('optField'), tokens("':'"), expr)),
  ),
  optField: sequence(maybe(tokens("'?'")), call('escapeIdent')),
  mapInitializerList: sequence(optExpr, tokens("':'"), expr, many(sequence(comma, optExpr, tokens("':'"), expr))),
  escapeIdent: choice(tokens('IDENTIFIER'), tokens('ESC_IDENTIFIER')),
  optExpr: sequence(maybe(tokens("'?'")), expr),
  literal: choice(
    sequence(maybe(tokens("'-'")), tokens('NUM_INT')),
    tokens('NUM_UINT'),
    sequence(maybe(tokens("'-'")), tokens('NUM_FLOAT')),
    tokens('STRING'),
    tokens('BYTES'),
    tokens("'true'"),
    tokens("'false'"),
    tokens("'null'"),
  ),
}

/** Where each rule starts. */
export interface Network {
  readonly starts: Readonly<Record<RuleName, State>>
}

function build(): Network {
  const starts: Partial<Record<RuleName, State>> = {}
  for (const [name, part] of Object.entries(bodies) as [RuleName, Part][]) {
    const { start, end } = part(name)
    link(end, state(name, 'stop'))
    starts[name] = start
  }
  return { starts: starts as Record<RuleName, State> }
}

let network: Network | undefined

/** The network, built when the first syntax error needs it. */
export function grammar(): Network {
  network ??= build()
  return network
}

/** The order in which messages list tokens. */
export const tokenOrder: readonly TokenKind[] = [
  '<EOF>',
  "'=='",
  "'!='",
  "'in'",
  "'<'",
  "'<='",
  "'>='",
  "'>'",
  "'&&'",
  "'||'",
  "'['",
  "']'",
  "'{'",
  "'}'",
  "'('",
  "')'",
  "'.'",
  "','",
  "'-'",
  "'!'",
  "'?'",
  "':'",
  "'+'",
  "'*'",
  "'/'",
  "'%'",
  "'true'",
  "'false'",
  "'null'",
  'NUM_FLOAT',
  'NUM_INT',
  'NUM_UINT',
  'STRING',
  'BYTES',
  'IDENTIFIER',
  'ESC_IDENTIFIER',
]
