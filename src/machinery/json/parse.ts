import { syntaxErrorText } from './syntax.ts'

/** JSON that cannot be read; the message is the one Go's decoder gives. */
export class JsonSyntaxError extends Error {
  override name = 'JsonSyntaxError'
}

/** A parsed document and the names given twice in one object, as strict decoding words them. */
export interface ParsedJson {
  readonly value: any
  /** `duplicate field "spec.replicas"`; the last value given is the one that counts. */
  readonly findings: readonly string[]
  /** Every member's path in the order of the text; there only when some name was given twice. */
  readonly paths?: readonly string[]
}

/** Unlike Kubernetes, which takes ten times as much: what follows recurses over documents, on a stack that has an end. */
const depthMax = 1000
const findingsMax = 100
const quickLengthMax = 64 << 10
const decoder = new TextDecoder()

/** Reads one JSON document. Throws JsonSyntaxError. */
export function parseJsonStrict(source: Uint8Array | string): ParsedJson {
  const text = typeof source === 'string' ? source : decoder.decode(source)
  const quick = parsedAsWritten(text)
  if (quick !== undefined) return quick
  const members = countMembers(text)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new JsonSyntaxError(syntaxErrorText(text), { cause: error })
  }
  // As many names in the text as in the value means that none was given twice, which is nearly always so.
  return members === membersOf(value) ? { value, findings: [] } : { value, ...duplicates(text) }
}

/**
 * A text that is what its value is written as, as programs send it: a name given twice would be missing from that. Undefined for
 * any other text, and for those of which that is not found out quickly.
 */
function parsedAsWritten(text: string): ParsedJson | undefined {
  if (text.length > quickLengthMax) return undefined
  // No text nests deeper than it has brackets.
  let opened = 0
  for (const bracket of '{[')
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1))
      if (++opened > depthMax) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const written = JSON.stringify(value)
    const isSame = text.length - written.length <= 1 && (text === written || text === `${written}\n`)
    return isSame ? { value, findings: [] } : undefined
  } catch {
    return undefined
  }
}

/** How many names the text gives to members; refuses texts that nest too deeply before anything recurses over them. */
function countMembers(text: string): number {
  let members = 0
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 34) {
      at = endOfString(text, at)
      if (at < 0) return -1
    } else if (code === 58) members += 1
    else if (code === 123 || code === 91) {
      depth += 1
      if (depth > depthMax) throw new JsonSyntaxError('exceeded max depth')
    } else if (code === 125 || code === 93) depth -= 1
  }
  return members
}

/** The place of the quotation mark that ends the string begun at `start`, or -1. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && text.charCodeAt(end - 1) === 92) {
    let slashes = 1
    while (text.charCodeAt(end - 1 - slashes) === 92) slashes += 1
    if (slashes % 2 === 0) break
    end = text.indexOf('"', end + 1)
  }
  return end
}

function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') members += membersOf(item)
    return members
  }
  for (const key in value) {
    members += 1
    const member = (value as Record<string, unknown>)[key]
    if (typeof member === 'object') members += membersOf(member)
  }
  return members
}

interface Frame {
  /** Names seen so far in an object; undefined in a list. */
  readonly seen: Set<string> | undefined
  readonly path: string
  name: string
  index: number
}

/** Reports of unknown fields merged with those of names given twice, as decoding into Go's structs meets them: fields no struct has are only unknown. */
export function inTextOrder(paths: readonly string[], unknown: readonly string[]): readonly string[] {
  const unknowns = new Set(unknown)
  const seen = new Set<string>()
  const merged = new Set<string>()
  for (const path of paths) {
    const named = JSON.stringify(path)
    const finding = `unknown field ${named}`
    if (unknowns.has(finding)) merged.add(finding)
    else if (seen.has(path)) merged.add(`duplicate field ${named}`)
    seen.add(path)
  }
  return [...new Set([...merged, ...unknown])].slice(0, findingsMax)
}

/** The names given twice, in the order of the text, which is known to be well formed, and all paths in it. */
function duplicates(text: string): { readonly findings: readonly string[]; readonly paths: readonly string[] } {
  const findings = new Set<string>()
  const paths: string[] = []
  const frames: Frame[] = []
  for (let at = 0; at < text.length && findings.size < findingsMax; at += 1) {
    const letter = text[at]
    const frame = frames.at(-1)
    if (letter === '{' || letter === '[') {
      frames.push({ seen: letter === '{' ? new Set() : undefined, path: pathWithin(frame), name: '', index: 0 })
    } else if (letter === '}' || letter === ']') frames.pop()
    else if (letter === ',' && frame?.seen === undefined && frame !== undefined) frame.index += 1
    else if (letter === '"') {
      const end = endOfString(text, at)
      const isName = frame?.seen !== undefined && isBeforeColon(text, end + 1)
      if (isName) {
        frame.name = JSON.parse(text.slice(at, end + 1)) as string
        const path = pathWithin(frame)
        paths.push(path)
        if (frame.seen.has(frame.name)) findings.add(`duplicate field ${JSON.stringify(path)}`)
        frame.seen.add(frame.name)
      }
      at = end
    }
  }
  return { findings: [...findings], paths }
}
function isBeforeColon(text: string, start: number): boolean {
  let at = start
  while (' \t\r\n'.includes(text[at] ?? 'x')) at += 1
  return text[at] === ':'
}
function pathWithin(frame: Frame | undefined): string {
  if (frame === undefined) return ''
  if (frame.seen === undefined) return `${frame.path}[${frame.index}]`
  return frame.path === '' ? frame.name : `${frame.path}.${frame.name}`
}
