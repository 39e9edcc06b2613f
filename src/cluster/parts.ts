import { networkInterfaces } from 'node:os'
import type { ApiServer, Identity } from '../apiserver/index.ts'
import {
  createClient,
  createEventRecorder,
  createSeriesRecorder,
  measuredTransport,
  type RecordEvent,
  Rush,
} from '../client/index.ts'
import { allControllers, type Controller, cloudControllers, runControllers } from '../controllers/index.ts'
import { runDns } from '../dns/index.ts'
import type { Clock, DecisionJournal, LogLevels, Metrics, Random } from '../machinery/index.ts'
import { ProxyHealth, runProxy } from '../proxy/index.ts'
import { chooseGates, defaultGates } from '../resources/index.ts'
import { runScheduler } from '../scheduler/index.ts'
import { certifyWith } from './certificates/certify.ts'
import type { Pki } from './certificates/pki.ts'
import type { ClusterCloud } from './cloud/cluster-cloud.ts'
import type { OpenedComponents } from './component-pages/components.ts'
import { isWanted } from './config/controller-fields.ts'
import { type ClusterSettings, type OptionalPart, simulatedPodCidr } from './config/settings.ts'
import { type Access, accessFor, identities } from './control-plane.ts'
import { keepRunning } from './keep-running.ts'
import type { LogFiles } from './logs/files.ts'
import { localVolumesOf } from './node/local-volumes.ts'
import type { Nodes } from './node/nodes.ts'
import { conntrackOf, dnsListenerOf, nodeAddressOf, nodePortAddressesOf } from './node/places.ts'
import { schedulerPartsOf } from './scheduler-parts.ts'

/** What every part of a cluster is started with. */
export interface PartsContext {
  readonly api: ApiServer
  readonly settings: ClusterSettings
  readonly pki: () => Pki
  readonly nodes: Nodes
  readonly clock: Clock
  readonly random: Random
  readonly logs: LogFiles
  readonly metrics: Metrics
  readonly journal: DecisionJournal
  /** How much each part logs. */
  readonly levels: LogLevels
  /** The cloud whose controllers are to run. */
  readonly cloud?: ClusterCloud
}
type Component = Exclude<OptionalPart, 'kubelet'>
type Run = (access: Access, record: RecordEvent, life: AbortSignal) => Promise<void>

/** Everything that is not the API server, running. */
export interface StartedParts {
  readonly ended: readonly Promise<void>[]
  /** The ports on which parts tell about themselves. */
  readonly pages: Promise<OpenedComponents>
}

/** Starts everything that is not the API server; each part is kept running by itself until the signal aborts. */
export function startParts(context: PartsContext, signal: AbortSignal): StartedParts {
  const { settings, nodes, api, metrics } = context
  const real = settings.runtime === 'containerd'
  const running = new Set<string>()
  const own = { scheduler: metrics.part(), controllers: metrics.part(), proxy: metrics.part() }
  const proxyHealth = new ProxyHealth()
  const of = (part: keyof typeof own) => ({ ...context, metrics: own[part] })
  const start = (component: Component, identity: Identity, userAgent: string, run: Run) =>
    startPart(
      component in own ? of(component as keyof typeof own) : context,
      component,
      identity,
      userAgent,
      noted(running, component, run),
      signal,
    )
  const ended = [
    start('controllers', identities.controllers, 'kube-controller-manager', controllersOf(of('controllers'))),
    start('scheduler', identities.scheduler, 'kube-scheduler', schedulerOf(of('scheduler'))),
    ...(real
      ? [
          start('proxy', identities.proxy, 'kube-proxy', proxyOf(of('proxy'), proxyHealth)),
          start('dns', identities.serviceAccount('coredns'), 'coredns', dnsOf(context)),
        ]
      : []),
    ...(settings.without.includes('kubelet') ? [] : [nodes.run(api, signal)]),
  ]
  const pages = import('./component-pages/components.ts').then(({ openComponents }) =>
    openComponents(context, { running, metrics: own, proxyHealth }),
  )
  return { ended, pages }
}

/** Where parts of this process are told that the API is. */
const hostOf = ({ port }: ClusterSettings) => `127.0.0.1:${port}`

/** The same, with the part among those that run while it does. */
function noted(running: Set<string>, part: string, run: Run): Run {
  return async (access, record, life) => {
    running.add(part)
    try {
      await run(access, record, life)
    } finally {
      running.delete(part)
    }
  }
}

async function startPart(
  { api, settings, clock, random, logs, metrics }: PartsContext,
  component: Component,
  identity: Identity,
  userAgent: string,
  run: Run,
  signal: AbortSignal,
): Promise<void> {
  if (settings.without.includes(component)) return
  const log = logs.of(component)
  const start = (life: AbortSignal) => {
    const measured = { metrics, host: hostOf(settings) }
    const access = accessFor(api, identity, userAgent, { clock, random, log, measured }, life)
    return run(
      access,
      createEventRecorder({ client: access.client, clock, random, component: userAgent, signal: life }),
      life,
    )
  }
  await keepRunning(component, start, { clock, log }, signal)
}

function controllersOf(context: PartsContext): Run {
  const { api, settings, pki, nodes, clock, random, logs, journal, metrics } = context
  const { serviceCidr } = settings.network
  const podCidr =
    settings.runtime === 'simulated'
      ? simulatedPodCidr(settings.network.podCidr, settings.nodes + mostNodesOf(settings))
      : settings.network.podCidr
  const chosen = chooseGates(settings.features?.gates ?? {})
  const { controllers, nodeCidrMaskSize = 24, settings: ways, workers } = settings.components?.controllers ?? {}
  return async (access, _record, life) =>
    runControllers(
      [
        ...allControllers('gates' in chosen ? chosen.gates : undefined),
        ...(context.cloud === undefined ? [] : cloudControllers(context.cloud.provider)),
        ...(await autoscalers(context)),
      ].filter(({ name }) => isWanted(name, controllers)),
      {
        ...access,
        // Each controller acts with the rights of its own service account, as on Kubernetes.
        clientFor: (account) =>
          createClient(
            measuredTransport(api.transportFor(identities.serviceAccount(account), 'kube-controller-manager'), {
              ...{ clock, metrics },
              host: hostOf(settings),
            }),
          ),
        clock,
        random,
        log: logs.of('controllers'),
        journal,
        metrics,
        config: {
          rootCa: pki().authority.cert,
          clusterCidr: podCidr,
          nodeCidrMaskSize,
          settings: { ...ways, ...(workers === undefined ? {} : { workers }) },
          serviceCidr,
          ...('gates' in chosen ? { gates: chosen.gates } : {}),
          signToken: (claims) => api.signToken(claims),
          certify: certifyWith(
            () => pki().authority,
            () => clock.now(),
          ),
          localVolumes: localVolumesOf(nodes.connect, clock),
        },
      },
      life,
    )
}

const mostNodesOf = ({ nodeGroups = [] }: ClusterSettings) => nodeGroups.reduce((sum, { maxSize }) => sum + maxSize, 0)

/** Loaded only where there are groups of nodes. */
async function autoscalers({
  api,
  settings,
  nodes,
  clock,
  random,
  cloud,
}: PartsContext): Promise<readonly Controller[]> {
  if ((settings.nodeGroups ?? []).length === 0) return []
  const { autoscalerOf } = await import('./autoscaler/settings.ts')
  const client = createClient(api.transportFor(identities.administrator, 'cluster-autoscaler'))
  const chosen = chooseGates(settings.features?.gates ?? {})
  const parts = { client, nodes: () => nodes.simulated(), clock, random }
  const more = { ...(cloud === undefined ? {} : { cloud }), ...('gates' in chosen ? { gates: chosen.gates } : {}) }
  return [await autoscalerOf(settings, { ...parts, ...more })]
}

function schedulerOf({ settings, clock, random, logs, journal, metrics }: PartsContext): Run {
  const chosen = chooseGates(settings.features?.gates ?? {})
  const choices = schedulerPartsOf(
    settings.components?.scheduler ?? {},
    'gates' in chosen ? chosen.gates : defaultGates,
    clock,
  )
  return (access, _record, life) => {
    const rush = new Rush()
    return runScheduler(
      {
        ...access,
        clock,
        random,
        record: createSeriesRecorder(
          {
            client: access.client,
            clock,
            random,
            controller: 'default-scheduler',
            instance: `default-scheduler-${settings.nodeName}`,
            rush,
          },
          life,
        ),
        rush,
        journal,
        metrics,
        log: logs.of('scheduler'),
        ...choices,
      },
      life,
    )
  }
}

function proxyOf({ settings, clock, logs, metrics }: PartsContext, health: ProxyHealth): Run {
  const { nodeName, network } = settings
  const nodePortAddresses = nodePortAddressesOf(settings, nodeAddressOf(networkInterfaces(), settings))
  return ({ informers }, _record, life) =>
    runProxy(
      {
        informers,
        clock,
        nodeName,
        tableName: network.nftTable,
        nodePortAddresses,
        serviceCidr: network.serviceCidr,
        conntrack: conntrackOf(settings),
        log: logs.of('proxy'),
        metrics,
        health,
      },
      life,
    )
}

function dnsOf({ settings, clock, logs, metrics }: PartsContext): Run {
  const { clusterDomain } = settings.network
  const listen = dnsListenerOf(settings)
  return async ({ informers }, _record, life) => {
    if (listen !== undefined)
      await runDns(
        { informers, clock, clusterDomain, listen, resolvConf: '/etc/resolv.conf', log: logs.of('dns'), metrics },
        life,
      )
  }
}
