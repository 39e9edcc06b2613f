import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, manualClock } from '../machinery/index.ts'
import { startMeasures } from './node-measures.ts'

const valuesOf = (metrics: Metrics) =>
  metrics
    .text()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace('kubelet_node_startup_', ''))

test('the parts of a new node’s start add up from the machine’s own', async () => {
  const clock = manualClock(1_000_000)
  const metrics = new Metrics()
  const start = startMeasures(metrics, clock, Promise.resolve(990_000))
  clock.advance(2000)
  start.registering()
  clock.advance(500)
  start.registering()
  start.registered()
  clock.advance(1500)
  start.ready()
  clock.advance(9000)
  start.ready()
  await Promise.resolve()
  assert.deepEqual(valuesOf(metrics), [
    'pre_kubelet_duration_seconds 10',
    'pre_registration_duration_seconds 2',
    'registration_duration_seconds 0.5',
    'post_registration_duration_seconds 1.5',
    'duration_seconds 14',
  ])
})

test('nothing is told of a node that was there before, and of the machine only what is known', async () => {
  const clock = manualClock(1_000_000)
  const again = new Metrics()
  const known = startMeasures(again, clock, Promise.resolve(1))
  known.registering()
  known.ready()
  const unclear = new Metrics()
  const start = startMeasures(unclear, clock, Promise.resolve(undefined))
  start.registering()
  start.registered()
  start.ready()
  await Promise.resolve()
  assert.deepEqual(valuesOf(again), [])
  assert.deepEqual(valuesOf(unclear), [
    'pre_registration_duration_seconds 0',
    'registration_duration_seconds 0',
    'post_registration_duration_seconds 0',
  ])
})
