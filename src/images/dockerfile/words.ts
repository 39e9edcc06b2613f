/** Values of names; undefined when a name has none. */
export type Variables = (name: string) => string | undefined

/** Words apart at blanks; quotes and backslashes are kept for `expanded`. */
export function splitWords(text: string): readonly string[] {
  const words: string[] = []
  let word = ''
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '\\' && quote !== "'" && at + 1 < text.length) {
      word += char + text[++at]!
      continue
    }
    if (quote !== '') {
      if (char === quote) quote = ''
      word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word += char
    } else if (/\s/.test(char)) {
      if (word !== '') words.push(word)
      word = ''
    } else word += char
  }
  return word === '' ? words : [...words, word]
}

/** A word with its variables put in and its quotes taken away, as a shell would; throws an Error that says why not. */
export function expanded(word: string, variables: Variables): string {
  let result = ''
  let quote = ''
  for (let at = 0; at < word.length; ) {
    const char = word[at]!
    if (char === "'" && quote !== '"') {
      quote = quote === "'" ? '' : "'"
      at++
    } else if (quote === "'") {
      result += char
      at++
    } else if (char === '"') {
      quote = quote === '"' ? '' : '"'
      at++
    } else if (char === '\\' && at + 1 < word.length) {
      const next = word[at + 1]!
      // Docker: between double quotes a backslash is kept unless it saves something.
      result += quote === '"' && !'"$\\'.includes(next) ? char + next : next
      at += 2
    } else if (char === '$') {
      const { value, end } = variableAt(word, at, variables)
      result += value
      at = end
    } else {
      result += char
      at++
    }
  }
  if (quote !== '') throw new Error(`the quote ${quote} is not closed`)
  return result
}

function variableAt(word: string, at: number, variables: Variables): { readonly value: string; readonly end: number } {
  const plain = /^\$([A-Za-z_]\w*|\d)/.exec(word.slice(at))
  if (plain !== null) return { value: variables(plain[1]!) ?? '', end: at + plain[0].length }
  if (word[at + 1] !== '{') return { value: '$', end: at + 1 }
  const close = closingBrace(word, at + 1)
  const inside = word.slice(at + 2, close)
  const match = /^([A-Za-z_]\w*)(?:(:?[-+?])([\s\S]*))?$/.exec(inside)
  if (match === null)
    throw new Error(`\${${inside}} is not understood; write \${NAME}, \${NAME:-word} or \${NAME:+word}`)
  const [, name = '', operator = '', other = ''] = match
  const known = variables(name)
  const isSet = known !== undefined && !(operator.startsWith(':') && known === '')
  const end = close + 1
  if (operator.endsWith('-')) return { value: isSet ? known : expanded(other, variables), end }
  if (operator.endsWith('+')) return { value: isSet ? expanded(other, variables) : '', end }
  if (operator.endsWith('?') && !isSet) throw new Error(`${name}: ${expanded(other, variables) || 'is not set'}`)
  return { value: known ?? '', end }
}

function closingBrace(word: string, open: number): number {
  let depth = 0
  for (let at = open; at < word.length; at++) {
    if (word[at] === '{') depth++
    if (word[at] === '}' && --depth === 0) return at
  }
  throw new Error('a ${ is not closed')
}

/** The pairs of ENV and LABEL: `NAME=value …`, or the old `NAME value`. */
export function pairsOf(rest: string): readonly (readonly [string, string])[] {
  const words = splitWords(rest)
  const [first = ''] = words
  if (!first.includes('=')) {
    const value = rest.slice(first.length).trim()
    if (value === '') throw new Error(`${first} has no value; write ${first}=value`)
    return [[first, value]]
  }
  return words.map((word) => {
    const equals = word.indexOf('=')
    if (equals < 1) throw new Error(`${word} has no value; write ${word}=value`)
    return [word.slice(0, equals), word.slice(equals + 1)]
  })
}
