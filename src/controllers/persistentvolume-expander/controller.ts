import { compareQuantities, parseQuantity } from '../../machinery/index.ts'
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeClaims,
  persistentVolumes,
  requestedStorage,
  storageCapacity,
} from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'

const sizeBeforeResize = 'volume.alpha.kubernetes.io/pre-resize-capacity'

/** What is to be done about the size of a claim that has its volume. */
export function planExpansion(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): 'nothing' | 'wait' | 'forgetOldSize' {
  const { claimRef } = volume.spec
  if (claim.status?.phase !== 'Bound' || claimRef?.uid !== claim.metadata.uid) return 'nothing'
  const has = parseQuantity(claim.status.capacity?.['storage'] ?? '0')
  const wanted = requestedStorage(claim)
  const isMarked = volume.metadata.annotations?.[sizeBeforeResize] !== undefined
  if (compareQuantities(wanted, has) > 0) return 'wait'
  // The file system has grown as well: how large it was is of no interest any more.
  return isMarked && compareQuantities(has, storageCapacity(volume)) >= 0 ? 'forgetOldSize' : 'nothing'
}

/** Sees to it that claims which ask for more get it. Kubernetes: no driver that is built in can; all others are outside. */
export const volumeExpanderController: Controller = {
  name: 'persistentvolume-expander-controller',
  account: 'expand-controller',
  eventSource: 'volume_expand',
  watches: [each(persistentVolumeClaims)],
  start({ cached, record }) {
    const claims = cached(persistentVolumeClaims)
    const volumes = cached(persistentVolumes)
    const told = new Map<string, string>()
    return async function reconcile(name, { client }) {
      const claim = claims.get(name)
      const key = `${name.namespace}/${name.name}`
      const volume = claim === undefined ? undefined : volumes.get({ name: claim.spec.volumeName ?? '' })
      if (claim === undefined || volume === undefined) {
        told.delete(key)
        return undefined
      }
      const plan = planExpansion(claim, volume)
      const size = `${claim.metadata.uid} ${claim.spec.resources?.requests?.['storage']}`
      if (plan === 'wait' && told.get(key) !== size) {
        told.set(key, size)
        record(claim, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC')
      }
      if (plan === 'forgetOldSize') {
        const { [sizeBeforeResize]: _, ...annotations } = volume.metadata.annotations ?? {}
        await client.update(persistentVolumes, { ...volume, metadata: { ...volume.metadata, annotations } })
      }
      return undefined
    }
  },
}
