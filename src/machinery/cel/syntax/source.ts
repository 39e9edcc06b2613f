/** The text of an expression, and what is said about places in it. */

/** Something wrong with an expression, at a place. Offset -1 means no place. */
export interface Issue {
  readonly offset: number
  readonly message: string
}

/** Kubernetes: lines longer than this are not repeated below their error. */
const snippetLengthMax = 16384
const issuesMax = 100

interface Place {
  readonly line: number
  /** Code points before the place on its line. */
  readonly column: number
  readonly text: string
}

function placeOf(source: string, offset: number): Place {
  if (offset < 0) return { line: -1, column: -1, text: '' }
  // Kubernetes: the end of nothing is before its first column.
  if (source === '') return { line: 1, column: -1, text: '' }
  const before = source.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  const lineEnd = source.indexOf('\n', offset)
  return {
    line: before.split('\n').length,
    column: [...before.slice(lineStart)].length,
    text: source.slice(lineStart, lineEnd === -1 ? source.length : lineEnd),
  }
}

function isWide(character: string | undefined): boolean {
  return character !== undefined && character > '\u007f'
}

function shown(place: Place, message: string): string {
  const head = `ERROR: <input>:${place.line}:${place.column + 1}: ${message}`
  if (place.column < 0 || place.text.length > snippetLengthMax) return head
  const characters = [...place.text.replaceAll('\t', ' ')]
  const dots = characters.slice(0, place.column).map((character) => (isWide(character) ? '\uff0e' : '.'))
  const mark = isWide(characters[place.column]) ? '\uff3e' : '^'
  return `${head}\n | ${characters.join('')}\n | ${dots.join('')}${mark}`
}

/** All issues of an expression as one text, in the order of their places. */
export function issuesText(source: string, issues: readonly Issue[]): string {
  const placed = issues
    .slice(0, issuesMax)
    .map(({ offset, message }) => ({ place: placeOf(source, offset), message }))
    .sort((left, right) => left.place.line - right.place.line || left.place.column - right.place.column)
    .map(({ place, message }) => shown(place, message))
  const left = issues.length - issuesMax
  return (left > 0 ? [...placed, `${left} more errors were truncated`] : placed).join('\n')
}
