import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Recent } from './recent.ts'

test('what is asked for in time is known, and the rest is forgotten', () => {
  const recent = new Recent<number, string>(10)
  for (let at = 0; at < 100; at++) {
    recent.set(at, String(at))
    assert.equal(recent.get(0), '0')
    assert.equal(recent.get(at), String(at))
  }
  const known = Array.from({ length: 100 }, (_, at) => at).filter((at) => recent.get(at) !== undefined)
  assert.ok(known.length <= 20, `${known.length} are known`)
  assert.equal(recent.get(200), undefined)
})
