import { exactFieldValue, parseFieldSelector } from '../../machinery/index.ts'
import type { Asked } from './classify.ts'

const keyOf = (group: string, resource: string, namespace: string, name: string) =>
  `${group}/${resource}/${namespace}/${name}`

/** How many watches may be told of a write, by what they watch. */
export class WatchCounts {
  readonly #counts = new Map<string, number>()

  /** Counts a watch until it is disposed. */
  add({ group, resource, namespace, name }: Asked, fieldSelector: string | undefined): Disposable {
    // Kubernetes: watches of one node's pods are found by index, and cost nothing for others.
    if (resource === 'pods' && selectsNode(fieldSelector)) return { [Symbol.dispose]() {} }
    const key = keyOf(group, resource, namespace, name)
    this.#change(key, 1)
    return { [Symbol.dispose]: () => this.#change(key, -1) }
  }

  /** The watches of all objects, of the namespace's and of the very one. */
  interestedIn({ group, resource, subresource, namespace, name }: Asked): number {
    if (resource === 'serviceaccounts' && subresource === 'token') return 0
    const of = (inNamespace: string, named: string) => this.#counts.get(keyOf(group, resource, inNamespace, named)) ?? 0
    return of('', '') + (namespace === '' ? 0 : of(namespace, '')) + (name === '' ? 0 : of(namespace, name))
  }

  #change(key: string, by: number): void {
    const count = (this.#counts.get(key) ?? 0) + by
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }
}

function selectsNode(fieldSelector: string | undefined): boolean {
  if (fieldSelector === undefined || fieldSelector === '') return false
  try {
    return (exactFieldValue(parseFieldSelector(fieldSelector), 'spec.nodeName') ?? '') !== ''
  } catch {
    return false
  }
}
