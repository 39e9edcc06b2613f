import {
  badRequest,
  type Clock,
  forbiddenField,
  gone,
  invalidObject,
  notSupported,
  type Random,
  StatusError,
} from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import {
  CompactedError,
  type Entry,
  FutureRevisionError,
  type Page,
  type Revision,
  type Store,
} from '../../store/index.ts'
import { wholeOf } from '../query-texts.ts'
import type { RequestContext, Result } from '../request.ts'
import { type HubEvent, reselected } from '../watch/event.ts'
import type { WatchHub } from '../watch/hub.ts'
import type { HubEvents } from '../watch/watcher.ts'
import { decodeContinue, encodeContinue, expiredContinue, hasExpired } from './continue.ts'
import { readyAhead, selectableOf } from './draft.ts'
import { prefixOf, storageKey } from './encoding.ts'
import type { CountList } from './list-measures.ts'
import { everything, type Selection, selectionOf } from './selection.ts'

export interface ReadParts {
  readonly countList?: CountList
  readonly store: Store
  readonly hub: WatchHub
  readonly clock: Clock
  readonly random: Random
}

const pageSizeForScan = 1000
/** Kubernetes: about once a minute a watch that asked for it is told how far it has come. */
const bookmarkPeriodMs = 60_000
/** So long before a watch ends it is told once more. */
const lastBookmarkMs = 2000

/** One page of a kind, at one revision. */
export async function listObjects(
  { store, clock, countList }: ReadParts,
  definition: ResourceDefinition<any>,
  namespace: string | undefined,
  context: RequestContext,
): Promise<Result> {
  const { query } = context
  const selection = selectionOf(definition, query.labelSelector ?? '', query.fieldSelector ?? '')
  const limit = limitOf(query)
  const prefix = prefixOf(definition, namespace)
  const { at, after, sinceMs = clock.now() } = listStart(store, query, prefix, clock.now())
  if (selection.name !== undefined && at === undefined && namespace !== undefined) {
    const entry = await store.get(storageKey(definition, namespace, selection.name))
    if (entry !== undefined) await readyAhead(definition, [entry])
    const entries = entry !== undefined && selection.matches(selectableOf(definition, entry)) ? [entry] : []
    countList?.(definition, 1, entries.length, false)
    return { type: 'list', definition, revision: store.revision(), entries }
  }
  let looked = 0
  const matching = async (entries: readonly Entry[]) => {
    looked += entries.length
    await readyAhead(definition, entries)
    return entries.map((entry) => selection.matches(selectableOf(definition, entry)))
  }
  const found = await scan(store, prefix, at, after, limit, selection.everything ? undefined : matching)
  if (selection.everything) await readyAhead(definition, found.entries)
  countList?.(definition, selection.everything ? found.entries.length : looked, found.entries.length, at !== undefined)
  const last = found.entries.at(-1)
  if (found.remaining === 0 || last === undefined) {
    const name = `${prefix} ${query.labelSelector ?? ''} ${query.fieldSelector ?? ''}`
    const whole = after === undefined ? { name } : {}
    return { type: 'list', definition, revision: found.revision, entries: found.entries, ...whole }
  }
  return {
    type: 'list',
    definition,
    revision: found.revision,
    entries: found.entries,
    continue: encodeContinue({ revision: found.revision, start: last.key.slice(prefix.length), sinceMs }),
    ...(selection.everything ? { remaining: found.remaining } : {}),
  }
}

/** The events of a kind from a revision on, or from its state now. */
export async function watchObjects(
  { store, hub, clock, random }: ReadParts,
  definition: ResourceDefinition<any>,
  namespace: string | undefined,
  context: RequestContext,
  signal: AbortSignal,
): Promise<Result> {
  const { query } = context
  const selection = selectionOf(definition, query.labelSelector ?? '', query.fieldSelector ?? '')
  const asked = query.resourceVersion ?? ''
  const initialEvents = query.sendInitialEvents === 'true'
  checkWatchQuery(query)
  // Kubernetes: a watch without timeout ends after 30 to 60 minutes, at random, so that clients spread out. Whole seconds, as
  // timers of one length share what they need.
  const timeoutSeconds =
    query.timeoutSeconds === undefined ? Math.round(1800 * (1 + random.next())) : Number(query.timeoutSeconds)
  const bookmarks = query.allowWatchBookmarks === 'true'
  /** One timer for all there is to wait for: bookmarks, the last of them shortly before the end, and the end. */
  const tick = (fire: () => void, end: () => void): Disposable => {
    let leftMs = timeoutSeconds * 1000
    let timer: Disposable
    const arm = () => {
      const untilLast = leftMs > lastBookmarkMs ? leftMs - lastBookmarkMs : leftMs
      const delayMs = bookmarks ? Math.min(bookmarkPeriodMs, untilLast) : leftMs
      timer = clock.after(delayMs, () => {
        leftMs -= delayMs
        if (leftMs <= 0) return end()
        fire()
        arm()
      })
    }
    arm()
    const lasting = context.lasts?.(end)
    return {
      [Symbol.dispose]() {
        timer[Symbol.dispose]()
        lasting?.[Symbol.dispose]()
      },
    }
  }
  if (initialEvents || asked === '' || asked === '0') {
    const wantsState = initialEvents || query.sendInitialEvents === undefined
    const page = await store.list(prefixOf(definition, namespace))
    if (wantsState) await readyAhead(definition, page.entries)
    const initial = wantsState
      ? page.entries.filter((entry) => selection.everything || selection.matches(selectableOf(definition, entry)))
      : []
    const start = { after: page.revision, initial, markInitialEnd: initialEvents && bookmarks }
    return {
      type: 'watch',
      definition,
      events: selected(hub, definition, namespace, selection, start, signal, { tick, begun: context.begun }),
    }
  }
  const after = parseRevision(asked, wordless)
  if (after > store.revision()) throw tooLarge(after, store.revision())
  if (after < store.compactedTo()) throw gone(`too old resource version: ${after} (${store.compactedTo()})`)
  return {
    type: 'watch',
    definition,
    events: selected(hub, definition, namespace, selection, { after }, signal, { tick, begun: context.begun }),
  }
}

type WatchArguments = Parameters<WatchHub['watch']>

/** The hub's events; where somebody else converts, they are converted before it is asked whether they are selected. */
function selected(hub: WatchHub, ...args: WatchArguments): AsyncIterable<readonly HubEvent[]> & Partial<HubEvents> {
  const [definition, namespace, selection, start, signal, bookmarks] = args
  if (definition.custom?.declaration.convertsElsewhere !== true) return hub.watch(...args)
  return convertedEvents(definition, selection, hub.watch(definition, namespace, everything, start, signal, bookmarks))
}

async function* convertedEvents(
  definition: ResourceDefinition<any>,
  selection: Selection,
  batches: AsyncIterable<readonly HubEvent[]>,
): AsyncIterable<readonly HubEvent[]> {
  for await (const batch of batches) {
    await readyAhead(
      definition,
      batch.flatMap(({ entry, previous }) => [entry, previous]).filter((one) => one !== undefined),
    )
    const events = batch.map((event) => reselected(definition, selection, event)).filter((one) => one !== undefined)
    if (events.length > 0) yield events
  }
}

/** 504 when a revision is asked for that is not there yet. */
export function checkFuture(store: Store, text: string | undefined): void {
  if (text === undefined || text === '' || text === '0') return
  const asked = parseRevision(text, wordless)
  if (asked > store.revision()) throw tooLarge(asked, store.revision())
}

function checkWatchQuery(query: RequestContext['query']): void {
  const { sendInitialEvents, resourceVersionMatch } = query
  const about = { group: 'meta.k8s.io', kind: 'ListOptions' }
  if (sendInitialEvents !== undefined && resourceVersionMatch !== 'NotOlderThan') {
    throw invalidObject(about, '', [
      forbiddenField('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
      ...(resourceVersionMatch === undefined || resourceVersionMatch === ''
        ? []
        : [notSupported('resourceVersionMatch', resourceVersionMatch, ['NotOlderThan'])]),
    ])
  }
  if (sendInitialEvents === undefined && resourceVersionMatch !== undefined) {
    throw invalidObject(about, '', [
      {
        type: 'FieldValueForbidden',
        field: 'resourceVersionMatch',
        message: 'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      },
    ])
  }
}

/** Where a list starts and at which revision it reads, from continue, resourceVersion and resourceVersionMatch. */
function listStart(
  store: Store,
  query: RequestContext['query'],
  prefix: string,
  nowMs: number,
): { at?: Revision; after?: string; sinceMs?: number } {
  const { resourceVersion = '', resourceVersionMatch = '', continue: token = '' } = query
  const about = { group: 'meta.k8s.io', kind: 'ListOptions' }
  if (query.sendInitialEvents !== undefined && query.watch === undefined) {
    throw invalidObject(about, '', [
      {
        type: 'FieldValueForbidden',
        field: 'sendInitialEvents',
        message: 'Forbidden: sendInitialEvents is forbidden for list',
      },
    ])
  }
  if (resourceVersionMatch !== '') {
    const refuse = (message: string) =>
      invalidObject(about, '', [
        { type: 'FieldValueForbidden', field: 'resourceVersionMatch', message: `Forbidden: ${message}` },
      ])
    if (resourceVersion === '') throw refuse('resourceVersionMatch is forbidden unless resourceVersion is provided')
    if (token !== '') throw refuse('resourceVersionMatch is forbidden when continue is provided')
    if (resourceVersionMatch === 'Exact' && resourceVersion === '0')
      throw refuse('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    if (resourceVersionMatch !== 'Exact' && resourceVersionMatch !== 'NotOlderThan') {
      throw invalidObject(about, '', [
        {
          type: 'FieldValueNotSupported',
          field: 'resourceVersionMatch',
          message: `Unsupported value: ${JSON.stringify(resourceVersionMatch)}: supported values: "Exact", "NotOlderThan", ""`,
        },
      ])
    }
  }
  if (token !== '') {
    const decoded = decodeContinue(token)
    const { revision, start, sinceMs } = decoded
    if (revision !== -1 && resourceVersion !== '' && resourceVersion !== '0')
      throw badRequest('specifying resource version is not allowed when using continue')
    if (hasExpired(decoded, nowMs)) throw expiredContinue(start)
    const from = { after: `${prefix}${start}`, ...(sinceMs === undefined ? {} : { sinceMs }) }
    return revision === -1 ? from : { ...from, at: revision }
  }
  if (resourceVersion === '' || resourceVersion === '0') return {}
  const asked = parseRevision(resourceVersion, (why) => badRequest(`invalid resource version: ${why}`))
  if (asked > store.revision()) throw tooLarge(asked, store.revision())
  // Kubernetes: a limit together with a revision means exactly that revision, for clients from before resourceVersionMatch.
  const exact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limitOf(query) > 0)
  return exact ? { at: asked } : {}
}

/** One page of matching entries; reads on while a selection leaves the page short. */
async function scan(
  store: Store,
  prefix: string,
  at: Revision | undefined,
  after: string | undefined,
  limit: number,
  matching: ((entries: readonly Entry[]) => Promise<readonly boolean[]>) | undefined,
): Promise<Page> {
  const pageQuery = (start: string | undefined, size: number, revision: Revision | undefined) => ({
    ...(revision === undefined ? {} : { at: revision }),
    ...(start === undefined ? {} : { after: start }),
    ...(size === 0 ? {} : { limit: size }),
  })
  try {
    if (matching === undefined) return await store.list(prefix, pageQuery(after, limit, at))
    if (limit === 0) {
      const page = await store.list(prefix, pageQuery(after, 0, at))
      const matches = await matching(page.entries)
      return { revision: page.revision, entries: page.entries.filter((_, index) => matches[index]), remaining: 0 }
    }
    const entries: Entry[] = []
    let revision = at
    for (let start = after; ; ) {
      const page: Page = await store.list(prefix, pageQuery(start, pageSizeForScan, revision))
      revision = page.revision
      const matches = await matching(page.entries)
      for (const [index, entry] of page.entries.entries()) {
        if (matches[index]) entries.push(entry)
        const left = page.remaining + page.entries.length - index - 1
        if (entries.length >= limit) return { revision, entries, remaining: left }
      }
      if (page.remaining === 0) return { revision, entries, remaining: 0 }
      start = page.entries.at(-1)!.key
    }
  } catch (error) {
    if (error instanceof CompactedError) {
      if (after !== undefined) throw expiredContinue(after.slice(prefix.length))
      throw gone(`The provided resource version is too old: the oldest available is ${error.compactedTo}.`)
    }
    if (error instanceof FutureRevisionError) throw tooLarge(at ?? 0, error.current)
    throw error
  }
}

function limitOf(query: RequestContext['query']): number {
  return Math.max(0, wholeOf(query.limit) ?? 0)
}

function parseRevision(text: string, refusal: (why: string) => StatusError): Revision {
  if (/^\d+$/.test(text)) return Number(text)
  const value = JSON.stringify(text)
  throw refusal(`resourceVersion: Invalid value: ${value}: strconv.ParseUint: parsing ${value}: invalid syntax`)
}

/** Kubernetes: lists alone answer 400 for a revision that is none; whoever else is asked says it without a reason. */
const wordless = (why: string) => new StatusError(500, undefined, why)

function tooLarge(asked: Revision, current: Revision): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}
