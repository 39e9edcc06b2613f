import {
  type Clock,
  invalidObject,
  notFound,
  type Random,
  Recent,
  required,
  StatusError,
  timestampOf,
} from '../../machinery/index.ts'
import { nodes, pods, type Secret, secrets, serviceAccounts } from '../../resources/index.ts'
import type { Change, Registry } from '../registry/registry.ts'
import type { Identity } from '../request.ts'
import { isSame } from './bootstrap-tokens.ts'
import { loopbackContext } from './loopback.ts'
import type { Signer } from './signer.ts'
import { type KeptAnswers, TokenCache, type TokenCacheMeasures } from './token-cache.ts'
import type { TokenUse } from './token-measures.ts'

/** Kubernetes: shorter tokens are refused, longer ones cut, 3607 s pod tokens live a year so that old clients survive. */
const expirationMinSeconds = 600
const expirationMaxSeconds = 2 ** 32
const expirationDefaultSeconds = 3600
const extendedFromSeconds = 3607
const extendedToSeconds = 365 * 24 * 3600

interface PrivateClaims {
  readonly namespace: string
  readonly serviceaccount: { readonly name: string; readonly uid: string }
  readonly pod?: { readonly name: string; readonly uid: string }
  readonly secret?: { readonly name: string; readonly uid: string }
  readonly node?: { readonly name: string; readonly uid: string }
  readonly warnafter?: number
}

const legacyIssuer = 'kubernetes/serviceaccount'
const legacyClaimPrefix = 'kubernetes.io/serviceaccount/'
const lastUsedLabel = 'kubernetes.io/legacy-token-last-used'
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since'
const dayMs = 24 * 3600 * 1000
/** Kubernetes: what is going is good for a little longer, for those who tidy up after it. */
const leewayMs = 60_000

const isGone = ({ deletionTimestamp }: { readonly deletionTimestamp?: string }, nowMs: number) =>
  deletionTimestamp !== undefined && Date.parse(deletionTimestamp) + leewayMs < nowMs

/** Writes the day into a Secret whose token is used, once a day. */
async function noteUse(registry: Registry, { metadata }: Secret, nowMs: number): Promise<void> {
  const dayOf = (ms: number) => timestampOf(ms).slice(0, 10)
  const known = metadata.labels?.[lastUsedLabel]
  if (known === dayOf(nowMs) || known === dayOf(nowMs + dayMs)) return
  const change: Change = {
    retry: true,
    internal: true,
    managed: true,
    next: (current) => ({
      ...current,
      metadata: {
        ...current!.metadata,
        labels: { ...current!.metadata.labels, [lastUsedLabel]: dayOf(nowMs) },
      },
    }),
  }
  // Who asks is not kept from it because the note could not be made.
  await registry.update(secrets, metadata.namespace, metadata.name, change, loopbackContext()).catch(() => {})
}

export interface TokenParts {
  readonly registry: Registry
  readonly signer: Signer
  readonly clock: Clock
  readonly random: Random
  /** Told of every token that is used. */
  readonly onUse?: (use: TokenUse) => void
  readonly cache: TokenCacheMeasures
}

/** What a token says, if its signature is ours. */
interface Verified {
  readonly claims: Readonly<Record<string, any>> | undefined
}
const verifiedMax = 10_000

/** Tokens of others are not kept: whoever sends them cannot crowd out those that are good. */
function goodOnly(kept: Recent<string, Verified>): KeptAnswers<Verified> {
  return {
    get: (token) => kept.get(token),
    set(token, verified) {
      if (verified.claims !== undefined) kept.set(token, verified)
    },
  }
}

/** Makes bound tokens (TokenRequest) and finds out whose a token is. */
export class ServiceAccountTokens {
  readonly #parts: TokenParts
  readonly #verified: TokenCache<Verified>

  constructor(parts: TokenParts) {
    this.#parts = parts
    this.#verified = new TokenCache(goodOnly(new Recent<string, Verified>(verifiedMax)), parts.cache)
  }

  /** The audiences a token is for when it does not say. */
  get audiences(): readonly string[] {
    return [this.#parts.signer.issuer]
  }

  /** The TokenRequest with its status filled in. */
  async request(namespace: string, name: string, body: any): Promise<any> {
    const { registry, signer, clock, random } = this.#parts
    const account = await registry.find(serviceAccounts, namespace, name)
    if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, name)
    const spec = body?.spec ?? {}
    const asked = spec.expirationSeconds ?? expirationDefaultSeconds
    const about = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
    if (asked < expirationMinSeconds || asked > expirationMaxSeconds) {
      const bound =
        asked < expirationMinSeconds
          ? 'may not specify a duration less than 10 minutes'
          : 'may not specify a duration larger than 2^32 seconds'
      throw invalidObject(about, '', [
        { type: 'FieldValueInvalid', field: 'spec.expirationSeconds', message: `Invalid value: ${asked}: ${bound}` },
      ])
    }
    const bound =
      spec.boundObjectRef === undefined || spec.boundObjectRef === null
        ? {}
        : await this.#bind(namespace, name, spec.boundObjectRef, about)
    const audiences: readonly string[] = spec.audiences?.length > 0 ? spec.audiences : this.audiences
    const nowSeconds = Math.floor(clock.now() / 1000)
    const extended = asked === extendedFromSeconds && audiences.every((one) => this.audiences.includes(one))
    const expiresSeconds = nowSeconds + (extended ? extendedToSeconds : asked)
    const claims: Record<string, unknown> = {
      aud: audiences,
      exp: expiresSeconds,
      iat: nowSeconds,
      iss: signer.issuer,
      jti: random.uuid(),
      'kubernetes.io': {
        namespace,
        ...bound,
        serviceaccount: { name, uid: account.metadata.uid },
        ...(extended ? { warnafter: nowSeconds + asked } : {}),
      },
      nbf: nowSeconds,
      sub: `system:serviceaccount:${namespace}:${name}`,
    }
    const token = await signer.sign(claims)
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, creationTimestamp: timestampOf(clock.now()) },
      spec: { audiences, expirationSeconds: asked, boundObjectRef: spec.boundObjectRef ?? null },
      status: { token, expirationTimestamp: timestampOf((nowSeconds + asked) * 1000) },
    }
  }

  /** Who a token stands for, and for which audiences; undefined when it is not (or no longer) good. */
  async authenticate(
    token: string,
    wanted: readonly string[] = this.audiences,
  ): Promise<{ readonly identity: Identity; readonly audiences: readonly string[] } | undefined> {
    const { registry, clock, signer } = this.#parts
    const claims = await this.#claimsOf(token)
    if (claims === undefined) return undefined
    if (claims.iss === legacyIssuer) return this.#ofSecret(token, claims, wanted)
    if (claims.iss !== signer.issuer) return undefined
    const nowSeconds = clock.now() / 1000
    if (nowSeconds >= claims.exp || nowSeconds < (claims.nbf ?? 0) - 60) return undefined
    const audiences = (claims.aud as readonly string[]).filter((one) => wanted.includes(one))
    if (audiences.length === 0) return undefined
    const bound = claims['kubernetes.io'] as PrivateClaims
    const account = await registry.find(serviceAccounts, bound.namespace, bound.serviceaccount.name)
    if (account === undefined || account.metadata.uid !== bound.serviceaccount.uid) return undefined
    if (isGone(account.metadata, clock.now())) return undefined
    const dead = (meta: { uid: string; deletionTimestamp?: string } | undefined, uid: string) =>
      meta === undefined || meta.uid !== uid || isGone(meta, clock.now())
    if (
      bound.pod !== undefined &&
      dead((await registry.find(pods, bound.namespace, bound.pod.name))?.metadata, bound.pod.uid)
    )
      return undefined
    if (
      bound.secret !== undefined &&
      dead((await registry.find(secrets, bound.namespace, bound.secret.name))?.metadata, bound.secret.uid)
    )
      return undefined
    // Kubernetes: a pod's token names its node only to tell it; it is the pod that it lives with.
    if (
      bound.node !== undefined &&
      bound.pod === undefined &&
      dead((await registry.find(nodes, undefined, bound.node.name))?.metadata, bound.node.uid)
    )
      return undefined
    this.#parts.onUse?.(bound.warnafter !== undefined && nowSeconds > bound.warnafter ? 'stale' : 'valid')
    const extra: Record<string, readonly string[]> = {
      ...(claims.jti === undefined ? {} : { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] }),
      ...(bound.pod === undefined
        ? {}
        : {
            'authentication.kubernetes.io/pod-name': [bound.pod.name],
            'authentication.kubernetes.io/pod-uid': [bound.pod.uid],
          }),
      ...(bound.node === undefined
        ? {}
        : {
            'authentication.kubernetes.io/node-name': [bound.node.name],
            'authentication.kubernetes.io/node-uid': [bound.node.uid],
          }),
    }
    return {
      audiences,
      identity: {
        name: `system:serviceaccount:${bound.namespace}:${bound.serviceaccount.name}`,
        uid: bound.serviceaccount.uid,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${bound.namespace}`, 'system:authenticated'],
        extra,
      },
    }
  }

  /** A token that lives as long as the Secret it is in; its use is written down there. */
  async #ofSecret(
    token: string,
    claims: Readonly<Record<string, any>>,
    wanted: readonly string[],
  ): Promise<{ readonly identity: Identity; readonly audiences: readonly string[] } | undefined> {
    const { registry, clock } = this.#parts
    const claim = (name: string): string => claims[`${legacyClaimPrefix}${name}`] ?? ''
    const namespace = claim('namespace')
    const name = claim('service-account.name')
    const user = `system:serviceaccount:${namespace}:${name}`
    const audiences = this.audiences.filter((one) => wanted.includes(one))
    if (claims.sub !== user || audiences.length === 0) return undefined
    const secret = await registry.find<Secret>(secrets, namespace, claim('secret.name'))
    if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return undefined
    if (!isSame(Buffer.from(secret.data?.['token'] ?? '', 'base64').toString(), token)) return undefined
    const account = await registry.find(serviceAccounts, namespace, name)
    if (account === undefined || account.metadata.deletionTimestamp !== undefined) return undefined
    if (account.metadata.uid !== claim('service-account.uid')) return undefined
    await noteUse(registry, secret, clock.now())
    const isMadeByItself = account.secrets?.some(({ name: known }) => known === secret.metadata.name) === true
    const isInvalid = (secret.metadata.labels?.[invalidSinceLabel] ?? '') !== ''
    this.#parts.onUse?.('legacy')
    if (isMadeByItself) this.#parts.onUse?.(isInvalid ? 'invalidLegacyAuto' : 'legacyAuto')
    else this.#parts.onUse?.('legacyManual')
    if (isInvalid) return undefined
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
    return { audiences, identity: { name: user, uid: account.metadata.uid, groups } }
  }

  /** Signatures are checked once per token; what can change (expiry, bound objects) is checked every time. */
  async #claimsOf(token: string): Promise<Readonly<Record<string, any>> | undefined> {
    return (await this.#verified.get(token, async () => ({ claims: await this.#parts.signer.verify(token) }))).claims
  }

  async #bind(
    namespace: string,
    name: string,
    ref: any,
    about: { group: string; kind: string },
  ): Promise<Partial<PrivateClaims>> {
    const { registry } = this.#parts
    const { kind, apiVersion, name: target = '', uid } = ref
    if (target === '') throw invalidObject(about, '', [required('spec.boundObjectRef.name')])
    const checkUid = (object: { metadata: { uid: string } }) => {
      if (uid !== undefined && uid !== '' && uid !== object.metadata.uid) {
        throw new StatusError(
          409,
          'Conflict',
          `Operation cannot be fulfilled on ${kind.toLowerCase()} "${target}": the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
        )
      }
    }
    if (kind === 'Pod' && apiVersion === 'v1') {
      const pod = await registry.find(pods, namespace, target)
      if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, target)
      checkUid(pod)
      if ((pod.spec?.serviceAccountName ?? 'default') !== name) {
        throw new StatusError(
          400,
          'BadRequest',
          `cannot bind token for serviceaccount "${name}" to pod running with different serviceaccount name.`,
        )
      }
      const node =
        pod.spec?.nodeName === undefined ? undefined : await registry.find(nodes, undefined, pod.spec.nodeName)
      return {
        ...(node === undefined ? {} : { node: { name: node.metadata.name, uid: node.metadata.uid } }),
        pod: { name: target, uid: pod.metadata.uid },
      }
    }
    if (kind === 'Secret' && apiVersion === 'v1') {
      const secret = await registry.find(secrets, namespace, target)
      if (secret === undefined) throw notFound({ group: '', resource: 'secrets' }, target)
      checkUid(secret)
      return { secret: { name: target, uid: secret.metadata.uid } }
    }
    if (kind === 'Node' && apiVersion === 'v1') {
      const node = await registry.find(nodes, undefined, target)
      if (node === undefined) throw notFound({ group: '', resource: 'nodes' }, target)
      checkUid(node)
      return { node: { name: target, uid: node.metadata.uid } }
    }
    throw new StatusError(400, 'BadRequest', `cannot bind token to object of type ${apiVersion}, Kind=${kind}`)
  }
}
