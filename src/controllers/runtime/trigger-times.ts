import { conditionOf, keyOf, msOf, nameOf, type ObjectName, timestampOf } from '../../machinery/index.ts'
import type { Pod, Service } from '../../resources/index.ts'

/** When what is behind each service last became as it is. Invariant: forgets services it is told to forget. */
export class TriggerTimes {
  readonly #known = new Map<string, ReadonlyMap<string, string>>()

  /**
   * When the first of what is new about a service's pods happened; undefined when nothing is. Kubernetes: a pod counts from
   * when it became ready, or ceased to be; a service that is seen for the first time from when it was made.
   */
  look(service: Service, pods: readonly Pod[]): string | undefined {
    const key = keyOf(nameOf(service))
    const before = this.#known.get(key)
    const now = new Map<string, string>()
    let firstMs = Number.POSITIVE_INFINITY
    for (const pod of pods) {
      const since = conditionOf({ status: pod.status ?? {} }, 'Ready')?.lastTransitionTime
      if (since === undefined || since === null) continue
      const { name } = pod.metadata
      now.set(name, since)
      const last = before?.get(name)
      if (last === since) continue
      if (last === undefined || msOf(since) > msOf(last)) firstMs = Math.min(firstMs, msOf(since))
    }
    this.#known.set(key, now)
    if (before === undefined) return service.metadata.creationTimestamp
    return firstMs === Number.POSITIVE_INFINITY ? undefined : timestampOf(firstMs)
  }

  forget(name: ObjectName): void {
    this.#known.delete(keyOf(name))
  }
}
