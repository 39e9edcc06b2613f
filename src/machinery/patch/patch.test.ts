import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepFreeze } from '../object/object.ts'
import type { Schema } from '../schema/schema.ts'
import { StatusError } from '../status/status.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch } from './merge-patch.ts'
import { applyStrategicPatch } from './strategic-patch.ts'

const answer = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return `${error.code} ${error.message}`
  }
}
const refused = '422 the server rejected our request due to an error in our request'

interface Row {
  readonly name: string
  readonly document: unknown
  readonly patch: unknown
  readonly expected: unknown
}
function check(rows: readonly Row[], apply: (document: unknown, patch: unknown) => unknown): void {
  for (const { name, document, patch, expected } of rows) {
    deepFreeze(document)
    deepFreeze(patch)
    assert.deepEqual(
      answer(() => apply(document, patch)),
      expected,
      name,
    )
  }
}

test('JSON patches do what RFC 6902 says, as far as Kubernetes does, and all of it or nothing', () => {
  check(
    [
      {
        name: 'add member',
        document: { a: 1 },
        patch: [{ op: 'add', path: '/b', value: 2 }],
        expected: { a: 1, b: 2 },
      },
      {
        name: 'list positions',
        document: { l: [1, 2] },
        patch: [
          { op: 'add', path: '/l/0', value: 0 },
          { op: 'add', path: '/l/-', value: 3 },
          { op: 'remove', path: '/l/1' },
          { op: 'replace', path: '/l/-1', value: 9 },
        ],
        expected: { l: [0, 2, 9] },
      },
      {
        name: 'escapes',
        document: { 'a/b': { 'c~d': 1 } },
        patch: [{ op: 'replace', path: '/a~1b/c~0d', value: 2 }],
        expected: { 'a/b': { 'c~d': 2 } },
      },
      {
        name: 'move and copy',
        document: { a: { x: [1] }, b: {} },
        patch: [
          { op: 'copy', from: '/a/x', path: '/b/y' },
          { op: 'add', path: '/b/y/0', value: 0 },
          { op: 'move', from: '/a/x', path: '/z' },
        ],
        expected: { a: {}, b: { y: [0, 1] }, z: [1] },
      },
      {
        name: 'test holds',
        document: { a: { x: 1 } },
        patch: [
          { op: 'test', path: '/a', value: { x: 1 } },
          { op: 'test', path: '/no', value: null },
        ],
        expected: { a: { x: 1 } },
      },
      { name: 'test fails', document: { a: 1 }, patch: [{ op: 'test', path: '/a', value: 2 }], expected: refused },
      { name: 'remove missing', document: {}, patch: [{ op: 'remove', path: '/a' }], expected: refused },
      { name: 'replace missing', document: {}, patch: [{ op: 'replace', path: '/a', value: 1 }], expected: { a: 1 } },
      { name: 'replace all', document: {}, patch: [{ op: 'replace', path: '', value: 1 }], expected: refused },
      { name: 'no way there', document: {}, patch: [{ op: 'add', path: '/a/b', value: 1 }], expected: refused },
      { name: 'beyond the list', document: [1], patch: [{ op: 'add', path: '/2', value: 1 }], expected: refused },
      { name: 'unknown op', document: {}, patch: [{ op: 'spam', path: '/a' }], expected: refused },
      {
        name: 'into itself',
        document: { a: {} },
        patch: [{ op: 'move', from: '/a', path: '/a/b' }],
        expected: refused,
      },
      {
        name: 'no list',
        document: {},
        patch: {},
        expected:
          '400 error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
      },
      {
        name: 'too many',
        document: {},
        patch: Array(10_001).fill({ op: 'add', path: '/x', value: 'y' }),
        expected: '413 Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
      },
    ],
    applyJsonPatch,
  )
})

test('merge patches delete by null, merge objects and replace the rest', () => {
  check(
    [
      {
        name: 'merge',
        document: { a: { b: 1, c: 2 } },
        patch: { a: { b: null, d: 3 } },
        expected: { a: { c: 2, d: 3 } },
      },
      { name: 'lists replace', document: { a: [1, 2] }, patch: { a: [3] }, expected: { a: [3] } },
      { name: 'nulls in new', document: {}, patch: { a: { b: null, c: [{ d: null }] } }, expected: { a: { c: [{}] } } },
      { name: 'object over scalar', document: { a: 1 }, patch: { a: { b: 1 } }, expected: { a: { b: 1 } } },
      {
        name: 'no object',
        document: {},
        patch: [],
        expected:
          '400 error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
      },
    ],
    applyMergePatch,
  )
})

test('untouched parts of a patched document are shared', () => {
  const document = deepFreeze({ a: { x: 1 }, b: { y: { z: 1 } } })
  for (const patched of [
    applyMergePatch(document, { b: { w: 2 } }),
    applyJsonPatch(document, [{ op: 'add', path: '/b/w', value: 2 }]),
    applyStrategicPatch(schema, 'Top', document, { b: { w: 2 } }),
  ] as { a: object; b: { y: object } }[]) {
    assert(patched.a === document.a && patched.b.y === document.b.y)
  }
})

const list = (type: string, mergeKey?: string, strategy = 'merge') => ({
  type,
  repeated: true,
  map: false,
  ...(mergeKey === undefined ? {} : { patchMergeKey: mergeKey }),
  ...(strategy === '' ? {} : { patchStrategy: strategy }),
})
const one = (type: string, strategy?: string) => ({
  type,
  map: false,
  ...(strategy === undefined ? {} : { patchStrategy: strategy }),
})
const types: Record<string, Record<string, object>> = {
  Top: {
    a: one('Any'),
    b: one('Any'),
    labels: { type: 'string', map: true },
    containers: list('Container', 'name'),
    finalizers: list('string'),
    args: list('string', undefined, ''),
    volumes: list('Volume', 'name', 'merge,retainKeys'),
    strategy: one('Strategy', 'retainKeys'),
    nokey: list('Container'),
  },
  Container: { name: one('string'), image: one('string'), env: list('Env', 'name'), port: one('integer') },
  Env: { name: one('string'), value: one('string') },
  Volume: { name: one('string'), emptyDir: one('Any'), hostPath: one('Any') },
  Strategy: { type: one('string'), rollingUpdate: one('Any') },
}
const schema = {
  type: (name: string) =>
    types[name] === undefined
      ? undefined
      : { shortName: name, typeMeta: false, field: (field: string) => types[name]![field] },
} as unknown as Schema

const named = (...names: string[]) => names.map((name) => ({ name }))

test('strategic patches merge lists by key, in the order Kubernetes gives them', () => {
  check(
    [
      {
        name: 'merge by key',
        document: {
          containers: [
            { name: 'a', image: '1', env: [{ name: 'X', value: '1' }] },
            { name: 'b', image: '1' },
          ],
        },
        patch: { containers: [{ name: 'b', image: '2' }] },
        expected: {
          containers: [
            { name: 'a', image: '1', env: [{ name: 'X', value: '1' }] },
            { name: 'b', image: '2' },
          ],
        },
      },
      {
        name: 'new items come before those they cannot be compared with',
        document: { containers: named('a', 'b') },
        patch: { containers: named('c') },
        expected: { containers: named('c', 'a', 'b') },
      },
      {
        name: 'patch order for patched items, server order between',
        document: { containers: named('1', '2', '3', '4') },
        patch: { containers: named('4', '2') },
        expected: { containers: named('1', '3', '4', '2') },
      },
      {
        name: 'delete by key',
        document: { containers: named('a', 'b') },
        patch: { containers: [{ $patch: 'delete', name: 'a' }] },
        expected: { containers: named('b') },
      },
      {
        name: 'replace a list',
        document: { containers: named('a', 'b') },
        patch: { containers: [{ $patch: 'replace' }, { name: 'c' }] },
        expected: { containers: named('c') },
      },
      {
        name: 'replace and delete a map',
        document: { strategy: { type: 'x' }, labels: { a: '1' } },
        patch: { strategy: { $patch: 'replace', rollingUpdate: {} }, labels: { $patch: 'delete' } },
        expected: { strategy: { rollingUpdate: {} }, labels: {} },
      },
      {
        name: 'order directive',
        document: { containers: named('a', 'b', 'c') },
        patch: { '$setElementOrder/containers': named('c', 'b', 'a') },
        expected: { containers: named('c', 'b', 'a') },
      },
      {
        name: 'order directive with new and deleted',
        document: { containers: named('a', 'b', 'server') },
        patch: {
          '$setElementOrder/containers': named('n', 'a'),
          containers: [{ name: 'n' }, { $patch: 'delete', name: 'b' }],
        },
        expected: { containers: named('n', 'a', 'server') },
      },
      {
        name: 'primitive lists',
        document: { finalizers: ['a', 'b'], args: ['x'] },
        patch: { finalizers: ['c', 'a'], args: ['y'] },
        expected: { finalizers: ['c', 'a', 'b'], args: ['y'] },
      },
      {
        name: 'deleting from a primitive list, with order',
        document: { finalizers: ['a', 'b', 'c'] },
        patch: { '$deleteFromPrimitiveList/finalizers': ['b'], '$setElementOrder/finalizers': ['c', 'a'] },
        expected: { finalizers: ['c', 'a'] },
      },
      {
        name: 'retain keys',
        document: { strategy: { type: 'RollingUpdate', rollingUpdate: { x: 1 } } },
        patch: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
        expected: { strategy: { type: 'Recreate' } },
      },
      {
        name: 'retain keys in a list item',
        document: { volumes: [{ name: 'v', emptyDir: {} }] },
        patch: { volumes: [{ $retainKeys: ['name', 'hostPath'], name: 'v', hostPath: { path: '/' } }] },
        expected: { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
      },
      {
        name: 'nulls delete and never arrive',
        document: { labels: { a: '1' } },
        patch: { labels: { a: null, b: '2', c: null }, strategy: { type: null, rollingUpdate: { x: null } } },
        expected: { labels: { b: '2' }, strategy: { rollingUpdate: {} } },
      },
      {
        name: 'deleting what is not there',
        document: {},
        patch: { containers: [{ $patch: 'delete', name: 'a' }, { name: 'b' }] },
        expected: { containers: named('b') },
      },
    ],
    (document, patch) => applyStrategicPatch(schema, 'Top', document, patch),
  )
})

test('strategic patches that make no sense are told so', () => {
  check(
    [
      {
        name: 'no merge key',
        document: { containers: named('a') },
        patch: { containers: [{ image: '1' }] },
        expected: '500 map: map[image:1] does not contain declared merge key: name',
      },
      {
        name: 'unknown directive',
        document: { strategy: {} },
        patch: { strategy: { $patch: 'spam' } },
        expected: '400 unknown patch type: spam in map: map[$patch:spam]',
      },
      {
        name: 'retained too little',
        document: { strategy: {} },
        patch: { strategy: { $retainKeys: ['type'], rollingUpdate: {} } },
        expected: '400 invalid patch format of retainKeys',
      },
      {
        name: 'unknown list',
        document: {},
        patch: { '$setElementOrder/spam': [] },
        expected: '400 unable to find api field in struct Top for the json field "spam"',
      },
      {
        name: 'wrong order',
        document: { finalizers: [] },
        patch: { '$setElementOrder/finalizers': ['a'], finalizers: ['b'] },
        expected: "400 The order in patch list:\n[b]\n doesn't match $setElementOrder list:\n[a]\n",
      },
      {
        name: 'objects among texts',
        document: { finalizers: ['a'] },
        patch: { finalizers: [{}] },
        expected: '400 list element types are not identical: [[a] [map[]]]',
      },
      {
        name: 'no key declared',
        document: { nokey: named('a') },
        patch: { nokey: named('b') },
        expected: '400 cannot merge lists without merge key for Container',
      },
    ],
    (document, patch) => applyStrategicPatch(schema, 'Top', document, patch),
  )
})
