import { nameOf, type Unsaved } from '../../machinery/index.ts'
import {
  claimNamesOf,
  ephemeralProblem,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  pods,
  type Volume,
} from '../../resources/index.ts'
import type { Controller, Turn } from '../runtime/controller.ts'
import { ownerReference } from '../runtime/owner-reference.ts'

const isEphemeral = ({ ephemeral }: Volume) => ephemeral !== undefined
const podsByClaim = 'ephemeral claims of pods'

/** Makes the claims that pods carry in themselves; they go with their pod by its owner reference. */
export const ephemeralVolumeController: Controller = {
  name: 'ephemeral-volume-controller',
  account: 'ephemeral-volume-controller',
  eventSource: 'ephemeral_volume',
  watches: [
    {
      resource: pods,
      wake: (pod: Pod) => ((pod.spec?.volumes ?? []).some(isEphemeral) ? [nameOf(pod)] : []),
    },
    {
      resource: persistentVolumeClaims,
      // A claim that somebody has deleted is made again.
      wake: ({ metadata }: PersistentVolumeClaim, cached) =>
        cached(pods).by(podsByClaim, `${metadata.namespace}/${metadata.name}`).map(nameOf),
    },
  ],
  start({ cached, record, metrics }) {
    const help = 'Number of PersistentVolumeClaim creation requests'
    const created = metrics.counter('ephemeral_volume_controller_create_total', help)
    const failed = metrics.counter('ephemeral_volume_controller_create_failures_total', help)
    cached(pods).addIndex(podsByClaim, (pod) =>
      (pod.spec?.volumes ?? []).some(isEphemeral)
        ? claimNamesOf(pod).map((name) => `${pod.metadata.namespace}/${name}`)
        : [],
    )
    return async function reconcile(name, turn) {
      const pod = cached(pods).get(name)
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined
      for (const volume of (pod.spec.volumes ?? []).filter(isEphemeral)) {
        const claimName = { namespace: name.namespace!, name: `${name.name}-${volume.name}` }
        const claim = cached(persistentVolumeClaims).get(claimName)
        try {
          const problem = claim === undefined ? undefined : ephemeralProblem(pod, claim)
          if (problem !== undefined) throw new Error(problem)
          if (claim !== undefined) continue
          created.inc()
          await createClaim(pod, volume, claimName, turn).catch((error: unknown) => {
            failed.inc()
            throw error
          })
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error)
          record(pod, 'Warning', 'FailedBinding', `ephemeral volume ${volume.name}: ${why}`)
          throw error
        }
      }
      return undefined
    }
  },
}

async function createClaim(
  pod: Pod,
  { ephemeral }: Volume,
  name: { readonly namespace: string; readonly name: string },
  { client }: Turn,
): Promise<void> {
  const template = ephemeral?.volumeClaimTemplate
  const { labels, annotations } = template?.metadata ?? {}
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...name,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [ownerReference(pods, pod)],
    },
    spec: template?.spec ?? {},
  }
  try {
    await client.create(persistentVolumeClaims, claim as unknown as Unsaved<PersistentVolumeClaim>)
  } catch (error) {
    throw new Error(`create PVC ${name.name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
