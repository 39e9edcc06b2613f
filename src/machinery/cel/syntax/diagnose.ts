/**
 * What is wrong with tokens that follow no grammar, in the words of cel-go's generated parser: it drops or imagines a
 * token where that helps, otherwise leaves the rule and goes on where the tokens fit again.
 */
import { grammar, type RuleName, type State, tokenOrder } from './grammar.ts'
import type { Token, TokenKind } from './lexer.ts'
import { type Frame, nextTokens, predict } from './predict.ts'
import type { Issue } from './source.ts'

const recoveriesMax = 30
const skippedMax = 256

/** Thrown to leave a rule that cannot go on. */
class Mismatch extends Error {
  readonly report: string
  readonly offset: number
  constructor(report: string, offset: number) {
    super(report)
    this.report = report
    this.offset = offset
  }
}
class GivesUp extends Error {}

function shown(text: string): string {
  return `'${text.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}'`
}

function listed(tokens: ReadonlySet<TokenKind>): string {
  const sorted = tokenOrder.filter((kind) => tokens.has(kind))
  return sorted.length === 1 ? sorted[0]! : `{${sorted.join(', ')}}`
}

class Diagnosis {
  readonly issues: Issue[] = []
  readonly #source: string
  readonly #tokens: readonly Token[]
  readonly #frames: Frame[] = []
  #at = 0
  #state: State | undefined
  /** Nothing is reported until a token fits again. */
  #recovering = false
  #lastErrorAt = -1
  readonly #lastErrorStates = new Set<State>()
  #recoveries = 0

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source
    this.#tokens = tokens
  }

  run(): void {
    try {
      this.#rule('start', undefined, 0)
    } catch (error) {
      if (!(error instanceof GivesUp)) throw error
    }
  }

  #kind(ahead = 0): TokenKind {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!.kind
  }

  get #token(): Token {
    return this.#tokens[this.#at]!
  }

  #consume(): void {
    if (this.#at < this.#tokens.length - 1) this.#at++
  }

  #report(message: string, offset = this.#token.offset): void {
    // Kubernetes: words kept for values are told apart.
    const word = /^no viable alternative at input '.(true|false|null)'$/s.exec(message)?.[1]
    const text = word === undefined ? message : `mismatched input '${word}' expecting IDENTIFIER`
    this.issues.push({ offset, message: `Syntax error: ${text}` })
  }

  #countRecovery(): void {
    if (this.#recoveries++ < recoveriesMax) return
    this.#report(`error recovery attempt limit exceeded: ${recoveriesMax}`)
    throw new GivesUp()
  }

  #rule(rule: RuleName, follow: State | undefined, precedence: number): void {
    this.#frames.push({ rule, follow, precedence })
    try {
      this.#walk(grammar().starts[rule])
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error
      if (!this.#recovering) this.#report(error.report, error.offset)
      this.#recovering = true
      this.#recover()
    }
    this.#frames.pop()
  }

  #walk(start: State): void {
    let state = start
    while (state.kind !== 'stop') {
      this.#state = state
      const isDecision = state.transitions.length > 1
      // The start of a loop that runs at least once is checked although it decides nothing.
      if (isDecision || state.kind === 'block') this.#sync(state)
      const transition = state.transitions[isDecision ? this.#decide(state) : 0]!
      if (transition.kind === 'tokens') this.#match(transition.tokens)
      else if (transition.kind === 'rule') this.#rule(transition.rule, transition.target, transition.precedence)
      state = transition.target
    }
  }

  #decide(state: State): number {
    const decided = predict(state, (ahead) => this.#kind(ahead), this.#frames)
    if ('alternative' in decided) return decided.alternative
    const first = this.#token
    const last = this.#tokens[Math.min(this.#at + decided.failedAt, this.#tokens.length - 1)]!
    const end = last.kind === '<EOF>' ? last.offset : last.offset + last.text.length
    const text = first.kind === '<EOF>' ? '<EOF>' : this.#source.slice(first.offset, end).replaceAll('\0', '')
    throw new Mismatch(`no viable alternative at input ${shown(text)}`, last.offset)
  }

  /** What may come next here, callers included. */
  #expected(): ReadonlySet<TokenKind> {
    const first = nextTokens(this.#state!)
    const all = new Set(first.tokens)
    let { atEnd } = first
    for (let at = this.#frames.length - 1; atEnd && at >= 0; at--) {
      const { follow } = this.#frames[at]!
      if (follow === undefined) break
      const after = nextTokens(follow)
      for (const token of after.tokens) all.add(token)
      atEnd = after.atEnd
    }
    return all
  }

  #sync(state: State): void {
    if (this.#recovering) return
    const { tokens, atEnd } = nextTokens(state)
    if (tokens.has(this.#kind()) || atEnd) return
    if (state.kind === 'loopBack') {
      this.#reportUnwanted()
      const follow = new Set([...this.#expected(), ...this.#recoverySet()])
      this.#skipUntil(follow)
      return
    }
    if (this.#dropOne()) return
    throw this.#mismatch()
  }

  #mismatch(): Mismatch {
    return new Mismatch(
      `mismatched input ${shown(this.#token.text)} expecting ${listed(this.#expected())}`,
      this.#token.offset,
    )
  }

  #reportUnwanted(): void {
    if (this.#recovering) return
    this.#recovering = true
    this.#report(`extraneous input ${shown(this.#token.text)} expecting ${listed(this.#expected())}`)
  }

  /** Drops the token when the one behind it fits. */
  #dropOne(): boolean {
    if (!this.#expected().has(this.#kind(1))) return false
    this.#reportUnwanted()
    this.#consume()
    this.#recovering = false
    return true
  }

  #match(wanted: readonly TokenKind[]): void {
    if (wanted.includes(this.#kind())) {
      this.#recovering = false
      this.#lastErrorStates.clear()
      this.#lastErrorAt = -1
      this.#consume()
      return
    }
    this.#countRecovery()
    if (this.#dropOne()) {
      this.#consume()
      return
    }
    if (this.#fitsAfter()) {
      if (!this.#recovering) {
        this.#recovering = true
        this.#report(`missing ${listed(this.#expected())} at ${shown(this.#token.text)}`)
      }
      return
    }
    throw this.#mismatch()
  }

  /** Whether the token would fit if the wanted one were there. */
  #fitsAfter(): boolean {
    const state = this.#state!
    const before = this.#state
    this.#state = state.transitions[0]!.target
    const fits = this.#expected().has(this.#kind())
    this.#state = before
    return fits
  }

  #recoverySet(): ReadonlySet<TokenKind> {
    const all = new Set<TokenKind>()
    for (const { follow } of this.#frames) {
      if (follow !== undefined) for (const token of nextTokens(follow).tokens) all.add(token)
    }
    return all
  }

  #recover(): void {
    this.#countRecovery()
    const state = this.#state!
    if (this.#lastErrorAt === this.#at && this.#lastErrorStates.has(state)) this.#consume()
    this.#lastErrorAt = this.#at
    this.#lastErrorStates.add(state)
    this.#skipUntil(this.#recoverySet())
  }

  #skipUntil(wanted: ReadonlySet<TokenKind>): void {
    for (let skipped = 0; this.#kind() !== '<EOF>' && !wanted.has(this.#kind()); skipped++) {
      if (skipped >= skippedMax) {
        this.issues.push({ offset: -1, message: `error recovery token lookahead limit exceeded: ${skippedMax}` })
        throw new GivesUp()
      }
      this.#consume()
    }
  }
}

/** The syntax errors of an expression. */
export function syntaxIssues(source: string, tokens: readonly Token[]): readonly Issue[] {
  const diagnosis = new Diagnosis(source, tokens)
  diagnosis.run()
  return diagnosis.issues
}
