/** What a string or bytes literal says. */

const plain: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
}

const encoder = new TextEncoder()

interface Piece {
  readonly text?: string
  readonly byte?: number
}

/** The literal's text without quotes, and whether escapes in it mean anything. */
function inner(literal: string): { readonly body: string; readonly raw: boolean } {
  const text = literal.replaceAll('\r\n', '\n').replaceAll('\r', '\n')
  const raw = text[0] === 'r' || text[0] === 'R'
  const quoted = raw ? text.slice(1) : text
  const width = quoted.length >= 6 && (quoted.startsWith('"""') || quoted.startsWith("'''")) ? 3 : 1
  return { body: quoted.slice(width, quoted.length - width), raw }
}

function* piecesOf(body: string, bytes: boolean): Generator<Piece> {
  let at = 0
  while (at < body.length) {
    const slash = body.indexOf('\\', at)
    if (slash === -1) {
      yield { text: body.slice(at) }
      return
    }
    if (slash > at) yield { text: body.slice(at, slash) }
    const mark = body[slash + 1] ?? ''
    const simple = plain[mark]
    if (simple !== undefined) {
      yield { text: simple }
      at = slash + 2
      continue
    }
    const octal = mark >= '0' && mark <= '3'
    const length = octal ? 3 : mark === 'u' ? 4 : mark === 'U' ? 8 : 2
    const start = octal ? slash + 1 : slash + 2
    const code = Number.parseInt(body.slice(start, start + length), octal ? 8 : 16)
    if (bytes && (mark === 'u' || mark === 'U')) throw new SyntaxError('unable to unescape string')
    if (bytes) yield { byte: code }
    else if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new SyntaxError('invalid unicode code point')
    else yield { text: String.fromCodePoint(code) }
    at = start + length
  }
}

/** The text of a string literal. Throws a SyntaxError whose message is CEL's. */
export function unescapeString(literal: string): string {
  const { body, raw } = inner(literal)
  if (raw || !body.includes('\\')) return body
  return [...piecesOf(body, false)].map(({ text }) => text).join('')
}

/** The bytes of a bytes literal, without its `b`. */
export function unescapeBytes(literal: string): Uint8Array {
  const { body, raw } = inner(literal)
  if (raw) return encoder.encode(body)
  const parts = [...piecesOf(body, true)].map(({ text, byte }) =>
    byte === undefined ? encoder.encode(text) : Uint8Array.of(byte),
  )
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
