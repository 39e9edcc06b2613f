import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalSet, fieldSetText, patternOf } from './canonical.ts'
import type { FieldSet } from './field-set.ts'
import type { Shape } from './shape.ts'
import { recordUpdate } from './update.ts'

const setOf = (...ips: string[]): FieldSet => ({
  'f:status': {
    'f:podIPs': {
      '.': {},
      ...Object.fromEntries(ips.map((ip) => [`k:{"ip":"${ip}"}`, { '.': {}, 'f:ip': {} }])),
    },
    'f:phase': {},
  },
})

test('equal sets are one object, whose text is theirs', () => {
  const set = canonicalSet({ 'f:spec': { 'f:replicas': {} } })
  assert.equal(canonicalSet({ 'f:spec': { 'f:replicas': {} } }), set)
  assert.equal(fieldSetText(set), '{"f:spec":{"f:replicas":{}}}')
})

test('sets that differ in addresses share their pattern, and each has its own text', () => {
  const sets = [['10.244.0.7'], ['10.244.0.8'], ['10.244.0.9', 'fd00::9'], ['10.244.1.2', 'fd00::a']].map((ips) =>
    setOf(...ips),
  )
  const canonical = sets.map(canonicalSet)
  assert.deepEqual(canonical, sets)
  assert.deepEqual(
    canonical.map(fieldSetText),
    sets.map((set) => JSON.stringify(set)),
  )
  const patterns = canonical.map((set) => patternOf(set).pattern)
  assert.equal(patterns[0], patterns[1])
  assert.equal(patterns[2], patterns[3])
  assert.notEqual(patterns[0], patterns[2])
  assert.equal(canonical[0]!['f:status']!['f:phase'], canonical[1]!['f:status']!['f:phase'])
})

test('sets that differ in the uids of owners share their pattern, and addresses may stand beside them', () => {
  const owned = (uid: string, ip: string): FieldSet => ({
    'f:metadata': { 'f:ownerReferences': { '.': {}, [`k:{"uid":"${uid}"}`]: {} } },
    ...setOf(ip),
  })
  const sets = [owned('0b5a', '10.0.0.1'), owned('f9cb', '10.0.0.2'), owned('10.0', 'fd00::1')]
  const canonical = sets.map(canonicalSet)
  assert.deepEqual(canonical, sets)
  assert.deepEqual(
    canonical.map(fieldSetText),
    sets.map((set) => JSON.stringify(set)),
  )
  const [first, ...others] = canonical.map((set) => patternOf(set).pattern)
  for (const pattern of others) assert.equal(pattern, first)
})

const leaf: Shape = { kind: 'leaf' }
const struct = (fields: Record<string, Shape>): Shape => ({ kind: 'struct', field: (name) => fields[name] })
const shape = struct({
  metadata: leaf,
  status: struct({
    phase: leaf,
    podIPs: { kind: 'list', keys: ['ip'], defaults: {}, item: struct({ ip: leaf }) },
  }),
})
const podOf = (managedFields: any, status: object) => ({
  metadata: { uid: 'u', ...(managedFields === undefined ? {} : { managedFields }) },
  status,
})
const writer = { manager: 'kubelet', apiVersion: 'v1', subresource: 'status', time: '2026-01-01T00:00:00Z' }
const statusOf = (phase: string, ...ips: string[]) => ({ phase, podIPs: ips.map((ip) => ({ ip })) })

test('updates that name addresses come to the same as without what is remembered of others', () => {
  const others = [
    { ...writer, manager: 'other', operation: 'Update', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': {} } },
  ]
  for (const [first, second] of [
    ['10.0.0.7', '10.0.0.70'],
    ['10.0.0.8', '10.0.0.3'],
    ['10.0.0.9', '10.0.0.9'],
  ] as const) {
    const started: any = recordUpdate(
      shape,
      { live: podOf(others, { phase: 'Pending' }), next: podOf(undefined, statusOf('Running', first)) },
      writer,
    )
    const own = started.find((entry: any) => entry.manager === 'kubelet')
    assert.deepEqual(JSON.parse(fieldSetText(own.fieldsV1)), setOf(first))
    const moved: any = recordUpdate(
      shape,
      {
        live: podOf(started, statusOf('Running', first)),
        next: podOf(undefined, statusOf('Running', second)),
      },
      { ...writer, time: '2026-01-01T00:00:01Z' },
    )
    const after = moved.find((entry: any) => entry.manager === 'kubelet')
    assert.deepEqual(JSON.parse(fieldSetText(after.fieldsV1)), setOf(second))
    assert.deepEqual(patternOf(after.fieldsV1).identities, [`"ip":"${second}"`])
  }
})

test('new objects of different owners share what is known of their writer', () => {
  const withOwners = struct({
    metadata: struct({
      ownerReferences: { kind: 'list', keys: ['uid'], defaults: {}, item: { kind: 'leaf' } },
    }),
  })
  const entries = ['0b5a', 'f9cb', '{0}'].map((uid) => {
    const next = { metadata: { ownerReferences: [{ uid, name: 'n' }] } }
    const [entry]: any = recordUpdate(withOwners, { live: { metadata: {} }, next }, writer)
    assert.deepEqual(JSON.parse(fieldSetText(entry.fieldsV1)), {
      'f:metadata': { 'f:ownerReferences': { '.': {}, [`k:{"uid":"${uid}"}`]: {} } },
    })
    return entry
  })
  assert.equal(patternOf(entries[0].fieldsV1).pattern, patternOf(entries[1].fieldsV1).pattern)
})

test('who writes the same fields again owns the very same set', () => {
  const owner = (time: string) => ({ ...writer, time })
  const first: any = recordUpdate(
    shape,
    {
      live: podOf([{ ...writer, manager: 'other', operation: 'Update', fieldsV1: { 'f:spec': {} } }], {}),
      next: podOf(undefined, statusOf('Pending', '10.0.0.7')),
    },
    owner('2026-01-01T00:00:00Z'),
  )
  const second: any = recordUpdate(
    shape,
    { live: podOf(first, statusOf('Pending', '10.0.0.7')), next: podOf(undefined, statusOf('Running', '10.0.0.7')) },
    owner('2026-01-01T00:00:01Z'),
  )
  const ownOf = (entries: any) => entries.find((entry: any) => entry.manager === 'kubelet')
  assert.equal(ownOf(second).time, '2026-01-01T00:00:01Z')
  assert.equal(ownOf(second).fieldsV1, ownOf(first).fieldsV1)
})
