import { type NodeGroup, type NodeGroupProvider, priceBySize } from '../../autoscaler/index.ts'
import type { Client } from '../../client/index.ts'
import type { CloudApi } from '../../cloud/index.ts'
import { type SimulatedNodeSettings, type SimulatedNodes, simulatedNodeObject } from '../../kubelet/index.ts'
import { type Clock, isNotFound, type Random } from '../../machinery/index.ts'
import { type Node, nodes } from '../../resources/index.ts'
import type { FollowedCloud } from '../cloud/follow.ts'
import { nodeInstances, runInstance, simulatedNodeOf } from '../cloud/instances.ts'
import { kubernetesVersion } from '../version.ts'

/** Which group a node is of. */
export const groupLabel = 'coxswain.dev/node-group'

/** A group of simulated nodes. */
export interface SimulatedGroup extends Omit<SimulatedNodeSettings, 'name' | 'address' | 'expectsCloud'> {
  readonly name: string
  readonly minSize: number
  readonly maxSize: number
  /** By the size of a node unless given. */
  readonly pricePerHour?: number
}
export interface SimulatedGroupsParts {
  readonly groups: readonly SimulatedGroup[]
  readonly nodes: () => SimulatedNodes | undefined
  /** May delete Nodes whose machine is gone. */
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  /** The cloud whose instances the nodes are: as its owner sees it, and as the control plane may change it. */
  readonly cloud?: {
    readonly owner: CloudApi
    readonly api: CloudApi
    readonly followed: FollowedCloud
    readonly cluster: string
  }
}

/** Simulated nodes in groups: machines of this process, or instances of its cloud. */
export function simulatedGroups(parts: SimulatedGroupsParts): NodeGroupProvider {
  const { groups, clock, random, cloud } = parts
  const named = new Map(groups.map((group) => [group.name, group]))
  const newName = (group: string) => `${group}-${random.suffix(5)}`
  const machines = cloud === undefined ? inProcess(parts) : inCloud(cloud)
  return {
    async groups() {
      const all = await machines.list()
      return groups.map((group): NodeGroup => {
        const { name, minSize, maxSize } = group
        const template = simulatedNodeObject(machineOf(group, name), kubernetesVersion, clock.now())
        const targetSize = all.filter(({ labels }) => labels?.[groupLabel] === name).length
        const pricePerHour = group.pricePerHour ?? priceBySize(template)
        return { id: name, minSize, maxSize, targetSize, template, pricePerHour }
      })
    },
    groupOf({ metadata }) {
      const name = metadata.labels?.[groupLabel]
      return name !== undefined && named.has(name) ? name : undefined
    },
    async grow(id, count) {
      for (let index = 0; index < count; index++) await machines.add(machineOf(named.get(id)!, newName(id)))
    },
    shrink: (_, node) => machines.remove(node),
    subscribe: (listener) => cloud?.followed.subscribe(listener) ?? { [Symbol.dispose]() {} },
  }
}

/** The machine of a group that has a name. */
function machineOf(group: SimulatedGroup, name: string): SimulatedNodeSettings {
  const { minSize: _min, maxSize: _max, pricePerHour: _price, name: id, ...machine } = group
  return { ...machine, name, labels: { ...machine.labels, [groupLabel]: id } }
}

/** The machines of groups that were there before this process: their Nodes say what they are. */
export async function knownMachines(
  groups: readonly SimulatedGroup[],
  client: Client,
): Promise<readonly SimulatedNodeSettings[]> {
  const { items } = await client.list<Node>(nodes)
  return items.flatMap(({ metadata }) => {
    const group = groups.find(({ name }) => name === metadata.labels?.[groupLabel])
    return group === undefined || metadata.deletionTimestamp !== undefined ? [] : [machineOf(group, metadata.name)]
  })
}

interface Machines {
  list(): Promise<readonly Pick<SimulatedNodeSettings, 'labels'>[]>
  add(settings: SimulatedNodeSettings): Promise<void>
  remove(node: Node): Promise<void>
}

function inProcess({ nodes: fleet, client }: SimulatedGroupsParts): Machines {
  return {
    list: async () => fleet()?.described() ?? [],
    add: async (settings) => fleet()?.add(settings),
    async remove({ metadata }) {
      fleet()?.remove(metadata.name)
      try {
        await client.delete(nodes, { name: metadata.name }, { preconditions: { uid: metadata.uid } })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    },
  }
}

/** The cloud makes and ends the machines; that their Nodes go is for the cloud controllers to see to. */
function inCloud({ owner, api, cluster }: NonNullable<SimulatedGroupsParts['cloud']>): Machines {
  return {
    list: async () => (await nodeInstances(owner, cluster)).map(simulatedNodeOf),
    add: async (settings) => void (await runInstance(api, cluster, settings)),
    async remove({ metadata }) {
      const found = (await nodeInstances(owner, cluster)).find(({ name }) => name === metadata.name)
      if (found !== undefined) await api.call('ecs:DeleteInstance', { id: found.id })
    },
  }
}
