import { addQuantities, parseQuantity, type Quantity, quantityText, subtractQuantities } from '../quantity/quantity.ts'

/** Amounts by resource name, as ResourceQuota counts them. */
export type Usage = Map<string, Quantity>

/** The amounts a ResourceList states. */
export function usageOfList(list: Readonly<Record<string, string>> | undefined): Usage {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]))
}

/** The same as a ResourceList, names in order. */
export function listOfUsage(usage: Usage): Record<string, string> {
  const names = [...usage.keys()].sort()
  return Object.fromEntries(names.map((name) => [name, quantityText(usage.get(name)!)]))
}

export function addUsage(left: Usage, right: Usage): Usage {
  const sum = new Map(left)
  for (const [name, amount] of right) {
    const known = sum.get(name)
    sum.set(name, known === undefined ? amount : addQuantities(known, amount))
  }
  return sum
}

/** What of left is beyond right; never below zero. */
export function usageBeyond(left: Usage, right: Usage): Usage {
  const rest = new Map(left)
  for (const [name, amount] of left) {
    const taken = right.get(name)
    if (taken === undefined) continue
    const difference = subtractQuantities(amount, taken)
    rest.set(name, difference.nanos < 0n ? { ...difference, nanos: 0n } : difference)
  }
  return rest
}

/** Only the amounts that have one of the names. */
export function maskUsage(usage: Usage, names: ReadonlySet<string>): Usage {
  return new Map([...usage].filter(([name]) => names.has(name)))
}

/** Only the amounts that are not zero. */
export function withoutZeros(usage: Usage): Usage {
  return new Map([...usage].filter(([, { nanos }]) => nanos !== 0n))
}

export function sameUsage(left: Usage, right: Usage): boolean {
  return left.size === right.size && [...left].every(([name, { nanos }]) => right.get(name)?.nanos === nanos)
}

/** `cpu=1,memory=1Gi`: amounts as Kubernetes' refusals show them. */
export function usageText(usage: Usage): string {
  return Object.entries(listOfUsage(usage))
    .map(([name, text]) => `${name}=${text}`)
    .join(',')
}
