import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timestampOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { groupPods, requestsOf } from './usage.ts'

const nowMs = Date.UTC(2026, 0, 1)
const periods = { cpuInitializationMs: 120_000, initialReadinessDelayMs: 10_000 }
const ago = (seconds: number) => timestampOf(nowMs - seconds * 1000)

function pod(phase: string, startedAgo?: number, ready?: readonly [status: string, sinceAgo: number]): Pod {
  return {
    metadata: { name: 'a' },
    status: {
      phase,
      ...(startedAgo === undefined ? {} : { startTime: ago(startedAgo) }),
      ...(ready === undefined
        ? {}
        : { conditions: [{ type: 'Ready', status: ready[0], lastTransitionTime: ago(ready[1]) }] }),
    },
  } as unknown as Pod
}
const going = { ...pod('Pending'), metadata: { name: 'a', deletionTimestamp: ago(1) } } as unknown as Pod
const measured = (secondsAgo: number, windowSeconds: number) => ({
  value: 1n,
  atMs: nowMs - secondsAgo * 1000,
  windowMs: windowSeconds * 1000,
})
const old = measured(50 * 365 * 86_400, 0)

test('a pod counts, or is not ready to, or is missing, or ignored', () => {
  for (const [name, one, metric, resource, group] of [
    ['memory of a pod counts in any case', pod('Succeeded'), measured(0, 60), 'memory', 'ready'],
    ['a pod without the condition is not ready', pod('Succeeded', 0), old, 'cpu', 'unready'],
    [
      'a fresh measurement counts while a pod starts',
      pod('Running', 60, ['True', 30]),
      measured(0, 30),
      'cpu',
      'ready',
    ],
    ['one from before it was ready does not', pod('Running', 60, ['True', 30]), measured(0, 60), 'cpu', 'unready'],
    ['nor any while it is not ready', pod('Running', 60, ['False', 54]), measured(0, 1), 'cpu', 'unready'],
    ['after that an old measurement counts', pod('Running', 180, ['True', 180]), measured(120, 60), 'cpu', 'ready'],
    ['and one of a pod that had been ready', pod('Running', 600, ['False', 540]), old, 'cpu', 'ready'],
    ['which is so from the delay on', pod('Running', 600, ['False', 590]), old, 'cpu', 'ready'],
    ['but not one of a pod that never was', pod('Running', 600, ['False', 594]), old, 'cpu', 'unready'],
    ['a pod that was not measured is missing', pod('Running', 180), undefined, 'cpu', 'missing'],
    ['a pending pod is not ready', pod('Pending'), undefined, 'cpu', 'unready'],
    ['a pod on its way out is ignored', going, old, 'cpu', 'ignored'],
    ['and so is a failed one', pod('Failed'), old, 'cpu', 'ignored'],
  ] as const) {
    const metrics = new Map(metric === undefined ? [] : [['a', metric]])
    const found = groupPods([one], metrics, resource, periods, nowMs)
    const groups = { unready: found.unready.size, missing: found.missing.size, ignored: found.ignored.size }
    const none = { unready: 0, missing: 0, ignored: 0 }
    assert.deepEqual(groups, group === 'ready' ? none : { ...none, [group]: 1 }, name)
    assert.equal(found.readyCount, group === 'ready' ? 1 : 0, name)
  }
})

test('what pods request is summed over containers that keep running, or stated for the pod', () => {
  const requests = (cpu: string | undefined) => (cpu === undefined ? {} : { resources: { requests: { cpu } } })
  const withSpec = (spec: object) => [{ metadata: { name: 'a' }, spec } as unknown as Pod]
  const two = {
    containers: [
      { name: 'x', ...requests('100m') },
      { name: 'y', ...requests('50m') },
    ],
  }
  const sidecar = {
    ...two,
    initContainers: [
      { name: 'i', ...requests('1') },
      { name: 's', restartPolicy: 'Always', ...requests('7m') },
    ],
  }
  const half = { containers: [{ name: 'x', ...requests('100m') }, { name: 'y' }] }
  const stated = { ...half, resources: { requests: { cpu: '800m' } } }
  const cpuOf = (spec: object, container = '', podLevel = true) =>
    requestsOf(withSpec(spec), { resource: 'cpu', container, podLevel }).get('a')
  assert.equal(cpuOf(two), 150n)
  assert.equal(cpuOf(sidecar), 157n)
  assert.equal(cpuOf(two, 'y'), 50n)
  assert.equal(cpuOf(stated), 800n)
  assert.equal(cpuOf(stated, 'x'), 100n)
  const missing = /^Error: missing request for cpu in container y of Pod a$/
  assert.throws(() => cpuOf(half), missing)
  assert.throws(() => cpuOf(stated, '', false), missing)
  assert.throws(() => cpuOf(two, 'z'), /^Error: container z not found in Pod a$/)
})
