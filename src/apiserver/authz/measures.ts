import type { CounterSeries, Metrics, Series } from '../../machinery/index.ts'

export type AuthorizationResult = 'allowed' | 'denied' | 'error'

const buckets = Array.from({ length: 15 }, (_, power) => 0.001 * 2 ** power)

/** Kubernetes' metrics of who is let do what: told of each decision and how long it took, in seconds. */
export function authorizationMeasures(metrics: Metrics): (result: AuthorizationResult, seconds: number) => void {
  const attempts = metrics.counter(
    'authorization_attempts_total',
    "Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
  )
  const durations = metrics.histogram(
    'authorization_duration_seconds',
    'Authorization duration in seconds broken out by result.',
    buckets,
  )
  const known = new Map<AuthorizationResult, { readonly attempts: CounterSeries; readonly durations: Series }>()
  return (result, seconds) => {
    let of = known.get(result)
    if (of === undefined)
      known.set(result, (of = { attempts: attempts.series({ result }), durations: durations.series({ result }) }))
    of.attempts.inc()
    of.durations.observe(seconds)
  }
}
