import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpuBuckets, DecayingHistogram, memoryBuckets } from './histogram.ts'
import { ContainerHistory, ContainerUse } from './history.ts'
import { recommendationsFor } from './recommend.ts'

const dayMs = 24 * 60 * 60_000
const startMs = Date.parse('2026-01-01T00:00:00Z')
const mebibyte = 1024 ** 2
const within = (value: number, from: number, to: number) => assert.ok(value >= from && value <= to, `${value}`)

test('a percentile is the end of a bucket that is at most a twentieth too large', () => {
  const cores = new DecayingHistogram(cpuBuckets)
  assert.equal(cores.percentile(0.9), 0)
  for (let at = 1; at <= 100; at++) cores.add(at / 100, 1, startMs)
  within(cores.percentile(0.5), 0.5, 0.54)
  within(cores.percentile(0.9), 0.9, 0.96)
  // Below the smallest bucket and above the largest there is no more to tell.
  const edges = new DecayingHistogram(memoryBuckets)
  edges.add(0, 1, startMs)
  assert.ok(Math.abs(edges.percentile(1) - 1e7) < 1)
  edges.add(1e15, 1000, startMs)
  within(edges.percentile(0.9), 0.95e12, 1.05e12)
})

test('what is a day old counts half, also where numbers would grow too large', () => {
  const cores = new DecayingHistogram(cpuBuckets)
  cores.add(1, 3, startMs)
  cores.add(2, 2, startMs + dayMs)
  within(cores.percentile(0.5), 2, 2.2)
  cores.add(1, 3, startMs + 300 * dayMs)
  within(cores.percentile(0.99), 1, 1.06)
})

test('a checkpoint is read back as it was written', () => {
  const history = new ContainerHistory()
  const use = new ContainerUse(history)
  for (let minute = 0; minute < 60; minute++) {
    use.addCpu((minute % 10) / 10, startMs + minute * 60_000)
    use.addMemory((100 + minute) * mebibyte, startMs + minute * 60_000)
  }
  const kept = history.checkpoint(startMs + dayMs)
  assert.equal(kept.totalSamplesCount, 60)
  const again = new ContainerHistory(JSON.parse(JSON.stringify(kept)))
  for (const part of [0.5, 0.9, 0.95]) {
    assert.equal(again.cpu.percentile(part), history.cpu.percentile(part))
    assert.equal(again.memory.percentile(part), history.memory.percentile(part))
  }
  assert.equal(again.confidence, history.confidence)
  assert.equal(new ContainerHistory({ ...kept, version: 'v1' }).samples, 0)
})

test('of memory the peak of each day counts once, and a kill asks for more', () => {
  const history = new ContainerHistory()
  const use = new ContainerUse(history)
  for (const megabytes of [100, 300, 200]) use.addMemory(megabytes * mebibyte, startMs + megabytes)
  within(history.memory.percentile(0.01), 300 * mebibyte, 330 * mebibyte)
  use.addKill(400 * mebibyte, startMs + 1000)
  within(history.memory.percentile(0.9), 500 * mebibyte, 550 * mebibyte)
  // Not again and again: what was only thought to be needed is no base for more.
  use.addKill(400 * mebibyte, startMs + 2000)
  within(history.memory.percentile(0.9), 500 * mebibyte, 550 * mebibyte)
  use.addMemory(50 * mebibyte, startMs + 3 * dayMs)
  within(history.memory.percentile(0.01), 50 * mebibyte, 70 * mebibyte)
})

test('samples that come twice or too late are left out', () => {
  const history = new ContainerHistory()
  const use = new ContainerUse(history)
  use.addCpu(1, startMs)
  use.addCpu(1, startMs)
  use.addCpu(1, startMs - 1)
  assert.equal(history.samples, 1)
})

test('nothing is recommended below a minimum, which the containers of a pod share', () => {
  const fresh = () => new ContainerHistory()
  assert.deepEqual(recommendationsFor(new Map([['a', fresh()]]), undefined), [
    {
      containerName: 'a',
      target: { cpu: '25m', memory: '262144k' },
      lowerBound: { cpu: '25m', memory: '262144k' },
      upperBound: { cpu: '25m', memory: '262144k' },
      uncappedTarget: { cpu: '25m', memory: '262144k' },
    },
  ])
  const two = recommendationsFor(
    new Map([
      ['b', fresh()],
      ['a', fresh()],
    ]),
    undefined,
  )
  assert.deepEqual(
    two.map(({ containerName, target }) => [containerName, target]),
    [
      ['a', { cpu: '13m', memory: '131072k' }],
      ['b', { cpu: '13m', memory: '131072k' }],
    ],
  )
  const off = recommendationsFor(new Map([['a', fresh()]]), [{ containerName: '*', mode: 'Off' }])
  assert.deepEqual(off, [])
})

test('bounds are wide while little is known, and close in with time', () => {
  const bounds = (days: number) => {
    const history = new ContainerHistory()
    for (let minute = 0; minute < days * 24 * 60; minute++) history.addCpu(1, startMs + minute * 60_000)
    const [one] = recommendationsFor(new Map([['a', history]]), undefined)
    return [one!.lowerBound!['cpu']!, one!.upperBound!['cpu']!].map((text) => Number.parseInt(text, 10))
  }
  const hour = bounds(1 / 24)
  const week = bounds(7)
  within(hour[0]!, 1080, 1200)
  assert.ok(hour[1]! > 25_000, `${hour[1]}`)
  within(week[0]!, 1150, 1210)
  within(week[1]!, 1300, 1400)
})
