import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './round.ts'

test('two writers and fifty watchers see one copy of every object, though the server is killed twice', async () => {
  const { problems, operations, states } = await judge({ seconds: 9, kills: 2, writers: 2, watchers: 50, seed: 1 })
  assert.deepEqual(problems.slice(0, 20), [])
  assert.ok(operations > 100 && states > 50, `only ${operations} operations and ${states} states`)
})
