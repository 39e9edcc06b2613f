import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Taint } from '../../resources/index.ts'
import { nodeThatIs, podThatIs, secondsLater, startMs } from '../runtime/fixtures.ts'
import { evictionMs } from '../taint-eviction/plan.ts'
import { EvictionPace } from './evictions.ts'
import { evictionsPerSecond, oldLabels, plannedTaints, silentConditions, zoneStateOf } from './plan.ts'

const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'
const taint = (key: string, effect: Taint['effect']): Taint => ({ key, effect, timeAdded: secondsLater(0) })
const own = { key: 'team', value: 'a', effect: 'NoExecute' } as const

const cases = [
  {
    name: 'a ready node loses all of ours and keeps others',
    ready: 'True',
    taints: [taint(notReady, 'NoSchedule'), own, taint(unreachable, 'NoExecute')],
    eviction: 'clear',
    expected: [own],
  },
  {
    name: 'an unready node gets both',
    ready: 'False',
    taints: [],
    eviction: 'set',
    expected: [taint(notReady, 'NoSchedule'), taint(notReady, 'NoExecute')],
  },
  {
    name: 'a silent node swaps one for the other',
    ready: 'Unknown',
    taints: [taint(notReady, 'NoSchedule'), taint(notReady, 'NoExecute')],
    eviction: 'leave',
    expected: [taint(unreachable, 'NoSchedule'), taint(unreachable, 'NoExecute')],
  },
  {
    name: 'a node that must wait its turn is only closed',
    ready: 'Unknown',
    taints: [],
    eviction: 'leave',
    expected: [taint(unreachable, 'NoSchedule')],
  },
  {
    name: 'when everything seems down nothing is evicted',
    ready: 'Unknown',
    taints: [taint(unreachable, 'NoSchedule'), taint(unreachable, 'NoExecute')],
    eviction: 'clear',
    expected: [taint(unreachable, 'NoSchedule')],
  },
  {
    name: 'nothing to do is said as such',
    ready: 'Unknown',
    taints: [taint(unreachable, 'NoSchedule')],
    eviction: 'leave',
    expected: undefined,
  },
] as const
for (const { name, ready, taints, eviction, expected } of cases) {
  test(`node taints: ${name}`, () =>
    assert.deepEqual(plannedTaints(nodeThatIs(ready, { taints }), eviction, startMs), expected))
}

test('node taints: an unschedulable node is closed', () => {
  assert.deepEqual(plannedTaints(nodeThatIs('True', { unschedulable: true }), 'clear', startMs), [
    taint('node.kubernetes.io/unschedulable', 'NoSchedule'),
  ])
})

test('a silent node has only unknown conditions, and one that never spoke has them all', () => {
  const silent = silentConditions(nodeThatIs('True'), startMs + 60_000)
  assert.deepEqual(
    new Set(silent?.map(({ status, reason, lastTransitionTime }) => `${status} ${reason} ${lastTransitionTime}`)),
    new Set([`Unknown NodeStatusUnknown ${secondsLater(60)}`]),
  )
  const mute = silentConditions(nodeThatIs(undefined), startMs)
  assert.deepEqual(
    mute?.map(({ type, reason }) => [type, reason]),
    ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => [type, 'NodeStatusNeverUpdated']),
  )
  assert.equal(silentConditions({ ...nodeThatIs('True'), status: { conditions: silent! } }, startMs), undefined)
})

test('a zone is disrupted when more than two nodes and 55 % are down', () => {
  const zone = (up: number, down: number) => ({ nodes: up + down, unready: down })
  assert.deepEqual(
    [zoneStateOf(zone(1, 2)), zoneStateOf(zone(2, 3)), zoneStateOf(zone(0, 1)), zoneStateOf(zone(5, 3))],
    ['Normal', 'PartialDisruption', 'FullDisruption', 'Normal'],
  )
})

test('nodes are given up one every ten seconds, and none while all seem down', () => {
  const pace = new EvictionPace()
  const [a, b] = ['a', 'b'].map((name) => nodeThatIs('Unknown', { name })) as [
    ReturnType<typeof nodeThatIs>,
    ReturnType<typeof nodeThatIs>,
  ]
  const zonesOf = (unready: number, nodes: number) => new Map([[':', { nodes, unready }]])
  const all = zonesOf(2, 10)
  assert.deepEqual(pace.ask(a, all, 0), { granted: true })
  assert.deepEqual(pace.ask(b, all, 0), { granted: false, againInMs: 10_000 })
  assert.deepEqual(pace.ask(b, all, 10_000), { granted: true })
  assert.deepEqual(pace.ask(a, zonesOf(2, 2), 10_000), { granted: false })
})

const tolerates = (seconds?: number) => ({
  key: unreachable,
  operator: 'Exists' as const,
  ...(seconds === undefined ? {} : { tolerationSeconds: seconds }),
})
const evictions = [
  { name: 'goes at once without a toleration', tolerations: [], atSeconds: 100 },
  { name: 'goes when its time is over', tolerations: [tolerates(300)], atSeconds: 300 },
  { name: 'goes by the shortest of its times', tolerations: [tolerates(300), tolerates(10)], atSeconds: 10 },
  { name: 'stays for good', tolerations: [tolerates()], atSeconds: undefined },
]
for (const { name, tolerations, atSeconds } of evictions) {
  test(`taint eviction: a pod ${name}`, () => {
    const node = nodeThatIs('Unknown', { taints: [taint(unreachable, 'NoExecute'), taint(unreachable, 'NoSchedule')] })
    const pod = podThatIs('ready', { spec: { tolerations } })
    assert.equal(
      evictionMs(pod, node, startMs + 100_000),
      atSeconds === undefined ? undefined : startMs + atSeconds * 1000,
    )
  })
}

test('how fast nodes are given up, and when a zone is disrupted, may be set otherwise', () => {
  const settings = {
    nodeEvictionRate: 1,
    secondaryNodeEvictionRate: 0.5,
    unhealthyZoneThreshold: 0.9,
    largeClusterSizeThreshold: 3,
  }
  const rates = (of?: typeof settings) => [
    evictionsPerSecond('Normal', 4, of),
    evictionsPerSecond('PartialDisruption', 4, of),
    evictionsPerSecond('PartialDisruption', 3, of),
  ]
  assert.deepEqual(rates(), [0.1, 0, 0])
  assert.deepEqual(rates(settings), [1, 0.5, 0])
  const zone = { nodes: 5, unready: 4 }
  assert.deepEqual([zoneStateOf(zone), zoneStateOf(zone, settings)], ['PartialDisruption', 'Normal'])
})

test('the old labels of a node follow the new ones', () => {
  const node = nodeThatIs('True')
  const labelled = (labels: Readonly<Record<string, string>>) =>
    oldLabels({ ...node, metadata: { ...node.metadata, labels } })
  const wanted = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64' }
  assert.deepEqual(labelled({ ...wanted, 'beta.kubernetes.io/arch': 'amd64' }), {
    'beta.kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': 'arm64',
  })
  assert.equal(labelled({}), undefined)
  assert.equal(labelled({ 'kubernetes.io/os': 'linux', 'beta.kubernetes.io/os': 'linux' }), undefined)
})
