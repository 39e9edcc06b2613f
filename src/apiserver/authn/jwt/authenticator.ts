import type { Clock } from '../../../machinery/index.ts'
import type { Identity } from '../../request.ts'
import type { NetworkConnection } from '../../streams/connections.ts'
import { type Claims, textClaim, textsClaim, withDistributed } from './claims.ts'
import type { JwtAuthenticator } from './configuration.ts'
import { claimsValue, textsOf, userValue } from './expressions.ts'
import { type Get, getter } from './get.ts'
import { issuerOf, Provider, TokenError } from './provider.ts'
import type { CompiledMappings } from './validate.ts'

const retryMs = 10_000
const credentialIdKey = 'authentication.kubernetes.io/credential-id'

export interface IssuerParts {
  readonly clock: Clock
  readonly connectNetwork: NetworkConnection
  readonly algorithms: readonly string[]
  readonly onKeys: (issuer: string, text: string | undefined) => void
  readonly complain: (error: unknown) => void
}

/** Believes the tokens of one issuer, and makes users of what they say. */
export class IssuerAuthenticator {
  readonly issuer: string
  readonly #config: JwtAuthenticator
  readonly #mappings: CompiledMappings
  readonly #provider: Provider
  readonly #get: Get
  readonly #parts: IssuerParts
  readonly #others = new Map<string, Promise<Provider>>()
  #problem: unknown

  constructor(config: JwtAuthenticator, mappings: CompiledMappings, parts: IssuerParts) {
    const { url = '', discoveryURL = '', certificateAuthority = '', audiences = [] } = config.issuer ?? {}
    const egress = config.issuer?.egressSelectorType ?? ''
    this.issuer = url
    this.#config = config
    this.#mappings = mappings
    this.#parts = parts
    this.#get = getter(
      parts.connectNetwork,
      parts.clock,
      certificateAuthority === '' ? undefined : certificateAuthority,
      // Kubernetes: an issuer that does not say where it is, is reached directly.
      egress === 'controlplane' || egress === 'cluster' ? egress : 'none',
    )
    this.#provider = new Provider({
      clock: parts.clock,
      get: this.#get,
      issuer: url,
      ...(discoveryURL === '' ? {} : { discoveryUrl: discoveryURL }),
      audiences,
      algorithms: parts.algorithms,
      onKeys: (text) => parts.onKeys(url, text),
    })
  }

  /** What keeps it from working; nothing once it does. */
  get problem(): string | undefined {
    if (this.#provider.isReady) return undefined
    const why =
      this.#problem === undefined
        ? `oidc: authenticator for issuer ${JSON.stringify(this.issuer)} is not initialized`
        : String(this.#problem instanceof Error ? this.#problem.message : this.#problem)
    return `oidc: authenticator for issuer ${JSON.stringify(this.issuer)} is not healthy: ${why}`
  }

  /** Asks the issuer where its keys are until it says so. Resolves then, or when the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#provider.isReady) {
      try {
        await this.#provider.discover()
      } catch (error) {
        this.#problem = error
        this.#parts.complain(error)
        await this.#parts.clock.sleep(retryMs, signal).catch(() => {})
      }
    }
  }

  /** Whether a token says that it is this issuer's; nothing else of it has been looked at. */
  issued(token: string): boolean {
    return untrustedIssuer(token) === this.issuer
  }

  /** Whose the token is. Throws when it is not good. */
  async authenticate(token: string): Promise<Identity> {
    if (!this.#provider.isReady) throw new TokenError('oidc: authenticator not initialized')
    const { claimMappings: { groups = {} } = {}, claimValidationRules = [] } = this.#config
    let claims: Claims = await this.#provider.verify(token)
    if ((groups.claim ?? '') !== '')
      claims = await withDistributed(claims, groups.claim!, {
        get: this.#get,
        providerOf: (issuer) => this.#providerOf(issuer),
        issuerOfToken: (other) => untrustedIssuer(other) ?? '',
      })
    const identity = this.#identityOf(claims)
    for (const { claim = '', requiredValue = '' } of claimValidationRules) {
      if (claim === '') continue
      if (!Object.hasOwn(claims, claim)) throw new TokenError(`oidc: required claim ${claim} not present in ID token`)
      const value = textClaim(claims, claim, `parse claim ${claim}`)
      if (value !== requiredValue)
        throw new TokenError(
          `oidc: required claim ${claim} value does not match. Got = ${value}, want = ${requiredValue}`,
        )
    }
    const bindings = { claims: claimsValue(claims) }
    checkRules(this.#mappings.claimRules, bindings, 'claim validation expression')
    checkRules(this.#mappings.userRules, { user: userValue(identity) }, 'user info validation rule')
    return identity
  }

  #identityOf(claims: Claims): Identity {
    const { username, groups, uid, extra } = this.#mappings
    const bindings = { claims: claimsValue(claims) }
    const mapped = this.#config.claimMappings ?? {}
    const within = <T>(about: string, read: () => T): T => {
      try {
        return read()
      } catch (error) {
        if (error instanceof TokenError) throw error
        throw new TokenError(`oidc: error evaluating ${about} claim expression: ${(error as Error).message}`)
      }
    }
    const textFrom = (about: string, value: unknown) => {
      if (typeof value === 'string') return value
      throw new Error(`${about} claim expression must return a string`)
    }
    const name =
      username === undefined
        ? nameClaim(claims, mapped.username?.claim ?? '', mapped.username?.prefix ?? '')
        : within('username', () => textFrom('username', username.evaluate(bindings)))
    if (name === '' && username !== undefined)
      throw new TokenError('oidc: empty username via CEL expression is not allowed')
    const groupsClaim = mapped.groups?.claim ?? ''
    const member =
      groupsClaim !== '' && Object.hasOwn(claims, groupsClaim)
        ? textsClaim(claims, groupsClaim).map((one) => `${mapped.groups?.prefix ?? ''}${one}`)
        : groups === undefined
          ? []
          : within('group', () => textsOf(groups.evaluate(bindings)))
    const uidClaim = mapped.uid?.claim ?? ''
    const id =
      uidClaim !== ''
        ? textClaim(claims, uidClaim, `parse uid claim ${JSON.stringify(uidClaim)}`)
        : uid === undefined
          ? ''
          : within('uid', () => textFrom('uid', uid.evaluate(bindings)))
    const more: Record<string, readonly string[]> = {}
    if (typeof claims['jti'] === 'string' && claims['jti'] !== '') more[credentialIdKey] = [`JTI=${claims['jti']}`]
    for (const { key, expression } of extra) {
      const values = within('extra', () => textsOf(expression.evaluate(bindings)))
      if (values.length > 0) more[key] = values
    }
    return {
      name,
      groups: member,
      ...(id === '' ? {} : { uid: id }),
      ...(Object.keys(more).length === 0 ? {} : { extra: more }),
    }
  }

  #providerOf(issuer: string): Promise<Provider> {
    const known = this.#others.get(issuer)
    if (known !== undefined) return known
    const { clock, algorithms } = this.#parts
    const { audiences = [] } = this.#config.issuer ?? {}
    const provider = new Provider({ clock, get: this.#get, issuer, audiences, algorithms })
    const made = provider.discover().then(() => provider)
    this.#others.set(issuer, made)
    // An issuer that did not answer is asked again by the next token.
    made.catch(() => this.#others.delete(issuer))
    return made
  }
}

function nameClaim(claims: Claims, claim: string, prefix: string): string {
  const name = textClaim(claims, claim, `parse username claims ${JSON.stringify(claim)}`)
  if (claim === 'email' && Object.hasOwn(claims, 'email_verified')) {
    const verified = claims['email_verified']
    if (typeof verified !== 'boolean' && verified !== null)
      throw new TokenError(
        `oidc: parse 'email_verified' claim: json: cannot unmarshal ${typeof verified} into Go value of type bool`,
      )
    if (verified !== true) throw new TokenError('oidc: email not verified')
  }
  return `${prefix}${name}`
}

function checkRules(
  rules: CompiledMappings['claimRules'],
  bindings: Parameters<CompiledMappings['claimRules'][number]['expression']['evaluate']>[0],
  about: string,
): void {
  for (const { expression, message } of rules) {
    let held: unknown
    try {
      held = expression.evaluate(bindings)
    } catch (error) {
      throw new TokenError(`oidc: error evaluating ${about}: ${(error as Error).message}`)
    }
    if (held !== true)
      throw new TokenError(
        `oidc: error evaluating ${about}: validation expression '${expression.source}' failed: ${message}`,
      )
  }
}

/** What a token says of its issuer, believed by nobody yet; undefined for what is no token of three parts. */
function untrustedIssuer(token: string): string | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  try {
    const claims = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString())
    const issuer = typeof claims === 'object' && claims !== null ? issuerOf(claims) : undefined
    return typeof issuer === 'string' ? issuer : undefined
  } catch {
    return undefined
  }
}
