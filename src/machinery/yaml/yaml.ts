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
/** As many nodes may come by aliases in any document. */
const aliasedFreely = 10_000

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

/** What is built so far of a stream. */
interface Build {
  readonly text: string
  readonly lineAt: (position: number) => number
  readonly documents: YamlDocument[]
  stack: Frame[]
  anchors: Map<string, unknown>
  duplicates: string[]
  root: unknown
  nodes: number
  /** How many of the nodes came by aliases. */
  aliased: number
  aliases: number
  /** How many nodes an anchored value stands for. */
  readonly counts: Map<unknown, number>
}
type Anchored = Event & { readonly anchorStart: number; readonly anchorEnd: number }

/** Builds JSON from the events. One pass with its own stack, so depth costs no stack of the machine. */
function build(text: string, events: readonly Event[]): YamlDocument[] {
  const built: Build = {
    text,
    lineAt: lineCounter(text),
    documents: [],
    stack: [],
    anchors: new Map(),
    duplicates: [],
    root: null,
    nodes: 0,
    aliased: 0,
    aliases: 0,
    counts: new Map(),
  }
  for (const event of events) addEvent(built, event)
  return built.documents
}

function addEvent(built: Build, event: Event): void {
  if (++built.nodes > nodesMax) throw failure(1, 'document contains excessive aliasing')
  switch (event.type) {
    case EVENT_ID.DOCUMENT:
      built.stack = []
      built.anchors = new Map()
      built.duplicates = []
      built.root = null
      break
    case EVENT_ID.SEQUENCE:
      open(built, event, [])
      break
    case EVENT_ID.MAPPING:
      open(built, event, {})
      break
    case EVENT_ID.SCALAR: {
      const position = event.valueStart < 0 ? Math.max(0, event.tagEnd) : event.valueStart
      const value = scalarOf(built.text, event, () => built.lineAt(position))
      if (event.anchorStart >= 0) built.anchors.set(anchorName(built, event), value)
      place(built, value, position)
      break
    }
    case EVENT_ID.ALIAS:
      place(built, aliased(built, event), event.anchorStart)
      finishMerge(built)
      break
    case EVENT_ID.POP:
      if (built.stack.pop() === undefined) built.documents.push({ value: built.root, duplicates: built.duplicates })
      else finishMerge(built)
      break
  }
}

const anchorName = ({ text }: Build, event: Anchored) => text.slice(event.anchorStart, event.anchorEnd)

/** Puts a value where the innermost open collection wants one. */
function place(built: Build, value: unknown, position: number): void {
  const frame = built.stack.at(-1)
  if (frame === undefined) built.root = value
  else if (Array.isArray(frame.value)) frame.value.push(value)
  else if (frame.key === undefined) frame.key = keyText(value, built.lineAt(position))
  else {
    setMember(built, frame, value, position)
    frame.key = undefined
  }
}

function setMember(built: Build, frame: Frame, value: unknown, position: number): void {
  const members = frame.value as Record<string, unknown>
  const key = frame.key!
  if (key === '<<' && (typeof value === 'object' || value === null)) {
    frame.merging = { value, line: built.lineAt(position) }
    return
  }
  if (Object.hasOwn(members, key) && frame.merged?.has(key) !== true)
    built.duplicates.push(`line ${built.lineAt(position)}: key ${JSON.stringify(key)} already set in map`)
  frame.merged?.delete(key)
  define(members, key, value)
}

function finishMerge({ stack }: Build): void {
  const frame = stack.at(-1)
  if (frame?.merging === undefined) return
  merge(frame, frame.merging.value, frame.merging.line)
  frame.merging = undefined
}

function open(built: Build, event: Anchored & { readonly start: number }, value: Frame['value']): void {
  const anchor = event.anchorStart < 0 ? undefined : anchorName(built, event)
  place(built, value, event.start)
  if (anchor !== undefined) built.anchors.set(anchor, value)
  built.stack.push({ value, anchor, key: undefined, merged: undefined, merging: undefined })
}

/** Kubernetes: of a large document only so much may come by aliases, the less the larger it is. */
function isExcessive({ nodes, aliased, aliases }: Build): boolean {
  if (nodes > nodesMax) return true
  if (aliases <= 100 && aliased <= aliasedFreely) return false
  const share = nodes <= 400_000 ? 0.99 : 0.99 - 0.89 * ((nodes - 400_000) / (nodesMax - 400_000))
  return nodes > 1000 && aliased / nodes > share
}

function aliased(built: Build, event: Anchored): unknown {
  const name = anchorName(built, event)
  const fail = (reason: string) => failure(built.lineAt(event.anchorStart), reason)
  if (!built.anchors.has(name)) throw fail(`unknown anchor '${name}' referenced`)
  if (built.stack.some((frame) => frame.anchor === name)) throw fail(`anchor '${name}' value contains itself`)
  const value = built.anchors.get(name)
  const count = built.counts.get(value) ?? nodeCount(value, nodesMax)
  built.counts.set(value, count)
  built.nodes += count
  built.aliased += count
  built.aliases += 1
  if (isExcessive(built)) throw fail('document contains excessive aliasing')
  return structuredClone(value)
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
