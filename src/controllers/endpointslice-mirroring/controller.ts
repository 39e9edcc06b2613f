import { keyOf, nameOf, sameJson } from '../../machinery/index.ts'
import { type EndpointSlice, type Endpoints, endpointSlices, endpoints, services } from '../../resources/index.ts'
import { planSlices } from '../endpointslice/plan.ts'
import type { Controller, Turn } from '../runtime/controller.ts'
import { ownerReference } from '../runtime/owner-reference.ts'
import { hasSelector, lastChangeAnnotation } from '../runtime/service-pods.ts'
import { settingsOf } from '../runtime/settings.ts'
import { forAll } from '../runtime/slow-start.ts'
import { each } from '../runtime/watches.ts'
import { type MirrorMeasures, mirrorMeasures } from './measures.ts'
import { isMirrored, type Mirrored, mirroredGroups } from './plan.ts'

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
  start({ cached, config, clock, metrics, record }) {
    // Kubernetes: of a subset everything is in one slice.
    const { mirroredPerSubsetMax: max } = settingsOf(config)
    const all = cached(endpoints)
    const slices = cached(endpointSlices)
    const measures = mirrorMeasures(metrics, max)
    /** What was not mirrored, as it was last told of. */
    const told = new Map<string, string>()
    slices.addIndex('mirrored', (slice) => serviceOf(slice).map(keyOf))
    function tell(source: Endpoints, { skipped, invalid }: Mirrored): void {
      const { resourceVersion } = source.metadata
      if (skipped === 0 || told.get(keyOf(source.metadata)) === resourceVersion) return
      told.set(keyOf(source.metadata), resourceVersion)
      const warn = (reason: string, message: string) => record(source, 'Warning', reason, message)
      if (invalid > 0)
        warn('InvalidIPAddress', `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`)
      if (skipped > invalid)
        warn(
          'TooManyAddressesToMirror',
          `A max of ${max} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`,
        )
    }
    return async function reconcile(name, turn) {
      const startedMs = clock.monotonic()
      const existing = slices
        .by('mirrored', keyOf(name))
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      const service = cached(services).get(name)
      const source = all.get(name)
      const mirrors = service !== undefined && !hasSelector(service) && source !== undefined && isMirrored(source)
      const mirrored = mirrors ? mirroredGroups(source, max) : { groups: [], skipped: 0, invalid: 0 }
      const plan = planSlices([], mirrored.groups, existing, max)
      if (mirrors) {
        tell(source, mirrored)
        measures.synced(name, mirrored.groups, existing, { ...plan, skipped: mirrored.skipped })
      } else {
        told.delete(keyOf(name))
        measures.forget(name)
      }
      await forAll(plan.remove, async (slice) => {
        await turn.client.delete(endpointSlices, nameOf(slice), { preconditions: { uid: slice.metadata.uid } })
        measures.changed('delete')
      })
      if (mirrors) await write(source, existing, plan, turn, measures)
      measures.ended((clock.monotonic() - startedMs) / 1000)
      return undefined
    }
  },
}

async function write(
  source: Endpoints,
  existing: readonly EndpointSlice[],
  plan: ReturnType<typeof planSlices>,
  { client }: Turn,
  measures: MirrorMeasures,
): Promise<void> {
  const { name, namespace = '' } = source.metadata
  const labels = { ...source.metadata.labels, [serviceNameLabel]: name, [managedByLabel]: managedBy }
  const copied = Object.entries(source.metadata.annotations ?? {}).filter(([key]) => !notCopied.includes(key))
  const annotations = Object.fromEntries(copied)
  await forAll(plan.create, async (group) => {
    await client.create(endpointSlices, {
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
    })
    measures.changed('create')
  })
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
      measures.changed('update')
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
