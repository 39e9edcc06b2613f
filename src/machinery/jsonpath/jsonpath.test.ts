import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonPathError, parseJsonPath } from './jsonpath.ts'

const object = {
  spec: {
    replicas: 3,
    'a.b': 'dotted',
    list: [
      { name: 'x', n: 1 },
      { name: 'y', n: 2 },
      { name: 'z', n: 3 },
    ],
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Synced', status: 'False' },
    ],
  },
}
const found: readonly (readonly [string, readonly unknown[]])[] = [
  ['.spec.replicas', [3]],
  ['spec.replicas', [3]],
  ['$.spec.replicas', [3]],
  ['.spec.absent', []],
  ['.spec.a\\.b', ['dotted']],
  [".spec['a.b']", ['dotted']],
  ['.spec.list[0].name', ['x']],
  ['.spec.list[-1].name', ['z']],
  ['.spec.list[9].name', []],
  ['.spec.list[0:2].name', ['x', 'y']],
  ['.spec.list[*].n', [1, 2, 3]],
  ['.spec.list[0,2].name', ['x', 'z']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".status.conditions[?(@.type=='Synced')].status", ['False']],
  ['.spec.list[?(@.n>=2)].name', ['y', 'z']],
  ['.spec.list[?(@.absent)].name', []],
  ['..status', [object.status, 'True', 'False']],
]
for (const [path, values] of found) {
  test(`the path ${path} leads to its values`, () => assert.deepEqual(parseJsonPath(path).find(object), values))
}

test('a malformed path says where it goes wrong', () => {
  assert.throws(() => parseJsonPath('.spec.list[?(@.a=)]'), JsonPathError)
  assert.throws(() => parseJsonPath('.spec.list[x]'), /an index, a range or a quoted name was expected at 11/)
})
