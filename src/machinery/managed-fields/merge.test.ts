import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeConfiguration } from './merge.ts'
import { deducedShape, leafShape, type Shape } from './shape.ts'

const item: Shape = { kind: 'map', value: leafShape }
const shapes: Readonly<Record<string, Shape>> = {
  labels: { kind: 'map', value: leafShape },
  items: { kind: 'list', keys: ['name'], defaults: {}, item },
  set: { kind: 'set' },
  whole: leafShape,
  free: deducedShape,
}
const shape: Shape = { kind: 'struct', field: (name) => shapes[name] }

const live = {
  labels: { a: '1', b: '2' },
  items: [
    { name: 'x', value: 1 },
    { name: 'y', value: 2 },
  ],
  set: ['p', 'q'],
  whole: [{ k: { l: 1 } }],
  free: { m: { n: [1] } },
}

test('what a configuration states again is the very same as in the live object', () => {
  for (const applied of [
    {},
    structuredClone(live),
    { labels: { b: '2' } },
    { items: [{ name: 'y', value: 2 }] },
    { set: ['q'] },
    { whole: [{ k: { l: 1 } }], free: { m: { n: [1] } } },
  ])
    assert.equal(mergeConfiguration(shape, live, applied), live, JSON.stringify(applied))
})

test('what a configuration changes is new, and all around it is not', () => {
  const merged = mergeConfiguration(shape, live, {
    ...structuredClone(live),
    items: [{ name: 'y', value: 3 }, { name: 'z' }],
    whole: [{ k: { l: 2 } }],
  }) as typeof live
  assert.deepEqual(merged, {
    ...live,
    items: [{ name: 'x', value: 1 }, { name: 'y', value: 3 }, { name: 'z' }],
    whole: [{ k: { l: 2 } }],
  })
  for (const key of ['labels', 'set', 'free'] as const) assert.equal(merged[key], live[key])
  assert.equal(merged.items[0], live.items[0])
})
