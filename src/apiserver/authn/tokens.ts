import type { Clock } from '../../machinery/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { Identity } from '../request.ts'
import { bootstrapIdentity } from './bootstrap-tokens.ts'
import type { ServiceAccountTokens } from './service-accounts.ts'

/** Whom a bearer token stands for, and which of the wanted audiences it is for; undefined when it is not good. */
export type AuthenticateToken = (
  token: string,
  audiences?: readonly string[],
) => Promise<{ readonly identity: Identity; readonly audiences: readonly string[] } | undefined>

/** Asks one after the other until one knows the token; undefined when there is nobody to ask. */
export function firstOf(all: readonly (AuthenticateToken | undefined)[]): AuthenticateToken | undefined {
  const known = all.filter((one) => one !== undefined)
  if (known.length === 0) return undefined
  return async (token, wanted) => {
    for (const one of known) {
      const found = await one(token, wanted)
      if (found !== undefined) return found
    }
    return undefined
  }
}

/** All kinds of tokens: those of service accounts, and those by which nodes join. */
export function tokenAuthenticator({
  registry,
  clock,
  tokens,
  elsewhere,
}: {
  readonly registry: Registry
  readonly clock: Clock
  readonly tokens: ServiceAccountTokens
  /** Asked about tokens that are none of the cluster's own. */
  readonly elsewhere: AuthenticateToken | undefined
}): AuthenticateToken {
  return async (token, wanted = tokens.audiences) => {
    const ofAccount = await tokens.authenticate(token, wanted)
    if (ofAccount !== undefined) return ofAccount
    const audiences = tokens.audiences.filter((one) => wanted.includes(one))
    const identity = audiences.length === 0 ? undefined : await bootstrapIdentity(token, { registry, clock })
    return identity === undefined ? elsewhere?.(token, wanted) : { identity, audiences }
  }
}
