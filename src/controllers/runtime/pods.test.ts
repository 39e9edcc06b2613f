import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../resources/index.ts'
import { podThatIs } from './fixtures.ts'
import { countsOtherwise } from './pods.ts'

test('a pod counts otherwise when it becomes ready, ends, is told to go or changes hands, and not when it is placed', () => {
  const before = podThatIs('ready', { labels: { app: 'web' } })
  const meta = (change: object): Pod => ({ ...before, metadata: { ...before.metadata, ...change } })
  const status = (change: object): Pod => ({ ...before, status: { ...before.status, ...change } })
  const cases: readonly (readonly [string, Pod, boolean])[] = [
    ['nothing', meta({ resourceVersion: '2', annotations: { note: 'new' } }), false],
    ['placed', { ...before, spec: { ...before.spec, nodeName: 'node-2' } }, false],
    ['another condition', status({ conditions: [...before.status.conditions!, { type: 'x', status: 'True' }] }), false],
    ['not ready', podThatIs('unready', { name: 'ready', labels: { app: 'web' } }), true],
    ['ready anew', podThatIs('ready', { labels: { app: 'web' }, readyAtSeconds: 5 }), true],
    ['ended', status({ phase: 'Failed' }), true],
    ['going', meta({ deletionTimestamp: '2026-01-01T00:00:30Z' }), true],
    ['relabelled', meta({ labels: { app: 'other' } }), true],
    ['adopted', meta({ ownerReferences: [{ kind: 'ReplicaSet', name: 'web', uid: 'u', controller: true }] }), true],
    ['another of the name', meta({ uid: 'another' }), true],
  ]
  for (const [what, next, expected] of cases) assert.equal(countsOtherwise(next, before), expected, what)
})
