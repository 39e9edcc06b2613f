import { isNotFound, msOf, timestampOf } from '../../machinery/index.ts'
import { type IPAddress, ipAddresses, type ServiceCIDR, serviceCIDRs } from '../../resources/index.ts'
import type { Cached, Controller } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'
import { containsAddress, mayGo, overlaps } from './plan.ts'

const finalizer = 'networking.k8s.io/service-cidr-finalizer'
/** Kubernetes: whoever hands out addresses has so long to see that a range is going. */
const graceMs = 10_000

const ready = { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }
const stillUsed = {
  status: 'False',
  reason: 'Terminating',
  message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
}

/** Says when a range of service addresses is ready, and holds it back from going while addresses are only in it. */
export const serviceCidrController: Controller = {
  name: 'service-cidr-controller',
  account: 'service-cidrs-controller',
  watches: [
    each(serviceCIDRs),
    {
      resource: serviceCIDRs,
      wake: (range: ServiceCIDR, cached: Cached) =>
        cached(serviceCIDRs)
          .list()
          .filter((other) => overlaps(range, other))
          .map(({ metadata }) => ({ name: metadata.name })),
    },
    {
      resource: ipAddresses,
      wake: ({ metadata }: IPAddress, cached: Cached) =>
        cached(serviceCIDRs)
          .list()
          .filter((range) => range.metadata.deletionTimestamp !== undefined && containsAddress(range, metadata.name))
          .map((range) => ({ name: range.metadata.name })),
    },
  ],
  start({ cached, clock }) {
    const ranges = cached(serviceCIDRs)
    const addresses = cached(ipAddresses)
    return async function reconcile(name, { client, because }) {
      const range = ranges.get(name)
      if (range === undefined) return undefined
      const { deletionTimestamp, finalizers = [] } = range.metadata
      const unlessGone = (writing: Promise<unknown>) =>
        writing.catch((error: unknown) => {
          if (!isNotFound(error)) throw error
        })
      const patch = (body: object) => unlessGone(client.patch(serviceCIDRs, name, { type: 'strategic', body }))
      const say = async (condition: typeof ready) => {
        const known = range.status?.conditions?.find(({ type }) => type === 'Ready')
        if (known?.status === condition.status && known.message === condition.message) return
        const lastTransitionTime = timestampOf(clock.now())
        const body = {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'ServiceCIDR',
          metadata: { name: name.name },
          status: { conditions: [{ type: 'Ready', ...condition, lastTransitionTime }] },
        }
        const applied = { type: 'apply', body, fieldManager: 'service-cidr-controller', force: true } as const
        await unlessGone(client.patch(serviceCIDRs, name, applied, 'status'))
      }
      if (deletionTimestamp === undefined) {
        if (!finalizers.includes(finalizer)) await patch({ metadata: { finalizers: [...finalizers, finalizer] } })
        await say(ready)
        return undefined
      }
      if (!mayGo(range, ranges.list(), addresses.list())) {
        because('addresses are only in this range')
        await say(stillUsed)
        return undefined
      }
      const leftMs = msOf(deletionTimestamp) + graceMs - clock.now()
      if (leftMs > 0) return { againInMs: leftMs }
      if (finalizers.includes(finalizer))
        await patch({ metadata: { '$deleteFromPrimitiveList/finalizers': [finalizer] } })
      return undefined
    }
  },
}
