import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deal, entropyBits, flowHash } from './dealing.ts'
import { Integrator, TimedRatio } from './integrator.ts'
import { RetryAfter } from './retry-after.ts'
import { type Bidder, divide, lendSeats, nextDemand, noDemand, seatLimits, widestRequest } from './seats.ts'

test('seats are divided by shares, rounded up, and what is lendable and borrowable is a part of that', () => {
  const of = (shares: number, lendablePercent: number, borrowingLimitPercent?: number) =>
    seatLimits(600, 245, { shares, lendablePercent, borrowingLimitPercent })
  assert.deepEqual(of(30, 33), { nominal: 74, min: 50, max: 674 })
  assert.deepEqual(of(100, 90), { nominal: 245, min: 24, max: 845 })
  assert.deepEqual(of(5, 0, 50), { nominal: 13, min: 13, max: 20 })
  assert.deepEqual([widestRequest(245, 6), widestRequest(25, 4), widestRequest(1, 8)], [37, 4, 1])
})

test('a whole is divided in proportion to targets, as far as the bounds allow', () => {
  const round = (parts: readonly number[] | undefined) => parts?.map((one) => Math.round(one * 1000) / 1000)
  const cases: readonly [number, readonly [number, number, number][], readonly number[] | undefined][] = [
    [
      30,
      [
        [0, 100, 10],
        [0, 100, 20],
      ],
      [10, 20],
    ],
    [
      30,
      [
        [0, 5, 10],
        [0, 100, 20],
      ],
      [5, 25],
    ],
    [
      30,
      [
        [0, 100, 10],
        [18, 100, 20],
        [0, 100, 0],
      ],
      [10, 19.999, 0.001],
    ],
    [
      100,
      [
        [0, 10, 10],
        [0, 20, 10],
      ],
      undefined,
    ],
    [
      5,
      [
        [4, 10, 10],
        [4, 20, 10],
      ],
      undefined,
    ],
    [
      8,
      [
        [4, 10, 10],
        [4, 20, 10],
      ],
      [4, 4],
    ],
    [0, [[0, 10, 10]], [0]],
  ]
  for (const [whole, claims, parts] of cases) {
    const divided = divide(
      whole,
      claims.map(([lower, upper, target]) => ({ lower, upper, target })),
    )
    assert.deepEqual(round(divided?.parts), parts)
  }
})

test('idle seats are lent to the level that wants more, and never below what it keeps', () => {
  const level = (nominal: number, min: number, wanted: number, exempt = false): Bidder => ({
    exempt,
    limits: { nominal, min, max: nominal + 100 },
    demand: { ...noDemand, high: wanted, smoothed: wanted },
    current: nominal,
  })
  const lent = lendSeats([level(50, 10, 0), level(50, 10, 200)])
  assert.deepEqual(
    lent.bids.map(({ seats }) => seats),
    [10, 90],
  )
  const nothingLeft = lendSeats([level(0, 0, 500, true), level(50, 10, 50), level(50, 20, 50)])
  assert.deepEqual(
    nothingLeft.bids.map(({ seats }) => seats),
    [500, 10, 20],
  )
  const little = lendSeats([level(0, 0, 55, true), level(50, 10, 50), level(50, 20, 50)])
  assert.deepEqual(
    little.bids.map(({ seats }) => seats),
    [55, 19, 26],
  )
})

test('demand rises at once and falls slowly', () => {
  const busy = nextDemand(noDemand, { seconds: 10, average: 8, deviation: 2, max: 12 })
  assert.deepEqual(busy, { high: 12, average: 8, deviation: 2, smoothed: 10 })
  const idle = nextDemand(busy, { seconds: 10, average: 0, deviation: 0, max: 0 })
  assert.equal(idle.smoothed, 9.77)
})

test('a number over time has an average, a deviation and a peak, and starts anew from where it is', () => {
  const seats = new Integrator(0)
  seats.set(4, 1000)
  seats.set(0, 3000)
  assert.deepEqual(seats.reset(4000), { seconds: 4, average: 2, deviation: 2, max: 4 })
  seats.set(1, 4000)
  assert.equal(seats.reset(5000).average, 1)
  const ratio = new TimedRatio([0, 0.5, 1], 0, 10)
  ratio.set(5, 1)
  ratio.set(20, 3)
  ratio.advance(4)
  assert.deepEqual([ratio.counts, ratio.count, ratio.sum], [[1e6, 2e6, 0], 4e6, 3e6])
})

test('a hand has different cards, and the same ones for the same flow', () => {
  for (const flow of ['a', 'b', 'c', 'd', 'e']) {
    const hand = deal(flowHash('schema', flow), 64, 6)
    assert.equal(new Set(hand).size, 6)
    assert.ok(hand.every((card) => card >= 0 && card < 64))
    assert.deepEqual(deal(flowHash('schema', flow), 64, 6), hand)
  }
  assert.deepEqual(deal(0n, 9, 3), [0, 1, 2])
  assert.deepEqual([entropyBits(128, 6), entropyBits(64, 6), entropyBits(512, 7)], [42, 36, 63])
})

test('who is turned away again and again is told to wait longer, until it is quiet', () => {
  const wait = new RetryAfter()
  const note = (second: number, times: number) => {
    for (let at = 0; at < times; at++) wait.note(second * 1000)
    return wait.seconds
  }
  assert.equal(note(100, 5), 1)
  assert.equal(note(101, 10), 2)
  assert.equal(note(102, 10), 2)
  assert.equal(note(103, 10), 4)
  assert.equal(note(200, 1), 3)
  assert.equal(note(300, 1), 2)
})
