import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { storeContract } from '../../../test/contract/store-contract.ts'
import { StoreOpenError, StoreUnavailableError } from '../store.ts'
import { openSqliteStore } from './sqlite.ts'

const root = await mkdtemp(join(tmpdir(), 'coxswain-store-'))
after(() => rm(root, { recursive: true, force: true }))
let count = 0
const place = () => join(root, String(++count))
const bytes = (text: string) => new TextEncoder().encode(text)
const refusal = (reason: StoreOpenError['reason']) => (error: unknown) =>
  error instanceof StoreOpenError && error.reason === reason

storeContract('sqlite', () => openSqliteStore({ directory: place() }))
storeContract('sqlite with almost no history in memory', () =>
  openSqliteStore({ directory: place(), memory: { changesMax: 1, bytesMax: 1 } }),
)

test('sqlite keeps values, revisions and history over a restart', async () => {
  const directory = place()
  {
    await using store = await openSqliteStore({ directory })
    await store.put('/a', bytes('1'), 0)
    await store.put('/a', bytes('2'), 1)
    await store.put('/b', bytes('3'), 0)
    await store.delete('/b', 3)
  }
  await using store = await openSqliteStore({ directory })
  assert.equal(store.revision(), 4)
  assert.equal(new TextDecoder().decode((await store.get('/a'))?.value), '2')
  assert.equal(await store.get('/b'), undefined)
  assert.deepEqual(
    (await store.changes('/', 0, 4)).map(({ type, entry }) => `${type} ${entry.key} ${entry.modified}`),
    ['put /a 1', 'put /a 2', 'put /b 3', 'delete /b 4'],
  )
  const written = await store.put('/c', bytes('4'), 0)
  assert.equal(written.ok && written.entry.modified, 5)
})

test('sqlite forgets compacted rows on disk', async () => {
  const directory = place()
  {
    await using store = await openSqliteStore({ directory })
    for (let i = 0; i < 50; i++) await store.put('/a', bytes(String(i)), i)
    await store.put('/b', bytes('gone'), 0)
    await store.delete('/b', 51)
    await store.compact(52)
  }
  const db = new DatabaseSync(join(directory, 'store.db'))
  assert.deepEqual(
    db
      .prepare('SELECT revision, key FROM log')
      .all()
      .map((row) => ({ ...row })),
    [{ revision: 50, key: '/a' }],
  )
  db.close()
})

test('sqlite lets one process at a time open a directory', async () => {
  const directory = place()
  await using _first = await openSqliteStore({ directory })
  await assert.rejects(openSqliteStore({ directory }), refusal('locked'))
})

test('sqlite files are for their owner alone', async () => {
  const directory = place()
  await using _store = await openSqliteStore({ directory })
  assert.equal((await stat(join(directory, 'store.db'))).mode & 0o777, 0o600)
})

test('sqlite refuses a newer format and says what to do', async () => {
  const directory = place()
  await (await openSqliteStore({ directory }))[Symbol.asyncDispose]()
  const db = new DatabaseSync(join(directory, 'store.db'))
  db.exec('PRAGMA user_version = 99')
  db.close()
  await assert.rejects(
    openSqliteStore({ directory }),
    (error: Error) => refusal('newer-format')(error) && /format 99.*newer Coxswain/.test(error.message),
  )
})

test('sqlite refuses a damaged file by name', async () => {
  const directory = place()
  {
    await using store = await openSqliteStore({ directory })
    for (let i = 0; i < 200; i++) await store.put(`/k/${i}`, bytes('x'.repeat(500)), 0)
  }
  const file = join(directory, 'store.db')
  await truncate(file, 8192)
  await assert.rejects(
    openSqliteStore({ directory }),
    (error: Error) => refusal('corrupt')(error) && error.message.includes(file),
  )
  await writeFile(file, 'this is not a database, it is a text of some length that nobody could mistake for one')
  await assert.rejects(openSqliteStore({ directory }), refusal('corrupt'))
})

const isRoot = process.getuid?.() === 0 && process.platform === 'linux'
test('sqlite answers a full disk with an error, keeps what it had, and recovers', {
  skip: isRoot ? false : 'needs root to mount a small filesystem',
}, async () => {
  const directory = place()
  await mkdir(directory, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory])
  try {
    await using store = await openSqliteStore({ directory })
    await store.put('/kept', bytes('kept'), 0)
    const filler = join(directory, 'filler')
    await writeFile(filler, new Uint8Array(1 << 20))
    let refused: unknown
    for (let i = 0; i < 100 && refused === undefined; i++) {
      await store.put(`/fill/${i}`, new Uint8Array(50_000), 0).catch((error: unknown) => {
        refused = error
      })
    }
    assert.ok(refused instanceof StoreUnavailableError, `the disk never filled up: ${refused}`)
    const revision = store.revision()
    assert.equal(new TextDecoder().decode((await store.get('/kept'))?.value), 'kept')
    await rm(filler)
    const again = await store.put('/after', bytes('after'), 0)
    assert.equal(again.ok && again.entry.modified, revision + 1)
  } finally {
    execFileSync('umount', [directory])
  }
})
