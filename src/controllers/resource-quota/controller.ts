import {
  type CountedResource,
  type DeviceResources,
  deviceResources,
  isCounted,
  type KubeObject,
  keyOf,
  nameOf,
  namesAbout,
  sameJson,
  usageOfList,
} from '../../machinery/index.ts'
import {
  customResourceDefinitions,
  type DeviceClass,
  deviceClasses,
  type FeatureGates,
  pods,
  type ResourceDefinition,
  type ResourceQuota,
  resourceClaims,
  resourceForKind,
  resourceQuotas,
} from '../../resources/index.ts'
import { builtInKinds, CollectableKinds } from '../garbage-collector/kinds.ts'
import type { Cached, Controller, Watch } from '../runtime/controller.ts'
import { settingsOf } from '../runtime/settings.ts'
import { quotaStatus } from './plan.ts'

/** Kubernetes: everything is counted anew this often, whatever was seen of it. */
const doubtMs = 50
const whatIsServed = { name: 'what is served' }

const countedOf = ({ group, plural }: ResourceDefinition<any>): CountedResource => ({ group, resource: plural })
const isQuotable = (one: ResourceDefinition<any>) => one.scope === 'Namespaced' && isCounted(countedOf(one))

/** Keeps what is used of each quota true: admission counts up, this counts what is there. */
export function resourceQuotaController(gates: Pick<FeatureGates, 'enabled'>): Controller {
  const kinds = new CollectableKinds()
  const standsFor = gates.enabled('DRAExtendedResource')
  const quotable = () => [...kinds.all].filter(isQuotable)
  const watchOf = (resource: ResourceDefinition<any>): Watch => ({
    resource,
    wake: (object: KubeObject, cached) => concerned(cached, resource, object, standsFor),
  })
  return {
    name: 'resourcequota-controller',
    account: 'resourcequota-controller',
    watches: [
      // Kubernetes: usage changes with every request; only a change of the limits makes everything be counted.
      {
        resource: resourceQuotas,
        wake: (quota: ResourceQuota) =>
          sameJson(quota.spec?.hard ?? {}, quota.status?.hard ?? {}) ? [] : [nameOf(quota)],
      },
      ...builtInKinds.filter((one) => isQuotable(one) && one !== resourceQuotas).map(watchOf),
      { resource: customResourceDefinitions, wake: () => [whatIsServed] },
      // Kubernetes: what devices stand for counts from when usage is counted next.
      ...(standsFor ? [{ resource: deviceClasses, wake: () => [] }] : []),
    ],
    start({ clock, cached, follow, config }) {
      const quotas = cached(resourceQuotas)
      const followed = new Map<ResourceDefinition<any>, Disposable>()
      const doubted = new Map<string, string>()
      return async function reconcile(name, turn) {
        if (name.namespace === undefined) {
          const { added, gone } = kinds.update((await turn.client.discover()).resources)
          for (const resource of gone) {
            followed.get(resource)?.[Symbol.dispose]()
            followed.delete(resource)
          }
          for (const resource of added.filter(isQuotable)) followed.set(resource, follow(watchOf(resource)))
          return undefined
        }
        const quota = quotas.get(name)
        if (quota === undefined) return undefined
        const classes = standsFor ? cached<DeviceClass>(deviceClasses).list() : []
        const devicesIn = (seen: Seen) =>
          classes.length === 0
            ? undefined
            : deviceResources({ classes, pods: seen(pods), claims: seen(resourceClaims) })
        const namesOf = (one: ResourceDefinition<any>, hard: object | undefined) =>
          namesIn(one, hard, one === resourceClaims ? devicesIn(() => []) : undefined)
        const limited = quotable().filter((one) => namesOf(one, quota.spec?.hard).size > 0)
        const count = (seen: Seen) =>
          quotaStatus(
            quota,
            limited.map((one) => ({ of: countedOf(one), objects: seen(one) })),
            { nowMs: clock.now(), devices: devicesIn(seen) },
          )
        const inCache = (one: ResourceDefinition<any>) => cached<KubeObject>(one).list(name.namespace)
        let status = count(inCache)
        const lowered = status === undefined ? {} : lowerThan(quota, status)
        if (Object.keys(lowered).length > 0) {
          // What was counted on its way in may not be there yet: less is believed when it is seen twice.
          const seen = `${quota.metadata.resourceVersion} ${JSON.stringify(status?.used)}`
          const key = keyOf(name)
          if (doubted.get(key) !== seen) {
            doubted.set(key, seen)
            return { againInMs: doubtMs }
          }
          doubted.delete(key)
          // Unlike Kubernetes, where a late cache can give away what is in use: what there is less of is asked for.
          const fresh = new Map<ResourceDefinition<any>, readonly KubeObject[]>()
          for (const one of limited.filter((kind) => namesOf(kind, lowered).size > 0))
            fresh.set(one, (await turn.client.list<KubeObject>(one, { namespace: name.namespace })).items)
          status = count((one) => fresh.get(one) ?? inCache(one))
        }
        if (status !== undefined) await turn.client.update(resourceQuotas, { ...quota, status }, 'status')
        return { againInMs: settingsOf(config).quotaSyncPeriodMs }
      }
    },
  }
}

/** What is used less than before, by name. */
function lowerThan(
  quota: ResourceQuota,
  status: NonNullable<ResourceQuota['status']>,
): Readonly<Record<string, string>> {
  const before = usageOfList(quota.status?.used)
  const lower = [...usageOfList(status.used)].filter(([name, { nanos }]) => nanos < (before.get(name)?.nanos ?? nanos))
  return Object.fromEntries(lower.map(([name]) => [name, '']))
}

/** The names under which a quota limits a kind. */
const namesIn = (one: ResourceDefinition<any>, hard: object | undefined, devices?: DeviceResources) =>
  namesAbout(countedOf(one), Object.keys(hard ?? {}), devices)
type Seen = (one: ResourceDefinition<any>) => readonly KubeObject[]

/** Kubernetes: what is created was counted on its way in, so only what changes or goes makes a quota be counted anew. */
function concerned(cached: Cached, resource: ResourceDefinition<any>, object: KubeObject, standsFor: boolean) {
  const quotas = cached<ResourceQuota>(resourceQuotas).list(object.metadata.namespace)
  if (quotas.length === 0) return []
  const isForeign = resourceForKind(resource) === undefined
  const of = countedOf(resource)
  const isGone = cached<KubeObject>(resource).get(nameOf(object)) === undefined
  if (!isGone && !canUseLess(of, object)) return []
  const isClaim = resource === resourceClaims
  const devices =
    isClaim && standsFor
      ? deviceResources({ classes: cached<DeviceClass>(deviceClasses).list(), pods: [], claims: [] })
      : undefined
  return quotas.filter(({ spec }) => isForeign || namesIn(resource, spec?.hard, devices).size > 0).map(nameOf)
}

/** Whether an object that is still there may use less than before: a finished pod, or what is measured by its contents. */
function canUseLess({ group, resource }: CountedResource, object: KubeObject): boolean {
  if (group !== '') return false
  if (resource !== 'pods') return resource === 'services' || resource === 'persistentvolumeclaims'
  const phase = (object as { status?: { phase?: string } }).status?.phase
  return phase === 'Succeeded' || phase === 'Failed' || object.metadata.deletionTimestamp !== undefined
}
