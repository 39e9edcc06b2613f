import type { CloudApi, Instance } from '../../cloud/index.ts'
import type { SimulatedNodeSettings, SimulatedNodes } from '../../kubelet/index.ts'
import type { FollowedCloud } from './follow.ts'
import { partTag, roleNameOf } from './join.ts'

const gibibyte = 1024 ** 3
/** How a simulated node is described on its instance: what the cloud itself has no field for. */
const describedTag = 'node'

/** Has an instance made for a simulated node. */
export function runInstance(api: CloudApi, cluster: string, settings: SimulatedNodeSettings): Promise<Instance> {
  const { name, cpus = 4, memoryBytes = 16 * gibibyte, ...rest } = settings
  return api.call('ecs:RunInstances', {
    ...{ name, cluster, cpus, memoryBytes },
    role: roleNameOf(cluster, 'node'),
    tags: { [partTag]: 'node', [describedTag]: JSON.stringify(rest) },
  })
}

/** The instances of a cluster's nodes, by whomever they were made. */
export async function nodeInstances(api: CloudApi, cluster: string): Promise<readonly Instance[]> {
  const all = await api.call('ecs:DescribeInstances', {})
  return all.filter((one) => one.cluster === cluster && one.tags[partTag] !== 'control-plane')
}

/**
 * The instances of a cluster's nodes, made as the wishes say if there are none at all: later on, what the cloud has is what
 * there is, whatever was wished for at first.
 */
export async function firstInstances(
  owner: CloudApi,
  cluster: string,
  wanted: readonly SimulatedNodeSettings[],
): Promise<readonly Instance[]> {
  const known = await nodeInstances(owner, cluster)
  if (known.length > 0) return known
  const made: Instance[] = []
  for (const settings of wanted) made.push(await runInstance(owner, cluster, settings))
  return made
}

/** The simulated node that an instance is. */
export function simulatedNodeOf({ name, cpus, memoryBytes, privateAddress, tags }: Instance): SimulatedNodeSettings {
  const described = JSON.parse(tags[describedTag] ?? '{}') as Partial<SimulatedNodeSettings>
  return { ...described, name, cpus, memoryBytes, address: privateAddress, expectsCloud: true }
}

/** Keeps the simulated nodes as the cloud has them until the signal aborts: there, on or off, or gone. */
export function followInstances(
  parts: {
    readonly owner: CloudApi
    readonly followed: FollowedCloud
    readonly cluster: string
    readonly nodes: SimulatedNodes
    readonly complain: (error: unknown) => void
  },
  signal: AbortSignal,
): void {
  const { owner, followed, cluster, nodes, complain } = parts
  let latest = 0
  const look = async () => {
    const turn = ++latest
    const instances = await nodeInstances(owner, cluster)
    // A later look has seen more.
    if (turn !== latest || signal.aborted) return
    const byName = new Map(instances.map((one) => [one.name, one]))
    for (const { name } of nodes.list()) if (!byName.has(name)) nodes.remove(name)
    for (const instance of instances) {
      if (!nodes.has(instance.name) && instance.state === 'running') nodes.add(simulatedNodeOf(instance))
      else if (instance.state === 'running') nodes.start(instance.name)
      else nodes.stop(instance.name)
    }
  }
  const subscription = followed.subscribe(() => void look().catch(complain))
  signal.addEventListener('abort', () => subscription[Symbol.dispose](), { once: true })
  look().catch(complain)
}
