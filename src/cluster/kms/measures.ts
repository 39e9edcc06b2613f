import { hashLabel, serverNameOf } from '../../apiserver/index.ts'
import type { LabelValues, Metrics } from '../../machinery/index.ts'
import { allResources } from '../../resources/index.ts'
import { type SealingMeasures, type SealReport, sealBuckets } from '../../store/index.ts'

const generationBuckets = Array.from({ length: 14 }, (_, power) => 5e-6 * 2 ** power)
/** Kubernetes: the oldest of more keys than this are told of no more. */
const keysMax = 100

export interface SealingMeasuresParts {
  readonly metrics: Metrics
  /** The machine's name, by which the server is called; its hash is told. */
  readonly hostname: string
  readonly now: () => number
}

/** Kubernetes' metrics of what is encrypted at rest, under its names. */
export function sealingMeasures(parts: SealingMeasuresParts): SealingMeasures {
  const { metrics } = parts
  const operations = metrics.counter(
    'apiserver_storage_transformation_operations_total',
    "Total number of transformations. Successful transformation will have a status 'OK' and a varied status string when the transformation fails. The status, resource, and transformation_type fields can be used for alerting purposes. For example, you can monitor for encryption/decryption failures using the transformation_type (e.g., from_storage for decryption and to_storage for encryption). Additionally, these fields can be used to ensure that the correct transformers are applied to each resource.",
  )
  const misses = metrics
    .counter(
      'apiserver_storage_envelope_transformation_cache_misses_total',
      'Total number of cache misses while accessing key decryption key(KEK).',
    )
    .series({})
  const generated = metrics.histogram(
    'apiserver_storage_data_key_generation_duration_seconds',
    'Latencies in seconds of data encryption key(DEK) generation operations.',
    generationBuckets,
  )
  const seeds = metrics.gauge(
    'apiserver_envelope_encryption_dek_source_cache_size',
    'Number of records in data encryption key (DEK) source cache. On a restart, this value is an approximation of the number of decrypt RPC calls the server will make to the KMS plugin.',
  )
  const took = transformationTimes(metrics)
  const keys = keyMeasures(parts)
  return {
    seedMissed: () => misses.inc(),
    seedMade: (seconds) => generated.observe(seconds),
    seedsKnown: (provider_name, count) => seeds.set(count, { provider_name }),
    statusKey: keys.named,
    sealed(report) {
      for (const { direction, place, mark, isWell, count } of report.counts) {
        const status = isWell ? 'OK' : 'unknown-non-grpc'
        const labels = { transformation_type: direction, transformer_prefix: mark }
        operations.inc({ resource: resourceAt(place), status, ...labels }, count)
      }
      report.times.forEach(took)
      report.keys.forEach(keys.used)
    },
  }
}

/** Adds up how long transformations took. */
function transformationTimes(metrics: Metrics): (times: SealReport['times'][number]) => void {
  const all = new Map<string, { readonly labels: LabelValues; counts: number[]; count: number; sum: number }>()
  metrics.histogramReadings(
    'apiserver_storage_transformation_duration_seconds',
    'Latencies in seconds of value transformation operations.',
    sealBuckets,
    () => all.values(),
  )
  return ({ direction, mark, counts, count, sum }) => {
    const key = `${direction} ${mark}`
    const labels = { transformation_type: direction, transformer_prefix: mark }
    const known = all.get(key) ?? { labels, counts: sealBuckets.map(() => 0), count: 0, sum: 0 }
    all.set(key, known)
    for (const [bucket, more] of counts.entries()) known.counts[bucket] = (known.counts[bucket] ?? 0) + (more ?? 0)
    known.count += count
    known.sum += sum
  }
}

/** What is told of the keys of plugins: as hashes, for their names may say much. */
function keyMeasures({ metrics, hostname, now }: SealingMeasuresParts) {
  const name = (rest: string) => `apiserver_envelope_encryption_${rest}`
  const apiserver_id_hash = hashLabel(serverNameOf(hostname))
  const lastUsed = metrics.gauge(
    name('key_id_hash_last_timestamp_seconds'),
    'The last time in seconds when a keyID was used.',
  )
  const lastNamed = metrics.gauge(
    name('key_id_hash_status_last_timestamp_seconds'),
    'The last time in seconds when a keyID was returned by the Status RPC call.',
  )
  const invalid = metrics.counter(
    name('invalid_key_id_from_status_total'),
    'Number of times an invalid keyID is returned by the Status RPC call split by error.',
  )
  const uses = new Map<string, { readonly labels: LabelValues; value: number }>()
  metrics.readings(
    name('key_id_hash_total'),
    'counter',
    'Number of times a keyID is used split by transformation type, provider, and apiserver identity.',
    () => uses.values(),
  )
  const namedKeys = new Map<string, LabelValues>()
  return {
    used({ direction, provider, keyId, count, atMs }: SealReport['keys'][number]): void {
      const key = `${direction} ${provider} ${keyId}`
      const shared = { key_id_hash: hashLabel(keyId), provider_name: provider }
      const labels = { apiserver_id_hash, ...shared, transformation_type: direction }
      const known = uses.get(key) ?? { labels, value: 0 }
      uses.delete(key)
      uses.set(key, known)
      known.value += count
      lastUsed.set(atMs / 1000, labels)
      for (const oldest of forgotten(uses)) lastUsed.remove(oldest.labels)
    },
    named(provider_name: string, keyId: string, problem: 'empty' | 'too_long' | undefined): void {
      if (problem !== undefined) return invalid.inc({ error: problem, provider_name })
      const labels = { apiserver_id_hash, key_id_hash: hashLabel(keyId), provider_name }
      const key = `${provider_name} ${keyId}`
      namedKeys.delete(key)
      namedKeys.set(key, labels)
      lastNamed.set(now() / 1000, labels)
      for (const oldest of forgotten(namedKeys)) lastNamed.remove(oldest)
    },
  }
}

/** Takes away the oldest of too many. */
function forgotten<V>(known: Map<string, V>): readonly V[] {
  const [first] = known
  if (first === undefined || known.size <= keysMax) return []
  known.delete(first[0])
  return [first[1]]
}

const builtIn = new Map(
  allResources.map(({ storage, plural, group }) => [
    `/registry/${storage.prefix}/`,
    group === '' ? plural : `${plural}.${group}`,
  ]),
)

/** `secrets`, `deployments.apps`, `things.example.com`: the resource whose objects lie there. */
function resourceAt(place: string): string {
  const known = builtIn.get(place)
  if (known !== undefined) return known
  const [, group = '', plural = ''] = place.split('/').filter((part) => part !== '')
  return plural === '' ? group : `${plural}.${group}`
}
