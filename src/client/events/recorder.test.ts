import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KubeObject, manualClock, StatusError, seededRandom } from '../../machinery/index.ts'
import type { Event } from '../../resources/index.ts'
import type { Client } from '../client.ts'
import { createEventRecorder } from './recorder.ts'

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', creationTimestamp: '' },
}

/** A server that keeps events, and refuses as often as told. */
function fakeServer() {
  const kept = new Map<string, Event>()
  const server = { kept, failures: 0 }
  const answer = async (event: Event) => {
    if (server.failures-- > 0) throw new StatusError(503, 'ServiceUnavailable', 'down')
    kept.set(event.metadata.name, event)
    return event
  }
  const client = {
    create: (_: unknown, event: Event) => answer(event),
    patch: (_: unknown, { name }: { name: string }, { body }: { body: object }) => {
      const known = kept.get(name)
      if (known === undefined) throw new StatusError(404, 'NotFound', 'gone')
      return answer({ ...known, ...body })
    },
  } as unknown as Client
  return { server, client }
}
const settled = () => new Promise((resolve) => setImmediate(resolve))
const said = (events: Iterable<Event>) => [...events].map(({ message, count }) => [message, count])

function recorderOn() {
  const { server, client } = fakeServer()
  const clock = manualClock()
  const record = createEventRecorder({ client, clock, random: seededRandom(1), component: 'kubelet', host: 'node-1' })
  return { server, clock, record }
}

test('an event names its object, its source and its time', async () => {
  const { server, record } = recorderOn()
  record(pod, 'Normal', 'Pulled', 'Image pulled', 'spec.containers{web}')
  await settled()
  const [event] = server.kept.values()
  const { metadata, ...rest } = event!
  assert.match(metadata.name, /^web\.[0-9a-f]{16}$/)
  assert.equal(metadata.namespace, 'shop')
  assert.deepEqual(rest, {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: {
      kind: 'Pod',
      namespace: 'shop',
      name: 'web',
      uid: 'u1',
      apiVersion: 'v1',
      resourceVersion: '7',
      fieldPath: 'spec.containers{web}',
    },
    reason: 'Pulled',
    message: 'Image pulled',
    type: 'Normal',
    source: { component: 'kubelet', host: 'node-1' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 1,
    reportingComponent: 'kubelet',
    reportingInstance: 'node-1',
  })
})

test('repeats raise the count of one event', async () => {
  const { server, clock, record } = recorderOn()
  for (let repeat = 0; repeat < 3; repeat++) {
    clock.advance(1000)
    record(pod, 'Warning', 'BackOff', 'Back-off restarting')
    await settled()
  }
  const [event, ...others] = server.kept.values()
  assert.deepEqual(
    [event?.count, event?.firstTimestamp, event?.lastTimestamp, others.length],
    [3, '2026-01-01T00:00:01Z', '2026-01-01T00:00:03Z', 0],
  )
})

test('from the tenth different message of one reason on, they share one event', async () => {
  const { server, record } = recorderOn()
  for (let number = 1; number <= 12; number++) record(pod, 'Normal', 'Scaled', `to ${number}`)
  await settled()
  const combined = said(server.kept.values()).filter(([message]) => String(message).startsWith('(combined'))
  assert.deepEqual(combined, [['(combined from similar events): to 12', 3]])
  assert.equal(server.kept.size, 10)
  const shared = [...server.kept.values()].find(({ message }) => message?.startsWith('(combined'))
  assert.deepEqual([shared?.source?.component, shared?.reportingComponent ?? ''], ['kubelet', ''])
})

test('one object may flood with 25 events, and then speak every five minutes', async () => {
  const { server, clock, record } = recorderOn()
  for (let number = 0; number < 40; number++) record(pod, 'Normal', `Reason${number}`, 'x')
  await settled()
  assert.equal(server.kept.size, 25)
  clock.advance(300_000)
  record(pod, 'Normal', 'Later', 'x')
  await settled()
  assert.equal(server.kept.size, 26)
})

test('an event that expired comes back, its count kept', async () => {
  const { server, record } = recorderOn()
  record(pod, 'Warning', 'BackOff', 'again')
  await settled()
  server.kept.clear()
  record(pod, 'Warning', 'BackOff', 'again')
  await settled()
  assert.deepEqual(said(server.kept.values()), [['again', 2]])
})

test('what the server could not take is offered again', async () => {
  const { server, clock, record } = recorderOn()
  server.failures = 2
  record(pod, 'Normal', 'Started', 'Started')
  await settled()
  assert.equal(server.kept.size, 0)
  for (let wait = 0; wait < 3; wait++) {
    clock.advance(10_000)
    await settled()
  }
  assert.deepEqual(said(server.kept.values()), [['Started', 1]])
})

test('once it is to end, what could not be written is not tried again', async () => {
  const { server, client } = fakeServer()
  const clock = manualClock()
  const end = new AbortController()
  const parts = { client, clock, random: seededRandom(1), component: 'kubelet', signal: end.signal }
  const record = createEventRecorder(parts)
  server.failures = 100
  record(pod, 'Normal', 'Pulled', 'Image pulled')
  await settled()
  end.abort()
  await settled()
  const before = server.failures
  clock.advance(60_000)
  await settled()
  assert.ok(before >= 98)
  assert.equal(server.failures, before)
})
