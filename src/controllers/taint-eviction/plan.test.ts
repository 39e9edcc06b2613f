import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Toleration } from '../../resources/index.ts'
import { nodeThatIs, podThatIs, secondsLater, startMs } from '../runtime/fixtures.ts'
import { evictionMs } from './plan.ts'

const leaves = (tolerations: readonly Toleration[], timeAdded?: string, seenSeconds?: number) => {
  const taint = { key: 'k', effect: 'NoExecute' as const, ...(timeAdded === undefined ? {} : { timeAdded }) }
  const node = nodeThatIs('True', { taints: [taint] })
  const pod = podThatIs('ready', { spec: { tolerations } })
  const seenMs = seenSeconds === undefined ? [] : [startMs + seenSeconds * 1000]
  const atMs = evictionMs(pod, node, startMs + 100_000, ...seenMs)
  return atMs === undefined ? undefined : (atMs - startMs) / 1000
}
const tolerates = (tolerationSeconds?: number): readonly Toleration[] => [
  { key: 'k', operator: 'Exists', ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }) },
]

test('a pod leaves a tainted node at once, after the time it tolerates, or never', () => {
  assert.equal(leaves([]), 100)
  assert.equal(leaves(tolerates()), undefined)
  assert.equal(leaves(tolerates(30), secondsLater(90)), 120)
})

test('a taint that does not say when it was set counts from when it was first seen', () => {
  assert.equal(leaves(tolerates(30)), 130)
  assert.equal(leaves(tolerates(30), undefined, 95), 125)
})
