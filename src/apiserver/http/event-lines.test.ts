import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventLines } from './event-lines.ts'

const entry = (key: string): any => ({ key, value: new Uint8Array(), modified: 1, created: 1 })

test('all watchers of a turn are told the very same bytes, and old lines are forgotten', () => {
  const lines = new EventLines()
  let made = 0
  const line = (bytes: number) => () => {
    made += 1
    return new Uint8Array(bytes)
  }
  const first = entry('a')
  assert.equal(lines.of(first, 'ADDED', line(10)), lines.of(first, 'ADDED', line(10)))
  lines.of(first, 'MODIFIED', line(10))
  assert.equal(made, 2)
  for (let at = 0; at < 256; at++) lines.of(entry(String(at)), 'ADDED', line(1))
  lines.of(first, 'ADDED', line(10))
  assert.equal(made, 2 + 256 + 1)
  const large = entry('large')
  lines.of(large, 'ADDED', line(9 << 20))
  lines.of(large, 'ADDED', line(9 << 20))
  lines.of(first, 'ADDED', line(10))
  assert.equal(made, 2 + 256 + 1 + 1 + 1)
})
