import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../machinery/index.ts'
import type { Node } from '../../resources/index.ts'
import { zoneReadings } from './measures.ts'

test('zones are measured by how many of their nodes are ready, and follow the nodes', () => {
  const node = (zone: string, ready: 'True' | 'Unknown') =>
    ({
      metadata: { labels: { 'topology.kubernetes.io/region': 'r', 'topology.kubernetes.io/zone': zone } },
      status: { conditions: [{ type: 'Ready', status: ready }] },
    }) as unknown as Node
  let all = [node('a', 'True'), node('a', 'Unknown'), node('a', 'True'), node('a', 'True'), node('b', 'True')]
  const metrics = new Metrics()
  zoneReadings(metrics, () => all)
  const lines = () => metrics.text().replaceAll('\u0000', '|').split('\n')
  const label = '{zone="r:|:a"}'
  for (const [name, value] of [
    ['size', 4],
    ['health', 75],
  ])
    assert.ok(lines().includes(`node_collector_zone_${name}${label} ${value}`), lines().join('\n'))
  assert.ok(lines().includes(`node_collector_unhealthy_nodes_in_zone${label} 1`))
  all = all.slice(4)
  assert.deepEqual(
    lines().filter((line) => line.startsWith('node_collector_zone_size')),
    ['node_collector_zone_size{zone="r:|:b"} 1'],
  )
})
