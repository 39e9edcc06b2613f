import type { Clock, Metrics } from '../../machinery/index.ts'
import type { Operation } from './admission.ts'

/** Whose conditions were asked about. */
export interface Conditioned {
  readonly kind: 'webhook' | 'policy'
  readonly name: string
  readonly type: 'admit' | 'validate'
  readonly operation: Operation
}

/** Kubernetes' metrics of match conditions: times one evaluation, and counts who is left out by it and what fails. */
export function conditionMeasures(
  clock: Clock,
  metrics: Metrics,
): (of: Conditioned, evaluate: () => Promise<boolean>) => Promise<boolean> {
  const prefix = 'apiserver_admission_match_condition'
  const seconds = metrics.histogram(
    `${prefix}_evaluation_seconds`,
    'Admission match condition evaluation time in seconds, identified by name and broken out for each kind containing matchConditions (webhook or policy), operation and type (validate or admit).',
    [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25],
  )
  const errors = metrics.counter(
    `${prefix}_evaluation_errors_total`,
    'Admission match condition evaluation errors count, identified by name of resource containing the match condition and broken out for each kind containing matchConditions (webhook or policy), operation and admission type (validate or admit).',
  )
  const exclusions = metrics.counter(
    `${prefix}_exclusions_total`,
    'Admission match condition evaluation exclusions count, identified by name of resource containing the match condition and broken out for each kind containing matchConditions (webhook or policy), operation and admission type (validate or admit).',
  )
  return async ({ kind, name, type, operation }, evaluate) => {
    const labels = { kind, name, operation, type }
    const startedMs = clock.monotonic()
    try {
      const held = await evaluate()
      if (!held) exclusions.inc(labels)
      return held
    } catch (error) {
      errors.inc(labels)
      throw error
    } finally {
      seconds.observe((clock.monotonic() - startedMs) / 1000, labels)
    }
  }
}
