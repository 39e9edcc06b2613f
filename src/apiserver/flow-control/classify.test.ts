import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import { bootstrapLevels, bootstrapSchemas } from './bootstrap-objects.ts'
import type { Asked } from './classify.ts'
import { FlowControl } from './flow-control.ts'
import { revised } from './upkeep.ts'
import { WatchCounts } from './watch-counts.ts'
import { listWidth, mutatingWidth } from './width.ts'

const all = 'system:authenticated'
const request = (name: string, groups: readonly string[], verb: string, more: Partial<Asked> = {}): Asked => ({
  identity: { name, groups: [...groups, all] },
  ...{ verb, ofResource: true, path: '', group: '', resource: 'pods', subresource: '', namespace: 'shop', name: '' },
  ...more,
})
const objects = (list: readonly { readonly object: any }[]) => list.map(({ object }) => object)

test('requests belong to the schemas and levels that Kubernetes says', () => {
  const flow = new FlowControl({ clock: manualClock(), seats: 600 })
  flow.configure(objects(bootstrapLevels()), objects(bootstrapSchemas()))
  const account = 'system:serviceaccount'
  const leases = { group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-node-lease' }
  const cases: readonly [Asked, string, string][] = [
    [request('root', ['system:masters'], 'list'), 'exempt', 'exempt'],
    [request('a', [], 'get', { ofResource: false, path: '/livez' }), 'probes', 'exempt'],
    [request('a', [], 'get', { ofResource: false, path: '/livez/ping' }), 'probes', 'exempt'],
    [request('a', [], 'get', { ofResource: false, path: '/livezz' }), 'global-default', 'global-default'],
    [request('system:kube-scheduler', [], 'update', leases), 'system-leader-election', 'leader-election'],
    [request('system:kube-scheduler', [], 'list', leases), 'kube-scheduler', 'workload-high'],
    [request('system:node:n', ['system:nodes'], 'update', leases), 'system-node-high', 'node-high'],
    [
      request('system:node:n', ['system:nodes'], 'patch', { resource: 'nodes', subresource: 'status', namespace: '' }),
      ...(['system-node-high', 'node-high'] as const),
    ],
    [request('system:node:n', ['system:nodes'], 'list'), 'system-nodes', 'system'],
    [
      request(`${account}:kube-system:x`, ['system:serviceaccounts'], 'list'),
      ...(['kube-system-service-accounts', 'workload-high'] as const),
    ],
    [request(`${account}:shop:x`, ['system:serviceaccounts'], 'list'), 'service-accounts', 'workload-low'],
    [request('jane', [], 'delete'), 'global-default', 'global-default'],
    [{ ...request('nobody', [], 'get'), identity: { name: 'nobody', groups: [] } }, 'catch-all', 'catch-all'],
  ]
  for (const [asked, schema, level] of cases) {
    const found = flow.classify(asked)
    assert.deepEqual([found.schema.name, found.level.settings.name], [schema, level])
  }
})

test('without any object there are the exempt level and the one for all others', () => {
  const flow = new FlowControl({ clock: manualClock(), seats: 10 })
  assert.deepEqual([...flow.levels.keys()].toSorted(), ['catch-all', 'exempt'])
  assert.equal(flow.classify(request('jane', [], 'get')).level.settings.name, 'catch-all')
  assert.equal(flow.hasLevel('exempt'), false)
})

test('a level that is deleted goes when its last request has gone', () => {
  const flow = new FlowControl({ clock: manualClock(), seats: 600 })
  const schemas = objects(bootstrapSchemas())
  flow.configure(objects(bootstrapLevels()), schemas)
  const seating = flow.start(request('jane', [], 'get'), () => ({ initialSeats: 1, finalSeats: 0, lingerMs: 0 }))
  flow.configure(
    objects(bootstrapLevels()).filter(({ metadata }) => metadata.name !== 'global-default'),
    schemas,
  )
  assert.equal(flow.levels.get('global-default')?.quiescing, true)
  assert.equal(flow.classify(request('jane', [], 'get')).level.settings.name, 'catch-all')
  flow.finish(seating)
  assert.equal(flow.levels.has('global-default'), false)
})

test('a waiting request is let in when there is room, or given up after its time', async () => {
  const clock = manualClock()
  const flow = new FlowControl({ clock, seats: 20 })
  flow.configure(objects(bootstrapLevels()), objects(bootstrapSchemas()))
  const start = () => flow.start(request('jane', [], 'get'), () => ({ initialSeats: 1, finalSeats: 0, lingerMs: 0 }))
  let first = start()
  const { signal } = new AbortController()
  assert.equal(flow.served(first.turn, 1000, signal), true)
  while (flow.levels.get('global-default')!.current! > first.level.queues.seatsInUse) first = start()
  const [second, third] = [start(), start()]
  const [let2, let3] = [flow.served(second.turn, 1000, signal), flow.served(third.turn, 15_000, signal)]
  clock.advance(1000)
  assert.equal(await let2, false)
  flow.finish(first)
  assert.equal(await let3, true)
})

test('lists are as wide as their bytes, writes as their watchers', () => {
  const asked = request('jane', [], 'list')
  const wide = (count: number, averageBytes: number, query = {}, widest = 0) =>
    listWidth({ count, averageBytes }, query, asked, widest).initialSeats
  const past = { resourceVersion: '5', resourceVersionMatch: 'Exact' }
  assert.equal(wide(0, 0), 1)
  assert.equal(wide(1000, 1000), 10)
  assert.equal(wide(100_000, 1000), 10)
  assert.equal(wide(100_000, 1000, {}, 4), 4)
  assert.equal(wide(1000, 10_000, past), 100)
  assert.equal(wide(1000, 10_000, { ...past, limit: '100' }), 10)
  assert.equal(wide(1000, 10_000, { ...past, limit: '100', labelSelector: 'a' }), 50)
  assert.equal(listWidth({ count: 1000, averageBytes: 10_000 }, past, { ...asked, name: 'x' }, 0).initialSeats, 1)
  assert.equal(listWidth(undefined, {}, asked, 0).initialSeats, 1)
  assert.deepEqual(mutatingWidth(9, 0), { initialSeats: 1, finalSeats: 0, lingerMs: 0 })
  assert.deepEqual(mutatingWidth(25, 0), { initialSeats: 1, finalSeats: 3, lingerMs: 5 })
  assert.deepEqual(mutatingWidth(1000, 0), { initialSeats: 1, finalSeats: 10, lingerMs: 50 })
})

test('watches are counted for the writes they would be told of', () => {
  const counts = new WatchCounts()
  const watch = (more: Partial<Asked>, selector?: string) => counts.add(request('a', [], 'watch', more), selector)
  watch({ namespace: '' })
  watch({})
  watch({ namespace: 'other' })
  watch({ name: 'web' })
  watch({}, 'spec.nodeName=n1')
  const interested = (more: Partial<Asked>) => counts.interestedIn(request('a', [], 'update', more))
  assert.deepEqual([interested({ name: 'web' }), interested({ name: 'x' }), interested({ namespace: '' })], [3, 2, 1])
  watch({ name: 'web' })[Symbol.dispose]()
  assert.equal(interested({ name: 'web' }), 3)
})

test('objects of every cluster are brought back unless somebody took them over', () => {
  const suggested = bootstrapSchemas().find(({ object }) => object.metadata.name === 'global-default')!
  const mandatory = bootstrapLevels().find(({ object }) => object.metadata.name === 'catch-all')!
  const stored = ({ object }: { object: any }, more: object, spec: object = {}) =>
    ({ ...object, metadata: { ...object.metadata, ...more }, spec: { ...object.spec, ...spec } }) as any
  const annotated = (value: string) => ({ annotations: { 'apf.kubernetes.io/autoupdate-spec': value }, generation: 2 })
  const other = { matchingPrecedence: 5 }
  assert.equal(revised(stored(suggested, annotated('true')), suggested), undefined)
  assert.equal(revised(stored(suggested, annotated('false'), other), suggested), undefined)
  assert.deepEqual((revised(stored(suggested, annotated('true'), other), suggested) as any).spec, suggested.object.spec)
  const unsaid: any = revised(stored(suggested, { generation: 2 }, other), suggested)
  assert.deepEqual([unsaid.metadata.annotations, unsaid.spec.matchingPrecedence], [annotated('false').annotations, 5])
  const back: any = revised(stored(mandatory, annotated('false'), { type: 'x' }), mandatory)
  assert.deepEqual([back.metadata.annotations, back.spec.type], [annotated('true').annotations, 'Limited'])
})
