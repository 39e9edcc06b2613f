import type { Client, Informers } from '../../client/index.ts'
import {
  addressAt,
  type Clock,
  ipText,
  isAlreadyExists,
  isConflict,
  isNotFound,
  nameOf,
  parseCidr,
  type Random,
  untilAborted,
} from '../../machinery/index.ts'
import { type Lease, type Node, nodes, type Pod, pods } from '../../resources/index.ts'
import { createLimit } from '../limit.ts'
import { leaseDurationSeconds, renewLease } from '../node/lease.ts'
import { newNode, nodeLabels } from '../node/node-object.ts'
import { statusPatch } from '../pods/status-patch.ts'
import { isTerminalPhase } from '../sync/phase.ts'
import { restartDelayMsMax, restartDelayMsMin, restartsAfter } from '../sync/restart.ts'
import { Agenda } from './agenda.ts'
import { answerOf, behaviourOf } from './behaviour.ts'
import { describeNode, type SimulatedNodeSettings, simulatedStatusOf } from './describe.ts'
import { PodAddresses } from './pod-addresses.ts'
import { lifeSeen, type PodLife, simulatedStatus } from './pod-life.ts'
import { Turns } from './turns.ts'
import { SimulatedUsage } from './usage.ts'

export interface SimulatedNodesParts {
  readonly nodes: readonly SimulatedNodeSettings[]
  /** Speaks for all the nodes. */
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  readonly version: string
  readonly complain: (about: string, error: unknown) => void
  /** How often each node renews its Lease; 10 s, as a kubelet does, and longer in a fleet of thousands. */
  readonly heartbeatMs?: number
  readonly onReady?: (nodes: SimulatedNodes) => void
}
/** The switch of every simulated node. */
export interface SimulatedNodes {
  list(): readonly { readonly name: string; readonly running: boolean }[]
  /** What each of them was described as. */
  described(): readonly SimulatedNodeSettings[]
  /** Power loss: nothing is told to anybody, and the containers are gone. */
  stop(name: string): void
  /** Power again: the node reports, and starts its containers anew. */
  start(name: string): void
  has(name: string): boolean
  /** Puts up one more node; it registers by itself. One of the name that is there stays as it is. */
  add(settings: SimulatedNodeSettings): void
  /** Power loss, and the machine is not coming back: its Node is left for others to delete. */
  remove(name: string): void
  /** What its kubelet would answer to /metrics/resource; undefined while it has no power. */
  resourceMetrics(name: string): string | undefined
  /** What its kubelet would answer to /stats/summary; undefined while it has no power. */
  statsSummary(name: string): object | undefined
  /** What is at a pod's address; undefined when no pod here has it. */
  podAt(address: string): AddressedPod | undefined
}
/** A simulated pod as it is reached by its address. */
export interface AddressedPod {
  readonly nodeName: string
  /** Whether there is power where it is. */
  readonly running: boolean
  /** What it answers to a request for a path, as its annotation says; undefined when it answers nothing at all. */
  answer(path: string): { readonly status: number; readonly body: unknown } | undefined
}

const heartbeatMsDefault = 10_000
/** Unlike Kubernetes: renewals of all nodes together are no more than 250 a second, as one process makes them. */
const renewalMs = 4
const callsAtOnceMax = 64
const beatsAtOnceMax = 16
/** So many calls for a fleet are begun before everything else of the process has its turn. */
const callsPerTurnMax = 16
const retryMs = 1000

/** Runs nodes without machines: all of them on one informer and one timer, cheap enough for thousands. */
export async function runSimulatedNodes(parts: SimulatedNodesParts, signal: AbortSignal): Promise<void> {
  const fleet = new Fleet(parts, signal)
  await fleet.run()
}

interface SimulatedNode {
  readonly settings: SimulatedNodeSettings
  readonly address: string
  running: boolean
  /** Grows with every start, so that work of an earlier life is known as stale. */
  life: number
  node: Node | undefined
  lease: Lease | undefined
  readonly pods: Set<SimulatedPod>
}
interface SimulatedPod {
  pod: Pod
  readonly node: SimulatedNode
  podIp: string
  life: PodLife | undefined
  /** Bumped whenever planned work no longer holds. */
  turn: number
  ending: boolean
  /** Whether something was not told yet, and whether somebody is telling. */
  untold: boolean
  telling: boolean
}

class Fleet {
  readonly #parts: SimulatedNodesParts
  readonly #signal: AbortSignal
  readonly #agenda: Agenda
  readonly #limit = createLimit(callsAtOnceMax)
  /** Kubernetes: heart-beats do not wait behind anything else, or nodes would seem lost while there is much to say of pods. */
  readonly #beats = createLimit(beatsAtOnceMax)
  readonly #turns: Turns
  readonly #nodes = new Map<string, SimulatedNode>()
  readonly #pods = new Map<string, SimulatedPod>()
  readonly #addresses: PodAddresses
  readonly #usage: SimulatedUsage
  /** How many nodes were given an address by their number. */
  #numbered = 0

  constructor(parts: SimulatedNodesParts, signal: AbortSignal) {
    this.#parts = parts
    this.#signal = signal
    this.#agenda = new Agenda(parts.clock)
    this.#turns = new Turns(parts.clock, callsPerTurnMax)
    this.#addresses = new PodAddresses()
    this.#usage = new SimulatedUsage(parts.clock, () => this.#pods.values())
    for (const settings of parts.nodes) this.#put(settings)
  }

  #put(settings: SimulatedNodeSettings): SimulatedNode {
    const address = settings.address ?? ipText(addressAt(parseCidr('172.16.0.0/12')!, 2 + this.#numbered++))
    const node = {
      settings,
      address,
      running: true,
      life: 0,
      node: undefined,
      lease: undefined,
      pods: new Set<SimulatedPod>(),
    }
    this.#nodes.set(settings.name, node)
    return node
  }

  async run(): Promise<void> {
    const { informers, onReady } = this.#parts
    const ended = untilAborted(this.#signal)
    await Promise.race([Promise.all([...this.#nodes.values()].map((node) => this.#register(node))), ended])
    if (this.#signal.aborted) return
    this.#spreadHeartbeats()
    using _ = informers.of(pods).subscribe((next, previous) => {
      if (previous !== undefined && previous.metadata.uid !== next?.metadata.uid) this.#forget(previous.metadata.uid)
      if (next !== undefined) this.#take(next)
    })
    using __ = informers.of(nodes).subscribe((next) => {
      const known = next === undefined ? undefined : this.#nodes.get(next.metadata.name)
      if (known !== undefined && next !== undefined) known.node = next
    })
    onReady?.(this.#switch())
    await ended
    this.#agenda.clear()
  }

  #switch(): SimulatedNodes {
    return {
      list: () => [...this.#nodes.values()].map(({ settings, running }) => ({ name: settings.name, running })),
      described: () => [...this.#nodes.values()].map(({ settings }) => settings),
      has: (name) => this.#nodes.has(name),
      stop: (name) => this.#stop(name),
      add: (settings) => this.#add(settings),
      remove: (name) => {
        this.#stop(name)
        const left = this.#nodes.get(name)?.pods ?? []
        this.#nodes.delete(name)
        for (const { pod } of [...left]) this.#forget(pod.metadata.uid)
      },
      start: (name) => {
        const node = this.#nodes.get(name)
        if (node === undefined || node.running) return
        node.running = true
        node.life++
        node.lease = undefined
        void this.#register(node).then(() => this.#heartbeat(node, node.life))
        for (const pod of node.pods) this.#restartAfterOutage(pod)
      },
      resourceMetrics: (name) => (this.#nodes.get(name)?.running === true ? this.#usage.text(name) : undefined),
      statsSummary: (name) => {
        const node = this.#nodes.get(name)
        return node?.running === true ? this.#usage.summary(node.settings) : undefined
      },
      podAt: (address) => {
        for (const { pod, podIp, node, ending } of this.#pods.values())
          if (podIp === address && !ending && !isTerminalPhase(pod.status.phase))
            return {
              nodeName: node.settings.name,
              running: node.running,
              answer: (path) => answerOf(pod.metadata.annotations, path),
            }
        return undefined
      },
    }
  }

  #stop(name: string): void {
    const node = this.#nodes.get(name)
    if (node === undefined || !node.running) return
    node.running = false
    node.life++
    for (const pod of node.pods) pod.turn++
  }

  #add(settings: SimulatedNodeSettings): void {
    if (this.#nodes.has(settings.name)) return
    const node = this.#put(settings)
    void this.#register(node).then(() => this.#heartbeat(node, node.life))
    // Those that an earlier process of ours had started.
    for (const pod of this.#parts.informers.of(pods).list()) if (pod.spec.nodeName === settings.name) this.#take(pod)
  }

  /** Does one API call for a node, again until it works or no longer matters. */
  async #insist(about: string, matters: () => boolean, work: () => Promise<void>): Promise<void> {
    while (!this.#signal.aborted && matters()) {
      try {
        await this.#call(work)
        return
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) return
        this.#parts.complain(about, error)
        await this.#parts.clock.sleep(retryMs, this.#signal).catch(() => {})
      }
    }
  }

  async #call<R>(work: () => Promise<R>): Promise<R> {
    await this.#turns.next()
    return this.#limit(work)
  }

  async #register(node: SimulatedNode): Promise<void> {
    const { client, clock } = this.#parts
    const { life } = node
    const described = describeNode(node.settings, node.address, node.life, this.#parts.version)
    const { settings, machine } = described
    const statusFor = (before: Node | undefined) => simulatedStatusOf(described, before?.status, clock.now())
    await this.#insist(
      `simulated node ${settings.nodeName}`,
      () => node.life === life,
      async () => {
        try {
          node.node = await client.create(nodes, newNode(settings, machine, statusFor(undefined)))
        } catch (error) {
          if (!isAlreadyExists(error)) throw error
          const body = { metadata: { labels: nodeLabels(settings, machine) } }
          node.node = await client.patch(nodes, { name: settings.nodeName }, { type: 'merge', body })
        }
        const current = node.node
        if (!isReady(current))
          node.node = await client.update(nodes, { ...current, status: statusFor(current) }, 'status')
        node.lease = await renewLease({ client, clock, nodeName: settings.nodeName }, undefined)
      },
    )
  }

  /** The heart-beats of all nodes, evenly over the period, so that they do not come in bursts. */
  #spreadHeartbeats(): void {
    const periodMs = this.#heartbeatMs
    for (const [index, node] of [...this.#nodes.values()].entries())
      this.#agenda.after((periodMs * (index + 1)) / this.#nodes.size, () => void this.#heartbeat(node, node.life))
  }
  get #heartbeatMs(): number {
    const wanted = this.#parts.heartbeatMs ?? Math.max(heartbeatMsDefault, this.#nodes.size * renewalMs)
    return Math.min(wanted, (leaseDurationSeconds * 1000) / 2)
  }

  async #heartbeat(node: SimulatedNode, life: number): Promise<void> {
    if (!node.running || node.life !== life || this.#signal.aborted) return
    const { client, clock, complain } = this.#parts
    this.#agenda.after(this.#heartbeatMs, () => void this.#heartbeat(node, life))
    try {
      node.lease = await this.#beats(() => renewLease({ client, clock, nodeName: node.settings.name }, node.lease))
      // A node that had been given up for lost says that it is back.
      if (node.node !== undefined && !isReady(node.node)) await this.#register(node)
    } catch (error) {
      node.lease = undefined
      if (!isConflict(error) && !isNotFound(error)) complain(`lease of ${node.settings.name}`, error)
    }
  }

  #take(pod: Pod): void {
    const known = this.#pods.get(pod.metadata.uid)
    if (known !== undefined) {
      const generationMoved = known.pod.metadata.generation !== pod.metadata.generation
      known.pod = pod
      if (pod.metadata.deletionTimestamp !== undefined) this.#beginEnd(known)
      else if (generationMoved || readyIsWrong(pod)) this.#report(known)
      return
    }
    const node = this.#nodes.get(pod.spec.nodeName ?? '')
    if (node === undefined) return
    const simulated: SimulatedPod = {
      pod,
      node,
      podIp: pod.status.podIP ?? '',
      life: undefined,
      turn: 0,
      ending: false,
      untold: false,
      telling: false,
    }
    this.#pods.set(pod.metadata.uid, simulated)
    node.pods.add(simulated)
    if (isTerminalPhase(pod.status.phase) && pod.metadata.deletionTimestamp === undefined) return
    if (pod.metadata.deletionTimestamp !== undefined) this.#beginEnd(simulated)
    else this.#beginStart(simulated, lifeSeen(pod))
  }

  #forget(uid: string): void {
    const known = this.#pods.get(uid)
    if (known === undefined) return
    known.turn++
    this.#pods.delete(uid)
    known.node.pods.delete(known)
    this.#addresses.release(known.node.settings.name, known.podIp)
  }

  /** Starts the containers, or goes on with those that an earlier process of ours had started. */
  #beginStart(simulated: SimulatedPod, seen: PodLife | undefined): void {
    const { startDelayMs } = behaviourOf(simulated.pod.metadata.annotations)
    const turn = ++simulated.turn
    if (!simulated.node.running) return
    if (seen !== undefined) {
      simulated.life = seen
      this.#planExit(simulated, turn)
      return
    }
    this.#later(simulated, turn, startDelayMs, () => this.#started(simulated, turn, undefined))
  }

  #started(simulated: SimulatedPod, turn: number, previous: PodLife | undefined): void {
    const { clock } = this.#parts
    const { readyDelayMs } = behaviourOf(simulated.pod.metadata.annotations)
    if (simulated.podIp === '')
      simulated.podIp = this.#addresses.take(simulated.node.settings.name, simulated.node.node?.spec.podCIDR)
    const lastExit =
      previous?.ended === undefined
        ? previous?.lastExit
        : { atMs: previous.ended.atMs, exitCode: previous.ended.exitCode, startedAtMs: previous.startedAtMs }
    simulated.life = {
      startedAtMs: clock.now(),
      restarts: previous === undefined ? 0 : previous.restarts + 1,
      ready: readyDelayMs === 0,
      ...(lastExit === undefined ? {} : { lastExit }),
    }
    this.#report(simulated)
    if (readyDelayMs > 0)
      this.#later(simulated, turn, readyDelayMs, () => {
        simulated.life = { ...simulated.life!, ready: true }
        this.#report(simulated)
      })
    this.#planExit(simulated, turn)
  }

  #planExit(simulated: SimulatedPod, turn: number): void {
    const { exitAfterMs, exitCode } = behaviourOf(simulated.pod.metadata.annotations)
    if (exitAfterMs === undefined || simulated.life === undefined) return
    const leftMs = Math.max(0, simulated.life.startedAtMs + exitAfterMs - this.#parts.clock.now())
    this.#later(simulated, turn, leftMs, () => {
      const { pod } = simulated
      const restarting = pod.spec.containers.some((container) => restartsAfter(pod, container, 'main', exitCode))
      const life = simulated.life!
      simulated.life = { ...life, ready: false, ended: { atMs: this.#parts.clock.now(), exitCode, restarting } }
      this.#report(simulated)
      if (!restarting) return
      const waitMs = life.restarts === 0 ? 0 : Math.min(restartDelayMsMin * 2 ** (life.restarts - 1), restartDelayMsMax)
      this.#later(simulated, turn, waitMs, () => this.#started(simulated, turn, simulated.life))
    })
  }

  #restartAfterOutage(simulated: SimulatedPod): void {
    const { pod, life } = simulated
    const turn = ++simulated.turn
    if (pod.metadata.deletionTimestamp !== undefined) {
      simulated.ending = false
      this.#beginEnd(simulated)
    } else if (life === undefined) this.#beginStart(simulated, undefined)
    else if (life.ended === undefined || life.ended.restarting) {
      // Kubernetes: what the power took away counts as killed.
      const ended = { atMs: this.#parts.clock.now(), exitCode: 137, restarting: true }
      const { restartPolicy = 'Always' } = pod.spec
      if (restartPolicy !== 'Never') this.#started(simulated, turn, { ...life, ended })
      else {
        simulated.life = { ...life, ready: false, ended: { ...ended, restarting: false } }
        this.#report(simulated)
      }
    } else {
      // It had ended before, and the power may have gone before that was told.
      this.#report(simulated)
    }
  }

  /** Ends the containers within the grace, then deletes the API object. */
  #beginEnd(simulated: SimulatedPod): void {
    if (simulated.ending || !simulated.node.running) return
    simulated.ending = true
    const turn = ++simulated.turn
    const { deletionGracePeriodSeconds = 0 } = simulated.pod.metadata
    const { stopDelayMs } = behaviourOf(simulated.pod.metadata.annotations)
    this.#later(simulated, turn, Math.min(stopDelayMs, deletionGracePeriodSeconds * 1000), () => {
      const { pod } = simulated
      const { uid } = pod.metadata
      const options = { gracePeriodSeconds: 0, preconditions: { uid } }
      void this.#insist(
        `end of ${pod.metadata.name}`,
        () => simulated.turn === turn,
        async () => {
          await this.#parts.client.delete(pods, nameOf(pod), options)
        },
      )
    })
  }

  /** Work that happens only if nothing has overtaken it by then. */
  #later(simulated: SimulatedPod, turn: number, delayMs: number, work: () => void): void {
    if (delayMs <= 0) {
      work()
      return
    }
    this.#agenda.after(delayMs, () => {
      if (simulated.turn === turn && simulated.node.running) work()
    })
  }

  /** Has the status written as it is by the time a call goes out. */
  #report(simulated: SimulatedPod): void {
    if (simulated.life === undefined || simulated.ending) return
    simulated.untold = true
    if (simulated.telling) return
    simulated.telling = true
    void this.#tell(simulated).finally(() => {
      simulated.telling = false
    })
  }

  /** Of one pod one call after the other: two under way could come in the wrong order, and the older one would stay. */
  async #tell(simulated: SimulatedPod): Promise<void> {
    const { client, clock } = this.#parts
    const matters = () => simulated.node.running && !simulated.ending
    while (simulated.untold && matters() && !this.#signal.aborted) {
      await this.#insist(`status of ${simulated.pod.metadata.name}`, matters, async () => {
        simulated.untold = false
        const { pod, node, podIp } = simulated
        const place = { hostIp: node.address, podIp, nowMs: clock.now() }
        const patch = statusPatch(pod, simulatedStatus(pod, simulated.life!, place))
        if (patch === undefined) return
        const written = await client.patch(pods, nameOf(pod), { type: 'strategic', body: patch }, 'status')
        if (Number(written.metadata.resourceVersion) > Number(simulated.pod.metadata.resourceVersion))
          simulated.pod = written
      })
    }
  }
}

function isReady(node: Node): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
}

/**
 * Whether the Ready condition is not what containers and readiness gates make of it: a gate's condition has changed, or
 * somebody took the node for lost, wrongly.
 */
function readyIsWrong({ spec, status }: Pod): boolean {
  const gates = spec.readinessGates ?? []
  const isTrue = (type: string) => status.conditions?.some((one) => one.type === type && one.status === 'True') === true
  return isTrue('Ready') !== (isTrue('ContainersReady') && gates.every(({ conditionType }) => isTrue(conditionType)))
}
