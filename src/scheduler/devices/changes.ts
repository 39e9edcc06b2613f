import type { Informers } from '../../client/index.ts'
import { type KubeObject, sameJson } from '../../machinery/index.ts'
import {
  deviceClasses,
  type Pod,
  pods,
  type ResourceClaim,
  type ResourceDefinition,
  resourceClaimNamesOf,
  resourceClaims,
  resourceSlices,
} from '../../resources/index.ts'
import type { ClusterChange } from '../framework/framework.ts'

type Wake = (change: ClusterChange, concerns?: (pod: Pod) => boolean) => void
const podsByClaim = 'resource claims of pods'

/**
 * Wakes refused pods by what changes about devices and claims, and has pods looked at again that were kept from the queue for
 * want of a claim, until disposed. Kubernetes: a claim that gives its devices back may help anybody, any other change its pods.
 */
export function followDevices(informers: Informers, wake: Wake, reconsider: (pod: Pod) => void): Disposable {
  const podCache = informers.of(pods)
  podCache.addIndex(podsByClaim, (pod) =>
    (pod.spec?.resourceClaims ?? []).length === 0
      ? []
      : resourceClaimNamesOf(pod).map((name) => `${pod.metadata.namespace}/${name}`),
  )
  const usersOf = ({ metadata }: ResourceClaim) => podCache.by(podsByClaim, `${metadata.namespace}/${metadata.name}`)
  const follow = <T extends KubeObject>(
    kind: ResourceDefinition<T>,
    changed: (next: T | undefined, previous: T | undefined) => void,
  ) =>
    informers.of(kind).subscribe((next, previous) => {
      if (next !== previous) changed(next, previous)
    })
  const following = [
    follow(resourceClaims, (next, previous) => {
      for (const pod of usersOf((next ?? previous)!)) reconsider(pod)
      const isFreed = previous?.status?.allocation !== undefined && next?.status?.allocation === undefined
      if (isFreed) wake('ResourceClaim/Update')
      else if (next !== undefined && !sameJson(next.status, previous?.status ?? null)) {
        const users = new Set(usersOf(next).map(({ metadata }) => metadata.uid))
        wake(`ResourceClaim/${previous === undefined ? 'Add' : 'Update'}`, ({ metadata }) => users.has(metadata.uid))
      }
    }),
    follow(deviceClasses, (next, previous) => {
      if (next !== undefined) wake(`DeviceClass/${previous === undefined ? 'Add' : 'Update'}`)
    }),
    follow(resourceSlices, (next, previous) => {
      if (next !== undefined) wake(`ResourceSlice/${previous === undefined ? 'Add' : 'Update'}`)
    }),
  ]
  return {
    [Symbol.dispose]() {
      for (const one of following) one[Symbol.dispose]()
    },
  }
}
