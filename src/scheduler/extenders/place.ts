import type { NodeColumns } from '../columns/node-columns.ts'
import { isRefused, type Placement } from '../cycle/explain.ts'
import type { Refusal } from '../cycle/known-answers.ts'
import type { Placer } from '../cycle/place.ts'
import { everyChange, type SchedulerPlugin, type Verdict, type Within } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { Candidate } from '../preemption/plan.ts'
import type { Extender } from './extender.ts'

/** Who refuses in the name of an extender. Kubernetes: nothing says what could help, so that anything may. */
const extenderPlugin: SchedulerPlugin = { name: 'Extender', wakeOn: everyChange }

/**
 * Where a pod goes when extenders have a say: each in turn takes nodes away from those that can take it, and what they score
 * is added to the plugins' own. Rejects when one that may not be ignored fails.
 */
export async function placeWithExtenders(
  extenders: readonly Extender[],
  facts: PodFacts,
  columns: NodeColumns,
  placer: Placer,
  nominated: string | undefined,
  within?: Within,
): Promise<Placement> {
  if (nominated !== undefined) {
    const place = columns.placeOf(nominated)
    if (place !== undefined && within?.isIn[place] !== 0 && placer.verdict(facts, columns, place).fits) {
      const { names } = await filtered(extenders, facts, columns, [nominated]).catch(() => ({ names: [] }))
      if (names.length > 0) return { nodeName: nominated, feasible: 1, evaluated: 1 }
    }
  }
  const found = placer.shortlist(facts, columns, within)
  if (isRefused(found)) return found
  const { names, refusals } = await filtered(extenders, facts, columns, found.names)
  // What happened meanwhile may have taken nodes away.
  const places = names.flatMap((name) => columns.placeOf(name) ?? [])
  if (places.length === 0)
    return placer.explain(facts, columns, (place) => refusals.get(columns.nodes[place]?.metadata.name ?? ''), within)
  const { length: feasible } = places
  const { evaluated } = found
  if (feasible === 1) return { nodeName: columns.nodes[places[0]!]!.metadata.name, feasible, evaluated }
  const nodes = places.map((place) => columns.nodes[place]!)
  const added = await Promise.all(
    // Kubernetes: an extender that gives no scores is done without.
    extenders
      .filter(({ prioritizes }) => prioritizes)
      .map((one) => one.scores(facts.pod, nodes).catch(() => new Map<string, number>())),
  )
  const still = nodes.flatMap(({ metadata }) => columns.placeOf(metadata.name) ?? [])
  if (still.length === 0) throw new Error('the nodes that could take the pod are gone')
  const best = placer.bestOf(facts, columns, still, ({ metadata }) =>
    added.reduce((sum, scores) => sum + (scores.get(metadata.name) ?? 0), 0),
  )
  return { nodeName: columns.nodes[best]!.metadata.name, feasible, evaluated }
}

async function filtered(
  extenders: readonly Extender[],
  { pod }: PodFacts,
  columns: NodeColumns,
  wanted: readonly string[],
): Promise<{ readonly names: readonly string[]; readonly refusals: ReadonlyMap<string, Refusal> }> {
  const refusals = new Map<string, Refusal>()
  const refuse = (node: string, reason: string, evenAfterPreemption: boolean) => {
    const verdict: Verdict = { fits: false, reason, evenAfterPreemption }
    refusals.set(node, { plugin: extenderPlugin, verdict })
  }
  let names = wanted
  for (const extender of extenders) {
    if (names.length === 0) break
    if (!extender.filters) continue
    const nodes = names.flatMap((name) => {
      const place = columns.placeOf(name)
      return place === undefined ? [] : [columns.nodes[place]!]
    })
    try {
      const answer = await extender.filter(pod, nodes)
      for (const [node, reason] of Object.entries(answer.failed)) refuse(node, reason, false)
      for (const [node, reason] of Object.entries(answer.failedForGood)) refuse(node, reason, true)
      names = answer.names
    } catch (error) {
      if (!extender.isIgnorable) throw error
    }
  }
  return { names, refusals }
}

/** The candidates for making room that extenders agree to, with the victims they see; rejects when one fails that may not. */
export async function agreedCandidates(
  extenders: readonly Extender[],
  { pod }: PodFacts,
  columns: NodeColumns,
  candidates: readonly Candidate[],
): Promise<readonly Candidate[]> {
  let left = candidates
  for (const extender of extenders) {
    if (!extender.preempts) continue
    if (left.length === 0) break
    try {
      const nameOf = ({ place }: Candidate) => columns.nodes[place]?.metadata.name ?? ''
      const proposed = new Map(
        left.map((one) => [nameOf(one), { pods: one.victims, violations: one.violations }] as const),
      )
      const agreed: Candidate[] = []
      for (const [name, { uids, violations }] of await extender.preempt(pod, proposed)) {
        const place = columns.placeOf(name)
        if (place === undefined) throw new Error(`nodeinfo not found for node name ${JSON.stringify(name)}`)
        if (uids.length === 0) {
          if (extender.isIgnorable) continue
          throw new Error(`expected at least one victim pod on node ${JSON.stringify(name)}`)
        }
        const here = new Map([...columns.podsAt(place)].map((one) => [one.pod.metadata.uid, one.pod]))
        const victims = uids.map((uid) => {
          const victim = here.get(uid)
          if (victim !== undefined) return victim
          throw new Error(
            `extender: ${extender.name} claims to preempt pod (UID: ${uid}) on node: ${name}, but the pod is not found on that node`,
          )
        })
        agreed.push({ place, victims, violations })
      }
      left = agreed
    } catch (error) {
      if (!extender.isIgnorable) throw error
    }
  }
  return left
}
