/**
 * Cluster: the assembly. It alone knows all the other rooms, and decides nothing that they could.
 * This door stays light: every command and the supervisor come through it, and what runs a cluster loads when it is run.
 */

export { AgentError, type AgentRequest } from './agent-request.ts'
export { cloudRuns, ensureCloud, type KnownCloud, readCloud, runCloud, stopCloud } from './cloud/cloud-process.ts'
export type { AdmissionFlags } from './config/admission.ts'
export {
  addToKubeconfig,
  contextName,
  readKubeconfig as readKubeconfigFile,
  removeFromKubeconfig,
} from './config/kubeconfig.ts'
export { planSettings, type Wishes } from './config/plan-settings.ts'
export {
  type ClusterSettings,
  cloudNameProblem,
  clusterNameProblem,
  type NodeTemplate,
  noCloud,
  type OidcSettings,
  type OptionalPart,
  optionalParts,
} from './config/settings.ts'
export { type LoggedComponent, loggedComponents } from './logs/files.ts'
export { readStoppedNodes, writeStoppedNodes } from './node/power.ts'
export { preflight } from './preflight.ts'
export { ClusterHome, type ClusterState, layoutOf, readState } from './process/directory.ts'
export { isRunning } from './process/identity.ts'
export {
  adminCredentials,
  apiIsReady,
  type ClusterStatus,
  clusterStatus,
  ensureRunning,
  stopCluster,
} from './process/lifecycle.ts'
export { readLogLevels, setLogLevel } from './process/log-levels.ts'
export {
  containerImages,
  leaveItsCloud,
  ownedCloud,
  runAgent,
  runClusterProcess,
  runNodeProcess,
} from './process/run.ts'
export { superviseCluster } from './process/supervise.ts'
export { kubernetesVersion, packageVersion } from './version.ts'
