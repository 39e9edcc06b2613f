import type { Clock, CounterSeries, Metrics } from '../../machinery/index.ts'
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
  /** Undefined when it is not about them. A promise only where others have to be waited for. */
  authorize(identity: Identity, query: AuthorizationQuery): Promise<Decision | undefined> | Decision | undefined
}

/** Decides who may do what: system:masters always, then whoever is configured, until one allows or denies. */
export interface Authorizer {
  decide(identity: Identity, query: AuthorizationQuery): Promise<Decision>
  /** 403 in Kubernetes' words when the identity may not; the decision is noted for audit. A promise only where others are asked. */
  check(identity: Identity, query: AuthorizationQuery, annotate?: Annotate): Promise<void> | void
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
  const counted = new WeakMap<NamedAuthorizer, Partial<Record<'allowed' | 'denied', CounterSeries>>>()
  const count = (by: NamedAuthorizer, decision: 'allowed' | 'denied') => {
    let series = counted.get(by)
    if (series === undefined) counted.set(by, (series = {}))
    series[decision] ??= decisions.series({ type: by.type, name: by.name, decision })
    series[decision].inc()
  }
  function decide(identity: Identity, query: AuthorizationQuery): Promise<Decision> | Decision {
    if (identity.groups.includes('system:masters')) return { allowed: true, reason: '' }
    return askFrom(0, authorizers(), [], identity, query)
  }
  /** One after the other; most know the answer at once. */
  function askFrom(
    first: number,
    all: readonly NamedAuthorizer[],
    reasons: string[],
    identity: Identity,
    query: AuthorizationQuery,
  ): Promise<Decision> | Decision {
    for (let at = first; at < all.length; at++) {
      const answer = all[at]!.authorize(identity, query)
      if (answer !== undefined && 'then' in answer)
        return answer.then((late) => decided(all[at]!, late, reasons) ?? askFrom(at + 1, all, reasons, identity, query))
      const decision = decided(all[at]!, answer, reasons)
      if (decision !== undefined) return decision
    }
    return { allowed: false, reason: reasons.join('\n') }
  }
  function decided(by: NamedAuthorizer, decision: Decision | undefined, reasons: string[]): Decision | undefined {
    if (decision === undefined) return undefined
    if (decision.allowed || decision.denied === true) {
      count(by, decision.allowed ? 'allowed' : 'denied')
      return decision
    }
    if (decision.reason !== '') reasons.push(decision.reason)
    return undefined
  }
  function check(identity: Identity, query: AuthorizationQuery, annotate?: Annotate): Promise<void> | void {
    const startedMs = clock.monotonic()
    const took = () => (clock.monotonic() - startedMs) / 1000
    const told = ({ allowed, reason }: Decision) => {
      measured(allowed ? 'allowed' : 'denied', took())
      annotate?.('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid')
      annotate?.('authorization.k8s.io/reason', reason)
      if (!allowed) throw refusal(identity, query, reason)
    }
    const failed = (error: unknown): never => {
      measured('error', took())
      throw error
    }
    let decision: Promise<Decision> | Decision
    try {
      decision = decide(identity, query)
    } catch (error) {
      return failed(error)
    }
    return 'then' in decision ? decision.then(told, failed) : told(decision)
  }
  const decideLater = async (identity: Identity, query: AuthorizationQuery) => decide(identity, query)
  return {
    decide: decideLater,
    check,
    assume: (identity, request) => impersonated(identity, request, decideLater, measures),
  }
}
