import {
  type Clock,
  cborEvent,
  type KubeObject,
  type Status,
  type StatusError,
  yamlText,
} from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import { encodeCborObject, encodeProtobuf, encodeWatchEvent } from '../../resources/index.ts'
import { type Entry, type EntryNotes, entryForms } from '../../store/index.ts'
import type { WireReply } from '../../wire/index.ts'
import { asVersion } from '../registry/draft.ts'
import {
  apiVersionOf,
  atRevision,
  isStoredAsShown,
  objectOf,
  renderStored,
  storedItemParts,
} from '../registry/encoding.ts'
import type { Result } from '../request.ts'
import type { HubEvent } from '../watch/event.ts'
import { EventLines } from './event-lines.ts'
import { ListBytes } from './list-bytes.ts'
import { contentTypes, type Encoding, notAcceptable, type ReplyForm, streamTypes } from './negotiate.ts'
import { includeOf, metaVersion, partialOf, type TableForm, tableOf } from './table.ts'

const encoder = new TextEncoder()
const newline = encoder.encode('\n')

export interface RenderParts {
  readonly form: ReplyForm
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly clock: Clock
  /** Told how large each event of a watch is. */
  readonly countEvent?: (bytes: number) => void
}

/** The bytes of any object in an encoding. */
export function encodeObject(object: any, encoding: Encoding, pretty = false): Uint8Array {
  if (encoding === 'protobuf') return encodeProtobuf(object)
  if (encoding === 'cbor') return encodeCborObject(object)
  if (encoding === 'yaml') return encoder.encode(yamlText(object))
  return encoder.encode(pretty ? `${JSON.stringify(object, null, 2)}\n` : `${JSON.stringify(object)}\n`)
}

type Forms = EntryNotes<Map<string, Uint8Array>> | WeakMap<Entry, Map<string, Uint8Array>>
const renderedBuiltIn: Forms = entryForms<Map<string, Uint8Array>>()
/** Custom resources look different by each state of their declaration. */
const renderedBy = new WeakMap<object, Forms>()

const formKey = ({ group, version }: ResourceDefinition<any>, encoding: Encoding, revision: number) =>
  `${group}/${version}|${encoding}|${revision}`
/** What the looks of an entry depend on, beside its revision and encoding. */
const formName = (definition: ResourceDefinition<any>) =>
  `${apiVersionOf(definition)} ${definition.custom === undefined ? '' : declarationNumber(definition)}`

const numbers = new WeakMap<object, number>()
let declarations = 0
/** Tells the states of a declaration apart, which may show one entry differently. */
function declarationNumber({ custom }: ResourceDefinition<any>): number {
  let number = numbers.get(custom!.declaration)
  if (number === undefined) numbers.set(custom!.declaration, (number = ++declarations))
  return number
}

function formsOf({ custom }: ResourceDefinition<any>): Forms {
  if (custom === undefined) return renderedBuiltIn
  const known = renderedBy.get(custom.declaration)
  if (known !== undefined) return known
  const made: Forms = new WeakMap()
  renderedBy.set(custom.declaration, made)
  return made
}

/** Longer renderings are not kept. */
const keptBytesMax = 64 << 10
const lines = new EventLines()
const listBytes = new ListBytes()

/** An entry's object as it goes out, rendered once per revision, version and encoding, whoever asks. */
export function renderEntry(
  definition: ResourceDefinition<any>,
  entry: Entry,
  revision: number,
  encoding: Encoding,
): Uint8Array {
  const key = formKey(definition, encoding, revision)
  const rendered = formsOf(definition)
  let forms = rendered.get(entry)
  if (forms === undefined) rendered.set(entry, (forms = new Map()))
  let bytes = forms.get(key)
  if (bytes === undefined) {
    bytes =
      encoding === 'json' && isStoredAsShown(definition, entry)
        ? renderStored(definition, entry.value, revision)
        : encodeObject(atRevision(asVersion(definition, objectOf(definition, entry)), revision), encoding)
    // Large ones are made faster than they are kept; watchers share them all the same.
    if (bytes.length <= keptBytesMax) forms.set(key, bytes)
  }
  return bytes
}

/** Sends a result in the form that was negotiated. */
export async function sendResult(result: Result, reply: WireReply, parts: RenderParts): Promise<void> {
  if (result.type === 'watch') return sendWatch(result, reply, parts)
  if (result.type === 'list') return sendList(result, reply, parts)
  const { form } = parts
  if (result.type === 'object') {
    const { definition, object, entry, code } = result
    if (form.as === 'Table')
      return send(
        reply,
        parts,
        code,
        tableOf(definition, [object], listMetadata(object.metadata.resourceVersion), tableForm(parts)),
      )
    if (form.as === 'PartialObjectMetadata') return send(reply, parts, code, partialOf(object, form.version))
    if (entry !== undefined && form.encoding === 'json' && !form.pretty) {
      const bytes = renderEntry(definition, entry, entry.modified, 'json')
      reply.head(code, {
        ...parts.headers,
        'content-type': contentTypes.json,
        'content-length': String(bytes.length + 1),
      })
      if (bytes.length > joinedBytesMax) {
        reply.write(bytes)
        reply.end(newline)
      } else reply.end(Buffer.concat([bytes, newline]))
      return
    }
    return send(reply, parts, code, object)
  }
  const { rows } = result
  if (form.as === 'Table' && rows !== undefined) {
    return send(reply, parts, 200, tableOf(rows.definition, rows.objects, {}, tableForm(parts)))
  }
  if (form.as === 'Table' && result.body?.kind !== 'Status') throw notAcceptable()
  return send(reply, parts, result.code, result.body)
}

function send(reply: WireReply, { form, headers }: RenderParts, code: number, object: object): void {
  const { encoding } = form
  const bytes = encodeObject(object, encoding, form.pretty)
  reply.head(code, { ...headers, 'content-type': contentTypes[encoding], 'content-length': String(bytes.length) })
  reply.end(bytes)
}

function tableForm({ form: { version }, query, clock }: Pick<RenderParts, 'form' | 'query' | 'clock'>): TableForm {
  return {
    include: includeOf(query.includeObject),
    nowMs: clock.now(),
    ...(version === undefined ? {} : { version }),
  }
}

const listMetadata = (resourceVersion: string, more: object = {}) => ({ resourceVersion, ...more })

async function sendList(result: Result & { type: 'list' }, reply: WireReply, parts: RenderParts): Promise<void> {
  const { definition, entries, revision } = result
  const { form } = parts
  const metadata = listMetadata(String(revision), {
    // Kubernetes: a list of custom resources says that there are no more.
    ...(result.continue === undefined
      ? definition.custom === undefined || form.as !== undefined
        ? {}
        : { continue: '' }
      : { continue: result.continue }),
    ...(result.remaining === undefined || result.remaining === 0 ? {} : { remainingItemCount: result.remaining }),
  })
  const objects = () => entries.map((entry) => asVersion(definition, objectOf(definition, entry)))
  if (form.as === 'Table') return send(reply, parts, 200, tableOf(definition, objects(), metadata, tableForm(parts)))
  if (form.as !== undefined) {
    return send(reply, parts, 200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: metaVersion(form.version),
      metadata,
      // Kubernetes: where there is nothing there is no list either.
      items: entries.length === 0 ? null : objects().map((object) => partialOf(object, form.version)),
    })
  }
  if (form.encoding !== 'json' || form.pretty) {
    return send(reply, parts, 200, {
      kind: definition.listKind,
      apiVersion: apiVersionOf(definition),
      metadata,
      items: objects().map((object) => asItem(definition, object)),
    })
  }
  reply.head(200, { ...parts.headers, 'content-type': contentTypes.json })
  const name = result.name === undefined ? undefined : `${result.name} ${formName(definition)}`
  const opening = `{"kind":"${definition.listKind}","apiVersion":"${apiVersionOf(definition)}","metadata":${JSON.stringify(metadata)},"items":[`
  // What is small goes out together, what is large as it is, each piece waiting until the connection takes more.
  let held: Uint8Array = encoder.encode(opening)
  let isFirst = true
  for (const piece of listBytes.pieces(name, entries, (entry) => itemParts(definition, entry))) {
    const bytes = isFirst ? piece.subarray(1) : piece
    isFirst = false
    if (held.length + bytes.length <= joinedBytesMax) held = Buffer.concat([held, bytes])
    else {
      if (held.length > 0 && !reply.write(held)) await reply.drained()
      if (!reply.write(bytes)) await reply.drained()
      held = nothing
    }
  }
  reply.end(Buffer.concat([held, listEnd]))
}
const listEnd = encoder.encode(']}\n')
const nothing = new Uint8Array(0)

function itemParts(definition: ResourceDefinition<any>, entry: Entry): readonly [string, Uint8Array] {
  if (isStoredAsShown(definition, entry)) return storedItemParts(definition, entry)
  const item = asItem(definition, asVersion(definition, objectOf(definition, entry)))
  return ['', encoder.encode(JSON.stringify(item))]
}

/** Kubernetes: items of built-in lists carry neither kind nor apiVersion, custom resources both. */
function asItem(definition: ResourceDefinition<any>, object: KubeObject): object {
  if (definition.custom !== undefined) return object
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest
}

async function sendWatch(result: Result & { type: 'watch' }, reply: WireReply, parts: RenderParts): Promise<void> {
  const { form, headers } = parts
  const { encoding } = form
  const type = streamTypes[encoding]
  // Headers go out before any event: clients wait for them to know that the watch stands.
  reply.head(200, { ...headers, 'content-type': type })
  const plain = eventRenderer(result.definition, parts, encoding)
  const { countEvent } = parts
  const render = (event: HubEvent) => {
    const bytes = plain(event)
    countEvent?.(bytes.length)
    return bytes
  }
  const take = (batch: readonly HubEvent[]) => {
    if (batch.length > 1) return writeAll(reply, joined(batch, render))
    return reply.write(render(batch[0]!)) ? undefined : reply.drained()
  }
  if (result.events.pour !== undefined) await result.events.pour(take)
  else for await (const batch of result.events) await take(batch)
  reply.end()
}

/** Writes one piece after the other; answers what is to be waited for when the connection takes no more for now. */
function writeAll(reply: WireReply, pieces: Iterator<Uint8Array>): Promise<void> | undefined {
  for (let next = pieces.next(); next.done !== true; next = pieces.next())
    if (!reply.write(next.value)) return reply.drained().then(() => writeAll(reply, pieces))
  return undefined
}

/** The events of a watch one by one, each as a message of its own needs it: in protobuf without the length before it. */
export async function* eventMessages(
  result: Result & { type: 'watch' },
  parts: RenderParts,
): AsyncIterable<Uint8Array> {
  const { encoding } = parts.form
  const render = eventRenderer(result.definition, parts, encoding)
  for await (const batch of result.events)
    for (const event of batch) yield encoding === 'protobuf' ? render(event).subarray(4) : render(event)
}

/** Small lines of a batch go out together, large ones as they are: those are shared with other watchers, and not copied. */
function* joined(batch: readonly HubEvent[], render: (event: HubEvent) => Uint8Array): Generator<Uint8Array> {
  let small: Uint8Array[] = []
  let bytes = 0
  const together = () => {
    const whole = small.length === 1 ? small[0]! : Buffer.concat(small)
    small = []
    bytes = 0
    return whole
  }
  for (const event of batch) {
    const line = render(event)
    if (line.length <= joinedBytesMax) {
      small.push(line)
      bytes += line.length
      if (bytes < joinedBytesMax) continue
    }
    if (small.length > 0) yield together()
    if (line.length > joinedBytesMax) yield line
  }
  if (small.length > 0) yield together()
}
const joinedBytesMax = 64 << 10

/** The event that was rendered last, which all who see all objects are told in one turn. */
interface Latest {
  event: HubEvent | undefined
  bytes: Uint8Array
}
const latestBy = new WeakMap<ResourceDefinition<any>, Map<Encoding, Latest>>()

function latestOf(definition: ResourceDefinition<any>, encoding: Encoding): Latest {
  let known = latestBy.get(definition)
  if (known === undefined) latestBy.set(definition, (known = new Map()))
  let latest = known.get(encoding)
  if (latest === undefined) known.set(encoding, (latest = { event: undefined, bytes: newline }))
  return latest
}

/** Renders watch events one by one; whole JSON and protobuf objects come from the cache shared by all watchers. */
function eventRenderer(
  definition: ResourceDefinition<any>,
  { form, query, clock }: RenderParts,
  encoding: Encoding,
): (event: HubEvent) => Uint8Array {
  let headersSent = false
  const latest = latestOf(definition, encoding)
  return (event) => {
    const { type, entry, revision } = event
    if (form.as === undefined && entry !== undefined) {
      if (event === latest.event) return latest.bytes
      const about = formKey(definition, encoding, revision)
      const line = lines.of(
        entry,
        definition.custom === undefined ? `${type} ${about}` : `${type} ${about} ${declarationNumber(definition)}`,
        () => {
          const bytes = renderEntry(definition, entry, revision, encoding)
          if (encoding === 'protobuf') return protobufFrame(type, bytes)
          if (encoding === 'cbor') return cborEvent(type, bytes)
          return Buffer.concat([encoder.encode(`{"type":"${type}","object":`), bytes, encoder.encode('}\n')])
        },
      )
      latest.event = event
      latest.bytes = line
      return line
    }
    const object: any =
      entry === undefined
        ? bookmarkOf(definition, event)
        : atRevision(asVersion(definition, objectOf(definition, entry)), revision)
    if (form.as === 'Table') {
      const table = tableOf(definition, [object], listMetadata(String(revision)), {
        ...tableForm({ form, query, clock }),
        headers: !headersSent,
      })
      headersSent = true
      return encoder.encode(`${JSON.stringify({ type, object: table })}\n`)
    }
    const shown = form.as === undefined ? object : partialOf(object, form.version)
    if (encoding === 'cbor') return cborEvent(type, encodeCborObject(shown))
    return encoding === 'protobuf'
      ? protobufFrame(type, encodeProtobuf(shown as KubeObject))
      : encoder.encode(`${JSON.stringify({ type, object: shown })}\n`)
  }
}

/** What a BOOKMARK carries: an empty object of the kind at a revision. */
export function bookmarkOf(definition: ResourceDefinition<any>, event: HubEvent): object {
  return {
    kind: definition.kind,
    apiVersion: apiVersionOf(definition),
    metadata: {
      resourceVersion: String(event.revision),
      ...(event.initialEventsEnd === true ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  }
}

/** A watch event in protobuf, behind four bytes of length. */
function protobufFrame(type: string, object: Uint8Array): Uint8Array {
  const message = encodeWatchEvent(type, object)
  const frame = Buffer.alloc(4 + message.length)
  frame.writeUInt32BE(message.length)
  frame.set(message, 4)
  return frame
}

/** Sends a failure as a Status, or ends the connection when the reply had begun. */
export function sendFailure(
  error: StatusError,
  reply: WireReply,
  headers: RenderParts['headers'],
  encoding: Encoding,
): void {
  if (reply.headSent) return reply.end()
  const { status } = error
  const retry = status.details?.retryAfterSeconds
  const bytes = encodeObject(status satisfies Status, encoding)
  reply.head(status.code ?? 500, {
    ...headers,
    'content-type': contentTypes[encoding],
    'content-length': String(bytes.length),
    ...(retry === undefined ? {} : { 'retry-after': String(retry) }),
    ...(status.code === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  })
  reply.end(bytes)
}
