/** Looking ahead: which way through the network the coming tokens may take. */
import { grammar, type RuleName, type State } from './grammar.ts'
import type { TokenKind } from './lexer.ts'

/** Where to go on after a rule, and what is below. */
interface Stack {
  readonly follow: State
  readonly below: Stack | undefined
  /** Whether leaving by it leaves the rule in which the decision is taken. */
  readonly outer: boolean
}

interface Config {
  readonly alternative: number
  readonly state: State
  readonly stack: Stack | undefined
  /** Whether the rule in which the decision is taken has already been left. */
  readonly outside: boolean
}

const closuresMax = 20_000

function keyOf({ state, stack, outside }: Config): string {
  let key = `${state.id}${outside ? '!' : ''}`
  for (let frame = stack; frame !== undefined; frame = frame.below) key += `,${frame.follow.id}`
  return key
}

/** All places reachable without a token. */
function closure(starts: readonly Config[], bottom: Stack | undefined, precedence: number): readonly Config[] {
  const { starts: rules } = grammar()
  const seen = new Map<string, Config>()
  const open = [...starts]
  while (open.length > 0 && seen.size < closuresMax) {
    const config = open.pop()!
    const key = `${config.alternative}:${keyOf(config)}`
    if (seen.has(key)) continue
    seen.set(key, config)
    const { state, stack, outside } = config
    if (state.kind === 'stop') {
      if (stack !== undefined) {
        open.push({ ...config, state: stack.follow, stack: stack.below, outside: outside || stack.outer })
      }
      continue
    }
    for (const transition of state.transitions) {
      if (transition.kind === 'epsilon') open.push({ ...config, state: transition.target })
      else if (transition.kind === 'precedence') {
        if (stack === bottom && !outside && transition.precedence < precedence) continue
        open.push({ ...config, state: transition.target })
      } else if (transition.kind === 'rule') {
        open.push({
          ...config,
          state: rules[transition.rule],
          stack: { follow: transition.target, below: stack, outer: false },
        })
      }
    }
  }
  return [...seen.values()]
}

function advance(configs: readonly Config[], token: TokenKind): readonly Config[] {
  return configs.flatMap((config) =>
    config.state.transitions.flatMap((transition) =>
      transition.kind === 'tokens' && transition.tokens.includes(token)
        ? [{ ...config, state: transition.target }]
        : [],
    ),
  )
}

/** Whether every place is reached by several alternatives alike, so that more tokens decide nothing. */
function isAmbiguous(configs: readonly Config[]): boolean {
  const alternatives = new Map<string, Set<number>>()
  for (const config of configs) {
    const key = keyOf(config)
    alternatives.set(key, (alternatives.get(key) ?? new Set()).add(config.alternative))
  }
  return [...alternatives.values()].every((set) => set.size > 1)
}

const least = (configs: readonly Config[]): number => Math.min(...configs.map(({ alternative }) => alternative))

/** The transition to take from a decision, or how far the tokens were looked at before none was left. */
export function predict(
  decision: State,
  tokenAt: (ahead: number) => TokenKind,
  frames: readonly Frame[],
): { readonly alternative: number } | { readonly failedAt: number } {
  const precedence = frames.at(-1)?.precedence ?? 0
  let bottom: Stack | undefined
  for (const { follow } of frames) if (follow !== undefined) bottom = { follow, below: bottom, outer: true }
  let configs = closure(
    decision.transitions.map(({ target }, alternative) => ({
      alternative,
      state: target,
      stack: bottom,
      outside: false,
    })),
    bottom,
    precedence,
  )
  for (let ahead = 0; ; ahead++) {
    const token = tokenAt(ahead)
    const reached = advance(configs, token)
    if (reached.length === 0) {
      const finished = configs.filter(
        ({ state, stack, outside }) => outside || (state.kind === 'stop' && stack === bottom),
      )
      return finished.length > 0 ? { alternative: least(finished) } : { failedAt: ahead }
    }
    const alternative = least(reached)
    if (reached.every((config) => config.alternative === alternative)) return { alternative }
    const next = closure(reached, bottom, precedence)
    if (token === '<EOF>' || isAmbiguous(next)) return { alternative }
    configs = next
  }
}

/** A rule being parsed, and where its caller goes on. */
export interface Frame {
  readonly rule: RuleName
  readonly follow: State | undefined
  readonly precedence: number
}

/** The tokens that may come next within a rule; `atEnd` when the rule may be over. */
export function nextTokens(from: State): { readonly tokens: ReadonlySet<TokenKind>; readonly atEnd: boolean } {
  const { starts } = grammar()
  const tokens = new Set<TokenKind>()
  const seen = new Set<State>()
  /** Whether the end of the rule of `at` can be reached. */
  const visit = (at: State): boolean => {
    if (at.kind === 'stop') return true
    if (seen.has(at)) return false
    seen.add(at)
    let ends = false
    for (const transition of at.transitions) {
      if (transition.kind === 'tokens') for (const token of transition.tokens) tokens.add(token)
      // No rule of this grammar is empty.
      else if (transition.kind === 'rule') visit(starts[transition.rule])
      else if (visit(transition.target)) ends = true
    }
    return ends
  }
  return { tokens, atEnd: visit(from) }
}
