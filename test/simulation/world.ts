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
  DecisionJournal,
  type ManualClock,
  Metrics,
  manualClock,
  type Random,
  seededRandom,
  silentLog,
} from '../../src/machinery/index.ts'
import { runScheduler } from '../../src/scheduler/index.ts'
import { openMemoryStore } from '../../src/store/index.ts'
import { createIncarnation, type Faults, type Incarnation } from './incarnation.ts'

const masters = { name: 'simulation', groups: ['system:masters', 'system:authenticated'] }
const serviceAccount = (name: string): Identity => ({
  name: `system:serviceaccount:kube-system:${name}`,
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
})
export type Component = 'controllers' | 'scheduler'

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
  crash(component: Component): void
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
  const server = createApiServer({
    clock,
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

  function live(userAgent: string, who: Identity, how: Faults) {
    const incarnation = createIncarnation(clock, random, how)
    const clientOf = (identity: Identity) =>
      createClient(incarnation.transport(server.transportFor(identity, userAgent)))
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
  const fleet = live('kubelet', masters, { ...faults, failing: faults.failing / 4 })
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
      const name = component === 'controllers' ? 'kube-controller-manager' : 'kube-scheduler'
      const { incarnation, common, record, clientFor } = live(
        name,
        { name: `system:${name}`, groups: ['system:authenticated'] },
        faults,
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
    crash(component) {
      alive.get(component)?.revoke()
      alive.delete(component)
    },
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

/** All that is ready runs before time moves on: nothing here waits for anything but the clock. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
