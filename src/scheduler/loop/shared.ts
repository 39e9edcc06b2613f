import type { Client, Informers, RecordAction, Rush } from '../../client/index.ts'
import type { Clock, DecisionJournal, Log, Metrics, Random } from '../../machinery/index.ts'
import type { FeatureGates, Pod } from '../../resources/index.ts'
import type { PodCalls } from '../calls/pod-calls.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import type { Placer } from '../cycle/place.ts'
import type { Settling } from '../cycle/settling.ts'
import type { Extender } from '../extenders/extender.ts'
import type { BindTools, SchedulerPlugin } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { SchedulerMeasures } from '../measures.ts'
import type { PluginMeasures } from '../plugin-measures.ts'
import type { Nominations } from '../preemption/nominations.ts'
import { defaultSchedulerName, type Profile } from '../profile/profile.ts'
import type { QueueBackoff, SchedulingQueue } from '../queue/scheduling-queue.ts'

export interface SchedulerParts {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  readonly record: RecordAction
  /** Told while pods are placed and bound, so that what is said of them waits. */
  readonly rush?: Rush
  readonly log: Log
  readonly journal: DecisionJournal
  readonly metrics: Metrics
  /** One per scheduler name; pods that name another scheduler are left alone. Default: the default profile. */
  readonly profiles?: readonly Profile[]
  readonly backoff?: QueueBackoff
  /** Programs outside that have a say in where pods go, of whatever profile. */
  readonly extenders?: readonly Extender[]
  /** Which features are on; the defaults unless given. */
  readonly gates?: FeatureGates
}

/** A profile with what places its pods. */
export type Placing = Profile & {
  readonly placer: Placer
  readonly settling: readonly SchedulerPlugin[]
  readonly measures: PluginMeasures
}

/** What the parts of the scheduler have in common: what they are given, and what they keep. */
export interface Shared {
  readonly parts: SchedulerParts
  readonly profiles: ReadonlyMap<string, Placing>
  readonly columns: NodeColumns
  readonly queue: SchedulingQueue
  /** Pods decided but not yet seen bound, by uid. */
  readonly assumed: Map<string, PodFacts>
  /** Pods for which room is being made: others of lower priority must leave it to them. */
  readonly nominations: Nominations
  /** Pods that wait between decision and binding. */
  readonly settling: Settling
  readonly tools: BindTools
  /** What the API is told of pods. */
  readonly calls: PodCalls
  readonly measures: SchedulerMeasures
}

/** The profile that a pod asks for. */
export function nameOfProfile({ spec }: Pod): string {
  return spec?.schedulerName ?? defaultSchedulerName
}
