import { exactFieldValue, parseFieldSelector } from '../../machinery/index.ts'
import type { Asked } from './classify.ts'
import { narrow, type Width } from './turn.ts'

/** How many objects of a kind there are, and how large they are on average; undefined while that is not known. */
export interface KindSize {
  readonly count: number
  readonly averageBytes: number
}
type Query = Readonly<Record<string, string>>

// Kubernetes: what a seat stands for.
const bytesPerSeat = 100_000
const watchersPerSeat = 10
const eventMs = 5
/** Kubernetes: lists from the cache are sent piece by piece, so that they hold no more than this at once. */
const streamedBytesMax = 1_000_000
/** Kubernetes: an object whose size is not known is as large as it may be. */
const objectBytesMax = 1_500_000
const listSeatsMax = 100
const mutatingSeatsMax = 10

/** Whether a watch or list of one name is asked for, in its path or by a field selector. */
export function askedName(name: string, { fieldSelector }: Query): string {
  if (name !== '' || fieldSelector === undefined || fieldSelector === '') return name
  try {
    return exactFieldValue(parseFieldSelector(fieldSelector), 'metadata.name') ?? ''
  } catch {
    return ''
  }
}

/** How wide a list is, by the bytes that are in memory at once for it. */
export function listWidth(size: KindSize | undefined, query: Query, asked: Asked, widest: number): Width {
  if (size === undefined) return narrow
  const limit = Number(query.limit ?? 0)
  const page = limit > 0 && limit < size.count ? limit : size.count
  const averageBytes = size.averageBytes > 0 || size.count === 0 ? size.averageBytes : objectBytesMax
  const fromCache = asked.verb === 'watch' || !isOfThePast(query, limit)
  const selects = (query.fieldSelector ?? '') !== '' || (query.labelSelector ?? '') !== ''
  const loaded = asked.name !== '' ? 1 : !fromCache && selects ? Math.max(page, Math.floor(size.count / 2)) : page
  const bytes = fromCache ? Math.min(loaded * averageBytes, streamedBytesMax) : loaded * averageBytes
  const most = widest === 0 ? listSeatsMax : Math.min(widest, listSeatsMax)
  return { ...narrow, initialSeats: Math.min(most, Math.max(1, Math.ceil(bytes / bytesPerSeat))) }
}

/** Kubernetes: pages and exact revisions are read from the store. */
function isOfThePast({ continue: token = '', resourceVersion = '', resourceVersionMatch = '' }: Query, limit: number) {
  if (resourceVersionMatch === 'Exact') return true
  if (resourceVersionMatch !== '') return false
  return token !== '' || (limit > 0 && resourceVersion !== '' && resourceVersion !== '0')
}

/** How wide a write is: one seat, and more afterwards while many watchers are told of it. */
export function mutatingWidth(watchers: number, widest: number): Width {
  if (watchers < watchersPerSeat) return narrow
  const seats = Math.ceil(watchers / watchersPerSeat)
  const most = widest === 0 ? mutatingSeatsMax : Math.min(widest, mutatingSeatsMax)
  const finalSeats = Math.min(seats, most)
  return { initialSeats: 1, finalSeats, lingerMs: (seats * eventMs) / finalSeats }
}

/** Whether a watch begins with the objects that are there. */
export function beginsWithObjects({ sendInitialEvents, resourceVersion = '' }: Query): boolean {
  return sendInitialEvents === 'true' || sendInitialEvents === '1' || resourceVersion === '' || resourceVersion === '0'
}
