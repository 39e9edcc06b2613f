import { isNotFound, isTerminal, keyOf, nameOf, type ObjectName } from '../../machinery/index.ts'
import {
  type DeviceTaintRule,
  deviceTaintRules,
  type FeatureGates,
  type Pod,
  pods,
  type ResourceClaim,
  type ResourceSlice,
  resourceClaims,
  resourceSlices,
  ruleTaints,
} from '../../resources/index.ts'
import type { Cached, Controller, Tools, Turn } from '../runtime/controller.ts'
import { markDisrupted } from '../runtime/pod-failure.ts'
import { evictionMeasures } from './measures.ts'
import { type Devices, devicesOf, evictionOf, evicts, newest, poolKey, progress, ruleCondition } from './plan.ts'

const byPool = 'devices of a pool'
/** Names stand for pods and for rules. */
const rulePrefix = 'rule:'
const ruleName = ({ metadata }: DeviceTaintRule): ObjectName => ({ name: rulePrefix + metadata.name })
/** Kubernetes: how often a rule says how far it got. */
const ruleStatusMs = 10_000

const consumersOf = ({ metadata, status }: ResourceClaim): readonly ObjectName[] =>
  (status?.reservedFor ?? [])
    .filter(({ apiGroup = '', resource }) => apiGroup === '' && resource === 'pods')
    .map(({ name }) => ({ namespace: metadata.namespace!, name }))
const isTainted = ({ spec }: ResourceSlice) => (spec.devices ?? []).some(({ taints }) => taints?.some(evicts) === true)

const ruleWatch = {
  resource: deviceTaintRules,
  wake: (rule: DeviceTaintRule, cached: Cached) => [
    ruleName(rule),
    ...(evicts(rule.spec.taint)
      ? cached(resourceClaims)
          .list()
          .filter((claim) => [...devicesOf(claim)].some((ref) => ruleTaints(rule, ref)))
          .flatMap(consumersOf)
      : []),
  ],
}

/** Takes away pods that use devices with NoExecute taints they do not put up with, or no longer. */
export const deviceTaintEvictionController = (gates: Pick<FeatureGates, 'enabled'>): Controller => {
  const hasRules = gates.enabled('DRADeviceTaintRules')
  return {
    name: 'device-taint-eviction-controller',
    account: 'device-taint-eviction-controller',
    eventSource: 'device-taint-eviction-controller',
    queueName: 'device-taint-eviction-controller',
    workers: 10,
    about: ({ namespace, name }) =>
      name.startsWith(rulePrefix) ? `DeviceTaintRule/${name.slice(rulePrefix.length)}` : `Pod/${namespace}/${name}`,
    watches: [
      {
        resource: pods,
        wake: (pod: Pod) =>
          (pod.spec?.resourceClaims ?? []).length > 0 && (pod.spec.nodeName ?? '') !== '' ? [nameOf(pod)] : [],
      },
      { resource: resourceClaims, wake: consumersOf },
      {
        resource: resourceSlices,
        wake: (slice: ResourceSlice, cached) =>
          isTainted(slice)
            ? cached(resourceClaims).by(byPool, poolKey(slice.spec.driver, slice.spec.pool.name)).flatMap(consumersOf)
            : [],
      },
      ...(hasRules ? [ruleWatch] : []),
    ],
    start: (tools) => new Evictions(tools, hasRules).reconcile,
  }
}

class Evictions {
  readonly #tools: Tools
  readonly #hasRules: boolean
  readonly #measures: ReturnType<typeof evictionMeasures>
  /** Pods that were told they will leave. */
  readonly #planned = new Set<string>()
  /** How many pods went for a rule, by its uid. */
  readonly #evicted = new Map<string, number>()

  constructor(tools: Tools, hasRules: boolean) {
    this.#tools = tools
    this.#hasRules = hasRules
    this.#measures = evictionMeasures(tools.metrics)
    tools
      .cached(resourceClaims)
      .addIndex(byPool, (claim) => [...new Set([...devicesOf(claim)].map(({ driver, pool }) => poolKey(driver, pool)))])
    tools.cached(resourceSlices).addIndex(byPool, ({ spec }) => [poolKey(spec.driver, spec.pool.name)])
  }

  readonly reconcile = (name: ObjectName, turn: Turn): Promise<{ readonly againInMs: number } | undefined> =>
    name.name.startsWith(rulePrefix)
      ? this.#reportOf({ name: name.name.slice(rulePrefix.length) }, turn)
      : this.#evict(name, turn)

  #devices(rules: readonly DeviceTaintRule[]): Devices {
    const { cached } = this.#tools
    return {
      slicesOf: (driver, pool) => cached(resourceSlices).by(byPool, poolKey(driver, pool)),
      rules,
      claim: (namespace, name) => cached(resourceClaims).get({ namespace, name }),
    }
  }
  get #rules(): readonly DeviceTaintRule[] {
    return this.#hasRules ? this.#tools.cached(deviceTaintRules).list() : []
  }

  async #evict(name: ObjectName, { client, because }: Turn): Promise<{ readonly againInMs: number } | undefined> {
    const { cached, clock, record } = this.#tools
    const pod = cached(pods).get(name)
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || isTerminal(pod)) {
      this.#planned.delete(keyOf(name))
      return undefined
    }
    const eviction = evictionOf(pod, this.#devices(this.#rules))
    const nowMs = clock.now()
    if (eviction === undefined) {
      if (this.#planned.delete(keyOf(name))) record(pod, 'Normal', 'DeviceTaintManagerEviction', 'Cancelling deletion')
      return undefined
    }
    this.#wakeRules(eviction.rules)
    if (eviction.atMs > nowMs) {
      this.#planned.add(keyOf(name))
      return { againInMs: eviction.atMs - nowMs }
    }
    this.#planned.delete(keyOf(name))
    because('a device of its claims has a taint it does not tolerate')
    record(pod, 'Normal', 'DeviceTaintManagerEviction', 'Marking for deletion')
    const message = 'Device Taint manager: deleting due to NoExecute taint'
    try {
      await markDisrupted(client, pod, { reason: 'DeletionByDeviceTaintManager', message, fails: false, nowMs })
      await client.delete(pods, name, { preconditions: { uid: pod.metadata.uid } })
    } catch (error) {
      if (!isNotFound(error)) throw error
      return undefined
    }
    this.#measures.evicted((nowMs - eviction.atMs) / 1000)
    for (const uid of eviction.rules) this.#evicted.set(uid, (this.#evicted.get(uid) ?? 0) + 1)
    return undefined
  }

  #wakeRules(uids: ReadonlySet<string>): void {
    if (uids.size === 0) return
    for (const rule of this.#rules) if (uids.has(rule.metadata.uid)) this.#tools.wake(ruleName(rule))
  }

  /** Says how far a rule got, or what it would do. */
  async #reportOf(name: ObjectName, { client }: Turn): Promise<{ readonly againInMs: number } | undefined> {
    const { cached, clock } = this.#tools
    const rule = cached(deviceTaintRules).get(name)
    if (rule === undefined) return undefined
    const known = progress(rule)
    const nowMs = clock.now()
    const isSeen = known?.observedGeneration === rule.metadata.generation
    const { effect } = rule.spec.taint
    // Kubernetes: what a rule would do is told once.
    if (isSeen && effect === 'None') return undefined
    const sinceMs = known === undefined ? ruleStatusMs : nowMs - Date.parse(known.lastTransitionTime)
    if (isSeen && sinceMs < ruleStatusMs) return { againInMs: ruleStatusMs - sinceMs }
    const condition = ruleCondition(rule, this.#countsOf(rule), nowMs)
    if (condition === undefined) return undefined
    const conditions = [...(rule.status?.conditions ?? []).filter(({ type }) => type !== condition.type), condition]
    try {
      await client.update(deviceTaintRules, { ...rule, status: { ...rule.status, conditions } }, 'status')
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    return condition.status === 'True' ? { againInMs: ruleStatusMs } : undefined
  }

  #countsOf(rule: DeviceTaintRule) {
    const { cached } = this.#tools
    const { uid } = rule.metadata
    const isDry = rule.spec.taint.effect === 'None'
    const asked = isDry
      ? { ...rule, spec: { ...rule.spec, taint: { ...rule.spec.taint, effect: 'NoExecute' as const } } }
      : rule
    const devices = this.#devices([...this.#rules.filter(({ metadata }) => metadata.uid !== uid), asked])
    const pending = cached(pods)
      .list()
      .filter((pod) => pod.metadata.deletionTimestamp === undefined && evictionOf(pod, devices)?.rules.has(uid))
      .map(({ metadata }) => metadata.namespace!)
    const evicted = this.#evicted.get(uid) ?? 0
    if (!isDry) return { pending, evicted, published: 0, allocated: 0 }
    const pools = Map.groupBy(cached(resourceSlices).list(), ({ spec }) => poolKey(spec.driver, spec.pool.name))
    const published = [...pools.values()]
      .flatMap(newest)
      .flatMap(({ spec }) =>
        (spec.devices ?? []).map(({ name }) => ({ driver: spec.driver, pool: spec.pool.name, device: name })),
      )
    const allocated = cached(resourceClaims)
      .list()
      .flatMap((claim) => [...devicesOf(claim)])
    const count = (refs: typeof published | typeof allocated) => refs.filter((ref) => ruleTaints(rule, ref)).length
    return { pending, evicted, published: count(published), allocated: count(allocated) }
  }
}
