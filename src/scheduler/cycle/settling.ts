import type { Pod } from '../../resources/index.ts'
import type { BindTools, SchedulerPlugin } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { SchedulerMeasures } from '../measures.ts'
import type { PluginMeasures } from '../plugin-measures.ts'

/** A pod could not be made ready for its node; worded as Kubernetes words it. */
export class SettlingError extends Error {
  override name = 'SettlingError'
}

/** What plugins hold for a pod, until disposed. */
export interface Reserved extends Disposable {
  readonly concerned: readonly SchedulerPlugin[]
  /** Nothing is held, and nothing is to be done before the pod is bound. */
  readonly isNothing: boolean
}

/**
 * What has to be so between the decision for a pod and its binding: plugins reserve what it takes, may hold it back, and do
 * what has to be done first. One that no plugin reserves anything for is bound at once.
 */
export class Settling {
  readonly #tools: BindTools
  readonly #measures: Pick<SchedulerMeasures, 'heldBack'>
  readonly #measuresOf: (pod: Pod) => PluginMeasures | undefined
  readonly #lives = new Map<string, AbortController>()

  constructor(
    tools: BindTools,
    measures: Pick<SchedulerMeasures, 'heldBack'>,
    measuresOf: (pod: Pod) => PluginMeasures | undefined = () => undefined,
  ) {
    this.#tools = tools
    this.#measuresOf = measuresOf
    this.#measures = measures
  }

  /** Reserves at once what the pod takes besides room; throws where that cannot be had any more. */
  reserve(plugins: readonly SchedulerPlugin[], facts: PodFacts, nodeName: string): Reserved {
    const held: Disposable[] = []
    const concerned: SchedulerPlugin[] = []
    let isHeldBack = false
    try {
      for (const plugin of plugins) {
        if (plugin.skips?.(facts) === true) continue
        const one = plugin.reserve?.(facts, nodeName, this.#tools.columns)
        if (one !== undefined) held.push(one)
        if (plugin.permit !== undefined) isHeldBack = true
        if (one !== undefined || plugin.reserve === undefined) concerned.push(plugin)
      }
    } catch (error) {
      release(held)
      throw new SettlingError(messageOf(error), { cause: error })
    }
    const isNothing = held.length === 0 && !isHeldBack && concerned.every(({ preBind }) => preBind === undefined)
    return { concerned, isNothing, [Symbol.dispose]: () => release(held) }
  }

  /** Answers what to wait for before the pod is bound, or undefined when there is nothing; what was reserved is then given up. */
  begin(
    plugins: readonly SchedulerPlugin[],
    facts: PodFacts,
    nodeName: string,
    before?: Reserved,
  ): Promise<void> | undefined {
    if (before === undefined && plugins.every((plugin) => plugin.skips?.(facts) === true)) return undefined
    let reserved: Reserved
    try {
      reserved = before ?? this.reserve(plugins, facts, nodeName)
    } catch (error) {
      return Promise.reject(error)
    }
    if (reserved.isNothing) return undefined
    return this.#settle(plugins, reserved.concerned, facts, nodeName).finally(() => reserved[Symbol.dispose]())
  }

  /** The pod is gone: nothing more is waited for. */
  end(uid: string): void {
    this.#lives.get(uid)?.abort(new Error('pod does not exist any more'))
  }

  /** No pod is waited for any more. */
  stop(reason: unknown): void {
    for (const life of this.#lives.values()) life.abort(reason)
  }

  async #permit(
    plugins: readonly SchedulerPlugin[],
    { pod }: PodFacts,
    nodeName: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#tools
    const startedMs = clock.monotonic()
    const heldBack = (result: 'Success' | 'Unschedulable' | 'Error') =>
      this.#measures.heldBack(result, (clock.monotonic() - startedMs) / 1000)
    const asked = plugins.filter(({ permit }) => permit !== undefined)
    if (asked.length === 0) return
    for (const plugin of asked) {
      const verdict = await plugin.permit!(pod, nodeName, signal).catch((error: unknown) => {
        heldBack('Error')
        throw error
      })
      if (verdict?.fits !== false) continue
      heldBack('Unschedulable')
      throw new SettlingError(verdict.reason)
    }
    heldBack('Success')
  }

  async #settle(
    plugins: readonly SchedulerPlugin[],
    concerned: readonly SchedulerPlugin[],
    facts: PodFacts,
    nodeName: string,
  ): Promise<void> {
    const { uid } = facts.pod.metadata
    const life = new AbortController()
    this.#lives.set(uid, life)
    const measures = this.#measuresOf(facts.pod)
    const timed = async (point: 'Permit' | 'PreBind', work: () => Promise<void>) => {
      const startedMs = measures?.now() ?? 0
      await work().catch((error: unknown) => {
        measures?.point(point, 'Error', startedMs)
        throw error
      })
      measures?.point(point, 'Success', startedMs)
    }
    try {
      await timed('Permit', () => this.#permit(plugins, facts, nodeName, life.signal))
      await timed('PreBind', () => this.#preBind(concerned, facts, nodeName, life.signal))
    } finally {
      this.#lives.delete(uid)
    }
  }

  async #preBind(
    concerned: readonly SchedulerPlugin[],
    facts: PodFacts,
    nodeName: string,
    signal: AbortSignal,
  ): Promise<void> {
    for (const plugin of concerned) {
      try {
        await plugin.preBind?.(facts, nodeName, this.#tools, signal)
      } catch (error) {
        throw new SettlingError(`running PreBind plugin ${JSON.stringify(plugin.name)}: ${messageOf(error)}`, {
          cause: error,
        })
      }
    }
  }
}

/** The plugins that have something to do between decision and binding. */
export function settlingPlugins(plugins: readonly SchedulerPlugin[]): readonly SchedulerPlugin[] {
  return plugins.filter(({ reserve, permit, preBind }) => reserve ?? permit ?? preBind)
}

function release(held: readonly Disposable[]): void {
  // Kubernetes: what was reserved last is given back first.
  for (const one of held.toReversed()) one[Symbol.dispose]()
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
