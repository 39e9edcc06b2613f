/** What is loaded only when it is run: the other commands and the supervisor stay small. */

import type { CloudApi } from '../../cloud/index.ts'
import type { AgentRequest } from '../agent-request.ts'
import type { ClusterSettings } from '../config/settings.ts'
import type { Command } from './programs.ts'

/** Runs the whole cluster in this process until the signal aborts. Resolves with the exit code. */
export async function runClusterProcess(
  settings: ClusterSettings,
  command: Command,
  signal: AbortSignal,
): Promise<number> {
  const { runClusterProcess: run } = await import('../all-in-one.ts')
  return run(settings, command, signal)
}

/** Runs this machine as a node of a cluster that runs elsewhere, until the signal aborts. Resolves with the exit code. */
export async function runAgent(request: AgentRequest, signal: AbortSignal): Promise<number> {
  const { runAgent: run } = await import('../agent.ts')
  return run(request, signal)
}

/** Runs a node after the first, inside its own network namespace, until the signal aborts or its cluster process is gone. */
export async function runNodeProcess(settings: ClusterSettings, nodeName: string, signal: AbortSignal): Promise<void> {
  const { runNodeProcess: run } = await import('../further/node-process.ts')
  await run(settings, nodeName, signal)
}

/** A cloud of this machine as its owner sees it. */
export async function ownedCloud(directory: string): Promise<CloudApi> {
  const { cloudIn } = await import('../cloud/reach-cloud.ts')
  return cloudIn(directory)
}

/** Has a cluster leave its cloud: its instances, balancers, routes and roles go. */
export async function leaveItsCloud({ name, cloud }: ClusterSettings): Promise<void> {
  const { leaveCloud } = await import('../cloud/join.ts')
  await leaveCloud(await ownedCloud(cloud!.directory), name)
}

/** The images of a running cluster's nodes. */
export function containerImages(settings: ClusterSettings): { pull(name: string): Promise<void> } {
  return {
    async pull(name) {
      const { pullIntoNodes } = await import('../node/node-images.ts')
      await pullIntoNodes(settings, name)
    },
  }
}
