import type { Clock } from '../../../machinery/index.ts'
import type { Get } from './get.ts'

type Claims = Readonly<Record<string, unknown>>
interface Key {
  readonly kid?: string
  readonly [member: string]: unknown
}

const wellKnownPath = '/.well-known/openid-configuration'
/** Kubernetes: clocks of issuers may be so far ahead. */
const notBeforeLeewayMs = 5 * 60_000

/** A token that is not believed; the message says why. */
export class TokenError extends Error {
  override name = 'TokenError'
}

export interface ProviderParts {
  readonly clock: Clock
  readonly get: Get
  readonly issuer: string
  /** Where its configuration is, when it is not below the issuer's URL. */
  readonly discoveryUrl?: string
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  /** Told of every read of the keys: the set's text, or nothing when it failed. */
  readonly onKeys?: (text: string | undefined) => void
}

/** The keys of one issuer: where they are is found out once, and they are read again when a token needs one that is not known. */
export class Provider {
  readonly #parts: ProviderParts
  #keysUrl: string | undefined
  #keys: readonly Key[] = []
  #reading: Promise<readonly Key[]> | undefined

  constructor(parts: ProviderParts) {
    this.#parts = parts
  }

  get isReady(): boolean {
    return this.#keysUrl !== undefined
  }

  /** Finds out where the keys are. Rejects when the issuer does not say. */
  async discover(): Promise<void> {
    const { get, issuer, discoveryUrl } = this.#parts
    const document = JSON.parse(await get(discoveryUrl ?? `${issuer.replace(/\/$/, '')}${wellKnownPath}`))
    if (document.issuer !== issuer)
      throw new Error(
        `oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(issuer)} got ${JSON.stringify(document.issuer ?? '')}`,
      )
    if (typeof document.jwks_uri !== 'string' || document.jwks_uri === '')
      throw new Error('provider did not return JWKS URL')
    this.#keysUrl = document.jwks_uri
  }

  /** The claims of a token that this issuer signed for one of the audiences, and that is good now. Throws TokenError. */
  async verify(token: string): Promise<Claims> {
    const { clock, audiences, algorithms, issuer } = this.#parts
    const jose = await import('jose')
    let header: { readonly alg?: string; readonly kid?: string }
    let claims: Claims
    try {
      header = jose.decodeProtectedHeader(token)
      claims = jose.decodeJwt(token)
    } catch (error) {
      throw new TokenError('oidc: malformed jwt', { cause: error })
    }
    if (issuerOf(claims) !== issuer) throw new TokenError(`oidc: id token issued by a different provider`)
    const given = [claims['aud']].flat().filter((one) => typeof one === 'string')
    if (!audiences.some((one) => given.includes(one)))
      throw new TokenError(`oidc: expected audience in ${JSON.stringify(audiences)} got ${JSON.stringify(given)}`)
    const nowMs = clock.now()
    const [expires, notBefore] = [timeOf(claims['exp']), timeOf(claims['nbf'])]
    if (expires === undefined || expires * 1000 < nowMs) throw new TokenError('oidc: token is expired')
    if (notBefore !== undefined && nowMs + notBeforeLeewayMs < notBefore * 1000)
      throw new TokenError('oidc: current time before the nbf (not before) time')
    const { alg, kid } = header
    if (alg === undefined || !algorithms.includes(alg))
      throw new TokenError(
        `oidc: id token signed with unsupported algorithm, expected ${JSON.stringify(algorithms)} got ${JSON.stringify(alg ?? '')}`,
      )
    if (!(await isSigned(token, alg, kid, this.#keys)) && !(await isSigned(token, alg, kid, await this.#readKeys())))
      throw new TokenError('failed to verify id token signature')
    return claims
  }

  /** Reads the keys; those who ask meanwhile get the same. */
  #readKeys(): Promise<readonly Key[]> {
    const { get, onKeys } = this.#parts
    const url = this.#keysUrl
    if (url === undefined) throw new TokenError('oidc: authenticator not initialized')
    this.#reading ??= get(url)
      .then((text) => {
        const { keys } = JSON.parse(text)
        if (!Array.isArray(keys)) throw new Error('the key set has no keys')
        onKeys?.(text)
        this.#keys = keys
        return this.#keys
      })
      .catch((error: unknown) => {
        onKeys?.(undefined)
        throw new TokenError(`fetching keys oidc: get keys failed ${error instanceof Error ? error.message : error}`)
      })
      .finally(() => {
        this.#reading = undefined
      })
    return this.#reading
  }
}

/** Kubernetes: Google's issuer has an old name. */
export function issuerOf(claims: Claims): unknown {
  return claims['iss'] === 'accounts.google.com' ? 'https://accounts.google.com' : claims['iss']
}

const timeOf = (value: unknown) => (typeof value === 'number' ? value : undefined)

async function isSigned(token: string, alg: string, kid: string | undefined, keys: readonly Key[]): Promise<boolean> {
  const jose = await import('jose')
  for (const key of keys) {
    if (kid !== undefined && kid !== '' && key.kid !== kid) continue
    if (key['use'] !== undefined && key['use'] !== 'sig') continue
    try {
      await jose.compactVerify(token, await jose.importJWK(key, alg), { algorithms: [alg] })
      return true
    } catch {
      // Another key may fit; a key of another kind never does.
    }
  }
  return false
}
