import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../../resources/index.ts'
import type { CloudInstance } from '../runtime/cloud-provider.ts'
import { isAsked, planOfReady, planOfUnready, shutdownTaint } from './plan.ts'

const atMs = Date.UTC(2026, 0, 1)
const other = { key: 'mine', effect: 'NoSchedule' }
const shutdown = { key: shutdownTaint, effect: 'NoSchedule' }
const nodeWith = (ready: string | undefined, ...taints: object[]): Node =>
  ({
    metadata: { name: 'a' },
    spec: { taints },
    status: { conditions: ready === undefined ? [] : [{ type: 'Ready', status: ready }] },
  }) as unknown as Node
const instance = (isShutdown: boolean) => ({ isShutdown }) as CloudInstance

test('the cloud is asked about nodes that are not Ready, and about no other', () => {
  for (const [ready, asked] of [
    ['True', false],
    ['False', true],
    ['Unknown', true],
    [undefined, true],
  ] as const)
    assert.equal(isAsked(nodeWith(ready)), asked)
})

test('a node goes with its machine, and has the taint while that is shut down', () => {
  const timed = { ...shutdown, timeAdded: '2026-01-01T00:00:00Z' }
  assert.deepEqual(planOfUnready(nodeWith('Unknown'), undefined, atMs), { does: 'delete' })
  assert.equal(planOfUnready(nodeWith('Unknown'), instance(false), atMs), undefined)
  assert.equal(planOfUnready(nodeWith('Unknown', shutdown), instance(true), atMs), undefined)
  assert.deepEqual(planOfUnready(nodeWith('Unknown', other), instance(true), atMs), {
    does: 'taint',
    taints: [other, timed],
  })
  assert.equal(planOfReady(nodeWith('True', other)), undefined)
  assert.deepEqual(planOfReady(nodeWith('True', shutdown, other)), { does: 'taint', taints: [other] })
})
