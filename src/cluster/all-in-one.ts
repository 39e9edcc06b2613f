import { mkdir } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { firstAddress } from '../apiserver/index.ts'
import { type Client, createClient } from '../client/index.ts'
import {
  type Clock,
  DecisionJournal,
  type Log,
  Metrics,
  systemClock,
  systemRandom,
  yamlText,
} from '../machinery/index.ts'
import { type Node, nodes } from '../resources/index.ts'
import { openSqliteStore, type Store, StoreOpenError } from '../store/index.ts'
import { keepPki, openPki, type Pki, type PkiRequest, writeAtomically } from './certificates/pki.ts'
import { kubeconfigOf } from './config/kubeconfig.ts'
import type { ClusterSettings } from './config/settings.ts'
import { dialNetwork } from './connections/dialers.ts'
import { createControlPlane, identities, serveApi } from './control-plane.ts'
import { installDefaults } from './defaults.ts'
import { openLogFiles } from './logs/files.ts'
import { createNodes } from './node/nodes.ts'
import { gatewayOf, nodeAddressOf } from './node/places.ts'
import { dnsListenerOf, startParts } from './parts.ts'
import { layoutOf, writeState } from './process/directory.ts'
import { exitWithoutRestart } from './process/supervise.ts'

/** The whole cluster in this process, until the signal aborts. Resolves with the exit code. */
export async function runClusterProcess(settings: ClusterSettings, signal: AbortSignal): Promise<number> {
  const clock = systemClock()
  const layout = layoutOf(settings.dataDirectory)
  const logs = openLogFiles(layout.logs, clock, { format: settings.logFormat, verbosity: () => settings.verbosity })
  const log = logs.of('apiserver')
  // An orphaned promise is a bug to be found in the log, not a reason to take a cluster down.
  process.on('unhandledRejection', (error) => log.error('a promise was rejected and nobody was waiting', error))
  await mkdir(layout.run, { recursive: true })
  await writeState(settings.dataDirectory, { stage: 'opening the store' })
  // Certificates are read, or made, while the store opens.
  const address = nodeAddressOf(networkInterfaces(), settings)
  const request = pkiRequestOf(settings, address)
  const opening = openPki(request, clock)
  opening.catch(() => {})
  const store = await openStore(settings, log)
  if (typeof store === 'number') return store
  await using _store = store
  const stop = new AbortController()
  const onAbort = () => stop.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) stop.abort(signal.reason)
  const running: Promise<void>[] = []
  try {
    await runCluster({ settings, store, clock, logs, log, running, address, request, pki: await opening }, stop)
  } catch (error) {
    if (!signal.aborted) {
      log.error('the cluster process ends', error)
      await writeState(settings.dataDirectory, { problem: error instanceof Error ? error.message : String(error) })
    }
  } finally {
    stop.abort()
    await Promise.allSettled(running)
    await writeState(settings.dataDirectory, { ready: false, stage: 'stopped' })
  }
  return signal.aborted ? 0 : 1
}

/** The cluster's store, or the exit code when it cannot be opened as it is. */
async function openStore({ dataDirectory }: ClusterSettings, log: Log): Promise<Store | number> {
  try {
    return await openSqliteStore({ directory: layoutOf(dataDirectory).store })
  } catch (error) {
    if (!(error instanceof StoreOpenError)) throw error
    await writeState(dataDirectory, { ready: false, problem: error.message })
    log.error('the store cannot be opened', error)
    // A store that is in use may be free soon; all else would be the same the next time.
    return error.reason === 'locked' ? 1 : exitWithoutRestart
  }
}

interface Foundation {
  readonly settings: ClusterSettings
  readonly store: Store
  readonly clock: Clock
  readonly logs: ReturnType<typeof openLogFiles>
  readonly log: Log
  readonly address: string
  readonly request: PkiRequest
  readonly pki: Pki
  /** Everything that was started, so that its end can be awaited. */
  readonly running: Promise<void>[]
}

/** Starts the API server, then what every cluster has, then the other parts; rejects when the essential ones end. */
async function runCluster(foundation: Foundation, stop: AbortController): Promise<void> {
  const { settings, store, clock, logs, log, running } = foundation
  const random = systemRandom()
  const { address, request } = foundation
  let pki = foundation.pki
  await writeKubeconfig(settings, pki)
  const metrics = new Metrics()
  const journal = new DecisionJournal()
  const machine = createNodes({ settings, address, pki: () => pki, clock, random, logs })
  const api = await createControlPlane({
    clock,
    random,
    log,
    store,
    settings,
    pki: () => pki,
    advertiseAddress: address,
    connectNode: machine.connect,
    connectNetwork: dialNetwork(),
    metrics,
    journal,
  })
  await writeState(settings.dataDirectory, { stage: 'starting the API server' })
  const front = await serveApi(api, settings, pki)
  const renewed = async (next: typeof pki) => {
    pki = next
    front.present(next)
    await writeKubeconfig(settings, next)
    log.info('certificates were renewed')
  }
  const essential = [api.run(stop.signal), front.until(stop.signal), keepPki(request, clock, renewed, stop.signal)]
  running.push(...essential)
  const ended = Promise.race(essential).then(() => {
    if (!stop.signal.aborted) throw new Error('an essential part of the cluster ended by itself')
  })
  ended.catch((error) => stop.abort(error))
  await Promise.race([api.ready(), ended])
  await writeState(settings.dataDirectory, { stage: 'starting controllers, scheduler and nodes' })
  const admin = createClient(api.transportFor(identities.administrator, 'cox'))
  const server = `https://${address}:${settings.port}`
  await installDefaults({
    client: admin,
    authority: pki.authority.cert,
    server,
    dnsAddress: settings.network.dnsAddress,
    dnsListener: dnsListenerOf(settings),
  })
  running.push(
    ...startParts(
      { api, settings, pki: () => pki, nodes: machine, clock, random, logs, metrics, journal },
      stop.signal,
    ),
  )
  await Promise.race([untilNodesReady(settings, admin, clock, stop.signal), ended])
  await writeState(settings.dataDirectory, { ready: true, stage: 'ready', problem: '' })
  log.info('the cluster is ready', { port: settings.port, nodes: settings.nodes })
  await ended
}

function pkiRequestOf(settings: ClusterSettings, address: string): PkiRequest {
  const { network, nodeName } = settings
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${network.clusterDomain}`,
  ]
  return {
    directory: layoutOf(settings.dataDirectory).pki,
    apiServerNames: [
      ...service,
      'localhost',
      nodeName,
      '127.0.0.1',
      '::1',
      address,
      gatewayOf(network.podCidr),
      firstAddress(network.serviceCidr),
    ],
    kubeletNames: [nodeName, 'localhost', '127.0.0.1', address],
    nodeName,
  }
}

async function writeKubeconfig(
  settings: ClusterSettings,
  { authority, admin }: Awaited<ReturnType<typeof openPki>>,
): Promise<void> {
  const server = `https://127.0.0.1:${settings.port}`
  await writeAtomically(
    layoutOf(settings.dataDirectory).kubeconfig,
    yamlText(kubeconfigOf(settings.name, server, authority.cert, admin)),
    0o600,
  )
}

/** Resolves once as many nodes as there should be say that they are Ready; looked at whenever a Node changes. */
async function untilNodesReady(
  settings: ClusterSettings,
  client: Client,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (settings.without.includes('kubelet') || settings.nodes === 0) return
  for (;;) {
    const list = await client.list<Node>(nodes)
    const ready = list.items.filter((node) =>
      node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
    ).length
    if (ready >= settings.nodes) return
    const change = new AbortController()
    using _timer = clock.after(5000, () => change.abort())
    const onAbort = () => change.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    for await (const _ of client.watch(nodes, list.metadata.resourceVersion, {}, change.signal)) break
    signal.removeEventListener('abort', onAbort)
    signal.throwIfAborted()
  }
}
