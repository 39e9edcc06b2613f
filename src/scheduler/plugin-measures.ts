import type { CounterSeries, Metrics, Series } from '../machinery/index.ts'

export type ExtensionPoint =
  | 'PreFilter'
  | 'Filter'
  | 'PostFilter'
  | 'PreScore'
  | 'Score'
  | 'Reserve'
  | 'Permit'
  | 'PreBind'
  | 'Bind'
export type PointStatus = 'Success' | 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Error'

/** Kubernetes: of one pod in ten it is told how long each plugin took. */
const podsPerSample = 10
const growing = (first: number, factor: number, count: number) =>
  Array.from({ length: count }, (_, index) => first * factor ** index)

/** What the plugins of one profile tell of their work, cheap enough for every pod. */
export class PluginMeasures {
  /** The time, in milliseconds that never go back. */
  readonly now: () => number
  readonly #point: (point: ExtensionPoint, status: PointStatus) => Series
  readonly #plugin: (name: string, point: ExtensionPoint, status: PointStatus) => Series
  readonly #evaluated: (name: string, point: ExtensionPoint) => CounterSeries
  #pods = 0

  constructor(metrics: Metrics, profile: string, now: () => number) {
    this.now = now
    const points = metrics.histogram(
      'scheduler_framework_extension_point_duration_seconds',
      'Latency for running all plugins of a specific extension point.',
      growing(0.0001, 2, 12),
    )
    const plugins = metrics.histogram(
      'scheduler_plugin_execution_duration_seconds',
      'Duration for running a plugin at a specific extension point.',
      growing(0.00001, 1.5, 20),
    )
    const evaluations = metrics.counter(
      'scheduler_plugin_evaluation_total',
      'Number of attempts to schedule pods by each plugin and the extension point (available only in PreFilter, Filter, PreScore, and Score).',
    )
    this.#point = remembered((extension_point, status) => points.series({ extension_point, status, profile }))
    this.#plugin = remembered((plugin, extension_point, status) => plugins.series({ plugin, extension_point, status }))
    this.#evaluated = remembered((plugin, extension_point) => evaluations.series({ plugin, extension_point, profile }))
  }

  /** Begins with a pod; answers whether it is one of those that each plugin is measured with. */
  begin(): boolean {
    return this.#pods++ % podsPerSample === 0
  }

  /** All plugins of a point are done with a pod; answers when that was. */
  point(point: ExtensionPoint, status: PointStatus, sinceMs: number): number {
    const nowMs = this.now()
    this.#point(point, status).observe((nowMs - sinceMs) / 1000)
    return nowMs
  }

  /** One plugin is done at a point. */
  plugin(name: string, point: ExtensionPoint, status: PointStatus, sinceMs: number): void {
    this.#plugin(name, point, status).observe((this.now() - sinceMs) / 1000)
  }

  /** A plugin had its say on so many nodes, or on a pod. */
  evaluated(name: string, point: ExtensionPoint, count: number): void {
    this.#evaluated(name, point).inc(count)
  }
}

/** Finds what belongs to some words once. */
function remembered<W extends readonly string[], T>(find: (...words: W) => T): (...words: W) => T {
  const known = new Map<string, T>()
  return (...words) => {
    const key = words.length === 2 ? `${words[0]} ${words[1]}` : words.join(' ')
    let found = known.get(key)
    if (found === undefined) known.set(key, (found = find(...words)))
    return found
  }
}
