import type { ApiServer, NetworkConnection, NodeConnection } from '../../apiserver/index.ts'
import type { Client } from '../../client/index.ts'
import type { SimulatedNodeSettings, SimulatedNodes } from '../../kubelet/index.ts'
import type { Clock, Random } from '../../machinery/index.ts'
import type { Pki } from '../certificates/pki.ts'
import type { ClusterCloud } from '../cloud/cluster-cloud.ts'
import { followInstances } from '../cloud/instances.ts'
import { reachesByRoutes } from '../cloud/reach.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { dialNodes } from '../connections/dialers.ts'
import type { Egress } from '../connections/egress.ts'
import { accessFor, identities } from '../control-plane.ts'
import { furtherNodesLeft } from '../further/places.ts'
import { keepRunning } from '../keep-running.ts'
import type { LogFiles } from '../logs/files.ts'
import { layoutOf } from '../process/directory.ts'
import type { Command } from '../process/programs.ts'
import { kubernetesVersion } from '../version.ts'
import { markControlPlane } from './control-plane-node.ts'
import { connectSimulated } from './simulated-connection.ts'
import { connectSimulatedPods } from './simulated-network.ts'
import { simulatedNodesOf } from './simulated-nodes.ts'
import { followPower } from './stopped-nodes.ts'

export interface NodesParts {
  readonly settings: ClusterSettings
  /** How the processes of further nodes are started. */
  readonly command: Command
  readonly address: string
  readonly pki: () => Pki
  readonly clock: Clock
  readonly random: Random
  readonly logs: LogFiles
  /** The cloud whose instances the nodes are. */
  readonly cloud?: ClusterCloud
  /** The ways to what is not reached directly. */
  readonly egress?: Egress
}
/** The nodes of a cluster: how the API server reaches them, and their running. */
export interface Nodes {
  readonly connect: NodeConnection
  /** The simulated nodes, while they run. */
  simulated(): SimulatedNodes | undefined
  /** The way to pods of nodes that are simulated, and by `others` to everything else. */
  connectPods(others: NetworkConnection): NetworkConnection
  run(api: ApiServer, signal: AbortSignal): Promise<void>
}

/** The nodes that the settings ask for: this machine with containerd, or simulated ones. */
export function createNodes(parts: NodesParts): Nodes {
  const { settings, pki, clock, random, logs, egress } = parts
  const log = logs.of('kubelet')
  const connect = dialNodes(
    () => ({
      cert: pki().kubeletClient.cert,
      key: pki().kubeletClient.key,
      ca: pki().authority.cert,
    }),
    egress,
  )
  let simulated: SimulatedNodes | undefined
  const { cloud } = parts
  const reaches = cloud === undefined ? undefined : reachesByRoutes(cloud.owner, cloud.cluster)
  return {
    simulated: () => simulated,
    connectPods: (others) =>
      settings.runtime === 'simulated' ? connectSimulatedPods(() => simulated, others, reaches) : others,
    connect: settings.runtime === 'simulated' ? connectSimulated(() => simulated, connect) : connect,
    run(api, signal) {
      if (settings.runtime === 'simulated') {
        return keepRunning(
          'simulated nodes',
          async (life) => {
            const { runSimulatedNodes } = await import('../../kubelet/index.ts')
            const { client, informers } = accessFor(
              api,
              identities.administrator,
              'kubelet',
              { clock, random, log },
              life,
            )
            const wanted = simulatedNodesOf(settings)
            const nodes =
              cloud === undefined
                ? [...wanted, ...(await grownBefore(settings, client))]
                : await nodesInCloud(cloud, settings.dataDirectory, wanted)
            return runSimulatedNodes(
              {
                nodes,
                client,
                informers,
                clock,
                random,
                version: kubernetesVersion,
                complain: (about, error) => log.warn('will be tried again', { about, error: String(error) }),
                onReady: (switches) => {
                  simulated = switches
                  const complain = (error: unknown) => log.error('node power', error)
                  if (cloud === undefined) followPower(settings, switches, complain, life)
                  else followInstances({ ...cloud, nodes: switches, complain }, life)
                },
              },
              life,
            )
          },
          { clock, log },
          signal,
        )
      }
      const kubelet = keepRunning(
        'kubelet',
        async (life) => {
          const { runContainerNode } = await import('./container-node.ts')
          const access = accessFor(api, identities.node(settings.nodeName), 'kubelet', { clock, random, log }, life)
          return runContainerNode(
            {
              settings,
              access,
              address: parts.address,
              clock,
              random,
              log,
              containerdLog: logs.of('containerd'),
              pki,
              logDirectory: layoutOf(settings.dataDirectory).logs,
            },
            life,
          )
        },
        { clock, log },
        signal,
      )
      const marking = keepRunning(
        'control-plane labels',
        (life) => markControlPlane(api.transportFor(identities.administrator, 'cox'), settings.nodeName, clock, life),
        { clock, log },
        signal,
      )
      return Promise.all([kubelet, marking, runFurther(parts, api, signal)]).then(() => {})
    },
  }
}

/** The nodes that groups had grown to have before; loaded only where there are groups. */
async function grownBefore(settings: ClusterSettings, client: Client): Promise<readonly SimulatedNodeSettings[]> {
  if ((settings.nodeGroups ?? []).length === 0) return []
  const [{ knownMachines }, { groupsOf }] = await Promise.all([
    import('../autoscaler/simulated-groups.ts'),
    import('../autoscaler/settings.ts'),
  ])
  return knownMachines(groupsOf(settings), client)
}

/** Loaded only where there is a cloud. */
async function nodesInCloud(
  cloud: ClusterCloud,
  dataDirectory: string,
  wanted: readonly SimulatedNodeSettings[],
): Promise<readonly SimulatedNodeSettings[]> {
  const { cloudNodes } = await import('../cloud/cluster-cloud.ts')
  return cloudNodes(cloud, dataDirectory, wanted)
}

/** The nodes after the first, and the end of those that are not asked for any more; most clusters have neither. */
async function runFurther(parts: NodesParts, api: ApiServer, signal: AbortSignal): Promise<void> {
  const { settings, command, address, pki, clock, random, logs } = parts
  if (settings.nodes <= 1 && (await furtherNodesLeft(settings)).length === 0) return
  const log = logs.of('kubelet')
  const run = async (life: AbortSignal) => {
    const { runFurtherNodes } = await import('../further/further-nodes.ts')
    const access = accessFor(api, identities.administrator, 'cox', { clock, random, log }, life)
    await runFurtherNodes({ settings, command, access, address, pki, clock, log }, life)
  }
  await keepRunning('further nodes', run, { clock, log }, signal)
}
