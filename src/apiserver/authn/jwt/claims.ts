import { type Provider, TokenError } from './provider.ts'

/** The claims of a token as JSON has them. */
export type Claims = Readonly<Record<string, unknown>>

/** The claim as a text. Throws as Kubernetes words it. */
export function textClaim(claims: Claims, name: string, about: string): string {
  if (!Object.hasOwn(claims, name)) throw new TokenError(`oidc: ${about}: claim not present`)
  const value = claims[name]
  if (value === null) return ''
  if (typeof value !== 'string')
    throw new TokenError(`oidc: ${about}: json: cannot unmarshal ${kindOf(value)} into Go value of type string`)
  return value
}

/** Kubernetes: a claim of groups may be one text. */
export function textsClaim(claims: Claims, name: string): readonly string[] {
  const value = claims[name]
  if (value === null) return []
  if (typeof value === 'string') return [value]
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' || one === null))
    return value.map((one) => one ?? '')
  throw new TokenError(
    `oidc: parse groups claim ${JSON.stringify(name)}: json: cannot unmarshal ${kindOf(value)} into Go value of type string`,
  )
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

interface Endpoint {
  readonly endpoint?: string
  readonly access_token?: string
}
/** What distributed claims (OpenID Connect Core 5.6.2) need. */
export interface Distribution {
  /** Reads a token at an endpoint. */
  get(url: string, bearer?: string): Promise<string>
  /** The issuer of such a token, ready to verify it. */
  providerOf(issuer: string): Promise<Provider>
  issuerOfToken(token: string): string
}

/** The claims with one of them fetched from where `_claim_names` and `_claim_sources` say, if they do. */
export async function withDistributed(claims: Claims, claim: string, parts: Distribution): Promise<Claims> {
  const { _claim_names: names, _claim_sources: sources } = claims as Readonly<Record<string, any>>
  if (Object.hasOwn(claims, claim) || names === undefined) return claims
  if (sources === undefined) throw new TokenError('oidc: could not expand distributed claims: oidc: no claim sources')
  const source = names?.[claim]
  if (source === undefined) return claims
  const found: Endpoint | undefined = sources?.[source]
  if (found === undefined)
    throw new TokenError(`id token _claim_names contained a source ${source} missing in _claims_sources`)
  const { endpoint = '', access_token = '' } = found
  // Without an endpoint the source may hold the claim itself, which Kubernetes does not read.
  if (endpoint === '') return claims
  const token = await parts.get(endpoint, access_token === '' ? undefined : access_token)
  const provider = await parts.providerOf(parts.issuerOfToken(token))
  const more = await provider.verify(token)
  if (!Object.hasOwn(more, claim))
    throw new TokenError(
      `jwt returned by distributed claim endpoint ${JSON.stringify(endpoint)} did not contain claim: ${claim}`,
    )
  return { ...claims, [claim]: more[claim] }
}
