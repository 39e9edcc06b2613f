import { createHash } from 'node:crypto'
import { access, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '../../machinery/index.ts'
import { ImageError } from '../image-error.ts'
import { type Descriptor, type ImageConfig, type ImageManifest, mediaTypes } from '../oci.ts'
import { digestPattern } from '../reference.ts'

/** A name and the manifest it stands for. */
export interface NamedImage {
  /** The whole name, with host and tag. */
  readonly name: string
  readonly manifest: Descriptor
}
export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/**
 * The images of a machine: blobs by their digest, and names that point to manifests.
 * Every file appears whole or not at all, and each name has a file of its own, so that several programs may write.
 */
export class ImageStore {
  readonly #directory: string
  readonly #random: Random

  constructor(directory: string, random: Random) {
    this.#directory = directory
    this.#random = random
  }

  blobFile(digest: string): string {
    if (!digestPattern.test(digest)) throw new ImageError(`${JSON.stringify(digest)} is not a sha256 digest`)
    return join(this.#directory, 'blobs', 'sha256', digest.slice('sha256:'.length))
  }

  async hasBlob(digest: string): Promise<boolean> {
    return access(this.blobFile(digest)).then(
      () => true,
      () => false,
    )
  }

  /** Keeps the bytes under their digest; refuses them when another digest was expected. */
  async addBlob(bytes: Bytes, mediaType: string, expected?: string): Promise<Descriptor> {
    const temporary = await this.#temporaryFile()
    const hash = createHash('sha256')
    let size = 0
    try {
      await using file = await open(temporary, 'wx', 0o644)
      for await (const chunk of bytes) {
        hash.update(chunk)
        size += chunk.length
        await file.write(chunk)
      }
      await file.sync()
      const digest = `sha256:${hash.digest('hex')}`
      if (expected !== undefined && digest !== expected)
        throw new ImageError(`the image is damaged: ${expected} has the digest ${digest}; get it again`)
      await rename(temporary, this.blobFile(digest))
      return { mediaType, digest, size }
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  addJson(value: object, mediaType: string): Promise<Descriptor> {
    return this.addBlob([Buffer.from(JSON.stringify(value))], mediaType)
  }

  async readJson<T>(digest: string): Promise<T> {
    return JSON.parse(await readFile(this.blobFile(digest), 'utf8')) as T
  }

  async manifestOf({ manifest }: NamedImage): Promise<ImageManifest> {
    return this.readJson(manifest.digest)
  }

  async configOf(image: NamedImage): Promise<ImageConfig> {
    return this.readJson((await this.manifestOf(image)).config.digest)
  }

  /** Lets a whole name stand for a manifest from now on. */
  async setName(name: string, { digest, size, mediaType = mediaTypes.manifest }: Descriptor): Promise<NamedImage> {
    const image: NamedImage = { name, manifest: { mediaType, digest, size } }
    const temporary = await this.#temporaryFile()
    await writeFile(temporary, `${JSON.stringify(image)}\n`)
    await mkdir(join(this.#directory, 'names'), { recursive: true })
    await rename(temporary, this.#nameFile(name))
    return image
  }

  async find(name: string): Promise<NamedImage | undefined> {
    try {
      return JSON.parse(await readFile(this.#nameFile(name), 'utf8')) as NamedImage
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** All names, in order. */
  async list(): Promise<readonly NamedImage[]> {
    const directory = join(this.#directory, 'names')
    const files = await readdir(directory).catch(() => [])
    const images = await Promise.all(
      files.map(async (file) => JSON.parse(await readFile(join(directory, file), 'utf8')) as NamedImage),
    )
    return images.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** What an earlier step of a build came to; undefined when it is not known or its layer is gone. */
  async remembered(key: string): Promise<{ readonly layer: Descriptor | undefined } | undefined> {
    const text = await readFile(join(this.#directory, 'steps', key), 'utf8').catch(() => undefined)
    if (text === undefined) return undefined
    const step = JSON.parse(text) as { readonly layer?: Descriptor }
    if (step.layer === undefined) return { layer: undefined }
    return (await this.hasBlob(step.layer.digest)) ? { layer: step.layer } : undefined
  }

  async remember(key: string, layer: Descriptor | undefined): Promise<void> {
    const temporary = await this.#temporaryFile()
    await writeFile(temporary, JSON.stringify({ layer }))
    await mkdir(join(this.#directory, 'steps'), { recursive: true })
    await rename(temporary, join(this.#directory, 'steps', key))
  }

  /** A path for work under way, on the same filesystem; whoever asks takes it away again. */
  async temporaryPath(): Promise<string> {
    return this.#temporaryFile()
  }

  async #temporaryFile(): Promise<string> {
    const directory = join(this.#directory, 'temporary')
    await mkdir(join(this.#directory, 'blobs', 'sha256'), { recursive: true })
    await mkdir(directory, { recursive: true })
    return join(directory, this.#random.uuid())
  }

  #nameFile(name: string): string {
    return join(this.#directory, 'names', `${createHash('sha256').update(name).digest('hex')}.json`)
  }
}
