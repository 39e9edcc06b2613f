import { Recent } from '../../machinery/index.ts'
import { type Route, routeOf } from './route.ts'

/** What a request's target says; shared by all that have the same one. */
export interface AskedUrl {
  readonly url: URL
  readonly route: Route
}

/** Longer targets are hardly ever sent twice. */
const targetLengthMax = 300
const recent = new Recent<string, AskedUrl>(512)
const queries = new WeakMap<URL, Readonly<Record<string, string>>>()

/** Reads the path and query of a request. Clients ask for the same ones again and again. */
export function askedUrlOf(target: string): AskedUrl {
  const known = recent.get(target)
  if (known !== undefined) return known
  const url = new URL(target, 'http://localhost')
  const asked: AskedUrl = { url, route: routeOf(url.pathname) }
  if (target.length <= targetLengthMax) recent.set(target, asked)
  return asked
}

/** The parameters of a query; of one that is given twice the last. */
export function queryOf(url: URL): Readonly<Record<string, string>> {
  const known = queries.get(url)
  if (known !== undefined) return known
  const query = Object.freeze(Object.fromEntries(url.searchParams))
  queries.set(url, query)
  return query
}
