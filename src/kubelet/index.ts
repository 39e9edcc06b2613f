/** Kubelet: a node's pods, from spec to processes, and what the node tells of itself. Knows no other node and no store. */
export { type Cgroups, systemCgroups } from './cgroups/cgroups.ts'
export { type ContainerdSettings, socketOf } from './containerd/config.ts'
export {
  type Containerd,
  type ContainerdParts,
  removeContainerd,
  removeContainers,
  startContainerd,
} from './containerd/containerd.ts'
export { pauseImage } from './containerd/pause-image.ts'
export { type CriRuntime, type CriRuntimeParts, createCriRuntime } from './cri/cri-runtime.ts'
export type { EventType, RecordEvent } from './events.ts'
export type { VerificationPolicy } from './images/pull-records.ts'
export { type Kubelet, type KubeletParts, runKubelet } from './kubelet.ts'
export { type Machine, machineRoom, thisMachine } from './machine/machine.ts'
export type { NodeRoom } from './node/pressure.ts'
export { certificateMeasures } from './node-measures.ts'
export type * from './runtime/runtime.ts'
export { RuntimeError } from './runtime/runtime.ts'
export { type Delegated, delegatedAccess } from './server/delegated.ts'
export { type KubeletHandlers, type KubeletHandlersParts, kubeletHandlers } from './server/handlers.ts'
export type { KubeletSettings } from './settings.ts'
export { type SimulatedBehaviour, simulatedAnnotations } from './simulated/behaviour.ts'
export { type SimulatedNodeSettings, simulatedNodeObject } from './simulated/describe.ts'
export {
  type AddressedPod,
  runSimulatedNodes,
  type SimulatedNodes,
  type SimulatedNodesParts,
} from './simulated/simulated-nodes.ts'
export {
  createSimulatedRuntime,
  type SimulatedAnswer,
  type SimulatedRuntime,
  type SimulatedRuntimeParts,
} from './simulated/simulated-runtime.ts'
