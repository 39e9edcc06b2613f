import { timingSafeEqual } from 'node:crypto'
import { bootstrapTokenOf, bootstrapTokenPrefix, type Clock, splitBootstrapToken } from '../../machinery/index.ts'
import { type Secret, secrets } from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { Identity } from '../request.ts'

/** Whom a bootstrap token stands for; undefined when it is none, or no longer good. */
export async function bootstrapIdentity(
  token: string,
  { registry, clock }: { readonly registry: Registry; readonly clock: Clock },
): Promise<Identity | undefined> {
  const given = splitBootstrapToken(token)
  if (given === undefined) return undefined
  const secret = await registry.find<Secret>(secrets, 'kube-system', bootstrapTokenPrefix + given.id)
  const known = secret === undefined ? undefined : bootstrapTokenOf(secret)
  if (known === undefined || !known.mayAuthenticate || known.groups === undefined) return undefined
  if (clock.now() >= known.expiresMs || !isSame(known.secret, given.secret)) return undefined
  return { name: `system:bootstrap:${known.id}`, groups: [...known.groups, 'system:authenticated'] }
}

/** Takes as long for a near miss as for any other. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
