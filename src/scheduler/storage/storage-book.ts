import type { Informer, Informers } from '../../client/index.ts'
import type { KubeObject } from '../../machinery/index.ts'
import {
  type CSIStorageCapacity,
  classOfVolume,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeClaims,
  persistentVolumes,
  type ResourceDefinition,
  storageClasses,
  type VolumeAttachment,
  volumeAnnotations,
  volumeAttachments,
  volumeBoundTo,
} from '../../resources/index.ts'
import type { NodeStorage } from './find.ts'
import type { StorageView } from './storage-view.ts'

/** What was decided for one pod, as the API is to be told. */
export interface Decision {
  readonly nodeName: string
  readonly volumes: readonly { readonly volume: PersistentVolume; readonly claim: PersistentVolumeClaim }[]
  readonly claims: readonly PersistentVolumeClaim[]
}

const byClass = 'class'
const byNode = 'node'
const kinds: readonly ResourceDefinition<any>[] = [
  persistentVolumeClaims,
  persistentVolumes,
  storageClasses,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  volumeAttachments,
]
const keyOfClaim = ({ metadata }: PersistentVolumeClaim) => `${metadata.namespace}/${metadata.name}`

/** The caches of everything about storage, and above them what was decided and is not written yet. */
export class StorageBook implements StorageView {
  readonly #informers: Informers
  readonly #volumes = new Map<string, PersistentVolume>()
  readonly #claims = new Map<string, PersistentVolumeClaim>()
  readonly #decisions = new Map<string, Decision>()

  constructor(informers: Informers) {
    this.#informers = informers
    this.#of(persistentVolumes).addIndex(byClass, (volume) => [classOfVolume(volume)])
    this.#of(csiStorageCapacities).addIndex(byClass, (one) => [one.storageClassName])
    this.#of(volumeAttachments).addIndex(byNode, ({ spec }) => [spec.nodeName])
  }

  #of<T extends KubeObject>(kind: ResourceDefinition<T>): Informer<T> {
    return this.#informers.of(kind)
  }

  /** Resolves once everything is known. */
  async synced(signal: AbortSignal): Promise<void> {
    await Promise.all(kinds.map((kind) => this.#of(kind).synced(signal)))
  }

  claim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.#claims.get(`${namespace}/${name}`) ?? this.#of(persistentVolumeClaims).get({ namespace, name })
  }
  volume(name: string): PersistentVolume | undefined {
    return this.#volumes.get(name) ?? this.#of(persistentVolumes).get({ name })
  }
  volumesOfClass(name: string): readonly PersistentVolume[] {
    const all = this.#of(persistentVolumes).by(byClass, name)
    if (this.#volumes.size === 0) return all
    return all.map((volume) => this.#volumes.get(volume.metadata.name) ?? volume)
  }
  storageClass(name: string) {
    return this.#of(storageClasses).get({ name })
  }
  csiDriver(name: string) {
    return this.#of(csiDrivers).get({ name })
  }
  csiNode(name: string) {
    return this.#of(csiNodes).get({ name })
  }
  attachmentsOn(node: string): readonly VolumeAttachment[] {
    return this.#of(volumeAttachments).by(byNode, node)
  }
  capacitiesOf(storageClass: string): readonly CSIStorageCapacity[] {
    return this.#of(csiStorageCapacities).by(byClass, storageClass)
  }

  /** The claim as the API has shown it, whatever was decided. */
  seenClaim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.#of(persistentVolumeClaims).get({ namespace, name })
  }
  /** The volume as the API has shown it, whatever was decided. */
  seenVolume(name: string): PersistentVolume | undefined {
    return this.#of(persistentVolumes).get({ name })
  }
  /** How far the caches of claims and of volumes have seen. */
  get seen(): { readonly claims: number; readonly volumes: number } {
    return { claims: this.#of(persistentVolumeClaims).revision, volumes: this.#of(persistentVolumes).revision }
  }
  /** Told whenever a claim or a volume changes. */
  follow(changed: () => void): Disposable {
    const claims = this.#of(persistentVolumeClaims).subscribe(changed)
    const volumes = this.#of(persistentVolumes).subscribe(changed)
    return {
      [Symbol.dispose]() {
        claims[Symbol.dispose]()
        volumes[Symbol.dispose]()
      },
    }
  }

  /** Counts what is to happen for a pod as done, until disposed. */
  decide(uid: string, nodeName: string, { bindings, provisions }: NodeStorage): Disposable {
    const volumes = bindings.map(({ claim, volume }) => ({ claim, volume: volumeBoundTo(volume, claim) }))
    const claims = provisions.map((claim) => ({
      ...claim,
      metadata: {
        ...claim.metadata,
        annotations: { ...claim.metadata.annotations, [volumeAnnotations.selectedNode]: nodeName },
      },
    }))
    for (const { volume } of volumes) this.#volumes.set(volume.metadata.name, volume)
    for (const claim of claims) this.#claims.set(keyOfClaim(claim), claim)
    this.#decisions.set(uid, { nodeName, volumes, claims })
    return {
      [Symbol.dispose]: () => {
        this.#decisions.delete(uid)
        for (const { volume } of volumes)
          if (this.#volumes.get(volume.metadata.name) === volume) this.#volumes.delete(volume.metadata.name)
        for (const claim of claims)
          if (this.#claims.get(keyOfClaim(claim)) === claim) this.#claims.delete(keyOfClaim(claim))
      },
    }
  }
  /** What was decided for a pod, while it counts. */
  decisionOf(uid: string): Decision | undefined {
    return this.#decisions.get(uid)
  }
}
