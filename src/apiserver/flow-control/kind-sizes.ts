import type { Clock } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Store } from '../../store/index.ts'
import { prefixOf } from '../registry/encoding.ts'
import type { KindSize } from './width.ts'

/** Kubernetes: sizes are looked at once a minute. */
const lookEveryMs = 60_000
/** The average is taken over this many objects. */
const sampleMax = 20

/** How many objects of each kind there are, and how large they are: what the width of a list is judged by. */
export class KindSizes {
  readonly #store: Store
  readonly #clock: Clock
  readonly #looked = new Map<string, { readonly atMs: number; averageBytes: number | undefined }>()

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Undefined until somebody has looked, which the first question brings about. */
  of(definition: ResourceDefinition<any>): KindSize | undefined {
    const prefix = prefixOf(definition)
    const nowMs = this.#clock.monotonic()
    const known = this.#looked.get(prefix)
    if (known === undefined || nowMs - known.atMs > lookEveryMs) {
      const looked = { atMs: nowMs, averageBytes: known?.averageBytes }
      this.#looked.set(prefix, looked)
      void this.#sample(prefix).then(
        (averageBytes) => (looked.averageBytes = averageBytes),
        () => this.#looked.delete(prefix),
      )
    }
    const averageBytes = known?.averageBytes
    return averageBytes === undefined ? undefined : { count: this.#store.count(prefix), averageBytes }
  }

  async #sample(prefix: string): Promise<number> {
    const { entries } = await this.#store.list(prefix, { limit: sampleMax })
    const bytes = entries.reduce((sum, { value }) => sum + value.length, 0)
    return entries.length === 0 ? 0 : bytes / entries.length
  }
}
