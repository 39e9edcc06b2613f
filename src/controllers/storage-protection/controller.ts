import { isNotFound, type KubeObject } from '../../machinery/index.ts'
import {
  claimNamesOf,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  type ResourceDefinition,
  volumeAttributesClasses,
} from '../../resources/index.ts'
import type { Controller, Turn } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'
import { attributesClassesOf, finalizersOf, isUsing } from './plan.ts'

async function keepFinalizer<T extends KubeObject>(
  { client }: Turn,
  definition: ResourceDefinition<T>,
  object: T,
  finalizers: readonly string[] | undefined,
): Promise<void> {
  if (finalizers === undefined) return
  try {
    await client.update(definition, { ...object, metadata: { ...object.metadata, finalizers } })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** Lets a claim go only when no pod on a node uses it. */
export const claimProtectionController: Controller = {
  name: 'persistentvolumeclaim-protection-controller',
  account: 'pvc-protection-controller',
  watches: [
    each(persistentVolumeClaims),
    {
      resource: pods,
      wake: (pod: Pod) => claimNamesOf(pod).map((name) => ({ namespace: pod.metadata.namespace!, name })),
    },
  ],
  start({ cached }) {
    const claims = cached(persistentVolumeClaims)
    const allPods = cached(pods)
    return async function reconcile(name, turn) {
      const claim = claims.get(name)
      if (claim === undefined) return undefined
      const isGoing = claim.metadata.deletionTimestamp !== undefined
      let isUsed = isGoing && allPods.list(name.namespace).some((pod) => isUsing(pod, claim))
      // The cache may not show a pod yet that is already mounting the claim.
      if (isGoing && !isUsed) {
        const live = await turn.client.list(pods, { namespace: name.namespace! })
        isUsed = live.items.some((pod) => isUsing(pod, claim))
      }
      await keepFinalizer(
        turn,
        persistentVolumeClaims,
        claim,
        finalizersOf(claim, 'kubernetes.io/pvc-protection', isUsed),
      )
      return undefined
    }
  },
}

/** Lets a volume go only when no claim is bound to it. */
export const volumeProtectionController: Controller = {
  name: 'persistentvolume-protection-controller',
  account: 'pv-protection-controller',
  watches: [each(persistentVolumes)],
  start({ cached }) {
    const volumes = cached(persistentVolumes)
    return async function reconcile(name, turn) {
      const volume = volumes.get(name)
      if (volume === undefined) return undefined
      const isUsed = volume.status?.phase === 'Bound'
      await keepFinalizer(turn, persistentVolumes, volume, finalizersOf(volume, 'kubernetes.io/pv-protection', isUsed))
      return undefined
    }
  },
}

/** Lets a class of volume attributes go only when neither a volume nor a claim has it or is getting it. */
export const attributesClassProtectionController: Controller = {
  name: 'volumeattributesclass-protection-controller',
  account: 'volumeattributesclass-protection-controller',
  watches: [
    each(volumeAttributesClasses),
    ...[persistentVolumes, persistentVolumeClaims].map((resource) => ({
      resource,
      wake: (object: PersistentVolume | PersistentVolumeClaim) => attributesClassesOf(object).map((name) => ({ name })),
    })),
  ],
  start({ cached }) {
    const classes = cached(volumeAttributesClasses)
    const volumes = cached(persistentVolumes)
    const claims = cached(persistentVolumeClaims)
    return async function reconcile(name, turn) {
      const found = classes.get(name)
      if (found === undefined) return undefined
      const isUsed = [...volumes.list(), ...claims.list()].some((one) => attributesClassesOf(one).includes(name.name))
      const finalizers = finalizersOf(found, 'kubernetes.io/vac-protection', isUsed)
      await keepFinalizer(turn, volumeAttributesClasses, found, finalizers)
      return undefined
    }
  },
}
