import type { Informers } from '../../client/index.ts'
import { type DeviceTaintRule, deviceTaintRules, type ResourceSlice, ruleTaints } from '../../resources/index.ts'

/** Taints that rules add to devices, whatever their drivers say of them. */
export class TaintRules {
  readonly #informers: Informers
  readonly #isOn: boolean
  #applied = new WeakMap<ResourceSlice, ResourceSlice>()

  constructor(informers: Informers, isOn: boolean) {
    this.#informers = informers
    this.#isOn = isOn
  }

  follow(): Disposable {
    if (!this.#isOn) return { [Symbol.dispose]() {} }
    return this.#informers.of(deviceTaintRules).subscribe(() => {
      this.#applied = new WeakMap()
    })
  }

  /** A slice with the taints that rules add to its devices. */
  readonly applied = (slice: ResourceSlice): ResourceSlice => {
    if (!this.#isOn) return slice
    const known = this.#applied.get(slice)
    if (known !== undefined) return known
    const rules = this.#informers
      .of(deviceTaintRules)
      .list()
      .filter((rule) => concerns(rule, slice))
    const patched = rules.length === 0 ? slice : withTaints(slice, rules)
    this.#applied.set(slice, patched)
    return patched
  }
}

function concerns({ spec }: DeviceTaintRule, slice: ResourceSlice): boolean {
  const { driver, pool } = spec.deviceSelector ?? {}
  return (
    spec.deviceSelector !== undefined &&
    (driver === undefined || driver === slice.spec.driver) &&
    (pool === undefined || pool === slice.spec.pool.name)
  )
}

function withTaints(slice: ResourceSlice, rules: readonly DeviceTaintRule[]): ResourceSlice {
  const { driver, pool } = slice.spec
  const devices = (slice.spec.devices ?? []).map((device) => {
    const added = rules.filter((rule) => ruleTaints(rule, { driver, pool: pool.name, device: device.name }))
    return added.length === 0
      ? device
      : { ...device, taints: [...(device.taints ?? []), ...added.map(({ spec }) => spec.taint)] }
  })
  return { ...slice, spec: { ...slice.spec, devices } } as ResourceSlice
}
