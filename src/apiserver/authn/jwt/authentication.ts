import { type Clock, Metrics, sameJson } from '../../../machinery/index.ts'
import type { NetworkConnection } from '../../streams/connections.ts'
import { type FollowedFile, followFile, hashLabel, ReloadMetrics } from '../../structured/follow.ts'
import { aggregateText, ConfigurationError, decodeConfigured } from '../../structured/schema.ts'
import { AnswerCache } from '../../webhooks/post-review.ts'
import type { AuthenticateToken } from '../tokens.ts'
import { IssuerAuthenticator } from './authenticator.ts'
import {
  type AnonymousChoice,
  type AuthenticationConfiguration,
  configurationOfFlags,
  type OidcOptions,
  signingAlgorithms,
} from './configuration.ts'
import { anonymousChanged, checkAuthentication } from './validate.ts'

/** Kubernetes: for so long a token that was good is good. */
const keptMs = 10_000
const keptMax = 10_000
/** Kubernetes: issuers that are new in a file may take so long before it is given up. */
const healthyWithinMs = 60_000
const lookEveryMs = 1_000
const everyone = 'system:authenticated'
const latencyBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface AuthenticationParts {
  readonly clock: Clock
  readonly metrics?: Metrics
  readonly connectNetwork: NetworkConnection
  /** The audiences of this API server; tokens of issuers are good for all of them. */
  readonly ownAudiences: readonly string[]
  /** Issuers that nobody else may be. */
  readonly ownIssuers: readonly string[]
  readonly serverId: string
  readonly complain: (error: unknown, about: string) => void
}

/** Who else is believed about tokens, and who may come without one. */
export interface Authentication {
  readonly authenticateToken: AuthenticateToken
  /** What the file says of requests without credentials; left out when it says nothing. */
  readonly anonymous?: AnonymousChoice
  /** Finds the issuers' keys, and follows the file. Ends with the signal. */
  run(signal: AbortSignal): Promise<void>
}

/** Authentication as a file configures it, also while it changes. Rejects with a ConfigurationError. */
export async function authenticationOfFile(file: FollowedFile, parts: AuthenticationParts): Promise<Authentication> {
  const text = await file.read()
  return new Issuers(parts, signingAlgorithms, decode(text), { file, text })
}

/** Authentication as kube-apiserver's `--oidc-…` flags configure it. Throws a ConfigurationError. */
export function authenticationOfFlags(options: OidcOptions, parts: AuthenticationParts): Authentication {
  const { signingAlgs = ['RS256'] } = options
  const unknown = signingAlgs.find((one) => !(signingAlgorithms as readonly string[]).includes(one))
  if (unknown !== undefined) throw new ConfigurationError(`oidc: unsupported signing alg: ${JSON.stringify(unknown)}`)
  return new Issuers(parts, signingAlgs, configurationOfFlags(options))
}

const decode = (text: string): AuthenticationConfiguration => decodeConfigured('AuthenticationConfiguration', text)

interface Set {
  readonly issuers: readonly IssuerAuthenticator[]
  readonly stop: AbortController
  readonly known: AnswerCache<NonNullable<Awaited<ReturnType<AuthenticateToken>>>>
}

class Issuers implements Authentication {
  readonly anonymous?: AnonymousChoice
  readonly #parts: AuthenticationParts
  readonly #algorithms: readonly string[]
  readonly #followed: { readonly file: FollowedFile; readonly text: string } | undefined
  readonly #reloads: ReloadMetrics | undefined
  readonly #latency
  readonly #fetched
  readonly #keySet
  readonly #shownKeys = new Map<string, Readonly<Record<string, string>>>()
  #now: Set

  constructor(
    parts: AuthenticationParts,
    algorithms: readonly string[],
    configuration: AuthenticationConfiguration,
    followed?: { readonly file: FollowedFile; readonly text: string },
  ) {
    const metrics = parts.metrics ?? new Metrics()
    this.#parts = parts
    this.#algorithms = algorithms
    this.#followed = followed
    if (configuration.anonymous !== undefined) this.anonymous = configuration.anonymous
    this.#latency = metrics.histogram(
      'apiserver_authentication_jwt_authenticator_latency_seconds',
      'Latency of jwt authentication operations in seconds. This is the time spent authenticating a token for cache miss only (i.e. when the token is not found in the cache).',
      latencyBuckets,
    )
    this.#fetched = metrics.gauge(
      'apiserver_authentication_jwt_authenticator_jwks_fetch_last_timestamp_seconds',
      'Timestamp of the last successful or failed JWKS fetch split by result, api server identity and jwt issuer for the JWT authenticator.',
    )
    this.#keySet = metrics.gauge(
      'apiserver_authentication_jwt_authenticator_jwks_fetch_last_key_set_info',
      'Information about the last JWKS fetched by the JWT authenticator with hash as label, split by api server identity and jwt issuer.',
    )
    const { errors, made } = this.#setOf(configuration)
    if (made === undefined) throw new ConfigurationError(`invalid authentication configuration: ${errors}`)
    this.#now = made
    if (followed !== undefined) {
      this.#reloads = new ReloadMetrics(metrics, 'authentication', parts.serverId, () => parts.clock.now())
      this.#reloads.applied(followed.text)
    }
  }

  get authenticateToken(): AuthenticateToken {
    return async (token, wanted = this.#parts.ownAudiences) => {
      const { ownAudiences, clock } = this.#parts
      const audiences = ownAudiences.filter((one) => wanted.includes(one))
      if (audiences.length === 0) return undefined
      const { issuers, known } = this.#now
      const issuer = issuers.find((one) => one.issued(token))
      if (issuer === undefined) return undefined
      const kept = known.get(token)
      if (kept !== undefined) return { ...kept, audiences }
      const startedMs = clock.monotonic()
      const observe = (result: string) =>
        this.#latency.observe((clock.monotonic() - startedMs) / 1000, {
          result,
          jwt_issuer_hash: hashLabel(issuer.issuer),
        })
      try {
        const identity = await issuer.authenticate(token)
        const { groups } = identity
        const found = { identity: { ...identity, groups: groups.includes(everyone) ? groups : [...groups, everyone] } }
        known.set(token, { ...found, audiences }, keptMs)
        observe('success')
        return { ...found, audiences }
      } catch (error) {
        observe('failure')
        this.#parts.complain(error, 'authentication by token')
        return undefined
      }
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const starting = this.#start(this.#now, signal)
    const { clock, complain } = this.#parts
    if (this.#followed !== undefined && this.#reloads !== undefined)
      await followFile(
        {
          ...this.#followed,
          metrics: this.#reloads,
          complain: (problem) => complain(new Error(problem), 'authentication configuration'),
          apply: async (text) => {
            let configuration: AuthenticationConfiguration
            try {
              configuration = decode(text)
            } catch (error) {
              return { problem: (error as Error).message, final: true }
            }
            const { errors, made } = this.#setOf(configuration)
            if (made === undefined) return { problem: errors, final: true }
            void this.#start(made, signal)
            const endMs = clock.monotonic() + healthyWithinMs
            for (;;) {
              const problem = made.issuers.find((one) => one.problem !== undefined)?.problem
              if (problem === undefined || signal.aborted) break
              if (clock.monotonic() >= endMs) {
                made.stop.abort()
                return { problem, final: false }
              }
              await clock.sleep(lookEveryMs, signal).catch(() => {})
            }
            const { stop, issuers } = this.#now
            this.#now = made
            stop.abort()
            this.#forgetKeys(issuers, made.issuers)
            return undefined
          },
        },
        signal,
      )
    await starting
  }

  async #start({ issuers, stop }: Set, signal: AbortSignal): Promise<void> {
    const both = AbortSignal.any([signal, stop.signal])
    await Promise.all(issuers.map((one) => one.start(both)))
  }

  #setOf(configuration: AuthenticationConfiguration): { readonly errors: string; readonly made?: Set } {
    const { clock, connectNetwork, ownIssuers, complain } = this.#parts
    const { errors, compiled } = checkAuthentication(configuration, ownIssuers)
    const isSame = this.#now === undefined || sameJson(configuration.anonymous ?? null, this.anonymous ?? null)
    const all = isSame ? errors : [...errors, anonymousChanged]
    if (all.length > 0) return { errors: aggregateText(all) }
    const parts = {
      clock,
      connectNetwork,
      algorithms: this.#algorithms,
      onKeys: (issuer: string, text: string | undefined) => this.#noteKeys(issuer, text),
      complain: (error: unknown) => complain(error, 'oidc authenticator'),
    }
    const issuers = (configuration.jwt ?? []).map((one, index) => new IssuerAuthenticator(one, compiled[index]!, parts))
    return { errors: '', made: { issuers, stop: new AbortController(), known: new AnswerCache(clock, keptMax) } }
  }

  #noteKeys(issuer: string, text: string | undefined): void {
    const labels = { jwt_issuer_hash: hashLabel(issuer), apiserver_id_hash: hashLabel(this.#parts.serverId) }
    const result = text === undefined ? 'failure' : 'success'
    this.#fetched.set(this.#parts.clock.now() / 1000, { result, ...labels })
    if (text === undefined) return
    const before = this.#shownKeys.get(issuer)
    if (before !== undefined) this.#keySet.remove(before)
    const shown = { ...labels, hash: hashLabel(text) }
    this.#shownKeys.set(issuer, shown)
    this.#keySet.set(1, shown)
  }

  #forgetKeys(before: readonly IssuerAuthenticator[], after: readonly IssuerAuthenticator[]): void {
    for (const { issuer } of before) {
      if (after.some((one) => one.issuer === issuer)) continue
      const labels = { jwt_issuer_hash: hashLabel(issuer), apiserver_id_hash: hashLabel(this.#parts.serverId) }
      for (const result of ['success', 'failure']) this.#fetched.remove({ result, ...labels })
      const shown = this.#shownKeys.get(issuer)
      if (shown !== undefined) this.#keySet.remove(shown)
      this.#shownKeys.delete(issuer)
    }
  }
}
