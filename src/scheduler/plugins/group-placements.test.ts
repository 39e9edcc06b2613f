import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod, PodGroup } from '../../resources/index.ts'
import { NodeColumns } from '../columns/node-columns.ts'
import { factsOf } from '../framework/pod-facts.ts'
import { podGroupPodsCount, topologyPlacementGenerator } from './group-placements.ts'
import { placementScoreOf } from './resource-scores.ts'

const podThat = (name: string, cpu = '1') =>
  ({
    metadata: { name, namespace: 'default', uid: name },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu, memory: '1Gi' } } }] },
  }) as unknown as Pod
function columnsOf(nodes: Readonly<Record<string, string | undefined>>): NodeColumns {
  const columns = new NodeColumns()
  for (const [name, rack] of Object.entries(nodes))
    columns.setNode({
      metadata: { name, labels: rack === undefined ? {} : { rack } },
      spec: {},
      status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10' } },
    } as unknown as Node)
  return columns
}
const groupOf = (key?: string) =>
  ({ spec: key === undefined ? {} : { schedulingConstraints: { topology: [{ key }] } } }) as unknown as PodGroup
const named = (
  nodes: Readonly<Record<string, string | undefined>>,
  key: string | undefined,
  on: readonly string[] = [],
) => {
  const columns = columnsOf(nodes)
  const scheduled = on.map((nodeName) => ({ pod: podThat(`on-${nodeName}`), nodeName }))
  const placements = topologyPlacementGenerator.placements!({ name: 'g', group: groupOf(key), scheduled, columns })
  return placements.map(({ name, within }) => [
    name,
    within && Object.keys(nodes).filter((node) => within.isIn[columns.placeOf(node)!] === 1),
  ])
}

test('a group may be placed in each domain of its topology, or in that of its pods', () => {
  const nodes = { a: 'r1', b: 'r2', c: 'r1', d: undefined }
  assert.deepEqual(named(nodes, undefined), [['', undefined]])
  assert.deepEqual(named(nodes, 'rack'), [
    ['r1', ['a', 'c']],
    ['r2', ['b']],
  ])
  assert.deepEqual(named(nodes, 'rack', ['b']), [['r2', ['b']]])
  assert.deepEqual(named(nodes, 'zone'), [])
  const cannot = (on: readonly string[], why: RegExp) => assert.throws(() => named(nodes, 'rack', on), why)
  cannot(
    ['a', 'b'],
    /^Error: cannot determine domain for already scheduled pods: more than 1 domain found for pod group: r1, r2$/,
  )
  cannot(['d'], /no topology domain found for pod default\/on-d$/)
  cannot(['gone'], /getting node for pod default\/on-gone: nodeinfo not found for node name "gone"$/)
})

test('placements that take more pods, and are fuller with them, are better', () => {
  const columns = columnsOf({ a: 'r1', b: 'r1', c: 'r2' })
  columns.addPod(factsOf(podThat('there', '2')), 'c')
  const placed = { name: 'g', group: groupOf('rack'), scheduled: [], columns }
  const [r1, r2] = topologyPlacementGenerator.placements!(placed)
  const members = [factsOf(podThat('x')), factsOf(podThat('y'))]
  const fullness = placementScoreOf(undefined)
  // 2 of 8 cpus and 2 of 16 GiB; 4 of 4 cpus and 3 of 8 GiB.
  assert.equal(fullness(placed, r1!, members), Math.floor((25 + 12) / 2))
  assert.equal(fullness(placed, r2!, members), Math.floor((100 + 37) / 2))
  assert.equal(podGroupPodsCount.scorePlacement!(placed, r1!, members), 2)
  assert.deepEqual(podGroupPodsCount.normalizePlacements!([3, 2, 4]), [75, 50, 100])
})
