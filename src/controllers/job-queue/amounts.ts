import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  podRequests,
  type Quantity,
  quantityOf,
  quantityText,
  subtractQuantities,
} from '../../machinery/index.ts'
import type { Job } from '../../resources/index.ts'

/** Amounts by resource. */
export type Amounts = ReadonlyMap<string, Quantity>
const zero = quantityOf(0)

export const amountsOf = (list: Readonly<Record<string, string | number>> = {}): Amounts =>
  new Map(Object.entries(list).map(([name, text]) => [name, parseQuantity(String(text))]))
export const textOf = (amounts: Amounts): Readonly<Record<string, string>> =>
  Object.fromEntries([...amounts].filter(([, one]) => one.nanos !== 0n).map(([name, one]) => [name, quantityText(one)]))
export const amountIn = (amounts: Amounts, name: string): Quantity => amounts.get(name) ?? zero

export function sum(...all: readonly Amounts[]): Map<string, Quantity> {
  const total = new Map<string, Quantity>()
  for (const amounts of all)
    for (const [name, one] of amounts) total.set(name, addQuantities(amountIn(total, name), one))
  return total
}
/** What there is more of on the left. */
export function surplus(left: Amounts, right: Amounts): Amounts {
  const more = [...left].map(([name, one]) => [name, subtractQuantities(one, amountIn(right, name))] as const)
  return new Map(more.filter(([, one]) => compareQuantities(one, zero) > 0))
}

/** What a Job asks for while it runs: the requests of all pods that it will have at once, and how many they are. */
export function needsOf(job: Job): Amounts {
  const { parallelism = 1, completions } = job.spec
  const left = completions === undefined ? parallelism : Math.max(0, completions - (job.status?.succeeded ?? 0))
  const pods = Math.min(parallelism, left)
  const each = podRequests({ spec: job.spec.template.spec } as never)
  const whole = [...each].map(([name, { nanos, format }]) => [name, { nanos: nanos * BigInt(pods), format }] as const)
  return new Map([...whole, ['pods', quantityOf(pods)]])
}
