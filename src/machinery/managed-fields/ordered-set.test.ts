import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldSetText } from './canonical.ts'
import { orderedSet } from './ordered-set.ts'

test('sets of the same steps in any order are one ordered set', () => {
  const one = orderedSet({ 'f:spec': { 'f:b': {}, 'f:a': { 'k:{"port":443}': {}, 'k:{"port":80}': {}, '.': {} } } })
  const other = orderedSet({ 'f:spec': { 'f:a': { '.': {}, 'k:{"port":80}': {}, 'k:{"port":443}': {} }, 'f:b': {} } })
  assert.equal(one, other)
  assert.equal(orderedSet(one), one)
  assert.equal(fieldSetText(one), '{"f:spec":{"f:a":{".":{},"k:{\\"port\\":80}":{},"k:{\\"port\\":443}":{}},"f:b":{}}}')
  assert.deepEqual(orderedSet({}), {})
})
