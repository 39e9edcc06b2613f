/** Splits an expression into tokens, naming what is none as the generated lexer does. */
import type { Issue } from './source.ts'

export type TokenKind =
  | 'NUM_FLOAT'
  | 'NUM_INT'
  | 'NUM_UINT'
  | 'STRING'
  | 'BYTES'
  | 'IDENTIFIER'
  | 'ESC_IDENTIFIER'
  | '<EOF>'
  // Symbols and words are their own kind, in quotes as messages print them.
  | `'${string}'`

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly offset: number
}

const escapeForm = '\\\\(?:[abfnrtv"\'\\\\?`]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})'
const stringForms = [
  `"""(?:${escapeForm}|[^\\\\])*?"""`,
  `'''(?:${escapeForm}|[^\\\\])*?'''`,
  `"(?:${escapeForm}|[^\\\\"\\n\\r])*"`,
  `'(?:${escapeForm}|[^\\\\'\\n\\r])*'`,
  `[rR]"""[^]*?"""`,
  `[rR]'''[^]*?'''`,
  `[rR]"[^"\\n\\r]*"`,
  `[rR]'[^'\\n\\r]*'`,
]
const anyString = `(?:${stringForms.join('|')})`
const stringPattern = new RegExp(anyString, 'uy')
const bytesPattern = new RegExp(`[bB]${anyString}`, 'uy')
const floatPattern = /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y
const uintPattern = /(?:0x[0-9a-fA-F]+|\d+)[uU]/y
const intPattern = /(?:0x[0-9a-fA-F]+|\d+)/y
const identifierPattern = /[A-Za-z_][A-Za-z0-9_]*/y
const escapedIdentifierPattern = /`[A-Za-z0-9_.\-/ ]+`/y
const hiddenPattern = /(?:[\t \r\n\f]+|\/\/[^\n]*)/y
const symbolPattern = /(?:==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%])/y
const words = new Set(['in', 'true', 'false', 'null'])

/** Longest match wins; among equals the earlier. */
const patterns: readonly (readonly [TokenKind | 'symbol' | 'word', RegExp])[] = [
  ['symbol', symbolPattern],
  ['NUM_FLOAT', floatPattern],
  ['NUM_INT', intPattern],
  ['NUM_UINT', uintPattern],
  ['STRING', stringPattern],
  ['BYTES', bytesPattern],
  ['word', identifierPattern],
  ['ESC_IDENTIFIER', escapedIdentifierPattern],
]

/** How far the lexer would have read before it knew that no token starts here. */
function badLength(source: string, at: number): number {
  const rest = source.slice(at)
  const quoted = /^(?:[bB]?[rR]?)(?:"|')/.exec(rest)
  if (quoted !== null) {
    const quote = rest[quoted[0].length - 1]!
    const raw = /[rR]/.test(quoted[0])
    let end = quoted[0].length
    const triple = rest.startsWith(quote.repeat(3), quoted[0].length - 1)
    if (triple) end = quoted[0].length + 2
    while (end < rest.length) {
      const character = rest[end]!
      if (!triple && (character === '\n' || character === '\r')) break
      if (character === '\\' && !raw) {
        const found = new RegExp(`^${escapeForm}`, 'u').exec(rest.slice(end))
        if (found === null) {
          // The lexer goes on as far as the start of an escape can be read.
          end += 1
          const tail = /^(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)/.exec(rest.slice(end))
          return end + (tail?.[0].length ?? 0) + (end + (tail?.[0].length ?? 0) < rest.length ? 1 : 0)
        }
        end += found[0].length
        continue
      }
      end += String.fromCodePoint(rest.codePointAt(end)!).length
    }
    return end < rest.length ? end + 1 : end
  }
  if (rest[0] === '`') {
    const inside = /^`[A-Za-z0-9_.\-/ ]*/.exec(rest)![0].length
    return inside < rest.length ? inside + String.fromCodePoint(rest.codePointAt(inside)!).length : inside
  }
  const first = String.fromCodePoint(rest.codePointAt(0)!).length
  // One half of a doubled symbol takes the character that should have been its other half.
  if (/^[=&|]/.test(rest) && rest.length > 1) return 1 + String.fromCodePoint(rest.codePointAt(1)!).length
  return first
}

/** Tokens, and what could not be read. */
export interface Lexed {
  readonly tokens: readonly Token[]
  readonly issues: readonly Issue[]
  /** The source with what could not be read left blank: NUL characters, which no text has otherwise. */
  readonly readable: string
}

/** The tokens of an expression, ended by `<EOF>`, and what could not be read. */
export function tokensOf(source: string): Lexed {
  const tokens: Token[] = []
  const issues: Issue[] = []
  let readable = source
  let at = 0
  while (at < source.length) {
    hiddenPattern.lastIndex = at
    const hidden = hiddenPattern.exec(source)
    if (hidden !== null) {
      at += hidden[0].length
      continue
    }
    let kind: TokenKind | undefined
    let text = ''
    for (const [name, pattern] of patterns) {
      pattern.lastIndex = at
      const found = pattern.exec(source)?.[0]
      if (found === undefined || found.length <= text.length) continue
      text = found
      kind =
        name === 'symbol' || (name === 'word' && words.has(found))
          ? `'${found}'`
          : name === 'word'
            ? 'IDENTIFIER'
            : name
    }
    if (kind === undefined) {
      const bad = source.slice(at, at + badLength(source, at))
      issues.push({ offset: at, message: `Syntax error: token recognition error at: '${bad}'` })
      readable = readable.slice(0, at) + '\0'.repeat(bad.length) + readable.slice(at + bad.length)
      at += bad.length
      continue
    }
    tokens.push({ kind, text, offset: at })
    at += text.length
  }
  tokens.push({ kind: '<EOF>', text: '<EOF>', offset: source.length })
  return { tokens, issues, readable }
}
