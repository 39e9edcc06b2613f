import { addQuantities, parseQuantity, type Quantity, subtractQuantities } from '../../machinery/index.ts'
import type { ResourceClaim } from '../../resources/index.ts'
import { type DeviceFeatures, deviceId, type TakenDevices } from './shapes.ts'

/** What claims have of devices: the sum over those that are counted, each once. */
export class Taken implements TakenDevices {
  readonly #features: DeviceFeatures
  readonly #counted = new Map<string, ResourceClaim>()
  readonly #takers = new Map<string, number>()
  readonly #consumers = new Map<string, { count: number; readonly of: Map<string, Quantity> }>()

  constructor(features: DeviceFeatures) {
    this.#features = features
  }

  isTaken(id: string): boolean {
    return (this.#takers.get(id) ?? 0) > 0
  }
  consumed(id: string): ReadonlyMap<string, Quantity> | undefined {
    return this.#consumers.get(id)?.of
  }

  /** Counts a claim, in place of what was counted of it before. */
  count(claim: ResourceClaim): void {
    this.uncount(claim.metadata.uid)
    this.#counted.set(claim.metadata.uid, claim)
    this.#move(claim, 1)
  }
  uncount(uid: string): void {
    const counted = this.#counted.get(uid)
    if (counted === undefined) return
    this.#counted.delete(uid)
    this.#move(counted, -1)
  }

  #move({ status }: ResourceClaim, by: 1 | -1): void {
    for (const one of status?.allocation?.devices?.results ?? []) {
      // Kubernetes: who looks after a device takes nothing of it.
      if (one.adminAccess === true) continue
      const id = deviceId(one.driver, one.pool, one.device)
      if (one.shareID === undefined || !this.#features.consumableCapacity) {
        const takers = (this.#takers.get(id) ?? 0) + by
        if (takers === 0) this.#takers.delete(id)
        else this.#takers.set(id, takers)
        continue
      }
      const consumers = this.#consumers.get(id) ?? { count: 0, of: new Map() }
      this.#consumers.set(id, consumers)
      consumers.count += by
      for (const [name, text] of Object.entries(one.consumedCapacity ?? {})) {
        const amount = parseQuantity(text)
        const known = consumers.of.get(name)
        if (by === 1) consumers.of.set(name, known === undefined ? amount : addQuantities(known, amount))
        else if (known !== undefined) consumers.of.set(name, subtractQuantities(known, amount))
      }
      if (consumers.count === 0) this.#consumers.delete(id)
    }
  }
}
