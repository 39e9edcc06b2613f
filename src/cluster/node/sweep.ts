import { readdir, readFile } from 'node:fs/promises'
import { removeContainerd, removeContainers, systemCgroups } from '../../kubelet/index.ts'
import { type Clock, systemClock } from '../../machinery/index.ts'
import { removeProxyRules } from '../../proxy/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { removeNamespace, showNodes } from '../further/namespace.ts'
import { type FurtherNode, furtherNodesLeft } from '../further/places.ts'
import { layoutOf } from '../process/directory.ts'
import { isRunning, type ProcessIdentity } from '../process/identity.ts'
import { unmountTree } from './mounts.ts'
import { cgroupOf, containerdSettingsOf } from './places.ts'

/** Takes away all that a stopped node left on the machine. Resolves with what stayed, empty when nothing did. */
export async function sweepNode(settings: ClusterSettings): Promise<string> {
  const clock = systemClock()
  const containerd = containerdSettingsOf(settings)
  const further = await furtherNodesLeft(settings)
  await endDaemon(containerd.runDirectory, clock)
  const problems: string[] = []
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  for (const node of further) await attempt(node.name, () => sweepFurtherNode(node))
  await attempt('containers', () => removeContainerd(containerd, { purge: false }))
  await attempt('mounts', () => unmountTree(layoutOf(settings.dataDirectory).node))
  await attempt('cgroups', () => systemCgroups(clock).remove(cgroupOf(settings)))
  await attempt('rules of nodes', () => showNodes(settings))
  await attempt('service rules', () => removeProxyRules(settings.network.nftTable))
  return problems.length === 0
    ? ''
    : `some of cluster ${JSON.stringify(settings.name)} could not be taken away (${problems.join('; ')}); run \`cox down\` again`
}

/** Takes a node after the first away: its process, containers, network namespace. Its data stays. */
export async function sweepFurtherNode(node: FurtherNode): Promise<void> {
  const clock = systemClock()
  await endNodeProcess(node, clock)
  await removeContainers(node.containerd(''))
  await unmountTree(layoutOf(node.directory).node)
  await systemCgroups(clock).remove(node.cgroup)
  await removeNamespace(node)
}

/** Ends the process of an earlier life, and the containerd that outlived it. Containers go on. */
export async function endNodeProcess(node: FurtherNode, clock: Clock): Promise<void> {
  const known = await readFile(node.identity, 'utf8').catch(() => undefined)
  const identity = known === undefined ? undefined : (JSON.parse(known) as ProcessIdentity)
  if (isRunning(identity)) {
    process.kill(identity.pid, 'SIGKILL')
    while (isRunning(identity)) await clock.sleep(20)
  }
  await endDaemon(node.containerd('').runDirectory, clock)
}

/**
 * Ends a containerd of ours that outlived its process (after kill -9), found by its configuration's place: the next one
 * could not open what it holds. Its containers go on.
 */
export async function endDaemon(runDirectory: string, clock: Clock): Promise<void> {
  const socket = `${runDirectory}/containerd.sock`
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')
    const [program = '', flag = '', config = ''] = command.split('\0')
    if (!program.endsWith('containerd') || flag !== '-c') continue
    const text = await readFile(config, 'utf8').catch(() => '')
    if (!text.includes(JSON.stringify(socket))) continue
    process.kill(Number(entry), 'SIGKILL')
    const deadlineMs = clock.monotonic() + 5000
    while (clock.monotonic() < deadlineMs && (await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')) !== '')
      await clock.sleep(20)
  }
}
