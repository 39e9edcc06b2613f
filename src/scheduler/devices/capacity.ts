import { addQuantities, compareQuantities, parseQuantity, type Quantity, quantityOf } from '../../machinery/index.ts'
import type { Device, DeviceCapacity } from '../../resources/index.ts'

type Requests = Readonly<Record<string, string>> | undefined
type Consumed = ReadonlyMap<string, Quantity> | undefined
const nanosPerOne = 1_000_000_000n
/** A quantity as a whole number, rounded up. */
const whole = ({ nanos }: Quantity): bigint => {
  const up = nanos > 0n && nanos % nanosPerOne !== 0n ? 1n : 0n
  return nanos / nanosPerOne + up
}

/**
 * Whether a device has what a request asks for besides what is consumed of it already. What is not asked for counts as the
 * policy's default, or all there is; what is asked for is rounded up as the policy says.
 */
export function hasCapacity(device: Device, requests: Requests, consumed: Consumed, consuming: Consumed): boolean {
  const { capacity = {} } = device
  for (const name in requests) if (capacity[name] === undefined) return false
  for (const [name, one] of Object.entries(capacity)) {
    const asked = consumptionOf(one, requests?.[name])
    if (breaksPolicy(asked, one.requestPolicy)) return false
    const before = [consumed?.get(name), consuming?.get(name)].filter((amount) => amount !== undefined)
    const total = before.reduce(addQuantities, asked)
    if (compareQuantities(total, parseQuantity(one.value)) > 0) return false
  }
  return true
}

/** What a request takes of a device that several may share. */
export function consumptionOfDevice({ capacity = {} }: Device, requests: Requests): ReadonlyMap<string, Quantity> {
  return new Map(Object.entries(capacity).map(([name, one]) => [name, consumptionOf(one, requests?.[name])]))
}

function consumptionOf({ value, requestPolicy }: DeviceCapacity, asked: string | undefined): Quantity {
  if (asked === undefined) return parseQuantity(requestPolicy?.default ?? value)
  const amount = parseQuantity(asked)
  const { validRange, validValues } = requestPolicy ?? {}
  if (validRange?.min !== undefined) {
    const min = parseQuantity(validRange.min)
    if (compareQuantities(amount, min) < 0) return min
    if (validRange.step === undefined) return amount
    const step = whole(parseQuantity(validRange.step))
    const above = whole(amount) - whole(min)
    const steps = above / step + (above % step === 0n ? 0n : 1n)
    return quantityOf(whole(min) + step * steps, 'BinarySI')
  }
  const larger = validValues?.map(parseQuantity).find((one) => compareQuantities(amount, one) <= 0)
  return larger ?? amount
}

function breaksPolicy(amount: Quantity, policy: DeviceCapacity['requestPolicy']): boolean {
  if (policy === undefined) return false
  if (policy.default !== undefined && compareQuantities(amount, parseQuantity(policy.default)) === 0) return false
  const { validRange, validValues = [] } = policy
  if (validRange !== undefined) {
    const { min, max, step } = validRange
    if (max !== undefined && compareQuantities(amount, parseQuantity(max)) > 0) return true
    if (step === undefined) return false
    return (whole(amount) - whole(parseQuantity(min ?? '0'))) % whole(parseQuantity(step)) !== 0n
  }
  return validValues.length > 0 && validValues.every((one) => compareQuantities(amount, parseQuantity(one)) !== 0)
}
