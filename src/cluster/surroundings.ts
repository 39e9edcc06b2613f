import { type AutoscalerOptions, nodeAutoscalerController } from '../autoscaler/index.ts'
import type { Client } from '../client/index.ts'
import { Cloud, type CloudApi, newCloud } from '../cloud/index.ts'
import { type Controller, cloudControllers } from '../controllers/index.ts'
import type { SimulatedNodeSettings, SimulatedNodes } from '../kubelet/index.ts'
import type { Clock, Log, Random } from '../machinery/index.ts'
import type { Profile } from '../scheduler/index.ts'
import { installAutoscalerRights } from './autoscaler/rights.ts'
import { knownMachines, type SimulatedGroup, simulatedGroups } from './autoscaler/simulated-groups.ts'
import { followCloud } from './cloud/follow.ts'
import { firstInstances, followInstances, simulatedNodeOf } from './cloud/instances.ts'
import { joinCloud } from './cloud/join.ts'
import { cloudProvider } from './cloud/provider.ts'
import { reachesByRoutes } from './cloud/reach.ts'
import type { Reaches } from './node/simulated-network.ts'

export interface SurroundingsWish {
  readonly cloud: boolean
  readonly groups: readonly SimulatedGroup[]
  readonly autoscaler: Partial<AutoscalerOptions>
  /** Those of the cluster's scheduler. */
  readonly profiles: readonly Profile[]
}
interface World {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}
/** What a cluster in a process has around it: a cloud of its own, groups of nodes, or both. */
export interface Surroundings {
  /** The cloud as its owner sees it. */
  readonly cloud: CloudApi | undefined
  readonly reaches: Reaches | undefined
  readonly running: readonly Promise<void>[]
  /** The controllers that come with it; `client` is the administrator's. */
  controllers(client: Client, nodes: () => SimulatedNodes | undefined): Promise<readonly Controller[]>
  /** The machines of the nodes that are wished for, and of those that groups had before. */
  machines(wanted: readonly SimulatedNodeSettings[], client: Client): Promise<readonly SimulatedNodeSettings[]>
  /** Keeps the nodes as the cloud has them. */
  follow(nodes: SimulatedNodes): void
}

/** What the cluster is called in its cloud. */
const cluster = 'test'

/** Opens what a cluster in this process is to have around it, until the signal aborts. */
export function openSurroundings(wish: SurroundingsWish, world: World, signal: AbortSignal): Surroundings {
  const { groups, autoscaler } = wish
  const cloud = wish.cloud ? openCloud(world, signal) : undefined
  return {
    cloud: cloud?.owner,
    reaches: cloud === undefined ? undefined : reachesByRoutes(cloud.owner, cluster),
    running: cloud === undefined ? [] : [cloud.following],
    async controllers(client, nodes) {
      const inCloud = cloud === undefined ? undefined : { ...cloud, api: await cloud.join(), cluster }
      const ofCloud = inCloud === undefined ? [] : cloudControllers(cloudProvider(inCloud))
      if (groups.length === 0) return ofCloud
      await installAutoscalerRights(client)
      const { clock, random } = world
      const provider = simulatedGroups({
        ...{ groups, nodes, client, clock, random },
        ...(inCloud === undefined ? {} : { cloud: inCloud }),
      })
      return [...ofCloud, nodeAutoscalerController({ provider, options: autoscaler, profiles: wish.profiles })]
    },
    async machines(wanted, client) {
      if (cloud === undefined) return [...wanted, ...(await knownMachines(groups, client))]
      return (await firstInstances(cloud.owner, cluster, wanted)).map(simulatedNodeOf)
    },
    follow(nodes) {
      const complain = (error: unknown) => world.log.warn('the cloud cannot be followed', { error: String(error) })
      if (cloud !== undefined) followInstances({ ...cloud, cluster, nodes, complain }, signal)
    },
  }
}

/** A cloud in this process, and what the cluster is to it. */
function openCloud(world: World, signal: AbortSignal) {
  const cloud = new Cloud({ state: newCloud('local'), ...world })
  const owner = cloud.as('owner')
  const followed = followCloud(owner, world.clock, (error) => world.log.error('the cloud cannot be followed', error))
  return {
    owner,
    followed,
    following: followed.run(signal),
    join: async () => cloud.as({ instance: (await joinCloud(owner, cluster)).id }),
  }
}
