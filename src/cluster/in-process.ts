import {
  type ApiServer,
  createApiServer,
  deterministicSigner,
  type FeatureChoice,
  type NetworkConnection,
} from '../apiserver/index.ts'
import type { AutoscalerOptions } from '../autoscaler/index.ts'
import {
  type Client,
  createClient,
  createInformers,
  createSeriesRecorder,
  type Informers,
  Rush,
} from '../client/index.ts'
import type { CloudApi } from '../cloud/index.ts'
import { allControllers, runControllers } from '../controllers/index.ts'
import { runSimulatedNodes, type SimulatedNodeSettings, type SimulatedNodes } from '../kubelet/index.ts'
import {
  type Clock,
  DecisionJournal,
  type Log,
  Metrics,
  type Random,
  silentLog,
  systemClock,
  systemRandom,
  yamlText,
} from '../machinery/index.ts'
import { chooseGates, defaultGates, type FeatureGates } from '../resources/index.ts'
import { runScheduler, type SchedulerChoices } from '../scheduler/index.ts'
import { openMemoryStore, type Store } from '../store/index.ts'
import type { Front } from '../wire/index.ts'
import type { SimulatedGroup } from './autoscaler/simulated-groups.ts'
import { certifyWith } from './certificates/certify.ts'
import type { KeyPair } from './certificates/key-pair.ts'
import { simulatedPodCidr } from './config/settings.ts'
import { accessFor, identities } from './control-plane.ts'
import { idleKinds } from './idle-kinds.ts'
import { connectSimulated } from './node/simulated-connection.ts'
import { connectSimulatedPods } from './node/simulated-network.ts'
import { schedulerPartsOf } from './scheduler-parts.ts'
import type { Surroundings } from './surroundings.ts'
import { kubernetesVersion, versionInfo } from './version.ts'

export interface StartClusterOptions {
  /** Time of the cluster; the machine's own unless given. With a manual clock, nothing happens until it is advanced. */
  readonly clock?: Clock
  readonly random?: Random
  /** Where objects are kept; a new memory store unless given. */
  readonly store?: Store
  /** Simulated nodes: how many, or each one described. Default: 1. */
  readonly nodes?: number | readonly SimulatedNodeSettings[]
  /** The nodes are instances of a cloud in this process, and the cloud controllers run. */
  readonly cloud?: boolean
  /** Groups of simulated nodes that the node autoscaler has grow and shrink, and what it goes by. */
  readonly nodeGroups?: readonly SimulatedGroup[]
  readonly autoscaler?: Partial<AutoscalerOptions>
  readonly log?: Log
  /** Parts that are left out, so that others can take their place. */
  readonly without?: readonly ('controllers' | 'scheduler')[]
  /** Which features are on and which APIs are served, where not by default. */
  readonly features?: FeatureChoice
  /** What a KubeSchedulerConfiguration says of the scheduler; its defaults unless given. */
  readonly scheduler?: SchedulerChoices
}

/** A whole cluster inside this process: API, controllers, scheduler and simulated nodes, without a socket. */
export interface TestCluster extends AsyncDisposable {
  /** The API as cluster administrator. */
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly server: ApiServer
  readonly nodes: SimulatedNodes | undefined
  /** The cloud as its owner sees it, where there is one. */
  readonly cloud: CloudApi | undefined
  readonly journal: DecisionJournal
  /** A kubeconfig for kubectl and other programs; opens a port of this machine when first asked. */
  kubeconfig(): Promise<string>
  stop(): Promise<void>
}

const clusterCidr = '10.244.0.0/16'
const serviceCidr = '10.96.0.0/12'

/** Starts a cluster for a test; resolves when its API answers, its defaults are there and its nodes are registered. */
export async function startCluster(options: StartClusterOptions = {}): Promise<TestCluster> {
  const clock = options.clock ?? systemClock()
  const random = options.random ?? systemRandom()
  const store = options.store ?? openMemoryStore()
  const log = options.log ?? silentLog
  const stop = new AbortController()
  const journal = new DecisionJournal()
  const metrics = new Metrics()
  let clientCa = ''
  let nodes: SimulatedNodes | undefined
  const world = { clock, random, log }
  const groups = options.nodeGroups ?? []
  const around = await surroundingsOf(options, world, stop.signal)
  const server = createApiServer({
    clock,
    random,
    store,
    signer: deterministicSigner(),
    clientCa: () => clientCa,
    serviceCidr,
    nodePorts: { from: 30000, to: 32767 },
    advertise: { address: '127.0.0.1', port: 6443 },
    connectNode: connectSimulated(() => nodes),
    connectNetwork: connectSimulatedPods(() => nodes, dialWhenUsed, around?.reaches),
    notActedUpon: idleKinds,
    version: versionInfo(),
    metrics,
    journal,
    ...(options.features === undefined ? {} : { features: options.features }),
    onError: (error, about) => log.error('request failed', error, { request: about }),
  })
  let authority: Promise<KeyPair> | undefined
  const authorityNow = async (): Promise<KeyPair> => {
    authority ??= import('./certificates/authority.ts').then(({ createAuthority }) =>
      createAuthority('kubernetes', systemClock().now(), 1),
    )
    const made = await authority
    clientCa = made.cert
    return made
  }
  const wanted = options.nodes ?? 1
  const nodeCount = typeof wanted === 'number' ? wanted : wanted.length
  const running: Promise<void>[] = [server.run(stop.signal), ...(around?.running ?? [])]
  await Promise.race([server.ready(), running[0]])
  const admin = accessFor(server, identities.administrator, 'test', world, stop.signal)
  const controllers = accessFor(server, identities.controllers, 'kube-controller-manager', world, stop.signal)
  const scheduler = accessFor(server, identities.scheduler, 'kube-scheduler', world, stop.signal)
  const has = (part: 'controllers' | 'scheduler') => options.without?.includes(part) !== true
  const surroundings = (await around?.controllers(admin.client, () => nodes)) ?? []
  const runs = {
    controllers: () =>
      runControllers(
        [...allControllers(gatesOf(options.features).gates), ...surroundings],
        {
          ...controllers,
          clientFor: (account) =>
            createClient(server.transportFor(identities.serviceAccount(account), 'kube-controller-manager')),
          ...world,
          journal,
          metrics,
          config: {
            rootCa: 'simulated',
            clusterCidr: simulatedPodCidr(
              clusterCidr,
              nodeCount + groups.reduce((sum, { maxSize }) => sum + maxSize, 0),
            ),
            nodeCidrMaskSize: 24,
            serviceCidr,
            ...gatesOf(options.features),
            signToken: (claims) => server.signToken(claims),
            certify: certifyWith(authorityNow, () => systemClock().now()),
          },
        },
        stop.signal,
      ),
    scheduler: () => {
      const rush = new Rush()
      return runScheduler(
        {
          ...scheduler,
          ...world,
          journal,
          metrics,
          ...schedulerPartsOf(options.scheduler ?? {}, gatesOf(options.features).gates ?? defaultGates, clock),
          record: createSeriesRecorder(
            {
              client: scheduler.client,
              clock,
              random,
              controller: 'default-scheduler',
              instance: 'default-scheduler-simulated',
              rush,
            },
            stop.signal,
          ),
          rush,
        },
        stop.signal,
      )
    },
  }
  // Nodes first: whoever waits for this cluster waits for them, and not for all that controllers do at their start.
  const list = typeof wanted === 'number' ? numbered(wanted) : wanted
  const machines = (await around?.machines(list, admin.client)) ?? list
  if (machines.length > 0 || groups.length > 0) nodes = await startNodes(machines, server, world, running, stop.signal)
  if (nodes !== undefined) around?.follow(nodes)
  // A part that fails must not go unnoticed, nor take the test's process down before the test can say so.
  const watched = (one: Promise<void>) => one.catch((error) => log.error('a part of the cluster failed', error))
  for (const one of running) watched(one)
  const begin = () => {
    for (const part of ['controllers', 'scheduler'] as const) {
      if (!has(part) || stop.signal.aborted) continue
      const run = runs[part]()
      running.push(run)
      watched(run)
    }
  }
  // They begin in a turn of their own, unless the clock is the caller's, which need not move by itself.
  if (options.clock === undefined) clock.after(0, begin)
  else begin()
  let front: Promise<{ readonly front: Front; readonly kubeconfig: string }> | undefined
  const end = async () => {
    if (stop.signal.aborted) return
    const opened = await front
    await opened?.front[Symbol.asyncDispose]()
    stop.abort(new Error('the cluster was stopped'))
    await Promise.allSettled(running)
    if (options.store === undefined) await store[Symbol.asyncDispose]()
  }
  return {
    client: admin.client,
    informers: createInformers({ client: admin.client, clock, random }, stop.signal),
    clock,
    server,
    nodes,
    cloud: around?.cloud,
    journal,
    async kubeconfig() {
      front ??= authorityNow().then((made) => openPort(server, made))
      return (await front).kubeconfig
    },
    stop: end,
    [Symbol.asyncDispose]: end,
  }
}

/** The gates that controllers go by: the server has refused a choice that cannot be. */
function gatesOf(features: FeatureChoice | undefined): { readonly gates?: FeatureGates } {
  const chosen = chooseGates(features?.gates ?? {})
  return 'gates' in chosen ? { gates: chosen.gates } : {}
}

const numbered = (count: number): readonly SimulatedNodeSettings[] =>
  Array.from({ length: count }, (_, index) => ({ name: `node-${index + 1}` }))

/** Loaded only where there is to be a cloud, or groups of nodes. */
async function surroundingsOf(
  options: StartClusterOptions,
  world: { readonly clock: Clock; readonly random: Random; readonly log: Log },
  signal: AbortSignal,
): Promise<Surroundings | undefined> {
  const { cloud = false, nodeGroups: groups = [], autoscaler = {}, scheduler = {} } = options
  if (!cloud && groups.length === 0) return undefined
  const { openSurroundings } = await import('./surroundings.ts')
  const { profiles } = schedulerPartsOf(scheduler, gatesOf(options.features).gates ?? defaultGates, world.clock)
  return openSurroundings({ cloud, groups, autoscaler, profiles }, world, signal)
}

async function startNodes(
  list: readonly SimulatedNodeSettings[],
  server: ApiServer,
  world: { readonly clock: Clock; readonly random: Random; readonly log: Log },
  running: Promise<void>[],
  signal: AbortSignal,
): Promise<SimulatedNodes> {
  const access = accessFor(server, identities.administrator, 'kubelet', world, signal)
  return new Promise((resolve, reject) => {
    const run = runSimulatedNodes(
      {
        ...access,
        nodes: list,
        clock: world.clock,
        random: world.random,
        version: kubernetesVersion,
        complain: (about, error) => world.log.warn('will be tried again', { about, error: String(error) }),
        onReady: resolve,
      },
      signal,
    )
    run.catch(reject)
    running.push(run)
  })
}

/** Webhooks by URL are reached as anywhere; the code for it is loaded with the first one. */
const dialWhenUsed: NetworkConnection = (target) => {
  const dialed = import('./connections/dialers.ts').then(({ dialNetwork }) => dialNetwork()(target))
  return {
    request: async (outgoing, signal) => (await dialed).request(outgoing, signal),
    upgrade: async (outgoing, signal) => (await dialed).upgrade(outgoing, signal),
  }
}

/** Opens a port of the loopback interface with certificates of its own. */
async function openPort(
  server: ApiServer,
  authority: KeyPair,
): Promise<{ readonly front: Front; readonly kubeconfig: string }> {
  const [{ issueCertificate }, { kubeconfigOf }, { openFront }] = await Promise.all([
    import('./certificates/authority.ts'),
    import('./config/kubeconfig.ts'),
    import('../wire/index.ts'),
  ])
  const nowMs = systemClock().now()
  const serving = issueCertificate(
    authority,
    { commonName: 'kube-apiserver', names: ['localhost', '127.0.0.1', '::1'], usages: ['server'], days: 1 },
    nowMs,
  )
  const admin = issueCertificate(
    authority,
    { commonName: 'kubernetes-admin', organizations: ['system:masters'], usages: ['client'], days: 1 },
    nowMs,
  )
  const front = await openFront({
    host: '127.0.0.1',
    port: 0,
    tls: { ...serving, clientCa: authority.cert },
    clock: systemClock(),
    onRequest: server.onRequest,
    onUpgrade: server.onUpgrade,
  })
  return { front, kubeconfig: yamlText(kubeconfigOf('test', `https://127.0.0.1:${front.port}`, authority.cert, admin)) }
}
