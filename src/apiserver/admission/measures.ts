import type { Clock, CounterSeries, LabelValues, Metrics, Series } from '../../machinery/index.ts'
import type { Operation } from './admission.ts'

/** Where it is noted how long admission took, and who refused. */
export interface AdmissionMeasures {
  now(): number
  /** Where the times of a whole step are noted, in seconds. */
  step(type: 'admit' | 'validate', operation: Operation, rejected: boolean): Series
  /** Where a plugin's times are noted, in seconds. */
  plugin(name: string, type: 'admit' | 'validate', operation: Operation, rejected: boolean): Series
}

/** What became of a call of a webhook. */
export interface WebhookOutcome {
  readonly name: string
  readonly type: 'admit' | 'validating'
  readonly operation: Operation
  /** Why the request was refused, if it was: by the webhook, or because it could not be asked. */
  readonly rejected: 'no' | 'by-webhook' | 'by-failure'
  readonly code: number
  readonly ms: number
}
export interface WebhookMeasures {
  now(): number
  asked(outcome: WebhookOutcome): void
  failedOpen(name: string, type: WebhookOutcome['type']): void
}

const prefix = 'apiserver_admission'
const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5]
const webhookBuckets = [...buckets, 10, 25]
/** Kubernetes: codes above are counted together. */
const codeMax = 600

/** A series by its labels, found by a text that stands for them. */
function remembered<T>(make: (labels: LabelValues) => T): (key: string, labels: () => LabelValues) => T {
  const known = new Map<string, T>()
  return (key, labels) => {
    let found = known.get(key)
    if (found === undefined) known.set(key, (found = make(labels())))
    return found
  }
}

/** Kubernetes' metrics of admission steps and of built-in plugins. */
export function admissionMeasures(clock: Clock, metrics: Metrics): AdmissionMeasures {
  const steps = metrics.histogram(
    `${prefix}_step_admission_duration_seconds`,
    'Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).',
    buckets,
  )
  const controllers = metrics.histogram(
    `${prefix}_controller_admission_duration_seconds`,
    'Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
    buckets,
  )
  const stepOf = remembered<Series>((labels) => steps.series(labels))
  const pluginOf = remembered<Series>((labels) => controllers.series(labels))
  return {
    now: () => clock.monotonic(),
    step: (type, operation, rejected) =>
      stepOf(`${type} ${operation} ${rejected}`, () => ({ operation, rejected: String(rejected), type })),
    plugin: (name, type, operation, rejected) =>
      pluginOf(`${name} ${type} ${operation} ${rejected}`, () => ({
        name,
        operation,
        rejected: String(rejected),
        type,
      })),
  }
}

/** Kubernetes' metrics of admission webhooks. */
export function webhookMeasures(clock: Clock, metrics: Metrics): WebhookMeasures {
  const durations = metrics.histogram(
    `${prefix}_webhook_admission_duration_seconds`,
    'Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
    webhookBuckets,
  )
  const requests = metrics.counter(
    `${prefix}_webhook_request_total`,
    'Admission webhook request total, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify whether the request was rejected or not and an HTTP status code. Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
  )
  const rejections = metrics.counter(
    `${prefix}_webhook_rejection_count`,
    'Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify an error type (calling_webhook_error or apiserver_internal_error if an error occurred; no_error otherwise) and optionally a non-zero rejection code if the webhook rejects the request with an HTTP status code (honored by the apiserver when the code is greater or equal to 400). Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
  )
  const open = metrics.counter(
    `${prefix}_webhook_fail_open_count`,
    'Admission webhook fail open count, identified by name and broken out for each admission type (validating or admit).',
  )
  const openOf = remembered<CounterSeries>((labels) => open.series(labels))
  return {
    now: () => clock.monotonic(),
    failedOpen: (name, type) => openOf(`${name} ${type}`, () => ({ name, type })).inc(),
    asked({ name, type, operation, rejected, code, ms }) {
      const isRejected = String(rejected !== 'no')
      const shown = String(Math.min(code, codeMax))
      durations.observe(ms / 1000, { name, operation, rejected: isRejected, type })
      requests.inc({ code: shown, name, operation, rejected: isRejected, type })
      if (rejected === 'no') return
      const byWebhook = rejected === 'by-webhook'
      rejections.inc({
        error_type: byWebhook ? 'no_error' : 'calling_webhook_error',
        name,
        operation,
        rejection_code: byWebhook ? shown : '0',
        type,
      })
    },
  }
}
