import type { Informers } from '../../client/index.ts'
import { compareQuantities, type KubeObject, parseQuantity, sameJson } from '../../machinery/index.ts'
import {
  type CSIDriver,
  type CSINode,
  type CSIStorageCapacity,
  claimNamesOf,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
  type ResourceDefinition,
  type StorageClass,
  storageClasses,
  volumeAttachments,
} from '../../resources/index.ts'
import type { ClusterChange } from '../framework/framework.ts'
import { limitOf } from './find.ts'

type Wake = (change: ClusterChange, concerns?: (pod: Pod) => boolean) => void

/** Wakes refused pods by what changes about storage, until disposed. Kubernetes: only by what can help them. */
export function followStorage(informers: Informers, wake: Wake): Disposable {
  const follow = <T extends KubeObject>(
    kind: ResourceDefinition<T>,
    changed: (next: T | undefined, previous: T | undefined) => void,
  ) =>
    informers.of(kind).subscribe((next, previous) => {
      if (next !== previous) changed(next, previous)
    })
  const following = [
    follow(persistentVolumeClaims, (next, previous) => {
      if (next === undefined) return
      wake(`PersistentVolumeClaim/${previous === undefined ? 'Add' : 'Update'}`, usersOf(next))
    }),
    follow(persistentVolumes, (next, previous) => {
      if (next !== undefined) wake(`PersistentVolume/${previous === undefined ? 'Add' : 'Update'}`)
    }),
    follow<StorageClass>(storageClasses, (next, previous) => {
      if (next === undefined) return
      if (previous === undefined) wake('StorageClass/Add')
      else if (!sameJson(next.allowedTopologies, previous.allowedTopologies)) wake('StorageClass/Update')
    }),
    follow<CSINode>(csiNodes, (next, previous) => {
      if (next === undefined) return
      if (previous === undefined) wake('CSINode/Add')
      else if (takesMore(next, previous)) wake('CSINode/Update')
    }),
    follow<CSIDriver>(csiDrivers, (next, previous) => {
      const noLongerTold = previous?.spec?.storageCapacity === true && next?.spec?.storageCapacity !== true
      if (next !== undefined && noLongerTold) wake('CSIDriver/Update')
    }),
    follow<CSIStorageCapacity>(csiStorageCapacities, (next, previous) => {
      if (next === undefined) return
      if (previous === undefined) wake('CSIStorageCapacity/Add')
      else if (hasMore(next, previous)) wake('CSIStorageCapacity/Update')
    }),
    follow(volumeAttachments, (next) => {
      if (next === undefined) wake('VolumeAttachment/Delete')
    }),
  ]
  return {
    [Symbol.dispose]() {
      for (const one of following) one[Symbol.dispose]()
    },
  }
}

function usersOf({ metadata }: PersistentVolumeClaim): (pod: Pod) => boolean {
  return (pod) => pod.metadata.namespace === metadata.namespace && claimNamesOf(pod).includes(metadata.name)
}

function takesMore(next: CSINode, previous: CSINode): boolean {
  const before = new Map((previous.spec.drivers ?? []).map(({ name, allocatable }) => [name, allocatable?.count ?? 0]))
  return (next.spec.drivers ?? []).some(({ name, allocatable }) => (allocatable?.count ?? 0) > (before.get(name) ?? 0))
}

function hasMore(next: CSIStorageCapacity, previous: CSIStorageCapacity): boolean {
  const [now, before] = [limitOf(next), limitOf(previous)]
  if (now === undefined) return false
  return before === undefined || compareQuantities(parseQuantity(now), parseQuantity(before)) > 0
}
