import type { Metrics } from '../../machinery/index.ts'

/** What was found out about a token of a service account. */
export type TokenUse = 'valid' | 'stale' | 'legacy' | 'legacyAuto' | 'legacyManual' | 'invalidLegacyAuto'

/** Kubernetes' metrics of the tokens that are used: told of each. */
export function tokenMeasures(metrics: Metrics): (use: TokenUse) => void {
  const counter = (name: string, help: string) => metrics.counter(`serviceaccount_${name}_total`, help).series({})
  const uses = {
    valid: counter('valid_tokens', 'Cumulative valid projected service account tokens used'),
    stale: counter('stale_tokens', 'Cumulative stale projected service account tokens used'),
    legacy: counter('legacy_tokens', 'Cumulative legacy service account tokens used'),
    legacyAuto: counter('legacy_auto_token_uses', 'Cumulative auto-generated legacy tokens used'),
    legacyManual: counter('legacy_manual_token_uses', 'Cumulative manually created legacy tokens used'),
    invalidLegacyAuto: counter(
      'invalid_legacy_auto_token_uses',
      'Cumulative invalid auto-generated legacy tokens used',
    ),
  }
  return (use) => uses[use].inc()
}
