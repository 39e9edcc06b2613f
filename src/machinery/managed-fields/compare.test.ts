import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareFields } from './compare.ts'
import type { Shape } from './shape.ts'
import { deducedShape, leafShape } from './shape.ts'

const listShape: Shape = { kind: 'list', keys: ['name'], defaults: {}, item: deducedShape }
const shape: Shape = {
  kind: 'struct',
  field: (name) =>
    ({
      items: listShape,
      tags: { kind: 'set' } as const,
      whole: leafShape,
      labels: { kind: 'map', value: leafShape } as const,
    })[name],
}
const value = {
  items: [{ name: 'a', deep: { x: 1, none: {} } }, { name: 'twice' }, { name: 'twice', more: 2 }, { nameless: true }],
  tags: ['t', 'u'],
  whole: { not: { looked: 'into' } },
  labels: { one: '1' },
  empty: {},
  nothing: null,
  absent: undefined,
  bare: [],
}
const fields = {
  'f:items': {
    '.': {},
    'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:deep': { '.': {}, 'f:x': {}, 'f:none': {} } },
    'k:{"name":"twice"}': {},
  },
  'f:tags': { '.': {}, 'v:"t"': {}, 'v:"u"': {} },
  'f:whole': {},
  'f:labels': { '.': {}, 'f:one': {} },
  'f:empty': {},
  'f:nothing': {},
  'f:bare': {},
}

test('what comes as a whole is added with everything in it, what goes is removed the same way', () => {
  assert.deepEqual(compareFields(shape, {}, value), { added: fields, modified: {}, removed: {} })
  assert.deepEqual(compareFields(shape, value, {}), { added: {}, modified: {}, removed: fields })
  assert.equal(compareFields(shape, value, structuredClone(value)), undefined)
})

test('only what differs is a change, and a container that stays is none itself', () => {
  const next = { ...value, tags: ['u', 'w'], labels: { one: '2', two: '2' }, items: [{ name: 'a', deep: { x: 1 } }] }
  assert.deepEqual(compareFields(shape, value, next), {
    added: { 'f:tags': { 'v:"w"': {} }, 'f:labels': { 'f:two': {} } },
    modified: { 'f:labels': { 'f:one': {} } },
    removed: {
      'f:items': { 'k:{"name":"a"}': { 'f:deep': { 'f:none': {} } }, 'k:{"name":"twice"}': {} },
      'f:tags': { 'v:"t"': {} },
    },
  })
})
