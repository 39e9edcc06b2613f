import { keyOf, type ObjectName } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'

/** What a pod comes to, made by the given function unless it is known already. */
export type OfPod<T> = (pod: Pod, make: () => T, basis?: string) => T

interface Made<T> {
  readonly pod: Pod
  readonly basis: string | undefined
  value: T
}
interface Look<T> {
  readonly of: object
  readonly byUid: Map<string, Made<T>>
  /** The lists that were gone through since the last look, and before it. */
  readonly adopted: Set<object>
  readonly adoptedBefore: ReadonlySet<object>
}

/**
 * What pods come to for an object that many of them belong to, kept from one look at it to the next: while neither the object, the pod
 * nor the `basis` is another one, it is not made again. A look costs little for the pods that did not change.
 */
export class MadeOfPods<T> {
  readonly #looks = new Map<string, Look<T>>()

  /** Begins a look at an object; what is not asked for in it is forgotten. */
  look(name: ObjectName, object: object, family = ''): OfPod<T> {
    const key = `${keyOf(name)} ${family}`
    const last = this.#looks.get(key)
    const known = last?.of === object ? last.byUid : undefined
    const byUid = new Map<string, Made<T>>()
    this.#looks.set(key, { of: object, byUid, adopted: new Set(), adoptedBefore: last?.adopted ?? new Set() })
    return (pod, make, basis) => {
      const { uid } = pod.metadata
      let made = known?.get(uid)
      if (made === undefined || made.pod !== pod || made.basis !== basis) made = { pod, basis, value: make() }
      byUid.set(uid, made)
      return made.value
    }
  }

  /**
   * Has what was stored of pods take the place of what they came to in the last look, where it says the same: what stays as it is can
   * then be told without a look into it.
   */
  adopt<S extends { readonly targetRef?: { readonly uid?: string } }>(
    name: ObjectName,
    stored: readonly S[],
    as: (value: T, stored: S) => T,
    family = '',
  ): void {
    const last = this.#looks.get(`${keyOf(name)} ${family}`)
    if (last === undefined) return
    const { byUid, adopted, adoptedBefore } = last
    adopted.add(stored)
    if (adoptedBefore.has(stored)) return
    for (const one of stored) {
      const made = byUid.get(one.targetRef?.uid ?? '')
      if (made !== undefined) made.value = as(made.value, one)
    }
  }

  /** The object is gone. */
  forget(name: ObjectName, family = ''): void {
    this.#looks.delete(`${keyOf(name)} ${family}`)
  }
}
