import type { Controller } from '../controllers/index.ts'
import { type Node, nodes, type Pod, pods } from '../resources/index.ts'
import { type Profile, profileOf } from '../scheduler/index.ts'
import { Autoscaling } from './autoscaling.ts'
import type { NodeGroupProvider } from './groups.ts'
import { type AutoscalerOptions, optionsDefault } from './options.ts'

/** All of the cluster is looked at together. */
const whole = { name: 'cluster' }
/** Pods that come to wait in a burst are looked at together. */
const urgentGapMs = 1000

/**
 * Has groups of nodes be as large as the pods need: they grow for pods that the scheduler finds no node for, and nodes go that
 * are empty, or whose pods have a place on others.
 */
export function nodeAutoscalerController(parts: {
  readonly provider: NodeGroupProvider
  /** cluster-autoscaler's defaults where left out. */
  readonly options?: Partial<AutoscalerOptions>
  /** Those of the cluster's scheduler; the default one when left out. */
  readonly profiles?: readonly Profile[]
}): Controller {
  const { provider } = parts
  const options = { ...optionsDefault, ...parts.options }
  const [first = profileOf({}), ...others] = parts.profiles ?? []
  return {
    name: 'cluster-autoscaler',
    account: 'cluster-autoscaler',
    workers: 1,
    about: () => 'Cluster',
    watches: [
      { resource: nodes, wake: (_: Node) => [whole] },
      { resource: pods, wake: (_: Pod) => [whole] },
    ],
    atStart: [whole],
    start(tools) {
      const autoscaling = new Autoscaling(tools, { provider, options, profiles: [first, ...others] })
      const subscription = provider.subscribe(() => tools.wake(whole))
      tools.signal.addEventListener('abort', () => subscription[Symbol.dispose](), { once: true })
      let lookedMs = Number.NEGATIVE_INFINITY
      let waitingBefore = ''
      let dueMs: number | undefined
      return async function reconcile(_, turn) {
        const nowMs = tools.clock.monotonic()
        const { waiting } = autoscaling
        const isUrgent = waiting !== waitingBefore || autoscaling.isRemoving
        const gapMs = isUrgent ? urgentGapMs : options.scanIntervalMs
        const leftMs = Math.min(lookedMs + gapMs, dueMs ?? Number.POSITIVE_INFINITY) - nowMs
        if (leftMs > 0) return { againInMs: leftMs }
        lookedMs = nowMs
        waitingBefore = waiting
        const nextMs = await autoscaling.look(turn)
        dueMs = nextMs === undefined ? undefined : tools.clock.monotonic() + nextMs
        return nextMs === undefined ? undefined : { againInMs: Math.max(1, nextMs) }
      }
    },
  }
}
