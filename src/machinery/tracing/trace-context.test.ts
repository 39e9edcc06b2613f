import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSampled, parseTraceparent, traceparentOf } from './trace-context.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const span = '00f067aa0ba902b7'

test('traceparent is read and written as W3C Trace Context has it', () => {
  for (const [text, wanted] of [
    [`00-${trace}-${span}-01`, { traceId: trace, spanId: span, sampled: true }],
    [`00-${trace}-${span}-00`, { traceId: trace, spanId: span, sampled: false }],
    [`01-${trace}-${span}-03-more`, { traceId: trace, spanId: span, sampled: true }],
    [`00-${trace}-${span}-01-more`, undefined],
    [`ff-${trace}-${span}-01`, undefined],
    [`00-${'0'.repeat(32)}-${span}-01`, undefined],
    [`00-${trace}-${'0'.repeat(16)}-01`, undefined],
    [`00-${trace.toUpperCase()}-${span}-01`, undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const)
    assert.deepEqual(parseTraceparent(text), wanted, text)
  assert.equal(traceparentOf({ traceId: trace, spanId: span, sampled: true }), `00-${trace}-${span}-01`)
})

test('all, none or a share of the traces are sampled', () => {
  const low = `${'1'.repeat(16)}${'0'.repeat(15)}1`
  const high = `${'1'.repeat(16)}${'f'.repeat(16)}`
  assert.deepEqual([isSampled(low, 0), isSampled(high, 0)], [false, false])
  assert.deepEqual([isSampled(low, 1), isSampled(high, 999_999)], [true, false])
  assert.deepEqual([isSampled(low, 1_000_000), isSampled(high, 1_000_000)], [true, true])
})
