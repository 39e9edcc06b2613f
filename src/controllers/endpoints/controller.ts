import { nameOf, sameJson } from '../../machinery/index.ts'
import { type EndpointAddress, type Endpoints, endpoints, type Service, services } from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'
import { MadeOfPods } from '../runtime/made-of-pods.ts'
import {
  hasSelector,
  headlessLabel,
  isBehind,
  isHeadless,
  lastChangeAnnotation,
  podsOfServices,
  podsSelected,
} from '../runtime/service-pods.ts'
import { TriggerTimes } from '../runtime/trigger-times.ts'
import { each } from '../runtime/watches.ts'
import { addressesMax, countOf, type PodAddress, subsetsFor, truncated } from './plan.ts'

const managedByLabel = 'endpoints.kubernetes.io/managed-by'
const managedBy = 'endpoint-controller'
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity'

/** Keeps the Endpoints of each service with a selector equal to the pods behind it. */
export const endpointsController: Controller = {
  name: 'endpoints-controller',
  account: 'endpoint-controller',
  watches: [
    each(services),
    { ...podsOfServices, batchMs: ({ endpointsBatchMs }) => endpointsBatchMs },
    // Hand-made ones are left alone.
    {
      resource: endpoints,
      wake: (one: Endpoints) => (one.metadata.labels?.[managedByLabel] === managedBy ? [nameOf(one)] : []),
    },
  ],
  start({ cached }) {
    const allServices = cached(services)
    const all = cached(endpoints)
    const made = new MadeOfPods<PodAddress | undefined>()
    const times = new TriggerTimes()
    return async function reconcile(name, { client }) {
      const service = allServices.get(name)
      const known = all.get(name)
      if (service === undefined) {
        made.forget(name)
        times.forget(name)
        if (known !== undefined) await client.delete(endpoints, name, { preconditions: { uid: known.metadata.uid } })
        return undefined
      }
      if (!hasSelector(service) || service.metadata.deletionTimestamp !== undefined) return undefined
      for (const { addresses = [], notReadyAddresses = [] } of known?.subsets ?? [])
        for (const list of [addresses, notReadyAddresses]) made.adopt(name, list, storedIfSame)
      const selected = podsSelected(service, cached)
      const behind = selected.filter(isBehind)
      const changedAt = times.look(service, selected)
      const found = subsetsFor(service, behind, made.look(name, service), known?.subsets)
      const isOver = countOf(found) > addressesMax
      const subsets = isOver ? truncated(found, addressesMax) : found
      const labels = labelsFor(service)
      const annotations = annotationsFor(known, isOver)
      const isSame =
        known !== undefined &&
        sameJson(known.subsets ?? [], subsets) &&
        sameJson(known.metadata.labels ?? {}, labels) &&
        sameJson(known.metadata.annotations ?? {}, annotations)
      if (isSame) return undefined
      const { [lastChangeAnnotation]: _, ...others } = annotations
      const changed = changedAt === undefined ? {} : { [lastChangeAnnotation]: changedAt }
      const metadata = { labels, annotations: { ...others, ...changed } }
      if (known === undefined) {
        await client.create(endpoints, {
          apiVersion: 'v1',
          kind: 'Endpoints',
          metadata: { ...name, ...metadata },
          subsets,
        })
      } else await client.update(endpoints, { ...known, metadata: { ...known.metadata, ...metadata }, subsets })
      return undefined
    }
  },
}

const storedIfSame = (known: PodAddress | undefined, stored: EndpointAddress) =>
  known !== undefined && known.address !== stored && sameJson(known.address, stored)
    ? { ...known, address: stored }
    : known

function labelsFor(service: Service): Readonly<Record<string, string>> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {}
  return { ...labels, [managedByLabel]: managedBy, ...(isHeadless(service) ? { [headlessLabel]: '' } : {}) }
}

function annotationsFor(known: Endpoints | undefined, isOver: boolean): Readonly<Record<string, string>> {
  const { [overCapacityAnnotation]: _, ...annotations } = known?.metadata.annotations ?? {}
  return { ...annotations, ...(isOver ? { [overCapacityAnnotation]: 'truncated' } : {}) }
}
