import { base64Of } from '../../machinery/index.ts'
import type { Secret, ServiceAccount } from '../../resources/index.ts'

export const accountNameAnnotation = 'kubernetes.io/service-account.name'
export const accountUidAnnotation = 'kubernetes.io/service-account.uid'
export const lastUsedLabel = 'kubernetes.io/legacy-token-last-used'
export const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since'
const dayMs = 24 * 60 * 60_000

/** Whether a Secret is for the token of a service account. */
export const isAccountToken = ({ type }: Secret): boolean => type === 'kubernetes.io/service-account-token'

/** Whose token a Secret is to hold; undefined when it says somebody who is no longer there. */
export function isTokenOf({ metadata }: Secret, account: ServiceAccount): boolean {
  const { [accountNameAnnotation]: name, [accountUidAnnotation]: uid = '' } = metadata.annotations ?? {}
  return name === account.metadata.name && (uid === '' || uid === account.metadata.uid)
}

const encoded = (text: string) => base64Of(new TextEncoder().encode(text))

/** What a token's Secret still lacks. */
export function lackingIn({ data = {}, metadata }: Secret, rootCa: string) {
  return {
    data: {
      ...(rootCa !== '' && data['ca.crt'] !== encoded(rootCa) ? { 'ca.crt': encoded(rootCa) } : {}),
      ...((data['namespace'] ?? '') === '' ? { namespace: encoded(metadata.namespace ?? '') } : {}),
    },
    token: (data['token'] ?? '') === '',
  }
}

/** What is said by a token that lives as long as its Secret. */
export function legacyClaims(account: ServiceAccount, secret: Secret): Readonly<Record<string, string>> {
  const { namespace = '', name, uid } = account.metadata
  const prefix = 'kubernetes.io/serviceaccount'
  return {
    iss: 'kubernetes/serviceaccount',
    [`${prefix}/namespace`]: namespace,
    [`${prefix}/secret.name`]: secret.metadata.name,
    [`${prefix}/service-account.name`]: name,
    [`${prefix}/service-account.uid`]: uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  }
}

const isDate = (text: string | undefined): text is string =>
  text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** What to do with a token that was made for an account unasked and that nobody has used for long. */
export function cleaningOf(
  secret: Secret,
  account: ServiceAccount | undefined,
  {
    nowMs,
    trackedSince,
    mounted,
    unusedMs,
  }: {
    readonly nowMs: number
    /** The day since when uses are written down. */
    readonly trackedSince: string | undefined
    readonly mounted: boolean
    readonly unusedMs: number
  },
): 'nothing' | 'delete' | { readonly invalidSince: string } {
  if (!isDate(trackedSince) || nowMs < Date.parse(trackedSince) + dayMs + unusedMs) return 'nothing'
  const { creationTimestamp, deletionTimestamp, labels = {}, name } = secret.metadata
  if (!isAccountToken(secret) || deletionTimestamp !== undefined) return 'nothing'
  const limit = dateOf(nowMs - unusedMs)
  if (Date.parse(creationTimestamp) >= nowMs - unusedMs) return 'nothing'
  const lastUsed = labels[lastUsedLabel]
  if (lastUsed !== undefined && (!isDate(lastUsed) || lastUsed >= limit)) return 'nothing'
  const isUnasked = account !== undefined && isTokenOf(secret, account) && refersTo(account, name)
  if (!isUnasked || mounted) return 'nothing'
  const since = labels[invalidSinceLabel]
  if (!isDate(since)) return { invalidSince: dateOf(nowMs) }
  return since >= limit ? 'nothing' : 'delete'
}

/** Whether an account lists a Secret as its own, as was done for tokens made unasked. */
export const refersTo = ({ secrets }: ServiceAccount, name: string): boolean =>
  (secrets ?? []).some((one) => one.name === name)
