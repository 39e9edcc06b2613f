import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition } from '../../resources/index.ts'
import { setCondition, withoutCondition } from '../runtime/conditions.ts'
import {
  type Behaviour,
  type Bounds,
  type History,
  limitByDefault,
  limitByPolicies,
  scaleDownStabilized,
  stabilizeByDefault,
  stabilizeByWindows,
  withRecommendation,
} from './limits.ts'
import type { NoProposal, Proposal } from './proposals.ts'

export type Conditions = readonly HorizontalPodAutoscalerCondition[]
type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited' | 'ScaledToZero'

/** The conditions with this one as it is now. */
export function withCondition(
  conditions: Conditions,
  type: ConditionType,
  status: 'True' | 'False',
  { reason, message }: { readonly reason: string; readonly message: string },
  nowMs: number,
): Conditions {
  return setCondition(conditions, { type, status, reason, message }, nowMs)
}

/** What a turn has to do before any metric is looked at. */
export type FirstLook =
  | { readonly does: 'nothing' }
  | { readonly does: 'rescale'; readonly replicas: number; readonly reason: string }
  | { readonly does: 'measure' }

export interface Zero {
  /** Whether the feature is on. */
  readonly enabled: boolean
  /** Whether the autoscaler itself had scaled the target to nothing. */
  readonly scaledToZero: boolean
  /** Whether a metric tells of work while there are no pods. */
  readonly canScaleFromZero: boolean
}

/** What is known of scaling to and from nothing. */
export function zeroOf({ spec, status }: HorizontalPodAutoscaler, enabled: boolean): Zero {
  const isTrue = status?.conditions?.some((one) => one.type === 'ScaledToZero' && one.status === 'True') === true
  const scaledToZero = enabled && isTrue
  return { enabled, scaledToZero, canScaleFromZero: scaledToZero && hasOutsideMetrics(spec) }
}

function hasOutsideMetrics({ metrics = [] }: HorizontalPodAutoscaler['spec']): boolean {
  return metrics.some(({ type }) => type === 'Object' || type === 'External')
}

/** Whether the count alone says what to do. */
export function firstLook(current: number, min: number, max: number, zero: Zero): FirstLook {
  if (current === 0)
    return (min !== 0 && zero.scaledToZero) || zero.canScaleFromZero ? { does: 'measure' } : { does: 'nothing' }
  if (current > max)
    return { does: 'rescale', replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas' }
  if (current < min)
    return { does: 'rescale', replicas: min, reason: 'Current number of replicas below Spec.MinReplicas' }
  return { does: 'measure' }
}

/** What all metrics together ask for. */
export type Combined =
  | {
      readonly ok: true
      readonly replicas: number
      readonly metric: string
      /** Some metrics could not be had, and the others do without. */
      readonly error: string | undefined
    }
  | { readonly ok: false; readonly first: NoProposal; readonly error: string }

/** The metric that asks for most decides. Kubernetes: while one is missing, nothing is taken away. */
export function combine(proposals: readonly (Proposal | NoProposal)[], specReplicas: number): Combined {
  const refused = proposals.filter((one) => 'error' in one)
  let best: Proposal | undefined
  for (const one of proposals)
    if (!('error' in one) && (best === undefined || best.replicas === 0 || one.replicas > best.replicas)) best = one
  const [first] = refused
  const error =
    first === undefined
      ? undefined
      : `invalid metrics (${refused.length} invalid out of ${proposals.length}), first error is: ${first.error}`
  const replicas = best?.replicas ?? 0
  if (first !== undefined && (refused.length >= proposals.length || replicas < specReplicas))
    return { ok: false, first, error: error! }
  return { ok: true, replicas, metric: best?.metric ?? '', error }
}

export interface Normalized {
  readonly replicas: number
  readonly conditions: Conditions
  readonly recommendations: History['recommendations']
}
export interface NormalizeParts {
  readonly bounds: Bounds
  readonly behaviour: Behaviour | undefined
  readonly history: History
  readonly conditions: Conditions
  /** How long a recommendation counts where the spec says nothing. */
  readonly downWindowMs: number
  readonly nowMs: number
}

/** What may be done of what metrics ask for: recommendations stabilised, then kept within what rules and limits allow. */
export function normalize(parts: NormalizeParts): Normalized {
  const { bounds, behaviour, history, downWindowMs, nowMs } = parts
  const { desired } = bounds
  const recent = history.recommendations
  const stable =
    behaviour === undefined
      ? { replicas: stabilizeByDefault(desired, recent, downWindowMs, nowMs), ...scaleDownStabilized }
      : stabilizeByWindows(bounds, behaviour, recent, nowMs)
  const ready = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
  let conditions = withCondition(
    parts.conditions,
    'AbleToScale',
    'True',
    stable.replicas === desired ? ready : stable,
    nowMs,
  )
  const asked = { ...bounds, desired: stable.replicas }
  const allowed = behaviour === undefined ? limitByDefault(asked) : limitByPolicies(asked, behaviour, history, nowMs)
  const isLimited = allowed.replicas !== stable.replicas
  conditions = withCondition(conditions, 'ScalingLimited', isLimited ? 'True' : 'False', allowed, nowMs)
  const windowMs = behaviour === undefined ? downWindowMs : windowMsOf(behaviour)
  return {
    replicas: allowed.replicas,
    conditions,
    recommendations: withRecommendation(recent, desired, windowMs, nowMs),
  }
}

function windowMsOf({ up, down }: Behaviour): number {
  return Math.max(up.stabilizationWindowSeconds ?? 0, down.stabilizationWindowSeconds ?? 0) * 1000
}

/** Why the target is changed, as the event says it. */
export function reasonOf(asked: number, current: number, metric: string): string {
  if (asked > current) return `${metric} above target`
  return asked < current ? 'All metrics below target' : ''
}

/** The conditions after the target was changed. */
export function conditionsAfterRescale(
  conditions: Conditions,
  { spec }: HorizontalPodAutoscaler,
  from: number,
  to: number,
  scaleToZero: boolean,
  nowMs: number,
): Conditions {
  const scaled = {
    reason: 'SucceededRescale',
    message: `the HPA controller was able to update the target scale to ${to}`,
  }
  const next = withCondition(conditions, 'AbleToScale', 'True', scaled, nowMs)
  if (!scaleToZero) return withoutCondition(next, 'ScaledToZero')
  const isToZero = from > 0 && to === 0 && spec.minReplicas === 0 && hasOutsideMetrics(spec)
  return isToZero
    ? withCondition(
        next,
        'ScaledToZero',
        'True',
        { reason: 'ScaledToZero', message: 'the HPA controller scaled the workload to zero' },
        nowMs,
      )
    : withCondition(
        next,
        'ScaledToZero',
        'False',
        { reason: 'NotScaledToZero', message: 'the HPA controller did not scale the workload to zero' },
        nowMs,
      )
}
