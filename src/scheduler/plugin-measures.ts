import type { Metrics, Series } from '../machinery/index.ts'

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
  | 'PlacementGenerate'
  | 'PlacementScore'
export type PointStatus = 'Success' | 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Error'

/** Kubernetes: of one pod in ten it is told how long each plugin took. */
const podsPerSample = 10
const growing = (first: number, factor: number, count: number) =>
  Array.from({ length: count }, (_, index) => first * factor ** index)

/** How often a plugin had its say, by extension point. */
export interface Evaluated {
  preFilter: number
  filter: number
  score: number
}
const evaluatedPoints = { PreFilter: 'preFilter', Filter: 'filter', Score: 'score' } as const

/** What the plugins of one profile tell of their work, cheap enough for every pod. */
export class PluginMeasures {
  /** The time, in milliseconds that never go back. */
  readonly now: () => number
  readonly #pointSeries: (point: ExtensionPoint, status: PointStatus) => Series
  readonly #pluginSeries: (plugin: string, point: ExtensionPoint, status: PointStatus) => Series
  readonly #plugins = new Map<string, Series>()
  readonly #points: Partial<Record<ExtensionPoint, Partial<Record<PointStatus, Series>>>> = {}
  readonly #evaluated = new Map<string, Evaluated>()
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
    this.#pointSeries = (extension_point, status) => points.series({ extension_point, status, profile })
    this.#pluginSeries = (plugin, extension_point, status) => plugins.series({ plugin, extension_point, status })
    profilesOf(metrics).set(profile, this.#evaluated)
  }

  /** Begins with a pod; answers whether it is one of those that each plugin is measured with. */
  begin(): boolean {
    return this.#pods++ % podsPerSample === 0
  }

  /** All plugins of a point are done with a pod; answers when that was. */
  point(point: ExtensionPoint, status: PointStatus, sinceMs: number): number {
    const nowMs = this.now()
    let known = this.#points[point]
    if (known === undefined) this.#points[point] = known = {}
    let series = known[status]
    if (series === undefined) known[status] = series = this.#pointSeries(point, status)
    series.observe((nowMs - sinceMs) / 1000)
    return nowMs
  }

  /** One plugin is done at a point. */
  plugin(name: string, point: ExtensionPoint, status: PointStatus, sinceMs: number): void {
    const nowMs = this.now()
    const key = `${name} ${point} ${status}`
    let series = this.#plugins.get(key)
    if (series === undefined) this.#plugins.set(key, (series = this.#pluginSeries(name, point, status)))
    series.observe((nowMs - sinceMs) / 1000)
  }

  /** Where to count what a plugin says. */
  countsOf(plugin: string): Evaluated {
    let counts = this.#evaluated.get(plugin)
    if (counts === undefined) this.#evaluated.set(plugin, (counts = { preFilter: 0, filter: 0, score: 0 }))
    return counts
  }
}

type ByProfile = Map<string, ReadonlyMap<string, Evaluated>>
const allProfiles = new WeakMap<Metrics, ByProfile>()

/** The counts of all profiles that tell the same metrics. */
function profilesOf(metrics: Metrics): ByProfile {
  const known = allProfiles.get(metrics)
  if (known !== undefined) return known
  const profiles: ByProfile = new Map()
  allProfiles.set(metrics, profiles)
  metrics.readings(
    'scheduler_plugin_evaluation_total',
    'counter',
    'Number of attempts to schedule pods by each plugin and the extension point (available only in PreFilter, Filter, PreScore, and Score).',
    () =>
      [...profiles].flatMap(([profile, plugins]) =>
        [...plugins].flatMap(([plugin, counts]) =>
          Object.entries(evaluatedPoints).flatMap(([extension_point, name]) =>
            counts[name] === 0 ? [] : [{ labels: { plugin, extension_point, profile }, value: counts[name] }],
          ),
        ),
      ),
  )
  return profiles
}
