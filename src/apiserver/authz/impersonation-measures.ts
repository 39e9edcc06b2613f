import type { Clock, Metrics } from '../../machinery/index.ts'
import type { AuthorizationQuery } from './rbac.ts'

/** Told of who asks to act as somebody else, and of each question about it. */
export interface ImpersonationMeasures {
  now(): number
  /** `constraint` is the rule it was allowed by; undefined when it was not. */
  attempted(constraint: string | undefined, ms: number): void
  asked(query: AuthorizationQuery, allowed: boolean, ms: number): void
}

const buckets = Array.from({ length: 15 }, (_, power) => 0.001 * 2 ** power)

/** Kubernetes' metrics of impersonation. */
export function impersonationMeasures(clock: Clock, metrics: Metrics): ImpersonationMeasures {
  const pair = (name: string, counted: string, timed: string) => {
    const total = metrics.counter(
      `apiserver_impersonation_${name}_total`,
      `Total number of ${counted} split by mode and decision.`,
    )
    const seconds = metrics.histogram(
      `apiserver_impersonation_${name}_duration_seconds`,
      `Latency of ${timed} in seconds split by mode and decision.`,
      buckets,
    )
    return (mode: string, decision: string, ms: number) => {
      total.inc({ decision, mode })
      seconds.observe(ms / 1000, { decision, mode })
    }
  }
  const attempts = pair('attempts', 'impersonation attempts', 'impersonation attempts')
  const checks = 'authorization checks made by the impersonation handler'
  const questions = pair('authorization_attempts', checks, checks)
  return {
    now: () => clock.monotonic(),
    attempted: (constraint, ms) =>
      constraint === undefined
        ? attempts('', 'denied', ms)
        : attempts(constraint === '' ? 'legacy' : modeOf(constraint), 'allowed', ms),
    asked: ({ verb }, allowed, ms) => questions(modeOf(verb), allowed ? 'allowed' : 'denied', ms),
  }
}

/** The way of acting as somebody else that a verb is about. */
function modeOf(verb: string): string {
  if (verb === 'impersonate') return 'legacy'
  return (
    /^impersonate(?:-on)?:(associated-node|arbitrary-node|serviceaccount|user-info)(?::|$)/.exec(verb)?.[1] ?? 'unknown'
  )
}
