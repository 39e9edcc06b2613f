import { readFile } from 'node:fs/promises'
import type { CloudApi } from '../../cloud/index.ts'
import type { CloudProvider } from '../../controllers/index.ts'
import type { SimulatedNodeSettings } from '../../kubelet/index.ts'
import type { Clock, Log } from '../../machinery/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { layoutOf } from '../process/directory.ts'
import { writeAtomically } from '../write-atomically.ts'
import { type FollowedCloud, followCloud } from './follow.ts'
import { nodeInstances, runInstance, simulatedNodeOf } from './instances.ts'
import { joinCloud } from './join.ts'
import { cloudProvider } from './provider.ts'
import { cloudIn } from './reach-cloud.ts'

const retryMs = 500

/** A cluster's cloud: what its owner sees of it, what the control plane may do there, and its changes. */
export interface ClusterCloud {
  readonly owner: CloudApi
  /** The cloud as the cluster's control plane may change it. */
  readonly api: CloudApi
  readonly provider: CloudProvider
  readonly followed: FollowedCloud
  readonly cluster: string
}

/** Makes the cluster known to its cloud; waits for a cloud that does not answer yet. */
export async function openClusterCloud(
  settings: ClusterSettings,
  clock: Clock,
  log: Log,
  signal: AbortSignal,
): Promise<ClusterCloud> {
  const { name: cluster } = settings
  const { directory } = settings.cloud!
  const owner = cloudIn(directory)
  for (let complained = false; ; ) {
    try {
      const { id } = await joinCloud(owner, cluster)
      const { token } = await owner.call('ecs:CreateInstanceToken', { id })
      const followed = followCloud(owner, clock, (error) => log.warn('the cloud cannot be followed', textOf(error)))
      const api = cloudIn(directory, token)
      return { owner, api, followed, cluster, provider: cloudProvider({ api, followed, cluster }) }
    } catch (error) {
      if (!complained) log.warn('the cloud does not answer', textOf(error))
      complained = true
      await clock.sleep(retryMs, signal)
    }
  }
}

const textOf = (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) })

/**
 * The nodes that the cloud has running for a cluster, once it has as many as were asked for at some time: what was made
 * before, and is gone, is not made again.
 */
export async function cloudNodes(
  { owner, cluster }: ClusterCloud,
  dataDirectory: string,
  wanted: readonly SimulatedNodeSettings[],
): Promise<readonly SimulatedNodeSettings[]> {
  const file = layoutOf(dataDirectory).cloudInstances
  const known = await nodeInstances(owner, cluster)
  // A cloud that knows nothing of the cluster was made anew.
  const made = known.length === 0 ? 0 : await readMade(file)
  for (const settings of wanted.slice(made))
    if (!known.some(({ name }) => name === settings.name)) await runInstance(owner, cluster, settings)
  if (wanted.length > made || known.length === 0)
    await writeAtomically(file, `${JSON.stringify({ made: wanted.length })}\n`, 0o644)
  const all = await nodeInstances(owner, cluster)
  return all.filter(({ state }) => state === 'running').map(simulatedNodeOf)
}

async function readMade(file: string): Promise<number> {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as { readonly made: number }).made
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

/** How many nodes of a cluster its cloud has switched on; rejects when the cloud cannot be asked. */
export async function runningInstances({ name, cloud }: ClusterSettings): Promise<number> {
  const all = await nodeInstances(cloudIn(cloud!.directory), name)
  return all.filter(({ state }) => state === 'running').length
}
