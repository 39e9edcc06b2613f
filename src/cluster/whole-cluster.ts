import { hostname } from 'node:os'
import { type FollowedFile, serverNameOf } from '../apiserver/index.ts'
import { type Client, createClient } from '../client/index.ts'
import {
  type Clock,
  DecisionJournal,
  type Log,
  type LogLevels,
  type Metrics,
  type Random,
  systemRandom,
  untilAborted,
  yamlText,
} from '../machinery/index.ts'
import { type Node, nodes } from '../resources/index.ts'
import type { SqliteStore } from '../store/index.ts'
import type { AuditSinkParts } from './audit/sinks.ts'
import { keepPki, type Pki, type PkiRequest } from './certificates/pki.ts'
import type { ClusterCloud } from './cloud/cluster-cloud.ts'
import type { OpenedComponents } from './component-pages/components.ts'
import { kubeconfigOf } from './config/kubeconfig.ts'
import type { ClusterSettings } from './config/settings.ts'
import { dialNetwork } from './connections/dialers.ts'
import type { Egress } from './connections/egress.ts'
import { createControlPlane, identities, serveApi } from './control-plane.ts'
import { installDefaults } from './defaults.ts'
import type { OpenedEncryption } from './kms/encryption.ts'
import type { openLogFiles } from './logs/files.ts'
import { createNodes } from './node/nodes.ts'
import { dnsListenerOf } from './node/places.ts'
import { layoutOf, writeEncryptionChoice, writeState } from './process/directory.ts'
import type { Command } from './process/programs.ts'
import type { Exporter } from './tracing/otlp.ts'
import { writeAtomically } from './write-atomically.ts'

/** What encrypts values on disk, and the file that says so where it is followed. */
export interface EncryptionAtRest {
  readonly opened: OpenedEncryption
  readonly followed?: { readonly file: FollowedFile; readonly text: string }
}

/** What a cluster stands on: opened before its code is there. */
export interface Foundation {
  readonly settings: ClusterSettings
  /** How further processes of ours are started. */
  readonly command: Command
  readonly store: SqliteStore
  /** How values are encrypted on disk; left out where they are not. */
  readonly encryption?: EncryptionAtRest
  readonly metrics: Metrics
  readonly clock: Clock
  readonly logs: ReturnType<typeof openLogFiles>
  /** How much each part logs. */
  readonly levels: LogLevels
  readonly log: Log
  readonly address: string
  readonly request: PkiRequest
  readonly pki: Pki
  /** Everything that was started, so that its end can be awaited. */
  readonly running: Promise<void>[]
  /** What is awaited, when the cluster is told to stop, before anything does. */
  readonly beforeStop: (() => Promise<void>)[]
}

/** Starts the API server, then what every cluster has, then the other parts; rejects when the essential ones end. */
export async function runCluster(foundation: Foundation, stop: AbortController): Promise<void> {
  const { settings, store, clock, logs, levels, log, running, metrics } = foundation
  const random = systemRandom()
  const { address, request } = foundation
  let pki = foundation.pki
  await writeKubeconfig(settings, pki)
  const journal = new DecisionJournal()
  const cloud = await cloudFor(settings, clock, log, stop.signal)
  if (cloud !== undefined) running.push(cloud.followed.run(stop.signal))
  const egress = await egressFor(foundation, random)
  const machine = createNodes({
    ...{ settings, command: foundation.command, address, pki: () => pki, clock, random, logs },
    ...(cloud === undefined ? {} : { cloud }),
    ...(egress === undefined ? {} : { egress }),
  })
  const connectNetwork = machine.connectPods(dialNetwork(egress))
  const audit = await auditFor({ settings, clock, log, metrics, connectNetwork, running }, stop.signal)
  const exporter = await exporterFor(settings, clock, log)
  const hasPlugins = foundation.encryption !== undefined && hasKms(foundation.encryption)
  const api = await createControlPlane({
    ...(hasPlugins ? { healthChecks: [{ name: 'kms-providers', check: () => store.kmsProblem() }] } : {}),
    ...(audit === undefined ? {} : { audit }),
    ...(exporter === undefined
      ? {}
      : {
          tracing: {
            samplingRatePerMillion: settings.tracing!.samplingRatePerMillion,
            sink: exporter.sink,
          },
        }),
    clock,
    random,
    log,
    levels,
    store,
    settings,
    pki: () => pki,
    advertiseAddress: address,
    connectNode: machine.connect,
    connectNetwork,
    metrics,
    journal,
  })
  foundation.beforeStop.push(() => api.drain())
  if (exporter !== undefined) foundation.beforeStop.push(() => exporter.close())
  await writeState(settings.dataDirectory, { stage: 'starting the API server' })
  const front = await serveApi(api, { settings, clock }, pki)
  let pages: OpenedComponents | undefined
  const renewed = async (next: typeof pki) => {
    pki = next
    front.present(next)
    pages?.present(next)
    await writeKubeconfig(settings, next)
    log.info('certificates were renewed')
  }
  const essential = [api.run(stop.signal), front.until(stop.signal), keepPki(request, pki, clock, renewed, stop.signal)]
  running.push(...essential)
  if (foundation.encryption?.followed !== undefined) running.push(followAtRest(foundation, random, stop.signal))
  // The API is ready before there is a key for tokens; a cluster that cannot have one ends.
  const signing = api
    .ready()
    .then(() => pki.tokenKey())
    .then(() => untilAborted(stop.signal))
  const ended = Promise.race([...essential, signing]).then(() => {
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
  // Loaded only now: the API answers without waiting for them.
  const { startParts } = await import('./parts.ts')
  const parts = startParts(
    {
      ...{ api, settings, pki: () => pki, nodes: machine, clock, random, logs, levels, metrics, journal },
      ...(cloud === undefined ? {} : { cloud }),
    },
    stop.signal,
  )
  running.push(...parts.ended)
  const opening = parts.pages.catch((error: unknown) => log.error('components tell nothing about themselves', error))
  running.push(untilAborted(stop.signal).then(async () => (await opening)?.close()))
  await Promise.race([untilNodesReady(settings, cloud, admin, clock, stop.signal), ended])
  pages = (await opening) ?? undefined
  const components = pages?.places ?? {}
  await writeState(settings.dataDirectory, { ready: true, stage: 'ready', problem: '', components })
  log.info('the cluster is ready', { port: settings.port, nodes: settings.nodes })
  await ended
}

async function writeKubeconfig(settings: ClusterSettings, { authority, admin }: Pki): Promise<void> {
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
  cloud: ClusterCloud | undefined,
  client: Client,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (settings.without.includes('kubelet') || settings.nodes === 0) return
  // What a node of its own process said in an earlier life says nothing of this one. Heartbeats are told in whole seconds.
  const isApart = settings.runtime === 'containerd' && settings.nodes > 1
  const sinceMs = isApart ? Math.floor(clock.now() / 1000) * 1000 : 0
  for (;;) {
    const list = await client.list<Node>(nodes)
    const ready = list.items.filter((node) =>
      node.status?.conditions?.some(
        ({ type, status, lastHeartbeatTime }) =>
          type === 'Ready' && status === 'True' && (sinceMs === 0 || Date.parse(lastHeartbeatTime ?? '') >= sinceMs),
      ),
    ).length
    if (ready >= (cloud === undefined ? settings.nodes : await runningOf(cloud, settings.nodes))) return
    const change = new AbortController()
    using _timer = clock.after(5000, () => change.abort())
    const onAbort = () => change.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    for await (const _ of client.watch(nodes, list.metadata.resourceVersion, {}, change.signal)) break
    signal.removeEventListener('abort', onAbort)
    signal.throwIfAborted()
  }
}

/** How many nodes the cloud has running; as many as were asked for while it does not say. */
async function runningOf({ owner, cluster }: ClusterCloud, asked: number): Promise<number> {
  const { nodeInstances } = await import('./cloud/instances.ts')
  const found = await nodeInstances(owner, cluster).catch(() => undefined)
  return found === undefined ? asked : found.filter(({ state }) => state === 'running').length
}

/** Loaded only where the nodes are in a cloud. */
async function cloudFor(
  settings: ClusterSettings,
  clock: Clock,
  log: Log,
  signal: AbortSignal,
): Promise<ClusterCloud | undefined> {
  if (settings.cloud === undefined) return undefined
  await writeState(settings.dataDirectory, { stage: `waiting for the cloud ${settings.cloud.name}` })
  const { openClusterCloud } = await import('./cloud/cluster-cloud.ts')
  return openClusterCloud(settings, clock, log, signal)
}

/** Kubernetes: where the configuration may change, the check is there also while no plugin is named. */
function hasKms({ opened, followed }: EncryptionAtRest): boolean {
  return followed !== undefined || opened.plugins.size > 0
}

/** Loaded only where a file is followed. */
async function followAtRest(
  { settings, store, clock, metrics, log, encryption }: Foundation,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  const { followEncryption } = await import('./kms/encryption.ts')
  await followEncryption(
    {
      ...{ clock, random, metrics, log, store },
      ...encryption!.followed!,
      opened: encryption!.opened,
      serverId: serverNameOf(hostname()),
      remember: (choice) => writeEncryptionChoice(settings.dataDirectory, choice),
    },
    signal,
  )
}

/** Loaded only where spans are to be sent. */
async function exporterFor({ tracing }: ClusterSettings, clock: Clock, log: Log): Promise<Exporter | undefined> {
  if (tracing === undefined) return undefined
  const { openExporter } = await import('./tracing/otlp.ts')
  const resource = { 'service.name': 'apiserver', 'service.instance.id': serverNameOf(hostname()) }
  return openExporter({ endpoint: tracing.endpoint, resource, clock, log })
}

/** Loaded only where something is not reached directly. */
async function egressFor({ settings, clock, metrics }: Foundation, random: Random): Promise<Egress | undefined> {
  if (settings.egress === undefined) return undefined
  const { createEgress } = await import('./connections/egress.ts')
  return createEgress(settings.egress, { clock, random, metrics })
}

/** Loaded only where something is to be written down. */
async function auditFor(parts: AuditSinkParts, signal: AbortSignal) {
  if (parts.settings.audit === undefined) return undefined
  const { auditOf } = await import('./audit/sinks.ts')
  return auditOf(parts, signal)
}
