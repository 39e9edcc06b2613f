import { controllerOf, isTerminal, labelQueryOf, msOf } from '../../machinery/index.ts'
import type { Pod, PodDisruptionBudget } from '../../resources/index.ts'

const safeToEvict = 'cluster-autoscaler.kubernetes.io/safe-to-evict'
const safeLocalVolumes = 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes'
const mirrorAnnotation = 'kubernetes.io/config.mirror'
const daemonSetPodAnnotation = 'cluster-autoscaler.kubernetes.io/daemonset-pod'
/** Kubernetes: a pod that should have ended so long ago is as good as gone. */
const overdueMs = 30_000

export interface DrainOptions {
  readonly skipNodesWithSystemPods: boolean
  readonly skipNodesWithLocalStorage: boolean
}
/** Which pods would have to move for a node to go, or which of them keeps it. */
export type DrainPlan = { readonly moves: readonly Pod[] } | { readonly blocked: string }

/** What is left of disruption budgets while several nodes are planned. */
export class BudgetsLeft {
  readonly #left = new Map<PodDisruptionBudget, number>()
  readonly #budgets: readonly { readonly budget: PodDisruptionBudget; readonly matches: (pod: Pod) => boolean }[]

  constructor(budgets: readonly PodDisruptionBudget[]) {
    this.#budgets = budgets.map((budget) => {
      const query = labelQueryOf(budget.spec?.selector)
      const { namespace } = budget.metadata
      return { budget, matches: ({ metadata }) => metadata.namespace === namespace && query.matches(metadata.labels) }
    })
    for (const budget of budgets) this.#left.set(budget, budget.status?.disruptionsAllowed ?? 0)
  }

  covers(pod: Pod): boolean {
    return this.#budgets.some(({ matches }) => matches(pod))
  }
  /**
   * Takes what moving the pods costs; answers the first pod for which nothing is left, and then nothing was taken. That pods of
   * one node have to go one after the other is left to their evictions.
   */
  take(pods: readonly Pod[]): Pod | undefined {
    const blocked = pods.find((pod) => this.#budgetsOf(pod).some((budget) => this.#left.get(budget)! < 1))
    if (blocked !== undefined) return blocked
    for (const pod of pods)
      for (const budget of this.#budgetsOf(pod)) this.#left.set(budget, this.#left.get(budget)! - 1)
    return undefined
  }
  give(pods: readonly Pod[]): void {
    for (const pod of pods)
      for (const budget of this.#budgetsOf(pod)) this.#left.set(budget, this.#left.get(budget)! + 1)
  }

  #budgetsOf(pod: Pod): readonly PodDisruptionBudget[] {
    return this.#budgets.filter(({ matches }) => matches(pod)).map(({ budget }) => budget)
  }
}

export const isDaemonPod = (pod: Pod): boolean =>
  controllerOf(pod)?.kind === 'DaemonSet' || pod.metadata.annotations?.[daemonSetPodAnnotation] === 'true'
export const isMirrorPod = ({ metadata }: Pod): boolean => metadata.annotations?.[mirrorAnnotation] !== undefined

/** Which pods of a node would have to move, by cluster-autoscaler's rules; its words where one of them keeps the node. */
export function planDrain(pods: readonly Pod[], budgets: BudgetsLeft, options: DrainOptions, nowMs: number): DrainPlan {
  const moves: Pod[] = []
  for (const pod of pods) {
    if (isMirrorPod(pod) || isDaemonPod(pod) || isTerminal(pod) || isOverdue(pod, nowMs)) continue
    const blocked = keeps(pod, budgets, options)
    if (blocked !== undefined) return { blocked }
    moves.push(pod)
  }
  return { moves }
}

function isOverdue({ metadata }: Pod, nowMs: number): boolean {
  return metadata.deletionTimestamp !== undefined && nowMs - msOf(metadata.deletionTimestamp) > overdueMs
}

function keeps(pod: Pod, budgets: BudgetsLeft, options: DrainOptions): string | undefined {
  const { name, namespace, annotations = {} } = pod.metadata
  if (annotations[safeToEvict] === 'true') return undefined
  if (controllerOf(pod) === undefined) return `${namespace}/${name} is not replicated`
  if (namespace === 'kube-system' && options.skipNodesWithSystemPods && !budgets.covers(pod))
    return `non-daemonset, non-mirrored, non-pdb-assigned kube-system pod present: ${name}`
  if (options.skipNodesWithLocalStorage && hasLocalStorage(pod)) return `pod with local storage present: ${name}`
  if (annotations[safeToEvict] === 'false') return `pod annotated as not safe to evict present: ${name}`
  return undefined
}

function hasLocalStorage({ metadata, spec }: Pod): boolean {
  const safe = new Set((metadata.annotations?.[safeLocalVolumes] ?? '').split(',').map((one) => one.trim()))
  return (spec.volumes ?? []).some(
    ({ name, hostPath, emptyDir }) =>
      !safe.has(name) && (hostPath !== undefined || (emptyDir !== undefined && emptyDir.medium !== 'Memory')),
  )
}
