import { keyOf, nameOf, sameJson } from '../../machinery/index.ts'
import {
  type Endpoint,
  type EndpointSlice,
  endpointSlices,
  type Node,
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
  isBehind,
  isHeadless,
  lastChangeAnnotation,
  podsOfServices,
  podsSelected,
} from '../runtime/service-pods.ts'
import { settingsOf } from '../runtime/settings.ts'
import { forAll } from '../runtime/slow-start.ts'
import { TriggerTimes } from '../runtime/trigger-times.ts'
import { each } from '../runtime/watches.ts'
import { type AddressType, addressTypesOf, desiredGroups, type EndpointGroup } from './desired.ts'
import { sliceMeasures } from './measures.ts'
import { keyOfEndpoint, planSlices, type SlicePlan } from './plan.ts'
import { hintZones, wantsZoneHints, zoneFactsOf, zoneSharesOf } from './zone-hints.ts'

const serviceNameLabel = 'kubernetes.io/service-name'
const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const managedBy = 'endpointslice-controller.k8s.io'
const families: readonly AddressType[] = ['IPv4', 'IPv6']
const zoneLabel = 'topology.kubernetes.io/zone'

/** Keeps the EndpointSlices of each service with a selector equal to the pods behind it. */
export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  account: 'endpointslice-controller',
  eventSource: 'endpoint-slice-controller',
  watches: [
    each(services),
    { ...podsOfServices, batchMs: ({ slicesBatchMs }) => slicesBatchMs },
    { resource: endpointSlices, wake: (slice: EndpointSlice) => serviceOf(slice) },
    {
      resource: nodes,
      matters: (next: Node, previous: Node) => !sameJson(zoneFactsOf(next), zoneFactsOf(previous)),
      wake: (_, cached) => cached(services).list().filter(wantsZoneHints).map(nameOf),
    },
  ],
  start({ cached, metrics, config, record }) {
    const { endpointsPerSliceMax } = settingsOf(config)
    const allServices = cached(services)
    const allNodes = cached(nodes)
    const slices = cached(endpointSlices)
    const measures = sliceMeasures(metrics, endpointsPerSliceMax)
    slices.addIndex('service', (slice) => serviceOf(slice).map(keyOf))
    const made = new MadeOfPods<Endpoint | undefined>()
    const times = new TriggerTimes()
    /** The services whose endpoints are shared out among zones, by name. */
    const hinted = new Set<string>()

    /** The groups with their endpoints shared out among zones, where the service asks for that and it can be. */
    function withZones(
      service: Service,
      groups: readonly EndpointGroup[],
      existing: readonly EndpointSlice[],
    ): readonly EndpointGroup[] {
      const key = keyOf(nameOf(service))
      const tell = (type: 'Normal' | 'Warning', what: 'Enabled' | 'Disabled', why: string, family: AddressType) =>
        record(service, type, `TopologyAwareHints${what}`, `${why}, addressType: ${family}`)
      if (!wantsZoneHints(service)) {
        if (hinted.delete(key))
          for (const family of addressTypesOf(service))
            tell('Warning', 'Disabled', 'Topology Aware Hints has been disabled', family)
        return groups
      }
      const shares = zoneSharesOf(allNodes.list())
      const before = new Map(
        existing
          .flatMap(({ endpoints }) => endpoints ?? [])
          .map((one) => [keyOfEndpoint(one), one.hints?.forZones?.[0]?.name]),
      )
      return addressTypesOf(service).flatMap((family) => {
        const ofFamily = groups.filter(({ addressType }) => addressType === family)
        const all = ofFamily.flatMap(({ endpoints }) => endpoints)
        const { zones, problem } = hintZones(all, shares, (one) => before.get(keyOfEndpoint(one)))
        if (problem !== undefined) {
          hinted.delete(key)
          tell('Warning', 'Disabled', problem, family)
          return ofFamily
        }
        if (!hinted.has(key)) tell('Normal', 'Enabled', 'Topology Aware Hints has been enabled', family)
        hinted.add(key)
        const withHint = (one: Endpoint) => {
          const zone = zones.get(one)
          return zone === undefined ? one : { ...one, hints: { forZones: [{ name: zone }] } }
        }
        return ofFamily.map((group) => ({ ...group, endpoints: group.endpoints.map(withHint) }))
      })
    }

    return async function reconcile(name, turn) {
      const service = allServices.get(name)
      // Kubernetes: slices of a service that is gone are the garbage collector's.
      if (service === undefined || service.metadata.deletionTimestamp !== undefined || !hasSelector(service)) {
        measures.forget(name)
        times.forget(name)
        hinted.delete(keyOf(name))
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
      const selected = podsSelected(service, cached)
      const behind = selected.filter(isBehind)
      const groups = withZones(service, desiredGroups(service, behind, zoneOf, known), existing)
      const plan = planSlices(addressTypesOf(service), groups, existing, endpointsPerSliceMax)
      await apply(service, existing, plan, times.look(service, selected), turn).catch((error: unknown) => {
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
  changedAt: string | undefined,
  { client }: Turn,
): Promise<void> {
  const labels = labelsFor(service)
  const annotations = changedAt === undefined ? {} : { [lastChangeAnnotation]: changedAt }
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
  const changed = new Map(plan.update.map(({ slice, ...change }) => [slice, change]))
  const removed = new Set(plan.remove)
  await forAll(existing, async (slice) => {
    if (removed.has(slice)) {
      await client.delete(endpointSlices, nameOf(slice), { preconditions: { uid: slice.metadata.uid } })
      return
    }
    const change = changed.get(slice)
    if (change === undefined && sameJson(slice.metadata.labels, labels)) return
    const { [lastChangeAnnotation]: _, ...others } = slice.metadata.annotations ?? {}
    const metadata = { ...slice.metadata, labels, annotations: { ...others, ...annotations } }
    await client.update(endpointSlices, { ...slice, metadata, endpoints: slice.endpoints ?? [], ...change })
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
