/** What a priority level is configured to have of the server's seats. */
export interface Shares {
  readonly shares: number
  readonly lendablePercent: number
  /** As much as there is when left out. */
  readonly borrowingLimitPercent: number | undefined
}
/** The seats of a level: what it has by right, what it keeps when others borrow, and what it may come to. */
export interface SeatLimits {
  readonly nominal: number
  readonly min: number
  readonly max: number
}

/** Divides the server's seats by shares. Kubernetes: each is rounded up, so that together they may be a few more. */
export function seatLimits(total: number, sum: number, level: Shares): SeatLimits {
  const nominal = Math.ceil((total * level.shares) / sum)
  const lendable = Math.round((nominal * level.lendablePercent) / 100)
  const borrowable =
    level.borrowingLimitPercent === undefined ? total : Math.round((nominal * level.borrowingLimitPercent) / 100)
  return { nominal, min: nominal - lendable, max: nominal + borrowable }
}

/** Kubernetes: the widest that one request of a level with queues may be estimated. */
export function widestRequest(nominal: number, handSize: number): number {
  return Math.max(1, Math.min(Math.ceil(nominal * 0.15), Math.floor(nominal / handSize)))
}

/** One who wants part of a whole: never below `lower` nor above `upper`, and in proportion to `target` between them. */
export interface Claim {
  readonly lower: number
  readonly upper: number
  readonly target: number
}
const targetMin = 0.001
const epsilon = 1e-7

/**
 * Divides a whole so that each gets the same fraction of its target, except where its bounds say otherwise. Undefined when
 * the bounds do not allow the whole.
 */
export function divide(
  whole: number,
  claims: readonly Claim[],
): { readonly parts: readonly number[]; readonly fraction: number } | undefined {
  const lowest = claims.reduce((sum, { lower }) => sum + lower, 0)
  const highest = claims.reduce((sum, { upper }) => sum + upper, 0)
  if (lowest - whole > epsilon || whole - highest > epsilon) return undefined
  const targets = claims.map(({ target }) => Math.max(target, targetMin))
  const atFraction = (fraction: number) =>
    claims.map(({ lower, upper }, index) => Math.min(upper, Math.max(lower, fraction * targets[index]!)))
  // The sum grows with the fraction, in straight pieces that meet where somebody reaches a bound.
  const corners = claims
    .flatMap(({ lower, upper }, index) => [lower / targets[index]!, upper / targets[index]!])
    .sort((a, b) => a - b)
  const sumAt = (fraction: number) => atFraction(fraction).reduce((sum, part) => sum + part, 0)
  let from = 0
  for (const corner of corners) {
    if (sumAt(corner) >= whole) {
      const below = sumAt(from)
      const rise = sumAt(corner) - below
      const fraction = rise === 0 ? corner : from + ((whole - below) / rise) * (corner - from)
      return { parts: atFraction(fraction), fraction }
    }
    from = corner
  }
  return { parts: claims.map(({ upper }) => upper), fraction: from }
}

/** What a level was seen to want lately. */
export interface Demand {
  readonly high: number
  readonly average: number
  readonly deviation: number
  readonly smoothed: number
}
export const noDemand: Demand = { high: 0, average: 0, deviation: 0, smoothed: 0 }

/** Kubernetes: with a look each ten seconds, half of an old demand is forgotten in five minutes. */
const smoothing = 0.977

/** The demand after another stretch of time: it rises at once and falls slowly. */
export function nextDemand(
  before: Demand,
  seen: { readonly seconds: number; readonly average: number; readonly deviation: number; readonly max: number },
): Demand {
  const high = Math.round(seen.max)
  if (seen.seconds <= 0) return { ...before, high }
  const envelope = seen.average + seen.deviation
  return {
    high,
    average: seen.average,
    deviation: seen.deviation,
    smoothed: Math.max(envelope, smoothing * before.smoothed + (1 - smoothing) * envelope),
  }
}

/** A level as the division of seats sees it. */
export interface Bidder {
  readonly exempt: boolean
  readonly limits: SeatLimits
  readonly demand: Demand
  readonly current: number
}
export interface Bid {
  readonly seats: number
  readonly target: number
}

/** How many seats each level has for the next while: what is idle is lent to those who could use it. */
export function lendSeats(bidders: readonly Bidder[]): { readonly bids: readonly Bid[]; readonly fraction: number } {
  const total = bidders.reduce((sum, { limits }) => sum + limits.nominal, 0)
  const floorOf = ({ exempt, limits, demand }: Bidder) =>
    Math.max(limits.min, exempt ? demand.high : Math.min(limits.nominal, demand.high))
  const limited = bidders.filter(({ exempt }) => !exempt)
  const left = bidders.filter(({ exempt }) => exempt).reduce((rest, one) => rest - floorOf(one), total)
  const minimum = limited.reduce((sum, { limits }) => sum + limits.min, 0)
  const floors = limited.reduce((sum, one) => sum + floorOf(one), 0)
  const targetOf = (one: Bidder) => Math.max(floorOf(one), one.demand.smoothed)
  const each = (seatsOf: (one: Bidder) => number, fraction = 0) => ({
    bids: bidders.map((one) => ({ seats: one.exempt ? floorOf(one) : seatsOf(one), target: targetOf(one) })),
    fraction,
  })
  if (left <= minimum) return each(({ limits }) => limits.min)
  if (left <= floors) {
    const share = (left - minimum) / (floors - minimum)
    return each((one) => one.limits.min + Math.round((floorOf(one) - one.limits.min) * share))
  }
  // Kubernetes: all seats are divided here, those of exempt levels too.
  const claims = limited.map((one) => ({ lower: floorOf(one), upper: one.limits.max, target: targetOf(one) }))
  const divided = divide(total, claims)
  if (divided === undefined) return each(({ current }) => current)
  const partOf = new Map(limited.map((one, index) => [one, Math.round(divided.parts[index]!)]))
  return each((one) => partOf.get(one)!, divided.fraction)
}
