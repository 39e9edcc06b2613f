import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Change, CompactedError, FutureRevisionError, LateValue, type Store } from '../../src/store/index.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined) => (value === undefined ? undefined : new TextDecoder().decode(value))

/** What every store promises, tried on one implementation. `open` gives a new, empty store each time. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  const withStore = (title: string, body: (store: Store) => Promise<void>) =>
    test(title, async () => {
      await using store = await open()
      await body(store)
    })

  suite(`store contract: ${name}`, () => {
    withStore('numbers writes one after the other and remembers when a key was created', async (store) => {
      assert.equal(store.revision(), 0)
      const first = await store.put('/a', bytes('1'), 0)
      const second = await store.put('/a', bytes('2'), 1)
      assert.ok(first.ok && second.ok)
      assert.deepEqual([first.entry.modified, second.entry.modified, second.entry.created], [1, 2, 1])
      assert.equal(text((await store.get('/a'))?.value), '2')
      assert.equal(store.revision(), 2)
    })

    withStore('says how much room it takes', async (store) => {
      await store.put('/a', bytes('x'.repeat(100_000)), 0)
      assert.ok(store.sizeBytes() >= 100_000)
    })

    withStore('keeps a value whose bytes are made late as those bytes, and makes them at most once', async (store) => {
      let made = 0
      const late = (written: string) =>
        new LateValue(written.length, () => {
          made++
          return bytes(written)
        })
      const first = await store.put('/a', late('1'), 0)
      const second = await store.put('/a', late('2'), 1)
      const gone = await store.delete('/a', 2)
      assert.ok(first.ok && second.ok && gone.ok)
      const shown = [first.entry, second.entry, gone.entry, await store.get('/a', 1), await store.get('/a', 2)]
      assert.deepEqual(
        shown.map((entry) => [text(entry?.value), entry?.sizeBytes]),
        ['1', '2', '2', '1', '2'].map((one) => [one, 1]),
      )
      const changes = await store.changes('/', 0, 3)
      assert.deepEqual(
        changes.map(({ type, entry, previous }) => [type, text(entry.value), text(previous?.value)]),
        [
          ['put', '1', undefined],
          ['put', '2', '1'],
          ['delete', '2', '2'],
        ],
      )
      assert.equal(made, 2)
    })

    withStore('answers a lost race with what the winner left', async (store) => {
      await store.put('/a', bytes('1'), 0)
      const lost = await store.put('/a', bytes('x'), 0)
      assert.equal(lost.ok, false)
      assert.equal(text(!lost.ok ? lost.current?.value : undefined), '1')
      const absent = await store.delete('/b', 0)
      assert.deepEqual(absent, { ok: false, current: undefined })
    })

    withStore('lets exactly one of many simultaneous writers win', async (store) => {
      const results = await Promise.all(Array.from({ length: 50 }, (_, i) => store.put('/a', bytes(String(i)), 0)))
      assert.equal(results.filter((result) => result.ok).length, 1)
      assert.equal(store.revision(), 1)
      for (const result of results) if (!result.ok) assert.equal(text(result.current?.value), '0')
    })

    withStore('lists a prefix in key order, in pages that agree on one revision', async (store) => {
      for (const key of ['/p/c', '/p/a', '/q/x', '/p/b', '/o/z']) await store.put(key, bytes(key), 0)
      const first = await store.list('/p/', { limit: 2 })
      assert.deepEqual(
        first.entries.map((entry) => entry.key),
        ['/p/a', '/p/b'],
      )
      assert.equal(first.remaining, 1)
      await store.put('/p/aa', bytes('late'), 0)
      await store.delete('/p/c', 1)
      const rest = await store.list('/p/', { limit: 2, after: '/p/b', at: first.revision })
      assert.deepEqual(
        rest.entries.map((entry) => entry.key),
        ['/p/c'],
      )
      assert.equal(rest.revision, first.revision)
      assert.equal(store.count('/p/'), 3)
    })

    withStore('answers at once what is visible, and nothing that is not durable yet', async (store) => {
      for (const key of ['/p/b', '/p/a', '/q/x']) await store.put(key, bytes(key), 0)
      const keys = (prefix: string, limit?: number) => store.currentBelow(prefix, limit).map(({ key }) => key)
      assert.deepEqual(keys('/p/'), ['/p/a', '/p/b'])
      assert.deepEqual(keys('/p/', 1), ['/p/a'])
      assert.equal(store.current('/p/a'), await store.get('/p/a'))
      const writing = store.put('/p/a', bytes('next'), 2)
      assert.equal(text(store.current('/p/a')?.value), '/p/a')
      await writing
      assert.equal(text(store.current('/p/a')?.value), 'next')
      await store.delete('/p/a', 4)
      assert.equal(store.current('/p/a'), undefined)
      assert.deepEqual(keys('/p/'), ['/p/b'])
    })

    withStore('marks when something below a prefix changed last', async (store) => {
      await store.put('/p/a', bytes('1'), 0)
      const mark = store.markOf('/p/')
      assert.equal(mark.at, 1)
      await store.put('/q/a', bytes('1'), 0)
      assert.equal(mark.at, 1)
      const writing = store.put('/p/a', bytes('2'), 1)
      assert.equal(mark.at, 1)
      await writing
      assert.equal(mark.at, 3)
      await store.delete('/p/a', 3)
      assert.equal(mark.at, 4)
      assert.equal(store.markOf('/p/'), mark)
    })

    withStore('reads the past', async (store) => {
      await store.put('/a', bytes('1'), 0)
      await store.put('/a', bytes('2'), 1)
      await store.delete('/a', 2)
      assert.equal(await store.get('/a'), undefined)
      assert.equal(text((await store.get('/a', 1))?.value), '1')
      assert.equal(text((await store.get('/a', 2))?.value), '2')
      await assert.rejects(store.get('/a', 99), FutureRevisionError)
    })

    withStore('watches from any revision without gap or repeat', async (store) => {
      for (let i = 0; i < 20; i++) await store.put(`/w/${i}`, bytes(String(i)), 0)
      const stop = new AbortController()
      const seen: Change[] = []
      const watching = (async () => {
        for await (const batch of store.watch('/w/', 5, stop.signal)) {
          seen.push(...batch)
          if (seen.length === 25) return
        }
      })()
      for (let i = 0; i < 10; i++) await store.put(`/w/late-${i}`, bytes('x'), 0)
      await store.put('/other', bytes('x'), 0)
      await watching
      stop.abort()
      assert.deepEqual(
        seen.map((change) => change.entry.modified),
        Array.from({ length: 25 }, (_, i) => i + 6),
      )
    })

    withStore('tells a watcher what a write replaced and what a delete removed', async (store) => {
      await store.put('/a', bytes('1'), 0)
      await store.put('/a', bytes('2'), 1)
      await store.delete('/a', 2)
      const stop = new AbortController()
      const seen: string[] = []
      for await (const batch of store.watch('/', 0, stop.signal)) {
        for (const { type, entry, previous } of batch)
          seen.push(`${type} ${text(entry.value)} after ${text(previous?.value)}`)
        if (seen.length === 3) break
      }
      assert.deepEqual(seen, ['put 1 after undefined', 'put 2 after 1', 'delete 2 after 2'])
    })

    withStore('ends a watch without error when its signal aborts', async (store) => {
      const stop = new AbortController()
      const batches = (async () => {
        let count = 0
        for await (const _ of store.watch('/', 0, stop.signal)) count++
        return count
      })()
      stop.abort()
      assert.equal(await batches, 0)
    })

    withStore('refuses history that was compacted, and keeps what is current', async (store) => {
      for (let i = 0; i < 10; i++) await store.put('/a', bytes(String(i)), i)
      await store.put('/b', bytes('b'), 0)
      await store.compact(8)
      assert.equal(store.compactedTo(), 8)
      assert.equal(text((await store.get('/a', 8))?.value), '7')
      await assert.rejects(store.get('/a', 7), CompactedError)
      await assert.rejects(store.list('/', { at: 7 }), CompactedError)
      await assert.rejects(store.changes('/', 7, 9), CompactedError)
      assert.deepEqual(
        (await store.changes('/', 8, 10)).map((change) => change.entry.modified),
        [9, 10],
      )
      await assert.rejects(async () => {
        for await (const _ of store.watch('/', 7, new AbortController().signal)) break
      }, CompactedError)
      assert.equal(text((await store.get('/a'))?.value), '9')
    })
  })
}
