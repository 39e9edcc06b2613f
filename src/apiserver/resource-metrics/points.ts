import { type Quantity, quantityOf, quantityText } from '../../machinery/index.ts'
import { samplesOf } from './exposition.ts'

/** What was measured of a node or container at one time. */
export interface Point {
  /** When it began, and with it the count of its processor time; 0 where that is not said. */
  readonly startedMs: number
  readonly atMs: number
  /** Processor time so far. */
  readonly cpuNanos: number
  readonly memoryBytes: number
}
/** What one scrape of one node has found. */
export interface NodeScrape {
  readonly node: Point | undefined
  /** By `namespace/name`, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Point>>
}
/** What was used over a time, as metrics.k8s.io tells it. */
export interface Usage {
  readonly usage: { readonly cpu: string; readonly memory: string }
  readonly atMs: number
  readonly windowMs: number
}
export interface PodUsage {
  readonly containers: readonly { readonly name: string; readonly usage: Usage['usage'] }[]
  readonly atMs: number
  readonly windowMs: number
}

/** How often kubelets are asked, as metrics-server does. */
export const resolutionMs = 15_000
/** Kubernetes: the processor time of younger containers says too little. */
const ageMsMin = 10_000

const wanted = new Set([
  'node_cpu_usage_seconds_total',
  'node_memory_working_set_bytes',
  'container_cpu_usage_seconds_total',
  'container_memory_working_set_bytes',
  'container_start_time_seconds',
])

type Draft = { -readonly [K in keyof Point]?: Point[K] }

/** The points in a kubelet's /metrics/resource; what lacks processor time or memory is none. */
export function pointsOf(text: string, nowMs: number): NodeScrape {
  const node: Draft = {}
  const pods = new Map<string, Map<string, Draft>>()
  for (const { name, labels, value, atMs = nowMs } of samplesOf(text, wanted)) {
    const { namespace = '', pod = '', container = '' } = labels
    const draft = name.startsWith('node_') ? node : draftOf(pods, `${namespace}/${pod}`, container)
    if (name.endsWith('_cpu_usage_seconds_total')) {
      draft.cpuNanos = value * 1e9
      draft.atMs = atMs
    } else if (name.endsWith('_memory_working_set_bytes')) draft.memoryBytes = value
    else draft.startedMs = value * 1000
  }
  const whole = new Map<string, ReadonlyMap<string, Point>>()
  for (const [key, containers] of pods) {
    const points = [...containers].flatMap(([name, draft]) => {
      const point = pointOf(draft)
      return point === undefined ? [] : [[name, point] as const]
    })
    // Kubernetes: a pod of which one container is not known is not known.
    if (points.length === containers.size) whole.set(key, new Map(points))
  }
  return { node: pointOf(node), pods: whole }
}

function draftOf(pods: Map<string, Map<string, Draft>>, pod: string, container: string): Draft {
  let containers = pods.get(pod)
  if (containers === undefined) pods.set(pod, (containers = new Map()))
  let draft = containers.get(container)
  if (draft === undefined) containers.set(container, (draft = {}))
  return draft
}

function pointOf({ startedMs = 0, atMs, cpuNanos, memoryBytes }: Draft): Point | undefined {
  return atMs === undefined || cpuNanos === undefined || memoryBytes === undefined
    ? undefined
    : { startedMs, atMs, cpuNanos, memoryBytes }
}

interface Pair {
  readonly last: Point
  readonly previous: Point | undefined
}

/** The last two points of everything that the last scrape has seen: usage is what lies between them. */
export class Points {
  #nodes = new Map<string, Pair>()
  #pods = new Map<string, ReadonlyMap<string, Pair>>()

  /** Takes in one scrape of all nodes; what is not in it is forgotten. */
  take(scrapes: Iterable<readonly [node: string, scrape: NodeScrape]>): void {
    const nodes = new Map<string, Pair>()
    const pods = new Map<string, ReadonlyMap<string, Pair>>()
    for (const [name, { node, pods: own }] of scrapes) {
      if (node !== undefined) nodes.set(name, paired(node, this.#nodes.get(name)))
      for (const [key, containers] of own) {
        const before = this.#pods.get(key)
        const pairs = [...containers].map(([container, point]) => {
          return [container, paired(point, before?.get(container))] as const
        })
        pods.set(key, new Map(pairs))
      }
    }
    this.#nodes = nodes
    this.#pods = pods
  }

  clear(): void {
    this.take([])
  }

  node(name: string): Usage | undefined {
    const pair = this.#nodes.get(name)
    return pair === undefined ? undefined : usageOf(pair)
  }

  pod(key: string): PodUsage | undefined {
    const pairs = this.#pods.get(key)
    if (pairs === undefined || [...pairs.values()].some(({ previous }) => previous === undefined)) return undefined
    const found = [...pairs].flatMap(([name, pair]) => {
      const one = usageOf(pair)
      return one === undefined ? [] : [{ name, ...one }]
    })
    if (found.length === 0) return undefined
    const oldest = found.reduce((first, one) => (one.atMs < first.atMs ? one : first))
    const containers = found.map(({ name, usage }) => ({ name, usage })).sort((a, b) => (a.name < b.name ? -1 : 1))
    return { containers, atMs: oldest.atMs, windowMs: oldest.windowMs }
  }
}

/** The new point with the one it is compared with. Kubernetes: a young container's own start is the best there is. */
function paired(last: Point, known: Pair | undefined): Pair {
  const ageMs = last.atMs - last.startedMs
  if (last.startedMs > 0 && ageMs >= ageMsMin && ageMs < resolutionMs)
    return { last, previous: { ...last, atMs: last.startedMs, cpuNanos: 0 } }
  if (known === undefined || last.startedMs >= known.last.atMs) return { last, previous: undefined }
  if (last.atMs > known.last.atMs) return { last, previous: known.last }
  const { previous } = known
  return { last, previous: previous !== undefined && previous.atMs < last.atMs ? previous : undefined }
}

function usageOf({ last, previous }: Pair): Usage | undefined {
  if (previous === undefined || last.startedMs < previous.startedMs || last.cpuNanos < previous.cpuNanos)
    return undefined
  const windowMs = last.atMs - previous.atMs
  const nanoCores = Math.trunc(((last.cpuNanos - previous.cpuNanos) * 1000) / windowMs)
  const cpu: Quantity = { nanos: BigInt(nanoCores), format: 'DecimalSI' }
  const memory = quantityOf(Math.trunc(last.memoryBytes), 'BinarySI')
  return { usage: { cpu: quantityText(cpu), memory: quantityText(memory) }, atMs: last.atMs, windowMs }
}
