import type { Clock, Metrics } from '../../../machinery/index.ts'

/** What was done about one expression of a policy. */
export interface PolicyCheck {
  readonly policy: string
  readonly binding: string
  /** What is said of it. */
  readonly message: string
  readonly action: 'allow' | 'deny' | 'audit' | 'warn'
  readonly ms: number
}
/** Told of what policies found. */
export interface PolicyMeasures {
  now(): number
  checked(check: PolicyCheck): void
  /** A mutating policy's expression was evaluated; `problem` is why it came to nothing. */
  mutated(of: {
    readonly policy: string
    readonly binding: string
    readonly problem?: string
    readonly ms: number
  }): void
}

const buckets = [0.0000005, 0.001, 0.01, 0.1, 1]
const prefix = 'apiserver_validating_admission_policy_check'

/** Kubernetes' metrics of validating policies. What holds is not counted. */
export function policyMeasures(clock: Clock, metrics: Metrics): PolicyMeasures {
  const total = metrics.counter(
    `${prefix}_total`,
    'Validation admission policy check total, labeled by policy and further identified by binding and enforcement action taken.',
  )
  const seconds = metrics.histogram(
    `${prefix}_duration_seconds`,
    'Validation admission latency for individual validation expressions in seconds, labeled by policy and further including binding and enforcement action taken.',
    buckets,
  )
  const mutations = metrics.counter(
    'apiserver_mutating_admission_policy_check_total',
    'Mutation admission policy check total, labeled by policy and further identified by binding.',
  )
  const mutating = metrics.histogram(
    'apiserver_mutating_admission_policy_check_duration_seconds',
    'Mutation admission latency for individual mutation expressions in seconds, labeled by policy and binding.',
    buckets,
  )
  return {
    mutated({ policy, binding, problem, ms }) {
      const error_type = problem === undefined ? 'no_error' : errorTypeOf(problem)
      const labels = { error_type, policy, policy_binding: binding }
      mutations.inc(labels)
      mutating.observe(ms / 1000, labels)
    },
    now: () => clock.monotonic(),
    checked({ policy, binding, message, action, ms }) {
      const labels = {
        enforcement_action: action,
        error_type: errorTypeOf(message),
        policy,
        policy_binding: binding,
      }
      total.inc(labels)
      seconds.observe(ms / 1000, labels)
    },
  }
}

/** Kubernetes: told by the message; what does not hold counts as what is ill, too. */
function errorTypeOf(message: string): string {
  if (message.startsWith('compilation')) return 'compile_error'
  return message.startsWith('validation failed due to running out of cost budget') ? 'out_of_budget' : 'invalid_error'
}
