import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../machinery/index.ts'
import type { Node, Pod } from '../../resources/index.ts'
import { NodeColumns } from '../columns/node-columns.ts'
import { factsOf } from '../framework/pod-facts.ts'
import { podTopologySpreadOf } from './pod-topology-spread.ts'

const zone = 'topology.kubernetes.io/zone'
const nodeOf = (name: string, labels: object) =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, status: {} }) as unknown as Node
const podOf = (name: string, spec: object = {}) =>
  ({
    ...{ apiVersion: 'v1', kind: 'Pod', spec: { containers: [], ...spec } },
    metadata: { name, uid: name, namespace: 'n', labels: { app: 'a' } },
  }) as unknown as Pod

for (const seed of [1, 2, 3, 4, 5])
  test(`what is said of domains and of many nodes at once is what is said of each node (seed ${seed})`, () => {
    const random = seededRandom(seed)
    const columns = new NodeColumns()
    const zones = 1 + Math.floor(random.next() * 5)
    for (let at = 0; at < 20; at++)
      columns.setNode(
        nodeOf(`node-${at}`, random.next() < 0.2 ? {} : { [zone]: `z${Math.floor(random.next() * zones)}` }),
      )
    for (let at = 0; at < 30; at++)
      columns.addPod(factsOf(podOf(`pod-${at}`)), `node-${Math.floor(random.next() ** 2 * 20)}`)
    const prepared = (whenUnsatisfiable: string) => {
      const labelSelector = { matchLabels: { app: random.next() < 0.8 ? 'a' : 'b' } }
      const constraint = {
        topologyKey: zone,
        maxSkew: 1 + Math.floor(random.next() * 4),
        whenUnsatisfiable,
        labelSelector,
      }
      const facts = factsOf(podOf('new', { topologySpreadConstraints: [constraint] }))
      return podTopologySpreadOf().prepare!(facts, columns)!
    }
    const hard = prepared('DoNotSchedule')
    const { domainOf, takes } = hard.byDomain!
    const places = Int32Array.from({ length: 20 }, (_, place) => place)
    for (const place of places) assert.equal(takes[domainOf[place]! + 1] === 1, hard.filter!(place).fits, `${place}`)
    const soft = prepared('ScheduleAnyway')
    soft.compare!(places, 20)
    const scores = new Float64Array(20)
    soft.scoreAll!(places, 20, scores)
    assert.deepEqual(
      [...scores],
      [...places].map((place) => soft.score!(place)),
    )
  })
