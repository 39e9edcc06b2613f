import { addQuantities, type Quantity, subtractQuantities } from '../../machinery/index.ts'
import { type AllocationResult, type Node, type ResourceClaim, toleratesDeviceTaint } from '../../resources/index.ts'
import { allocationOf, type GivenDevice } from './allocation.ts'
import { consumptionOfDevice, hasCapacity } from './capacity.ts'
import { type Constraint, constraintsOf } from './constraints.ts'
import { Counters } from './counters.ts'
import { isForNode, poolsFor } from './pools.ts'
import { type PlannedClaim, planned, type Wish } from './requests.ts'
import { AllocationError, type DeviceView, deviceId, devicesOfClaimMax, type FoundDevice, type Pool } from './shapes.ts'

export interface AllocateOptions {
  /** Names what a claim has of a device that it shares. */
  readonly newShareId: () => string
  /** Whether the search has taken too long; it is then given up. */
  readonly isLate: () => boolean
}
/** Devices for each of the claims, in their order, or why there are none for them on the node. */
export type Allocated = { readonly results: readonly AllocationResult[] } | { readonly reason: string }

/**
 * Looks for devices on one node for all of the claims at once. Kubernetes: in order of pools, slices and devices, trying the
 * alternatives of a request from the first on, and going back where a choice leaves nothing for what comes later. Throws an
 * AllocationError where no node would do.
 */
export function allocateDevices(
  claims: readonly ResourceClaim[],
  node: Node,
  view: DeviceView,
  options: AllocateOptions,
): Allocated {
  const search = new Search(claims, node, view, options)
  if (!search.run())
    return { reason: search.hasInvalidPool ? 'invalid resource pools were encountered' : 'cannot allocate all claims' }
  return { results: search.claims.map((claim, at) => allocationOf(claim, search.given[at]!, node.metadata.name)) }
}

/** `tooMany`: the claim would have more devices than it may. */
type Outcome = 'done' | 'failed' | 'tooMany'
/** Where among pools, slices and devices to go on looking. */
interface Place {
  readonly pool: number
  readonly slice: number
  readonly device: number
}
const first: Place = { pool: 0, slice: 0, device: 0 }

class Search {
  readonly claims: readonly PlannedClaim[]
  readonly given: GivenDevice[][]
  readonly #node: Node
  readonly #view: DeviceView
  readonly #options: AllocateOptions
  readonly #pools: readonly Pool[]
  readonly #constraints: readonly (readonly Constraint[])[]
  readonly #counters: Counters
  readonly #suits = new Map<string, boolean>()
  /** Which claims are being given a device for themselves. */
  readonly #giving = new Map<string, Set<number>>()
  /** What is being taken of shared devices. */
  readonly #consuming = new Map<string, Map<string, Quantity>>()

  constructor(claims: readonly ResourceClaim[], node: Node, view: DeviceView, options: AllocateOptions) {
    this.#node = node
    this.#view = view
    this.#options = options
    this.#pools = poolsFor(node, view)
    this.#counters = new Counters(view.taken)
    const planning = { features: view.features, classOf: (name: string) => view.classOf(name) }
    this.claims = claims.map((claim) => planned(claim, planning))
    this.given = claims.map(() => [])
    for (const planned of this.claims) {
      for (const { wishes } of planned.requests)
        for (const wish of wishes) if (wish.takesAll) this.#findAll(planned, wish)
      const least = planned.requests.reduce((sum, { wishes }) => sum + Math.min(...wishes.map(({ count }) => count)), 0)
      if (least > devicesOfClaimMax)
        throw new AllocationError(
          `claim ${planned.about}: number of requested devices ${least} exceeds the claim limit of ${devicesOfClaimMax}`,
        )
    }
    this.#constraints = this.claims.map(({ claim, about }) => constraintsOf(claim.spec.devices ?? {}, about))
  }

  get hasInvalidPool(): boolean {
    return this.#pools.some(({ isInvalid }) => isInvalid)
  }

  run(): boolean {
    return this.#request(0, 0) === 'done'
  }

  #findAll(claim: PlannedClaim, wish: Wish): void {
    const found: FoundDevice[] = []
    for (const pool of this.#pools) {
      const state = pool.isIncomplete ? 'being updated' : pool.isInvalid ? 'invalid' : undefined
      if (state !== undefined)
        throw new AllocationError(
          `claim ${claim.about}, request ${ownName(wish)}: asks for all devices, but resource pool ${pool.driver}/${pool.name} is currently ${state}`,
        )
      for (const device of devicesOf(pool))
        if (this.#isSuitable(claim, wish, device) && this.#isEnough(wish, device)) found.push(device)
    }
    wish.all = found
    wish.count = found.length
  }

  #request(claimAt: number, requestAt: number): Outcome {
    if (this.#options.isLate())
      throw new AllocationError(`node ${this.#node.metadata.name}: timed out trying to allocate devices`)
    const claim = this.claims[claimAt]
    if (claim === undefined) return 'done'
    const request = claim.requests[requestAt]
    if (request === undefined) {
      const outcome = this.#request(claimAt + 1, 0)
      return outcome === 'tooMany' ? 'failed' : outcome
    }
    if (!request.hasAlternatives) return this.#devices(claimAt, requestAt, request.wishes[0]!, 0, first)
    let areAllTooMany = true
    for (const [index, wish] of request.wishes.entries()) {
      const outcome = this.#devices(claimAt, requestAt, wish, 0, first)
      if (outcome === 'tooMany') continue
      areAllTooMany = false
      if (outcome !== 'done') continue
      request.chosen = index
      return 'done'
    }
    return areAllTooMany ? 'tooMany' : 'failed'
  }

  /** Finds the device of a wish that comes next, and then all that comes after it. */
  #devices(claimAt: number, requestAt: number, wish: Wish, nth: number, from: Place): Outcome {
    if (wish.takesAll && wish.all.length === 0) return 'failed'
    if (nth >= wish.count) return this.#request(claimAt, requestAt + 1)
    if (this.given[claimAt]!.length + wish.count - nth > devicesOfClaimMax) return 'tooMany'
    if (wish.takesAll) {
      const undo = this.#give(claimAt, wish, wish.all[nth]!)
      if (undo === undefined) return 'failed'
      const outcome = this.#devices(claimAt, requestAt, wish, nth + 1, first)
      if (outcome !== 'done') undo()
      return outcome
    }
    for (const [device, next] of this.#devicesFrom(from)) {
      const isMine = this.#giving.get(device.id)?.has(claimAt) === true
      if (wish.isAdmin ? isMine : this.#isInUse(device.id)) continue
      if (!this.#isSuitable(this.claims[claimAt]!, wish, device) || !this.#isEnough(wish, device)) continue
      const undo = this.#give(claimAt, wish, device)
      if (undo === undefined) continue
      const outcome = this.#devices(claimAt, requestAt, wish, nth + 1, next)
      if (outcome === 'done') return outcome
      undo()
      if (outcome === 'tooMany') return outcome
    }
    return 'failed'
  }

  *#devicesFrom(from: Place): Generator<readonly [FoundDevice, Place]> {
    for (let pool = from.pool; pool < this.#pools.length; pool++) {
      const known = this.#pools[pool]!
      for (let slice = pool === from.pool ? from.slice : 0; slice < known.slices.length; slice++) {
        const { driver, devices = [] } = known.slices[slice]!.spec
        const start = pool === from.pool && slice === from.slice ? from.device : 0
        for (let device = start; device < devices.length; device++)
          yield [found(driver, known, known.slices[slice]!, device), { pool, slice, device: device + 1 }]
      }
    }
  }

  #isInUse(id: string): boolean {
    return this.#view.taken.isTaken(id) || (this.#giving.get(id)?.size ?? 0) > 0
  }

  /** Whether class, selectors and node allow the device. */
  #isSuitable({ about, claim }: PlannedClaim, wish: Wish, { id, driver, slice, device }: FoundDevice): boolean {
    if (!this.#view.features.bindingConditions && (device.bindingConditions ?? []).length > 0) return false
    const key = `${claim.metadata.uid} ${wish.names.full} ${id}`
    const known = this.#suits.get(key)
    if (known !== undefined) return known
    const seen = { driver, ...device } as never
    const suits =
      this.#matches(wish.class.spec.selectors, seen, `class ${wish.className}`) &&
      this.#matches(wish.asks.selectors, seen, `claim ${about}`) &&
      (slice.spec.perDeviceNodeSelection !== true || isForNode(device, this.#node))
    this.#suits.set(key, suits)
    return suits
  }

  #matches(
    selectors: readonly { readonly cel?: { readonly expression: string } }[] = [],
    device: never,
    about: string,
  ): boolean {
    return selectors.every(({ cel }, index) => {
      const selection = this.#view.selection(cel?.expression ?? '')
      if (!selection.ok)
        throw new AllocationError(`${about}: selector #${index}: CEL compile error: ${selection.problem}`)
      try {
        return selection.matches(device)
      } catch (error) {
        throw new AllocationError(`${about}: selector #${index}: CEL runtime error: ${(error as Error).message}`)
      }
    })
  }

  #isEnough({ asks }: Wish, { id, device }: FoundDevice): boolean {
    if (!this.#view.features.consumableCapacity) return true
    return hasCapacity(device, asks.capacity?.requests, this.#view.taken.consumed(id), this.#consuming.get(id))
  }

  /** Gives a device to a claim; answers how to take it back, or undefined when it cannot be given. */
  #give(claimAt: number, wish: Wish, found: FoundDevice): (() => void) | undefined {
    const { features, taken } = this.#view
    const { id, device } = found
    const { about } = this.claims[claimAt]!
    const isShared = features.consumableCapacity && device.allowMultipleAllocations === true
    if (!isShared && wish.isAdmin && this.#giving.get(id)?.has(claimAt) === true) return undefined
    if (!wish.isAdmin && this.#isInUse(id)) return undefined
    const needsCounters = (device.consumesCounters ?? []).length > 0
    if (needsCounters && !features.partitionableDevices) return undefined
    if (features.deviceTaints && !isTolerated(device.taints, wish.asks.tolerations)) return undefined
    if (!this.#isEnough(wish, found)) return undefined
    const undo: (() => void)[] = []
    const back = () => {
      for (const one of undo.toReversed()) one()
    }
    // Whoever shares a device draws on its counters once.
    const isCounted = isShared && (taken.consumed(id) !== undefined || this.#consuming.has(id))
    if (needsCounters && !isCounted) {
      if (!this.#counters.take(found)) return undefined
      undo.push(() => this.#counters.giveBack(found))
    }
    for (const constraint of this.#constraints[claimAt]!) {
      if (!constraint.add(wish.names, found)) {
        back()
        if (!wish.takesAll) return undefined
        throw new AllocationError(
          `claim ${about}, request ${ownName(wish)}: cannot add device ${id} because a claim constraint would not be satisfied`,
        )
      }
      undo.push(() => constraint.remove(wish.names))
    }
    undo.push(isShared ? this.#consume(claimAt, wish, found) : this.#keep(claimAt, wish, found))
    return back
  }

  #keep(claimAt: number, wish: Wish, found: FoundDevice): () => void {
    const holders = this.#giving.get(found.id) ?? new Set()
    this.#giving.set(found.id, holders)
    holders.add(claimAt)
    this.given[claimAt]!.push({ wish, found })
    return () => {
      this.given[claimAt]!.pop()
      holders.delete(claimAt)
    }
  }

  #consume(claimAt: number, wish: Wish, found: FoundDevice): () => void {
    const consumed = consumptionOfDevice(found.device, wish.asks.capacity?.requests)
    const before = this.#consuming.get(found.id)
    this.#consuming.set(found.id, combined(before, consumed, addQuantities))
    this.given[claimAt]!.push({ wish, found, shareId: this.#options.newShareId(), consumed })
    return () => {
      this.given[claimAt]!.pop()
      if (before === undefined) this.#consuming.delete(found.id)
      else this.#consuming.set(found.id, combined(this.#consuming.get(found.id), consumed, subtractQuantities))
    }
  }
}

const ownName = ({ names }: Wish) => names.full.slice(names.full.lastIndexOf('/') + 1)

function found(driver: string, pool: Pool, slice: FoundDevice['slice'], at: number): FoundDevice {
  const device = slice.spec.devices![at]!
  return { id: deviceId(driver, pool.name, device.name), driver, pool, slice, device }
}

function* devicesOf(pool: Pool): Generator<FoundDevice> {
  for (const slice of pool.slices)
    for (let at = 0; at < (slice.spec.devices ?? []).length; at++) yield found(pool.driver, pool, slice, at)
}

function isTolerated(
  taints: FoundDevice['device']['taints'] = [],
  tolerations: Wish['asks']['tolerations'] = [],
): boolean {
  return taints.every(
    (taint) =>
      (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') ||
      tolerations.some((one) => toleratesDeviceTaint(one, taint)),
  )
}

function combined(
  before: ReadonlyMap<string, Quantity> | undefined,
  with_: ReadonlyMap<string, Quantity>,
  how: (a: Quantity, b: Quantity) => Quantity,
): Map<string, Quantity> {
  const sum = new Map(before)
  for (const [name, amount] of with_) {
    const known = sum.get(name)
    sum.set(name, known === undefined ? amount : how(known, amount))
  }
  return sum
}
