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

export const bindings = defineResource<Binding>('bindings.v1')
export const componentStatuses = defineResource<ComponentStatus>('componentstatuses.v1')
export const configMaps = defineResource<ConfigMap>('configmaps.v1')
export const endpoints = defineResource<Endpoints>('endpoints.v1')
export const events = defineResource<Event>('events.v1')
export const limitRanges = defineResource<LimitRange>('limitranges.v1')
export const namespaces = defineResource<Namespace>('namespaces.v1')
export const nodes = defineResource<Node>('nodes.v1')
export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>('persistentvolumeclaims.v1')
export const persistentVolumes = defineResource<PersistentVolume>('persistentvolumes.v1')
export const pods = defineResource<Pod>('pods.v1')
export const podTemplates = defineResource<PodTemplate>('podtemplates.v1')
export const replicationControllers = defineResource<ReplicationController>('replicationcontrollers.v1')
export const resourceQuotas = defineResource<ResourceQuota>('resourcequotas.v1')
export const secrets = defineResource<Secret>('secrets.v1')
export const serviceAccounts = defineResource<ServiceAccount>('serviceaccounts.v1')
export const services = defineResource<Service>('services.v1')

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
