import { type Clock, timestampOf } from '../../machinery/index.ts'
import { claimUsesOf } from '../../resources/index.ts'
import type { KubeletMeasures } from '../measures.ts'
import type { PodOnNode } from '../pods/pod-worker.ts'
import { diskUse } from '../pods/storage-limits.ts'
import { filesystemOf, partOf, type WholeFs } from './filesystem.ts'

/** A volume of a pod with its use, as the stats API has it. */
export interface VolumeStats extends WholeFs {
  readonly name: string
  readonly pvcRef?: { readonly name: string; readonly namespace: string }
}
/** A pod's volumes: those whose content goes with the pod and lies on the node's disk, and the others. */
export interface PodVolumeStats {
  readonly ephemeral: readonly VolumeStats[]
  readonly others: readonly VolumeStats[]
}
/** What is in volumes is walked through this often at most, however often somebody asks. */
const keptMs = 10_000

/** Measures the volumes of pods when somebody asks. */
export class VolumeMeasuring {
  readonly #clock: Clock
  readonly #measures: Pick<KubeletMeasures, 'volumeMeasured'>
  readonly #kept = new Map<string, { readonly atMs: number; readonly stats: Promise<PodVolumeStats> }>()

  constructor(clock: Clock, measures: Pick<KubeletMeasures, 'volumeMeasured'>) {
    this.#clock = clock
    this.#measures = measures
  }

  /** The volumes of a pod; of those whose kind cannot be measured nothing is told. */
  of(on: PodOnNode): Promise<PodVolumeStats> {
    const nowMs = this.#clock.monotonic()
    for (const [uid, { atMs }] of this.#kept) if (nowMs - atMs >= keptMs) this.#kept.delete(uid)
    const { uid } = on.pod.metadata
    const known = this.#kept.get(uid)
    if (known !== undefined) return known.stats
    const stats = this.#measure(on)
    // A pod whose volumes are not mounted yet has more to tell in a moment.
    if (on.mounted.size > 0) this.#kept.set(uid, { atMs: nowMs, stats })
    return stats
  }

  async #measure({ pod, mounted }: PodOnNode): Promise<PodVolumeStats> {
    const ephemeral: VolumeStats[] = []
    const others: VolumeStats[] = []
    const claims = claimUsesOf(pod)
    for (const volume of pod.spec.volumes ?? []) {
      const { hostPath, measure } = mounted.get(volume.name) ?? {}
      if (hostPath === undefined || measure === undefined) continue
      const use = await this.#use(hostPath, measure)
      if (use === undefined) continue
      const claim = claims.find((one) => one.volume === volume.name)?.claim
      const pvcRef = claim === undefined ? {} : { pvcRef: { name: claim, namespace: pod.metadata.namespace ?? '' } }
      const isOnDisk = volume.emptyDir !== undefined && (volume.emptyDir.medium ?? '') === ''
      const kind = isOnDisk || volume.configMap !== undefined ? ephemeral : others
      kind.push({ ...use, name: volume.name, ...pvcRef })
    }
    return { ephemeral, others }
  }

  async #use(path: string, measure: 'du' | 'statfs'): Promise<WholeFs | undefined> {
    const startedMs = this.#clock.monotonic()
    const fs = await filesystemOf(path, timestampOf(this.#clock.now()))
    const use = fs === undefined || measure === 'statfs' ? undefined : await diskUse(path)
    this.#measures.volumeMeasured(measure, (this.#clock.monotonic() - startedMs) / 1000)
    return fs === undefined || use === undefined ? fs : partOf(fs, use.bytes, use.inodes)
  }
}
