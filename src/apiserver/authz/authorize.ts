import type { ImpersonatingIdentity } from '../authn/authenticate.ts'
import type { Identity } from '../request.ts'
import { type Assumed, impersonated } from './impersonation.ts'
import type { NodeAuthorizer } from './node.ts'
import type { AuthorizationQuery, Decision, RbacAuthorizer } from './rbac.ts'
import { refusal } from './refusal.ts'

/** Leaves a note in the audit record of a request. */
export type Annotate = (key: string, value: string) => void

/** Decides who may do what: system:masters always, then nodes by their pods, then RBAC, then a server outside. */
export interface Authorizer {
  decide(identity: Identity, query: AuthorizationQuery): Promise<Decision>
  /** 403 in Kubernetes' words when the identity may not; the decision is noted for audit. */
  check(identity: Identity, query: AuthorizationQuery, annotate?: Annotate): Promise<void>
  /** The identity a request is to act as, once its right to impersonate is established. */
  assume(identity: ImpersonatingIdentity, request: AuthorizationQuery): Promise<Assumed>
}

export function createAuthorizer(
  rbac: RbacAuthorizer,
  nodes: NodeAuthorizer,
  elsewhere: ((identity: Identity, query: AuthorizationQuery) => Promise<Decision>) | undefined,
): Authorizer {
  async function decide(identity: Identity, query: AuthorizationQuery): Promise<Decision> {
    if (identity.groups.includes('system:masters')) return { allowed: true, reason: '' }
    const byNode = await nodes.authorize(identity, query)
    if (byNode?.allowed === true) return byNode
    const byRole = await rbac.authorize(identity, query)
    if (byRole.allowed) return byRole
    const byOther = await elsewhere?.(identity, query)
    if (byOther?.allowed === true) return byOther
    const reasons = [byNode?.reason ?? '', byRole.reason, byOther?.reason ?? ''].filter((one) => one !== '')
    return { allowed: false, reason: reasons.join('\n') }
  }
  async function check(identity: Identity, query: AuthorizationQuery, annotate?: Annotate): Promise<void> {
    const { allowed, reason } = await decide(identity, query)
    annotate?.('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid')
    annotate?.('authorization.k8s.io/reason', reason)
    if (!allowed) throw refusal(identity, query, reason)
  }
  return {
    decide,
    check,
    assume: (identity, request) => impersonated(identity, request, decide),
  }
}
