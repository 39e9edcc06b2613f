import type { HooksFor } from '../define.ts'
import type {
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
} from '../generated/types.ts'
import {
  componentStatusCells,
  configMapCells,
  endpointsCells,
  eventCells,
  namespaceCells,
  nodeCells,
  persistentVolumeCells,
  persistentVolumeClaimCells,
  podTemplateCells,
  replicationControllerCells,
  resourceQuotaCells,
  secretCells,
  serviceAccountCells,
  serviceCells,
} from './cells.ts'
import { podCells } from './pod/cells.ts'

export const componentStatusHooks: HooksFor<ComponentStatus> = { cells: componentStatusCells }
export const configMapHooks: HooksFor<ConfigMap> = { cells: configMapCells }
export const endpointsHooks: HooksFor<Endpoints> = { cells: endpointsCells }
export const eventHooks: HooksFor<Event> = { cells: eventCells }
export const limitRangeHooks: HooksFor<LimitRange> = {}
export const namespaceHooks: HooksFor<Namespace> = { cells: namespaceCells }
export const nodeHooks: HooksFor<Node> = { cells: nodeCells }
export const persistentVolumeClaimHooks: HooksFor<PersistentVolumeClaim> = { cells: persistentVolumeClaimCells }
export const persistentVolumeHooks: HooksFor<PersistentVolume> = { cells: persistentVolumeCells }
export const podHooks: HooksFor<Pod> = { cells: podCells }
export const podTemplateHooks: HooksFor<PodTemplate> = { cells: podTemplateCells }
export const replicationControllerHooks: HooksFor<ReplicationController> = { cells: replicationControllerCells }
export const resourceQuotaHooks: HooksFor<ResourceQuota> = { cells: resourceQuotaCells }
export const secretHooks: HooksFor<Secret> = { cells: secretCells }
export const serviceAccountHooks: HooksFor<ServiceAccount> = { cells: serviceAccountCells }
export const serviceHooks: HooksFor<Service> = { cells: serviceCells }
