import type { Client } from '../../client/index.ts'
import { keyOf, labelsText, parseLabelSelector, parseQuantity } from '../../machinery/index.ts'
import {
  defaultGates,
  type FeatureGates,
  type HorizontalPodAutoscaler,
  type Pod,
  pods,
  type Scale,
} from '../../resources/index.ts'
import type { Tools, Turn } from '../runtime/controller.ts'
import { settingsOf } from '../runtime/settings.ts'
import { behaviourOf, withScaleEvent } from './limits.ts'
import type { Measures } from './measures.ts'
import { MetricsApi, type ResolveKind } from './metrics-api.ts'
import { combine, conditionsAfterRescale, firstLook, normalize, reasonOf, withCondition, zeroOf } from './plan.ts'
import { type NoProposal, type Proposal, proposalOf } from './proposals.ts'
import type { Tolerances } from './replicas.ts'
import { type Memory, type State, TurnFailed, tellStatus } from './status.ts'
import { type Found, findScale, kindResolver, rescale } from './target.ts'
import type { Periods } from './usage.ts'

/** Carries out the turns of all autoscalers, and remembers of each what the next turn needs. */
export class Autoscaling {
  readonly #tools: Tools
  readonly #measures: Measures
  readonly #gates: Pick<FeatureGates, 'enabled'>
  readonly #downWindowMs: number
  readonly #tolerance: number
  readonly #periods: Periods
  readonly #resolve: ResolveKind
  readonly #api: MetricsApi
  readonly #memories = new Map<string, Memory>()

  constructor(tools: Tools, measures: Measures) {
    this.#tools = tools
    this.#measures = measures
    this.#gates = tools.config.gates ?? defaultGates
    const settings = settingsOf(tools.config)
    this.#downWindowMs = settings.autoscalerDownscaleStabilizationMs
    this.#tolerance = settings.autoscalerTolerance
    this.#periods = {
      cpuInitializationMs: settings.autoscalerCpuInitializationMs,
      initialReadinessDelayMs: settings.autoscalerInitialReadinessDelayMs,
    }
    this.#resolve = kindResolver(tools.clock)
    this.#api = new MetricsApi({ clock: tools.clock, resolve: this.#resolve })
    measures.counts(() => this.#memories.size)
  }

  /** Takes notice of an autoscaler. */
  register(name: { readonly namespace?: string; readonly name: string }): void {
    const key = keyOf(name)
    if (!this.#memories.has(key))
      this.#memories.set(key, { history: { recommendations: [], ups: [], downs: [] }, selector: undefined })
  }

  /** Forgets an autoscaler that is gone. */
  forget(name: { readonly namespace?: string; readonly name: string }): void {
    this.#memories.delete(keyOf(name))
    this.#measures.forget(name)
  }

  /** One turn of an autoscaler: look, decide, scale, tell. */
  async run(autoscaler: HorizontalPodAutoscaler, turn: Turn): Promise<void> {
    const started = this.#tools.clock.monotonic()
    const memory = this.#memories.get(keyOf(autoscaler.metadata))!
    const { status } = autoscaler
    const state: State = {
      turn,
      autoscaler,
      memory,
      conditions: status?.conditions ?? [],
      current: status?.currentReplicas ?? 0,
      metrics: status?.currentMetrics,
    }
    let action: 'scale_up' | 'scale_down' | 'none' = 'none'
    let error: 'spec' | 'internal' | 'none' = 'none'
    try {
      const done = await this.#act(state)
      action = done.action
      if (done.error !== undefined) {
        error = 'internal'
        turn.because(done.error)
      }
    } catch (failure) {
      error = failure instanceof TurnFailed && failure.bySpec ? 'spec' : 'internal'
      if (!(failure instanceof TurnFailed)) throw failure
      this.#tools.log.v(2).info(failure.message, { autoscaler: keyOf(autoscaler.metadata) })
      turn.because(failure.message)
    } finally {
      this.#measures.reconciled(action, error, (this.#tools.clock.monotonic() - started) / 1000)
    }
  }

  async #act(
    state: State,
  ): Promise<{ readonly action: 'scale_up' | 'scale_down' | 'none'; readonly error: string | undefined }> {
    const { autoscaler, memory, turn } = state
    const { spec } = autoscaler
    const found = await findScale(this.#tools, this.#resolve, state)
    const current = found.scale.spec?.replicas ?? 0
    state.current = current
    if (memory.history.recommendations.length === 0)
      memory.history = { ...memory.history, recommendations: [{ replicas: current, atMs: this.#nowMs }] }
    const min = spec.minReplicas ?? 1
    const zero = zeroOf(autoscaler, this.#gates.enabled('HPAScaleToZero'))
    const look = firstLook(current, min, spec.maxReplicas, zero)
    state.metrics = undefined
    let desired = current
    let reason = ''
    let error: string | undefined
    if (look.does === 'nothing') this.#disabled(state, zero.enabled)
    else if (look.does === 'rescale') ({ replicas: desired, reason } = look)
    else ({ desired, reason, error } = await this.#measure(state, found, min, zero.scaledToZero))
    const rescales = desired !== current
    if (rescales) {
      await rescale(this.#tools, state, found, desired, reason)
      state.conditions = conditionsAfterRescale(
        state.conditions,
        autoscaler,
        current,
        desired,
        zero.enabled,
        this.#nowMs,
      )
      this.#tools.record(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`)
      turn.because(`scaled from ${current} to ${desired}: ${reason}`)
      const behaviour = behaviourOf(spec.behavior, this.#downWindowMs / 1000)
      memory.history = withScaleEvent(memory.history, current, desired, behaviour, this.#nowMs)
    }
    this.#measures.desired(autoscaler.metadata, desired)
    await tellStatus(this.#tools, state, desired, rescales)
    return { action: desired > current ? 'scale_up' : desired < current ? 'scale_down' : 'none', error }
  }

  get #nowMs(): number {
    return this.#tools.clock.now()
  }

  #disabled(state: State, scaleToZero: boolean): void {
    const why = {
      reason: 'ScalingDisabled',
      message: 'scaling is disabled since the replica count of the target is zero',
    }
    const kept = scaleToZero ? state.conditions : state.conditions.filter(({ type }) => type !== 'ScaledToZero')
    state.conditions = withCondition(kept, 'ScalingActive', 'False', why, this.#nowMs)
  }

  /** What the metrics ask for, as far as it may be done. */
  async #measure(state: State, { scale }: Found, min: number, scaledToZero: boolean) {
    const { autoscaler, memory } = state
    const { spec } = autoscaler
    const { current } = state
    const selected = await this.#select(state, scale.status?.selector ?? '')
    const proposals = await this.#propose(state, selected, scale)
    state.metrics = proposals.map((one) => ('error' in one ? { type: '' } : one.status))
    const combined = combine(proposals, current)
    if (!combined.ok) {
      const { reason, message } = combined.first
      await this.#inactive(state, reason, `the HPA was unable to compute the replica count: ${message}`, combined.error)
    }
    const { replicas: asked, metric, error } = combined as Extract<typeof combined, { ok: true }>
    const active = {
      reason: 'ValidMetricFound',
      message: `the HPA was able to successfully calculate a replica count from ${metric}`,
    }
    state.conditions = withCondition(state.conditions, 'ScalingActive', 'True', active, this.#nowMs)
    const normalized = normalize({
      bounds: { current, desired: asked, min, max: spec.maxReplicas },
      behaviour: behaviourOf(spec.behavior, this.#downWindowMs / 1000),
      history: memory.history,
      conditions: state.conditions,
      downWindowMs: this.#downWindowMs,
      nowMs: this.#nowMs,
    })
    state.conditions = normalized.conditions
    memory.history = { ...memory.history, recommendations: normalized.recommendations }
    const reason = reasonOf(asked, current, metric)
    const isBelow = current === 0 && min !== 0 && scaledToZero && normalized.replicas < min
    if (!isBelow) return { desired: normalized.replicas, reason, error }
    return { desired: min, reason: reason === '' ? 'Current number of replicas below Spec.MinReplicas' : reason, error }
  }

  /** The pods that the target speaks of, unless another autoscaler speaks for them as well. */
  async #select(state: State, selector: string): Promise<readonly Pod[]> {
    const { autoscaler, memory } = state
    const { namespace = '' } = autoscaler.metadata
    const refuse = async (eventReason: string, reason: string, event: string, message: string): Promise<never> => {
      this.#tools.record(autoscaler, 'Warning', eventReason, event)
      return this.#inactive(state, reason, message, event)
    }
    if (selector === '')
      return refuse(
        'SelectorRequired',
        'InvalidSelector',
        'selector is required',
        "the HPA target's scale is missing a selector",
      )
    try {
      memory.selector = parseLabelSelector(selector)
    } catch (error) {
      const message = `couldn't convert selector into a corresponding internal selector object: ${(error as Error).message}`
      return refuse('InvalidSelector', 'InvalidSelector', message, message)
    }
    const query = memory.selector
    const own = this.#tools
      .cached(pods)
      .list(namespace)
      .filter(({ metadata }) => query.matches(metadata.labels))
    const rivals = this.#rivalsOf(namespace, own)
    if (rivals.length <= 1) return own
    const list = rivals.map((name) => `{${name} ${namespace}}`).join(' ')
    const message = `pods by selector ${selector} are controlled by multiple HPAs: [${list}]`
    return refuse('AmbiguousSelector', 'AmbiguousSelector', message, message)
  }

  /** The autoscalers of a namespace whose targets select any of the pods. */
  #rivalsOf(namespace: string, own: readonly Pod[]): readonly string[] {
    const labels = new Map(own.map(({ metadata }) => [labelsText(metadata.labels), metadata.labels]))
    return [...this.#memories]
      .filter(([key]) => key.startsWith(`${namespace}/`))
      .filter(([, { selector }]) => selector !== undefined && [...labels.values()].some((one) => selector.matches(one)))
      .map(([key]) => key.slice(namespace.length + 1))
      .sort()
  }

  async #propose(
    state: State,
    selected: readonly Pod[],
    { spec, status }: Scale,
  ): Promise<readonly (Proposal | NoProposal)[]> {
    const { autoscaler, turn } = state
    const { clock, record } = this.#tools
    const asked = {
      client: turn.client as Client,
      api: this.#api,
      namespace: autoscaler.metadata.namespace ?? '',
      selector: status?.selector ?? '',
      pods: selected,
      specReplicas: spec?.replicas ?? 0,
      statusReplicas: status?.replicas ?? 0,
      tolerances: tolerancesOf(autoscaler, this.#tolerance, this.#gates.enabled('HPAConfigurableTolerance')),
      periods: this.#periods,
      podLevelRequests: this.#gates.enabled('PodLevelResources'),
      nowMs: () => clock.now(),
    }
    const proposals: (Proposal | NoProposal)[] = []
    for (const metric of autoscaler.spec.metrics ?? []) {
      const startedMs = clock.monotonic()
      const one = await proposalOf(metric, asked)
      if ('error' in one) record(autoscaler, 'Warning', one.reason, one.message)
      this.#measures.computed(
        metric.type,
        one,
        autoscaler.status?.currentReplicas ?? 0,
        (clock.monotonic() - startedMs) / 1000,
      )
      proposals.push(one)
    }
    return proposals
  }

  /** Tells that nothing can be computed, and ends the turn. */
  async #inactive(state: State, reason: string, message: string, error: string): Promise<never> {
    const { autoscaler } = state
    state.conditions = withCondition(state.conditions, 'ScalingActive', 'False', { reason, message }, this.#nowMs)
    await tellStatus(this.#tools, state, autoscaler.status?.desiredReplicas ?? 0, false)
    this.#tools.record(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', error)
    const { kind, name } = autoscaler.spec.scaleTargetRef
    const reference = `${kind}/${autoscaler.metadata.namespace}/${name}`
    throw new TurnFailed(
      `failed to compute desired number of replicas based on listed metrics for ${reference}: ${error}`,
    )
  }
}

/** How far off target is near enough: as the spec's behaviour says, or as it is by default. */
function tolerancesOf({ spec }: HorizontalPodAutoscaler, byDefault: number, configurable: boolean): Tolerances {
  const of = (text: string | undefined) =>
    text === undefined || !configurable ? byDefault : Number(parseQuantity(text).nanos) / 1e9
  return { up: of(spec.behavior?.scaleUp?.tolerance), down: of(spec.behavior?.scaleDown?.tolerance) }
}
