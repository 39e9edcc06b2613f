import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { ImageError } from '../image-error.ts'
import { type Descriptor, type ImageConfig, type ImageIndex, type ImageManifest, mediaTypes } from '../oci.ts'
import { fullNameOf } from '../reference.ts'
import type { ImageStore, NamedImage } from './image-store.ts'
import { type TarItem, tarBytes, tarParts } from './tar.ts'
import { compressionOf, readUnpacked } from './unpack.ts'

/** What an archive held: its small files by name, and where its large ones went. */
interface Contents {
  readonly texts: ReadonlyMap<string, string>
  readonly blobs: ReadonlyMap<string, Descriptor>
}
interface DockerImage {
  readonly Config: string
  readonly RepoTags?: readonly string[] | null
  readonly Layers: readonly string[]
}
const topFiles = new Set(['index.json', 'oci-layout', 'manifest.json', 'repositories'])
const topBytesMax = 4 << 20
const nameAnnotations = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'] as const

export interface ImportOptions {
  /** As OCI names it. */
  readonly architecture: string
  /** The name an image without one gets. */
  readonly name?: string
}

/** Takes the images of a file into the store: an OCI archive or layout directory, or what `docker save` wrote. */
export async function importImages(
  store: ImageStore,
  path: string,
  options: ImportOptions,
): Promise<readonly NamedImage[]> {
  const isDirectory = (await stat(path)).isDirectory()
  const contents = isDirectory ? await layoutContents(store, path) : await archiveContents(store, path)
  const index = contents.texts.get('index.json')
  const docker = contents.texts.get('manifest.json')
  const found =
    index !== undefined
      ? await ociImages(store, JSON.parse(index) as ImageIndex, docker, options)
      : docker !== undefined
        ? await dockerImages(store, JSON.parse(docker) as readonly DockerImage[], contents, options)
        : undefined
  if (found === undefined)
    throw new ImageError(`${path} holds no image; give it an OCI archive or what \`docker save\` writes`)
  if (found.length === 0) throw new ImageError(`the image in ${path} has no name; give it one with -t REF`)
  return Promise.all(found.map(({ name, manifest }) => store.setName(name, manifest)))
}

async function archiveContents(store: ImageStore, path: string): Promise<Contents> {
  const compression = await compressionOf(path)
  if (compression === 'bzip2' || compression === 'xz')
    throw new ImageError(`${path} is compressed with ${compression}; unpack it first`)
  const texts = new Map<string, string>()
  const blobs = new Map<string, Descriptor>()
  const links = new Map<string, string>()
  for await (const { header, bytes } of tarParts(readUnpacked(path, compression))) {
    const name = header.name.replace(/^\.\//, '')
    if (header.type === 'symlink') links.set(name, join(name, '..', header.linkname))
    if (header.type !== 'file' || /(^|\/)(VERSION|json)$/.test(name)) continue
    if (topFiles.has(name)) {
      if (header.size > topBytesMax) throw new ImageError(`${name} in ${path} is too large to be an image's`)
      const chunks: Uint8Array[] = []
      for await (const chunk of bytes) chunks.push(chunk)
      texts.set(name, Buffer.concat(chunks).toString('utf8'))
      continue
    }
    const [, digest] = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name) ?? []
    blobs.set(name, await store.addBlob(bytes, mediaTypes.layer, digest === undefined ? undefined : `sha256:${digest}`))
  }
  for (const [name, target] of links) {
    const blob = blobs.get(target)
    if (blob !== undefined) blobs.set(name, blob)
  }
  return { texts, blobs }
}

async function layoutContents(store: ImageStore, directory: string): Promise<Contents> {
  const text = await readFile(join(directory, 'index.json'), 'utf8').catch(() => {
    throw new ImageError(`${directory} is no OCI layout: it has no index.json; give it an image's file`)
  })
  const add = async ({ digest, mediaType }: Descriptor): Promise<void> => {
    const file = join(directory, 'blobs', 'sha256', digest.replace(/^sha256:/, ''))
    await store.addBlob(createReadStream(file), mediaType, digest)
    if (!/(manifest|index|manifest\.list)\.v\d\+json$/.test(mediaType)) return
    const inner = await store.readJson<Partial<ImageIndex & ImageManifest>>(digest)
    for (const one of [...(inner.manifests ?? []), ...(inner.layers ?? [])]) await add(one)
    if (inner.config !== undefined) await add(inner.config)
  }
  for (const one of (JSON.parse(text) as ImageIndex).manifests) await add(one)
  return { texts: new Map([['index.json', text]]), blobs: new Map() }
}

async function ociImages(
  store: ImageStore,
  index: ImageIndex,
  docker: string | undefined,
  options: ImportOptions,
): Promise<readonly NamedImage[]> {
  const images: NamedImage[] = []
  for (const one of index.manifests) {
    const manifest = await forThisMachine(store, one, options.architecture)
    const annotated = nameAnnotations.map((key) => one.annotations?.[key]).find((text) => text?.includes('/') ?? false)
    const tagged = docker === undefined ? [] : await tagsOf(store, docker, manifest)
    const names = options.name !== undefined ? [options.name] : annotated !== undefined ? [annotated] : tagged
    for (const name of names) images.push({ name: fullNameOf(name), manifest })
  }
  return images
}

/** New `docker save` writes both forms; the names stand in Docker's. */
async function tagsOf(store: ImageStore, docker: string, manifest: Descriptor): Promise<readonly string[]> {
  const { config } = await store.readJson<ImageManifest>(manifest.digest)
  const mine = (JSON.parse(docker) as readonly DockerImage[]).filter(({ Config }) =>
    Config.includes(config.digest.slice('sha256:'.length)),
  )
  return mine.flatMap(({ RepoTags }) => RepoTags ?? [])
}

async function forThisMachine(store: ImageStore, descriptor: Descriptor, architecture: string): Promise<Descriptor> {
  const document = await store.readJson<Partial<ImageIndex>>(descriptor.digest)
  if (document.manifests === undefined) return descriptor
  const match = document.manifests.find(
    ({ platform }) => platform?.architecture === architecture && (platform.os ?? 'linux') === 'linux',
  )
  if (match === undefined || !(await store.hasBlob(match.digest)))
    throw new ImageError(`the image has no part for linux/${architecture}; get it for this machine's architecture`)
  return forThisMachine(store, match, architecture)
}

async function dockerImages(
  store: ImageStore,
  list: readonly DockerImage[],
  { blobs }: Contents,
  options: ImportOptions,
): Promise<readonly NamedImage[]> {
  const blob = (name: string): Descriptor => {
    const found = blobs.get(name)
    if (found === undefined) throw new ImageError(`the archive lacks its file ${name}; save the image again`)
    return found
  }
  const images: NamedImage[] = []
  for (const { Config, RepoTags, Layers } of list) {
    const config = blob(Config)
    const { architecture } = await store.readJson<ImageConfig>(config.digest)
    if (architecture !== options.architecture)
      throw new ImageError(`the image is for ${architecture}, and this machine is ${options.architecture}`)
    const manifest = await store.addJson(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: { ...config, mediaType: mediaTypes.config },
        layers: Layers.map((name) => ({ ...blob(name), mediaType: mediaTypes.layer })),
      },
      mediaTypes.manifest,
    )
    const names = options.name !== undefined ? [options.name] : (RepoTags ?? [])
    for (const name of names) images.push({ name: fullNameOf(name), manifest })
  }
  return images
}

/** One image as an OCI archive: the same bytes for the same image. */
export async function* exportImage(store: ImageStore, image: NamedImage): AsyncGenerator<Uint8Array> {
  const { config, layers } = await store.manifestOf(image)
  const text = (name: string, value: object): TarItem => {
    const bytes = Buffer.from(JSON.stringify(value))
    return { header: { name, type: 'file', size: bytes.length }, open: () => Readable.from([bytes]) }
  }
  const digests = new Map([image.manifest, config, ...layers].map((one) => [one.digest, one]))
  const blobs = [...digests.values()]
    .sort((a, b) => (a.digest < b.digest ? -1 : 1))
    .map(
      ({ digest, size }): TarItem => ({
        header: { name: `blobs/${digest.replace(':', '/')}`, type: 'file', size },
        open: () => createReadStream(store.blobFile(digest)),
      }),
    )
  const entry = { ...image.manifest, annotations: { 'io.containerd.image.name': image.name } }
  yield* tarBytes([
    text('oci-layout', { imageLayoutVersion: '1.0.0' }),
    text('index.json', { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [entry] }),
    ...blobs,
  ])
}
