/** Why Go's scanner would refuse a JSON text; called only for texts that are known to be malformed. */
export function syntaxErrorText(text: string): string {
  const scan: Scan = { text, at: 0, error: undefined }
  if (value(scan, 'looking for beginning of value')) {
    space(scan)
    if (scan.at < text.length) scan.error = `invalid character ${quoted(scan)} after top-level value`
  }
  return scan.error ?? unexpectedEnd
}

interface Scan {
  readonly text: string
  at: number
  error: string | undefined
}
const unexpectedEnd = 'unexpected end of JSON input'

function quoted({ text, at }: Scan): string {
  const letter = String.fromCodePoint(text.codePointAt(at)!)
  if (letter === "'") return "'\\''"
  if (letter === '"') return "'\"'"
  return `'${JSON.stringify(letter).slice(1, -1)}'`
}
function refuse(scan: Scan, context: string): false {
  scan.error = scan.at >= scan.text.length ? unexpectedEnd : `invalid character ${quoted(scan)} ${context}`
  return false
}
function space(scan: Scan): void {
  while (' \t\r\n'.includes(scan.text[scan.at] ?? 'x')) scan.at += 1
}

function value(scan: Scan, context: string): boolean {
  space(scan)
  const letter = scan.text[scan.at]
  if (letter === '{') return object(scan)
  if (letter === '[') return list(scan)
  if (letter === '"') return string(scan)
  if (letter === 't') return literal(scan, 'true')
  if (letter === 'f') return literal(scan, 'false')
  if (letter === 'n') return literal(scan, 'null')
  if (letter === '-' || (letter !== undefined && letter >= '0' && letter <= '9')) return number(scan)
  return refuse(scan, context)
}
function object(scan: Scan): boolean {
  scan.at += 1
  space(scan)
  if (scan.text[scan.at] === '}') return step(scan)
  for (;;) {
    space(scan)
    if (scan.text[scan.at] !== '"') return refuse(scan, 'looking for beginning of object key string')
    if (!string(scan)) return false
    space(scan)
    if (scan.text[scan.at] !== ':') return refuse(scan, 'after object key')
    scan.at += 1
    if (!value(scan, 'looking for beginning of value')) return false
    space(scan)
    if (scan.text[scan.at] === '}') return step(scan)
    if (scan.text[scan.at] !== ',') return refuse(scan, 'after object key:value pair')
    scan.at += 1
  }
}
function list(scan: Scan): boolean {
  scan.at += 1
  space(scan)
  if (scan.text[scan.at] === ']') return step(scan)
  for (;;) {
    if (!value(scan, 'looking for beginning of value')) return false
    space(scan)
    if (scan.text[scan.at] === ']') return step(scan)
    if (scan.text[scan.at] !== ',') return refuse(scan, 'after array element')
    scan.at += 1
  }
}
function step(scan: Scan): true {
  scan.at += 1
  return true
}
function string(scan: Scan): boolean {
  for (scan.at += 1; scan.at < scan.text.length; scan.at += 1) {
    const letter = scan.text[scan.at]!
    if (letter === '"') return step(scan)
    if (letter < ' ') return refuse(scan, 'in string literal')
    if (letter !== '\\') continue
    scan.at += 1
    if (scan.text[scan.at] === 'u') {
      for (let digits = 0; digits < 4; digits += 1) {
        scan.at += 1
        if (!/[0-9a-fA-F]/.test(scan.text[scan.at] ?? '')) return refuse(scan, 'in \\u hexadecimal character escape')
      }
    } else if (!'bfnrt\\/"'.includes(scan.text[scan.at] ?? 'x')) return refuse(scan, 'in string escape code')
  }
  return refuse(scan, '')
}
function literal(scan: Scan, word: string): boolean {
  for (let place = 1; place < word.length; place += 1) {
    scan.at += 1
    if (scan.text[scan.at] !== word[place]) return refuse(scan, `in literal ${word} (expecting '${word[place]}')`)
  }
  return step(scan)
}
function number(scan: Scan): boolean {
  const digit = () => /[0-9]/.test(scan.text[scan.at] ?? '')
  const digits = () => {
    while (digit()) scan.at += 1
  }
  if (scan.text[scan.at] === '-') {
    scan.at += 1
    if (!digit()) return refuse(scan, 'in numeric literal')
  }
  if (scan.text[scan.at] === '0') scan.at += 1
  else digits()
  if (scan.text[scan.at] === '.') {
    scan.at += 1
    if (!digit()) return refuse(scan, 'after decimal point in numeric literal')
    digits()
  }
  if (scan.text[scan.at] === 'e' || scan.text[scan.at] === 'E') {
    scan.at += 1
    if (scan.text[scan.at] === '+' || scan.text[scan.at] === '-') scan.at += 1
    if (!digit()) return refuse(scan, 'in exponent of numeric literal')
    digits()
  }
  return true
}
