import type { Informers } from '../../client/index.ts'
import type { DeviceSelection } from '../../machinery/cel/index.ts'
import type { Clock, Metrics, Random } from '../../machinery/index.ts'
import {
  type AllocationResult,
  deviceClasses,
  extendedClaimAnnotation,
  type FeatureGates,
  type Pod,
  type ResourceClaim,
  type ResourceSlice,
  resourceClaims,
  resourceSlices,
} from '../../resources/index.ts'
import { classesByResource } from './extended.ts'
import { type DeviceMeasures, deviceMeasures } from './measures.ts'
import type { DeviceFeatures, DeviceView } from './shapes.ts'
import { TaintRules } from './taint-rules.ts'
import { Taken } from './taken.ts'

/** A claim as it will be once the API shows what was decided. */
interface Pending {
  readonly claim: ResourceClaim
  /** The revision it was written at; undefined: it is not written yet. */
  readonly revision?: number
}
const selectionsKeptMax = 1000
const revisionOf = ({ metadata }: ResourceClaim) => Number(metadata.resourceVersion)

/** The features of a cluster, so far as they are about devices. */
export function deviceFeatures({ enabled }: Pick<FeatureGates, 'enabled'>): DeviceFeatures {
  return {
    adminAccess: enabled('DRAAdminAccess'),
    prioritizedList: enabled('DRAPrioritizedList'),
    partitionableDevices: enabled('DRAPartitionableDevices'),
    deviceTaints: enabled('DRADeviceTaints'),
    bindingConditions: enabled('DRADeviceBindingConditions') && enabled('DRAResourceClaimDeviceStatus'),
    consumableCapacity: enabled('DRAConsumableCapacity'),
    extendedResources: enabled('DRAExtendedResource'),
  }
}

export interface DeviceBookParts {
  readonly metrics: Metrics
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  readonly gates: Pick<FeatureGates, 'enabled'>
}

/**
 * The caches of claims, classes and slices, and above them what was decided and is not seen yet. Invariants:
 * 1. What is taken is the sum over every claim once: as it was decided while that is not seen, and as the cache has it else.
 * 2. A decision counts until it is given up, or the cache has shown the revision it was written at.
 */
export class DeviceBook implements DeviceView {
  readonly features: DeviceFeatures
  readonly clock: Clock
  readonly random: Random
  readonly measures: DeviceMeasures
  readonly taken: Taken
  readonly #informers: Informers
  readonly #rules: TaintRules
  readonly #slicesOnNode = new Map<string, Set<ResourceSlice>>()
  readonly #slicesElsewhere = new Set<ResourceSlice>()
  readonly #slicesOfPool = new Map<string, Set<ResourceSlice>>()
  readonly #pending = new Map<string, Pending>()
  readonly #selections = new Map<string, DeviceSelection>()
  #select: ((expression: string) => DeviceSelection) | undefined
  readonly #follows: Disposable[] = []
  #classesByResource: ReadonlyMap<string, string> | undefined

  constructor({ informers, clock, random, gates, metrics }: DeviceBookParts) {
    this.measures = deviceMeasures(metrics)
    this.#informers = informers
    this.clock = clock
    this.random = random
    this.features = deviceFeatures(gates)
    this.taken = new Taken(this.features)
    this.#rules = new TaintRules(informers, gates.enabled('DRADeviceTaintRules') && this.features.deviceTaints)
  }

  /** Follows what there is until disposed; told whenever other resources may be backed by devices than before. */
  follow(resourcesChanged: () => void): Disposable {
    const life = new AbortController()
    this.#follows.push(
      this.#informers.of(resourceSlices).subscribe((next, previous) => {
        if (next === previous) return
        if (previous !== undefined) this.#moveSlice(previous, 'delete')
        if (next !== undefined) this.#moveSlice(next, 'add')
      }),
      this.#informers.of(resourceClaims).subscribe((next, previous) => this.#claimChanged(next, previous)),
      this.#rules.follow(),
    )
    this.#follows.push(
      this.#informers.of(deviceClasses).subscribe(() => {
        this.#classesByResource = undefined
        if (!this.features.extendedResources) return
        if (this.isReady) resourcesChanged()
        else this.ready(life.signal).then(resourcesChanged, () => {})
      }),
    )
    return {
      [Symbol.dispose]: () => {
        life.abort()
        for (const one of this.#follows) one[Symbol.dispose]()
      },
    }
  }

  /** Whether everything is known, and selectors can be evaluated. */
  get isReady(): boolean {
    return this.#select !== undefined && [resourceSlices, resourceClaims, deviceClasses].every(this.#isSynced)
  }
  readonly #isSynced = (kind: Parameters<Informers['of']>[0]) => this.#informers.of(kind).hasSynced

  /** Resolves once it is ready. What evaluates selectors is loaded only now: most clusters have no devices. */
  async ready(signal: AbortSignal): Promise<void> {
    const [{ deviceSelection }] = await Promise.all([
      import('../../machinery/cel/index.ts'),
      this.#informers.of(resourceSlices).synced(signal),
      this.#informers.of(resourceClaims).synced(signal),
      this.#informers.of(deviceClasses).synced(signal),
    ])
    this.#select = deviceSelection
  }

  /** Has these slices be there as well, until disposed. */
  lend(slices: readonly ResourceSlice[]): Disposable {
    for (const slice of slices) this.#moveSlice(slice, 'add')
    return {
      [Symbol.dispose]: () => {
        for (const slice of slices) this.#moveSlice(slice, 'delete')
      },
    }
  }
  slicesFor(nodeName: string): readonly ResourceSlice[] {
    return [...(this.#slicesOnNode.get(nodeName) ?? []), ...this.#slicesElsewhere].map(this.#rules.applied)
  }
  slicesOf(driver: string, pool: string): readonly ResourceSlice[] {
    return [...(this.#slicesOfPool.get(`${driver}/${pool}`) ?? [])].map(this.#rules.applied)
  }
  classOf(name: string) {
    return this.#informers.of(deviceClasses).get({ name })
  }
  /** The class whose devices stand for a resource. Before everything is known none does. */
  classForResource(name: string): string | undefined {
    if (!this.features.extendedResources || !this.isReady) return undefined
    this.#classesByResource ??= classesByResource(this.classes())
    return this.#classesByResource.get(name)
  }
  /** Every class there is. */
  classes() {
    return this.#informers.of(deviceClasses).list()
  }
  selection(expression: string): DeviceSelection {
    const known = this.#selections.get(expression)
    if (known !== undefined) return known
    if (this.#selections.size >= selectionsKeptMax) this.#selections.clear()
    const made = this.#select!(expression)
    this.#selections.set(expression, made)
    return made
  }

  /** A claim as it was last written or seen. */
  claim(namespace: string, name: string): ResourceClaim | undefined {
    const seen = this.#informers.of(resourceClaims).get({ namespace, name })
    if (seen === undefined) return undefined
    const pending = this.#pending.get(seen.metadata.uid)
    return pending?.revision === undefined ? seen : pending.claim
  }
  /** Whether devices for the claim are decided and not written yet. */
  isBeingAllocated(uid: string): boolean {
    const pending = this.#pending.get(uid)
    return pending !== undefined && pending.revision === undefined
  }
  /** The allocation that was decided for a claim and is not written yet. */
  decided(uid: string): AllocationResult | undefined {
    return this.isBeingAllocated(uid) ? this.#pending.get(uid)?.claim.status.allocation : undefined
  }

  /** Counts devices as taken by a claim, until disposed or seen. */
  decide(claim: ResourceClaim, allocation: AllocationResult): Disposable {
    const { uid } = claim.metadata
    const pending: Pending = { claim: { ...claim, status: { ...claim.status, allocation } } }
    this.#pending.set(uid, pending)
    this.taken.count(pending.claim)
    return {
      [Symbol.dispose]: () => {
        if (this.#pending.get(uid) !== pending) return
        this.#pending.delete(uid)
        const { namespace = '', name } = claim.metadata
        const seen = this.#informers.of(resourceClaims).get({ namespace, name })
        if (seen?.metadata.uid === uid) this.taken.count(seen)
        else this.taken.uncount(uid)
      },
    }
  }
  /** A claim was written: it counts as it is now, from before it is seen. */
  written(claim: ResourceClaim): void {
    const { uid, namespace = '', name } = claim.metadata
    const seen = this.#informers.of(resourceClaims).get({ namespace, name })
    if (seen === undefined || seen.metadata.uid !== uid || revisionOf(seen) >= revisionOf(claim)) {
      this.#pending.delete(uid)
      if (seen?.metadata.uid === uid) this.taken.count(seen)
      return
    }
    this.#pending.set(uid, { claim, revision: revisionOf(claim) })
    this.taken.count(claim)
  }
  /** The claim that was made for the extended resources of a pod. */
  extendedClaimOf({ metadata }: Pod): ResourceClaim | undefined {
    return this.#informers
      .of(resourceClaims)
      .by('controller', metadata.uid)
      .find((claim) => claim.metadata.annotations?.[extendedClaimAnnotation] === 'true')
  }
  /** Resolves once the cache shows a claim that was just written. */
  async seen({ metadata }: ResourceClaim, signal: AbortSignal): Promise<void> {
    const isSeen = () => {
      const known = this.#informers.of(resourceClaims).get({ namespace: metadata.namespace ?? '', name: metadata.name })
      return known !== undefined && Number(known.metadata.resourceVersion) >= Number(metadata.resourceVersion)
    }
    while (!isSeen() && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const end = () => {
          following[Symbol.dispose]()
          signal.removeEventListener('abort', end)
          resolve()
        }
        const following = this.followClaims(() => {
          if (isSeen()) end()
        })
        signal.addEventListener('abort', end, { once: true })
      })
    }
    signal.throwIfAborted()
  }
  /** Told whenever a claim changes. */
  followClaims(changed: () => void): Disposable {
    return this.#informers.of(resourceClaims).subscribe(changed)
  }

  #claimChanged(next: ResourceClaim | undefined, previous: ResourceClaim | undefined): void {
    if (previous !== undefined && next?.metadata.uid !== previous.metadata.uid) {
      this.#pending.delete(previous.metadata.uid)
      this.taken.uncount(previous.metadata.uid)
    }
    if (next === undefined) return
    const pending = this.#pending.get(next.metadata.uid)
    if (pending !== undefined) {
      const isSeen = pending.revision !== undefined && revisionOf(next) >= pending.revision
      // Somebody else may have written it as well: what was decided holds until it turns out not to.
      if (!isSeen) return
      this.#pending.delete(next.metadata.uid)
    }
    this.taken.count(next)
  }

  #moveSlice(slice: ResourceSlice, how: 'add' | 'delete'): void {
    const { driver, pool, nodeName = '', sharedCounters = [] } = slice.spec
    const isOnNode = nodeName !== '' && sharedCounters.length === 0
    if (isOnNode) move(this.#slicesOnNode, nodeName, slice, how)
    else this.#slicesElsewhere[how](slice)
    move(this.#slicesOfPool, `${driver}/${pool.name}`, slice, how)
  }
}

function move<T>(sets: Map<string, Set<T>>, key: string, one: T, how: 'add' | 'delete'): void {
  const known = sets.get(key) ?? new Set()
  known[how](one)
  if (known.size === 0) sets.delete(key)
  else sets.set(key, known)
}
