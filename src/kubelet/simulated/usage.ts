import type { Clock } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { usageOf } from './behaviour.ts'
import type { SimulatedNodeSettings } from './describe.ts'
import type { PodLife } from './pod-life.ts'
import { type CountedPod, simulatedSummary } from './summary.ts'

/** What the metrics of a simulated pod are made of. */
export interface MeasuredPod {
  readonly pod: Pod
  readonly life: PodLife | undefined
  readonly node: { readonly settings: { readonly name: string }; readonly running: boolean }
}
/** Processor time as it has come together. */
interface Counted {
  cpuNanos: number
  atMs: number
  /** The life it belongs to; a restarted container counts from zero. */
  startedAtMs: number
}
/** Texts are good for all nodes of one round of scraping. */
const keptMs = 1_000

/** The /metrics/resource and /stats/summary of simulated nodes, counted up when somebody asks. */
export class SimulatedUsage {
  readonly #clock: Clock
  readonly #pods: () => Iterable<MeasuredPod>
  readonly #countedPods = new Map<string, Counted>()
  readonly #countedNodes = new Map<string, number>()
  #texts = new Map<string, string>()
  #byNode = new Map<string, CountedPod[]>()
  readonly #startedAtMs: number
  #atMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, pods: () => Iterable<MeasuredPod>) {
    this.#clock = clock
    this.#pods = pods
    this.#startedAtMs = clock.now()
  }

  /** What a kubelet would answer on the node. */
  text(nodeName: string): string {
    const nowMs = this.#clock.now()
    if (nowMs - this.#atMs >= keptMs) this.#count(nowMs)
    return this.#texts.get(nodeName) ?? nodeText(this.#countedNodes.get(nodeName) ?? 0, 0, nowMs)
  }

  /** What a kubelet would answer to /stats/summary on the node. */
  summary(node: SimulatedNodeSettings): object {
    const nowMs = this.#clock.now()
    if (nowMs - this.#atMs >= keptMs) this.#count(nowMs)
    const cpuNanos = this.#countedNodes.get(node.name) ?? 0
    return simulatedSummary(node, this.#byNode.get(node.name) ?? [], cpuNanos, this.#startedAtMs, nowMs)
  }

  #count(nowMs: number): void {
    this.#atMs = nowMs
    this.#byNode = new Map()
    const lines = new Map<string, { readonly pods: string[]; memoryBytes: number }>()
    const seen = new Set<string>()
    for (const { pod, life, node } of this.#pods()) {
      if (life === undefined || life.ended !== undefined || !node.running) continue
      const { name } = node.settings
      const { uid } = pod.metadata
      seen.add(uid)
      const { nanoCores, memoryBytes } = usageOf(pod.metadata.annotations)
      const containers = pod.spec.containers.length
      const counted = this.#countOf(uid, life.startedAtMs)
      const grown = (nanoCores * Math.max(0, nowMs - counted.atMs)) / 1000
      counted.cpuNanos += grown
      counted.atMs = nowMs
      this.#countedNodes.set(name, (this.#countedNodes.get(name) ?? 0) + grown * containers)
      const own = lines.get(name) ?? { pods: [], memoryBytes: 0 }
      lines.set(name, own)
      own.memoryBytes += memoryBytes * containers
      const { cpuNanos, startedAtMs } = counted
      const onNode = this.#byNode.get(name) ?? []
      onNode.push({ pod, startedAtMs, cpuNanos, nanoCores, memoryBytes })
      this.#byNode.set(name, onNode)
      own.pods.push(podText(pod, counted, memoryBytes))
    }
    for (const uid of this.#countedPods.keys()) if (!seen.has(uid)) this.#countedPods.delete(uid)
    this.#texts = new Map(
      [...lines].map(([name, { pods, memoryBytes }]) => [
        name,
        nodeText(this.#countedNodes.get(name) ?? 0, memoryBytes, nowMs) + pods.join(''),
      ]),
    )
  }

  #countOf(uid: string, startedAtMs: number): Counted {
    let counted = this.#countedPods.get(uid)
    if (counted?.startedAtMs !== startedAtMs)
      this.#countedPods.set(uid, (counted = { cpuNanos: 0, atMs: startedAtMs, startedAtMs }))
    return counted
  }
}

function nodeText(cpuNanos: number, memoryBytes: number, atMs: number): string {
  return `node_cpu_usage_seconds_total ${cpuNanos / 1e9} ${atMs}\nnode_memory_working_set_bytes ${memoryBytes} ${atMs}\n`
}

function podText({ metadata, spec }: Pod, { cpuNanos, atMs, startedAtMs }: Counted, memoryBytes: number): string {
  return spec.containers
    .map(({ name }) => {
      const labels = `{container="${name}",namespace="${metadata.namespace}",pod="${metadata.name}"}`
      return `container_cpu_usage_seconds_total${labels} ${cpuNanos / 1e9} ${atMs}
container_memory_working_set_bytes${labels} ${memoryBytes} ${atMs}
container_start_time_seconds${labels} ${startedAtMs / 1000}
`
    })
    .join('')
}
