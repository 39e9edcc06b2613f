import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../resources/index.ts'
import { NodeColumns } from '../columns/node-columns.ts'
import type { ClusterChange } from '../framework/framework.ts'
import { factsOf } from '../framework/pod-facts.ts'
import { defaultPlugins } from '../plugins/index.ts'
import { mayHelp } from './hints.ts'

const podThat = (spec: object = {}, labels: object = { app: 'a' }, namespace = 'default') =>
  ({
    metadata: { name: 'p', namespace, uid: 'p', labels },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '3' } } }], ...spec },
  }) as unknown as Pod
const nodeThat = (cpu: string, more: { readonly labels?: object; readonly spec?: object } = {}) =>
  ({
    metadata: { name: 'n', labels: more.labels ?? {} },
    spec: more.spec ?? {},
    status: { allocatable: { cpu, memory: '8Gi', pods: '10' } },
  }) as unknown as Node
const affinity = (kind: string, app: string) => ({
  affinity: {
    [kind]: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } },
      ],
    },
  },
})
const spread = {
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'a' } },
    },
  ],
}

function wakes(pod: Pod, by: readonly string[], change: ClusterChange, what: { node?: Node; pod?: Pod }): boolean {
  const columns = new NodeColumns()
  if (what.node !== undefined) columns.setNode(what.node)
  const happened = {
    change,
    ...(what.node === undefined ? {} : { node: what.node }),
    ...(what.pod === undefined ? {} : { pod: factsOf(what.pod) }),
  }
  return mayHelp(defaultPlugins, pod, new Set(by), happened, columns)
}

test('a pod is tried again for a node that could take it, and for no other', () => {
  const fit = ['NodeResourcesFit']
  assert.equal(wakes(podThat(), fit, 'Node/Add', { node: nodeThat('4') }), true)
  assert.equal(wakes(podThat(), fit, 'Node/Add', { node: nodeThat('2') }), false)
  assert.equal(wakes(podThat(), fit, 'AssignedPod/Delete', { pod: podThat() }), true)
  const picky = podThat({ nodeSelector: { disk: 'ssd' } })
  assert.equal(wakes(picky, ['NodeAffinity'], 'Node/UpdateLabel', { node: nodeThat('4') }), false)
  assert.equal(
    wakes(picky, ['NodeAffinity'], 'Node/UpdateLabel', { node: nodeThat('4', { labels: { disk: 'ssd' } }) }),
    true,
  )
  const tainted = { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }
  assert.equal(wakes(podThat(), ['TaintToleration'], 'Node/UpdateTaint', { node: nodeThat('4', tainted) }), false)
  assert.equal(wakes(podThat(), ['TaintToleration'], 'Node/UpdateTaint', { node: nodeThat('4') }), true)
  // One of those that refused it is enough, and so is somebody whom nobody here knows.
  assert.equal(wakes(picky, ['NodeAffinity', ...fit], 'Node/Add', { node: nodeThat('4') }), true)
  assert.equal(wakes(podThat(), ['Extender', ...fit], 'Node/Add', { node: nodeThat('2') }), true)
  assert.equal(wakes(podThat(), ['GangScheduling'], 'AssignedPod/Delete', { pod: podThat() }), true)
})

test('a pod that others keep from its node is tried again for those that matter to it', () => {
  const by = ['InterPodAffinity']
  const [a, b] = [podThat({}, { app: 'a' }), podThat({}, { app: 'b' })]
  const near = podThat(affinity('podAffinity', 'a'), { app: 'x' })
  const away = podThat(affinity('podAntiAffinity', 'a'), { app: 'x' })
  const cases: readonly (readonly [Pod, ClusterChange, Pod, boolean])[] = [
    [near, 'AssignedPod/Add', a, true],
    [near, 'AssignedPod/Add', b, false],
    [near, 'AssignedPod/Delete', b, false],
    [away, 'AssignedPod/Delete', a, true],
    [away, 'AssignedPod/Delete', b, false],
    [away, 'AssignedPod/Add', a, false],
    [a, 'AssignedPod/Delete', away, true],
    [b, 'AssignedPod/Delete', away, false],
    [away, 'AssignedPod/Update', b, true],
  ]
  for (const [pod, change, other, is] of cases)
    assert.equal(wakes(pod, by, change, { pod: other }), is, `${change} ${JSON.stringify(pod.spec.affinity)}`)
  const even = podThat(spread)
  assert.equal(wakes(even, ['PodTopologySpread'], 'AssignedPod/Add', { pod: a }), true)
  assert.equal(wakes(even, ['PodTopologySpread'], 'AssignedPod/Add', { pod: b }), false)
  assert.equal(
    wakes(even, ['PodTopologySpread'], 'AssignedPod/Add', { pod: podThat({}, { app: 'a' }, 'other') }),
    false,
  )
})
