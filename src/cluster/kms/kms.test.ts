import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { heldFile } from '../../../test/fixtures/held-file.ts'
import { startPlugin, type TestPlugin } from '../../../test/fixtures/kms-plugin.ts'
import { Metrics, manualClock, silentLog, systemClock, systemRandom, yamlText } from '../../machinery/index.ts'
import { openSqliteStore, StoreOpenError, StoreUnavailableError } from '../../store/index.ts'
import { encryptionOfText, followEncryption, openEncryption } from './encryption.ts'
import { sealingMeasures } from './measures.ts'

const root = await mkdtemp(join(tmpdir(), 'coxswain-kms-'))
after(() => rm(root, { recursive: true, force: true }))
let count = 0
const place = () => join(root, String(++count))
const bytes = (text: string) => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined) => new TextDecoder().decode(value)
const secret = '/registry/secrets/default/one'
const onDisk = async (directory: string) =>
  (
    await Promise.all(
      ['store.db', 'store.db-wal'].map((name) => readFile(join(directory, name), 'latin1').catch(() => '')),
    )
  ).join('')

const kms = (plugin: TestPlugin, name = 'mine') => ({
  kms: { apiVersion: 'v2', name, endpoint: plugin.endpoint, timeout: '5s' },
})
const fileOf = (...providers: readonly object[]) =>
  yamlText({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers }],
  })
const partsOf = () => ({ clock: systemClock(), random: systemRandom(), metrics: new Metrics() })

/** A store encrypted as a file says, with the time given. */
async function open(directory: string, file: string, clock = systemClock()) {
  const parts = partsOf()
  const opened = await openEncryption(encryptionOfText(file), parts)
  try {
    const store = await openSqliteStore({
      directory,
      encryption: opened.rules,
      kms: { clock, plugins: opened.plugins },
      measures: sealingMeasures({ metrics: parts.metrics, hostname: 'here', now: () => clock.now() }),
    })
    return {
      store,
      opened,
      parts,
      [Symbol.asyncDispose]: async () => {
        await store[Symbol.asyncDispose]()
        opened.close()
      },
    }
  } catch (error) {
    opened.close()
    throw error
  }
}

test('values are sealed by keys of a seed that the plugin alone can open, and marked as Kubernetes marks them', async () => {
  await using plugin = await startPlugin(place())
  const directory = place()
  {
    await using one = await open(directory, fileOf(kms(plugin)))
    await one.store.put(secret, bytes('the-value'), 0)
    await one.store.put('/registry/configmaps/default/one', bytes('plain-value'), 0)
    assert.equal(text((await one.store.get(secret))?.value), 'the-value')
  }
  const sealed = await onDisk(directory)
  assert.match(sealed, /k8s:enc:kms:v2:mine:/)
  assert.doesNotMatch(sealed, /the-value/)
  assert.match(sealed, /plain-value/)
  assert.deepEqual(
    plugin.asked.map(({ method }) => method),
    ['Status', 'Encrypt'],
  )
  await using again = await open(directory, fileOf(kms(plugin)))
  assert.equal(text((await again.store.get(secret))?.value), 'the-value')
  assert.deepEqual(plugin.asked.slice(2), [
    { method: 'Status' },
    { method: 'Encrypt' },
    { method: 'Decrypt', keyId: 'key-1' },
  ])
  assert.match(
    again.parts.metrics.text(),
    /kms_operations_latency_seconds_count\{provider_name="mine",method_name="\/v2\.KeyManagementService\/Decrypt",grpc_status_code="OK"\} 1/,
  )
})

test('what a key sealed that the plugin has no longer is written anew at the next start', async () => {
  await using plugin = await startPlugin(place())
  const directory = place()
  {
    await using one = await open(directory, fileOf(kms(plugin)))
    await one.store.put(secret, bytes('the-value'), 0)
  }
  assert.match(await onDisk(directory), /key-1/)
  plugin.keyId = 'key-2'
  {
    await using two = await open(directory, fileOf(kms(plugin)))
    assert.equal(text((await two.store.get(secret))?.value), 'the-value')
  }
  const sealed = await onDisk(directory)
  assert.match(sealed, /key-2/)
  assert.doesNotMatch(sealed, /key-1/)
  plugin.broken = true
  await assert.rejects(open(directory, fileOf(kms(plugin))), (error: unknown) => {
    assert.ok(error instanceof StoreOpenError)
    assert.equal(error.reason, 'unavailable')
    assert.match(error.message, /KMS provider mine: failed to decrypt DEK, error: rpc error: code = Unavailable desc/)
    return true
  })
})

test('the plugin is asked every minute, its new key is written with, and one that is away is not written with for long', async () => {
  await using plugin = await startPlugin(place())
  const time = manualClock()
  let sleeps = 0
  const clock = {
    ...time,
    sleep(delayMs: number, signal?: AbortSignal) {
      sleeps++
      return time.sleep(delayMs, signal)
    },
  }
  /** Moves time once the next question is waited for, and waits until it has been asked. */
  const later = async (delayMs: number) => {
    const before = sleeps
    time.advance(delayMs)
    await until(() => sleeps > before)
  }
  await using one = await open(place(), fileOf(kms(plugin)), clock)
  const asked = (method: string) => plugin.asked.filter((each) => each.method === method).length
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve))
  }
  await until(() => sleeps === 1)
  await one.store.put(secret, bytes('a'), 0)
  assert.equal(one.store.kmsProblem(), '')
  plugin.keyId = 'key-2'
  await later(60_000)
  assert.equal(asked('Encrypt'), 2)
  plugin.healthz = 'tired'
  await later(60_000)
  assert.equal(
    one.store.kmsProblem(),
    'kmsv2 Provider mine is not healthy, error: got unexpected healthz status: tired',
  )
  plugin.broken = true
  await later(10_000)
  assert.match(one.store.kmsProblem(), /^failed to perform status section of the healthz check for KMS Provider mine/)
  await one.store.put(secret, bytes('b'), 1)
  await later(3 * 60_000)
  await assert.rejects(one.store.put(secret, bytes('c'), 2), StoreUnavailableError)
  await one.store.put('/registry/pods/default/p', bytes('p'), 0)
  assert.equal(text((await one.store.get(secret))?.value), 'b')
  plugin.broken = false
  plugin.healthz = 'ok'
  await later(10_000)
  assert.equal(one.store.kmsProblem(), '')
  assert.equal((await one.store.put(secret, bytes('c'), 2)).ok, true)
})

test('a configuration that changes is put into effect while the store is open, one that cannot be is not', async () => {
  await using plugin = await startPlugin(place())
  await using other = await startPlugin(place())
  const directory = place()
  const aes = { aesgcm: { keys: [{ name: 'k', secret: Buffer.alloc(32, 7).toString('base64') }] } }
  const first = fileOf(aes)
  await using one = await open(directory, first)
  await one.store.put(secret, bytes('the-value'), 0)
  const [file, stop, remembered, complaints] = [heldFile(first), new AbortController(), [] as any[], [] as string[]]
  const { metrics } = one.parts
  const following = followEncryption(
    {
      ...one.parts,
      ...{ file, text: first, store: one.store, opened: one.opened, serverId: 'apiserver-test' },
      log: { ...silentLog, warn: (_text: string, fields: any) => void complaints.push(fields.error) },
      remember: async (choice) => void remembered.push(choice),
    },
    stop.signal,
  )
  const total = (status: string) =>
    Number(
      new RegExp(`encryption_config_controller_automatic_reloads_total\\{status="${status}",.*\\} (\\d+)`).exec(
        metrics.text(),
      )?.[1] ?? 0,
    )
  const until = async (status: string, wanted: number) => {
    while (total(status) < wanted) await new Promise((resolve) => setImmediate(resolve))
  }
  file.write(fileOf(kms(plugin)))
  await until('failure', 1)
  assert.match(complaints.at(-1)!, /was encrypted by aesgcm with the key "k"; give that key back/)
  assert.match(await onDisk(directory), /k8s:enc:aesgcm/)
  file.write(fileOf(kms(plugin), aes))
  await until('success', 1)
  assert.doesNotMatch(await onDisk(directory), /k8s:enc:aesgcm/)
  file.write(fileOf(kms(other, 'other'), kms(plugin)))
  await until('success', 2)
  assert.match(await onDisk(directory), /k8s:enc:kms:v2:other:/)
  other.broken = true
  file.write(fileOf(kms(other, 'other'), kms(plugin, 'third')))
  await until('failure', 2)
  assert.match(complaints.at(-1)!, /^the store refused: |failed to perform status section/)
  assert.equal((await one.store.put(secret, bytes('next'), 1)).ok, true)
  assert.equal(remembered.length, 2)
  stop.abort()
  await following
})

test('a plugin that cannot be meant is refused in the words of Kubernetes', () => {
  const problem = (more: object) => {
    try {
      encryptionOfText(fileOf({ kms: { apiVersion: 'v2', name: 'k', endpoint: 'unix:///s', ...more } }))
      return ''
    } catch (error) {
      return (error as Error).message.replace('resources[0].providers[0].kms.', '')
    }
  }
  assert.equal(problem({}), '')
  assert.equal(
    problem({ apiVersion: 'v1' }),
    'apiVersion: KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.',
  )
  assert.equal(
    problem({ name: 'a:b' }),
    `name: Invalid value: "a:b": invalid KMS provider name a:b, must not contain ':'`,
  )
  assert.equal(problem({ timeout: '0s' }), 'timeout: Invalid value: "0s": timeout should be a positive value')
  assert.equal(
    problem({ endpoint: 'tcp://localhost:1' }),
    'endpoint: Invalid value: "tcp://localhost:1": unsupported scheme "tcp" for KMS provider, only unix is supported',
  )
  assert.equal(problem({ cachesize: 3 }), 'cachesize: Invalid value: 3: cachesize is not supported in v2')
  assert.throws(
    () =>
      encryptionOfText(
        fileOf(kms({ endpoint: 'unix:///a' } as TestPlugin), kms({ endpoint: 'unix:///b' } as TestPlugin)),
      ),
    /duplicate KMS provider name mine, names must be unique/,
  )
})

test('what is encrypted and decrypted is measured by resource, provider and key', async () => {
  await using plugin = await startPlugin(place())
  const directory = place()
  const file = fileOf(kms(plugin), { identity: {} })
  const shown = (metrics: Metrics, name: string) =>
    metrics
      .text()
      .split('\n')
      .filter((line) => line.startsWith(`apiserver_${name}`) && !line.includes('_bucket'))
      .map((line) => line.slice(`apiserver_${name}`.length).replaceAll(/"sha256:[0-9a-f]{64}"/g, '"…"'))
  {
    await using one = await open(directory, file)
    await one.store.put(secret, bytes('a'), 0)
    await one.store.put('/registry/configmaps/default/one', bytes('plain'), 0)
    const { metrics } = one.parts
    assert.deepEqual(shown(metrics, 'storage_transformation_operations_total'), [
      '{resource="secrets",status="OK",transformation_type="to_storage",transformer_prefix="k8s:enc:kms:v2:mine:"} 1',
    ])
    assert.deepEqual(shown(metrics, 'envelope_encryption_key_id_hash_total'), [
      '{apiserver_id_hash="…",key_id_hash="…",provider_name="mine",transformation_type="to_storage"} 1',
    ])
    assert.deepEqual(shown(metrics, 'envelope_encryption_dek_source_cache_size'), ['{provider_name="mine"} 1'])
    assert.deepEqual(shown(metrics, 'storage_data_key_generation_duration_seconds_count'), [' 1'])
    assert.equal(shown(metrics, 'envelope_encryption_key_id_hash_status_last_timestamp_seconds').length, 1)
  }
  await using again = await open(directory, file)
  const { metrics } = again.parts
  assert.deepEqual(shown(metrics, 'storage_envelope_transformation_cache_misses_total'), [' 1'])
  const labels = 'transformation_type="from_storage",transformer_prefix="k8s:enc:kms:v2:mine:"'
  // Once to see whether it is to be written anew, and once to be read.
  assert.deepEqual(shown(metrics, 'storage_transformation_operations_total'), [
    `{resource="secrets",status="OK",${labels}} 2`,
  ])
  assert.deepEqual(shown(metrics, 'storage_transformation_duration_seconds_count'), [`{${labels}} 2`])
  assert.deepEqual(shown(metrics, 'envelope_encryption_dek_source_cache_size'), ['{provider_name="mine"} 2'])
})
