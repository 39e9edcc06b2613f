import { mkdir } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { firstAddress, type Identity } from '../apiserver/index.ts'
import { createClient, createEventRecorder } from '../client/index.ts'
import { allControllers, runControllers } from '../controllers/index.ts'
import { runDns } from '../dns/index.ts'
import { type Clock, DecisionJournal, Metrics, systemClock, systemRandom, yamlText } from '../machinery/index.ts'
import { runProxy } from '../proxy/index.ts'
import { type Node, nodes } from '../resources/index.ts'
import { runScheduler } from '../scheduler/index.ts'
import { openSqliteStore, StoreOpenError } from '../store/index.ts'
import { keepPki, openPki, writeAtomically } from './certificates/pki.ts'
import { kubeconfigOf } from './config/kubeconfig.ts'
import type { ClusterSettings } from './config/settings.ts'
import { dialNetwork } from './connections/dialers.ts'
import { accessFor, createControlPlane, identities, serveApi } from './control-plane.ts'
import { installDefaults } from './defaults.ts'
import { keepRunning } from './keep-running.ts'
import { openLogFiles } from './logs/files.ts'
import { createNodes } from './node/nodes.ts'
import { gatewayOf, nodeAddressOf } from './node/places.ts'
import { layoutOf, writeState } from './process/directory.ts'
import { exitWithoutRestart } from './process/supervise.ts'

/** Nodes count as ready when this many of them say so; looked at when a Node changes. */
async function untilNodesReady(
  settings: ClusterSettings,
  client: ReturnType<typeof createClient>,
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
    const timer = clock.after(5000, () => change.abort())
    const onAbort = () => change.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    for await (const _ of client.watch(nodes, list.metadata.resourceVersion, {}, change.signal)) break
    timer[Symbol.dispose]()
    signal.removeEventListener('abort', onAbort)
    signal.throwIfAborted()
  }
}

/** The whole cluster in this process, until the signal aborts. Resolves with the exit code. */
export async function runClusterProcess(settings: ClusterSettings, signal: AbortSignal): Promise<number> {
  const clock = systemClock()
  const random = systemRandom()
  const layout = layoutOf(settings.dataDirectory)
  const logs = openLogFiles(layout.logs, clock, { format: settings.logFormat, verbosity: () => settings.verbosity })
  const log = logs.of('apiserver')
  // An orphaned promise is a bug to be found in the log, not a reason to take a cluster down.
  process.on('unhandledRejection', (error) => log.error('a promise was rejected and nobody was waiting', error))
  const stage = (text: string) => writeState(settings.dataDirectory, { stage: text })
  await mkdir(layout.run, { recursive: true })
  const address = nodeAddressOf(networkInterfaces(), settings)
  const { network } = settings
  const pkiRequest = {
    directory: layout.pki,
    apiServerNames: [
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      `kubernetes.default.svc.${network.clusterDomain}`,
      'localhost',
      settings.nodeName,
      '127.0.0.1',
      '::1',
      address,
      gatewayOf(network.podCidr),
      firstAddress(network.serviceCidr),
    ],
    kubeletNames: [settings.nodeName, 'localhost', '127.0.0.1', address],
    nodeName: settings.nodeName,
  }
  await stage('opening the store')
  let store: Awaited<ReturnType<typeof openSqliteStore>>
  try {
    store = await openSqliteStore({ directory: layout.store })
  } catch (error) {
    if (!(error instanceof StoreOpenError)) throw error
    await writeState(settings.dataDirectory, { ready: false, problem: error.message })
    log.error('the store cannot be opened', error)
    return error.reason === 'locked' ? 1 : exitWithoutRestart
  }
  await using _store = store
  let pki = await openPki(pkiRequest, clock)
  const server = `https://127.0.0.1:${settings.port}`
  await writeAtomically(
    layout.kubeconfig,
    yamlText(kubeconfigOf(settings.name, server, pki.authority.cert, pki.admin)),
    0o600,
  )
  const metrics = new Metrics()
  const journal = new DecisionJournal()
  const world = { clock, random, log }
  const stop = new AbortController()
  const onAbort = () => stop.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) stop.abort(signal.reason)
  const machine = createNodes({ settings, address, pki: () => pki, clock, random, logs })
  const api = await createControlPlane({
    ...world,
    store,
    settings,
    pki: () => pki,
    advertiseAddress: address,
    connectNode: machine.connect,
    connectNetwork: dialNetwork(),
    metrics,
    journal,
  })
  await stage('starting the API server')
  const essential: Promise<void>[] = [
    api.run(stop.signal),
    serveApi(api, settings, () => pki, stop.signal),
    keepPki(
      pkiRequest,
      clock,
      random,
      (renewed) => {
        pki = renewed
      },
      stop.signal,
    ),
  ]
  const ended = Promise.race(
    essential.map((one) =>
      one.then(() => {
        if (!stop.signal.aborted) throw new Error('an essential part of the cluster ended by itself')
      }),
    ),
  )
  ended.catch((error) => stop.abort(error))
  const parts: Promise<void>[] = []
  const dnsListener =
    settings.without.includes('dns') || settings.runtime === 'simulated'
      ? undefined
      : { address: gatewayOf(network.podCidr), port: 53 }
  const part = (
    component: 'controllers' | 'scheduler' | 'proxy' | 'dns',
    identity: Identity,
    userAgent: string,
    run: (
      access: ReturnType<typeof accessFor>,
      recorder: ReturnType<typeof createEventRecorder>,
      life: AbortSignal,
    ) => Promise<void>,
  ) => {
    if (settings.without.includes(component)) return Promise.resolve()
    const partLog = logs.of(component)
    return keepRunning(
      component,
      (life) => {
        const access = accessFor(api, identity, userAgent, { clock, random, log: partLog }, life)
        return run(access, createEventRecorder({ client: access.client, clock, random, component: userAgent }), life)
      },
      { clock, log: partLog },
      stop.signal,
    )
  }
  const startParts = () => [
    part('controllers', identities.controllers, 'kube-controller-manager', ({ client, informers }, _recorder, life) =>
      runControllers(
        allControllers,
        {
          client,
          // Each controller acts with the rights of its own service account, as on Kubernetes.
          clientFor: (account) =>
            createClient(api.transportFor(identities.serviceAccount(account), 'kube-controller-manager')),
          informers,
          clock,
          random,
          log: logs.of('controllers'),
          journal,
          metrics,
          config: {
            rootCa: pki.authority.cert,
            clusterCidr: network.podCidr,
            nodeCidrMaskSize: 24,
            serviceCidr: network.serviceCidr,
          },
        },
        life,
      ),
    ),
    part('scheduler', identities.scheduler, 'kube-scheduler', ({ client, informers }, record, life) =>
      runScheduler({ client, informers, clock, random, record, journal, metrics, log: logs.of('scheduler') }, life),
    ),
    ...(settings.runtime === 'simulated'
      ? []
      : [
          part('proxy', identities.proxy, 'kube-proxy', ({ informers }, _recorder, life) =>
            runProxy(
              {
                informers,
                clock,
                nodeName: settings.nodeName,
                tableName: network.nftTable,
                log: logs.of('proxy'),
                metrics,
              },
              life,
            ),
          ),
          part('dns', identities.serviceAccount('coredns'), 'coredns', ({ informers }, _recorder, life) =>
            runDns(
              {
                informers,
                clock,
                clusterDomain: network.clusterDomain,
                listen: dnsListener!,
                resolvConf: '/etc/resolv.conf',
                log: logs.of('dns'),
                metrics,
              },
              life,
            ),
          ),
        ]),
    settings.without.includes('kubelet') ? Promise.resolve() : machine.run(api, stop.signal),
  ]
  try {
    await Promise.race([api.ready(), ended])
    await stage('starting controllers, scheduler and nodes')
    const admin = createClient(api.transportFor(identities.administrator, 'cox'))
    await installDefaults({
      client: admin,
      authority: pki.authority.cert,
      server: `https://${address}:${settings.port}`,
      dnsAddress: network.dnsAddress,
      dnsListener,
    })
    parts.push(...startParts())
    await Promise.race([untilNodesReady(settings, admin, clock, stop.signal), ended])
    await writeState(settings.dataDirectory, { ready: true, stage: 'ready', problem: '' })
    log.info('the cluster is ready', { port: settings.port, nodes: settings.nodes })
    await ended.catch((error) => {
      if (!signal.aborted) throw error
    })
  } catch (error) {
    if (!signal.aborted) {
      log.error('the cluster process ends', error)
      await writeState(settings.dataDirectory, {
        ready: false,
        problem: error instanceof Error ? error.message : String(error),
      })
    }
  } finally {
    stop.abort()
    await Promise.allSettled([...essential, ...parts])
    await writeState(settings.dataDirectory, { ready: false, stage: 'stopped' })
  }
  return signal.aborted ? 0 : 1
}
