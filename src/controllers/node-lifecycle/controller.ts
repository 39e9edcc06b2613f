import { conditionOf, isNotFound, nameOf, timestampOf } from '../../machinery/index.ts'
import { type Lease, leases, type Node, nodes, type Pod, pods, type Taint } from '../../resources/index.ts'
import type { Controller, Tools, Turn } from '../runtime/controller.ts'
import { settingsOf } from '../runtime/settings.ts'
import { forAll } from '../runtime/slow-start.ts'
import { each } from '../runtime/watches.ts'
import { EvictionPace, isAllDown, type Zones } from './evictions.ts'
import { zoneLabel, zoneReadings } from './measures.ts'
import { type Eviction, isNodeReady, oldLabels, plannedTaints, silentConditions, zoneOf } from './plan.ts'

const leaseNamespace = 'kube-node-lease'
/** Kubernetes: how often it looks whether zones have recovered. */
const lookAgainMs = 5000

/** What was last heard of a node, by this process' own clock: the node's clock is not trusted. */
interface Heard {
  readonly uid: string
  atMs: number
  heartbeat: string | undefined
  renewal: string | undefined
  podsNotTold: boolean
}

/** Notices nodes that fall silent, says so in their conditions, and taints them so that their pods can move. */
export const nodeLifecycleController: Controller = {
  name: 'node-lifecycle-controller',
  account: 'node-controller',
  workers: 8,
  watches: [
    each(nodes),
    {
      resource: leases,
      wake: ({ metadata }: Lease) => (metadata.namespace === leaseNamespace ? [{ name: metadata.name }] : []),
    },
  ],
  start(tools) {
    const { cached, clock, record, metrics } = tools
    const evictions = metrics.counter(
      'node_collector_evictions_total',
      'Number of Node evictions that happened since current instance of NodeController started.',
    )
    const all = cached(nodes)
    all.addIndex('zone', (node) => [zoneOf(node)])
    all.addIndex('unready', (node) => (isNodeReady(node) ? [] : [zoneOf(node)]))
    zoneReadings(metrics, () => all.list())
    const allLeases = cached(leases)
    cached(pods).addIndex('node', ({ spec }) => [spec.nodeName ?? ''])
    const heard = new Map<string, Heard>()
    const settings = settingsOf(tools.config)
    const pace = new EvictionPace(settings)

    function listen(node: Node): Heard {
      const { name, uid } = node.metadata
      const heartbeat = conditionOf(node, 'Ready')?.lastHeartbeatTime
      const renewal = allLeases.get({ namespace: leaseNamespace, name })?.spec.renewTime
      let known = heard.get(name)
      if (known?.uid !== uid) {
        if (known !== undefined) pace.release(known.uid)
        record(node, 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`)
        known = { uid, atMs: clock.monotonic(), heartbeat, renewal, podsNotTold: false }
        heard.set(name, known)
      } else if (known.heartbeat !== heartbeat || known.renewal !== renewal) {
        Object.assign(known, { atMs: clock.monotonic(), heartbeat, renewal })
      }
      return known
    }

    /** With a node that is not ready, as the cache may not know yet. */
    function zonesWith(node: Node): Zones {
      const [sizes, unready] = [all.tally('zone'), all.tally('unready')]
      const known = all.get({ name: node.metadata.name })
      const late = known !== undefined && isNodeReady(known) ? zoneOf(node) : undefined
      const sizeOf = ([zone, count]: readonly [string, number]) =>
        [zone, { nodes: count, unready: (unready.get(zone) ?? 0) + Number(zone === late) }] as const
      return new Map([...sizes].map(sizeOf))
    }

    return async function reconcile(name, turn) {
      const node = all.get(name)
      if (node === undefined) {
        const known = heard.get(name.name)
        if (known !== undefined) {
          pace.release(known.uid)
          const about = { apiVersion: 'v1', kind: 'Node', metadata: { name: name.name, uid: known.uid } } as Node
          const what = `Node ${name.name} event: Removing Node ${name.name} from Controller`
          record(about, 'Normal', 'RemovingNode', what)
        }
        heard.delete(name.name)
        return undefined
      }
      const known = listen(node)
      const labels = oldLabels(node)
      if (labels !== undefined)
        await turn.client.patch(nodes, name, { type: 'strategic', body: { metadata: { labels } } }).catch(unlessGone)
      const graceMs =
        conditionOf(node, 'Ready') === undefined ? settings.nodeStartupGraceMs : settings.nodeMonitorGraceMs
      const leftMs = known.atMs + graceMs - clock.monotonic()
      const current = leftMs > 0 ? node : await saySilent(node, known, tools, turn)
      if (known.podsNotTold && !isNodeReady(current)) await tellPods(current, tools, turn)
      known.podsNotTold = false
      const { eviction, againInMs } = evictionOf(current, () => zonesWith(current), pace, clock.monotonic())
      if (await taint(current, eviction, tools, turn)) evictions.inc({ zone: zoneLabel(zoneOf(current)) })
      const times = [againInMs, leftMs > 0 ? leftMs : undefined].filter((one) => one !== undefined)
      return times.length === 0 ? undefined : { againInMs: Math.min(...times) }
    }
  },
}

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error
}

function evictionOf(
  node: Node,
  zonesWith: () => Zones,
  pace: EvictionPace,
  nowMs: number,
): { readonly eviction: Eviction; readonly againInMs?: number } {
  if (isNodeReady(node)) {
    pace.release(node.metadata.uid)
    return { eviction: 'clear' }
  }
  const zones = zonesWith()
  const answer = pace.ask(node, zones, nowMs)
  if (answer.granted) return { eviction: 'set' }
  return { eviction: isAllDown(zones) ? 'clear' : 'leave', againInMs: answer.againInMs ?? lookAgainMs }
}

async function saySilent(node: Node, known: Heard, { clock, record }: Tools, { client, because }: Turn): Promise<Node> {
  const conditions = silentConditions(node, clock.now())
  if (conditions === undefined) return node
  const wasReady = isNodeReady(node)
  because('the node has been silent for too long')
  const written = await client.update(nodes, { ...node, status: { ...node.status, conditions } }, 'status')
  // What we wrote ourselves is no sign of life.
  known.heartbeat = conditionOf(written, 'Ready')?.lastHeartbeatTime
  if (wasReady) {
    record(node, 'Normal', 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`)
    known.podsNotTold = true
  }
  return written
}

/** Takes the pods of a silent node out of service: nobody else can. */
async function tellPods(node: Node, { cached, clock, record }: Tools, { client }: Turn): Promise<void> {
  const ready = cached(pods)
    .by('node', node.metadata.name)
    .filter((pod: Pod) => conditionOf(pod, 'Ready')?.status === 'True')
  await forAll(ready, async (pod) => {
    const condition = { ...conditionOf(pod, 'Ready')!, status: 'False', lastTransitionTime: timestampOf(clock.now()) }
    const body = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } }
    record(pod, 'Warning', 'NodeNotReady', 'Node is not ready')
    try {
      await client.patch(pods, nameOf(pod), { type: 'strategic', body }, 'status')
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  })
}

/** Resolves with whether the node's pods are to go from now on. */
async function taint(node: Node, eviction: Eviction, { clock }: Tools, { client, because }: Turn): Promise<boolean> {
  const taints = plannedTaints(node, eviction, clock.now())
  if (taints === undefined) return false
  because(`taints: ${taints.map(({ key, effect }) => `${key}:${effect}`).join(', ') || 'none'}`)
  // The revision keeps a taint that somebody else is setting just now.
  const metadata = { resourceVersion: node.metadata.resourceVersion }
  await client.patch(nodes, nameOf(node), { type: 'merge', body: { metadata, spec: { taints } } })
  return evicts(taints) && !evicts(node.spec.taints ?? [])
}

function evicts(taints: readonly Taint[]): boolean {
  return taints.some(({ key, effect }) => effect === 'NoExecute' && key.startsWith('node.kubernetes.io/'))
}
