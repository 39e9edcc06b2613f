import type { Prepared, SchedulerPlugin } from '../framework/framework.ts'

/** What one extension point, or all of them (`multiPoint`), turns on and off; `*` stands for every default plugin. */
export interface PluginSet {
  readonly enabled?: readonly { readonly name: string; readonly weight?: number }[]
  readonly disabled?: readonly { readonly name: string }[]
}
/** The extension points whose plugins a profile may choose. */
export const chosenPoints = ['multiPoint', 'preEnqueue', 'filter', 'score'] as const
/** One way of placing pods, as KubeSchedulerConfiguration describes it. */
export interface ProfileChoice {
  readonly schedulerName?: string
  readonly percentageOfNodesToScore?: number
  readonly plugins?: Readonly<Partial<Record<(typeof chosenPoints)[number], PluginSet>>>
}
/** A profile ready to place pods: its name is what pods name in schedulerName. */
export interface Profile {
  readonly name: string
  readonly plugins: readonly SchedulerPlugin[]
  /** 0: adapted to the size of the cluster. */
  readonly percentageOfNodesToScore: number
}

export const defaultSchedulerName = 'default-scheduler'

/** The plugins a profile comes to: the defaults, less what it turns off, with the weights and the order it states. */
export function profileOf(
  choice: ProfileChoice,
  defaults: readonly SchedulerPlugin[],
  percentageOfNodesToScore = 0,
): Profile {
  const { multiPoint, preEnqueue, filter, score } = choice.plugins ?? {}
  const plugins = selected(defaults, multiPoint, defaults).map((plugin) => {
    const chosen = {
      preEnqueue: isOn(plugin, preEnqueue),
      filter: isOn(plugin, filter),
      score: isOn(plugin, score),
    }
    const weight = weightIn(plugin, score) ?? weightIn(plugin, multiPoint)
    return narrowed(weight === undefined ? plugin : { ...plugin, weight }, chosen)
  })
  return {
    name: choice.schedulerName ?? defaultSchedulerName,
    plugins,
    percentageOfNodesToScore: choice.percentageOfNodesToScore ?? percentageOfNodesToScore,
  }
}

/** Kubernetes: what is enabled by name and not disabled by name keeps its default place, and new ones come behind. */
function selected(
  plugins: readonly SchedulerPlugin[],
  set: PluginSet | undefined,
  known: readonly SchedulerPlugin[],
): readonly SchedulerPlugin[] {
  const kept = plugins.filter((plugin) => isOn(plugin, set))
  const all = set?.disabled?.some(({ name }) => name === '*') === true
  if (!all) return kept
  // With the defaults off, the order is the one stated.
  return (set?.enabled ?? []).flatMap(({ name }) => known.filter((plugin) => plugin.name === name))
}

function isOn({ name }: SchedulerPlugin, set: PluginSet | undefined): boolean {
  if (set?.enabled?.some((one) => one.name === name) === true) return true
  return set?.disabled?.some((one) => one.name === name || one.name === '*') !== true
}

function weightIn({ name }: SchedulerPlugin, set: PluginSet | undefined): number | undefined {
  const weight = set?.enabled?.find((one) => one.name === name)?.weight
  return weight === undefined || weight === 0 ? undefined : weight
}

/** The plugin without the points that are off. */
function narrowed(
  plugin: SchedulerPlugin,
  on: { readonly preEnqueue: boolean; readonly filter: boolean; readonly score: boolean },
): SchedulerPlugin {
  if (on.preEnqueue && on.filter && on.score) return plugin
  const { preEnqueue, filter, fits, nodeNames, score, normalize, prepare, ...rest } = plugin
  return {
    ...rest,
    ...(on.preEnqueue && preEnqueue !== undefined ? { preEnqueue } : {}),
    ...(on.filter && filter !== undefined ? { filter } : {}),
    ...(on.filter && fits !== undefined ? { fits } : {}),
    ...(on.filter && nodeNames !== undefined ? { nodeNames } : {}),
    ...(on.score && score !== undefined ? { score } : {}),
    ...(on.score && normalize !== undefined ? { normalize } : {}),
    ...(prepare === undefined || !(on.filter || on.score)
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
  on: { readonly filter: boolean; readonly score: boolean },
): Prepared {
  return {
    ...(on.filter && nowhere !== undefined ? { nowhere } : {}),
    ...(on.filter && filter !== undefined ? { filter } : {}),
    ...(remedy === undefined ? {} : { remedy }),
    ...(on.score && compare !== undefined ? { compare } : {}),
    ...(on.score && score !== undefined ? { score } : {}),
    ...(on.score && normalize !== undefined ? { normalize } : {}),
  }
}
