import type { FeatureGates } from '../../resources/index.ts'
import { type ExtensionPoint, extensionPoints, type PluginChoices, type PluginSet } from './choices.ts'
import { defaultChoices, isPlugin, takesPart } from './known-plugins.ts'

/** The plugins of a profile: which take part at each point, in order, and what their scores count for. */
export interface ChosenPlugins {
  readonly at: Readonly<Record<ExtensionPoint, readonly string[]>>
  readonly weights: ReadonlyMap<string, number>
  /** The same for the scores of placements of groups. */
  readonly placementWeights: ReadonlyMap<string, number>
}
/** Kubernetes: all scores together fit in 64 bits. */
const totalScoreMax = 2n ** 63n - 1n

/**
 * The plugins that a profile's choice comes to, or what is wrong with it, as Kubernetes words it. The defaults stand at every
 * point unless the point or `multiPoint` turns them off; what a point enables by name goes before what it has by default.
 */
export function choosePlugins(
  choice: PluginChoices,
  gates: FeatureGates,
  schedulerName: string,
): ChosenPlugins | { readonly problem: string } {
  const multiPoint = mergedSet({ enabled: defaultChoices(gates) }, choice.multiPoint)
  const sets = new Map(extensionPoints.map((point) => [point, mergedSet({}, choice[point])]))
  const problem = firstProblem(multiPoint, sets, schedulerName)
  if (problem !== undefined) return { problem }
  const at = Object.fromEntries(
    extensionPoints.map((point) => [point, expanded(point, sets.get(point)!, multiPoint)]),
  ) as unknown as Record<ExtensionPoint, readonly string[]>
  if (at.queueSort.length !== 1)
    return {
      problem: `only one queue sort plugin required for profile with scheduler name "${schedulerName}", but got ${at.queueSort.length}`,
    }
  if (at.bind.length === 0)
    return { problem: `at least one bind plugin is needed for profile with scheduler name "${schedulerName}"` }
  const weightsAt = (point: 'score' | 'placementScore') => {
    const weights = new Map<string, number>()
    for (const { name, weight = 0 } of [...(sets.get(point)?.enabled ?? []), ...(multiPoint.enabled ?? [])])
      if (takesPart(name, point) && !weights.has(name)) weights.set(name, weight === 0 ? 1 : weight)
    return weights
  }
  const weights = weightsAt('score')
  let total = 0n
  for (const weight of weights.values()) total += BigInt(weight) * 100n
  if (total > totalScoreMax) return { problem: 'score plugins: total score of Score plugins could overflow' }
  return { at, weights, placementWeights: weightsAt('placementScore') }
}

/** Kubernetes: a default that is enabled by name keeps its place and takes the new weight; new ones come behind. */
function mergedSet({ enabled: defaults = [] }: PluginSet, { enabled = [], disabled = [] }: PluginSet = {}): PluginSet {
  const isOff = (name: string) => disabled.some((one) => one.name === name)
  const replaced = new Set<number>()
  const kept = isOff('*')
    ? []
    : defaults.flatMap((one) => {
        if (isOff(one.name)) return []
        // Of several of a name the last counts.
        const at = enabled.findLastIndex(({ name }) => name === one.name)
        if (at < 0) return [one]
        replaced.add(at)
        return [enabled[at]!]
      })
  return { enabled: [...kept, ...enabled.filter((_, at) => !replaced.has(at))], disabled }
}

function firstProblem(
  multiPoint: PluginSet,
  sets: ReadonlyMap<ExtensionPoint, PluginSet>,
  schedulerName: string,
): string | undefined {
  const typeOf = (point: ExtensionPoint) => `${point[0]!.toUpperCase()}${point.slice(1)}Plugin`
  for (const point of extensionPoints) {
    const seen = new Set<string>()
    for (const { name } of sets.get(point)?.enabled ?? []) {
      if (!isPlugin(name)) return `${typeOf(point)} "${name}" does not exist`
      if (!takesPart(name, point)) return `plugin "${name}" does not extend ${typeOf(point)} plugin`
      if (seen.has(name)) return `plugin "${name}" already registered as "${typeOf(point)}"`
      seen.add(name)
    }
  }
  const queueSorts = sets.get('queueSort')?.enabled?.length ?? 0
  if (queueSorts > 1)
    return `only one queue sort plugin required for profile with scheduler name "${schedulerName}", but got ${queueSorts}`
  for (const point of extensionPoints) {
    const { enabled = [], disabled = [] } = sets.get(point)!
    if (disabled.some(({ name }) => name === '*')) continue
    const seen = new Set<string>()
    for (const { name } of multiPoint.enabled ?? []) {
      if (!isPlugin(name)) return `${typeOf(point)} "${name}" does not exist`
      if (!takesPart(name, point) || [...disabled, ...enabled].some((one) => one.name === name)) continue
      if (seen.has(name)) return `plugin "${name}" already registered as "${typeOf(point)}"`
      seen.add(name)
    }
  }
  return undefined
}

/** Who takes part at a point: those it restates, those of `multiPoint`, and those it adds. */
function expanded(point: ExtensionPoint, { enabled = [], disabled = [] }: PluginSet, multiPoint: PluginSet) {
  const own = enabled.map(({ name }) => name)
  const isOff = (name: string) => disabled.some((one) => one.name === name)
  if (isOff('*')) return own
  const shared = (multiPoint.enabled ?? [])
    .map(({ name }) => name)
    .filter((name) => takesPart(name, point) && !isOff(name))
  return [
    ...own.filter((name) => shared.includes(name)),
    ...shared.filter((name) => !own.includes(name)),
    ...own.filter((name) => !shared.includes(name)),
  ]
}
