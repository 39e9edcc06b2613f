import type { Clock, Metrics } from '../../machinery/index.ts'
import type { ImpersonatingIdentity } from '../authn/authenticate.ts'
import type { Identity } from '../request.ts'
import { type Assumed, impersonated } from './impersonation.ts'
import { impersonationMeasures } from './impersonation-measures.ts'
import { authorizationMeasures } from './measures.ts'
import type { AuthorizationQuery, Decision } from './rbac.ts'
import { refusal } from './refusal.ts'

/** Leaves a note in the audit record of a request. */
export type Annotate = (key: string, value: string) => void

/** One of those who are asked, in order. */
export interface NamedAuthorizer {
  /** As AuthorizationConfiguration names it: Node, RBAC, Webhook. */
  readonly type: string
  readonly name: string
  /** Undefined when it is not about them. */
  authorize(identity: Identity, query: AuthorizationQuery): Promise<Decision | undefined>
}

/** Decides who may do what: system:masters always, then whoever is configured, until one allows or denies. */
export interface Authorizer {
  decide(identity: Identity, query: AuthorizationQuery): Promise<Decision>
  /** 403 in Kubernetes' words when the identity may not; the decision is noted for audit. */
  check(identity: Identity, query: AuthorizationQuery, annotate?: Annotate): Promise<void>
  /** The identity a request is to act as, once its right to impersonate is established. */
  assume(identity: ImpersonatingIdentity, request: AuthorizationQuery): Promise<Assumed>
}

/** An authorizer that asks those that are configured now. */
export function createAuthorizer(
  authorizers: () => readonly NamedAuthorizer[],
  clock: Clock,
  metrics: Metrics,
): Authorizer {
  const measures = impersonationMeasures(clock, metrics)
  const measured = authorizationMeasures(metrics)
  const decisions = metrics.counter(
    'apiserver_authorization_decisions_total',
    'Total number of terminal decisions made by an authorizer split by authorizer type, name, and decision.',
  )
  async function decide(identity: Identity, query: AuthorizationQuery): Promise<Decision> {
    if (identity.groups.includes('system:masters')) return { allowed: true, reason: '' }
    const reasons: string[] = []
    for (const one of authorizers()) {
      const decision = await one.authorize(identity, query)
      if (decision === undefined) continue
      if (decision.allowed || decision.denied === true) {
        decisions.inc({ type: one.type, name: one.name, decision: decision.allowed ? 'allowed' : 'denied' })
        return decision
      }
      if (decision.reason !== '') reasons.push(decision.reason)
    }
    return { allowed: false, reason: reasons.join('\n') }
  }
  async function check(identity: Identity, query: AuthorizationQuery, annotate?: Annotate): Promise<void> {
    const startedMs = clock.monotonic()
    const took = () => (clock.monotonic() - startedMs) / 1000
    const { allowed, reason } = await decide(identity, query).catch((error: unknown) => {
      measured('error', took())
      throw error
    })
    measured(allowed ? 'allowed' : 'denied', took())
    annotate?.('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid')
    annotate?.('authorization.k8s.io/reason', reason)
    if (!allowed) throw refusal(identity, query, reason)
  }
  return {
    decide,
    check,
    assume: (identity, request) => impersonated(identity, request, decide, measures),
  }
}
