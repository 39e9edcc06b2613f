import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEvent, NetworkConnection } from '../../apiserver/index.ts'
import { manualClock } from '../../machinery/index.ts'
import { webhookSink } from './webhook.ts'

const event = (id: number) => ({ kind: 'Event', auditID: String(id) }) as unknown as AuditEvent

/** A webhook that keeps what it gets, and answers as told. */
function hook(answers: readonly number[] = []) {
  const got: string[][] = []
  const told: { path: string; authorization: unknown }[] = []
  const connectNetwork: NetworkConnection = () => ({
    async request({ path, headers, body }) {
      const chunks: Uint8Array[] = []
      for await (const chunk of body ?? []) chunks.push(chunk)
      const { items } = JSON.parse(Buffer.concat(chunks).toString()) as { items: { auditID: string }[] }
      got.push(items.map(({ auditID }) => auditID))
      told.push({ path, authorization: headers['authorization'] })
      return { status: answers[got.length - 1] ?? 200, headers: {}, body: (async function* () {})() }
    },
    upgrade: () => Promise.reject(new Error('nothing upgrades here')),
  })
  return { got, told, connectNetwork }
}
const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

test('events travel in batches: a full one at once, another when it has waited, the rest at the end', async () => {
  const clock = manualClock()
  const stop = new AbortController()
  const { got, told, connectNetwork } = hook()
  const options = { configFile: '', batchMaxSize: 3, batchMaxWait: '10s' }
  const credentials = { server: 'https://logs.example:8443/audit?x=1', token: () => 'secret' }
  const { sink, ended } = webhookSink({ clock, connectNetwork, credentials, options, onLost: assert.fail }, stop.signal)
  for (let id = 0; id < 4; id++) sink.write(event(id))
  await settled()
  assert.deepEqual(got, [['0', '1', '2']])
  assert.deepEqual(told[0], { path: '/audit?x=1', authorization: 'Bearer secret' })
  await clock.advance(10_000)
  await settled()
  assert.deepEqual(got[1], ['3'])
  sink.write(event(4))
  stop.abort()
  await ended
  assert.deepEqual(got[2], ['4'])
})

test('a batch that is refused is sent again after a while; what is never taken, and what finds no room, is counted', async () => {
  const clock = manualClock()
  const stop = new AbortController()
  const { got, connectNetwork } = hook([500, 200, 500, 500, 500, 500, 500])
  const lost: [number, string][] = []
  const options = { configFile: '', batchMaxSize: 1, batchBufferSize: 2, initialBackoff: '1s' }
  const { sink, ended } = webhookSink(
    {
      clock,
      connectNetwork,
      credentials: { server: 'http://logs.example' },
      options,
      onLost: (count, error) => lost.push([count, (error as Error).message]),
    },
    stop.signal,
  )
  sink.write(event(0))
  await settled()
  await clock.advance(1000)
  await settled()
  assert.deepEqual([got, lost], [[['0'], ['0']], []])
  sink.write(event(1))
  await settled()
  for (const id of [2, 3, 4]) sink.write(event(id))
  assert.deepEqual(lost, [[1, 'audit webhook queue blocked']])
  for (let tried = 0; tried < 4; tried++) {
    await clock.advance(4000)
    await settled()
  }
  assert.deepEqual(lost[1], [1, 'the webhook answered 500'])
  assert.equal(got.filter(([id]) => id === '1').length, 5)
  stop.abort()
  await ended
  sink.write(event(9))
  assert.equal(lost.at(-1)?.[0], 1)
})

test('a webhook that blocks is told of every event at once; only in its strict form its failure is the request’s', async () => {
  for (const [mode, isKept] of [
    ['blocking', true],
    ['blocking-strict', false],
  ] as const) {
    const { got, connectNetwork } = hook([200, 403])
    const lost: number[] = []
    const { sink } = webhookSink(
      {
        clock: manualClock(),
        connectNetwork,
        credentials: { server: 'http://logs.example' },
        options: { configFile: '', mode },
        onLost: (count) => void lost.push(count),
      },
      new AbortController().signal,
    )
    assert.equal(await sink.write(event(1)), true)
    assert.equal(await sink.write(event(2)), isKept)
    assert.deepEqual([got, lost], [[['1'], ['2']], [1]])
  }
})
