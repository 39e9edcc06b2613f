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

export interface DelegatedParts {
  /** The component's own client: it asks the API server who a token is and what a user may. */
  readonly client: Client
  readonly clock: Clock
  /** PEM of the authority whose client certificates are trusted. */
  readonly clientCa: () => string
}
/** Who asks a component something. */
export interface DelegatedUser {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
}
/** What a user wants to do, as a SubjectAccessReview has it. */
export type DelegatedAttributes = Pick<
  NonNullable<SubjectAccessReview['spec']>,
  'resourceAttributes' | 'nonResourceAttributes'
>
/** A component's way to know its callers and their rights, which are the cluster's. */
export interface Delegated {
  /** By client certificate or token; undefined for nobody that is known. */
  userOf(request: Pick<WireRequest, 'peerCertificate' | 'headers'>): Promise<DelegatedUser | undefined>
  /** Why not; undefined when the user may. */
  denialOf(user: DelegatedUser, attributes: DelegatedAttributes): Promise<string | undefined>
}

/** Kubernetes: webhook cache times of components' authentication and authorization. */
const tokenFreshMs = 120_000
const allowedFreshMs = 300_000
const deniedFreshMs = 30_000
const keptMax = 1000

/** Has the API server say who calls and what they may; answers are kept for a while. */
export function delegatedAccess(parts: DelegatedParts): Delegated {
  const tokens = new Fresh<DelegatedUser | undefined>(parts.clock)
  const decisions = new Fresh<string | undefined>(parts.clock)
  return {
    userOf: async (request) =>
      certificateUser(parts, request.peerCertificate) ?? (await tokenUser(parts, tokens, request)),
    denialOf: (user, attributes) =>
      decisions.get(
        JSON.stringify([user, attributes]),
        (value) => (value === undefined ? allowedFreshMs : deniedFreshMs),
        () => review(parts, user, attributes),
      ),
  }
}

function certificateUser(
  { clientCa, clock }: DelegatedParts,
  certificate: X509Certificate | undefined,
): DelegatedUser | undefined {
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
  { client }: DelegatedParts,
  kept: Fresh<DelegatedUser | undefined>,
  request: Pick<WireRequest, 'headers'>,
): Promise<DelegatedUser | undefined> {
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

async function review(
  { client }: DelegatedParts,
  user: DelegatedUser,
  attributes: DelegatedAttributes,
): Promise<string | undefined> {
  // Kubernetes: the masters' group is above all rules, here as there.
  if (user.groups.includes('system:masters')) return undefined
  const answer = await client.post<SubjectAccessReview>(subjectAccessReviews, undefined, undefined, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: { user: user.username, groups: [...user.groups], ...attributes },
  })
  return answer.status?.allowed === true ? undefined : (answer.status?.reason ?? '')
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
