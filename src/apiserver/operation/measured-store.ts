import type { Clock, Counter, CounterSeries, Histogram, Metrics, Series } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Store, Value, Written } from '../../store/index.ts'
import { prefixOf, registryRoot } from '../registry/encoding.ts'

type Operation = 'create' | 'update' | 'delete'
const requestBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]

/**
 * A store whose writes are measured under Kubernetes' names, in which the store is called etcd. Reads come from memory, as
 * Kubernetes' come from its watch cache, and are not counted here; nor is what the server brings itself before it begins.
 */
export function measuredStore(
  store: Store,
  clock: Clock,
  metrics: Metrics,
  resources: () => Iterable<ResourceDefinition<any>>,
  hasBegun: () => boolean,
): Store {
  const seconds = metrics.histogram(
    'etcd_request_duration_seconds',
    'Etcd request latency in seconds for each operation and object type.',
    requestBuckets,
  )
  const total = metrics.counter('etcd_requests_total', 'Etcd request counts for each operation and object type.')
  const errors = metrics.counter(
    'etcd_request_errors_total',
    'Etcd failed request counts for each operation and object type.',
  )
  const measures = new WriteMeasures({ seconds, total, errors }, resources)
  /** Whoever writes waits for the write itself, and not for what is noted of it. */
  const measured = (operation: Operation, key: string, write: Promise<Written>): Promise<Written> => {
    const of = measures.of(operation, key)
    const startedMs = clock.monotonic()
    const took = () => of.seconds.observe((clock.monotonic() - startedMs) / 1000)
    of.total.inc()
    write.then(took, () => {
      of.failed()
      took()
    })
    return write
  }
  return {
    get: (key, at) => store.get(key, at),
    current: (key) => store.current(key),
    currentBelow: (prefix, limit) => store.currentBelow(prefix, limit),
    markOf: (prefix) => store.markOf(prefix),
    list: (prefix, query) => store.list(prefix, query),
    sizeBytes: () => store.sizeBytes(),
    count: (prefix) => store.count(prefix),
    put(key: string, value: Value, expected: number) {
      const write = store.put(key, value, expected)
      return hasBegun() ? measured(expected === 0 ? 'create' : 'update', key, write) : write
    },
    delete: (key, expected) => measured('delete', key, store.delete(key, expected)),
    watch: (prefix, after, signal) => store.watch(prefix, after, signal),
    changes: (prefix, after, upTo) => store.changes(prefix, after, upTo),
    compact: (before) => store.compact(before),
    revision: () => store.revision(),
    compactedTo: () => store.compactedTo(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

interface Measured {
  readonly total: CounterSeries
  readonly seconds: Series
  failed(): void
}

interface Families {
  readonly seconds: Histogram
  readonly total: Counter
  readonly errors: Counter
}

/** The series of each kind and operation, found once. */
class WriteMeasures {
  readonly #families: Families
  readonly #resources: () => Iterable<ResourceDefinition<any>>
  readonly #known = new Map<string, Measured>()
  readonly #kinds = new Map<string, ResourceDefinition<any>>()

  constructor(families: Families, resources: () => Iterable<ResourceDefinition<any>>) {
    this.#families = families
    this.#resources = resources
  }

  of(operation: Operation, key: string): Measured {
    const short = key.slice(0, key.indexOf('/', registryRoot.length) + 1)
    const known = this.#known.get(operation + short)
    if (known !== undefined) return known
    // Custom resources lie one level lower, below their group.
    const long = key.slice(0, key.indexOf('/', short.length) + 1)
    return this.#known.get(operation + long) ?? this.#find(operation, short, long)
  }

  #find(operation: Operation, short: string, long: string): Measured {
    const definition = this.#kindAt(short, long) ?? this.#readKinds().#kindAt(short, long)
    const labels = { group: definition?.group ?? '', operation, resource: definition?.plural ?? '' }
    const { seconds, total, errors } = this.#families
    const made = { total: total.series(labels), seconds: seconds.series(labels), failed: () => errors.inc(labels) }
    if (definition !== undefined) this.#known.set(operation + prefixOf(definition), made)
    return made
  }

  #kindAt(short: string, long: string): ResourceDefinition<any> | undefined {
    return this.#kinds.get(short) ?? this.#kinds.get(long)
  }

  /** Kinds may have been declared since they were read last. */
  #readKinds(): this {
    for (const definition of this.#resources()) {
      const prefix = prefixOf(definition)
      if (!this.#kinds.has(prefix)) this.#kinds.set(prefix, definition)
    }
    return this
  }
}
