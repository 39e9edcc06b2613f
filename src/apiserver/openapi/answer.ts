import type { OpenApi } from './openapi.ts'

/** What is asked of the API's description. */
export interface OpenApiRequest {
  /** The path without its query: `/openapi/v2`, `/openapi/v3`, `/openapi/v3/apis/apps/v1`. */
  readonly path: string
  readonly accept?: string | undefined
  readonly ifNoneMatch?: string | undefined
  /** The `hash` of the query, if there is one. */
  readonly hash?: string | null
}
export interface OpenApiReply {
  readonly code: 200 | 301 | 304 | 404
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

const nothing = new Uint8Array(0)
const vary = { vary: 'Accept' }

/** The answer to a request for the API's description, cached by clients for as long as its hash holds. */
export async function answerOpenApi(api: OpenApi, request: OpenApiRequest): Promise<OpenApiReply> {
  const { path, accept = '', hash = null } = request
  if (path === '/openapi/v2') {
    const { bytes, contentType, etag } = await api.v2(accept.includes('proto-openapi.spec.v2') ? 'protobuf' : 'json')
    return unlessKnown(request, etag, { ...vary, 'content-type': contentType, etag }, bytes)
  }
  if (path === '/openapi/v3') {
    const bytes = new TextEncoder().encode(`${JSON.stringify(api.v3Index())}\n`)
    return { code: 200, headers: { ...vary, 'content-type': 'application/json' }, bytes }
  }
  const name = path.replace(/^\/openapi\/v3\//, '')
  const current = api.v3Hash(name)
  if (current !== undefined && hash !== null && hash !== current) {
    return { code: 301, headers: { location: `${path}?hash=${current}` }, bytes: nothing }
  }
  const document = await api.v3(name)
  if (document === undefined) return { code: 404, headers: {}, bytes: nothing }
  // Kubernetes: a document that is asked for by its hash may be kept for ever.
  const kept = hash === null ? {} : { 'cache-control': 'public, immutable', expires: 'Fri, 31 Dec 2100 00:00:00 GMT' }
  const headers = { ...vary, ...kept, 'content-type': document.contentType, etag: document.etag }
  return unlessKnown(request, document.etag, headers, document.bytes)
}

function unlessKnown(
  { ifNoneMatch }: OpenApiRequest,
  etag: string,
  headers: Readonly<Record<string, string>>,
  bytes: Uint8Array,
): OpenApiReply {
  const isKnown = ifNoneMatch?.split(',').some((one) => one.trim() === etag) ?? false
  return isKnown ? { code: 304, headers, bytes: nothing } : { code: 200, headers, bytes }
}
