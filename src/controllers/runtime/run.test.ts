import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInformers } from '../../client/index.ts'
import { DecisionJournal, Metrics, manualClock, seededRandom } from '../../machinery/index.ts'
import { configMaps } from '../../resources/index.ts'
import { runController } from './run.ts'
import type { ControllerSettings } from './settings.ts'

const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}
const nameAt = (at: number) => ({ namespace: 'default', name: `m${at}` })

/** A controller of ConfigMaps, of which there are ten, whose turns take so long by its own clock. */
async function standing(turnMs: number, batchMs?: number) {
  const clock = manualClock()
  const stop = new AbortController()
  let tell = (_events: readonly object[]) => {}
  const object = (at: number, revision: number, data = {}) => ({
    metadata: { ...nameAt(at), uid: `u${at}`, resourceVersion: String(revision) },
    data,
  })
  const client = {
    list: async () => ({
      metadata: { resourceVersion: '1' },
      items: Array.from({ length: 10 }, (_, at) => object(at, 1)),
    }),
    watch: async function* () {
      for (;;) yield await new Promise<readonly object[]>((resolve) => void (tell = resolve))
    },
  }
  const parts = { client: client as never, clock, random: seededRandom(1) }
  const done: string[] = []
  const controller = {
    name: 'test-controller',
    account: 'test',
    watches: [
      {
        resource: configMaps,
        ...(batchMs === undefined ? {} : { batchMs: ({ endpointsBatchMs }: ControllerSettings) => endpointsBatchMs }),
        matters: (next: any, previous: any) => next.data.v !== previous.data.v,
        wake: ({ metadata }: any) => [{ namespace: metadata.namespace, name: metadata.name }],
      },
    ],
    start: () => async (name: { readonly name: string }) => {
      clock.advance(turnMs)
      done.push(name.name)
      return undefined
    },
  }
  const informers = createInformers(parts, stop.signal)
  const record = () => {}
  const rest = {
    informers,
    record,
    journal: new DecisionJournal(),
    metrics: new Metrics(),
    config: (batchMs === undefined ? {} : { settings: { endpointsBatchMs: batchMs } }) as never,
  }
  void runController(controller, { ...parts, ...rest }, stop.signal)
  await settle()
  return {
    clock,
    done,
    stop,
    tell: (at: number, data: object) => tell([{ type: 'MODIFIED', object: object(at, 2, data) }]),
  }
}

test('turns that take no time follow one another at once; after some that take long, others have theirs first', async () => {
  const quick = await standing(0)
  assert.equal(quick.done.length, 10)
  const slow = await standing(3)
  assert.ok(slow.done.length > 0 && slow.done.length < 10, `${slow.done.length} at once`)
  for (let turn = 0; turn < 10; turn++) {
    slow.clock.advance(1)
    await settle()
  }
  assert.equal(slow.done.length, 10)
  quick.stop.abort()
  slow.stop.abort()
})

test('a change that does not matter wakes nobody', async () => {
  const { done, tell, stop } = await standing(0)
  done.length = 0
  tell(1, {})
  await settle()
  tell(2, { v: 'new' })
  await settle()
  assert.deepEqual(done, ['m2'])
  stop.abort()
})

test('what is told within a batch period is looked at once, when the first of it is as old as that', async () => {
  const { clock, done, tell, stop } = await standing(0, 500)
  const after = async (ms: number) => {
    clock.advance(ms)
    await settle()
  }
  assert.deepEqual(done, [])
  await after(500)
  assert.equal(done.length, 10)
  done.length = 0
  for (const v of ['a', 'b', 'c']) {
    tell(1, { v })
    await settle()
    await after(150)
  }
  assert.deepEqual(done, [])
  await after(50)
  assert.deepEqual(done, ['m1'])
  await after(1000)
  assert.deepEqual(done, ['m1'])
  stop.abort()
})
