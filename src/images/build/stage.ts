import { rm } from 'node:fs/promises'
import { ImageError } from '../image-error.ts'
import { created, type Descriptor, type HistoryEntry, type ImageConfig, mediaTypes, type RunConfig } from '../oci.ts'
import { type Changes, FileTree } from '../store/file-tree.ts'
import type { ImageStore, NamedImage } from '../store/image-store.ts'
import { applyLayer, writeLayer } from '../store/layer.ts'
import { changesBetween, snapshotOf, writeEntries } from './root-directory.ts'

/** Layers of Docker's own media types are the same bytes under OCI's. */
function ociLayerType(mediaType: string): string {
  return { 'application/vnd.docker.image.rootfs.diff.tar.gzip': mediaTypes.layerGzip }[mediaType] ?? mediaType
}

/** One stage of a build: files and layers so far. The files lie on disk only once a command has to run in them. */
export class Stage {
  readonly tree = new FileTree()
  config: RunConfig = {}
  readonly #store: ImageStore
  readonly #layers: Descriptor[] = []
  readonly #diffIds: string[] = []
  readonly #history: HistoryEntry[] = []
  #root: string | undefined

  constructor(store: ImageStore) {
    this.#store = store
  }

  /** Names the files of this stage: the same for the same layers. */
  get chain(): string {
    return this.#diffIds.join(',')
  }

  /** Takes over all of an image. */
  async begin(image: NamedImage): Promise<void> {
    const { layers } = await this.#store.manifestOf(image)
    const { config = {}, rootfs, history = [] } = await this.#store.configOf(image)
    this.config = config
    for (const [index, layer] of layers.entries()) {
      const diffId = rootfs.diff_ids[index]
      if (diffId === undefined) throw new ImageError(`${image.name} is damaged: it has more layers than names for them`)
      await this.#add(layer, diffId)
    }
    this.#history.push(...history)
  }

  /** Takes over all of an earlier stage. */
  async beginWith(stage: Stage): Promise<void> {
    this.config = stage.config
    for (const [index, layer] of stage.#layers.entries()) await this.#add(layer, stage.#diffIds[index]!)
    this.#history.push(...stage.#history)
  }

  async #add(layer: Descriptor, diffId: string): Promise<void> {
    await applyLayer(this.#store, this.tree, layer, diffId)
    this.#layers.push(layer)
    this.#diffIds.push(diffId)
  }

  /** Notes an instruction that changed how the image runs, and none of its files. */
  note(text: string, config: RunConfig): void {
    this.config = config
    this.#history.push({ created, created_by: text, empty_layer: true })
  }

  /** Puts changes on top as a layer of their own; none make none. */
  async change(text: string, changes: Changes): Promise<Descriptor | undefined> {
    if (changes.size === 0) {
      this.note(text, this.config)
      return undefined
    }
    const layer = await writeLayer(this.#store, changes)
    await this.addLayer(text, layer)
    return layer
  }

  /** Puts an uncompressed layer of the store on top. */
  async addLayer(text: string, layer: Descriptor): Promise<void> {
    await this.#add(layer, layer.digest)
    this.#history.push({ created, created_by: text })
    await this.dispose()
  }

  /** Lets `work` loose on the files as a directory, and keeps what it changed as a layer. */
  async changeOnDisk(text: string, work: (root: string) => Promise<void>): Promise<Descriptor | undefined> {
    if (this.#root === undefined) {
      this.#root = await this.#store.temporaryPath()
      await writeEntries(this.#root, [['', this.tree.get('')!], ...this.tree.entries()])
    }
    const root = this.#root
    const before = await snapshotOf(root)
    await work(root)
    const changes = changesBetween(before, await snapshotOf(root))
    // Kept over the next command, which finds on disk what this one left there.
    this.#root = undefined
    try {
      return await this.change(text, changes)
    } finally {
      this.#root = root
    }
  }

  /** The finished image's manifest. */
  async finish(architecture: string): Promise<Descriptor> {
    const config: ImageConfig = {
      created,
      architecture,
      os: 'linux',
      config: this.config,
      rootfs: { type: 'layers', diff_ids: this.#diffIds },
      history: this.#history,
    }
    const manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: await this.#store.addJson(config, mediaTypes.config),
      layers: this.#layers.map(({ mediaType, digest, size }) => ({ mediaType: ociLayerType(mediaType), digest, size })),
    }
    return this.#store.addJson(manifest, mediaTypes.manifest)
  }

  /** Takes the files on disk away; they come back when a command needs them. */
  async dispose(): Promise<void> {
    const root = this.#root
    this.#root = undefined
    if (root !== undefined) await rm(root, { recursive: true, force: true })
  }
}
