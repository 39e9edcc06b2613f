import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '../../resources/index.ts'

/** What was recommended, and when. */
export interface Recommendation {
  readonly replicas: number
  readonly atMs: number
}
/** By how many replicas the target was changed, and when. */
export interface ScaleEvent {
  readonly change: number
  readonly atMs: number
}
/** What is remembered of one autoscaler between its turns. */
export interface History {
  readonly recommendations: readonly Recommendation[]
  readonly ups: readonly ScaleEvent[]
  readonly downs: readonly ScaleEvent[]
}
export interface Bounds {
  readonly current: number
  readonly desired: number
  readonly min: number
  readonly max: number
}
/** What became of a recommendation, and how conditions say it. */
export interface Limited {
  readonly replicas: number
  readonly reason: string
  readonly message: string
}
/** Behaviour whose rules are all filled in. */
export interface Behaviour {
  readonly up: HPAScalingRules
  readonly down: HPAScalingRules
}

const scaleUpFactor = 2
const scaleUpMin = 4
const within = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
}
const messages: Readonly<Record<string, string>> = {
  ScaleUpLimit: 'the desired replica count is increasing faster than the maximum scale rate',
  TooManyReplicas: 'the desired replica count is more than the maximum replica count',
  ScaleDownLimit: 'the desired replica count is decreasing faster than the maximum scale rate',
  TooFewReplicas: 'the desired replica count is less than the minimum replica count',
}
const limited = (replicas: number, reason: string): Limited => ({ replicas, reason, message: messages[reason]! })

/** The rules of a spec, with the window that only the controller knows. */
export function behaviourOf(
  spec: HorizontalPodAutoscalerBehavior | undefined,
  downWindowSeconds: number,
): Behaviour | undefined {
  if (spec === undefined) return undefined
  return {
    up: { stabilizationWindowSeconds: 0, selectPolicy: 'Max', ...spec.scaleUp },
    down: { stabilizationWindowSeconds: downWindowSeconds, selectPolicy: 'Max', ...spec.scaleDown },
  }
}

/** Without behaviour: no more than twice as many at once, or four. */
export function limitByDefault({ current, desired, min, max }: Bounds): Limited {
  const upLimit = Math.max(scaleUpFactor * current, scaleUpMin)
  if (desired < min) return limited(min, 'TooFewReplicas')
  if (max > upLimit && desired > upLimit) return limited(upLimit, 'ScaleUpLimit')
  if (desired > max && max <= upLimit) return limited(max, 'TooManyReplicas')
  return { replicas: desired, ...within }
}

/** With behaviour: no more than its policies allow, counting what changed lately. */
export function limitByPolicies(
  { current, desired, min, max }: Bounds,
  { up, down }: Behaviour,
  history: Pick<History, 'ups' | 'downs'>,
  nowMs: number,
): Limited {
  if (desired > current) {
    const limit = Math.max(current, policyLimit(current, up, history, nowMs, 'up'))
    const most = Math.min(max, limit)
    return desired > most
      ? limited(most, max > limit ? 'ScaleUpLimit' : 'TooManyReplicas')
      : { replicas: desired, ...within }
  }
  if (desired < current) {
    const limit = Math.min(current, policyLimit(current, down, history, nowMs, 'down'))
    const least = Math.max(min, limit)
    return desired < least
      ? limited(least, min < limit ? 'ScaleDownLimit' : 'TooFewReplicas')
      : { replicas: desired, ...within }
  }
  return { replicas: desired, ...within }
}

/** How far the policies of one direction let the count go now. */
export function policyLimit(
  current: number,
  { policies = [], selectPolicy = 'Max' }: HPAScalingRules,
  { ups, downs }: Pick<History, 'ups' | 'downs'>,
  nowMs: number,
  direction: 'up' | 'down',
): number {
  if (selectPolicy === 'Disabled') return current
  const limits = policies.map(({ type, value, periodSeconds }) => {
    const start = current - changeWithin(ups, periodSeconds, nowMs) + changeWithin(downs, periodSeconds, nowMs)
    const sign = direction === 'up' ? 1 : -1
    if (type === 'Pods') return start + sign * value
    const count = start * (1 + (sign * value) / 100)
    // Kubernetes: rounded away from where it is, or small targets would never move.
    return direction === 'up' ? Math.ceil(count) : Math.trunc(count)
  })
  // The largest change: most replicas on the way up, fewest on the way down.
  const wantsMost = (selectPolicy === 'Max') === (direction === 'up')
  return wantsMost ? Math.max(-(2 ** 31), ...limits) : Math.min(2 ** 31 - 1, ...limits)
}

function changeWithin(events: readonly ScaleEvent[], periodSeconds: number, nowMs: number): number {
  const sinceMs = nowMs - periodSeconds * 1000
  return events.reduce((sum, { change, atMs }) => (atMs > sinceMs ? sum + change : sum), 0)
}

/** Without behaviour: the highest recommendation of the window, lest a short lull takes pods away. */
export function stabilizeByDefault(
  desired: number,
  recent: readonly Recommendation[],
  windowMs: number,
  nowMs: number,
) {
  return recent.reduce(
    (most, { replicas, atMs }) => (atMs >= nowMs - windowMs ? Math.max(most, replicas) : most),
    desired,
  )
}

/** With behaviour: between the lowest recommendation of the way up's window and the highest of the way down's. */
export function stabilizeByWindows(
  { current, desired }: Pick<Bounds, 'current' | 'desired'>,
  { up, down }: Behaviour,
  recent: readonly Recommendation[],
  nowMs: number,
): Limited {
  const since = ({ stabilizationWindowSeconds = 0 }: HPAScalingRules) => nowMs - stabilizationWindowSeconds * 1000
  let lowest = desired
  let highest = desired
  for (const { replicas, atMs } of recent) {
    if (atMs > since(up)) lowest = Math.min(lowest, replicas)
    if (atMs > since(down)) highest = Math.max(highest, replicas)
  }
  const replicas = Math.min(Math.max(current, lowest), highest)
  return desired >= current
    ? {
        replicas,
        reason: 'ScaleUpStabilized',
        message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
      }
    : { replicas, ...scaleDownStabilized }
}

/** How a condition says that a lull was sat out. */
export const scaleDownStabilized = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
}

/** The recommendations with this one, without those that no window reaches back to. */
export function withRecommendation(
  recent: readonly Recommendation[],
  replicas: number,
  windowMs: number,
  nowMs: number,
): readonly Recommendation[] {
  return [...recent.filter(({ atMs }) => atMs >= nowMs - windowMs), { replicas, atMs: nowMs }]
}

/** The history after a change of the target, without events that no policy looks back to. */
export function withScaleEvent(
  history: History,
  from: number,
  to: number,
  behaviour: Behaviour | undefined,
  nowMs: number,
) {
  if (behaviour === undefined) return history
  const change = Math.abs(to - from)
  // Each direction's policies also count what the other one did.
  const longest = [...(behaviour.up.policies ?? []), ...(behaviour.down.policies ?? [])].reduce(
    (most, { periodSeconds }) => Math.max(most, periodSeconds),
    0,
  )
  const kept = (events: readonly ScaleEvent[]) => events.filter(({ atMs }) => atMs >= nowMs - longest * 1000)
  return to > from
    ? { ...history, ups: [...kept(history.ups), { change, atMs: nowMs }] }
    : { ...history, downs: [...kept(history.downs), { change, atMs: nowMs }] }
}
