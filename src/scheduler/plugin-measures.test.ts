import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, seededRandom } from '../machinery/index.ts'
import type { Node, Pod } from '../resources/index.ts'
import { NodeColumns } from './columns/node-columns.ts'
import { Placer } from './cycle/place.ts'
import { factsOf } from './framework/pod-facts.ts'
import { PluginMeasures } from './plugin-measures.ts'
import { defaultPlugins } from './plugins/index.ts'

const resources = { cpu: '4', memory: '8Gi', pods: '110' }
const node = (name: string) =>
  ({
    metadata: { name, uid: name, labels: { 'kubernetes.io/hostname': name }, resourceVersion: '1' },
    spec: {},
    status: { capacity: resources, allocatable: resources },
  }) as unknown as Node
const pod = (name: string, cpu = '100m') =>
  ({
    metadata: { name, namespace: 'default', uid: name, resourceVersion: '1' },
    spec: { containers: [{ name: 'main', image: 'app', resources: { requests: { cpu } } }] },
    status: {},
  }) as unknown as Pod

test('the points of a cycle are timed for every pod, each plugin for one pod in ten, and evaluations counted by node', () => {
  const metrics = new Metrics()
  let nowMs = 0
  const measures = new PluginMeasures(metrics, 'mine', () => nowMs++)
  const placer = new Placer(defaultPlugins, seededRandom(1), 0, undefined, measures)
  const columns = new NodeColumns()
  for (const name of ['a', 'b', 'c']) columns.setNode(node(name))
  for (let at = 0; at < 10; at++) placer.place(factsOf(pod(`pod-${at}`)), columns)
  placer.place(factsOf(pod('large', '100')), columns)
  const lines = metrics.text().split('\n')
  const numberOf = (series: string) =>
    Number(
      lines
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')
        .at(-1),
    )
  const point = (name: string, status: string) =>
    numberOf(
      `scheduler_framework_extension_point_duration_seconds_count{extension_point="${name}",status="${status}",profile="mine"}`,
    )
  assert.deepEqual(
    [point('PreFilter', 'Success'), point('Filter', 'Success'), point('Filter', 'Unschedulable')],
    [11, 10, 1],
  )
  assert.deepEqual([point('PreScore', 'Success'), point('Score', 'Success')], [10, 10])
  const timed = (plugin: string, name: string) =>
    numberOf(
      `scheduler_plugin_execution_duration_seconds_count{plugin="${plugin}",extension_point="${name}",status="Success"}`,
    )
  assert.deepEqual([timed('NodeResourcesFit', 'Filter'), timed('NodeResourcesFit', 'Score')], [1, 1])
  assert.ok(timed('InterPodAffinity', 'PreFilter') >= 1)
  const evaluated = (plugin: string, name: string) =>
    numberOf(`scheduler_plugin_evaluation_total{plugin="${plugin}",extension_point="${name}",profile="mine"}`)
  assert.deepEqual([evaluated('NodeResourcesFit', 'Filter'), evaluated('NodeResourcesFit', 'Score')], [33, 30])
  assert.equal(evaluated('InterPodAffinity', 'PreFilter'), 11)
})
