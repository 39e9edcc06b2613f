import type { Clock, Metrics } from '../../machinery/index.ts'
import type { Authorization } from '../structured/open.ts'
import type { PostReview } from '../webhooks/post-review.ts'
import type { NamedAuthorizer } from './authorize.ts'
import type { NodeAuthorizer } from './node.ts'
import type { RbacAuthorizer } from './rbac.ts'
import { webhookAuthorizer } from './webhook.ts'

export interface OwnAuthorizers {
  readonly rbac: RbacAuthorizer
  readonly nodes: NodeAuthorizer
  readonly metrics: Metrics
}

/** Those who are asked about rights, in order; what a file says of it counts as soon as it is followed. */
export function authorizersOf(
  {
    clock,
    authorization,
    reviewAccess,
  }: {
    readonly clock: Clock
    readonly authorization?: Authorization | undefined
    readonly reviewAccess?: PostReview | undefined
  },
  own: OwnAuthorizers,
): () => readonly NamedAuthorizer[] {
  if (authorization === undefined) {
    const usual = [ownAuthorizer('Node', 'node', own), ownAuthorizer('RBAC', 'rbac', own)]
    const all =
      reviewAccess === undefined
        ? usual
        : [...usual, webhookAuthorizer({ name: 'webhook', post: reviewAccess, clock, metrics: own.metrics })]
    return () => all
  }
  let made: { readonly from: Authorization['authorizers']; readonly all: readonly NamedAuthorizer[] } | undefined
  return () => {
    const from = authorization.authorizers
    if (made?.from !== from)
      made = { from, all: from.map((one) => ('authorize' in one ? one : ownAuthorizer(one.type, one.name, own))) }
    return made.all
  }
}

function ownAuthorizer(type: string, name: string, { rbac, nodes }: OwnAuthorizers): NamedAuthorizer {
  switch (type) {
    case 'Node':
      return { type, name, authorize: (identity, query) => nodes.authorize(identity, query) }
    case 'RBAC':
      return { type, name, authorize: (identity, query) => rbac.authorize(identity, query) }
    case 'AlwaysAllow':
      return { type, name, authorize: async () => ({ allowed: true, reason: '' }) }
    default:
      return { type, name, authorize: async () => ({ allowed: false, reason: 'Everything is forbidden.' }) }
  }
}
