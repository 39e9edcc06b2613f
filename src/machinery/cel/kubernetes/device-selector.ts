/** Selectors of devices: what expressions of DeviceClasses and claims see of a device, and whether they hold for one. */
import { parseQuantity } from '../../quantity/quantity.ts'
import type { SizeEstimator } from '../cost/estimate.ts'
import type { Program } from '../environment.ts'
import { type DeclType, mapDeclType, objectDeclType, simpleDecls, structsOf } from '../schema/decl-type.ts'
import { anyType, boolType, structType } from '../types/type.ts'
import { mapFrom } from '../values/map.ts'
import { intOf, isError, MapValue, ObjectValue, type Value } from '../values/value.ts'
import { kubernetesEnvironment } from './environment.ts'
import { QuantityValue } from './quantities.ts'
import { versionOf } from './versions.ts'

/** Kubernetes: what one selector may cost, foreseen and measured. */
export const deviceSelectorCostMax = 1_000_000

/** A device as selectors see it; names without a domain are in the driver's. */
export interface SelectedDevice {
  readonly driver: string
  readonly allowMultipleAllocations?: boolean
  readonly attributes?: Readonly<Record<string, SelectedAttribute>>
  readonly capacity?: Readonly<Record<string, { readonly value: string }>>
}
export interface SelectedAttribute {
  readonly int?: number
  readonly bool?: boolean
  readonly string?: string
  readonly version?: string
}
/** A selector, or why it is none. */
export type DeviceSelection =
  | {
      readonly ok: true
      /** What it may cost at most. */
      readonly costMax: bigint | number
      /** Whether it holds for a device; throws in CEL's words. */
      matches(device: SelectedDevice): boolean
    }
  | { readonly ok: false; readonly problem: string }

const bounded = (decl: DeclType, maxElements: number): DeclType => ({ ...decl, maxElements })
const attributesMax = 32
const attribute: DeclType = { type: anyType, minSerializedSize: 0, maxElements: 64 }
const quantity: DeclType = { type: structType('kubernetes.Quantity'), minSerializedSize: 8, maxElements: 0 }
const keyed = (element: DeclType, keyMax: number) => ({
  ...mapDeclType(element, attributesMax),
  key: bounded(simpleDecls.string, keyMax),
})
const deviceDecl = objectDeclType('kubernetes.DRADevice', {
  driver: bounded(simpleDecls.string, 63),
  allowMultipleAllocations: bounded(simpleDecls.bool, 1),
  attributes: keyed(keyed(attribute, 32), 63),
  capacity: keyed(keyed(quantity, 32), 63),
})
const environment = kubernetesEnvironment.extend({
  variables: { device: deviceDecl.type },
  structs: structsOf([deviceDecl]),
  bindings: true,
})
/** Kubernetes: members of a map of attributes may be named as fields are. */
const sizeOf: SizeEstimator = ({ path }) => {
  if (path === undefined || path[0] !== 'device') return undefined
  let decl: DeclType | undefined = deviceDecl
  for (const part of path.slice(1)) {
    if (part === '@items' || part === '@values') decl = decl?.element
    else if (part === '@keys') decl = decl?.key
    else decl = decl?.fields?.get(part) ?? (decl?.element === attribute ? attribute : undefined)
    if (decl === undefined) return undefined
  }
  return { min: 0, max: decl.maxElements }
}

/** A selector's expression, checked. */
export function deviceSelection(expression: string): DeviceSelection {
  const compiled = environment.compile(expression)
  if (!compiled.ok) return { ok: false, problem: `compilation failed: ${compiled.issues}` }
  if (compiled.type !== boolType && compiled.type !== anyType)
    return { ok: false, problem: `must evaluate to bool or the unknown type, not ${compiled.type.text}` }
  const program = compiled.program()
  if ('problem' in program) return { ok: false, problem: `program instantiation failed: ${program.problem}` }
  return {
    ok: true,
    costMax: compiled.estimate(sizeOf).max,
    matches: (device) => holds(program, device),
  }
}

function holds(program: Program, device: SelectedDevice): boolean {
  const outcome = program.evaluate({ device: new DeviceValue(device) }, { costMax: deviceSelectorCostMax })
  if (!outcome.ok) throw new Error(outcome.message)
  if (typeof outcome.value === 'boolean') return outcome.value
  throw new Error(
    `CEL result could not be converted to bool: type conversion error from '${typeof outcome.value}' to 'bool'`,
  )
}

/** A map of maps in which a domain that is not there is empty. */
class DomainsValue extends MapValue {
  readonly #domains: ReadonlyMap<string, MapValue>
  constructor(domains: ReadonlyMap<string, MapValue>) {
    super()
    this.#domains = domains
  }
  get size(): number {
    return this.#domains.size
  }
  find(key: Value): Value | undefined {
    return (typeof key === 'string' ? this.#domains.get(key) : undefined) ?? nothing
  }
  keys(): readonly Value[] {
    return [...this.#domains.keys()]
  }
}
const nothing = mapFrom([])

class DeviceValue extends ObjectValue {
  readonly type = deviceDecl.type
  readonly #device: SelectedDevice
  constructor(device: SelectedDevice) {
    super()
    this.#device = device
  }
  equals(other: Value): boolean {
    return other === this
  }
  override field(name: string): Value | undefined {
    const { driver, allowMultipleAllocations = false, attributes, capacity } = this.#device
    if (name === 'driver') return driver
    if (name === 'allowMultipleAllocations') return allowMultipleAllocations
    if (name === 'attributes') return domainsOf(attributes, driver, attributeValue)
    if (name === 'capacity')
      return domainsOf(capacity, driver, (_, { value }) => new QuantityValue(parseQuantity(value)))
    return undefined
  }
}

function domainsOf<T>(
  members: Readonly<Record<string, T>> | undefined,
  driver: string,
  toValue: (name: string, member: T) => Value,
): DomainsValue {
  const domains = new Map<string, ReturnType<typeof mapFrom>>()
  for (const [name, member] of Object.entries(members ?? {})) {
    const slash = name.indexOf('/')
    const [domain, id] = slash < 0 ? [driver, name] : [name.slice(0, slash), name.slice(slash + 1)]
    const known = domains.get(domain) ?? mapFrom([])
    domains.set(domain, known)
    known.set(id, toValue(name, member))
  }
  return new DomainsValue(domains)
}

function attributeValue(name: string, { int, bool, string, version }: SelectedAttribute): Value {
  if (int !== undefined) return intOf(BigInt(int))
  if (bool !== undefined) return bool
  if (string !== undefined) return string
  if (version === undefined) throw new Error(`attribute ${name}: unsupported attribute value`)
  const value = versionOf(version, { normalize: false })
  if (isError(value)) throw new Error(`attribute ${name}: parse semantic version: ${value.message}`)
  return value
}
