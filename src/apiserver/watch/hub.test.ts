import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMaps } from '../../resources/index.ts'
import { openMemoryStore } from '../../store/index.ts'
import { storageKey } from '../registry/encoding.ts'
import { selectionOf } from '../registry/selection.ts'
import type { HubEvent } from './event.ts'
import { WatchHub } from './hub.ts'

const everything = selectionOf(configMaps, '', '')
const labelled = selectionOf(configMaps, 'app=web', '')
const value = (app: string) => new TextEncoder().encode(`{"metadata":{"name":"a","labels":{"app":"${app}"}}}`)

/** A hub over a store in memory, and how to write a ConfigMap and have the hub tell of it. */
function standing() {
  const store = openMemoryStore()
  const stop = new AbortController()
  const hub = new WatchHub(store)
  void hub.run(stop.signal)
  const put = async (name: string, app: string) => {
    const key = storageKey(configMaps, 'default', name)
    const written = await store.put(key, value(app), (await store.get(key))?.modified ?? 0)
    assert.ok(written.ok)
    while (hub.revision < written.entry.modified) await new Promise(setImmediate)
  }
  return {
    store,
    hub,
    put,
    stop,
    watch: (selection = everything, after = 0) => hub.watch(configMaps, 'default', selection, { after }, stop.signal),
  }
}
const text = ({ type, revision }: HubEvent) => `${type} ${revision}`

test('a watch hands over what was and what comes, in order, and ends with its signal', async () => {
  const { put, watch, stop } = standing()
  await put('a', 'web')
  const taken: string[] = []
  const done = watch().pour((batch) => void taken.push(...batch.map(text)))
  await put('a', 'web')
  await put('b', 'db')
  await new Promise(setImmediate)
  assert.deepEqual(taken, ['ADDED 1', 'MODIFIED 2', 'ADDED 3'])
  stop.abort()
  await done
})

test('who follows all objects is told of a change by one event, whoever else is', async () => {
  const { put, watch, stop } = standing()
  const all: HubEvent[] = []
  const some: HubEvent[] = []
  const ends = [all, all, some].map((list) =>
    watch(list === some ? labelled : everything).pour((batch) => void list.push(...batch)),
  )
  await new Promise(setImmediate)
  await put('a', 'web')
  await put('a', 'db')
  await new Promise(setImmediate)
  assert.deepEqual(all.map(text), ['ADDED 1', 'ADDED 1', 'MODIFIED 2', 'MODIFIED 2'])
  assert.equal(all[0], all[1])
  assert.deepEqual(some.map(text), ['ADDED 1', 'DELETED 2'])
  stop.abort()
  await Promise.all(ends)
})

test('a watcher that has enough is handed nothing until it asks for more, and then all that waited at once', async () => {
  const { put, watch, stop } = standing()
  const taken: string[][] = []
  let more = () => {}
  const done = watch().pour((batch) => {
    taken.push(batch.map(text))
    return new Promise<void>((resolve) => {
      more = resolve
    })
  })
  await new Promise(setImmediate)
  for (const app of ['1', '2', '3']) await put('a', app)
  await new Promise(setImmediate)
  assert.deepEqual(taken, [['ADDED 1']])
  more()
  await new Promise(setImmediate)
  assert.deepEqual(taken.slice(1), [['MODIFIED 2', 'MODIFIED 3']])
  stop.abort()
  more()
  await done
})

test('a watcher that fails ends its own watch and nobody else’s', async () => {
  const { put, watch, stop } = standing()
  const taken: string[] = []
  const failing = watch().pour(() => {
    throw new Error('cannot be rendered')
  })
  const other = watch().pour((batch) => void taken.push(...batch.map(text)))
  const walked = (async () => {
    for await (const batch of watch()) taken.push(...batch.map((event) => `walked ${text(event)}`))
  })()
  await new Promise(setImmediate)
  await Promise.all([put('a', 'web'), assert.rejects(failing, /cannot be rendered/)])
  await put('a', 'db')
  await new Promise(setImmediate)
  assert.deepEqual(taken.sort(), ['ADDED 1', 'MODIFIED 2', 'walked ADDED 1', 'walked MODIFIED 2'])
  stop.abort()
  await Promise.all([other, walked])
})
