import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock, type ObjectList, StatusError, seededRandom, type WatchEvent } from '../../machinery/index.ts'
import { type ConfigMap, configMaps } from '../../resources/index.ts'
import type { Client } from '../client.ts'
import { createInformers } from './informer.ts'

const mapAt = (name: string, revision: number, data: Record<string, string> = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid: name, resourceVersion: String(revision), creationTimestamp: '' },
    data,
  }) as unknown as ConfigMap

/** An API that can lose events: `truth` is what a list shows, `send` is what a watch says. */
function lossyApi() {
  const truth = new Map<string, ConfigMap>()
  let revision = 0
  let lists = 0
  let wake = () => {}
  let queue: (readonly WatchEvent<ConfigMap>[] | Error)[] = []
  const client = {
    async list(): Promise<ObjectList<ConfigMap>> {
      lists++
      return {
        kind: 'ConfigMapList',
        apiVersion: 'v1',
        metadata: { resourceVersion: String(revision) },
        items: [...truth.values()],
      }
    },
    async *watch(_of: unknown, _from: string, _query: unknown, signal: AbortSignal) {
      signal.addEventListener('abort', () => wake(), { once: true })
      while (!signal.aborted) {
        const next = queue.shift()
        if (next instanceof Error) throw next
        if (next !== undefined) yield next
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  } as unknown as Client
  return {
    client,
    lists: () => lists,
    write(name: string, data: Record<string, string>, lose = false) {
      const known = truth.has(name)
      const object = mapAt(name, ++revision, data)
      truth.set(name, object)
      if (!lose) queue.push([{ type: known ? 'MODIFIED' : 'ADDED', object }])
      wake()
    },
    remove(name: string, lose = false) {
      const object = {
        ...truth.get(name)!,
        metadata: { ...truth.get(name)!.metadata, resourceVersion: String(++revision) },
      }
      truth.delete(name)
      if (!lose) queue.push([{ type: 'DELETED', object }])
      wake()
    },
    fail(error: Error) {
      queue = [error]
      wake()
    },
  }
}
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('an informer whose watch missed events is healed by its resync alone', async () => {
  const api = lossyApi()
  const clock = manualClock()
  const stop = new AbortController()
  const informer = createInformers(
    { client: api.client, clock, random: seededRandom(1), resyncMs: 60_000 },
    stop.signal,
  ).of(configMaps)
  const seen: string[] = []
  informer.subscribe((next, previous) => seen.push(`${previous?.data?.v ?? '-'}>${next?.data?.v ?? '-'}`))
  await informer.synced()
  api.write('a', { v: '1' })
  await settle()
  api.write('a', { v: '2' }, true)
  api.write('b', { v: '1' }, true)
  await settle()
  assert.deepEqual(seen, ['->1'])
  clock.advance(70_000)
  await settle()
  assert.equal(informer.get({ namespace: 'default', name: 'a' })?.data?.v, '2')
  assert.deepEqual(seen, ['->1', '1>2', '->1'])
  api.remove('b', true)
  clock.advance(70_000)
  await settle()
  assert.deepEqual(
    informer.list().map((one) => one.metadata.name),
    ['a'],
  )
  assert.deepEqual(seen.slice(3), ['1>-', '2>2'])
  stop.abort()
})

test('of very many objects a resync tells some at a time, of each as it is by then, and of all', async () => {
  const api = lossyApi()
  const clock = manualClock()
  const stop = new AbortController()
  const parts = { client: api.client, clock, random: seededRandom(1), resyncMs: 60_000 }
  const informer = createInformers(parts, stop.signal).of(configMaps)
  await informer.synced()
  for (let at = 0; at < 2500; at++) api.write(`m${at}`, { v: '1' })
  await settle()
  let told = 0
  informer.subscribe((next, previous) => void (told += Number(next === previous)))
  clock.advance(70_000)
  await settle()
  const first = told
  assert.ok(first > 0 && first < 2500, `${first} were told of at once`)
  api.remove('m2499')
  for (let turn = 0; turn < 12; turn++) {
    clock.advance(1)
    await settle()
  }
  assert.equal(told, 2499)
  stop.abort()
})

test('the more objects there are, the less often all are listed again, but they are', async () => {
  const api = lossyApi()
  const clock = manualClock()
  const stop = new AbortController()
  const parts = { client: api.client, clock, random: seededRandom(1), resyncMs: 60_000 }
  const informer = createInformers(parts, stop.signal).of(configMaps)
  await informer.synced()
  for (let at = 0; at < 15_000; at++) api.write(`m${at}`, { v: '1' })
  await settle()
  // There were none when it was listed.
  clock.advance(150_000)
  await settle()
  assert.equal(api.lists(), 1)
  // A list asked for by something else counts, too.
  api.fail(new StatusError(410, 'Expired', 'too old resource version'))
  for (let turn = 0; turn < 4; turn++) {
    await settle()
    clock.advance(1)
  }
  assert.equal(api.lists(), 2)
  api.write('m1', { v: '2' }, true)
  api.remove('m2', true)
  clock.advance(200_000)
  for (let turn = 0; turn < 80; turn++) {
    clock.advance(1)
    await settle()
  }
  assert.equal(api.lists(), 3)
  assert.equal(informer.get({ namespace: 'default', name: 'm1' })?.data?.v, '2')
  assert.equal(informer.list().length, 14_999)
  stop.abort()
})

test('an informer lists again when its watch is too old, and backs off when the server fails', async () => {
  const api = lossyApi()
  const clock = manualClock()
  const stop = new AbortController()
  const informer = createInformers({ client: api.client, clock, random: seededRandom(1) }, stop.signal).of(configMaps)
  await informer.synced()
  assert.equal(api.lists(), 1)
  api.write('a', { v: '1' }, true)
  api.fail(new StatusError(410, 'Expired', 'too old resource version'))
  await settle()
  assert.deepEqual([api.lists(), informer.list().length], [2, 1])
  api.fail(new StatusError(503, 'ServiceUnavailable', 'down'))
  await settle()
  assert.equal(api.lists(), 2)
  clock.advance(1000)
  await settle()
  assert.equal(api.lists(), 3)
  stop.abort()
})

test('an informer answers by namespace and by index', async () => {
  const api = lossyApi()
  const stop = new AbortController()
  const informer = createInformers(
    { client: api.client, clock: manualClock(), random: seededRandom(1) },
    stop.signal,
  ).of(configMaps)
  informer.addIndex('v', (map) => [map.data?.v ?? ''])
  await informer.synced()
  api.write('a', { v: 'x' })
  api.write('b', { v: 'x' })
  api.write('b', { v: 'y' })
  await settle()
  assert.deepEqual(
    [informer.by('v', 'x'), informer.by('v', 'y'), informer.list('default'), informer.list('other')].map(
      (list) => list.length,
    ),
    [1, 1, 2, 0],
  )
  stop.abort()
})

test('whoever waits for a first list that never comes is told when to stop, also when that was before', async () => {
  const stop = new AbortController()
  const client = { list: () => new Promise(() => {}), watch: async function* () {} } as unknown as Client
  const informer = createInformers({ client, clock: manualClock(), random: seededRandom(1) }, stop.signal).of(
    configMaps,
  )
  const waiting = assert.rejects(informer.synced(stop.signal), /enough/)
  stop.abort(new Error('enough'))
  await waiting
  await assert.rejects(informer.synced(stop.signal), /enough/)
})

test('a cache holds of its objects what is to be kept of them, in indexes and for listeners, too', async () => {
  const api = lossyApi()
  const stop = new AbortController()
  const kept = <T>(_resource: unknown, object: T) => ({ ...object, data: { seen: 'yes' } }) as T
  const informers = createInformers(
    { client: api.client, clock: manualClock(), random: seededRandom(1), kept },
    stop.signal,
  )
  api.write('first', { large: 'text' })
  const cache = informers.of(configMaps)
  const told: unknown[] = []
  cache.subscribe((next) => told.push(next?.data))
  await cache.synced()
  api.write('second', { large: 'text' })
  for (let turn = 0; turn < 20 && cache.list().length < 2; turn++) await new Promise(setImmediate)
  assert.deepEqual(
    cache.list().map(({ metadata, data }) => [metadata.name, data]),
    [
      ['first', { seen: 'yes' }],
      ['second', { seen: 'yes' }],
    ],
  )
  assert.deepEqual(told, [{ seen: 'yes' }, { seen: 'yes' }])
  stop.abort()
})
