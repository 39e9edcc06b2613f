import type { ApiServer, NodeConnection } from '../../apiserver/index.ts'
import { createEventRecorder } from '../../client/index.ts'
import { type Kubelet, type KubeletHandlers, kubeletHandlers, runSimulatedNodes } from '../../kubelet/index.ts'
import type { Clock, Random } from '../../machinery/index.ts'
import { openFront } from '../../wire/index.ts'
import type { Pki } from '../certificates/pki.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { dialNodes } from '../connections/dialers.ts'
import { accessFor, identities } from '../control-plane.ts'
import { keepRunning } from '../keep-running.ts'
import type { LogFiles } from '../logs/files.ts'
import { runContainerNode } from './container-node.ts'
import { simulatedNodesOf } from './simulated-nodes.ts'
import { watchStoppedNodes } from './stopped-nodes.ts'

export interface NodesParts {
  readonly settings: ClusterSettings
  readonly address: string
  readonly pki: () => Pki
  readonly clock: Clock
  readonly random: Random
  readonly logs: LogFiles
}
/** The nodes of a cluster: how the API server reaches them, and their running. */
export interface Nodes {
  readonly connect: NodeConnection
  run(api: ApiServer, signal: AbortSignal): Promise<void>
}
