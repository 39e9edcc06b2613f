import { keyOf } from '../../machinery/index.ts'
import { horizontalPodAutoscalers, pods } from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'
import { settingsOf } from '../runtime/settings.ts'
import { each } from '../runtime/watches.ts'
import { measuresOf } from './measures.ts'
import { Autoscaling } from './sync.ts'

/** Keeps workloads as large as their metrics ask for. */
export const horizontalPodAutoscalerController: Controller = {
  name: 'horizontal-pod-autoscaler-controller',
  queueName: 'horizontalpodautoscaler',
  account: 'horizontal-pod-autoscaler',
  watches: [each(horizontalPodAutoscalers)],
  start(tools) {
    const { clock, cached, metrics } = tools
    // Kubernetes: a new autoscaler waits as long for its first turn.
    const { autoscalerSyncPeriodMs: periodMs } = settingsOf(tools.config)
    const all = cached(horizontalPodAutoscalers)
    cached(pods)
    const autoscaling = new Autoscaling(tools, measuresOf(metrics))
    const dueAtMs = new Map<string, number>()
    return async function reconcile(name, turn) {
      const key = keyOf(name)
      const autoscaler = all.get(name)
      if (autoscaler === undefined) {
        dueAtMs.delete(key)
        autoscaling.forget(name)
        return undefined
      }
      autoscaling.register(name)
      const nowMs = clock.monotonic()
      const due = dueAtMs.get(key) ?? nowMs + periodMs
      dueAtMs.set(key, due)
      // Changes, its own status among them, do not make a turn come sooner.
      if (nowMs < due) return { againInMs: due - nowMs }
      dueAtMs.set(key, nowMs + periodMs)
      await autoscaling.run(autoscaler, turn)
      return { againInMs: Math.max(0, nowMs + periodMs - clock.monotonic()) }
    }
  },
}
