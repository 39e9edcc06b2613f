import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../../resources/index.ts'
import { nodeOf } from './fixtures.ts'
import { areSimilar } from './similar.ts'

test('nodes of two groups are alike by size and labels, but for where they stand', () => {
  const has = (node: Node, amounts: object, free = amounts): Node => ({
    ...node,
    status: {
      ...node.status,
      capacity: { ...node.status.capacity, ...amounts },
      allocatable: { ...node.status.allocatable, ...free },
    },
  })
  const node = nodeOf('a', 4)
  const cases: readonly (readonly [string, Node, boolean])[] = [
    ['another name', nodeOf('b', 4), true],
    ['another zone', nodeOf('b', 4, { labels: { 'topology.kubernetes.io/zone': 'z' } }), true],
    ['another label', nodeOf('b', 4, { labels: { kind: 'x' } }), false],
    ['more processors', nodeOf('b', 5), false],
    ['1 % less memory', has(node, { memory: '16220Mi' }), true],
    ['5 % less memory', has(node, { memory: '15565Mi' }), false],
    ['less left for pods', has(node, {}, { cpu: '3900m' }), true],
    ['much less left for pods', has(node, {}, { cpu: '3700m' }), false],
    ['another resource', has(node, { 'example.com/gpu': '1' }), false],
  ]
  for (const [says, other, is] of cases) assert.equal(areSimilar(node, other), is, says)
  assert.equal(areSimilar(node, nodeOf('b', 4, { labels: { kind: 'x' } }), ['kind']), true)
})
