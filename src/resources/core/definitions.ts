import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type {
  Binding,
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
  componentStatusHooks,
  configMapHooks,
  endpointsHooks,
  eventHooks,
  limitRangeHooks,
  namespaceHooks,
  nodeHooks,
  persistentVolumeClaimHooks,
  persistentVolumeHooks,
  podHooks,
  podTemplateHooks,
  replicationControllerHooks,
  resourceQuotaHooks,
  secretHooks,
  serviceAccountHooks,
  serviceHooks,
} from './hooks.ts'

export const bindings = defineResource<Binding>('bindings.v1')
export const componentStatuses = {
  ...defineResource<ComponentStatus>('componentstatuses.v1', componentStatusHooks),
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
}
export const configMaps = defineResource<ConfigMap>('configmaps.v1', configMapHooks)
export const endpoints = {
  ...defineResource<Endpoints>('endpoints.v1', endpointsHooks),
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
}
export const events = defineResource<Event>('events.v1', eventHooks)
export const limitRanges = defineResource<LimitRange>('limitranges.v1', limitRangeHooks)
export const namespaces = defineResource<Namespace>('namespaces.v1', namespaceHooks)
export const nodes = defineResource<Node>('nodes.v1', nodeHooks)
export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>(
  'persistentvolumeclaims.v1',
  persistentVolumeClaimHooks,
)
export const persistentVolumes = defineResource<PersistentVolume>('persistentvolumes.v1', persistentVolumeHooks)
export const pods = defineResource<Pod>('pods.v1', podHooks)
export const podTemplates = defineResource<PodTemplate>('podtemplates.v1', podTemplateHooks)
export const replicationControllers = defineResource<ReplicationController>(
  'replicationcontrollers.v1',
  replicationControllerHooks,
)
export const resourceQuotas = defineResource<ResourceQuota>('resourcequotas.v1', resourceQuotaHooks)
export const secrets = defineResource<Secret>('secrets.v1', secretHooks)
export const serviceAccounts = defineResource<ServiceAccount>('serviceaccounts.v1', serviceAccountHooks)
export const services = defineResource<Service>('services.v1', serviceHooks)

/** Every resource of this group, in the order discovery would list them. */
export const coreResources: readonly ResourceDefinition<any>[] = [
  bindings,
  componentStatuses,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
]
