import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { seededRandom } from '../../machinery/index.ts'
import { mediaTypes } from '../oci.ts'
import { openRegistry } from '../registry/registry.ts'
import { exportImage, importImages } from './archive.ts'
import { ImageStore, type NamedImage } from './image-store.ts'
import { writeLayer } from './layer.ts'
import { type TarItem, tarBytes } from './tar.ts'

const directory = mkdtempSync(join(tmpdir(), 'cox-store-'))
after(() => rmSync(directory, { recursive: true, force: true }))
let count = 0
const newStore = () => new ImageStore(join(directory, `store-${++count}`), seededRandom(count))

async function oneImage(store: ImageStore): Promise<NamedImage> {
  const content = Buffer.from('hello')
  const layer = await writeLayer(
    store,
    new Map([['hi', { type: 'file', mode: 0o644, uid: 0, gid: 0, size: 5, open: () => Readable.from([content]) }]]),
  )
  const config = await store.addJson(
    { architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [layer.digest] } },
    mediaTypes.config,
  )
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] }
  return store.setName('docker.io/shop/web:1', await store.addJson(manifest, mediaTypes.manifest))
}
async function file(items: readonly TarItem[], pack = (bytes: Buffer) => bytes): Promise<string> {
  const path = join(directory, `archive-${++count}.tar`)
  writeFileSync(path, pack(Buffer.concat(await Array.fromAsync(tarBytes(items)))))
  return path
}
const item = (name: string, content: string): TarItem => ({
  header: { name, type: 'file', size: Buffer.byteLength(content) },
  open: () => Readable.from([Buffer.from(content)]),
})

test('an image goes through an archive unchanged, and the archive is the same every time', async () => {
  const store = newStore()
  const image = await oneImage(store)
  const archive = () => Array.fromAsync(exportImage(store, image)).then((chunks) => Buffer.concat(chunks))
  const bytes = await archive()
  assert.deepEqual(await archive(), bytes)
  for (const [name, content] of [
    ['plain', bytes],
    ['gzip', gzipSync(bytes)],
  ] as const) {
    const path = join(directory, name)
    writeFileSync(path, content)
    const other = newStore()
    assert.deepEqual(await importImages(other, path, { architecture: 'amd64' }), [image])
    assert.deepEqual(await other.configOf(image), await store.configOf(image))
    assert.deepEqual(await other.list(), [image])
  }
})

test('what `docker save` writes is read, links between layers included', async () => {
  const layer = Buffer.concat(await Array.fromAsync(tarBytes([item('hi', 'hello')]))).toString('latin1')
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } })
  const list = [{ Config: 'c.json', RepoTags: ['shop/web:2', 'other:3'], Layers: ['one/layer.tar', 'two/layer.tar'] }]
  const path = await file([
    item('one/VERSION', '1.0'),
    item('one/layer.tar', layer),
    { header: { name: 'two/layer.tar', type: 'symlink', linkname: '../one/layer.tar' } },
    item('c.json', config),
    item('manifest.json', JSON.stringify(list)),
  ])
  const store = newStore()
  const images = await importImages(store, path, { architecture: 'amd64' })
  assert.deepEqual(
    images.map(({ name }) => name),
    ['docker.io/shop/web:2', 'docker.io/library/other:3'],
  )
  const { layers } = await store.manifestOf(images[0]!)
  assert.equal(layers.length, 2)
  assert.equal(layers[0]?.digest, layers[1]?.digest)
  await assert.rejects(importImages(store, path, { architecture: 'arm64' }), /the image is for amd64/)
})

test('files that hold no sound image are refused in one sentence', async () => {
  const wrong = `blobs/sha256/${'0'.repeat(64)}`
  const table: readonly (readonly [readonly TarItem[], RegExp])[] = [
    [[item('readme', 'x')], /holds no image/],
    [[item(wrong, 'x')], /the image is damaged/],
    [[item('manifest.json', JSON.stringify([{ Config: 'c.json', Layers: [] }]))], /lacks its file c\.json/],
    [[item('index.json', JSON.stringify({ schemaVersion: 2, manifests: [] }))], /has no name; give it one with -t/],
  ]
  for (const [items, message] of table)
    await assert.rejects(importImages(newStore(), await file(items), { architecture: 'amd64' }), {
      name: 'ImageError',
      message,
    })
})

test('a blob is kept only under its own digest', async () => {
  const store = newStore()
  const added = await store.addBlob([Buffer.from('x')], 'text')
  assert.deepEqual(added, {
    mediaType: 'text',
    digest: 'sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
    size: 1,
  })
  assert.throws(() => store.blobFile('sha256:../../etc/passwd'), /not a sha256 digest/)
  await assert.rejects(store.addBlob([Buffer.from('y')], 'text', added.digest), /damaged/)
})

test('the registry serves names and blobs, and takes nothing', async () => {
  const store = newStore()
  const image = await oneImage(store)
  const { layers } = await store.manifestOf(image)
  await using registry = await openRegistry(store)
  const ask = (method: string, path: string) =>
    new Promise<{ readonly status: number; readonly type: string; readonly bytes: Buffer }>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: registry.port, method, path, agent: false }, (response) => {
        const { statusCode: status = 0, headers } = response
        buffer(response).then((bytes) => resolve({ status, type: headers['content-type'] ?? '', bytes }), reject)
      })
      sent.on('error', reject).end()
    })
  const manifest = await ask('GET', '/v2/shop/web/manifests/1?ns=docker.io')
  assert.deepEqual([manifest.status, manifest.type], [200, mediaTypes.manifest])
  assert.deepEqual(JSON.parse(manifest.bytes.toString()), await store.manifestOf(image))
  const layer = await ask('GET', `/v2/shop/web/blobs/${layers[0]!.digest}`)
  assert.equal(layer.bytes.length, layers[0]!.size)
  const statuses = async (...asked: readonly (readonly [string, string])[]) => {
    const answers: number[] = []
    for (const [method, path] of asked) answers.push((await ask(method, path)).status)
    return answers
  }
  assert.deepEqual(
    await statuses(
      ['GET', '/v2/'],
      ['HEAD', `/v2/shop/web/manifests/${image.manifest.digest}`],
      ['GET', '/v2/shop/web/manifests/2'],
      ['GET', '/v2/shop/web/manifests/1?ns=quay.io'],
      ['GET', '/v2/shop/web/blobs/..%2F..%2Fnames'],
      ['PUT', '/v2/shop/web/manifests/1'],
      ['GET', '/etc/passwd'],
    ),
    [200, 200, 404, 404, 404, 405, 404],
  )
})

test('the registry makes what can be made when it is asked for', async () => {
  const store = newStore()
  const made: string[] = []
  await using registry = await openRegistry(store, {
    make: async (name) => {
      made.push(name)
      return name === 'docker.io/shop/web:1' ? oneImage(store) : undefined
    },
  })
  const status = (path: string) =>
    new Promise<number>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: registry.port, path, agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      })
      sent.on('error', reject).end()
    })
  assert.equal(await status('/v2/shop/web/manifests/1'), 200)
  assert.equal(await status('/v2/shop/web/manifests/2'), 404)
  assert.deepEqual(made, ['docker.io/shop/web:1', 'docker.io/shop/web:2'])
})
