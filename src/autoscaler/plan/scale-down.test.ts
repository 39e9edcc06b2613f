import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod, PodDisruptionBudget } from '../../resources/index.ts'
import { budgetOf, nodeOf, podOf, startMs, trialOf } from './fixtures.ts'
import { planScaleDown } from './scale-down.ts'

interface Case {
  readonly says: string
  readonly nodes: readonly Node[]
  readonly placed?: Readonly<Record<string, readonly Pod[]>>
  readonly spare?: number
  readonly budgets?: readonly PodDisruptionBudget[]
  readonly since?: Readonly<Record<string, number>>
  /** The nodes that may go, with the pods that move. */
  readonly goes?: Readonly<Record<string, readonly string[]>>
  readonly stays?: Readonly<Record<string, string>>
}
const disabled = (node: Node): Node => ({
  ...node,
  metadata: { ...node.metadata, annotations: { 'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true' } },
})
const annotated = (value: string) => ({
  metadata: { annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': value } },
})
const alone = { metadata: { ownerReferences: [] } }
const daemon = {
  metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'd', controller: true }] },
}

const cases: readonly Case[] = [
  { says: 'an empty node may go', nodes: [nodeOf('a', 4)], goes: { a: [] } },
  {
    says: 'pods of DaemonSets do not keep a node',
    nodes: [nodeOf('a', 4)],
    placed: { a: [podOf('agent', '1', daemon)] },
    goes: { a: [] },
  },
  {
    says: 'no node goes below the minimum of its group',
    nodes: [nodeOf('a', 4), nodeOf('b', 4)],
    spare: 1,
    goes: { a: [] },
    stays: { b: 'min size of node group pool reached' },
  },
  {
    says: 'one node goes where two have room for each other, and the other takes its pods',
    nodes: [nodeOf('a', 4), nodeOf('b', 4)],
    placed: { a: [podOf('x-1', '1')], b: [podOf('y-1', '1'), podOf('y-2', '1')] },
    goes: { a: ['x-1'] },
    stays: { b: 'pods of other nodes are to move here' },
  },
  {
    says: 'the one that was unneeded before goes, though the other has fewer pods by now',
    nodes: [nodeOf('a', 4), nodeOf('b', 4)],
    placed: { a: [podOf('x-1', '1')], b: [podOf('y-1', '1'), podOf('y-2', '1')] },
    since: { b: 5 },
    goes: { b: ['y-1', 'y-2'] },
    stays: { a: 'pods of other nodes are to move here' },
  },
  {
    says: 'however much it is used, a node whose pods have a place elsewhere may go',
    nodes: [nodeOf('a', 4), nodeOf('b', 16)],
    placed: { a: [podOf('x-1', '3500m')], b: [podOf('y-1', '8'), podOf('y-2', '1')] },
    goes: { a: ['x-1'] },
    stays: { b: 'pods of other nodes are to move here' },
  },
  {
    says: 'a node stays whose pods have no place elsewhere',
    nodes: [nodeOf('a', 4), nodeOf('b', 4)],
    placed: { a: [podOf('x-1', '3')], b: [podOf('y-1', '3')] },
    stays: { a: 'no place to move default/x-1 to', b: 'no place to move default/y-1 to' },
  },
  {
    says: 'a node that is not to go stays',
    nodes: [disabled(nodeOf('a', 4))],
    stays: { a: 'the node is annotated cluster-autoscaler.kubernetes.io/scale-down-disabled' },
  },
  {
    says: 'a pod that nobody would make anew keeps its node, unless it may be evicted all the same',
    nodes: [nodeOf('a', 4), nodeOf('b', 4)],
    placed: {
      a: [podOf('x-1', '1', alone)],
      b: [podOf('y-1', '1', { metadata: { ...alone.metadata, ...annotated('true').metadata } })],
    },
    goes: { b: ['y-1'] },
    stays: { a: 'default/x-1 is not replicated' },
  },
  {
    says: 'a pod that is not safe to evict keeps its node',
    nodes: [nodeOf('a', 4), nodeOf('b', 1)],
    placed: { a: [podOf('x-1', '1', annotated('false'))], b: [podOf('y-1', '1', annotated('false'))] },
    stays: {
      a: 'pod annotated as not safe to evict present: x-1',
      b: 'pod annotated as not safe to evict present: y-1',
    },
  },
  {
    says: 'so does one with files on the node, but for volumes that are said to be safe',
    nodes: [nodeOf('a', 4), nodeOf('b', 4)],
    placed: {
      a: [podOf('x-1', '1', { spec: { volumes: [{ name: 'v', emptyDir: {} }] } })],
      b: [
        podOf('y-1', '1', {
          metadata: { annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes': 'v' } },
          spec: { volumes: [{ name: 'v', emptyDir: {} }] },
        }),
      ],
    },
    goes: { b: ['y-1'] },
    stays: { a: 'pod with local storage present: x-1' },
  },
  {
    says: 'and one of kube-system without a budget',
    nodes: [nodeOf('a', 4), nodeOf('b', 4)],
    placed: { a: [podOf('dns-1', '1', { metadata: { namespace: 'kube-system' } })] },
    goes: { b: [] },
    stays: { a: 'non-daemonset, non-mirrored, non-pdb-assigned kube-system pod present: dns-1' },
  },
  {
    says: 'budgets count over all nodes that go',
    nodes: [nodeOf('a', 4), nodeOf('b', 1), disabled(nodeOf('c', 4))],
    placed: { a: [podOf('web-1', '1')], b: [podOf('web-2', '1')] },
    budgets: [budgetOf('web', 1)],
    goes: { a: ['web-1'] },
    stays: {
      b: 'not enough pod disruption budget to move default/web-2',
      c: 'the node is annotated cluster-autoscaler.kubernetes.io/scale-down-disabled',
    },
  },
]

for (const { says, nodes, placed = {}, spare = 9, budgets = [], since = {}, goes = {}, stays = {} } of cases) {
  test(`scale-down: ${says}`, () => {
    const trial = trialOf(nodes, placed)
    const plan = planScaleDown({
      trial,
      candidates: nodes.map((node) => ({ node, group: 'pool' })),
      spare: new Map([['pool', spare]]),
      podsOn: (name) => placed[name] ?? [],
      budgets,
      unneededSince: (name) => since[name],
      options: { skipNodesWithSystemPods: true, skipNodesWithLocalStorage: true },
      nowMs: startMs,
    })
    const gone = plan.removable.map(({ node, moves }) => [node.metadata.name, moves.map((one) => one.metadata.name)])
    assert.deepEqual(Object.fromEntries(gone), goes)
    assert.deepEqual(Object.fromEntries(plan.kept.map(({ node, text }) => [node.metadata.name, text])), stays)
    assert.equal(trial.mark, 0)
    for (const { metadata } of nodes) assert.ok(trial.nodeNamed(metadata.name))
  })
}
