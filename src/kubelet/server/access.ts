import { X509Certificate } from 'node:crypto'
import type { Client } from '../../client/index.ts'
import type { Clock } from '../../machinery/index.ts'
import {
  type SubjectAccessReview,
  subjectAccessReviews,
  type TokenReview,
  tokenReviews,
} from '../../resources/index.ts'
import type { WireRequest } from '../../wire/index.ts'

export interface AccessParts {
  /** The kubelet's own client: it asks the API server who a token is and what a user may. */
  readonly client: Client
  readonly clock: Clock
  readonly nodeName: string
  /** PEM of the authority whose client certificates are trusted. */
  readonly clientCa: () => string
}
interface User {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
}
export type Access =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: 401 | 403; readonly message: string }

/** Kubernetes: webhook cache times of the kubelet's authentication and authorization. */
const tokenFreshMs = 120_000
const allowedFreshMs = 300_000
const deniedFreshMs = 30_000
const keptMax = 1000

/** Whether a request to the kubelet may go on: by client certificate or token, and what RBAC says of the node. */
export function createAccess(parts: AccessParts): (request: WireRequest, path: string) => Promise<Access> {
  const tokens = new Fresh<User | undefined>(parts.clock)
  const decisions = new Fresh<string | undefined>(parts.clock)
  return async (request, path) => {
    const user = certificateUser(parts, request.peerCertificate) ?? (await tokenUser(parts, tokens, request))
    if (user === undefined) return { ok: false, status: 401, message: 'Unauthorized' }
    const verb = verbs[request.method] ?? 'get'
    const subresources = subresourcesOf(path)
    for (const subresource of subresources) {
      const key = JSON.stringify([user, verb, subresource])
      const denial = await decisions.get(
        key,
        (value) => (value === undefined ? allowedFreshMs : deniedFreshMs),
        () => review(parts, user, verb, subresource),
      )
      if (denial === undefined) return { ok: true }
    }
    const message = `Forbidden (user=${user.username}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])`
    return { ok: false, status: 403, message }
  }
}
const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Kubernetes: the finer subresources are tried first; `proxy` opens everything. */
function subresourcesOf(path: string): readonly string[] {
  const first = path.split('/')[1] ?? ''
  if (first === 'stats') return ['stats']
  if (first === 'metrics') return ['metrics']
  if (first === 'logs') return ['log']
  if (first === 'checkpoint') return ['checkpoint']
  if (first === 'pods' || first === 'runningpods') return ['pods', 'proxy']
  if (first === 'healthz') return ['healthz', 'proxy']
  if (first === 'configz') return ['configz', 'proxy']
  if (first === 'statusz') return ['statusz']
  if (first === 'flagz') return ['configz']
  return ['proxy']
}

function certificateUser({ clientCa, clock }: AccessParts, certificate: X509Certificate | undefined): User | undefined {
  if (certificate === undefined) return undefined
  const authorities = clientCa().match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  const signed = authorities.some((pem) => {
    const authority = new X509Certificate(pem)
    return certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
  })
  const nowMs = clock.now()
  // Checked on every request: a resumed TLS session may be older than the certificate's end.
  if (!signed || nowMs > Date.parse(certificate.validTo)) return undefined
  const lines = certificate.subject.split('\n')
  const valuesOf = (key: string) =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1))
  const [username] = valuesOf('CN')
  return username === undefined ? undefined : { username, groups: [...valuesOf('O'), 'system:authenticated'] }
}

async function tokenUser(
  { client }: AccessParts,
  kept: Fresh<User | undefined>,
  request: WireRequest,
): Promise<User | undefined> {
  const token = /^Bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1]
  if (token === undefined) return undefined
  return kept.get(
    token,
    () => tokenFreshMs,
    async () => {
      const answer = await client.post<TokenReview>(tokenReviews, undefined, undefined, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        metadata: {},
        spec: { token },
      })
      const { authenticated, user } = answer.status ?? {}
      if (authenticated !== true || user?.username === undefined) return undefined
      return {
        username: user.username,
        groups: user.groups ?? [],
        ...(user.uid === undefined ? {} : { uid: user.uid }),
      }
    },
  )
}

/** Why not; undefined when the user may. */
async function review(
  { client, nodeName }: AccessParts,
  user: User,
  verb: string,
  subresource: string,
): Promise<string | undefined> {
  // Kubernetes: the masters' group is above all rules, here as there.
  if (user.groups.includes('system:masters')) return undefined
  const answer = await client.post<SubjectAccessReview>(subjectAccessReviews, undefined, undefined, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: {
      user: user.username,
      groups: user.groups,
      resourceAttributes: { verb, group: '', version: 'v1', resource: 'nodes', subresource, name: nodeName },
    },
  })
  return answer.status?.allowed === true ? undefined : (answer.status?.reason ?? 'not allowed')
}

/** Answers kept for a while, the oldest dropped when there are too many. */
class Fresh<T> {
  readonly #clock: Clock
  readonly #kept = new Map<string, { readonly value: T; readonly untilMs: number }>()
  constructor(clock: Clock) {
    this.#clock = clock
  }
  async get(key: string, freshMs: (value: T) => number, ask: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key)
    if (known !== undefined && this.#clock.monotonic() < known.untilMs) return known.value
    const value = await ask()
    this.#kept.delete(key)
    this.#kept.set(key, { value, untilMs: this.#clock.monotonic() + freshMs(value) })
    if (this.#kept.size > keptMax) this.#kept.delete(this.#kept.keys().next().value!)
    return value
  }
}
