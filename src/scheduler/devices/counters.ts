import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  subtractQuantities,
} from '../../machinery/index.ts'
import type { Device } from '../../resources/index.ts'
import { deviceId, type FoundDevice, type Pool, type TakenDevices } from './shapes.ts'

/** Counters that devices of a pool draw on together: what is left of them, and what is being taken. */
export class Counters {
  readonly #taken: TakenDevices
  /** By pool, by `set/counter`. */
  readonly #left = new Map<Pool, Map<string, Quantity>>()

  constructor(taken: TakenDevices) {
    this.#taken = taken
  }

  /** Takes what a device needs, or says that it is not there. */
  take({ pool, device }: FoundDevice): boolean {
    const left = this.#of(pool)
    move(left, device, subtractQuantities)
    const isEnough = needsOf(device).every(([key]) => compareQuantities(left.get(key) ?? zero, zero) >= 0)
    if (!isEnough) move(left, device, addQuantities)
    return isEnough
  }

  giveBack({ pool, device }: FoundDevice): void {
    move(this.#of(pool), device, addQuantities)
  }

  #of(pool: Pool): Map<string, Quantity> {
    const known = this.#left.get(pool)
    if (known !== undefined) return known
    const left = new Map<string, Quantity>()
    for (const [set, counters] of pool.counterSets)
      for (const [name, { value }] of Object.entries(counters)) left.set(`${set}/${name}`, parseQuantity(value))
    for (const { spec } of [...pool.slices, ...pool.otherSlices])
      for (const device of spec.devices ?? []) {
        const id = deviceId(spec.driver, spec.pool.name, device.name)
        if (this.#taken.isTaken(id) || this.#taken.consumed(id) !== undefined) move(left, device, subtractQuantities)
      }
    this.#left.set(pool, left)
    return left
  }
}

const zero = parseQuantity('0')

function needsOf({ consumesCounters = [] }: Device): readonly (readonly [key: string, amount: Quantity])[] {
  return consumesCounters.flatMap(({ counterSet, counters }) =>
    Object.entries(counters).map(([name, { value }]) => [`${counterSet}/${name}`, parseQuantity(value)] as const),
  )
}

function move(left: Map<string, Quantity>, device: Device, by: (a: Quantity, b: Quantity) => Quantity): void {
  for (const [key, amount] of needsOf(device)) {
    const known = left.get(key)
    if (known !== undefined) left.set(key, by(known, amount))
  }
}
