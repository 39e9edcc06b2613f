import type { DeviceClaim, DeviceConstraint } from '../../resources/index.ts'
import { AllocationError, type FoundDevice } from './shapes.ts'

/** Something that the devices of a claim must have in common, or must differ in. */
export interface Constraint {
  /** Counts a device in, or says that it would break the constraint. */
  add(request: RequestNames, device: FoundDevice): boolean
  /** Takes back the device that was counted in last for the request. */
  remove(request: RequestNames): void
}
/** A request's name, and with that of its alternative. */
export interface RequestNames {
  readonly name: string
  readonly full: string
}
type Attribute = Readonly<Record<string, string | number | boolean>>

/** The constraints of a claim; `about` names it in errors. */
export function constraintsOf({ constraints = [] }: DeviceClaim, about: string): readonly Constraint[] {
  return constraints.map((one, index) => {
    if (one.matchAttribute !== undefined) return attributeConstraint(one, one.matchAttribute, same)
    if (one.distinctAttribute !== undefined) return attributeConstraint(one, one.distinctAttribute, distinct)
    throw new AllocationError(`claim ${about}, constraint #${index}: empty constraint (unsupported constraint type?)`)
  })
}

type Allows = (known: readonly Attribute[], next: Attribute) => boolean
const equal = (left: Attribute, right: Attribute) => {
  const [kind = ''] = Object.keys(right)
  return left[kind] !== undefined && left[kind] === right[kind]
}
const same: Allows = ([first], next) => first === undefined || equal(first, next)
// Unlike Kubernetes: each device of a request is told from all before it, not only from the last.
const distinct: Allows = (known, next) => known.every((one) => !equal(one, next))

function attributeConstraint({ requests = [] }: DeviceConstraint, name: string, allows: Allows): Constraint {
  const known: Attribute[] = []
  const concerns = (request: RequestNames) =>
    requests.length === 0 || requests.includes(request.name) || requests.includes(request.full)
  return {
    add(request, device) {
      if (!concerns(request)) return true
      const attribute = attributeOf(device, name)
      if (attribute === undefined || !allows(known, attribute)) return false
      known.push(attribute)
      return true
    },
    remove(request) {
      if (concerns(request)) known.pop()
    },
  }
}

/** Kubernetes: an attribute of the driver's own domain may be written without it. */
function attributeOf({ device, driver }: FoundDevice, name: string): Attribute | undefined {
  const attributes = (device.attributes ?? {}) as Readonly<Record<string, Attribute>>
  if (attributes[name] !== undefined) return attributes[name]
  const slash = name.indexOf('/')
  return slash >= 0 && name.slice(0, slash) === driver ? attributes[name.slice(slash + 1)] : undefined
}
