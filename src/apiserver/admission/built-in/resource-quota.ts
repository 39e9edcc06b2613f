import {
  addUsage,
  type Clock,
  type CountedResource,
  cloneJson,
  type DeviceResources,
  deviceResources,
  forbidden,
  inScope,
  isCounted,
  isTerminatingPod,
  type KubeObject,
  listOfUsage,
  maskUsage,
  namesAbout,
  podMadeFor,
  podMissing,
  type ScopeSelector,
  sameUsage,
  scopeMatches,
  scopeSelectorsOf,
  type Usage,
  usageBeyond,
  usageOf,
  usageOfList,
  usageText,
  withoutZeros,
} from '../../../machinery/index.ts'
import {
  type Draft,
  deviceClasses,
  type FeatureGates,
  pods,
  type ResourceQuota,
  resourceClaims,
  resourceQuotas,
} from '../../../resources/index.ts'
import { loopbackContext } from '../../authn/loopback.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

/** One quota and what a request adds to what it counts. */
interface Charge {
  readonly quota: ResourceQuota
  readonly delta: Usage
}

/** Resources of which nothing may be used but what a quota covers. */
export interface LimitedResource {
  readonly apiGroup?: string
  readonly resource: string
  /** Parts of the names of what is limited. */
  readonly matchContains?: readonly string[]
  readonly matchScopes?: readonly ScopeSelector[]
}

/**
 * ResourceQuota: what a request would use is counted before it is stored, and refused when a quota would be exceeded.
 * Requests of one namespace are counted one after the other, so that no two share what is left.
 */
export function resourceQuota(parts: QuotaParts): AdmissionPlugin {
  const queues = new Map<string, Promise<void>>()
  /** Most namespaces have no quota, and nobody there need wait. */
  const isLeft = (attributes: Attributes) =>
    limitedOf(parts, resourceOf(attributes)).length === 0 &&
    parts.registry().isEmpty(resourceQuotas, attributes.namespace)
  return {
    name: 'ResourceQuota',
    concerns: (operation, subresource) =>
      operation === 'CREATE'
        ? subresource === ''
        : operation === 'UPDATE' && (subresource === '' || subresource === 'resize'),
    standsBy: (attributes) => (isLeft(attributes) ? { kinds: [resourceQuotas] } : undefined),
    validate(attributes) {
      const { namespace } = attributes
      if (namespace === '' || !isConcerned(attributes)) return
      if (isLeft(attributes)) return
      return queued(attributes)
    },
  }
  async function queued(attributes: Attributes): Promise<void> {
    const { namespace } = attributes
    const before = queues.get(namespace) ?? Promise.resolve()
    const own = before.catch(() => {}).then(() => charge(attributes, parts))
    queues.set(namespace, own)
    try {
      await own
    } finally {
      if (queues.get(namespace) === own) queues.delete(namespace)
    }
  }
}

interface QuotaParts {
  readonly registry: () => Registry
  readonly clock: Clock
  readonly gates: Pick<FeatureGates, 'enabled'>
  readonly limited?: readonly LimitedResource[]
}

function limitedOf({ limited = [] }: QuotaParts, { group, resource }: CountedResource): readonly LimitedResource[] {
  return limited.filter((one) => (one.apiGroup ?? '') === group && one.resource === resource)
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
    isDeviceClaim(attributes) ||
    (definition.group === '' && (definition.plural === 'services' || definition.plural === 'persistentvolumeclaims'))
  return isCreate || (isUpdate && subresource === '' && isMeasured)
}

const isDeviceClaim = ({ definition }: Attributes) =>
  definition.group === resourceClaims.group && definition.plural === resourceClaims.plural

/** What usage is counted by beside what is written. */
interface Counting {
  readonly nowMs: number
  readonly devices: DeviceResources | undefined
}

/** What devices stand for, where it is a claim on some that is asked about. */
function devicesOf(attributes: Attributes, { registry, gates }: QuotaParts): DeviceResources | undefined {
  if (!isDeviceClaim(attributes) || !gates.enabled('DRAExtendedResource')) return undefined
  const { namespace, object } = attributes
  const owner = podMadeFor(object)
  const pod = owner === undefined ? undefined : registry().current(pods, namespace, owner.name)
  return deviceResources({
    classes: registry().allCurrent(deviceClasses),
    pods: pod === undefined ? [] : [pod],
    claims: pod === undefined ? [] : registry().allCurrent(resourceClaims, namespace),
  })
}

async function charge(attributes: Attributes, parts: QuotaParts): Promise<void> {
  const { registry, clock } = parts
  const quotas = await registry().all<ResourceQuota>(resourceQuotas, attributes.namespace)
  const counting = { nowMs: clock.now(), devices: devicesOf(attributes, parts) }
  const charges = chargesOf(attributes, quotas, counting)
  checkCovered(attributes, quotas, limitedOf(parts, resourceOf(attributes)), counting)
  if (attributes.dryRun) return
  for (const { quota, delta } of charges) {
    await addTo(registry(), quota, delta)
    // What is not stored after all must not stay counted.
    attributes.onFailure(() => addTo(registry(), quota, negated(delta)))
  }
}

/** What a request adds to each quota of its namespace. Throws a refusal that names the first quota it would exceed. */
function chargesOf(
  attributes: Attributes,
  quotas: readonly ResourceQuota[],
  { nowMs, devices }: Counting,
): readonly Charge[] {
  const of = resourceOf(attributes)
  const { object, previous, name } = attributes
  const refuse = (why: string) => forbidden({ group: of.group, resource: of.resource }, name, why)
  const usage = usageOf(of, object, nowMs, devices)
  const charges: Charge[] = []
  for (const quota of quotas) {
    const hard = usageOfList(quota.status?.hard)
    const names = namesAbout(of, hard.keys(), devices)
    if (names.size === 0 || !inScope(of, object, quota)) continue
    const missing = of.group === '' && of.resource === 'pods' ? podMissing(object, names) : ''
    if (missing !== '') throw refuse(`failed quota: ${quota.metadata.name}: must specify ${missing}`)
    const used = usageOfList(quota.status?.used)
    const unknown = [...names].filter((one) => !used.has(one))
    if (unknown.length > 0)
      throw refuse(`status unknown for quota: ${quota.metadata.name}, resources: ${unknown.sort().join(',')}`)
    const wasCounted = previous !== undefined && inScope(of, previous, quota)
    const added = wasCounted ? usageBeyond(usage, usageOf(of, previous, nowMs, devices)) : usage
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

/** What is limited must be covered by a quota. Throws a refusal that names what is not. */
function checkCovered(
  attributes: Attributes,
  quotas: readonly ResourceQuota[],
  limited: readonly LimitedResource[],
  { nowMs, devices }: Counting,
): void {
  if (limited.length === 0) return
  const of = resourceOf(attributes)
  const { object, previous, name } = attributes
  const refuse = (why: string) => forbidden({ group: of.group, resource: of.resource }, name, why)
  const usage = usageOf(of, object, nowMs, devices)
  if (previous !== undefined && withoutZeros(usageBeyond(usage, usageOf(of, previous, nowMs, devices))).size === 0)
    return
  const covered = new Set(
    quotas
      .filter((quota) => inScope(of, object, quota))
      .flatMap((quota) => [...namesAbout(of, usageOfList(quota.status?.hard).keys(), devices)]),
  )
  const contains = limited.flatMap(({ matchContains = [] }) => matchContains)
  const missing = [...withoutZeros(usage).keys()]
    .filter((one) => contains.some((part) => one.includes(part)) && !covered.has(one))
    .sort()
  if (missing.length > 0) throw refuse(`insufficient quota to consume: ${missing.join(',')}`)
  const coveredScopes = new Set(
    quotas
      .flatMap((quota) => scopeSelectorsOf(quota))
      .filter((selector) => scopeMatches(of, object, selector))
      .map(({ scopeName }) => scopeName),
  )
  const scopes = limited
    .flatMap(({ matchScopes = [] }) => matchScopes)
    .filter((selector) => scopeMatches(of, object, selector) && !coveredScopes.has(selector.scopeName))
    .map(({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(' ')}]}`)
  if (scopes.length > 0) throw refuse(`insufficient quota to match these scopes: [${scopes.join(' ')}]`)
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
