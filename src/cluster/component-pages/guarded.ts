import type { Delegated } from '../../kubelet/index.ts'
import { StatusError, unauthorized } from '../../machinery/index.ts'
import type { RequestHandler, WireRequest } from '../../wire/index.ts'
import { type Asked, failure, type Told } from './pages.ts'

/** Kubernetes: --authorization-always-allow-paths of the scheduler and of the controllers. */
const openPaths: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz'])
const anonymous = { username: 'system:anonymous', groups: ['system:unauthenticated'] }
const bodyBytesMax = 1024

/** Pages behind TLS, for those whom the API server knows and says may see them. */
export function guarded(pages: (asked: Asked) => Promise<Told>, delegated: Delegated): RequestHandler {
  return async (request, reply) => {
    const url = new URL(request.url, 'https://localhost')
    const told =
      (await refusalOf(request, url.pathname, delegated)) ??
      (await pages({
        method: request.method,
        url,
        accept: request.headers['accept'],
        body: async () => new TextDecoder().decode(await request.body(bodyBytesMax)),
      }))
    const bytes = new TextEncoder().encode(told.text)
    reply.head(told.code, { ...headersOf(told), 'content-length': String(bytes.length) })
    reply.end(bytes)
  }
}

async function refusalOf(request: WireRequest, path: string, delegated: Delegated): Promise<Told | undefined> {
  const found = await delegated.userOf(request)
  // Kubernetes: who brings nothing is anonymous, who brings a token that nobody knows is refused.
  if (found === undefined && request.headers['authorization'] !== undefined) return failure(unauthorized())
  if (openPaths.has(path)) return undefined
  const user = found ?? anonymous
  const verb = request.method.toLowerCase()
  const denial = await delegated.denialOf(user, { nonResourceAttributes: { path, verb } })
  if (denial === undefined) return undefined
  const why = `forbidden: User ${JSON.stringify(user.username)} cannot ${verb} path ${JSON.stringify(path)}`
  return failure(new StatusError(403, 'Forbidden', denial === '' ? why : `${why}: ${denial}`, {}))
}

/** The headers that an answer goes out with. */
export function headersOf({ type = 'text/plain; charset=utf-8', warning }: Told): Record<string, string> {
  return {
    'content-type': type,
    'x-content-type-options': 'nosniff',
    ...(warning === undefined ? {} : { warning }),
  }
}
