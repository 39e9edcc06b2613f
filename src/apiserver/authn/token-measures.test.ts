import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../machinery/index.ts'
import { type TokenUse, tokenMeasures } from './token-measures.ts'

test('tokens of service accounts are counted by what they are', () => {
  const metrics = new Metrics()
  const used = tokenMeasures(metrics)
  const uses: readonly TokenUse[] = ['valid', 'valid', 'stale', 'legacy', 'legacyManual']
  for (const use of uses) used(use)
  const lines = metrics
    .text()
    .split('\n')
    .filter((line) => line.startsWith('serviceaccount_'))
  assert.deepEqual(lines, [
    'serviceaccount_valid_tokens_total 2',
    'serviceaccount_stale_tokens_total 1',
    'serviceaccount_legacy_tokens_total 1',
    'serviceaccount_legacy_auto_token_uses_total 0',
    'serviceaccount_legacy_manual_token_uses_total 1',
    'serviceaccount_invalid_legacy_auto_token_uses_total 0',
  ])
})
