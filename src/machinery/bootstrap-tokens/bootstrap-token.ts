import { bytesOfBase64 } from '../protobuf/base64.ts'

/** A Secret, as far as it may hold a bootstrap token. */
export interface TokenSecret {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}

/** A token by which somebody joins a cluster. */
export interface BootstrapToken {
  readonly id: string
  readonly secret: string
  /** When it ends, in ms since 1970: 0 when that cannot be read, infinity when it does not. */
  readonly expiresMs: number
  readonly maySign: boolean
  readonly mayAuthenticate: boolean
  /** Whom it stands for; undefined when its groups are not all of the bootstrappers'. */
  readonly groups: readonly string[] | undefined
}

export const bootstrapTokenType = 'bootstrap.kubernetes.io/token'
/** What the name of a bootstrap token's Secret begins with; the token's id follows. */
export const bootstrapTokenPrefix = 'bootstrap-token-'
const everyone = 'system:bootstrappers'
const extraGroup = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

/** The two halves of `abcdef.0123456789abcdef`; undefined for what does not look so. */
export function splitBootstrapToken(token: string): { readonly id: string; readonly secret: string } | undefined {
  const [, id, secret] = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

/** The token that a Secret holds; undefined when it holds none, or is going. */
export function bootstrapTokenOf({ metadata, type, data = {} }: TokenSecret): BootstrapToken | undefined {
  if (type !== bootstrapTokenType || metadata.deletionTimestamp !== undefined) return undefined
  const text = (key: string) => textOf(data[key])
  const id = text('token-id')
  const secret = text('token-secret')
  if (id === '' || secret === '' || metadata.name !== bootstrapTokenPrefix + id) return undefined
  return {
    id,
    secret,
    expiresMs: expiryMs(text('expiration')),
    maySign: text('usage-bootstrap-signing') === 'true',
    mayAuthenticate: text('usage-bootstrap-authentication') === 'true',
    groups: groupsOf(text('auth-extra-groups')),
  }
}

/** When a Secret's token ends, whatever else is wrong with it; undefined when the Secret is for something else. */
export const bootstrapExpiryMs = ({ type, data }: TokenSecret): number | undefined =>
  type === bootstrapTokenType ? expiryMs(textOf(data?.['expiration'])) : undefined

function textOf(base64: string | undefined): string {
  return base64 === undefined ? '' : new TextDecoder().decode(bytesOfBase64(base64))
}

function expiryMs(text: string): number {
  if (text === '') return Number.POSITIVE_INFINITY
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
  const ms = isTime ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? 0 : ms
}

function groupsOf(extra: string): readonly string[] | undefined {
  if (extra === '') return [everyone]
  const groups = extra.split(',')
  return groups.every((one) => extraGroup.test(one)) ? [...new Set([everyone, ...groups])].sort() : undefined
}
