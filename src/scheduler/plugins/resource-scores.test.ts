/** Cases of Kubernetes' scoring strategies, told again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../resources/index.ts'
import { NodeColumns } from '../columns/node-columns.ts'
import { factsOf } from '../framework/pod-facts.ts'
import type { ScoredResource } from '../profile/choices.ts'
import { fitScoreOf, nodeResourcesBalancedAllocationOf } from './resource-scores.ts'
import { nodeResourcesFitOf } from './resources.ts'

const nodeThat = (name: string, allocatable: Readonly<Record<string, string>>) =>
  ({ metadata: { name }, status: { allocatable: { pods: '100', ...allocatable } } }) as unknown as Node
let serial = 0
const podThat = (...requests: readonly Readonly<Record<string, string>>[]) =>
  ({
    metadata: { name: 'p', uid: `u${++serial}`, namespace: 'ns' },
    spec: { containers: requests.map((one) => ({ name: 'c', resources: { requests: one } })) },
  }) as unknown as Pod
function scoresOf(
  score: ReturnType<typeof fitScoreOf>,
  pod: Pod,
  nodes: readonly Node[],
  there: Readonly<Record<string, Pod>> = {},
): readonly number[] {
  const columns = new NodeColumns()
  for (const node of nodes) columns.setNode(node)
  for (const [name, one] of Object.entries(there)) columns.addPod(factsOf(one), name)
  return nodes.map((node, index) => score(factsOf(pod), { index, node, columns }))
}

const cpuAndMemory: readonly ScoredResource[] = [{ name: 'cpu' }, { name: 'memory' }]
const shape = [
  { utilization: 0, score: 10 },
  { utilization: 100, score: 0 },
]
const cases: readonly {
  readonly name: string
  readonly strategy: Parameters<typeof fitScoreOf>[0]
  readonly pod: Pod
  readonly nodes: readonly Node[]
  readonly scores: readonly number[]
}[] = [
  {
    name: 'LeastAllocated: nodes of different sizes',
    strategy: { type: 'LeastAllocated', resources: cpuAndMemory },
    pod: podThat({ cpu: '1000m', memory: '2000' }, { cpu: '2000m', memory: '3000' }),
    nodes: [nodeThat('a', { cpu: '4000m', memory: '10000' }), nodeThat('b', { cpu: '6000m', memory: '10000' })],
    scores: [37, 50],
  },
  {
    name: 'LeastAllocated: a weight of 2 for cpu',
    strategy: { type: 'LeastAllocated', resources: [{ name: 'cpu', weight: 2 }, { name: 'memory' }] },
    pod: podThat({ cpu: '3000m', memory: '5000' }),
    nodes: [nodeThat('a', { cpu: '4000m', memory: '10000' }), nodeThat('b', { cpu: '6000m', memory: '10000' })],
    scores: [33, 50],
  },
  {
    name: 'MostAllocated: nodes of different sizes',
    strategy: { type: 'MostAllocated', resources: cpuAndMemory },
    pod: podThat({ cpu: '3000m', memory: '5000' }),
    nodes: [nodeThat('a', { cpu: '4000m', memory: '10000' }), nodeThat('b', { cpu: '6000m', memory: '10000' })],
    scores: [62, 50],
  },
  {
    name: 'MostAllocated: a device that only one node has counts where it is',
    strategy: { type: 'MostAllocated', resources: [...cpuAndMemory, { name: 'gpu.io/x', weight: 3 }] },
    pod: podThat({ cpu: '1000m', memory: '1000', 'gpu.io/x': '1' }),
    nodes: [
      nodeThat('a', { cpu: '4000m', memory: '10000' }),
      nodeThat('b', { cpu: '4000m', memory: '10000', 'gpu.io/x': '2' }),
    ],
    scores: [17, 37],
  },
  {
    name: 'RequestedToCapacityRatio: half full',
    strategy: {
      type: 'RequestedToCapacityRatio',
      resources: cpuAndMemory,
      requestedToCapacityRatio: { shape },
    },
    pod: podThat({ cpu: '3000m', memory: '5000' }),
    nodes: [nodeThat('a', { cpu: '4000m', memory: '10000' }), nodeThat('b', { cpu: '6000m', memory: '10000' })],
    scores: [38, 50],
  },
  {
    name: 'RequestedToCapacityRatio: packing a device',
    strategy: {
      type: 'RequestedToCapacityRatio',
      resources: [{ name: 'intel.com/foo', weight: 1 }],
      requestedToCapacityRatio: {
        shape: [
          { utilization: 0, score: 0 },
          { utilization: 100, score: 1 },
        ],
      },
    },
    pod: podThat({ 'intel.com/foo': '2' }),
    nodes: [nodeThat('a', { 'intel.com/foo': '8' }), nodeThat('b', { 'intel.com/foo': '4' })],
    scores: [2, 5],
  },
]
for (const { name, strategy, pod, nodes, scores } of cases)
  test(name, () => assert.deepEqual(scoresOf(fitScoreOf(strategy), pod, nodes), scores))

test('three resources are balanced by their standard deviation; a device not asked for is left out', () => {
  const { score } = nodeResourcesBalancedAllocationOf({
    resources: [...cpuAndMemory, { name: 'nvidia.com/gpu' }],
  })
  const node = nodeThat('a', { cpu: '3500m', memory: '40000', 'nvidia.com/gpu': '8' })
  const there = podThat({ cpu: '3000m', memory: '0', 'nvidia.com/gpu': '3' })
  const asking = podThat({ memory: '1200', 'nvidia.com/gpu': '1' })
  assert.deepEqual(scoresOf(score!, asking, [node], { a: there }), [76])
  assert.deepEqual(scoresOf(score!, podThat({ memory: '1200' }), [node], { a: there }), [75])
})

test('resources that are ignored keep no pod away', () => {
  const columns = new NodeColumns()
  columns.setNode(nodeThat('a', { cpu: '1', memory: '1Gi' }))
  const asks = (name: string) => factsOf(podThat({ [name]: '1' }))
  const plugin = nodeResourcesFitOf({ ignoredResources: ['a.io/x'], ignoredResourceGroups: ['b.io'] }, ['c.io/z'])
  const view = { index: 0, node: columns.nodes[0]!, columns }
  const fits = ['a.io/x', 'a.io/y', 'b.io/y', 'c.io/z', 'c.io/x'].map((name) => plugin.filter!(asks(name), view).fits)
  assert.deepEqual(fits, [true, false, true, true, false])
  assert.deepEqual(
    fits,
    ['a.io/x', 'a.io/y', 'b.io/y', 'c.io/z', 'c.io/x'].map((name) => plugin.fits!(asks(name), 0, columns)),
  )
})
