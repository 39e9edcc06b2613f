import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../resources/index.ts'
import { groupOf, nodeOf, podOf, trialOf } from './fixtures.ts'
import { type GroupView, planScaleUp } from './scale-up.ts'

interface Case {
  readonly says: string
  readonly groups: readonly GroupView[]
  readonly pods: readonly Pod[]
  readonly nodes?: readonly Node[]
  readonly placed?: Readonly<Record<string, readonly Pod[]>>
  readonly daemons?: readonly Pod[]
  readonly nodesLeft?: number
  readonly balances?: boolean
  /** How many nodes each group gets. */
  readonly grows?: Readonly<Record<string, number>>
  /** What each pod is told that nothing helps. */
  readonly refused?: Readonly<Record<string, string>>
}
const times = (count: number, cpu: string, wish = {}) =>
  Array.from({ length: count }, (_, index) => podOf(`web-${index}`, cpu, wish))
const apart = {
  spec: {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } },
        ],
      },
    },
  },
}
const small = groupOf('small', 2, 1)
const large = groupOf('large', 16, 7)

const cases: readonly Case[] = [
  { says: 'nothing waits, nothing grows', groups: [small], pods: [] },
  {
    says: 'pods that have a place on a node that is there make nothing grow',
    groups: [small],
    nodes: [nodeOf('a', 4)],
    pods: times(2, '1'),
  },
  { says: 'as many nodes as the pods fill', groups: [small], pods: times(5, '1'), grows: { small: 3 } },
  { says: 'the cheaper group grows', groups: [large, small], pods: times(2, '1'), grows: { small: 1 } },
  {
    says: 'many small nodes that cost more than a large one stay away',
    groups: [small, large],
    pods: times(16, '1'),
    grows: { large: 1 },
  },
  {
    says: 'a pod that only one group can take comes first, and what is left over there is used',
    groups: [small, large],
    pods: [...times(4, '1'), podOf('big', '12')],
    grows: { large: 1 },
  },
  {
    says: 'several groups grow where no single one helps all',
    groups: [groupOf('arm', 4, 1, { labels: { arch: 'arm' } }), groupOf('gpu', 4, 9, { labels: { gpu: 'yes' } })],
    pods: [
      podOf('a', '1', { spec: { nodeSelector: { arch: 'arm' } } }),
      podOf('b', '1', { spec: { nodeSelector: { gpu: 'yes' } } }),
    ],
    grows: { arm: 1, gpu: 1 },
  },
  { says: 'pods that keep apart get a node each', groups: [large], pods: times(3, '1', apart), grows: { large: 3 } },
  {
    says: 'those that keep apart from pods on nodes that are there as well',
    groups: [large],
    nodes: [nodeOf('a', 16)],
    placed: { a: [podOf('web-x', '1')] },
    pods: times(1, '1', apart),
    grows: { large: 1 },
  },
  {
    says: 'room for the pods of DaemonSets is kept on every new node',
    groups: [small],
    pods: times(4, '1'),
    daemons: [podOf('agent', '500m', { metadata: { ownerReferences: [] } })],
    grows: { small: 4 },
  },
  {
    says: 'a group grows to its maximum, and the rest is told so',
    groups: [groupOf('small', 2, 1, { maxSize: 3, targetSize: 2 })],
    pods: times(2, '2'),
    grows: { small: 1 },
    refused: { 'web-1': '1 max node group size reached' },
  },
  {
    says: 'what one group has no room for, another takes',
    groups: [groupOf('small', 2, 1, { maxSize: 1 }), large],
    pods: times(3, '2'),
    grows: { large: 1 },
  },
  {
    says: 'a group below its minimum grows though nothing waits',
    groups: [groupOf('small', 2, 1, { minSize: 2, targetSize: 1 })],
    pods: [],
    grows: { small: 1 },
  },
  {
    says: 'each group says what keeps the pod from it, counted by reason',
    groups: [
      small,
      groupOf('medium', 4, 2),
      groupOf('tainted', 64, 9, { taints: [{ key: 'only', value: 'gpu', effect: 'NoSchedule' }] }),
      groupOf('full', 64, 9, { maxSize: 1, targetSize: 1 }),
      groupOf('ill', 64, 9, { blocked: 'in backoff after failed scale-up' }),
    ],
    pods: [podOf('huge', '32')],
    refused: {
      huge: '1 in backoff after failed scale-up, 1 max node group size reached, 1 node(s) had untolerated taint(s), 2 Insufficient cpu',
    },
  },
  {
    says: 'groups that are alike grow to about the same size, the smallest first',
    balances: true,
    groups: [
      groupOf('a', 2, 1, { labels: { 'topology.kubernetes.io/zone': 'a' }, targetSize: 3 }),
      groupOf('b', 2, 1, { labels: { 'topology.kubernetes.io/zone': 'b' } }),
      groupOf('c', 2, 1, { labels: { 'topology.kubernetes.io/zone': 'c' }, maxSize: 1 }),
      groupOf('other', 2, 1, { labels: { kind: 'other' } }),
    ],
    pods: times(5, '2'),
    grows: { a: 1, b: 3, c: 1 },
  },
  {
    says: 'only those of groups that are alike grow that take the pods',
    balances: true,
    groups: [
      groupOf('a', 2, 1, { labels: { 'topology.kubernetes.io/zone': 'a' } }),
      groupOf('b', 2, 1, { labels: { 'topology.kubernetes.io/zone': 'b' } }),
    ],
    pods: times(2, '2', { spec: { nodeSelector: { 'topology.kubernetes.io/zone': 'b' } } }),
    grows: { b: 2 },
  },
  {
    says: 'the cluster as a whole is as large as it may be',
    groups: [small],
    pods: times(4, '2'),
    nodesLeft: 1,
    grows: { small: 1 },
    refused: {
      'web-1': 'max total nodes in cluster reached',
      'web-2': 'max total nodes in cluster reached',
      'web-3': 'max total nodes in cluster reached',
    },
  },
]

for (const one of cases) {
  const { says, groups, pods, nodes = [], placed, daemons = [], nodesLeft, balances, grows = {}, refused = {} } = one
  test(`scale-up: ${says}`, () => {
    const trial = trialOf(nodes, placed)
    const plan = planScaleUp({
      ...{ trial, groups, pods, daemonPods: daemons, nodesLeft: nodesLeft ?? Number.POSITIVE_INFINITY },
      ...(balances === true ? { balanced: { ignoredLabels: [] } } : {}),
    })
    assert.deepEqual(Object.fromEntries(plan.grow.map(({ group, from, to }) => [group, to - from])), grows)
    const told = Object.fromEntries([...plan.unhelped].map(([pod, why]) => [pod.metadata.name, why]))
    assert.deepEqual(told, refused)
    assert.equal(plan.helped.size + plan.placed.length + plan.unhelped.size, pods.length)
    assert.equal(trial.mark, 0)
    for (const { id } of groups) assert.equal(trial.nodeNamed(`template-node-for-${id}-1`), undefined)
  })
}
