import { keyOf, nameOf, sameJson } from '../../machinery/index.ts'
import { type EndpointSlice, type Endpoints, endpointSlices, endpoints, services } from '../../resources/index.ts'
import { planSlices } from '../endpointslice/plan.ts'
import type { Controller, Turn } from '../runtime/controller.ts'
import { ownerReference } from '../runtime/owner-reference.ts'
import { hasSelector, lastChangeAnnotation } from '../runtime/service-pods.ts'
import { settingsOf } from '../runtime/settings.ts'
import { forAll } from '../runtime/slow-start.ts'
import { each } from '../runtime/watches.ts'
import { isMirrored, mirroredGroups } from './plan.ts'

const serviceNameLabel = 'kubernetes.io/service-name'
const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const managedBy = 'endpointslicemirroring-controller.k8s.io'
const notCopied = ['kubectl.kubernetes.io/last-applied-configuration', lastChangeAnnotation]

/** Shows the Endpoints that somebody made by hand, for a service without a selector, as EndpointSlices too. */
export const endpointSliceMirroringController: Controller = {
  name: 'endpointslice-mirroring-controller',
  account: 'endpointslicemirroring-controller',
  watches: [
    { ...each(endpoints), batchMs: ({ mirrorsBatchMs }) => mirrorsBatchMs },
    each(services),
    { resource: endpointSlices, wake: (slice: EndpointSlice) => serviceOf(slice) },
  ],
  start({ cached, config }) {
    // Kubernetes: of a subset everything is in one slice.
    const { mirroredPerSubsetMax: max } = settingsOf(config)
    const all = cached(endpoints)
    const slices = cached(endpointSlices)
    slices.addIndex('mirrored', (slice) => serviceOf(slice).map(keyOf))
    return async function reconcile(name, turn) {
      const existing = slices
        .by('mirrored', keyOf(name))
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      const service = cached(services).get(name)
      const source = all.get(name)
      const mirrors = service !== undefined && !hasSelector(service) && source !== undefined && isMirrored(source)
      const plan = planSlices([], mirrors ? mirroredGroups(source, max) : [], existing, max)
      await forAll(plan.remove, (slice) =>
        turn.client.delete(endpointSlices, nameOf(slice), { preconditions: { uid: slice.metadata.uid } }),
      )
      if (mirrors) await write(source, existing, plan, turn)
      return undefined
    }
  },
}

async function write(
  source: Endpoints,
  existing: readonly EndpointSlice[],
  plan: ReturnType<typeof planSlices>,
  { client }: Turn,
): Promise<void> {
  const { name, namespace = '' } = source.metadata
  const labels = { ...source.metadata.labels, [serviceNameLabel]: name, [managedByLabel]: managedBy }
  const copied = Object.entries(source.metadata.annotations ?? {}).filter(([key]) => !notCopied.includes(key))
  const annotations = Object.fromEntries(copied)
  await forAll(plan.create, (group) =>
    client.create(endpointSlices, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        generateName: `${name}-`,
        namespace,
        labels,
        annotations,
        ownerReferences: [ownerReference(endpoints, source)],
      },
      ...group,
    }),
  )
  const changed = new Map(plan.update.map(({ slice, endpoints: list }) => [slice, list]))
  await forAll(
    existing.filter((slice) => !plan.remove.includes(slice)),
    async (slice) => {
      const isSame = sameJson(slice.metadata.labels, labels) && sameJson(slice.metadata.annotations ?? {}, annotations)
      const list = changed.get(slice)
      if (isSame && list === undefined) return
      await client.update(endpointSlices, {
        ...slice,
        metadata: { ...slice.metadata, labels, annotations },
        endpoints: list ?? slice.endpoints ?? [],
      })
    },
  )
}

/** The service of a slice that mirrors. */
function serviceOf({ metadata }: EndpointSlice) {
  const { labels, namespace } = metadata
  const name = labels?.[serviceNameLabel]
  if (name === undefined || labels?.[managedByLabel] !== managedBy) return []
  return [namespace === undefined ? { name } : { namespace, name }]
}
