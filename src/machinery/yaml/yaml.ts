import { dump, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml'
import { plainScalar } from './scalar.ts'

/** A text that is not YAML, or not YAML that JSON can hold; the message is worded as Kubernetes words it. */
export class YamlError extends Error {
  override name = 'YamlError'
}
/** One document as JSON, and the keys given twice in it (the last one counts), as `line 3: key "a" already set in map`. */
export interface YamlDocument {
  readonly value: unknown
  readonly duplicates: readonly string[]
}

/** Deeper nesting is refused. */
const depthMax = 1000
/** More nodes than this, aliases counted each time they are used, are refused: they are what bombs are made of. */
const nodesMax = 4_000_000

type Event = ReturnType<typeof parseEvents>[number]
interface Frame {
  readonly value: unknown[] | Record<string, unknown>
  readonly anchor: string | undefined
  key: string | undefined
  /** Keys that came by merge and give way to the mapping's own. */
  merged: Set<string> | undefined
  /** A mapping to merge once it is complete. */
  merging: { readonly value: unknown; readonly line: number } | undefined
}

const failure = (line: number, reason: string, cause?: unknown) =>
  new YamlError(`error converting YAML to JSON: yaml: line ${line}: ${reason}`, { cause })

/** Every document of a stream, in order. Throws YamlError. */
export function parseYamlDocuments(text: string): YamlDocument[] {
  return build(text, eventsOf(text))
}

/** The first document of a stream as JSON; null when there is none. Throws YamlError. */
export function parseYaml(text: string): YamlDocument {
  return build(text, eventsOf(text))[0] ?? { value: null, duplicates: [] }
}

/** Go-yaml's sentence where the parser's own would be strange to those who know Kubernetes. */
const reasons: readonly (readonly [string, string])[] = [
  ['bad indentation of a mapping entry', 'mapping values are not allowed in this context'],
  ['tab characters must not be used in indentation', 'found character that cannot start any token'],
  ['unexpected end of the stream within a flow collection', "did not find expected ',' or ']'"],
  ['unexpected end of the stream within a', 'found unexpected end of stream'],
  ['end of the stream or a document separator is expected', "could not find expected ':'"],
  ['can not read a block mapping entry', "could not find expected ':'"],
  ['bad indentation of a sequence entry', "did not find expected '-' indicator"],
  ['the stream contains non-printable characters', 'control characters are not allowed'],
  ['nesting exceeded maxDepth', `exceeded max depth of ${depthMax}`],
]

function eventsOf(text: string): Event[] {
  try {
    return parseEvents(text, { maxDepth: depthMax })
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    const reason = reasons.find(([start]) => error.reason.startsWith(start))?.[1] ?? error.reason
    throw failure((error.mark?.line ?? 0) + 1, reason, error)
  }
}

/** Builds JSON from the events. One pass with its own stack, so depth costs no stack of the machine. */
function build(text: string, events: readonly Event[]): YamlDocument[] {
  const documents: YamlDocument[] = []
  const lineAt = lineCounter(text)
  let stack: Frame[] = []
  let anchors = new Map<string, unknown>()
  let duplicates: string[] = []
  let root: unknown = null
  let nodes = 0

  const place = (value: unknown, position: number) => {
    const frame = stack.at(-1)
    if (frame === undefined) root = value
    else if (Array.isArray(frame.value)) frame.value.push(value)
    else if (frame.key === undefined) frame.key = keyText(value, lineAt(position))
    else {
      setMember(frame, frame.key, value, position)
      frame.key = undefined
    }
  }
  const setMember = (frame: Frame, key: string, value: unknown, position: number) => {
    const members = frame.value as Record<string, unknown>
    if (key === '<<' && (typeof value === 'object' || value === null)) {
      frame.merging = { value, line: lineAt(position) }
      return
    }
    if (Object.hasOwn(members, key) && frame.merged?.has(key) !== true)
      duplicates.push(`line ${lineAt(position)}: key ${JSON.stringify(key)} already set in map`)
    frame.merged?.delete(key)
    define(members, key, value)
  }
  const finishMerge = () => {
    const frame = stack.at(-1)
    if (frame?.merging === undefined) return
    merge(frame, frame.merging.value, frame.merging.line)
    frame.merging = undefined
  }
  const open = (event: Event & { anchorStart: number; anchorEnd: number; start: number }, value: Frame['value']) => {
    const anchor = event.anchorStart < 0 ? undefined : text.slice(event.anchorStart, event.anchorEnd)
    place(value, event.start)
    if (anchor !== undefined) anchors.set(anchor, value)
    stack.push({ value, anchor, key: undefined, merged: undefined, merging: undefined })
  }

  for (const event of events) {
    if (++nodes > nodesMax) throw failure(1, 'document contains excessive aliasing')
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        stack = []
        anchors = new Map()
        duplicates = []
        root = null
        break
      case EVENT_ID.SEQUENCE:
        open(event, [])
        break
      case EVENT_ID.MAPPING:
        open(event, {})
        break
      case EVENT_ID.SCALAR: {
        const position = event.valueStart < 0 ? Math.max(0, event.tagEnd) : event.valueStart
        const value = scalarOf(text, event, () => lineAt(position))
        if (event.anchorStart >= 0) anchors.set(text.slice(event.anchorStart, event.anchorEnd), value)
        place(value, position)
        break
      }
      case EVENT_ID.ALIAS: {
        const name = text.slice(event.anchorStart, event.anchorEnd)
        if (!anchors.has(name)) throw failure(lineAt(event.anchorStart), `unknown anchor '${name}' referenced`)
        if (stack.some((frame) => frame.anchor === name))
          throw failure(lineAt(event.anchorStart), `anchor '${name}' value contains itself`)
        const value = anchors.get(name)
        nodes += nodeCount(value, nodesMax - nodes)
        if (nodes > nodesMax) throw failure(lineAt(event.anchorStart), 'document contains excessive aliasing')
        place(structuredClone(value), event.anchorStart)
        finishMerge()
        break
      }
      case EVENT_ID.POP:
        if (stack.pop() === undefined) documents.push({ value: root, duplicates })
        else finishMerge()
        break
    }
  }
  return documents
}

function define(members: Record<string, unknown>, key: string, value: unknown): void {
  // A plain assignment to this one key would set the prototype instead.
  if (key === '__proto__')
    Object.defineProperty(members, key, { value, enumerable: true, writable: true, configurable: true })
  else members[key] = value
}

function merge(frame: Frame, value: unknown, line: number): void {
  const sources = Array.isArray(value) ? value : [value]
  for (const source of sources) {
    if (typeof source !== 'object' || source === null || Array.isArray(source))
      throw failure(line, 'map merge requires map or sequence of maps as the value')
    for (const [key, member] of Object.entries(source)) {
      if (Object.hasOwn(frame.value, key)) continue
      define(frame.value as Record<string, unknown>, key, member)
      frame.merged ??= new Set()
      frame.merged.add(key)
    }
  }
}

/** Kubernetes: keys that are numbers or booleans become their text, since JSON knows no other keys. */
function keyText(value: unknown, line: number): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object')
    throw failure(line, value === null ? 'unsupported map key: null' : 'invalid map key: map or sequence')
  return String(value)
}

function scalarOf(text: string, event: Event & { type: 4 }, line: () => number): unknown {
  const value = getScalarValue(text, event)
  const tag = event.tagStart < 0 ? '' : text.slice(event.tagStart, event.tagEnd)
  if (tag === '!!str' || tag === '!' || tag === '!!binary') return value
  if (event.style !== SCALAR_STYLE.PLAIN && tag === '') return value
  try {
    return plainScalar(value)
  } catch (error) {
    throw failure(line(), (error as Error).message, error)
  }
}

function nodeCount(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const inner of Object.values(value)) {
    count += nodeCount(inner, limit - count)
    if (count > limit) break
  }
  return count
}

/** Line numbers of growing positions, each found from the one before. */
function lineCounter(text: string): (position: number) => number {
  let line = 1
  let reached = 0
  return (position) => {
    if (position < reached) {
      line = 1
      reached = 0
    }
    for (; reached < position && reached < text.length; reached++) if (text.charCodeAt(reached) === 10) line++
    return line
  }
}

/** Whether an unquoted text would be read as something other than itself. */
function isAmbiguous(text: string): boolean {
  try {
    return plainScalar(text) !== text || /^\d{4}-\d{1,2}-\d{1,2}/.test(text) || /^[-+]?\d+(?::[0-5]?\d)+/.test(text)
  } catch {
    return true
  }
}

interface AnyNode {
  kind: string
  tag?: string
  style?: number
  value?: string
  items?: unknown[]
}

function quoteAmbiguous(node: AnyNode): void {
  if (node.kind === 'scalar') {
    if (node.tag === 'tag:yaml.org,2002:str' && isAmbiguous(node.value!)) node.style = SCALAR_STYLE.DOUBLE_QUOTED
    return
  }
  for (const item of node.items ?? []) {
    const pair = item as { key?: AnyNode; value: AnyNode }
    if (node.kind === 'sequence') quoteAmbiguous(item as AnyNode)
    else {
      quoteAmbiguous(pair.key!)
      quoteAmbiguous(pair.value)
    }
  }
}

/** A JSON value as YAML in kubectl's form: sorted keys, lists not indented, ambiguous texts quoted. Ends with a newline. */
export function yamlText(value: unknown): string {
  return dump(value, {
    sortKeys: true,
    noRefs: true,
    seqNoIndent: true,
    lineWidth: -1,
    skipInvalid: true,
    transform: (documents) => {
      for (const document of documents) if (document.contents !== null) quoteAmbiguous(document.contents as AnyNode)
    },
  })
}
