import { defaultGates, type FeatureGates } from '../../resources/index.ts'
import type { Prepared, SchedulerPlugin } from '../framework/framework.ts'
import { type PluginSettings, pluginsOf } from '../plugins/index.ts'
import type { ExtensionPoint, PluginArguments, PluginConfig, ProfileChoice } from './choices.ts'
import { choosePlugins } from './chosen-plugins.ts'

/** How a profile makes room for pods by evicting others. */
export interface PreemptionChoice {
  /** Of many nodes that would do, no more than this share of all, and at least so many, are compared. */
  readonly candidatesPercentMin: number
  readonly candidatesMin: number
}
/** A profile ready to place pods: its name is what pods name in schedulerName. */
export interface Profile {
  readonly name: string
  readonly plugins: readonly SchedulerPlugin[]
  /** 0: adapted to the size of the cluster. */
  readonly percentageOfNodesToScore: number
  /** Who is asked, in order, when no node takes a pod. */
  readonly postFilters: readonly string[]
  /** Undefined: room is not made. */
  readonly preemption: PreemptionChoice | undefined
}
export interface ProfileSettings extends PluginSettings {
  readonly percentageOfNodesToScore?: number
  readonly gates?: FeatureGates
}

export const defaultSchedulerName = 'default-scheduler'
const everyPoint: readonly ExtensionPoint[] = [
  'preEnqueue',
  'preFilter',
  'filter',
  'score',
  'reserve',
  'permit',
  'preBind',
  'placementGenerate',
  'placementScore',
]

/** The plugins a profile comes to: the defaults, less what it turns off, with the weights, order and arguments it states. */
export function profileOf(choice: ProfileChoice, settings: ProfileSettings = {}): Profile {
  const name = choice.schedulerName ?? defaultSchedulerName
  const chosen = choosePlugins(choice.plugins ?? {}, settings.gates ?? defaultGates, name)
  // Whoever reads a configuration has asked schedulerProblem first.
  if ('problem' in chosen) throw new Error(chosen.problem)
  const args = argumentsOf(choice.pluginConfig ?? [])
  const known = new Map(pluginsOf(args, settings).map((plugin) => [plugin.name, plugin]))
  const names = new Set(['filter' as const, ...everyPoint].flatMap((point) => chosen.at[point]))
  const plugins = [...names].flatMap((plugin) => {
    const whole = known.get(plugin)
    if (whole === undefined) return []
    const weight = chosen.weights.get(plugin)
    const placementWeight = chosen.placementWeights.get(plugin) ?? 1
    const on = new Set(everyPoint.filter((point) => chosen.at[point].includes(plugin)))
    const isSame = (weight ?? whole.weight) === whole.weight && placementWeight === 1
    return [narrowed(isSame ? whole : { ...whole, ...(weight === undefined ? {} : { weight }), placementWeight }, on)]
  })
  const { minCandidateNodesPercentage: percent = 10, minCandidateNodesAbsolute: least = 100 } =
    args.DefaultPreemption ?? {}
  return {
    name,
    plugins,
    percentageOfNodesToScore: choice.percentageOfNodesToScore ?? settings.percentageOfNodesToScore ?? 0,
    postFilters: chosen.at.postFilter,
    preemption: chosen.at.postFilter.includes('DefaultPreemption')
      ? { candidatesPercentMin: percent, candidatesMin: least }
      : undefined,
  }
}

function argumentsOf(config: readonly PluginConfig[]): PluginArguments {
  return Object.fromEntries(config.flatMap(({ name, args }) => (args === undefined ? [] : [[name, args]])))
}

/** The plugin without the points that are off. */
function narrowed(plugin: SchedulerPlugin, on: ReadonlySet<ExtensionPoint>): SchedulerPlugin {
  const { preEnqueue, nodeNames, filter, fits, score, normalize, prepare, reserve, permit, preBind, ...others } = plugin
  const { placements, scorePlacement, normalizePlacements, ...rest } = others
  const isWhole =
    (on.has('filter') || !(filter ?? fits)) &&
    (on.has('preFilter') || !nodeNames) &&
    (on.has('score') || !(score ?? normalize)) &&
    (prepare === undefined || (on.has('filter') && on.has('score'))) &&
    (on.has('preEnqueue') || !preEnqueue) &&
    (on.has('reserve') || !reserve) &&
    (on.has('permit') || !permit) &&
    (on.has('preBind') || !preBind) &&
    (on.has('placementGenerate') || !placements) &&
    (on.has('placementScore') || !scorePlacement)
  if (isWhole) return plugin
  return {
    ...rest,
    ...(on.has('preEnqueue') && preEnqueue ? { preEnqueue } : {}),
    ...(on.has('preFilter') && nodeNames ? { nodeNames } : {}),
    ...(on.has('filter') && filter ? { filter } : {}),
    ...(on.has('filter') && fits ? { fits } : {}),
    ...(on.has('score') && score ? { score } : {}),
    ...(on.has('score') && normalize ? { normalize } : {}),
    ...(on.has('reserve') && reserve ? { reserve } : {}),
    ...(on.has('permit') && permit ? { permit } : {}),
    ...(on.has('preBind') && preBind ? { preBind } : {}),
    ...(on.has('placementGenerate') && placements ? { placements } : {}),
    ...(on.has('placementScore') && scorePlacement ? { scorePlacement } : {}),
    ...(on.has('placementScore') && normalizePlacements ? { normalizePlacements } : {}),
    ...(prepare === undefined || !(on.has('filter') || on.has('score'))
      ? {}
      : {
          prepare(facts, columns) {
            const prepared = prepare(facts, columns)
            return prepared === undefined ? undefined : narrowedAnswers(prepared, on)
          },
        }),
  }
}

function narrowedAnswers(
  { nowhere, filter, compare, score, normalize, remedy }: Prepared,
  on: ReadonlySet<ExtensionPoint>,
): Prepared {
  const [filters, scores] = [on.has('filter'), on.has('score')]
  return {
    ...(filters && nowhere !== undefined ? { nowhere } : {}),
    ...(filters && filter !== undefined ? { filter } : {}),
    ...(remedy === undefined ? {} : { remedy }),
    ...(scores && compare !== undefined ? { compare } : {}),
    ...(scores && score !== undefined ? { score } : {}),
    ...(scores && normalize !== undefined ? { normalize } : {}),
  }
}
