import type { Metrics } from '../../machinery/index.ts'

export interface DeviceMeasures {
  /** A claim was to be made for a pod's extended resources. */
  claimMade(status: 'success' | 'failure'): void
}

/** The measures under Kubernetes' names. */
export function deviceMeasures(metrics: Metrics): DeviceMeasures {
  const creates = metrics.counter(
    'scheduler_resourceclaim_creates_total',
    'Number of ResourceClaims creation requests within scheduler',
  )
  return { claimMade: (status) => creates.inc({ status }) }
}
