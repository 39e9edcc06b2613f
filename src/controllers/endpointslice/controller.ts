import { keyOf, nameOf, sameJson, timestampOf } from '../../machinery/index.ts'
import {
  type Endpoint,
  type EndpointSlice,
  endpointSlices,
  nodes,
  type Service,
  services,
} from '../../resources/index.ts'
import type { Controller, Turn } from '../runtime/controller.ts'
import { MadeOfPods } from '../runtime/made-of-pods.ts'
import { ownerReference } from '../runtime/owner-reference.ts'
import {
  hasSelector,
  headlessLabel,
  isHeadless,
  lastChangeAnnotation,
  podsBehind,
  podsOfServices,
} from '../runtime/service-pods.ts'
import { settingsOf } from '../runtime/settings.ts'
import { forAll } from '../runtime/slow-start.ts'
import { each } from '../runtime/watches.ts'
import { type AddressType, addressTypesOf, desiredGroups } from './desired.ts'
import { sliceMeasures } from './measures.ts'
import { planSlices, type SlicePlan } from './plan.ts'

const serviceNameLabel = 'kubernetes.io/service-name'
const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const managedBy = 'endpointslice-controller.k8s.io'
const families: readonly AddressType[] = ['IPv4', 'IPv6']
const zoneLabel = 'topology.kubernetes.io/zone'

/** Keeps the EndpointSlices of each service with a selector equal to the pods behind it. */
export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  account: 'endpointslice-controller',
  watches: [
    each(services),
    { ...podsOfServices, batchMs: ({ slicesBatchMs }) => slicesBatchMs },
    { resource: endpointSlices, wake: (slice: EndpointSlice) => serviceOf(slice) },
  ],
  start({ cached, clock, metrics, config }) {
    const { endpointsPerSliceMax } = settingsOf(config)
    const allServices = cached(services)
    const allNodes = cached(nodes)
    const slices = cached(endpointSlices)
    const measures = sliceMeasures(metrics, endpointsPerSliceMax)
    slices.addIndex('service', (slice) => serviceOf(slice).map(keyOf))
    const made = new MadeOfPods<Endpoint | undefined>()
    return async function reconcile(name, turn) {
      const service = allServices.get(name)
      // Kubernetes: slices of a service that is gone are the garbage collector's.
      if (service === undefined || service.metadata.deletionTimestamp !== undefined || !hasSelector(service)) {
        measures.forget(name)
        for (const family of families) made.forget(name, family)
        return undefined
      }
      const unknownNodes = new Set<string>()
      const zoneOf = (nodeName: string) => {
        const node = allNodes.get({ name: nodeName })
        if (node === undefined) unknownNodes.add(nodeName)
        return node?.metadata.labels?.[zoneLabel]
      }
      const existing = slices
        .by('service', keyOf(name))
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      for (const { addressType, endpoints } of existing)
        made.adopt(name, endpoints ?? [], (known, stored) => (sameJson(known, stored) ? stored : known), addressType)
      const known = (family: AddressType) => made.look(name, service, family)
      const groups = desiredGroups(service, podsBehind(service, cached), zoneOf, known)
      const plan = planSlices(addressTypesOf(service), groups, existing, endpointsPerSliceMax)
      await apply(service, existing, plan, timestampOf(clock.now()), turn).catch((error: unknown) => {
        measures.ended('error')
        throw error
      })
      measures.ended('success')
      measures.synced(service, groups, existing, plan)
      // The cache of nodes is late, or the node is gone and its pods will follow: look again until either shows.
      if (unknownNodes.size > 0) throw new Error(`nodes not known yet: ${[...unknownNodes].join(', ')}`)
      return undefined
    }
  },
}

async function apply(
  service: Service,
  existing: readonly EndpointSlice[],
  plan: SlicePlan,
  now: string,
  { client }: Turn,
): Promise<void> {
  const labels = labelsFor(service)
  const annotations = { [lastChangeAnnotation]: now }
  const apiVersion = 'discovery.k8s.io/v1' as const
  const { namespace = '', name } = service.metadata
  await forAll(plan.create, (group) =>
    client.create(endpointSlices, {
      apiVersion,
      kind: 'EndpointSlice',
      metadata: {
        generateName: `${name}-`,
        namespace,
        labels,
        annotations,
        ownerReferences: [ownerReference(services, service)],
      },
      ...group,
    }),
  )
  const changed = new Map(plan.update.map(({ slice, endpoints }) => [slice, endpoints]))
  const removed = new Set(plan.remove)
  await forAll(existing, async (slice) => {
    if (removed.has(slice)) {
      await client.delete(endpointSlices, nameOf(slice), { preconditions: { uid: slice.metadata.uid } })
      return
    }
    const endpoints = changed.get(slice)
    if (endpoints === undefined && sameJson(slice.metadata.labels, labels)) return
    const metadata = { ...slice.metadata, labels, annotations: { ...slice.metadata.annotations, ...annotations } }
    await client.update(endpointSlices, { ...slice, metadata, endpoints: endpoints ?? slice.endpoints ?? [] })
  })
}

/** The service's labels, and those that say whose the slice is. */
function labelsFor(service: Service): Readonly<Record<string, string>> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {}
  return {
    ...labels,
    ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: managedBy,
  }
}

/** The service of a slice that this controller made. */
function serviceOf({ metadata }: EndpointSlice) {
  const { labels, namespace } = metadata
  const name = labels?.[serviceNameLabel]
  if (name === undefined || labels?.[managedByLabel] !== managedBy) return []
  return [namespace === undefined ? { name } : { namespace, name }]
}
