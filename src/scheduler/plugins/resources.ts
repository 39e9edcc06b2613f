import type { NodeColumns } from '../columns/node-columns.ts'
import { fits, refuse, refuseAlways, type SchedulerPlugin, type Verdict } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { PluginArguments } from '../profile/choices.ts'
import { fitScoreOf, leastAllocated, placementScoreOf } from './resource-scores.ts'

/**
 * NodeResourcesFit: the node has what the pod asks for, but for what is ignored; how nodes compare is a matter of the scoring
 * strategy, and those with more left are better unless told otherwise (LeastAllocated).
 */
export function nodeResourcesFitOf(args: FitArguments = {}, ignored: readonly string[] = []): SchedulerPlugin {
  const { ignoredResources = [], ignoredResourceGroups = [], scoringStrategy } = args
  if (ignoredResources.length + ignoredResourceGroups.length + ignored.length === 0)
    return scoringStrategy === undefined ? nodeResourcesFit : { ...nodeResourcesFit, ...scoresOf(scoringStrategy) }
  const names = new Set([...ignoredResources, ...ignored])
  const groups = new Set(ignoredResourceGroups)
  const counts = (name: string) => !name.includes('/') || (!names.has(name) && !groups.has(name.split('/')[0]!))
  // What is ignored is left out of what the pod asks for; the answer is otherwise the same.
  const without = new WeakMap<PodFacts['others'], PodFacts['others']>()
  const seen = (facts: PodFacts): PodFacts => {
    if (facts.others.size === 0) return facts
    let others = without.get(facts.others)
    if (others === undefined) {
      others = new Map([...facts.others].filter(([name]) => counts(name)))
      without.set(facts.others, others)
    }
    return others.size === facts.others.size ? facts : { ...facts, others }
  }
  return {
    ...nodeResourcesFit,
    filter: (facts, node) => nodeResourcesFit.filter!(seen(facts), node),
    fits: (facts, at, columns) => nodeResourcesFit.fits!(seen(facts), at, columns),
    remedy: (facts, node) => nodeResourcesFit.remedy!(seen(facts), node),
    helps: (facts, happened, columns) => nodeResourcesFit.helps!(seen(facts), happened, columns),
    ...(scoringStrategy === undefined ? {} : scoresOf(scoringStrategy)),
  }
}
type FitArguments = NonNullable<PluginArguments['NodeResourcesFit']>

const scoresOf = (strategy: NonNullable<FitArguments['scoringStrategy']>) => ({
  score: fitScoreOf(strategy),
  scorePlacement: placementScoreOf(strategy.resources),
})

const nodeResourcesFit: SchedulerPlugin = {
  name: 'NodeResourcesFit',
  goesBy: 'pods',
  weight: 1,
  wakeOn: [
    'Node/Add',
    'Node/UpdateAllocatable',
    'AssignedPod/Delete',
    'AssignedPod/Update',
    'Pod/Update',
    'DeviceClass/Add',
    'DeviceClass/Update',
  ],
  filter(facts, { index, columns }): Verdict {
    const reasons = shortages(facts, index, columns)
    if (reasons.length === 0) return fits
    // Kubernetes: what the node could not hold even when empty, no eviction helps.
    const never =
      facts.cpuMilli > columns.cpuMilli[index]! ||
      facts.memoryBytes > columns.memoryBytes[index]! ||
      [...facts.others].some(([name, amount]) => amount > offeredBy(name, index, columns))
    return never ? refuseAlways(reasons.join(', ')) : refuse(reasons.join(', '))
  },
  helps(facts, { node }, columns) {
    const at = node === undefined ? undefined : columns.placeOf(node.metadata.name)
    return at === undefined || mightFit(facts, at, columns)
  },
  fits(facts, at, columns) {
    const { cpuMilli, memoryBytes, ephemeralBytes, others } = facts
    if (columns.podsTaken[at]! + 1 > columns.podsMax[at]!) return false
    if (cpuMilli > 0 && columns.cpuTaken[at]! + cpuMilli > columns.cpuMilli[at]!) return false
    if (memoryBytes > 0 && columns.memoryTaken[at]! + memoryBytes > columns.memoryBytes[at]!) return false
    if (ephemeralBytes > 0 && columns.ephemeralTaken[at]! + ephemeralBytes > columns.ephemeralBytes[at]!) return false
    return others.size === 0 || shortages(facts, at, columns).length === 0
  },
  remedy(facts, { index, columns }) {
    const lacks: string[] = []
    const note = (name: string, asked: number, has: number, taken: number, text: (amount: number) => string) => {
      if (asked === 0 || asked <= has - taken) return
      lacks.push(
        asked > has
          ? `it asks for ${text(asked)} of ${name}, the node has ${text(has)} in all`
          : `it asks for ${text(asked)} of ${name}, ${text(Math.max(0, has - taken))} of ${text(has)} are free`,
      )
    }
    if (columns.podsTaken[index]! + 1 > columns.podsMax[index]!)
      lacks.push(`the node takes no more than ${columns.podsMax[index]!} pods`)
    note('cpu', facts.cpuMilli, columns.cpuMilli[index]!, columns.cpuTaken[index]!, (amount) => `${amount / 1000}`)
    note('memory', facts.memoryBytes, columns.memoryBytes[index]!, columns.memoryTaken[index]!, bytesText)
    const [ephemeral, taken] = [columns.ephemeralBytes[index]!, columns.ephemeralTaken[index]!]
    note('ephemeral-storage', facts.ephemeralBytes, ephemeral, taken, bytesText)
    for (const [name, amount] of facts.others)
      if (offeredBy(name, index, columns) !== Number.POSITIVE_INFINITY)
        note(
          name,
          amount,
          columns.others[index]?.get(name) ?? 0,
          columns.othersTaken[index]?.get(name) ?? 0,
          (value) => `${value}`,
        )
    return lacks.join('; ')
  },
  score: leastAllocated,
  scorePlacement: placementScoreOf(undefined),
}

/** Whether a node would have enough for the pod if it held nothing else. */
function mightFit(
  { cpuMilli, memoryBytes, ephemeralBytes, others }: PodFacts,
  at: number,
  columns: NodeColumns,
): boolean {
  return (
    columns.podsMax[at]! >= 1 &&
    cpuMilli <= columns.cpuMilli[at]! &&
    memoryBytes <= columns.memoryBytes[at]! &&
    ephemeralBytes <= columns.ephemeralBytes[at]! &&
    [...others].every(([name, amount]) => amount <= offeredBy(name, at, columns))
  )
}

/** How much a node offers of a resource: no limit is known here where devices stand for what it does not offer itself. */
function offeredBy(name: string, at: number, { others, devices }: NodeColumns): number {
  const amount = others[at]?.get(name) ?? 0
  return amount === 0 && devices?.classForResource(name) !== undefined ? Number.POSITIVE_INFINITY : amount
}

function bytesText(bytes: number): string {
  const mebi = bytes / 2 ** 20
  return mebi >= 1024 ? `${Math.round((mebi / 1024) * 100) / 100}Gi` : `${Math.round(mebi * 100) / 100}Mi`
}

/** What a node lacks for a pod, in Kubernetes' words. */
export function shortages(facts: PodFacts, at: number, columns: NodeColumns): readonly string[] {
  const reasons: string[] = []
  if (columns.podsTaken[at]! + 1 > columns.podsMax[at]!) reasons.push('Too many pods')
  if (facts.cpuMilli > 0 && facts.cpuMilli > columns.cpuMilli[at]! - columns.cpuTaken[at]!)
    reasons.push('Insufficient cpu')
  if (facts.memoryBytes > 0 && facts.memoryBytes > columns.memoryBytes[at]! - columns.memoryTaken[at]!)
    reasons.push('Insufficient memory')
  if (facts.ephemeralBytes > 0 && facts.ephemeralBytes > columns.ephemeralBytes[at]! - columns.ephemeralTaken[at]!)
    reasons.push('Insufficient ephemeral-storage')
  for (const [name, amount] of facts.others) {
    if (amount > 0 && amount > offeredBy(name, at, columns) - (columns.othersTaken[at]?.get(name) ?? 0))
      reasons.push(`Insufficient ${name}`)
  }
  return reasons
}
