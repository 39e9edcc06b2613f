import type { LabelValues, Metrics, Series } from '../machinery/index.ts'
import { type ResizeMeasures, resizeMeasures } from './resize/measures.ts'
import type { VolumeOperation } from './volumes/volumes.ts'

/** The kinds of containers, as metrics of what was started name them. */
export type StartedType = 'container' | 'init_container' | 'ephemeral_container'

/** Told of what a kubelet does. Times are in seconds. */
export interface KubeletMeasures extends ResizeMeasures {
  /** A call of the runtime; `handler` is the runtime handler where a sandbox was run. */
  operation(type: string, seconds: number, isWell: boolean, handler: string | undefined): void
  /** The runtime was looked at as a whole, so long after the last time. */
  relisted(nowMs: number, seconds: number, sinceSeconds: number | undefined): void
  /** A pod was seen for the first time. */
  seen(containers: number): void
  /** One step of a pod's worker. */
  worked(type: 'create' | 'update' | 'sync' | 'kill', seconds: number): void
  workerStarted(seconds: number): void
  /** A pod's sandbox was made, or could not be. */
  podStarted(isWell: boolean): void
  containerStarted(type: StartedType, problem: string | undefined): void
  /** All containers of a pod run: since it was first seen here, since it was created, and that less pulls and init. */
  running(sinceSeenSeconds: number, sinceCreatedSeconds: number, slowSeconds: number): void
  statusWritten(seconds: number): void
  rejected(reason: string): void
  evicted(signal: string, statsAgeSeconds: number): void
  imageEnsured(isPresent: boolean, policy: string, isPulled: boolean): void
  imagePulled(bytes: number, seconds: number): void
  imageCollected(reason: 'age' | 'space'): void
  /** So many pulls under way, and pulled images, are noted in files. */
  pullsRecorded(intents: number, records: number): void
  /** Whether a pod may use an image that is there was judged. */
  pullJudged(result: string): void
  orphanFound(): void
  /** A volume's use was found out, by `du` or `statfs`. */
  volumeMeasured(source: string, seconds: number): void
  /** A volume was mounted or taken down. */
  volumeOperation(operation: VolumeOperation): void
  probed(labels: LabelValues, seconds: number): void
  /** A request to the kubelet's own server, until it is disposed of. */
  serving(method: string, path: string, isLong: boolean): Disposable
}

const usual = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const operationBuckets = Array.from({ length: 14 }, (_, power) => 0.005 * 2.5 ** power)
const startBuckets = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
]
const pullBuckets = [1, 5, 10, 20, 30, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600]
const statusBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20, 30, 45, 60]

/** Kubernetes' metrics of a kubelet, under its names. */
export function kubeletMeasures(metrics: Metrics, monotonic: () => number): KubeletMeasures {
  const counter = (name: string, help: string) => metrics.counter(`kubelet_${name}`, help)
  const histogram = (name: string, help: string, buckets: readonly number[]) =>
    metrics.histogram(`kubelet_${name}`, help, buckets)
  return {
    ...runtimeMeasures(counter, histogram),
    ...plegMeasures(metrics, histogram),
    ...podMeasures(counter, histogram),
    ...imageMeasures(counter, histogram),
    ...recordMeasures(metrics),
    ...resizeMeasures(metrics),
    ...storageMeasures(metrics),
    ...serverMeasures(metrics, counter, histogram, monotonic),
  }
}

type CounterOf = (name: string, help: string) => ReturnType<Metrics['counter']>
type HistogramOf = (name: string, help: string, buckets: readonly number[]) => ReturnType<Metrics['histogram']>

function runtimeMeasures(counter: CounterOf, histogram: HistogramOf): Pick<KubeletMeasures, 'operation'> {
  const total = counter('runtime_operations_total', 'Cumulative number of runtime operations by operation type.')
  const errors = counter(
    'runtime_operations_errors_total',
    'Cumulative number of runtime operation errors by operation type.',
  )
  const durations = histogram(
    'runtime_operations_duration_seconds',
    'Duration in seconds of runtime operations. Broken down by operation type.',
    operationBuckets,
  )
  const sandboxes = histogram(
    'run_podsandbox_duration_seconds',
    'Duration in seconds of the run_podsandbox operations. Broken down by RuntimeClass.Handler.',
    usual,
  )
  const sandboxErrors = counter(
    'run_podsandbox_errors_total',
    'Cumulative number of the run_podsandbox operation errors by RuntimeClass.Handler.',
  )
  const known = new Map<string, Series>()
  return {
    operation(operation_type, seconds, isWell, handler) {
      total.inc({ operation_type })
      let series = known.get(operation_type)
      if (series === undefined) known.set(operation_type, (series = durations.series({ operation_type })))
      series.observe(seconds)
      if (!isWell) errors.inc({ operation_type })
      if (handler === undefined) return
      sandboxes.observe(seconds, { runtime_handler: handler })
      if (!isWell) sandboxErrors.inc({ runtime_handler: handler })
    },
  }
}

function plegMeasures(metrics: Metrics, histogram: HistogramOf): Pick<KubeletMeasures, 'relisted'> {
  const durations = histogram('pleg_relist_duration_seconds', 'Duration in seconds for relisting pods in PLEG.', usual)
  const intervals = histogram('pleg_relist_interval_seconds', 'Interval in seconds between relisting in PLEG.', usual)
  const last = metrics.gauge('kubelet_pleg_last_seen_seconds', 'Timestamp in seconds when PLEG was last seen active.')
  return {
    relisted(nowMs, seconds, sinceSeconds) {
      durations.observe(seconds)
      if (sinceSeconds !== undefined) intervals.observe(sinceSeconds)
      last.set(nowMs / 1000)
    },
  }
}

function podMeasures(
  counter: CounterOf,
  histogram: HistogramOf,
): Pick<
  KubeletMeasures,
  | 'seen'
  | 'worked'
  | 'workerStarted'
  | 'podStarted'
  | 'containerStarted'
  | 'running'
  | 'statusWritten'
  | 'rejected'
  | 'evicted'
  | 'orphanFound'
  | 'volumeMeasured'
> {
  const containers = histogram('containers_per_pod_count', 'The number of containers per pod.', [1, 2, 4, 8, 16])
  const work = histogram(
    'pod_worker_duration_seconds',
    'Duration in seconds to sync a single pod. Broken down by operation type: create, update, or sync',
    usual,
  )
  const begun = histogram(
    'pod_worker_start_duration_seconds',
    'Duration in seconds from kubelet seeing a pod to starting a worker.',
    usual,
  )
  const started = counter('started_pods_total', 'Cumulative number of pods started')
  const startErrors = counter('started_pods_errors_total', 'Cumulative number of errors when starting pods')
  const startedContainers = counter('started_containers_total', 'Cumulative number of containers started')
  const containerErrors = counter(
    'started_containers_errors_total',
    'Cumulative number of errors when starting containers',
  )
  const sinceSeen = histogram(
    'pod_start_duration_seconds',
    'Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run',
    startBuckets,
  )
  const sli = histogram(
    'pod_start_sli_duration_seconds',
    'Duration in seconds to start a pod, excluding time to pull images and run init containers, measured from pod creation timestamp to when all its containers are reported as started and observed via watch',
    startBuckets,
  )
  const sinceCreated = histogram(
    'pod_start_total_duration_seconds',
    'Duration in seconds to start a pod since creation, including time to pull images and run init containers, measured from pod creation timestamp to when all its containers are reported as started and observed via watch',
    startBuckets,
  )
  const statuses = histogram(
    'pod_status_sync_duration_seconds',
    'Duration in seconds to sync a pod status update. Measures time from detection of a change to pod status until the API is successfully updated for that pod, even if multiple intevening changes to pod status occur.',
    statusBuckets,
  )
  const rejections = counter('admission_rejections_total', 'Cumulative number pod admission rejections by the Kubelet.')
  const evictions = counter('evictions', 'Cumulative number of pod evictions by eviction signal')
  const ages = histogram(
    'eviction_stats_age_seconds',
    'Time between when stats are collected, and when pod is evicted based on those stats by eviction signal',
    usual,
  )
  const orphans = counter(
    'orphaned_runtime_pods_total',
    'Number of pods that have been detected in the container runtime without being already known to the pod worker. This typically indicates the kubelet was restarted while a pod was force deleted in the API or in the local configuration, which is unusual.',
  )
  const volumes = histogram(
    'volume_metric_collection_duration_seconds',
    'Duration in seconds to calculate volume stats',
    usual,
  )
  return {
    seen: (count) => containers.observe(count),
    worked: (operation_type, seconds) => work.observe(seconds, { operation_type }),
    workerStarted: (seconds) => begun.observe(seconds),
    podStarted: (isWell) => (isWell ? started : startErrors).inc(),
    containerStarted(container_type, problem) {
      startedContainers.inc({ container_type })
      if (problem !== undefined) containerErrors.inc({ code: problem, container_type })
    },
    running(seen, created, slow) {
      sinceSeen.observe(seen)
      sinceCreated.observe(created)
      sli.observe(Math.max(0, created - slow))
    },
    statusWritten: (seconds) => statuses.observe(seconds),
    rejected: (reason) => rejections.inc({ reason }),
    evicted(eviction_signal, seconds) {
      evictions.inc({ eviction_signal })
      ages.observe(seconds, { eviction_signal })
    },
    orphanFound: () => orphans.inc(),
    volumeMeasured: (metric_source, seconds) => volumes.observe(seconds, { metric_source }),
  }
}

function imageMeasures(
  counter: CounterOf,
  histogram: HistogramOf,
): Pick<KubeletMeasures, 'imageEnsured' | 'imagePulled' | 'imageCollected' | 'pullJudged'> {
  const ensured = counter(
    'image_manager_ensure_image_requests_total',
    'Number of ensure-image requests processed by the kubelet.',
  )
  const pulls = histogram('image_pull_duration_seconds', 'Duration in seconds to pull an image.', pullBuckets)
  const collected = counter(
    'image_garbage_collected_total',
    'Total number of images garbage collected by the kubelet, whether through disk usage or image age.',
  )
  const judged = counter(
    'imagemanager_image_mustpull_checks_total',
    'Counter for how many times kubelet checked whether credentials need to be re-verified to access an image',
  )
  return {
    pullJudged: (result) => judged.inc({ result }),
    imageEnsured: (isPresent, policy, isPulled) =>
      ensured.inc({
        present_locally: String(isPresent),
        pull_policy: policy.toLowerCase(),
        pull_required: String(isPulled),
      }),
    imagePulled: (bytes, seconds) => pulls.observe(seconds, { image_size_in_bytes: sizeClassOf(bytes) }),
    imageCollected: (reason) => collected.inc({ reason }),
  }
}

function recordMeasures(metrics: Metrics): Pick<KubeletMeasures, 'pullsRecorded'> {
  const intents = metrics.gauge('kubelet_imagemanager_ondisk_pullintents', 'Number of ImagePullIntents stored on disk.')
  const records = metrics.gauge(
    'kubelet_imagemanager_ondisk_pulledrecords',
    'Number of ImagePulledRecords stored on disk.',
  )
  return {
    pullsRecorded(pulling, pulled) {
      intents.set(pulling)
      records.set(pulled)
    },
  }
}

const storageBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600]

function storageMeasures(metrics: Metrics): Pick<KubeletMeasures, 'volumeOperation'> {
  const durations = metrics.histogram(
    'storage_operation_duration_seconds',
    'Storage operation duration',
    storageBuckets,
  )
  return {
    volumeOperation: ({ name, plugin, seconds, isWell }) =>
      durations.observe(seconds, {
        ...{ migrated: 'false', operation_name: name },
        ...{ status: isWell ? 'success' : 'fail-unknown', volume_plugin: plugin },
      }),
  }
}

/** Kubernetes: sizes of images are told in classes. */
function sizeClassOf(bytes: number): string {
  if (bytes === 0) return 'N/A'
  return sizeClasses.findLast(([from]) => bytes >= from)![1]
}
const mebibyte = 2 ** 20
const gibibyte = 2 ** 30
const sizeClasses: readonly (readonly [from: number, name: string])[] = [
  [0, '0-10MB'],
  [10 * mebibyte, '10MB-100MB'],
  [100 * mebibyte, '100MB-500MB'],
  [500 * mebibyte, '500MB-1GB'],
  [gibibyte, '1GB-5GB'],
  [5 * gibibyte, '5GB-10GB'],
  [10 * gibibyte, '10GB-20GB'],
  [20 * gibibyte, '20GB-30GB'],
  [30 * gibibyte, '30GB-40GB'],
  [40 * gibibyte, '40GB-60GB'],
  [60 * gibibyte, '60GB-100GB'],
  [100 * gibibyte, 'GT100GB'],
]

function serverMeasures(
  metrics: Metrics,
  counter: CounterOf,
  histogram: HistogramOf,
  monotonic: () => number,
): Pick<KubeletMeasures, 'serving' | 'probed'> {
  const total = counter('http_requests_total', 'Number of the http requests received since the server started')
  const durations = histogram('http_requests_duration_seconds', 'Duration in seconds to serve http requests', usual)
  const probes = metrics.histogram('prober_probe_duration_seconds', 'Duration in seconds for a probe response.', usual)
  const underWay = new Map<string, { readonly labels: LabelValues; value: number }>()
  metrics.readings('kubelet_http_inflight_requests', 'gauge', 'Number of the inflight http requests', () =>
    underWay.values(),
  )
  return {
    probed: (labels, seconds) => probes.observe(seconds, labels),
    serving(method, path, isLong) {
      const labels = { long_running: String(isLong), method, path, server_type: 'readwrite' }
      const key = JSON.stringify(labels)
      const counted = underWay.get(key) ?? { labels, value: 0 }
      underWay.set(key, counted)
      const startedMs = monotonic()
      counted.value++
      total.inc(labels)
      return {
        [Symbol.dispose]() {
          counted.value--
          durations.observe((monotonic() - startedMs) / 1000, labels)
        },
      }
    },
  }
}
