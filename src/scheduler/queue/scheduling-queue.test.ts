import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { SchedulingQueue } from './scheduling-queue.ts'

const podThat = (uid: string) => ({ metadata: { name: uid, namespace: 'default', uid }, spec: {} }) as unknown as Pod

test('what happens while a pod is being tried is not lost on it, and what cannot help it does not wake it', () => {
  const clock = manualClock()
  const queue = new SchedulingQueue(clock, () => {})
  queue.add(podThat('a'), false)
  const refuse = (during: () => void) => {
    clock.advance(60_000)
    assert.equal(queue.take()?.pod.metadata.uid, 'a')
    during()
    queue.failed('a', new Set(['Node/Add']), false, new Set(['NodeResourcesFit']))
    return queue.of('a')?.place
  }
  assert.equal(
    refuse(() => {}),
    'unschedulable',
  )
  queue.wake('AssignedPod/Delete')
  queue.wake('Node/Add', (_, refusedBy) => !refusedBy.has('NodeResourcesFit'))
  assert.equal(queue.of('a')?.place, 'unschedulable')
  queue.wake('Node/Add')
  assert.equal(
    refuse(() => queue.wake('AssignedPod/Delete')),
    'unschedulable',
  )
  queue.wake('Node/Add')
  assert.equal(
    refuse(() => queue.wake('Node/Add')),
    'backoff',
  )
  queue.clear()
})
