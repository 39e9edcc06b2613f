import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import type { Asked } from './classify.ts'
import { LevelQueues } from './level-queues.ts'
import { narrow, type Turn } from './turn.ts'

const asked: Asked = {
  identity: { name: 'somebody', groups: [] },
  ...{ verb: 'get', ofResource: false, path: '/version' },
  ...{ group: '', resource: '', subresource: '', namespace: '', name: '' },
}
const queuing = { type: 'queue', queues: 64, handSize: 6, queueLengthLimit: 50 } as const

function level(limit: number, how: Parameters<LevelQueues['configure']>[0] = queuing) {
  const clock = manualClock()
  const queues = new LevelQueues('level', clock)
  queues.configure(how, limit)
  const start = (flow: string, width = narrow) => queues.start(asked, 'schema', flow, width)
  return { clock, queues, start }
}
const states = (turns: readonly Turn[]) => turns.map(({ state }) => state)

test('requests run while there are seats, then wait, and the next runs when one is done', () => {
  const { queues, start } = level(2)
  const turns = ['a', 'b', 'c', 'd'].map((flow) => start(flow))
  assert.deepEqual(states(turns), ['executing', 'executing', 'waiting', 'waiting'])
  queues.finish(turns[0]!)
  assert.deepEqual(states(turns).toSorted(), ['executing', 'executing', 'finished', 'waiting'])
  for (let at = 0; at < 3; at++) queues.finish(turns.find(({ state }) => state === 'executing')!)
  assert.ok(queues.isIdle)
  assert.deepEqual([queues.seatsInUse, queues.waitingSeats], [0, 0])
})

test('one that asks little is not kept waiting by one that asks much', () => {
  const { clock, queues, start } = level(1)
  const running = start('first')
  const greedy = Array.from({ length: 40 }, () => start('greedy'))
  const modest = Array.from({ length: 4 }, () => start('modest'))
  const order: string[] = []
  for (const [who, turns] of [
    ['greedy', greedy],
    ['modest', modest],
  ] as const)
    for (const turn of turns) turn.onDecided = () => order.push(who)
  let current = running
  for (let at = 0; at < 20; at++) {
    clock.advance(10)
    queues.finish(current)
    current = [...greedy, ...modest].find(({ state }) => state === 'executing')!
  }
  // The greedy flow has six queues, the modest one its own hand: it does not wait for all forty.
  assert.equal(order.filter((who) => who === 'modest').length, 4)
})

test('a full queue turns requests away, and so does a level without queues', () => {
  const { start, queues } = level(1, { ...queuing, queues: 1, handSize: 1, queueLengthLimit: 2 })
  assert.deepEqual(states([start(''), start(''), start(''), start('')]), [
    'executing',
    'waiting',
    'waiting',
    'rejected',
  ])
  assert.equal(queues.tallyOf('schema').rejected['queue-full'], 1)
  const without = level(1, { type: 'reject' })
  assert.deepEqual(states([without.start(''), without.start('')]), ['executing', 'rejected'])
  assert.equal(without.queues.tallyOf('schema').rejected['concurrency-limit'], 1)
  const exempt = level(0, { type: 'exempt' })
  assert.deepEqual(states([exempt.start(''), exempt.start('')]), ['executing', 'executing'])
})

test('who gives up waiting leaves no trace in the queue', () => {
  const { queues, start } = level(1)
  const first = start('a')
  const second = start('b')
  queues.cancel(second)
  assert.equal(second.state, 'rejected')
  assert.equal(queues.tallyOf('schema').rejected['time-out'], 1)
  queues.finish(first)
  assert.ok(queues.isIdle)
  assert.equal(start('b').state, 'executing')
})

test('a wide request waits for as many seats, and one wider than all runs alone', () => {
  const { queues, start } = level(4)
  const narrowOne = start('a')
  const wide = start('b', { ...narrow, initialSeats: 4 })
  const after = start('c')
  assert.deepEqual(states([narrowOne, wide, after]), ['executing', 'waiting', 'executing'].with(2, after.state))
  queues.finish(narrowOne)
  if (after.state === 'executing') queues.finish(after)
  assert.equal(wide.state, 'executing')
  queues.finish(wide)
  if (after.state === 'executing') queues.finish(after)
  const wider = start('d', { ...narrow, initialSeats: 9 })
  assert.equal(wider.state, 'executing')
  assert.equal(start('e').state, 'waiting')
})

test('seats for the events of a write stay taken for a while after it', () => {
  const { clock, queues, start } = level(2)
  const write = start('a', { initialSeats: 1, finalSeats: 2, lingerMs: 5 })
  const next = start('b')
  queues.finish(write)
  assert.equal(next.state, 'waiting')
  assert.equal(queues.seatsInUse, 2)
  clock.advance(5)
  assert.equal(next.state, 'executing')
})

test('more seats let waiting requests run, and queues too many go when they are empty', () => {
  const { queues, start } = level(1)
  const turns = Array.from({ length: 10 }, (_, at) => start(`flow ${at}`))
  queues.configure({ ...queuing, queues: 4, handSize: 2 }, 10)
  assert.ok(turns.every(({ state }) => state === 'executing'))
  for (const turn of turns) queues.finish(turn)
  for (let at = 0; at < 200; at++) queues.finish(start(`flow ${at}`))
  assert.ok(queues.queues.length < 64)
  assert.deepEqual(
    queues.queues.map(({ index }) => index),
    queues.queues.map((_, index) => index),
  )
})
