import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { seededRandom } from '../../machinery/index.ts'
import { mediaTypes } from '../oci.ts'
import { ImageStore } from '../store/image-store.ts'
import { pullImage } from './pull.ts'
import { openRegistry } from './registry.ts'

const directory = mkdtempSync(join(tmpdir(), 'cox-pull-'))
after(() => rmSync(directory, { recursive: true, force: true }))
let count = 0
const newStore = () => new ImageStore(join(directory, `store-${++count}`), seededRandom(count))
const { signal } = new AbortController()

/** A store whose image `NAME` is there for one architecture, behind an index. */
async function withImage(store: ImageStore, name: string, architecture: string) {
  const layer = await store.addBlob([Buffer.alloc(1024)], mediaTypes.layer)
  const config = await store.addJson(
    { architecture, os: 'linux', rootfs: { diff_ids: [layer.digest] } },
    mediaTypes.config,
  )
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] }
  const kept = await store.addJson(manifest, mediaTypes.manifest)
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [{ ...kept, platform: { architecture } }] }
  await store.setName(name, await store.addJson(index, mediaTypes.index))
  return kept
}

test('an image is pulled with all that belongs to it, for this architecture', async () => {
  const there = newStore()
  await using registry = await openRegistry(there)
  // The mirror's host stands for docker.io unless the caller says another.
  const kept = await withImage(there, 'docker.io/base/os:1', 'amd64')
  const here = newStore()
  const name = `127.0.0.1:${registry.port}/base/os:1`
  const image = await pullImage(here, name, { architecture: 'amd64' }, signal)
  assert.deepEqual([image.name, image.manifest.digest], [name, kept.digest])
  assert.deepEqual(await here.manifestOf(image), await there.readJson(kept.digest))
  for (const { digest } of (await here.manifestOf(image)).layers) assert.ok(await here.hasBlob(digest))
  await assert.rejects(pullImage(here, name, { architecture: 'arm64' }, signal), /no part for linux\/arm64/)
  await assert.rejects(pullImage(here, name.replace('os:1', 'os:2'), { architecture: 'amd64' }, signal), {
    name: 'ImageError',
    message: /base\/os:2 cannot be had from 127\.0\.0\.1:\d+ \(there is no such image\)/,
  })
})

test('a registry that asks who is there gets a token, and nobody else sees it', async () => {
  const there = newStore()
  await withImage(there, 'docker.io/base/os:1', 'amd64')
  await using inner = await openRegistry(there)
  const seen: string[] = []
  // Tokens at /token, blobs elsewhere: as the large registries have it.
  const front = createServer((incoming, outgoing) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://front')
    const { authorization } = incoming.headers
    if (pathname === '/token') {
      seen.push(`token for ${searchParams.get('scope')} to ${authorization ?? 'anybody'}`)
      return outgoing.end(JSON.stringify({ token: 'secret' }))
    }
    if (authorization !== 'Bearer secret') {
      const { port } = front.address() as AddressInfo
      const challenge = `Bearer realm="http://127.0.0.1:${port}/token",service="s",scope="repository:base/os:pull"`
      return outgoing.writeHead(401, { 'www-authenticate': challenge }).end()
    }
    if (pathname.includes('/blobs/'))
      return outgoing.writeHead(307, { location: `http://127.0.0.1:${elsewherePort()}${incoming.url}` }).end()
    return pass(incoming.url ?? '/', outgoing)
  })
  const pass = (path: string, outgoing: import('node:http').ServerResponse) =>
    request({ host: '127.0.0.1', port: inner.port, path, agent: false }, (response) => {
      outgoing.writeHead(response.statusCode ?? 500, response.headers)
      response.pipe(outgoing)
    }).end()
  const elsewhere = createServer((incoming, outgoing) => {
    seen.push(`blob to ${incoming.headers.authorization ?? 'anybody'}`)
    pass(incoming.url ?? '/', outgoing)
  })
  const elsewherePort = () => (elsewhere.address() as AddressInfo).port
  for (const server of [front, elsewhere])
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  try {
    const name = `127.0.0.1:${(front.address() as AddressInfo).port}/base/os:1`
    await pullImage(newStore(), name, { architecture: 'amd64', credentials: 'me:pass' }, signal)
    assert.deepEqual(seen, [
      `token for repository:base/os:pull to Basic ${Buffer.from('me:pass').toString('base64')}`,
      'blob to anybody',
      'blob to anybody',
    ])
  } finally {
    for (const server of [front, elsewhere]) {
      server.closeAllConnections()
      server.close()
    }
  }
})

test('a registry that cannot be reached is told in one sentence', async () => {
  const registry = await openRegistry(newStore())
  const { port } = registry
  await registry[Symbol.asyncDispose]()
  await assert.rejects(pullImage(newStore(), `127.0.0.1:${port}/a:1`, { architecture: 'amd64' }, signal), {
    name: 'ImageError',
    message: new RegExp(`127\\.0\\.0\\.1:${port}/a:1 cannot be had from 127\\.0\\.0\\.1:${port} \\(.*ECONNREFUSED`),
  })
})
