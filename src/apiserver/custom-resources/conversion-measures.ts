import type { Metrics } from '../../machinery/index.ts'

/** Why a webhook did not convert, as Kubernetes' metrics have it; empty when it did. */
export type ConversionFailure =
  | ''
  | 'conversion_webhook_call_failure'
  | 'conversion_webhook_malformed_response_failure'
  | 'conversion_webhook_partial_response_failure'
  | 'conversion_webhook_invalid_converted_object_failure'

export interface Conversion {
  readonly crd: string
  readonly from: string
  readonly to: string
  readonly failure: ConversionFailure
  readonly seconds: number
}

const webhookBuckets = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60]
const crdBuckets = Array.from({ length: 15 }, (_, power) => 0.001 * 2 ** power)

/** Kubernetes' metrics of conversions by webhook: told of each. */
export function conversionMeasures(metrics: Metrics): (conversion: Conversion) => void {
  const total = metrics.counter(
    'apiserver_conversion_webhook_request_total',
    'Counter for conversion webhook requests with success/failure and failure error type',
  )
  const durations = metrics.histogram(
    'apiserver_conversion_webhook_duration_seconds',
    'Conversion webhook request latency',
    webhookBuckets,
  )
  const ofDeclarations = metrics.histogram(
    'apiserver_crd_conversion_webhook_duration_seconds',
    'CRD webhook conversion duration in seconds',
    crdBuckets,
  )
  return ({ crd, from, to, failure, seconds }) => {
    const labels = { failure_type: failure, result: failure === '' ? 'success' : 'failure' }
    total.inc(labels)
    durations.observe(seconds, labels)
    ofDeclarations.observe(seconds, {
      crd_name: crd,
      from_version: from,
      succeeded: String(failure === ''),
      to_version: to,
    })
  }
}
