import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareFields } from './compare.ts'
import type { Shape } from './shape.ts'
import { recordUpdate } from './update.ts'

const leaf: Shape = { kind: 'leaf' }
const struct = (fields: Record<string, Shape>): Shape => ({ kind: 'struct', field: (name) => fields[name] })
const shape = struct({
  kind: leaf,
  metadata: struct({ labels: { kind: 'map', value: leaf }, finalizers: { kind: 'set' } }),
  spec: struct({
    rules: leaf,
    ports: { kind: 'list', keys: ['name'], defaults: {}, item: struct({ name: leaf, port: leaf }) },
    free: { kind: 'deduced' },
  }),
})
const zero = { kind: 'A', metadata: {}, spec: { ports: null } }
const writer = { manager: 'test', apiVersion: 'v1', time: '2026-01-01T00:00:00Z' }

test('who creates an object owns what it adds, whichever objects of the same outline came before', () => {
  const cases: readonly object[] = [
    { kind: 'A', metadata: { labels: { a: '1' } }, spec: { rules: [{ b: 1 }] } },
    { kind: 'A', metadata: { labels: { a: '2' } }, spec: { rules: [] } },
    { kind: 'A', metadata: { labels: {} }, spec: { rules: null } },
    { kind: 'A', metadata: { labels: { b: '2' } }, spec: { rules: [] } },
    { kind: 'A', metadata: { finalizers: ['x'] }, spec: { ports: [{ name: 'a', port: 1 }] } },
    { kind: 'A', metadata: { finalizers: ['x', 'y'] }, spec: { ports: [{ name: 'a' }, { name: 'b', port: 1 }] } },
    { kind: 'A', metadata: { finalizers: ['x'] }, spec: { ports: [{ name: 'a', port: 7 }] } },
    { kind: 'A', metadata: {}, spec: { ports: [{ name: 'a' }, { name: 'a' }] } },
    { kind: 'A', metadata: {}, spec: { ports: [] } },
    { kind: 'A', metadata: {}, spec: { free: { deep: { deeper: [1] } } } },
    { kind: 'A', metadata: {}, spec: { free: { deep: { deeper: 1, other: null } } } },
    { kind: 'B', metadata: {} },
    { kind: 'A', metadata: {} },
  ]
  for (const next of [...cases, ...cases.map((one) => structuredClone(one))]) {
    const entries = recordUpdate(shape, { live: zero, next }, writer)
    const compared = compareFields(shape, zero, next)
    const added = { ...compared?.added, ...compared?.modified }
    const { 'f:kind': _never, ...owned } = added
    assert.deepEqual(entries?.[0]?.fieldsV1 ?? {}, owned, JSON.stringify(next))
  }
})
