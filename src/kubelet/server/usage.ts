import type { Pod } from '../../resources/index.ts'
import type { ContainerUsage } from '../runtime/runtime.ts'
import type { SummaryParts } from '../stats/summary.ts'
import type { VolumeStats } from '../stats/volumes.ts'
import { newestOf, podViewOf } from '../sync/containers.ts'
import { isTerminalPhase } from '../sync/phase.ts'
import { pluginOf } from '../volumes/plugin-names.ts'

/** What the kubelet's pages of metrics are made of. */
export type UsageParts = SummaryParts

/** One family in Prometheus' text form. */
function family(
  name: string,
  help: string,
  type: 'counter' | 'gauge',
  samples: readonly (readonly [labels: Record<string, string>, value: number, atMs?: number])[],
): string {
  const lines = samples.map(([labels, value, atMs]) => {
    const text = Object.entries(labels)
      .map(([key, label]) => `${key}=${JSON.stringify(label)}`)
      .join(',')
    return `${name}${text === '' ? '' : `{${text}}`} ${value}${atMs === undefined ? '' : ` ${atMs}`}\n`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

/** /metrics/resource: what metrics-server reads. */
export async function resourceMetrics({ kubelet }: UsageParts): Promise<string> {
  const [node, usages] = await Promise.all([kubelet.nodeUsage(), kubelet.runtime.usage()])
  const atMs = kubelet.clock.now()
  const pods = new Map(kubelet.pods().map((pod) => [pod.metadata.uid, pod]))
  const labelled = usages.flatMap((usage) => {
    const pod = pods.get(usage.podUid)
    if (pod === undefined) return []
    const view = podViewOf(kubelet.observed, usage.podUid)
    const startedAtMs = newestOf(view, usage.name)?.startedAtMs ?? 0
    const place = { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name }
    return [{ usage, startedAtMs, place, labels: { container: usage.name, ...place } }]
  })
  const podSums = [...Map.groupBy(labelled, ({ usage }) => usage.podUid).values()].map((own) => ({
    place: own[0]!.place,
    cpu: own.reduce((sum, { usage }) => sum + usage.cpuNanoseconds, 0) / 1e9,
    memory: own.reduce((sum, { usage }) => sum + usage.workingSetBytes, 0),
  }))
  return [
    family(
      'container_cpu_usage_seconds_total',
      '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
      'counter',
      labelled.map(({ labels, usage }) => [labels, usage.cpuNanoseconds / 1e9, usage.atMs]),
    ),
    family(
      'container_memory_working_set_bytes',
      '[STABLE] Current working set of the container in bytes',
      'gauge',
      labelled.map(({ labels, usage }) => [labels, usage.workingSetBytes, usage.atMs]),
    ),
    family(
      'container_start_time_seconds',
      '[STABLE] Start time of the container since unix epoch in seconds',
      'gauge',
      labelled.map(({ labels, startedAtMs }) => [labels, startedAtMs / 1000]),
    ),
    family(
      'node_cpu_usage_seconds_total',
      '[STABLE] Cumulative cpu time consumed by the node in core-seconds',
      'counter',
      [[{}, node.cpuNanoseconds / 1e9, atMs]],
    ),
    family('node_memory_working_set_bytes', '[STABLE] Current working set of the node in bytes', 'gauge', [
      [{}, node.workingSetBytes, atMs],
    ]),
    family(
      'pod_cpu_usage_seconds_total',
      '[STABLE] Cumulative cpu time consumed by the pod in core-seconds',
      'counter',
      podSums.map(({ place, cpu }) => [place, cpu, atMs]),
    ),
    family(
      'pod_memory_working_set_bytes',
      '[STABLE] Current working set of the pod in bytes',
      'gauge',
      podSums.map(({ place, memory }) => [place, memory, atMs]),
    ),
    family(
      'resource_scrape_error',
      '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise',
      'gauge',
      [[{}, 0]],
    ),
  ].join('')
}

/** /metrics/cadvisor: the container series that dashboards are made of. */
export async function cadvisorMetrics({ kubelet }: UsageParts): Promise<string> {
  const usages = await kubelet.runtime.usage()
  const pods = new Map(kubelet.pods().map((pod) => [pod.metadata.uid, pod]))
  const images = new Map(kubelet.observed.containers.map(({ id, image }) => [id, image]))
  const labelled = usages.map((usage) => {
    const pod = pods.get(usage.podUid)
    const labels = {
      container: usage.name,
      id: usage.containerId,
      image: images.get(usage.containerId) ?? '',
      name: usage.containerId,
      namespace: pod?.metadata.namespace ?? '',
      pod: pod?.metadata.name ?? '',
    }
    return { usage, labels }
  })
  const series = (name: string, help: string, type: 'counter' | 'gauge', amountOf: (usage: ContainerUsage) => number) =>
    family(
      name,
      help,
      type,
      labelled.map(({ labels, usage }) => [labels, amountOf(usage)]),
    )
  return [
    series(
      'container_cpu_usage_seconds_total',
      'Cumulative cpu time consumed in seconds.',
      'counter',
      (one) => one.cpuNanoseconds / 1e9,
    ),
    series(
      'container_memory_usage_bytes',
      'Current memory usage in bytes, including all memory regardless of when it was accessed.',
      'gauge',
      (one) => one.usageBytes,
    ),
    series(
      'container_memory_working_set_bytes',
      'Current working set in bytes.',
      'gauge',
      (one) => one.workingSetBytes,
    ),
    series('container_memory_rss', 'Size of RSS in bytes.', 'gauge', (one) => one.rssBytes),
    family('machine_cpu_cores', 'Number of logical CPU cores.', 'gauge', [
      [
        {
          boot_id: kubelet.machine.bootId,
          machine_id: kubelet.machine.machineId,
          system_uuid: kubelet.machine.systemUuid,
        },
        kubelet.machine.cpus,
      ],
    ]),
    family('machine_memory_bytes', 'Amount of memory installed on the machine.', 'gauge', [
      [
        {
          boot_id: kubelet.machine.bootId,
          machine_id: kubelet.machine.machineId,
          system_uuid: kubelet.machine.systemUuid,
        },
        kubelet.machine.memoryBytes,
      ],
    ]),
  ].join('')
}

/** /metrics: the kubelet itself. */
export async function kubeletMetrics({ kubelet, startedAtMs, volumes }: UsageParts): Promise<string> {
  const { observed, settings, imageVolumes } = kubelet
  const pods = kubelet.pods()
  const byState = Map.groupBy(observed.containers, ({ state }) => state)
  return [
    family('kubelet_node_name', "[ALPHA] The node's name. The count is always 1.", 'gauge', [
      [{ node: settings.nodeName }, 1],
    ]),
    family('kubelet_running_pods', '[ALPHA] Number of pods that have a running pod sandbox', 'gauge', [
      [{}, observed.sandboxes.filter(({ ready }) => ready).length],
    ]),
    family(
      'kubelet_running_containers',
      '[ALPHA] Number of containers currently running',
      'gauge',
      [...byState].map(([state, own]) => [{ container_state: state }, own.length]),
    ),
    family('kubelet_desired_pods', '[ALPHA] The number of pods the kubelet is being instructed to run.', 'gauge', [
      [{}, pods.length],
    ]),
    family(
      'kubelet_active_pods',
      '[ALPHA] The number of pods the kubelet considers active and which are being considered when admitting new pods. static is true if the pod is not from the apiserver.',
      'gauge',
      byOrigin(pods.filter(({ status }) => !isTerminalPhase(status.phase))),
    ),
    family(
      'kubelet_working_pods',
      '[ALPHA] Number of pods the kubelet is actually running, broken down by lifecycle phase, whether the pod is desired, orphaned, or runtime only (also orphaned), and whether the pod is static. An orphaned pod has been removed from local configuration or force deleted in the API and consumes resources that are not otherwise visible.',
      'gauge',
      workingPods(pods),
    ),
    family(
      'kubelet_mirror_pods',
      '[ALPHA] The number of mirror pods the kubelet will try to create (one per admitted static pod)',
      'gauge',
      [[{}, pods.filter(isStatic).length]],
    ),
    family(
      'kubelet_managed_ephemeral_containers',
      '[ALPHA] Current number of ephemeral containers in pods managed by this kubelet.',
      'gauge',
      [[{}, pods.reduce((sum, { spec }) => sum + (spec.ephemeralContainers?.length ?? 0), 0)]],
    ),
    family(
      'kubelet_pod_pending_resizes',
      '[ALPHA] Number of pending resizes for pods.',
      'gauge',
      [...Map.groupBy(resizing(pods, 'PodResizePending'), ({ reason = '' }) => reason.toLowerCase())].map(
        ([reason, own]) => [{ reason }, own.length],
      ),
    ),
    family('kubelet_pod_in_progress_resizes', '[ALPHA] Number of in-progress resizes for pods.', 'gauge', [
      [{}, resizing(pods, 'PodResizeInProgress').length],
    ]),
    family('kubelet_cgroup_version', '[ALPHA] cgroup version on the hosts.', 'gauge', [[{}, kubelet.cgroups.version]]),
    family(
      'kubelet_metrics_provider',
      "[ALPHA] Metrics provider used by kubelet to collect container stats. Values can be 'cadvisor' and 'cri'",
      'gauge',
      [[{ provider: 'cri' }, 1]],
    ),
    family(
      'volume_manager_total_volumes',
      '[ALPHA] Number of volumes in Volume Manager',
      'gauge',
      volumesByPlugin(pods),
    ),
    family('kubelet_image_volume_requested_total', '[BETA] Number of requested image volumes.', 'counter', [
      [{}, imageVolumes.requested],
    ]),
    family(
      'kubelet_image_volume_mounted_succeed_total',
      '[BETA] Number of successful image volume mounts.',
      'counter',
      [[{}, imageVolumes.mounted]],
    ),
    family('kubelet_image_volume_mounted_errors_total', '[BETA] Number of failed image volume mounts.', 'counter', [
      [{}, imageVolumes.failed],
    ]),
    family('process_start_time_seconds', '[STABLE] Start time of the process since unix epoch in seconds.', 'gauge', [
      [{}, startedAtMs / 1000],
    ]),
    family(
      'kubernetes_build_info',
      '[BETA] A metric with a constant 1 value labeled by major, minor, git version.',
      'gauge',
      [[{ git_version: settings.version }, 1]],
    ),
    await claimMetrics(kubelet, volumes),
    kubelet.metrics.text((name) => !name.startsWith('prober_')),
  ].join('')
}

/** The volumes behind claims: each once, however many pods use it. */
async function claimMetrics(kubelet: UsageParts['kubelet'], volumes: UsageParts['volumes']): Promise<string> {
  const known = new Map<string, { readonly labels: Record<string, string>; readonly use: VolumeStats }>()
  for (const { metadata } of kubelet.pods()) {
    const on = kubelet.podOnNode(metadata.uid)
    for (const use of on === undefined ? [] : (await volumes.of(on)).others)
      if (use.pvcRef !== undefined) {
        const { name, namespace } = use.pvcRef
        known.set(`${namespace}/${name}`, { labels: { namespace, persistentvolumeclaim: name }, use })
      }
  }
  return claimFamilies
    .map(([name, help, amountOf]) =>
      family(
        `kubelet_volume_stats_${name}`,
        `[ALPHA] ${help}`,
        'gauge',
        [...known.values()].map(({ labels, use }) => [labels, amountOf(use)]),
      ),
    )
    .join('')
}
const claimFamilies: readonly (readonly [name: string, help: string, amountOf: (use: VolumeStats) => number])[] = [
  ['capacity_bytes', 'Capacity in bytes of the volume', (use) => use.capacityBytes],
  ['available_bytes', 'Number of available bytes in the volume', (use) => use.availableBytes],
  ['used_bytes', 'Number of used bytes in the volume', (use) => use.usedBytes],
  ['inodes', 'Maximum number of inodes in the volume', (use) => use.inodes],
  ['inodes_free', 'Number of free inodes in the volume', (use) => use.inodesFree],
  ['inodes_used', 'Number of used inodes in the volume', (use) => use.inodesUsed],
]

type Samples = readonly (readonly [labels: Record<string, string>, value: number])[]

const isStatic = ({ metadata }: Pod) => metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined

/** The conditions of this type that pods have. */
const resizing = (pods: readonly Pod[], type: string) =>
  pods.flatMap(({ status }) => (status.conditions ?? []).filter((one) => one.type === type))

function byOrigin(pods: readonly Pod[]): Samples {
  const count = (wanted: boolean) => pods.filter((pod) => isStatic(pod) === wanted).length
  return [
    [{ static: '' }, count(false)],
    [{ static: 'true' }, count(true)],
  ]
}

/** Every pod that a worker carries is desired; how far it is in its life. */
function workingPods(pods: readonly Pod[]): Samples {
  const lifecycleOf = ({ metadata, status }: Pod) =>
    isTerminalPhase(status.phase) ? 'terminated' : metadata.deletionTimestamp === undefined ? 'sync' : 'terminating'
  return ['sync', 'terminating', 'terminated'].flatMap((lifecycle) =>
    ['', 'true'].map((from): Samples[number] => [
      { config: 'desired', lifecycle, static: from },
      pods.filter((pod) => lifecycleOf(pod) === lifecycle && isStatic(pod) === (from === 'true')).length,
    ]),
  )
}

/** The volumes of running pods, by what kind of source they have. */
function volumesByPlugin(pods: readonly Pod[]): Samples {
  const counts = new Map<string, number>()
  for (const { spec, status } of pods) {
    if (isTerminalPhase(status.phase)) continue
    for (const volume of spec.volumes ?? []) {
      const plugin = pluginOf(volume)
      counts.set(plugin, (counts.get(plugin) ?? 0) + 1)
    }
  }
  return [...counts].flatMap(([plugin, count]) =>
    ['actual_state_of_world', 'desired_state_of_world'].map((state): Samples[number] => [
      { plugin_name: plugin, state },
      count,
    ]),
  )
}
