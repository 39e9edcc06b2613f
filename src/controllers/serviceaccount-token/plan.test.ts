import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleaningOf } from './plan.ts'

const dayMs = 24 * 60 * 60_000
const unusedMs = 365 * dayMs
const nowMs = Date.UTC(2026, 5, 1)
const account: any = { metadata: { name: 'a', uid: 'u' }, secrets: [{ name: 't' }] }
const secret = (labels: Record<string, string> = {}, more: object = {}): any => ({
  type: 'kubernetes.io/service-account-token',
  metadata: {
    ...{ name: 't', creationTimestamp: '2020-01-01T00:00:00Z', labels },
    annotations: { 'kubernetes.io/service-account.name': 'a', 'kubernetes.io/service-account.uid': 'u' },
    ...more,
  },
})

test('a token made unasked and long unused is first made worthless, and taken away a year later', () => {
  const used = (date: string) => ({ 'kubernetes.io/legacy-token-last-used': date })
  const invalid = (date: string) => ({ 'kubernetes.io/legacy-token-invalid-since': date })
  const since = '2022-01-01'
  const cases = [
    { given: secret(), expected: { invalidSince: '2026-06-01' } },
    { given: secret(used('2025-06-02')), expected: 'nothing' },
    { given: secret(used('2025-05-01')), expected: { invalidSince: '2026-06-01' } },
    { given: secret(used('long ago')), expected: 'nothing' },
    { given: secret(invalid('2025-05-01')), expected: 'delete' },
    { given: secret(invalid('2025-07-01')), expected: 'nothing' },
    { given: secret({}, { creationTimestamp: '2026-01-01T00:00:00Z' }), expected: 'nothing' },
    { given: { ...secret(), type: 'Opaque' }, expected: 'nothing' },
    { given: secret(), more: { mounted: true }, expected: 'nothing' },
    { given: secret(), more: { trackedSince: '2025-09-01' }, expected: 'nothing' },
    { given: secret(), more: { trackedSince: undefined }, expected: 'nothing' },
    { given: secret(), owner: { ...account, secrets: [] }, expected: 'nothing' },
    { given: secret(), owner: { ...account, metadata: { name: 'a', uid: 'other' } }, expected: 'nothing' },
  ]
  for (const { given, more, owner = account, expected } of cases)
    assert.deepEqual(
      cleaningOf(given, owner, { nowMs, unusedMs, trackedSince: since, mounted: false, ...more }),
      expected,
    )
})
