import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KubeObject, manualClock, StatusError, seededRandom } from '../../machinery/index.ts'
import type { EventsV1Event } from '../../resources/index.ts'
import type { Client } from '../client.ts'
import { Rush } from './rush.ts'
import { createSeriesRecorder } from './series-recorder.ts'

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', creationTimestamp: '' },
}
const minuteMs = 60_000
const settled = () => new Promise((resolve) => setImmediate(resolve))

function recorderOn() {
  const kept = new Map<string, EventsV1Event>()
  let writes = 0
  const client = {
    async create(_: unknown, event: EventsV1Event) {
      writes++
      kept.set(event.metadata.name, event)
      return event
    },
    async patch(_: unknown, { name }: { name: string }, { body }: { body: object }) {
      writes++
      const known = kept.get(name)
      if (known === undefined) throw new StatusError(404, 'NotFound', 'gone')
      kept.set(name, { ...known, ...body })
      return kept.get(name)
    },
  } as unknown as Client
  const clock = manualClock()
  const stop = new AbortController()
  const rush = new Rush()
  const record = createSeriesRecorder(
    { client, clock, random: seededRandom(1), controller: 'default-scheduler', instance: 'default-scheduler-n', rush },
    stop.signal,
  )
  const refuse = () => record(pod, 'Warning', 'FailedScheduling', 'Scheduling', `0/${kept.size} nodes are available`)
  const place = (name: string) =>
    record({ ...pod, metadata: { ...pod.metadata, name, uid: name } }, 'Normal', 'Scheduled', 'Binding', 'on a node')
  return { kept, clock, stop, rush, refuse, place, writes: () => writes }
}

test('the first is an event, the second makes it a series, more are counted and written when it ends', async () => {
  const { kept, clock, refuse, writes } = recorderOn()
  refuse()
  await settled()
  const [first] = kept.values()
  assert.deepEqual(
    [first?.reportingController, first?.action, first?.type, first?.series, first?.regarding?.name],
    ['default-scheduler', 'Scheduling', 'Warning', undefined, 'web'],
  )
  for (let times = 0; times < 4; times++) {
    await clock.advance(minuteMs)
    refuse()
    await settled()
  }
  assert.equal(writes(), 2)
  assert.equal([...kept.values()][0]?.series?.count, 2)
  await clock.advance(12 * minuteMs)
  await settled()
  assert.equal(kept.size, 1)
  const { series } = [...kept.values()][0]!
  assert.equal(series?.count, 5)
  assert.equal(Date.parse(series?.lastObservedTime ?? ''), Date.parse(first!.eventTime) + 4 * minuteMs)
  refuse()
  await settled()
  assert.equal(kept.size, 2, 'after its end a repeat is a new event')
})

test('an event that has expired comes back with its series', async () => {
  const { kept, refuse } = recorderOn()
  refuse()
  await settled()
  kept.clear()
  refuse()
  await settled()
  assert.equal([...kept.values()][0]?.series?.count, 2)
})

test('while there is a rush events wait, until it is over or they have waited for five seconds', async () => {
  const { kept, clock, rush, place } = recorderOn()
  rush.set(true)
  place('first')
  await settled()
  assert.equal(kept.size, 0)
  rush.set(false)
  await settled()
  assert.equal(kept.size, 1)
  rush.set(true)
  place('second')
  await clock.advance(4000)
  place('third')
  await settled()
  assert.equal(kept.size, 1)
  await clock.advance(1000)
  await settled()
  assert.deepEqual(
    [...kept.values()].map(({ regarding }) => regarding?.name),
    ['first', 'second'],
  )
  await clock.advance(4000)
  await settled()
  assert.equal(kept.size, 3)
})

test('no more events than ten thousand wait for a rush to be over', async () => {
  const { kept, rush, place } = recorderOn()
  rush.set(true)
  for (let at = 0; at < 9999; at++) place(`pod-${at}`)
  await settled()
  assert.equal(kept.size, 0)
  place('one-more')
  await settled()
  assert.equal(kept.size, 1)
})

test('what still waits when it is to end is not written', async () => {
  const { kept, stop, rush, place } = recorderOn()
  rush.set(true)
  place('first')
  stop.abort()
  rush.set(false)
  await settled()
  assert.equal(kept.size, 0)
})
