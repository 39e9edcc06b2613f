import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, manualClock, type ObjectName } from '../../machinery/index.ts'
import { queueMeasures, WorkQueue } from './queue.ts'
import { slowStart } from './slow-start.ts'
import { sameTemplate, templateHash } from './template-hash.ts'

function queueOn() {
  const clock = manualClock()
  const metrics = new Metrics()
  const queue = new WorkQueue({ clock, measures: queueMeasures(metrics, 'test'), onWork: () => {} })
  const takeAll = () => {
    const taken: string[] = []
    for (let name = queue.take(); name !== undefined; name = queue.take()) taken.push(name.name)
    return taken
  }
  return { clock, metrics, queue, takeAll }
}
const [a, b]: readonly [ObjectName, ObjectName] = [{ name: 'a' }, { name: 'b' }]

test('the queue keeps order, and each name once', () => {
  const { queue, takeAll } = queueOn()
  for (const name of [a, b, a]) queue.add(name)
  assert.deepEqual(takeAll(), ['a', 'b'])
})

test('a name woken while in hand comes again only when it is done', () => {
  const { queue, takeAll } = queueOn()
  queue.add(a)
  assert.deepEqual(takeAll(), ['a'])
  queue.add(a)
  assert.deepEqual(takeAll(), [])
  queue.done(a)
  assert.deepEqual(takeAll(), ['a'])
})

test('a name that is woken in hand again and again rests three times as long, and then comes once for all that woke it', () => {
  const { clock, queue, takeAll } = queueOn()
  queue.add(a)
  for (const _ of [1, 2]) {
    assert.deepEqual(takeAll(), ['a'])
    queue.add(a)
    clock.advance(20)
    queue.done(a)
  }
  assert.deepEqual(takeAll(), ['a'])
  queue.add(a)
  clock.advance(20)
  queue.done(a)
  queue.add(a)
  queue.add(b)
  clock.advance(59)
  assert.deepEqual(takeAll(), ['b'])
  clock.advance(1)
  assert.deepEqual(takeAll(), ['a'])
  queue.add(a)
  clock.advance(5000)
  queue.done(a)
  clock.advance(299)
  assert.deepEqual(takeAll(), [])
  clock.advance(1)
  assert.deepEqual(takeAll(), ['a'])
  clock.advance(20)
  queue.done(a)
  queue.add(a)
  assert.deepEqual(takeAll(), ['a'])
})

test('the earlier of two times counts', () => {
  const { clock, queue, takeAll } = queueOn()
  queue.addAfter(a, 1000)
  queue.addAfter(a, 100)
  queue.addAfter(a, 500)
  clock.advance(100)
  assert.deepEqual(takeAll(), ['a'])
  queue.done(a)
  clock.advance(2000)
  assert.deepEqual(takeAll(), [])
})

test('failures wait 5 ms, twice as long each time, and start again after success', () => {
  const { clock, queue, takeAll } = queueOn()
  for (const waitMs of [5, 10, 20]) {
    queue.retry(a)
    clock.advance(waitMs - 1)
    assert.deepEqual(takeAll(), [])
    clock.advance(1)
    assert.deepEqual(takeAll(), ['a'])
    queue.done(a)
  }
  queue.forget(a)
  queue.retry(a)
  clock.advance(5)
  assert.deepEqual(takeAll(), ['a'])
})

test('the whole queue retries a hundred at once, and then ten a second', () => {
  const { clock, queue, takeAll } = queueOn()
  for (let number = 0; number < 120; number++) queue.retry({ name: String(number) })
  clock.advance(5)
  assert.equal(takeAll().length, 100)
  clock.advance(995)
  assert.equal(takeAll().length, 10)
})

test('the queue measures itself under the names of client-go', () => {
  const { queue, metrics, takeAll } = queueOn()
  queue.add(a)
  queue.add(b)
  takeAll()
  queue.retry(a)
  const text = metrics.text()
  for (const line of [
    'workqueue_adds_total{name="test"} 2',
    'workqueue_depth{name="test"} 0',
    'workqueue_retries_total{name="test"} 1',
    'workqueue_queue_duration_seconds_count{name="test"} 2',
  ])
    assert.ok(text.includes(line), line)
})

test('a slow start doubles its batches and stops at the first that fails', async () => {
  const tried: number[] = []
  const failing = slowStart(20, async (index) => {
    tried.push(index)
    if (index === 4) throw new Error('no room')
  })
  await assert.rejects(failing, /no room/)
  assert.deepEqual(tried, [0, 1, 2, 3, 4, 5, 6])
})

test('a template hash is stable, ignores the order of members, and moves with collisions', () => {
  const template = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [{ name: 'c', image: 'x' }] } }
  const reordered = { spec: { containers: [{ image: 'x', name: 'c' }] }, metadata: { labels: { b: '2', a: '1' } } }
  assert.equal(templateHash(template), templateHash(reordered))
  assert.match(templateHash(template), /^[bcdfghjklmnpqrstvwxz2456789]{5,10}$/)
  assert.notEqual(templateHash(template, 1), templateHash(template))
  assert.ok(
    sameTemplate(template, {
      ...template,
      metadata: { labels: { ...template.metadata.labels, 'pod-template-hash': 'x' } },
    }),
  )
})

test('what is in hand, and for how long, is told of every queue', () => {
  const { clock, metrics, queue, takeAll } = queueOn()
  const other = new WorkQueue({ clock, measures: queueMeasures(metrics, 'other'), onWork: () => {} })
  queue.add(a)
  takeAll()
  clock.advance(2_000)
  queue.add(b)
  takeAll()
  clock.advance(1_000)
  other.add(a)
  const text = metrics.text()
  for (const line of [
    'workqueue_unfinished_work_seconds{name="test"} 4',
    'workqueue_longest_running_processor_seconds{name="test"} 3',
    'workqueue_longest_running_processor_seconds{name="other"} 0',
  ])
    assert.ok(text.includes(`${line}\n`), line)
})
