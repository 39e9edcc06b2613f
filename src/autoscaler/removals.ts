import type { Turn } from '../controllers/index.ts'
import { isNotFound, isTerminal, nameOf, StatusError } from '../machinery/index.ts'
import { type Node, nodes, type Pod, pods, type Taint } from '../resources/index.ts'
import { isDaemonPod, isMirrorPod } from './plan/drain.ts'
import { candidateTaint, hasTaint, toBeDeletedTaint } from './plan/nodes.ts'
import type { RemovableNode } from './plan/scale-down.ts'
import type { World } from './world.ts'

/** Kubernetes: how long a refused eviction waits. */
const evictionRetryMs = 10_000

interface Removal {
  readonly group: string
  readonly uid: string
  readonly isEmpty: boolean
  readonly startedMs: number
  /** When each pod may be tried again; absent once it is evicted. */
  readonly evictions: Map<string, { readonly sinceMs: number; nextMs: number; refused: string }>
  readonly evicted: Set<string>
}

/** Nodes on their way out: marked, emptied within disruption budgets, and then done away with. */
export class Removals {
  readonly #parts: World
  readonly #removals = new Map<string, Removal>()

  constructor(parts: World) {
    this.#parts = parts
  }

  get size(): number {
    return this.#removals.size
  }
  has(nodeName: string): boolean {
    return this.#removals.has(nodeName)
  }
  get draining(): number {
    return [...this.#removals.values()].filter(({ isEmpty }) => !isEmpty).length
  }

  /** Marks a node, so that nothing new comes to it. */
  async start({ node, group, moves }: RemovableNode, turn: Turn): Promise<void> {
    const { tools } = this.#parts
    const { name, uid } = node.metadata
    const taint = { key: toBeDeletedTaint, value: String(Math.floor(tools.clock.now() / 1000)), effect: 'NoSchedule' }
    try {
      await setTaints(node, [...(node.spec.taints ?? []), taint as Taint], turn)
    } catch (error) {
      const text = `failed to mark the node as toBeDeleted/unschedulable: ${messageOf(error)}`
      tools.record(node, 'Warning', 'ScaleDownFailed', text)
      throw error
    }
    tools.record(node, 'Normal', 'ScaleDown', 'marked the node as toBeDeleted/unschedulable')
    const startedMs = tools.clock.monotonic()
    const removal = {
      group,
      uid,
      isEmpty: moves.length === 0,
      startedMs,
      evictions: new Map(),
      evicted: new Set<string>(),
    }
    this.#removals.set(name, removal)
  }

  /** Takes marks off that nobody here has set: those of an autoscaler that ran before. */
  async unmark(node: Node, turn: Turn): Promise<void> {
    const taints = (node.spec.taints ?? []).filter(({ key }) => key !== toBeDeletedTaint && key !== candidateTaint)
    await setTaints(node, taints, turn)
  }

  /** Goes on with all of them; resolves with how many went, and how many were given up. */
  async goOn(nodeNamed: (name: string) => Node | undefined, turn: Turn): Promise<{ gone: number; failed: number }> {
    const outcome = { gone: 0, failed: 0 }
    for (const [name, removal] of [...this.#removals]) {
      const node = nodeNamed(name)
      if (node === undefined || node.metadata.uid !== removal.uid) {
        this.#removals.delete(name)
        continue
      }
      const result = await this.#step(node, removal, turn)
      if (result === 'going on') continue
      this.#removals.delete(name)
      outcome[result]++
    }
    return outcome
  }

  async #step(node: Node, removal: Removal, turn: Turn): Promise<'going on' | 'gone' | 'failed'> {
    const { tools, podsOn, options } = this.#parts
    const nowMs = tools.clock.monotonic()
    const mine = podsOn(node.metadata.name).filter((pod) => !isMirrorPod(pod) && !isTerminal(pod))
    const staying = mine.filter((pod) => !isDaemonPod(pod))
    if (removal.isEmpty && staying.some(({ metadata }) => metadata.deletionTimestamp === undefined))
      return this.#giveUp(
        node,
        removal,
        `failed to delete empty node ${JSON.stringify(node.metadata.name)}, new pods scheduled`,
        turn,
      )
    for (const pod of mine) {
      const problem = await this.#evict(pod, removal, turn)
      if (problem !== undefined && !isDaemonPod(pod)) return this.#giveUp(node, removal, problem, turn)
    }
    if (staying.length > 0) {
      if (nowMs - removal.startedMs <= options.maxGracefulTerminationMs) return 'going on'
      return this.#giveUp(
        node,
        removal,
        `Failed to drain node /${node.metadata.name}: pods remaining after timeout`,
        turn,
      )
    }
    return this.#remove(node, removal, turn)
  }

  /** Asks for a pod to go; answers what is wrong once it has been refused for too long. */
  async #evict(pod: Pod, { evictions, evicted }: Removal, { client }: Turn): Promise<string | undefined> {
    const { tools, measures, options } = this.#parts
    const { uid, name, namespace = '', deletionTimestamp } = pod.metadata
    if (evicted.has(uid) || deletionTimestamp !== undefined) return undefined
    const nowMs = tools.clock.monotonic()
    const known = evictions.get(uid) ?? { sinceMs: nowMs, nextMs: nowMs, refused: '' }
    if (nowMs < known.nextMs) return undefined
    if (known.refused === '') tools.record(pod, 'Normal', 'ScaleDown', 'deleting pod for node scale down')
    try {
      await client.post(pods, { name, namespace }, 'eviction', {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace },
        deleteOptions: { preconditions: { uid } },
      })
      evicted.add(uid)
      measures.evicted(true)
      return undefined
    } catch (error) {
      if (isNotFound(error) || (error instanceof StatusError && error.code === 409)) return undefined
      evictions.set(uid, { sinceMs: known.sinceMs, nextMs: nowMs + evictionRetryMs, refused: messageOf(error) })
      if (nowMs - known.sinceMs < options.maxPodEvictionMs) return undefined
      measures.evicted(false)
      if (!isDaemonPod(pod)) tools.record(pod, 'Warning', 'ScaleDownFailed', 'failed to delete pod for ScaleDown')
      return `failed to evict pod ${namespace}/${name} within allowed timeout (last error: ${messageOf(error)})`
    }
  }

  async #remove(node: Node, removal: Removal, turn: Turn): Promise<'gone' | 'failed'> {
    const { tools, provider, measures } = this.#parts
    const { group, isEmpty } = removal
    try {
      await provider.shrink(group, node)
    } catch (error) {
      return this.#giveUp(node, removal, messageOf(error), turn)
    }
    turn.because(`node ${node.metadata.name} is gone from ${group}`)
    tools.record(node, 'Normal', 'ScaleDown', 'nodes removed by cluster autoscaler')
    measures.scaledDown(isEmpty ? 'empty' : 'underutilized')
    return 'gone'
  }

  async #giveUp(node: Node, { isEmpty }: Removal, why: string, turn: Turn): Promise<'failed'> {
    const { tools } = this.#parts
    const what = isEmpty ? 'failed to delete empty node' : 'failed to drain and delete node'
    tools.record(node, 'Warning', 'ScaleDownFailed', `${what}: ${why}`)
    turn.because(`node ${node.metadata.name} stays: ${why}`)
    await this.unmark(node, turn)
    return 'failed'
  }
}

/** Sets or takes off the taint by which the scheduler had better use other nodes; resolves with whether anything changed. */
export async function markCandidate(node: Node, isCandidate: boolean, nowMs: number, turn: Turn): Promise<boolean> {
  if (hasTaint(node, candidateTaint) === isCandidate) return false
  const others = (node.spec.taints ?? []).filter(({ key }) => key !== candidateTaint)
  const taint = { key: candidateTaint, value: String(Math.floor(nowMs / 1000)), effect: 'PreferNoSchedule' } as Taint
  await setTaints(node, isCandidate ? [...others, taint] : others, turn)
  return true
}

async function setTaints(node: Node, taints: readonly Taint[], { client }: Turn): Promise<void> {
  // The revision keeps a taint that somebody else is setting just now.
  const metadata = { resourceVersion: node.metadata.resourceVersion }
  await client.patch(nodes, nameOf(node), { type: 'merge', body: { metadata, spec: { taints } } })
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
