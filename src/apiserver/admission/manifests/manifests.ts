import type { Clock, Metrics } from '../../../machinery/index.ts'
import { hashLabel } from '../../structured/follow.ts'
import { type FindKind, type ManifestFile, type ManifestPlugin, type Manifests, readManifests } from './read.ts'

/** A directory of manifests, on whatever it is. */
export interface ManifestDirectory {
  readonly path: string
  /** Its files of YAML and JSON, in the order of their names. */
  read(): Promise<readonly ManifestFile[]>
  /** Yields whenever it may have changed; ends with the signal. */
  changes(signal: AbortSignal): AsyncIterable<void>
}
/** Which plugins are told by files, and by which server. */
export interface ManifestChoice {
  readonly serverId: string
  readonly directories: Readonly<Partial<Record<ManifestPlugin, ManifestDirectory>>>
  readonly complain: (problem: string, about: string) => void
}
export interface ManifestParts {
  readonly clock: Clock
  readonly metrics: Metrics
  readonly find: FindKind
  /** Whether a plugin takes part. */
  readonly takesPart: (plugin: ManifestPlugin) => boolean
  /** Puts into effect what files say of a plugin. */
  readonly apply: (plugin: ManifestPlugin, manifests: Manifests) => void
}

/** What files say of webhooks and policies: read when the server starts, and again when they change (KEP-5793). */
export class AdmissionManifests {
  readonly #choice: ManifestChoice
  readonly #parts: ManifestParts
  readonly #hashes = new Map<ManifestPlugin, string>()
  readonly #measures: ReturnType<typeof reloadMeasures>

  constructor(choice: ManifestChoice, parts: ManifestParts) {
    this.#choice = choice
    this.#parts = parts
    this.#measures = reloadMeasures(parts, choice.serverId)
  }

  /** Reads all; rejects when anything cannot be read, for then the server must not serve. */
  async load(): Promise<void> {
    for (const [plugin, directory] of this.#directories) {
      try {
        const manifests = await readManifests(plugin, await directory.read(), this.#parts.find)
        this.#take(plugin, manifests)
      } catch (error) {
        const what = plugin.endsWith('Webhook') ? 'webhook' : 'policy'
        const why = error instanceof Error ? error.message : String(error)
        throw new Error(`failed to load static ${what} manifests from ${JSON.stringify(directory.path)}: ${why}`, {
          cause: error,
        })
      }
    }
  }

  /** Follows the directories; what cannot be read leaves what is in effect as it is. Ends with the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#directories].map(([plugin, directory]) => this.#follow(plugin, directory, signal)))
  }

  get #directories(): readonly (readonly [ManifestPlugin, ManifestDirectory])[] {
    const all = Object.entries(this.#choice.directories) as [ManifestPlugin, ManifestDirectory][]
    return all.filter(([plugin]) => this.#parts.takesPart(plugin))
  }

  async #follow(plugin: ManifestPlugin, directory: ManifestDirectory, signal: AbortSignal): Promise<void> {
    for await (const _ of directory.changes(signal)) {
      try {
        const manifests = await readManifests(plugin, await directory.read(), this.#parts.find)
        if (manifests.hash !== this.#hashes.get(plugin)) this.#take(plugin, manifests)
      } catch (error) {
        this.#measures.reloaded('failure', plugin)
        this.#choice.complain(error instanceof Error ? error.message : String(error), plugin)
      }
    }
  }

  #take(plugin: ManifestPlugin, manifests: Manifests): void {
    this.#hashes.set(plugin, manifests.hash)
    this.#parts.apply(plugin, manifests)
    this.#measures.reloaded('success', plugin)
    this.#measures.applied(plugin, manifests.hash)
  }
}

function reloadMeasures({ metrics, clock }: ManifestParts, serverId: string) {
  const apiserver_id_hash = hashLabel(serverId)
  const name = (rest: string) => `apiserver_manifest_admission_config_controller_${rest}`
  const total = metrics.counter(
    name('automatic_reloads_total'),
    'Total number of automatic reloads of admission manifest configuration split by status, plugin, and apiserver identity.',
  )
  const last = metrics.gauge(
    name('automatic_reload_last_timestamp_seconds'),
    'Timestamp of the last automatic reload of admission manifest configuration split by status, plugin, and apiserver identity.',
  )
  const info = metrics.gauge(
    name('last_config_info'),
    'Information about the last applied admission manifest configuration with hash as label, split by plugin and apiserver identity.',
  )
  const shown = new Map<ManifestPlugin, Readonly<Record<string, string>>>()
  return {
    reloaded(status: 'success' | 'failure', plugin: ManifestPlugin): void {
      const labels = { apiserver_id_hash, plugin, status }
      total.inc(labels)
      last.set(clock.now() / 1000, labels)
    },
    applied(plugin: ManifestPlugin, hash: string): void {
      const before = shown.get(plugin)
      if (before !== undefined) info.remove(before)
      const labels = { apiserver_id_hash, hash, plugin }
      shown.set(plugin, labels)
      info.set(1, labels)
    },
  }
}
