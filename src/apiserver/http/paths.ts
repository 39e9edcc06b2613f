import {
  type Clock,
  type DecisionJournal,
  type HealthCheck,
  healthAnswer,
  healthMeasures,
  type LogLevels,
  type Metrics,
  mediaRanges,
  methodNotServed,
  putLevel,
  type SelfDescription,
  StatusError,
  zPage,
} from '../../machinery/index.ts'
import type { WireReply, WireRequest } from '../../wire/index.ts'
import type { Signer } from '../authn/signer.ts'
import {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  etagOf,
  type Served,
  servedGroups,
} from '../discovery/discovery.ts'
import { answerOpenApi } from '../openapi/answer.ts'
import type { OpenApi } from '../openapi/openapi.ts'
import type { Identity } from '../request.ts'
import { contentTypes, notAcceptable, notRepresented, replyFormOf } from './negotiate.ts'
import { encodeObject } from './render.ts'

export interface VersionInfo {
  readonly major: string
  readonly minor: string
  readonly emulationMajor: string
  readonly emulationMinor: string
  readonly minCompatibilityMajor: string
  readonly minCompatibilityMinor: string
  readonly gitVersion: string
  readonly gitCommit: string
  readonly gitTreeState: string
  readonly buildDate: string
  readonly goVersion: string
  readonly compiler: string
  readonly platform: string
}
export interface PathParts {
  readonly served: Served
  readonly openApi: OpenApi
  readonly signer: Signer
  readonly version: VersionInfo
  readonly address: string
  readonly metrics: Metrics
  readonly journal: DecisionJournal
  readonly levels: LogLevels
  readonly health: { readonly livez: readonly HealthCheck[]; readonly readyz: readonly HealthCheck[] }
  readonly clock: Clock
  /** What is told of health checks. */
  readonly slis: Metrics
  /** What /statusz and /flagz say, besides the paths below the root. */
  readonly self: Omit<SelfDescription, 'paths'>
  /** Pages of plain text about what goes on inside. */
  readonly pages: (path: string, search: URLSearchParams) => string | undefined
  /** The scheduler's page of what pods ask for, in the format of metrics. */
  readonly podResources: () => Promise<string>
  /** Where the parts of OpenAPI v3 are that extension servers have, by path. */
  readonly remoteOpenApi: () => Readonly<Record<string, unknown>>
}
type PathHandler = (
  request: WireRequest,
  url: URL,
  reply: WireReply,
  headers: Record<string, string>,
  identity: Identity,
) => Promise<boolean>

/** `/debug/verdicts/NAMESPACE/POD`: what keeps a pod waiting, node by node. Throws 404 for a pod that waits for no node. */
export function verdictsAnswer(journal: DecisionJournal, path: string): object | undefined {
  const [, root, page, namespace = '', name = '', more] = path.split('/')
  if (root !== 'debug' || page !== 'verdicts' || name === '' || more !== undefined) return undefined
  const verdicts = journal.verdictsOf(namespace, name)
  if (verdicts === undefined)
    throw new StatusError(404, 'NotFound', `no scheduler here has pod ${namespace}/${name} waiting for a node`, {})
  return verdicts
}

/** Answers everything that is not about a resource: health, discovery, OpenAPI, metrics, keys. */
export function pathHandler(parts: PathParts): PathHandler {
  const { served } = parts
  const { slis } = parts
  const noteCheck = healthMeasures(slis)
  const self: SelfDescription = { ...parts.self, paths: () => allPaths(served, parts.self.pages) }
  return async (request, url, reply, headers) => {
    const path = url.pathname.length > 1 && url.pathname.endsWith('/') ? url.pathname.slice(0, -1) : url.pathname
    if (path === '/debug/flags/v') return answerLevels(parts.levels, request, url, reply, headers)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      if (self.paths().includes(path)) throw methodNotServed()
      return false
    }
    const object = (value: object) => sendObject(request, reply, headers, value)
    const health = healthAnswer(parts.health, path, url, noteCheck)
    if (health !== undefined) return sendText(reply, headers, health.code, health.text)
    if (path === '/' || path === '') return object({ paths: self.paths() })
    if (path === '/version') return object(parts.version)
    if (path === '/metrics')
      return sendText(reply, headers, 200, parts.metrics.text(), 'text/plain; version=0.0.4; charset=utf-8')
    if (path === '/metrics/resources')
      return sendText(reply, headers, 200, await parts.podResources(), 'text/plain; version=0.0.4; charset=utf-8')
    if (path === '/metrics/slis')
      return sendText(reply, headers, 200, slis.text(), 'text/plain; version=0.0.4; charset=utf-8')
    if (path === '/debug/decisions') {
      const { component, object: about, limit } = Object.fromEntries(url.searchParams)
      return object({
        decisions: parts.journal.read({
          ...(component === undefined ? {} : { component }),
          ...(about === undefined ? {} : { object: about }),
          ...(limit === undefined ? {} : { limit: Number(limit) }),
        }),
      })
    }
    const about = zPage(self, path, request.headers.accept, parts.clock.now())
    if (about !== undefined) {
      if (about.warning !== undefined) headers.warning = about.warning
      return sendText(reply, headers, 200, about.text, about.type)
    }
    const verdicts = verdictsAnswer(parts.journal, path)
    if (verdicts !== undefined) return object(verdicts)
    const page = parts.pages(path, url.searchParams)
    if (page !== undefined) return sendText(reply, headers, 200, page)
    if (path === '/.well-known/openid-configuration') {
      Object.assign(headers, keysLast)
      return object(await openIdConfiguration(parts.signer))
    }
    if (path === '/openid/v1/jwks') {
      const { accept = '*/*' } = request.headers
      if (!mediaRanges(accept).some(({ type }) => type === '*/*' || type === keysType)) throw notRepresented([keysType])
      Object.assign(headers, keysLast)
      return sendBytes(
        request,
        reply,
        headers,
        new TextEncoder().encode(JSON.stringify(await parts.signer.jwks())),
        keysType,
      )
    }
    if (path === '/api' || path === '/apis') return sendDiscovery(parts, path === '/api', request, reply, headers)
    if (path === '/openapi/v2' || path === '/openapi/v3' || path.startsWith('/openapi/v3/'))
      return sendOpenApi(parts, path, request, url, reply, headers)
    const [, root, first = '', second = '', more] = path.split('/')
    if (more !== undefined) return false
    const found =
      root === 'api' && second === ''
        ? apiResourceList(served, '', first)
        : root === 'apis'
          ? second === ''
            ? apiGroup(served, first)
            : apiResourceList(served, first, second)
          : undefined
    return found === undefined ? false : object(found)
  }
}

/**
 * Kubernetes: PUT with a number sets how much the API server logs. Here every part of the process can be asked (GET) and set
 * with `?component=PART`; an empty body takes a level of its own away.
 */
async function answerLevels(
  levels: LogLevels,
  request: WireRequest,
  url: URL,
  reply: WireReply,
  headers: Record<string, string>,
): Promise<true> {
  if (request.method === 'GET') return sendObject(request, reply, headers, { levels: levels.list() })
  if (request.method !== 'PUT') return sendText(reply, headers, 406, 'unrecognized http method\n')
  const part = url.searchParams.get('component') ?? 'apiserver'
  const text = new TextDecoder().decode(await request.body(levelBytesMax))
  if (!levels.has(part)) {
    const known = levels.list().map((one) => one.part)
    return sendText(
      reply,
      headers,
      404,
      `there is no component ${JSON.stringify(part)}; there are ${known.join(', ')}\n`,
    )
  }
  const put = putLevel(levels, part, text)
  return sendText(reply, headers, put.code, put.text)
}
const levelBytesMax = 64
const keysType = 'application/jwk-set+json'
/** Kubernetes: how long clients may keep what they are told of keys. */
const keysLast = { 'cache-control': 'public, max-age=3600' }

function sendText(
  reply: WireReply,
  headers: Record<string, string>,
  code: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): true {
  const bytes = new TextEncoder().encode(text)
  reply.head(code, {
    ...headers,
    'content-type': type,
    'content-length': String(bytes.length),
    'x-content-type-options': 'nosniff',
  })
  reply.end(bytes)
  return true
}

function sendObject(request: WireRequest, reply: WireReply, headers: Record<string, string>, value: object): true {
  const form = replyFormOf(request.headers.accept, false)
  const typed = 'kind' in value
  const encoding = typed ? form.encoding : 'json'
  const bytes = encodeObject(value, encoding)
  reply.head(200, { ...headers, 'content-type': contentTypes[encoding], 'content-length': String(bytes.length) })
  reply.end(bytes)
  return true
}

function sendBytes(
  request: WireRequest,
  reply: WireReply,
  headers: Record<string, string>,
  bytes: Uint8Array,
  type: string,
  extra: Record<string, string> = {},
): true {
  const etag = etagOf(bytes)
  const common = { ...headers, ...extra, etag, vary: 'Accept' }
  if (request.headers['if-none-match']?.split(',').some((one) => one.trim() === etag)) {
    reply.head(304, common)
    reply.end()
    return true
  }
  reply.head(200, { ...common, 'content-type': type, 'content-length': String(bytes.length) })
  reply.end(bytes)
  return true
}

/** Kubernetes: clients that ask for the aggregated form get it; others the plain one. 406 where there is no such form. */
function sendDiscovery(
  { served, address }: PathParts,
  core: boolean,
  request: WireRequest,
  reply: WireReply,
  headers: Record<string, string>,
): true {
  const asked = mediaRanges(request.headers.accept ?? '')
  for (const { type, parameters } of asked) {
    const { g: group, v: version, as } = parameters
    if (as === undefined && isOfAnyForm(type)) break
    if (
      type === 'application/json' &&
      group === 'apidiscovery.k8s.io' &&
      as === 'APIGroupDiscoveryList' &&
      version === 'v2'
    ) {
      const bytes = encodeObject(aggregatedDiscovery(served, core), 'json')
      return sendBytes(
        request,
        reply,
        headers,
        bytes,
        `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
        { 'x-varied-accept': type, 'cache-control': 'public' },
      )
    }
  }
  if (asked.length > 0 && !asked.some(({ type, parameters }) => parameters.as === undefined && isOfAnyForm(type)))
    throw notAcceptable()
  return sendObject(request, reply, headers, core ? apiVersions(address) : apiGroupList(served))
}

const isOfAnyForm = (type: string) => ['*/*', 'application/*', ...Object.values(contentTypes)].includes(type)

async function sendOpenApi(
  parts: PathParts,
  path: string,
  request: WireRequest,
  url: URL,
  reply: WireReply,
  headers: Record<string, string>,
): Promise<boolean> {
  const {
    code,
    headers: answered,
    bytes,
  } = await answerOpenApi(parts.openApi, {
    path,
    accept: request.headers.accept,
    ifNoneMatch: request.headers['if-none-match'],
    hash: url.searchParams.get('hash'),
  })
  if (code === 404) return false
  const remotes = parts.remoteOpenApi()
  if (path === '/openapi/v3' && code === 200 && Object.keys(remotes).length > 0) {
    const index = withRemotes(JSON.parse(new TextDecoder().decode(bytes)), remotes)
    return sendObject(request, reply, headers, index)
  }
  reply.head(code, { ...headers, ...answered, ...(code === 200 ? { 'content-length': String(bytes.length) } : {}) })
  reply.end(bytes)
  return true
}

/** The index with the documents of extension servers, which are asked for them. */
function withRemotes(index: { readonly paths: object }, remotes: Readonly<Record<string, unknown>>): object {
  const paths = { ...index.paths, ...remotes }
  return { paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))) }
}

async function openIdConfiguration(signer: Signer): Promise<object> {
  return {
    issuer: signer.issuer,
    jwks_uri: `${signer.issuer}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
}

function allPaths(served: Served, pages: readonly string[]): readonly string[] {
  const groups = servedGroups(served).flatMap(({ group, versions }) => {
    const root = group === '' ? '/api' : `/apis/${group}`
    return [root, ...versions.map((version) => `${root}/${version}`)]
  })
  return [
    '/.well-known/openid-configuration',
    ...groups,
    ...pages,
    '/apis',
    '/healthz',
    '/livez',
    '/metrics',
    '/metrics/resources',
    '/metrics/slis',
    '/openapi/v2',
    '/openapi/v3',
    '/openid/v1/jwks',
    '/readyz',
    '/version',
  ].sort()
}
