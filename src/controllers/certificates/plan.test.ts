import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timestampOf } from '../../machinery/index.ts'
import { awaitsSigning, forgottenAtMs } from './plan.ts'

const startMs = Date.UTC(2026, 0, 1)
const hourMs = 60 * 60_000
const request = (types: readonly string[], certificate?: string): any => ({
  metadata: { name: 'r', creationTimestamp: timestampOf(startMs) },
  spec: {},
  status: {
    conditions: types.map((type) => ({ type, status: 'True', lastUpdateTime: timestampOf(startMs + hourMs) })),
    ...(certificate === undefined ? {} : { certificate }),
  },
})

test('what is approved and nothing else is signed', () => {
  const cases = [
    { types: [], signs: false },
    { types: ['Approved'], signs: true },
    { types: ['Approved', 'Failed'], signs: false },
    { types: ['Approved', 'Denied'], signs: false },
    { types: ['Approved'], certificate: 'x', signs: false },
  ]
  for (const { types, certificate, signs } of cases) assert.equal(awaitsSigning(request(types, certificate)), signs)
})

test('requests are forgotten an hour after the answer, a day after nobody gave one, and with their certificate', () => {
  const cases = [
    { types: [], hours: 24 },
    { types: ['Approved'], hours: 25 },
    { types: ['Approved'], certificate: 'x', hours: 2 },
    { types: ['Denied'], hours: 2 },
    { types: ['Approved', 'Failed'], hours: 2 },
    { types: ['Approved'], certificate: 'x', endsAtHours: 1.5, hours: 1.5 },
  ]
  for (const { types, certificate, endsAtHours, hours } of cases) {
    const endsMs = endsAtHours === undefined ? undefined : startMs + endsAtHours * hourMs
    assert.equal(forgottenAtMs(request(types, certificate), endsMs), startMs + hours * hourMs)
  }
})
