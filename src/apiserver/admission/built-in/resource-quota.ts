import {
  addUsage,
  type Clock,
  type CountedResource,
  cloneJson,
  forbidden,
  inScope,
  isCounted,
  isTerminatingPod,
  type KubeObject,
  listOfUsage,
  maskUsage,
  namesAbout,
  podMissing,
  sameUsage,
  type Usage,
  usageBeyond,
  usageOf,
  usageOfList,
  usageText,
  withoutZeros,
} from '../../../machinery/index.ts'
import { type Draft, type ResourceQuota, resourceQuotas } from '../../../resources/index.ts'
import { loopbackContext } from '../../authn/loopback.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

/** One quota and what a request adds to what it counts. */
interface Charge {
  readonly quota: ResourceQuota
  readonly delta: Usage
}

/**
 * ResourceQuota: what a request would use is counted before it is stored, and refused when a quota would be exceeded.
 * Requests of one namespace are counted one after the other, so that no two share what is left.
 */
export function resourceQuota(parts: { readonly registry: () => Registry; readonly clock: Clock }): AdmissionPlugin {
  const queues = new Map<string, Promise<void>>()
  return {
    name: 'ResourceQuota',
    async validate(attributes) {
      const { namespace } = attributes
      if (namespace === '' || !isConcerned(attributes)) return
      // Most namespaces have none, and need not wait.
      if (await parts.registry().isEmpty(resourceQuotas, namespace)) return
      const before = queues.get(namespace) ?? Promise.resolve()
      const own = before.catch(() => {}).then(() => charge(attributes, parts))
      queues.set(namespace, own)
      try {
        await own
      } finally {
        if (queues.get(namespace) === own) queues.delete(namespace)
      }
    },
  }
}

function resourceOf({ definition }: Attributes): CountedResource {
  return { group: definition.group, resource: definition.plural }
}

function isConcerned(attributes: Attributes): boolean {
  const { operation, subresource, definition, object, previous, kind } = attributes
  if (kind !== undefined || !isCounted(resourceOf(attributes))) return false
  const isCreate = operation === 'CREATE' && subresource === ''
  const isUpdate = operation === 'UPDATE'
  if (definition.group === '' && definition.plural === 'pods') {
    if (isUpdate && subresource === '') return isTerminatingPod(object) !== isTerminatingPod(previous)
    return isCreate || (isUpdate && subresource === 'resize')
  }
  const isMeasured =
    definition.group === '' && (definition.plural === 'services' || definition.plural === 'persistentvolumeclaims')
  return isCreate || (isUpdate && subresource === '' && isMeasured)
}

async function charge(
  attributes: Attributes,
  { registry, clock }: { readonly registry: () => Registry; readonly clock: Clock },
): Promise<void> {
  const quotas = await registry().all<ResourceQuota>(resourceQuotas, attributes.namespace)
  const charges = chargesOf(attributes, quotas, clock.now())
  if (attributes.dryRun) return
  for (const { quota, delta } of charges) {
    await addTo(registry(), quota, delta)
    // What is not stored after all must not stay counted.
    attributes.onFailure(() => addTo(registry(), quota, negated(delta)))
  }
}

/** What a request adds to each quota of its namespace. Throws a refusal that names the first quota it would exceed. */
function chargesOf(attributes: Attributes, quotas: readonly ResourceQuota[], nowMs: number): readonly Charge[] {
  const of = resourceOf(attributes)
  const { object, previous, name } = attributes
  const refuse = (why: string) => forbidden({ group: of.group, resource: of.resource }, name, why)
  const usage = usageOf(of, object, nowMs)
  const charges: Charge[] = []
  for (const quota of quotas) {
    const hard = usageOfList(quota.status?.hard)
    const names = namesAbout(of, hard.keys())
    if (names.size === 0 || !inScope(of, object, quota)) continue
    const missing = of.group === '' && of.resource === 'pods' ? podMissing(object, names) : ''
    if (missing !== '') throw refuse(`failed quota: ${quota.metadata.name}: must specify ${missing}`)
    const used = usageOfList(quota.status?.used)
    const unknown = [...names].filter((one) => !used.has(one))
    if (unknown.length > 0)
      throw refuse(`status unknown for quota: ${quota.metadata.name}, resources: ${unknown.sort().join(',')}`)
    const wasCounted = previous !== undefined && inScope(of, previous, quota)
    const added = wasCounted ? usageBeyond(usage, usageOf(of, previous, nowMs)) : usage
    const delta = withoutZeros(maskUsage(added, new Set(hard.keys())))
    if (delta.size === 0) continue
    const exceeded = exceededBy(delta, used, hard)
    if (exceeded.size > 0) {
      const shown = (amounts: Usage) => usageText(maskUsage(amounts, exceeded))
      throw refuse(
        `exceeded quota: ${quota.metadata.name}, requested: ${shown(delta)}, used: ${shown(used)}, limited: ${shown(hard)}`,
      )
    }
    charges.push({ quota, delta })
  }
  return charges
}

function exceededBy(delta: Usage, used: Usage, hard: Usage): ReadonlySet<string> {
  const next = maskUsage(addUsage(used, delta), new Set(delta.keys()))
  return new Set(
    [...next].filter(([name, { nanos }]) => nanos > (hard.get(name)?.nanos ?? nanos)).map(([name]) => name),
  )
}

const negated = (delta: Usage): Usage =>
  new Map([...delta].map(([name, amount]) => [name, { ...amount, nanos: -amount.nanos }]))

async function addTo(registry: Registry, quota: ResourceQuota, delta: Usage): Promise<void> {
  await registry.update(
    resourceQuotas,
    quota.metadata.namespace,
    quota.metadata.name,
    {
      subresource: 'status',
      retry: true,
      internal: true,
      managed: true,
      next(current) {
        const draft = cloneJson(current as KubeObject) as Draft
        const used = usageOfList(draft.status?.used)
        const sum = addUsage(used, delta)
        if (!sameUsage(used, sum)) draft.status = { ...draft.status, used: listOfUsage(sum) }
        return draft
      },
    },
    loopbackContext(),
  )
}
