import { isAlreadyExists, isTerminal, type ObjectName, type Unsaved } from '../../machinery/index.ts'
import {
  claimNamesOf,
  type PersistentVolume,
  type Pod,
  persistentVolumeClaims,
  pods,
  type Volume,
} from '../../resources/index.ts'
import type { Cached, Tools, Turn } from '../runtime/controller.ts'

/** How far a volume is from being empty. */
export type RecycleState =
  | { readonly done: true }
  | { readonly failed: { readonly reason: string; readonly message: string } }
  | { readonly waits: true }

const prefix = 'recycler-for-'
/** Kubernetes: recycler pods live in default. */
const namespace = 'default'
const image = 'registry.k8s.io/build-image/debian-base:bookworm-v1.0.6'
const script = 'test -e /scrub && find /scrub -mindepth 1 -delete && test -z "$(ls -A /scrub)" || exit 1'
const deadlineSecondsMin = 60
const failed = (message: string): RecycleState => ({ failed: { reason: 'VolumeFailedRecycle', message } })

/** The volume that a recycler pod empties. */
export function recycledVolume({ metadata }: Pod): readonly ObjectName[] {
  const isOne = metadata.namespace === namespace && metadata.name.startsWith(prefix)
  return isOne ? [{ name: metadata.name.slice(prefix.length) }] : []
}

/** Has a pod empty the volume; asked again until it is done, whenever that pod changes. */
export async function recycle(
  { cached, record }: Tools,
  volume: PersistentVolume,
  { client }: Turn,
): Promise<RecycleState> {
  const users = usersOf(cached, volume)
  if (users.length > 0) {
    record(volume, 'Normal', 'VolumeFailedRecycle', `Volume is used by pods: ${users.join(',')}`)
    return { waits: true }
  }
  const source = sourceOf(volume)
  if (source === undefined) return failed('No recycler plugin found for the volume!')
  const name = { namespace, name: `${prefix}${volume.metadata.name}` }
  const pod = cached(pods).get(name)
  if (pod === undefined) {
    await client.create(pods, recyclerPod(name, source)).catch((error) => {
      if (!isAlreadyExists(error)) throw error
    })
    return { waits: true }
  }
  if (!isTerminal(pod as never)) return { waits: true }
  await client.delete(pods, name, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } })
  if (pod.status.phase === 'Succeeded') return { done: true }
  const why = pod.status.message ?? ''
  return failed(
    `Recycle failed: failed to recycle volume: ${why === '' ? 'pod failed, pod.Status.Message unknown' : why}`,
  )
}

/** Pods that still run with the claim that is gone; none when another claim of the name has come. */
function usersOf(cached: Cached, { spec }: PersistentVolume): readonly string[] {
  const { namespace: where = '', name = '' } = spec.claimRef ?? {}
  if (cached(persistentVolumeClaims).get({ namespace: where, name }) !== undefined) return []
  return cached(pods)
    .list(where)
    .filter((pod) => !isTerminal(pod as never) && claimNamesOf(pod).includes(name))
    .map(({ metadata }) => `${where}/${metadata.name}`)
    .sort()
}

function sourceOf({ spec }: PersistentVolume): Omit<Volume, 'name'> | undefined {
  if (spec.hostPath !== undefined) return { hostPath: { path: spec.hostPath.path } }
  return spec.nfs === undefined ? undefined : { nfs: { server: spec.nfs.server, path: spec.nfs.path } }
}

function recyclerPod(metadata: { readonly namespace: string; readonly name: string }, source: Omit<Volume, 'name'>) {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: {
      activeDeadlineSeconds: deadlineSecondsMin,
      restartPolicy: 'Never',
      volumes: [{ name: 'vol', ...source }],
      containers: [
        {
          name: 'pv-recycler',
          image,
          command: ['/bin/sh'],
          args: ['-c', script],
          volumeMounts: [{ name: 'vol', mountPath: '/scrub' }],
        },
      ],
    },
  }
  return pod as unknown as Unsaved<Pod>
}
