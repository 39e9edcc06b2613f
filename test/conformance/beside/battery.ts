/** One request that is sent to both servers. */
export interface Asked {
  /** Method and path. */
  readonly ask: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Sent to bring both to the same state: that both took it is compared, what they say of it is not. */
  readonly silent?: true
  /** Sent after a while, when what was asked before has come to be. */
  readonly late?: true
}

/** Requests that follow upon each other, upon a new cluster's state and that which they make. */
export interface Battery {
  readonly name: string
  readonly requests: readonly Asked[]
}

/** A table of requests under a name. */
export const battery = (name: string, ...requests: readonly (Asked | readonly Asked[])[]): Battery => ({
  name,
  requests: requests.flat(),
})

type Headers = Asked['headers']
const asked = (method: string, path: string, body: unknown, headers: Headers): Asked => ({
  ask: `${method} ${path}`,
  ...(body === undefined ? {} : { body }),
  ...(headers === undefined ? {} : { headers }),
})
export const get = (path: string, headers?: Headers) => asked('GET', path, undefined, headers)
export const post = (path: string, body: unknown, headers?: Headers) => asked('POST', path, body, headers)
export const put = (path: string, body: unknown, headers?: Headers) => asked('PUT', path, body, headers)
export const remove = (path: string, body?: unknown, headers?: Headers) => asked('DELETE', path, body, headers)

const patchOf = (type: string) => (path: string, body: unknown) =>
  asked('PATCH', path, body, { 'content-type': `application/${type}` })
export const jsonPatch = patchOf('json-patch+json')
export const mergePatch = patchOf('merge-patch+json')
export const strategicPatch = patchOf('strategic-merge-patch+json')
/** A server-side apply: `query` holds the manager, and what else is wanted. */
export const apply = (path: string, query: string, body: unknown) =>
  patchOf('apply-patch+yaml')(`${path}?${query}`, body)

/** The same request, sent for what it leaves behind. */
export const silently = (request: Asked): Asked => ({ ...request, silent: true })

/** The same request, sent once what was asked before has come to be. */
export const afterPause = (request: Asked): Asked => ({ ...request, late: true })

const tableOf = (version: string) => ({ accept: `application/json;as=Table;v=${version};g=meta.k8s.io` })
export const asTable = tableOf('v1')
export const asEarlierTable = tableOf('v1beta1')
export const asMetadata = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' }
