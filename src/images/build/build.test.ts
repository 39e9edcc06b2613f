// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of Dockerfiles.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { seededRandom } from '../../machinery/index.ts'
import { ImageError } from '../image-error.ts'
import { fullNameOf } from '../reference.ts'
import { FileTree } from '../store/file-tree.ts'
import { ImageStore, type NamedImage } from '../store/image-store.ts'
import { applyLayer, writeLayer } from '../store/layer.ts'
import { tarBytes } from '../store/tar.ts'
import { buildImage } from './build-image.ts'
import { nodeProjectOf, projectDockerfile } from './node-project.ts'
import { changesBetween, snapshotOf, writeEntries } from './root-directory.ts'

const directory = mkdtempSync(join(tmpdir(), 'cox-images-'))
after(() => rmSync(directory, { recursive: true, force: true }))
let count = 0

function place(files: Readonly<Record<string, string | Uint8Array>>): string {
  const context = join(directory, `context-${++count}`)
  mkdirSync(context)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(context, path)), { recursive: true })
    writeFileSync(join(context, path), content, { mode: 0o644 })
    chmodSync(join(context, path), 0o644)
  }
  return context
}
const newStore = () => new ImageStore(join(directory, `store-${++count}`), seededRandom(count))

interface Wishes {
  readonly store?: ImageStore
  readonly buildArguments?: Readonly<Record<string, string>>
  readonly prepare?: (context: string) => void
}
async function build(
  lines: readonly string[],
  files: Readonly<Record<string, string | Uint8Array>>,
  wishes: Wishes = {},
) {
  const { store = newStore(), buildArguments = {} } = wishes
  const context = place(files)
  wishes.prepare?.(context)
  const [image] = await buildImage(
    {
      store,
      directory: context,
      dockerfile: { text: lines.join('\n'), name: 'Dockerfile' },
      names: ['test/it:1'],
      buildArguments,
      architecture: 'amd64',
      isRoot: false,
      imageNamed: async (reference) => {
        const found = await store.find(fullNameOf(reference))
        if (found === undefined) throw new ImageError(`there is no image ${reference}`)
        return found
      },
      onProgress: () => {},
    },
    new AbortController().signal,
  )
  return { store, image: image!, config: (await store.configOf(image!)).config, files: await filesOf(store, image!) }
}
/** Every file of an image: type, mode and owner, and the text of files. */
async function filesOf(store: ImageStore, image: NamedImage): Promise<Record<string, string>> {
  const tree = new FileTree()
  const { layers } = await store.manifestOf(image)
  const { rootfs } = await store.configOf(image)
  for (const [index, layer] of layers.entries()) await applyLayer(store, tree, layer, rootfs.diff_ids[index]!)
  const result: Record<string, string> = {}
  for (const [path, entry] of tree.entries()) {
    const head = `${entry.mode.toString(8)} ${entry.uid}:${entry.gid}`
    if (entry.type === 'directory') result[`${path}/`] = head
    else if (entry.type === 'symlink') result[path] = `-> ${entry.target}`
    else result[path] = `${head} ${await text(entry.open())}`
  }
  return result
}

test('COPY puts files and the contents of directories where it is told', async () => {
  const { files } = await build(
    [
      'FROM scratch',
      'COPY a.txt /',
      'COPY a.txt new/name',
      'WORKDIR /app',
      'COPY src *.txt ./',
      'COPY --chown=7:8 --chmod=600 src/b /own/',
    ],
    { 'a.txt': 'A', 'src/b': 'B', 'src/deep/c': 'C', secret: 'S', '.dockerignore': 'secret\nsrc/no', 'src/no': 'N' },
    { prepare: (context) => symlinkSync('a.txt', join(context, 'src/link')) },
  )
  assert.deepEqual(files, {
    'a.txt': '644 0:0 A',
    'app/': '755 0:0',
    'app/a.txt': '644 0:0 A',
    'app/b': '644 0:0 B',
    'app/deep/': '755 0:0',
    'app/deep/c': '644 0:0 C',
    'app/link': '-> a.txt',
    'new/': '755 0:0',
    'new/name': '644 0:0 A',
    'own/': '755 7:8',
    'own/b': '600 7:8 B',
  })
})

test('stages hand on files by name and number, and only what the last one needs is built', async () => {
  const { files, config } = await build(
    [
      'ARG TAG=one',
      'FROM scratch AS first',
      'COPY a /x/a',
      'FROM scratch AS unused',
      'COPY missing /',
      'FROM first AS second',
      'ARG TAG',
      'ARG LATER=${TAG}-later',
      'ENV KEPT=$LATER HOME=/h',
      'COPY --from=first /x /y/',
      'FROM scratch',
      'COPY --from=2 /y/a /z/',
    ],
    { a: 'A' },
    { buildArguments: { TAG: 'two' } },
  )
  assert.deepEqual(files, { 'z/': '755 0:0', 'z/a': '644 0:0 A' })
  assert.deepEqual(config, {})
})

test('an image is run as its instructions say', async () => {
  const { config, image, store } = await build(
    [
      'FROM scratch',
      'ARG PORT=80',
      'ENV A=1 B="two words"',
      'ENV A=$A-2 C=$A',
      'LABEL a.b="c d" e=f',
      'EXPOSE $PORT 90-91/udp',
      'USER 1000:1000',
      'WORKDIR /one',
      'WORKDIR two',
      'CMD gone',
      'ENTRYPOINT ["node"]',
      'CMD ["x.js", "$A"]',
    ],
    {},
  )
  assert.deepEqual(config, {
    Env: ['A=1-2', 'B=two words', 'C=1'],
    Labels: { 'a.b': 'c d', e: 'f' },
    ExposedPorts: { '80/tcp': {}, '90/udp': {}, '91/udp': {} },
    User: '1000:1000',
    WorkingDir: '/one/two',
    Entrypoint: ['node'],
    Cmd: ['x.js', '$A'],
  })
  const { history = [], rootfs } = await store.configOf(image)
  assert.equal(history.filter((one) => one.empty_layer !== true).length, rootfs.diff_ids.length)
})

test('the same input gives the same image, whatever the times of its files', async () => {
  const lines = ['FROM scratch', 'COPY . /app/']
  const one = await build(lines, { a: 'A', 'b/c': 'C' })
  const other = await build(lines, { 'b/c': 'C', a: 'A' })
  assert.equal(one.image.manifest.digest, other.image.manifest.digest)
})

test('ADD unpacks archives, plain and gzipped, and copies all else', async () => {
  const entries = [
    { header: { name: 'd/', type: 'directory', mode: 0o750, uid: 3, gid: 4 } },
    { header: { name: 'd/f', type: 'symlink', linkname: '../g' } },
  ] as const
  const archive = Buffer.concat(await Array.fromAsync(tarBytes(entries)))
  const { files } = await build(['FROM scratch', 'ADD a.tar /plain/', 'ADD b.tgz c /packed/'], {
    'a.tar': archive,
    'b.tgz': gzipSync(archive),
    c: 'C',
  })
  assert.deepEqual(files, {
    'packed/': '755 0:0',
    'packed/c': '644 0:0 C',
    'packed/d/': '750 3:4',
    'packed/d/f': '-> ../g',
    'plain/': '755 0:0',
    'plain/d/': '750 3:4',
    'plain/d/f': '-> ../g',
  })
})

test('what cannot be done is refused with its line', async () => {
  const table: readonly (readonly [readonly string[], RegExp])[] = [
    [['FROM scratch', 'COPY gone /'], /^Dockerfile:2: COPY: "gone" is not in the build directory/],
    [['FROM scratch', 'COPY ../a /'], /^$/],
    [['FROM scratch', 'COPY a b /file'], /^Dockerfile:2: COPY: several files are copied to \/file/],
    [['FROM scratch', 'ADD https://example.com/x /'], /^Dockerfile:2: ADD of https:\/\/example.com\/x: addresses/],
    [['FROM scratch', 'COPY --chown=nobody a /'], /^Dockerfile:2: COPY: the image has no user "nobody"/],
    [['FROM scratch', '', 'RUN true'], /^Dockerfile:3: RUN: running a command in an image needs root/],
    [['FROM gone:1'], /^Dockerfile:1: FROM: there is no image gone:1/],
    [['FROM scratch', 'COPY --from=3 a /'], /^Dockerfile:2: there is no stage 3/],
    [['FROM scratch', 'EXPOSE http'], /^Dockerfile:2: "http" is not a port/],
    [['FROM a b'], /^Dockerfile:1: FROM is written/],
  ]
  for (const [lines, message] of table) {
    const building = build(lines, { a: 'A', b: 'B' })
    // The way up ends at the build directory, as with Docker.
    if (lines[1] === 'COPY ../a /') assert.deepEqual((await building).files, { a: '644 0:0 A' })
    else await assert.rejects(building, { name: 'ImageError', message })
  }
})

test('a layer takes away what whiteouts name, and never writes through a link', async () => {
  const store = newStore()
  const tree = new FileTree()
  const owned = { mode: 0o644, uid: 0, gid: 0 }
  const names = ['a', 'd/b', 'd/c', 'link/inside'] as const
  const items = names.map((name) => ({ header: { name, type: 'file' as const } }))
  const first = await store.addBlob(
    tarBytes([{ header: { name: 'link', type: 'symlink', linkname: '/d' } }, ...items]),
    'layer',
  )
  await applyLayer(store, tree, first, first.digest)
  assert.deepEqual(
    [...tree.entries()].map(([path]) => path),
    ['a', 'd', 'd/b', 'd/c', 'd/inside', 'link'],
  )
  const second = await writeLayer(
    store,
    new Map([
      ['a', 'removed'],
      ['d/c', 'removed'],
    ]),
  )
  await applyLayer(store, tree, second, second.digest)
  assert.deepEqual(
    [...tree.entries()].map(([path]) => path),
    ['d', 'd/b', 'd/inside', 'link'],
  )
  const opaque = await store.addBlob(
    tarBytes([
      { header: { name: 'd/new', type: 'file', ...owned } },
      { header: { name: 'd/.wh..wh..opq', type: 'file' } },
    ]),
    'layer',
  )
  await applyLayer(store, tree, opaque, opaque.digest)
  assert.deepEqual(
    [...tree.entries()].map(([path]) => path),
    ['d', 'd/new', 'link'],
  )
})

test('what a command changed on disk becomes a layer', {
  skip: process.getuid?.() !== 0 && 'owners need root',
}, async () => {
  const root = join(directory, 'root')
  mkdirSync(root)
  for (const path of ['keep', 'gone', 'changed']) writeFileSync(join(root, path), 'old')
  mkdirSync(join(root, 'tree/deep'), { recursive: true })
  await writeEntries(root, [['bin', { type: 'symlink', target: 'usr/bin', mode: 0o777, uid: 5, gid: 6 }]])
  const before = await snapshotOf(root)
  rmSync(join(root, 'gone'))
  rmSync(join(root, 'tree'), { recursive: true })
  writeFileSync(join(root, 'changed'), 'new text')
  mkdirSync(join(root, 'made'))
  writeFileSync(join(root, 'made/it'), '')
  const changes = changesBetween(before, await snapshotOf(root))
  const told = [...changes].map(([path, entry]) => [path, entry === 'removed' ? entry : entry.type]).sort()
  assert.deepEqual(told, [
    ['changed', 'file'],
    ['gone', 'removed'],
    ['made', 'directory'],
    ['made/it', 'file'],
    ['tree', 'removed'],
  ])
})

test('a Node project needs no Dockerfile', async () => {
  const of = async (files: Readonly<Record<string, string>>) => nodeProjectOf(place(files))
  const json = JSON.stringify
  const start = { 'package.json': json({ scripts: { start: 'node server.js --x' }, cox: { port: 3000 } }) }
  assert.deepEqual(await of(start), {
    needsPackages: false,
    dockerfile: projectDockerfile(['node', 'server.js', '--x'], 3000, false),
  })
  const shell = { 'package.json': json({ scripts: { start: 'a && b' }, dependencies: { x: '1' } }) }
  assert.deepEqual(await of(shell), {
    needsPackages: true,
    dockerfile: projectDockerfile(['/bin/sh', '-c', 'a && b'], 8080, true),
  })
  const main = { 'package.json': json({ main: 'm.js' }), 'm.js': '' }
  assert.equal((await of(main))?.dockerfile, projectDockerfile(['node', 'm.js'], 8080, false))
  assert.equal(await of({}), undefined)
  await assert.rejects(of({ 'package.json': '{}' }), /does not say what to start/)
})
