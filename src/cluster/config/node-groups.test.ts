import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupsOf, optionsOf } from '../autoscaler/settings.ts'
import { configurationOf } from './configuration.ts'
import type { ClusterSettings } from './settings.ts'

const read = (fields: object) =>
  configurationOf([{ apiVersion: 'coxswain.dev/v1alpha1', kind: 'ClusterConfiguration', ...fields }], 'f.yaml')

test('groups of nodes and what their autoscaler goes by are read, and come to nodes and milliseconds', async () => {
  const nodeGroups = [{ name: 'small', maxSize: 4, cpu: '2', memory: '8Gi', zone: 'z', pricePerHour: 0.1 }]
  const autoscaler = { scaleDownUnneededTime: '90s', maxNodesTotal: 7, scaleDownEnabled: true }
  const found = await read({ nodeGroups, autoscaler })
  assert.ok(!('problem' in found))
  assert.deepEqual([found.nodeGroups, found.autoscaler], [nodeGroups, autoscaler])
  assert.deepEqual(groupsOf({ nodeGroups: found.nodeGroups } as ClusterSettings), [
    {
      ...{ name: 'small', minSize: 0, maxSize: 4, pricePerHour: 0.1, cpus: 2, memoryBytes: 8 * 1024 ** 3 },
      labels: { 'topology.kubernetes.io/zone': 'z' },
    },
  ])
  assert.deepEqual(optionsOf(found.autoscaler), {
    ...{ scaleDownUnneededMs: 90_000, maxNodesTotal: 7, scaleDownEnabled: true },
  })
  assert.deepEqual(optionsOf(), {})
})

test('what is wrong with a group is said with where it is', async () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ nodeGroups: [{ name: 'Small', maxSize: 1 }] }, /nodeGroups\[0\]\.name must be a DNS label/],
    [{ nodeGroups: [{ name: 'a' }] }, /nodeGroups\[0\]\.maxSize must be given/],
    [
      { nodeGroups: [{ name: 'a', minSize: 3, maxSize: 1 }] },
      /nodeGroups\[0\]\.minSize is 3, which is more than maxSize/,
    ],
    [
      {
        nodeGroups: [
          { name: 'a', maxSize: 1 },
          { name: 'a', maxSize: 1 },
        ],
      },
      /nodeGroups\[1\]\.name is "a", which another group has/,
    ],
    [{ nodeGroups: [{ name: 'a', maxSize: 1, pricePerHour: -1 }] }, /nodeGroups\[0\]\.pricePerHour is -1/],
    [{ autoscaler: { scanInterval: 'often' } }, /autoscaler\.scanInterval is "often"/],
    [{ autoscaler: { scaleDownUtilizationThreshold: 0.5 } }, /scaleDownUtilizationThreshold/],
  ]
  for (const [fields, says] of cases) {
    const found = await read(fields)
    assert.match('problem' in found ? found.problem : '', says)
  }
})
