import { compareQuantities, parseQuantity, type Quantity, quantityText } from '../quantity/quantity.ts'

/** ResourceAmounts by resource. */
export type ResourceAmounts = Readonly<Record<string, string>>

/** What a VerticalPodAutoscaler recommends for one container. */
export interface ContainerRecommendation {
  readonly containerName: string
  readonly target: ResourceAmounts
  readonly lowerBound?: ResourceAmounts
  readonly upperBound?: ResourceAmounts
  readonly uncappedTarget?: ResourceAmounts
}
/** What it may recommend, for the container named, or for all others where the name is `*`. */
export interface ContainerPolicy {
  readonly containerName?: string
  readonly mode?: 'Auto' | 'Off'
  readonly minAllowed?: ResourceAmounts
  readonly maxAllowed?: ResourceAmounts
  readonly controlledResources?: readonly string[]
  readonly controlledValues?: 'RequestsAndLimits' | 'RequestsOnly'
}
/** The part of a LimitRange that is about containers. */
export interface ContainerLimitRange {
  readonly min?: ResourceAmounts
  readonly max?: ResourceAmounts
  readonly default?: ResourceAmounts
}
interface Container {
  readonly name: string
  readonly resources?: { readonly requests?: ResourceAmounts; readonly limits?: ResourceAmounts }
}
/** What a container is to ask for, and what was done to what was recommended. */
export interface FittedContainer {
  readonly index: number
  readonly requests: ResourceAmounts
  readonly limits: ResourceAmounts
  readonly notes: readonly string[]
}

/** The policy for a container: its own, or else the one for all. */
export function containerPolicyOf(
  policies: readonly ContainerPolicy[] | undefined,
  name: string,
): ContainerPolicy | undefined {
  return policies?.find((one) => one.containerName === name) ?? policies?.find((one) => one.containerName === '*')
}

const amountOf = (amounts: ResourceAmounts | undefined, resource: string): Quantity | undefined => {
  const text = amounts?.[resource]
  const amount = text === undefined ? undefined : parseQuantity(text)
  return amount === undefined || amount.nanos === 0n ? undefined : amount
}
/** `scaled` in the proportion of `to` to `base`. CPU is told in thousandths, all else in whole numbers. */
function inProportion(resource: string, scaled: Quantity, base: Quantity, to: Quantity): Quantity {
  const unit = resource === 'cpu' ? 1_000_000n : 1_000_000_000n
  const nanos = (scaled.nanos * to.nanos) / base.nanos
  return { nanos: (nanos / unit) * unit, format: scaled.format }
}

/** The amounts within what the policy and the namespace allow, with a note for each that was changed. */
export function fittedAmounts(
  amounts: ResourceAmounts,
  container: Container,
  policy: ContainerPolicy | undefined,
  range: ContainerLimitRange | undefined,
): { readonly amounts: ResourceAmounts; readonly notes: readonly string[] } {
  const notes: string[] = []
  const { requests, limits } = container.resources ?? {}
  const fit = (resource: string, text: string): string => {
    let amount = parseQuantity(text)
    const cap = (bound: Quantity | undefined, isMost: boolean, why: string) => {
      if (bound === undefined) return
      const order = compareQuantities(amount, bound)
      if (isMost ? order <= 0 : order >= 0) return
      amount = bound
      notes.push(`${resource} ${why}`)
    }
    cap(boundary(resource, 'min', requests, limits, range), false, 'capped to fit Min in container LimitRange')
    cap(boundary(resource, 'max', requests, limits, range), true, 'capped to fit Max in container LimitRange')
    cap(amountOf(policy?.minAllowed, resource), false, 'capped to minAllowed')
    cap(amountOf(policy?.maxAllowed, resource), true, 'capped to maxAllowed')
    if (policy?.controlledValues === 'RequestsOnly') cap(amountOf(limits, resource), true, 'capped to container limit')
    return quantityText(amount)
  }
  const fitted = Object.entries(amounts).map(([resource, text]) => [resource, fit(resource, text)])
  return { amounts: Object.fromEntries(fitted), notes }
}

/** The request whose limit, in the proportion that the container's now have, is at the bound of the namespace. */
function boundary(
  resource: string,
  which: 'min' | 'max',
  requests: ResourceAmounts | undefined,
  limits: ResourceAmounts | undefined,
  range: ContainerLimitRange | undefined,
): Quantity | undefined {
  const bound = amountOf(range?.[which], resource)
  const limit = amountOf(limits, resource) ?? amountOf(range?.default, resource)
  if (bound === undefined || limit === undefined) return undefined
  const request = amountOf(requests, resource)
  return request === undefined ? bound : inProportion(resource, request, limit, bound)
}

/**
 * What the containers of a pod are to ask for; containers without a recommendation, or that are not to be scaled, are left out.
 * Kubernetes: limits keep their proportion to the requests, unless only requests are controlled.
 */
export function fittedContainers(
  containers: readonly Container[],
  recommendations: readonly ContainerRecommendation[],
  policies: readonly ContainerPolicy[] | undefined,
  range: ContainerLimitRange | undefined,
): readonly FittedContainer[] {
  return containers.flatMap((container, index) => {
    const found = recommendations.find(({ containerName }) => containerName === container.name)
    const policy = containerPolicyOf(policies, container.name)
    if (found === undefined || policy?.mode === 'Off') return []
    const { amounts: requests, notes } = fittedAmounts(found.target, container, policy, range)
    const limits = policy?.controlledValues === 'RequestsOnly' ? {} : proportionalLimits(container, requests, range)
    return [{ index, requests, limits, notes }]
  })
}

function proportionalLimits(
  container: Container,
  wanted: ResourceAmounts,
  range: ContainerLimitRange | undefined,
): ResourceAmounts {
  const limits: Record<string, string> = {}
  for (const resource of ['cpu', 'memory']) {
    const limit = amountOf(container.resources?.limits, resource) ?? amountOf(range?.default, resource)
    const request = amountOf(wanted, resource)
    if (limit === undefined || request === undefined) continue
    const before = amountOf(container.resources?.requests, resource)
    const isEqual = before === undefined || compareQuantities(before, limit) === 0
    limits[resource] = quantityText(isEqual ? request : inProportion(resource, limit, before, request))
  }
  return limits
}
