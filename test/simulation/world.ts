/** A whole cluster in one process, on one clock and one source of chance, that can be hurt in many ways. */
import { createApiServer, deterministicSigner, type Identity } from '../../src/apiserver/index.ts'
import {
  type Client,
  createClient,
  createEventRecorder,
  createInformers,
  type Informers,
} from '../../src/client/index.ts'
import { connectSimulated } from '../../src/cluster/node/simulated-connection.ts'
import { allControllers, runControllers } from '../../src/controllers/index.ts'
import { runSimulatedNodes, type SimulatedNodes } from '../../src/kubelet/index.ts'
import {
  type ApiCall,
  DecisionJournal,
  type KubeObject,
  type ManualClock,
  Metrics,
  manualClock,
  type Random,
  StatusError,
  seededRandom,
  silentLog,
  type Transport,
} from '../../src/machinery/index.ts'
import { pods } from '../../src/resources/index.ts'
import { runScheduler } from '../../src/scheduler/index.ts'
import { openMemoryStore } from '../../src/store/index.ts'
import { createIncarnation, type Faults, type Incarnation } from './incarnation.ts'

const masters = { name: 'simulation', groups: ['system:masters', 'system:authenticated'] }
const serviceAccount = (name: string): Identity => ({
  name: `system:serviceaccount:kube-system:${name}`,
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
})
export type Component = 'controllers' | 'scheduler'
/** Whose wall clock may be wrong. */
export type Machine = Component | 'kubelet' | 'apiserver'

export interface World {
  readonly clock: ManualClock
  readonly random: Random
  readonly journal: DecisionJournal
  readonly metrics: Metrics
  /** Never fails and never lags: the truth. */
  readonly client: Client
  readonly informers: Informers
  readonly nodes: SimulatedNodes
  start(component: Component): void
  /** Takes a component away, some client calls, answers, timers or news from now; the one that is started next at the latest. */
  crash(component: Component, moments?: number): void
  /** Sets how far a machine's wall clock is ahead. */
  skew(machine: Machine, aheadMs: number): void
  /** How far apart two wall clocks may have been so far. */
  readonly spreadMs: number
  /** Nothing that a node says is heard, though it runs and hears. */
  cutOff(node: string, isCutOff: boolean): void
  /** Whether a node has said that this pod's containers have ended. */
  hasEnded(uid: string): boolean
  /** Moves time on until the end or until `done`, calling `always` after each moment at which something happened. */
  run(ms: number, always: () => void, done?: () => boolean): Promise<void>
  stop(): Promise<void>
}

export async function createWorld(
  seed: number,
  nodeCount: number,
  faultsFor: (clock: ManualClock) => Faults,
): Promise<World> {
  const random = seededRandom(seed)
  const clock = manualClock()
  const journal = new DecisionJournal()
  const metrics = new Metrics()
  const faults = faultsFor(clock)
  const skews = new Map<Machine, number>()
  let most = { ahead: 0, behind: 0 }
  const skewOf = (machine: Machine) => () => skews.get(machine) ?? 0
  const server = createApiServer({
    clock: { ...clock, now: () => clock.now() + skewOf('apiserver')() },
    random,
    store: openMemoryStore(),
    signer: deterministicSigner(),
    clientCa: () => '',
    serviceCidr: '10.96.0.0/12',
    nodePorts: { from: 30_000, to: 32_767 },
    advertise: { address: '192.0.2.1', port: 6443 },
    connectNode: connectSimulated(() => nodes),
    connectNetwork: () => {
      throw new Error('nothing is simulated outside the cluster')
    },
    notActedUpon: new Set(),
    version: { gitVersion: 'v1.36.0' } as Parameters<typeof createApiServer>[0]['version'],
    metrics,
    journal,
  })
  const stop = new AbortController()
  const serving = server.run(stop.signal)
  await server.ready()
  const client = createClient(server.transportFor(masters, 'simulation'))
  const informers = createInformers({ client, clock, random, resyncMs: 10 ** 9 }, stop.signal)
  const alive = new Map<Component, Incarnation>()

  function live(userAgent: string, who: Identity, how: Faults, between = (inner: Transport) => inner) {
    const incarnation = createIncarnation(clock, random, how)
    const clientOf = (identity: Identity) =>
      createClient(incarnation.transport(between(server.transportFor(identity, userAgent))))
    const own = clientOf(who)
    const caches = createInformers({ client: own, clock: incarnation.clock, random }, incarnation.signal)
    const record = createEventRecorder({ client: own, clock: incarnation.clock, random, component: userAgent })
    return {
      incarnation,
      clientFor: (account: string) => clientOf(serviceAccount(account)),
      common: { client: own, clock: incarnation.clock, informers: caches, random, journal, metrics, log: silentLog },
      record,
    }
  }

  let nodes: SimulatedNodes | undefined
  // Nodes never crash as a whole, so they are only slow and unheard at times.
  const fleetFaults = { ...faults, failing: faults.failing / 4, skewMs: skewOf('kubelet') }
  const unheard = new Set<string>()
  const ended = new Set<string>()
  const fleet = live('kubelet', masters, fleetFaults, (inner) => (call, signal) => {
    if (unheard.size > 0 && unheard.has(speakerOf(call, informers)))
      return Promise.reject(new StatusError(503, 'ServiceUnavailable', 'simulated: the node is not heard'))
    if (call.verb === 'delete' && call.resource === 'pods') ended.add(uidOf(call.body))
    return inner(call, signal)
  })
  const nodesRunning = runSimulatedNodes(
    {
      nodes: Array.from({ length: nodeCount }, (_, index) => ({ name: `node-${index}` })),
      ...fleet.common,
      version: 'v1.36.0',
      complain: () => {},
      onReady: (ready) => {
        nodes = ready
      },
    },
    fleet.incarnation.signal,
  )
  const world: World = {
    clock,
    random,
    journal,
    metrics,
    client,
    informers,
    get nodes() {
      return nodes!
    },
    start(component) {
      world.crash(component)
      const name = component === 'controllers' ? 'kube-controller-manager' : 'kube-scheduler'
      const { incarnation, common, record, clientFor } = live(
        name,
        { name: `system:${name}`, groups: ['system:authenticated'] },
        { ...faults, skewMs: skewOf(component) },
      )
      alive.set(component, incarnation)
      const config = {
        rootCa: 'simulated',
        clusterCidr: '10.244.0.0/16',
        nodeCidrMaskSize: 24,
        serviceCidr: '10.96.0.0/12',
      }
      const running =
        component === 'controllers'
          ? runControllers(allControllers(), { ...common, clientFor, config }, incarnation.signal)
          : runScheduler({ ...common, record }, incarnation.signal)
      running.catch((error: unknown) => {
        if (!incarnation.signal.aborted) failure ??= error
      })
    },
    crash(component, moments = 0) {
      if (moments > 0) alive.get(component)?.revokeAfter(moments)
      else alive.get(component)?.revoke()
    },
    skew(machine, aheadMs) {
      skews.set(machine, aheadMs)
      most = { ahead: Math.max(most.ahead, aheadMs), behind: Math.min(most.behind, aheadMs) }
    },
    get spreadMs() {
      return most.ahead - most.behind
    },
    cutOff: (node, isCutOff) => void (isCutOff ? unheard.add(node) : unheard.delete(node)),
    hasEnded: (uid) => ended.has(uid),
    async run(ms, always, done = () => false) {
      const endMs = clock.now() + ms
      while (clock.now() < endMs && !done()) {
        const dueMs = Math.min(clock.nextDueMs() ?? endMs, endMs)
        clock.advance(Math.max(0, dueMs - clock.now()))
        await settled()
        if (failure !== undefined) throw failure
        always()
      }
    },
    async stop() {
      stop.abort(new Error('the simulation is over'))
      for (const incarnation of [...alive.values(), fleet.incarnation]) incarnation.revoke()
      await Promise.all([serving, nodesRunning])
    },
  }
  let failure: unknown
  await world.run(
    60_000,
    () => {},
    () => nodes !== undefined,
  )
  return world
}

/** The node that makes a call: it renews its Lease, writes its Node, or speaks of a pod that it has. */
function speakerOf({ resource, name, body }: ApiCall, informers: Informers): string {
  if (resource !== 'pods') return name ?? (body as KubeObject | undefined)?.metadata?.name ?? ''
  return informers.of(pods).get({ namespace: 'default', name: name ?? '' })?.spec.nodeName ?? ''
}
const uidOf = (body: unknown) =>
  (body as { readonly preconditions?: { readonly uid?: string } } | undefined)?.preconditions?.uid ?? ''

/** All that is ready runs before time moves on: nothing here waits for anything but the clock. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
