import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../resources/index.ts'
import type { NodeRoom, PressureSignal } from '../node/pressure.ts'
import { firstToReclaim, type PodUse, planEviction } from './plan.ts'
import type { Threshold } from './thresholds.ts'

const mebibyte = 2 ** 20
const threshold = (signal: PressureSignal, value: string): Threshold => ({ signal, value, isHard: true, graceMs: 0 })
const lowMemory = threshold('memory.available', '100Mi')
const room: NodeRoom = {
  'memory.available': { available: 50 * mebibyte, capacity: 1024 * mebibyte },
  'nodefs.available': { available: 1024, capacity: 102_400 },
  'nodefs.inodesFree': { available: 10, capacity: 1000 },
  'pid.available': { available: 1, capacity: 1000 },
}
interface Given {
  readonly priority?: number
  readonly requests?: Readonly<Record<string, string>>
  readonly memory?: number
  readonly disk?: number
  readonly inodes?: number
}
function use(name: string, { priority = 0, requests = {}, memory, disk, inodes }: Given): PodUse {
  const spec = { priority, containers: [{ name: 'c', resources: { requests } }] }
  return {
    pod: { metadata: { name }, spec, status: {} } as unknown as Pod,
    memoryByContainer: new Map(memory === undefined ? [] : [['c', memory]]),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(disk === undefined ? {} : { diskBytes: disk }),
    ...(inodes === undefined ? {} : { inodes }),
  }
}
const nameOf = (one: Threshold, uses: readonly PodUse[]) => planEviction(one, room, uses)?.pod.metadata.name

test('who takes more memory than it asked for goes first, then the lower priority, then who takes more beyond', () => {
  const modest = use('modest', { requests: { memory: '200Mi' }, memory: 150 * mebibyte })
  const large = use('large', { requests: { memory: '100Mi' }, memory: 180 * mebibyte, priority: 10 })
  const low = use('low', { memory: 20 * mebibyte, priority: 5 })
  const lowToo = use('low-too', { requests: { memory: '30Mi' }, memory: 60 * mebibyte, priority: 5 })
  assert.equal(nameOf(lowMemory, [modest, large, low, lowToo]), 'low-too')
  assert.equal(nameOf(lowMemory, [modest, large, low]), 'low')
  assert.equal(nameOf(lowMemory, [modest, large]), 'large')
  assert.equal(nameOf(lowMemory, [modest]), 'modest')
})

test('what could not be measured goes before what could, and what is critical never does', () => {
  const known = use('known', { memory: 500 * mebibyte })
  assert.equal(nameOf(lowMemory, [known, use('unknown', {})]), 'unknown')
  assert.equal(nameOf(lowMemory, [use('critical', { memory: 1, priority: 2_000_000_000 })]), undefined)
})

test('disk, inodes and processes have an order of their own', () => {
  const disk = threshold('nodefs.available', '10%')
  const asked = use('asked', { requests: { 'ephemeral-storage': '1Mi' }, disk: mebibyte, inodes: 50 })
  const some = use('some', { disk: 4096, inodes: 5 })
  assert.equal(nameOf(disk, [asked, some]), 'some')
  assert.equal(nameOf(threshold('nodefs.inodesFree', '5%'), [some, asked]), 'asked')
  const pids = threshold('pid.available', '5')
  assert.equal(nameOf(pids, [use('high', { priority: 9 }), use('low', { priority: 1 })]), 'low')
})

test('the message and the event say what was short, and which containers took more than they asked for', () => {
  const eviction = planEviction(lowMemory, room, [use('a', { requests: { memory: '10Mi' }, memory: 20 * mebibyte })])
  assert.equal(
    eviction?.message,
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container c was using 20Mi, request is 10Mi, has larger consumption of memory. ',
  )
  assert.deepEqual(eviction?.annotations, {
    offending_containers: 'c',
    offending_containers_usage: '20Mi',
    starved_resource: 'memory',
  })
  assert.equal(
    planEviction(threshold('nodefs.available', '10%'), room, [use('a', { disk: 1 })])?.message,
    'The node was low on resource: ephemeral-storage. Threshold quantity: 10Ki, available: 1Ki. ',
  )
})

test('memory is what is reclaimed first', () => {
  const disk = threshold('nodefs.available', '10%')
  assert.equal(firstToReclaim([disk, lowMemory]), lowMemory)
  assert.equal(firstToReclaim([disk]), disk)
  assert.equal(firstToReclaim([]), undefined)
})
