import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OrderedEntries } from './ordered-entries.ts'

test('entries are found as in a map whose keys are sorted', () => {
  const key = fc.integer({ min: 0, max: 3000 }).map((number) => `/k/${number}`)
  const step = fc.tuple(key, fc.option(fc.integer()))
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 3000 }),
      key,
      key,
      fc.integer({ min: 0, max: 50 }),
      (steps, a, b, limit) => {
        const plain = new Map<string, number>()
        const entries = new OrderedEntries<number>()
        for (const [at, value] of steps) {
          if (value === null) {
            plain.delete(at)
            entries.delete(at)
          } else {
            plain.set(at, value)
            entries.set(at, value)
          }
        }
        const keys = [...plain.keys()].sort()
        const from = keys.filter((one) => one >= a)
        assert.deepEqual([...entries.from(a)], from)
        assert.equal(entries.rank(a), keys.length - from.length)
        const within = from.filter((one) => one < b).map((one) => plain.get(one))
        assert.deepEqual(entries.between(a, b, Number.POSITIVE_INFINITY), within)
        assert.deepEqual(entries.between(a, b, limit), within.slice(0, limit))
      },
    ),
    { numRuns: 60 },
  )
})

test('a range larger than a chunk is walked from end to end', () => {
  const entries = new OrderedEntries<number>()
  for (let at = 9999; at >= 0; at--) entries.set(`/k/${String(at).padStart(5, '0')}`, at)
  const all = entries.between('/k/', '/k0', Number.POSITIVE_INFINITY)
  assert.deepEqual([all.length, all[0], all[9999]], [10_000, 0, 9999])
  assert.deepEqual(entries.between('/k/00100', '/k/00103', 10), [100, 101, 102])
  assert.deepEqual(entries.between('/z', '/a', 10), [])
})
