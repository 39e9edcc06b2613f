import { timestampOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { Kubelet } from '../kubelet.ts'
import type { ContainerUsage } from '../runtime/runtime.ts'
import { newestOf, podViewOf } from '../sync/containers.ts'
import { isTerminalPhase } from '../sync/phase.ts'

/** A cumulative processor time, and when it was read. */
interface Sample {
  readonly cpuNanoseconds: number
  readonly atMs: number
  readonly nanoCores: number
}
/** Rates over less than this would be noise. */
const rateMsMin = 1000

/** Turns cumulative processor time into a rate, by what the same name had last time. */
export class CpuRates {
  readonly #samples = new Map<string, Sample>()

  rate(key: string, cpuNanoseconds: number, atMs: number): number {
    const before = this.#samples.get(key)
    if (before !== undefined && atMs - before.atMs < rateMsMin) return before.nanoCores
    const grown = before === undefined ? 0 : Math.max(0, cpuNanoseconds - before.cpuNanoseconds)
    const nanoCores = before === undefined ? 0 : Math.round((grown * 1000) / (atMs - before.atMs))
    this.#samples.set(key, { cpuNanoseconds, atMs, nanoCores })
    return nanoCores
  }
}

function cpuOf(rates: CpuRates, key: string, cpuNanoseconds: number, atMs: number): object {
  return {
    time: timestampOf(atMs),
    usageNanoCores: rates.rate(key, cpuNanoseconds, atMs),
    usageCoreNanoSeconds: cpuNanoseconds,
  }
}
function memoryOf(usage: Pick<ContainerUsage, 'usageBytes' | 'workingSetBytes' | 'rssBytes'>, atMs: number): object {
  const { usageBytes, workingSetBytes, rssBytes } = usage
  return { time: timestampOf(atMs), usageBytes, workingSetBytes, rssBytes }
}

export interface UsageParts {
  readonly kubelet: Kubelet
  readonly rates: CpuRates
  readonly startedAtMs: number
}

/** /stats/summary: the node, and each pod with its containers. */
export async function statsSummary({ kubelet, rates, startedAtMs }: UsageParts): Promise<object> {
  const { settings, machine, runtime, clock } = kubelet
  const [node, usages, imageFs] = await Promise.all([kubelet.nodeUsage(), runtime.usage(), runtime.imageFilesystem()])
  const atMs = clock.now()
  const byPod = Map.groupBy(usages, ({ podUid }) => podUid)
  const pods = kubelet.pods().flatMap((pod) => {
    const own = byPod.get(pod.metadata.uid)
    if (own === undefined) return []
    const view = podViewOf(kubelet.observed, pod.metadata.uid)
    const sum = (amountOf: (usage: ContainerUsage) => number) =>
      own.reduce((total, usage) => total + amountOf(usage), 0)
    const { name, namespace = '', uid } = pod.metadata
    return {
      podRef: { name, namespace, uid },
      startTime: pod.status.startTime ?? timestampOf(atMs),
      containers: own.map((usage) => ({
        name: usage.name,
        startTime: timestampOf(newestOf(view, usage.name)?.startedAtMs ?? atMs),
        cpu: cpuOf(rates, usage.containerId, usage.cpuNanoseconds, usage.atMs),
        memory: memoryOf(usage, usage.atMs),
      })),
      cpu: cpuOf(
        rates,
        `pod/${uid}/${own.map(({ containerId }) => containerId).join()}`,
        sum((one) => one.cpuNanoseconds),
        atMs,
      ),
      memory: memoryOf(
        {
          usageBytes: sum((one) => one.usageBytes),
          workingSetBytes: sum((one) => one.workingSetBytes),
          rssBytes: sum((one) => one.rssBytes),
        },
        atMs,
      ),
    }
  })
  const time = timestampOf(atMs)
  return {
    node: {
      nodeName: settings.nodeName,
      startTime: timestampOf(startedAtMs),
      cpu: cpuOf(rates, 'node', node.cpuNanoseconds, atMs),
      memory: { ...memoryOf(node, atMs), availableBytes: Math.max(0, machine.memoryBytes - node.workingSetBytes) },
      fs: { time, capacityBytes: machine.diskBytes },
      runtime: {
        imageFs: {
          time,
          capacityBytes: machine.diskBytes,
          usedBytes: imageFs.usedBytes,
          inodesUsed: imageFs.usedInodes,
        },
      },
    },
    pods,
  }
}

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
export function kubeletMetrics({ kubelet, startedAtMs }: UsageParts): string {
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
    kubelet.metrics.text((name) => !name.startsWith('prober_')),
  ].join('')
}

type Samples = readonly (readonly [labels: Record<string, string>, value: number])[]

const isStatic = ({ metadata }: Pod) => metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined

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

/** Kubernetes: plugins are named after what they make volumes of. */
function pluginOf(volume: NonNullable<Pod['spec']['volumes']>[number]): string {
  const source = Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir'
  const names: Readonly<Record<string, string>> = {
    emptyDir: 'empty-dir',
    configMap: 'configmap',
    hostPath: 'host-path',
    downwardAPI: 'downward-api',
    persistentVolumeClaim: 'local-volume',
    ephemeral: 'local-volume',
  }
  return `kubernetes.io/${names[source] ?? source.toLowerCase()}`
}
