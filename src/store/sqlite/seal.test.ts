import assert from 'node:assert/strict'
import { randomFillSync } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { storeContract } from '../../../test/contract/store-contract.ts'
import { StoreOpenError } from '../store.ts'
import { SeedBook } from './kms/envelope.ts'
import { type EncryptionProvider, type EncryptionRule, Seal, SealedError } from './seal.ts'
import { openSqliteStore } from './sqlite.ts'
import { SealTally } from './tally.ts'

const root = await mkdtemp(join(tmpdir(), 'coxswain-seal-'))
after(() => rm(root, { recursive: true, force: true }))
let count = 0
const place = () => join(root, String(++count))
const bytes = (text: string) => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined) => new TextDecoder().decode(value)
const nonce = (size: number) => randomFillSync(new Uint8Array(size))
const keyOf = (name: string, size = 32) => ({ name, secret: new Uint8Array(size).fill(name.length + size) })
const provider = (type: EncryptionProvider['type'], ...keys: ReturnType<typeof keyOf>[]): EncryptionProvider => ({
  type,
  keys,
})
const identity = provider('identity')
const secrets = (...providers: EncryptionProvider[]): EncryptionRule[] => [
  { prefixes: ['/registry/secrets/'], providers },
]
const one = '/registry/secrets/default/one'

storeContract('sqlite, encrypted', () =>
  openSqliteStore({
    directory: place(),
    encryption: [{ prefixes: ['/'], providers: [provider('aesgcm', keyOf('a'))] }],
  }),
)

for (const type of ['aesgcm', 'aescbc', 'secretbox'] as const)
  test(`${type} marks values as Kubernetes does, never writes the same twice, and finds out changes`, () => {
    const sizes = type === 'secretbox' ? [32] : [16, 24, 32]
    for (const size of sizes) {
      const seal = new Seal(secrets(provider(type, keyOf('k', size))), nonce)
      const sealed = seal.seal(one, bytes('value'))
      assert.equal(text(sealed.subarray(0, 14 + type.length)), `k8s:enc:${type}:v1:k:`)
      assert.ok(!text(sealed).includes('value'))
      assert.notDeepEqual(seal.seal(one, bytes('value')), sealed)
      assert.deepEqual([text(seal.open(one, sealed).value), seal.open(one, sealed).isStale], ['value', false])
      const changed = Uint8Array.from(sealed)
      changed[changed.length - 1]! ^= 1
      if (type !== 'aescbc') assert.throws(() => seal.open(one, changed), SealedError)
    }
  })

test('where a value lies is sealed with it by aesgcm', () => {
  const seal = new Seal(secrets(provider('aesgcm', keyOf('k'))), nonce)
  assert.throws(() => seal.open('/registry/secrets/default/two', seal.seal(one, bytes('value'))), SealedError)
})

test('any provider reads, the first one’s first key writes, and what it did not write is stale', () => {
  const before = new Seal(secrets(provider('aescbc', keyOf('old'))), nonce).seal(one, bytes('value'))
  const seal = new Seal(secrets(provider('secretbox', keyOf('new')), provider('aescbc', keyOf('old')), identity), nonce)
  assert.deepEqual(
    [before, bytes('value'), seal.seal(one, bytes('value'))].map((value) => {
      const opened = seal.open(one, value)
      return [text(opened.value), opened.isStale]
    }),
    [
      ['value', true],
      ['value', true],
      ['value', false],
    ],
  )
  assert.equal(text(seal.seal('/registry/configmaps/default/one', bytes('plain'))), 'plain')
})

test('on disk nothing stays in plain once a key is there, nor by an old key once a new one is; without its key it says so', async () => {
  const directory = place()
  const onDisk = async () => (await readFile(join(directory, 'store.db'))).toString('latin1')
  {
    await using store = await openSqliteStore({ directory })
    await store.put(one, bytes('first-value'), 0)
    await store.put(one, bytes('second-value'), 1)
  }
  assert.match(await onDisk(), /first-value/)
  const reopen = async (...providers: EncryptionProvider[]) => {
    await using store = await openSqliteStore({ directory, encryption: secrets(...providers) })
    assert.deepEqual([text((await store.get(one))?.value), store.revision()], ['second-value', 2])
    assert.equal(text((await store.get(one, 1))?.value), 'first-value')
  }
  await reopen(provider('aesgcm', keyOf('a')), identity)
  const sealed = await onDisk()
  assert.doesNotMatch(sealed, /first-value|second-value/)
  assert.match(sealed, /k8s:enc:aesgcm:v1:a:/)
  await reopen(provider('secretbox', keyOf('bb')), provider('aesgcm', keyOf('a')))
  assert.doesNotMatch(await onDisk(), /k8s:enc:aesgcm/)
  await assert.rejects(openSqliteStore({ directory }), (error: unknown) => {
    assert.ok(error instanceof StoreOpenError)
    assert.equal(error.reason, 'encrypted')
    assert.match(
      error.message,
      /secrets\/default\/one was encrypted by secretbox with the key "bb"; give that key back/,
    )
    return true
  })
  await reopen(identity, provider('secretbox', keyOf('bb')))
  assert.match(await onDisk(), /second-value/)
})

test('what is sealed and opened is counted by where it lies, and a failure is told as one', () => {
  const tally = new SealTally({ now: () => 0, monotonic: () => 0 })
  const rules = [
    ...secrets(provider('aesgcm', keyOf('k')), identity),
    { prefixes: ['/registry/'], providers: [identity] },
  ]
  const seal = new Seal(rules, nonce, new SeedBook(), tally)
  const sealed = seal.seal(one, bytes('value'))
  seal.open(one, sealed)
  seal.open(one, bytes('value'))
  assert.throws(() => seal.open('/registry/secrets/default/two', sealed), SealedError)
  seal.seal('/registry/example.com/things/default/x', bytes('value'))
  seal.seal('/registry/pods/default/x', bytes('value'))
  const report = tally.take()
  const aes = 'k8s:enc:aesgcm:v1:'
  assert.deepEqual(
    report?.counts.map(({ direction, place: at, mark, isWell, count: times }) => [direction, at, mark, isWell, times]),
    [
      ['to_storage', '/registry/secrets/', aes, true, 1],
      ['from_storage', '/registry/secrets/', aes, true, 1],
      ['from_storage', '/registry/secrets/', 'identity', true, 1],
      ['from_storage', '/registry/secrets/', aes, false, 1],
      ['to_storage', '/registry/example.com/things/', '', true, 1],
      ['to_storage', '/registry/pods/', '', true, 1],
    ],
  )
  assert.equal(tally.take(), undefined)
})
