import type { NodeColumns } from '../columns/node-columns.ts'
import type { ClusterChange, PostFiltered } from '../framework/framework.ts'
import type { Refusal } from './known-answers.ts'

/** Why a pod goes nowhere. */
export interface RefusedPlacement {
  readonly nodeName: undefined
  readonly message: string
  readonly wakeOn: ReadonlySet<ClusterChange>
  /** The names of the plugins that refused it. */
  readonly by: ReadonlySet<string>
  readonly reasons: ReadonlyMap<string, number>
  /** The same with what came of making room: nothing is said when room was made. */
  says(preemption: string | undefined): string
  /** What plugins have to do for it. */
  readonly acts: readonly NonNullable<PostFiltered['act']>[]
}
/** Where a pod goes, or why it goes nowhere. */
export type Placement =
  | { readonly nodeName: string; readonly feasible: number; readonly evaluated: number }
  | RefusedPlacement
/** Whether an answer is that the pod goes nowhere. */
export const isRefused = <T extends object>(one: T | RefusedPlacement): one is RefusedPlacement => 'says' in one

/** Why no node takes a pod: per reason, how many nodes give it, worded as Kubernetes does. */
export function explained(
  columns: NodeColumns,
  refusalAt: (place: number) => Refusal | undefined,
  after: readonly (PostFiltered | undefined)[],
  total = columns.count,
): RefusedPlacement {
  const reasons = new Map<string, number>()
  const wakeOn = new Set<ClusterChange>(['Pod/Update'])
  const by = new Set<string>()
  let unhelpful = 0
  // Nodes that follow each other most often say the same: they are counted together.
  let last: Refusal | undefined
  let alike = 0
  const count = () => {
    if (last === undefined) return
    const { plugin, verdict } = last
    for (const reason of verdict.reason.split(', ')) reasons.set(reason, (reasons.get(reason) ?? 0) + alike)
    if (verdict.evenAfterPreemption) unhelpful += alike
    by.add(plugin.name)
    for (const change of plugin.wakeOn ?? []) wakeOn.add(change)
  }
  for (let place = 0; place < columns.size; place++) {
    if (columns.alive[place] === 0) continue
    const refusal = refusalAt(place)
    if (refusal === undefined) continue
    if (last !== undefined && saysTheSame(last, refusal)) {
      alike++
      continue
    }
    count()
    last = refusal
    alike = 1
  }
  count()
  const list = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort()
  const helpless = total - unhelpful
  const preemption = [
    ...(unhelpful > 0 ? [`${unhelpful} Preemption is not helpful for scheduling`] : []),
    ...(helpless > 0 ? [`${helpless} No preemption victims found for incoming pod`] : []),
  ]
  const says = sayer(`0/${total} nodes are available: ${list.join(', ')}.`, after)
  const message = says(`0/${total} nodes are available: ${preemption.sort().join(', ')}.`)
  return { nodeName: undefined, reasons, wakeOn, by, message, says, acts: actsOf(after) }
}

function saysTheSame(left: Refusal, right: Refusal): boolean {
  return (
    left === right ||
    (left.plugin === right.plugin &&
      left.verdict.reason === right.verdict.reason &&
      left.verdict.evenAfterPreemption === right.verdict.evenAfterPreemption)
  )
}

/** Kubernetes: what keeps a pod from all nodes alike is said once, not counted. */
export function goesNowhere(
  { plugin, verdict }: Refusal,
  total: number,
  after: readonly (PostFiltered | undefined)[],
): RefusedPlacement {
  const says = sayer(`0/${total} nodes are available: ${verdict.reason}.`, after)
  return {
    nodeName: undefined,
    message: says(`0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`),
    wakeOn: new Set<ClusterChange>(['Pod/Update', ...(plugin.wakeOn ?? [])]),
    by: new Set([plugin.name]),
    reasons: new Map([[verdict.reason, total]]),
    says,
    acts: actsOf(after),
  }
}

/** Kubernetes: each of those asked to make room says what came of it, unless one did. */
function sayer(
  before: string,
  after: readonly (PostFiltered | undefined)[],
): (preemption: string | undefined) => string {
  return (preemption) => {
    const texts = after.map((one) => one?.says ?? `preemption: ${preemption}`)
    return preemption === undefined || texts.length === 0 ? before : `${before} ${texts.join(', ')}`
  }
}

function actsOf(after: readonly (PostFiltered | undefined)[]): RefusedPlacement['acts'] {
  return after.flatMap((one) => one?.act ?? [])
}
