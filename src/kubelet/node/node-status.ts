import type { Client } from '../../client/index.ts'
import { type Clock, isAlreadyExists, isConflict, isNotFound, type Random, sameJson } from '../../machinery/index.ts'
import { type Node, type NodeStatus, nodes } from '../../resources/index.ts'
import type { RecordEvent } from '../events.ts'
import type { Machine } from '../machine/machine.ts'
import type { StartMeasures } from '../node-measures.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { KubeletSettings } from '../settings.ts'
import { newNode, nodeLabels, nodeStatusOf } from './node-object.ts'
import type { PressureCondition } from './pressure.ts'

export interface NodeStatusParts {
  readonly settings: KubeletSettings
  readonly machine: Machine
  readonly client: Client
  readonly runtime: Runtime
  readonly clock: Clock
  readonly random: Random
  readonly record: RecordEvent
  readonly complain: (about: string, error: unknown) => void
  readonly measures: StartMeasures
  /** What the node is short of now. */
  readonly pressure: () => Promise<ReadonlySet<PressureCondition>>
  /** Told of the Node as last written. */
  readonly onNode: (node: Node) => void
}
const checkMs = 10_000
const reportMs = 300_000
const triesMax = 5
const registerRetryMsMax = 7000

/** Registers the Node, then keeps its status true: written on change, and every five minutes. */
export async function keepNodeStatus(parts: NodeStatusParts, signal: AbortSignal): Promise<void> {
  const { clock, complain } = parts
  let node: Node | undefined
  let retryMs = 100
  parts.measures.registering()
  while (node === undefined && !signal.aborted) {
    try {
      node = await registerNode(parts)
    } catch (error) {
      complain('node registration', error)
      await clock.sleep(retryMs, signal).catch(() => {})
      retryMs = Math.min(retryMs * 2, registerRetryMsMax)
    }
  }
  if (node === undefined) return
  parts.record(node, 'Normal', 'Starting', 'Starting kubelet.')
  let reportedMs = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    try {
      const due = clock.monotonic() - reportedMs >= reportMs
      const written = await updateStatus(parts, node, due)
      if (written !== undefined) {
        tellOfConditions(parts, node, written)
        node = written
        reportedMs = clock.monotonic()
      }
      parts.onNode(node)
    } catch (error) {
      complain('node status', error)
      node = (await parts.client.get(nodes, { name: parts.settings.nodeName }).catch(() => undefined)) ?? node
    }
    const ready = node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
    if (ready) parts.measures.ready()
    // A node that is coming up says so at once.
    const waitMs = ready ? checkMs : 200
    await clock.sleep(waitMs * (1 + parts.random.next() * 0.04), signal).catch(() => {})
  }
}

async function registerNode(parts: NodeStatusParts): Promise<Node> {
  const { client, settings, machine } = parts
  const status = await currentStatus(parts, undefined)
  try {
    const made = await client.create(nodes, newNode(settings, machine, status))
    parts.measures.registered()
    return made
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  const there = await client.get(nodes, { name: settings.nodeName })
  const labels = nodeLabels(settings, machine)
  const wrong = Object.entries(labels).filter(([name, value]) => there.metadata.labels?.[name] !== value)
  if (wrong.length === 0) return there
  // What others have put on the Node stays: only what is ours is set right.
  const body = { metadata: { labels: Object.fromEntries(wrong) } }
  return client.patch(nodes, { name: settings.nodeName }, { type: 'merge', body })
}

async function currentStatus(parts: NodeStatusParts, before: NodeStatus | undefined): Promise<NodeStatus> {
  const { settings, machine, runtime, clock, complain } = parts
  const pressure = await parts.pressure().catch((error) => {
    complain('what is left on the node', error)
    return new Set<PressureCondition>()
  })
  try {
    const [version, health, images] = await Promise.all([runtime.version(), runtime.ready(), runtime.listImages()])
    const runtimeVersion = `${version.name}://${version.version}`
    return nodeStatusOf({ settings, machine, health, pressure, runtimeVersion, images, before, nowMs: clock.now() })
  } catch (error) {
    const message = `container runtime is down: ${error instanceof Error ? error.message : String(error)}`
    const health = { runtime: false, network: false, message }
    const runtimeVersion = before?.nodeInfo?.containerRuntimeVersion ?? ''
    return nodeStatusOf({ settings, machine, health, pressure, runtimeVersion, images: [], before, nowMs: clock.now() })
  }
}

/** Writes the status if it is due or anything but heart-beats has changed. */
async function updateStatus(parts: NodeStatusParts, known: Node, due: boolean): Promise<Node | undefined> {
  let node = known
  for (let tries = 0; tries < triesMax; tries++) {
    const status = await currentStatus(parts, node.status)
    if (!due && sameJson(withoutHeartbeats(status), withoutHeartbeats(node.status))) return undefined
    try {
      return await parts.client.update(nodes, { ...node, status }, 'status')
    } catch (error) {
      if (isNotFound(error)) return registerNode(parts)
      if (!isConflict(error)) throw error
      node = await parts.client.get(nodes, { name: parts.settings.nodeName })
    }
  }
  throw new Error('update node status exceeds retry count')
}
function withoutHeartbeats(status: NodeStatus): object {
  return { ...status, conditions: status.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest) }
}

/** Kubernetes: each condition of the node that turns is an event. */
const conditionEvents = [
  ['MemoryPressure', 'NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  ['DiskPressure', 'NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  ['PIDPressure', 'NodeHasInsufficientPID', 'NodeHasSufficientPID'],
  ['Ready', 'NodeReady', 'NodeNotReady'],
] as const

function tellOfConditions({ record, settings }: NodeStatusParts, before: Node, after: Node): void {
  for (const [condition, whenTrue, whenFalse] of conditionEvents) {
    const statusOf = (node: Node) => node.status.conditions?.find(({ type }) => type === condition)?.status
    if (statusOf(before) === statusOf(after)) continue
    const reason = statusOf(after) === 'True' ? whenTrue : whenFalse
    record(after, 'Normal', reason, `Node ${settings.nodeName} status is now: ${reason}`)
  }
}
