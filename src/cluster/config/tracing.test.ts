import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTracing } from './tracing.ts'

test('a TracingConfiguration is read with its defaults, and refused in the words of Kubernetes', () => {
  assert.deepEqual(readTracing({}), { endpoint: 'localhost:4317', samplingRatePerMillion: 0 })
  const given = { endpoint: 'unix:///run/otel.sock', samplingRatePerMillion: 1_000_000 }
  assert.deepEqual(readTracing(given), given)
  for (const [fields, says] of [
    [{ samplingRatePerMillion: -1 }, /samplingRatePerMillion: Invalid value: -1: sampling rate must be positive/],
    [{ samplingRatePerMillion: 1_000_001 }, /must be less than or equal to one million/],
    [{ endpoint: 'http://collector:4317' }, /endpoint: Invalid value: .*: unsupported scheme: http\./],
    [{ sampling: 1 }, /sampling/],
  ] as const)
    assert.throws(() => readTracing(fields), says)
})
