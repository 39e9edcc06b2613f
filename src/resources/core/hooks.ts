import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  pathSegmentErrors,
  sameJson,
  timestampOf,
} from '../../machinery/index.ts'
import { replicaSetStatusErrors } from '../apps/validate.ts'
import type { HooksFor } from '../define.ts'
import type { Draft } from '../definition.ts'
import { eventErrors } from '../events/validate.ts'
import { isOn } from '../gates/judged-by.ts'
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
import { keepMember } from '../strategy.ts'
import { serviceStatusErrors } from './balancer-status.ts'
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
import { claimStatusErrors } from './claim-status.ts'
import {
  limitRangeErrors,
  resourceQuotaErrors,
  resourceQuotaStatusErrors,
  resourceQuotaUpdateErrors,
} from './limits.ts'
import { podCells } from './pod/cells.ts'
import { podStatusErrors } from './pod/status.ts'
import { preparePod, preparePodStatus, preparePodUpdate } from './pod/strategy.ts'
import { podErrors, podUpdateErrors } from './pod/validate.ts'
import { podTemplateWarnings, podWarnings } from './pod/warnings.ts'
import { serviceErrors, serviceUpdateErrors } from './service.ts'
import { dropOtherTypesFields } from './service-types.ts'
import { serviceWarnings } from './service-warnings.ts'
import {
  configMapErrors,
  configMapUpdateErrors,
  endpointsErrors,
  namespaceErrors,
  namespaceStatusErrors,
  nodeErrors,
  nodeUpdateErrors,
  podTemplateObjectErrors,
  replicationControllerErrors,
  secretErrors,
  secretUpdateErrors,
} from './validate.ts'
import { persistentVolumeClaimWarnings, persistentVolumeWarnings } from './volume-warnings.ts'
import {
  persistentVolumeClaimErrors,
  persistentVolumeClaimUpdateErrors,
  persistentVolumeErrors,
  persistentVolumeUpdateErrors,
} from './volumes.ts'

export const componentStatusHooks: HooksFor<ComponentStatus> = { cells: componentStatusCells }
export const configMapHooks: HooksFor<ConfigMap> = {
  cells: configMapCells,
  checks: { create: configMapErrors, update: configMapUpdateErrors },
}
export const endpointsHooks: HooksFor<Endpoints> = {
  cells: endpointsCells,
  checks: { create: (object) => endpointsErrors(object), update: endpointsErrors },
  allowCreateOnUpdate: true,
  warnings: () => ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
}
export const eventHooks: HooksFor<Event> = {
  cells: eventCells,
  checks: { name: (name) => pathSegmentErrors(name), create: eventErrors },
  allowCreateOnUpdate: true,
}
export const limitRangeHooks: HooksFor<LimitRange> = {
  checks: { create: limitRangeErrors },
  allowCreateOnUpdate: true,
}
export const namespaceHooks: HooksFor<Namespace> = {
  cells: namespaceCells,
  checks: { name: dns1123LabelErrors, create: namespaceErrors, status: namespaceStatusErrors },
  prepareForCreate(draft) {
    draft.status = { phase: 'Active' }
    draft.spec ??= {}
    const finalizers: readonly string[] = draft.spec.finalizers ?? []
    if (!finalizers.includes('kubernetes')) draft.spec.finalizers = [...finalizers, 'kubernetes']
    // Kubernetes: selectors of namespaces rely on this label.
    const { name, labels } = draft.metadata
    if (name) draft.metadata.labels = { ...labels, 'kubernetes.io/metadata.name': name }
  },
  prepareForUpdate(draft, previous) {
    draft.spec ??= {}
    keepMember(draft.spec, previous.spec ?? {}, 'finalizers')
    keepMember(draft, previous, 'status')
  },
}
export const nodeHooks: HooksFor<Node> = {
  cells: nodeCells,
  checks: { create: nodeErrors, update: nodeUpdateErrors, status: nodeUpdateErrors },
  // Kubernetes: a node may bring its status when it registers.
  prepareForCreate: () => {},
  prepareForUpdate: (draft, previous) => keepMember(draft, previous, 'status'),
  prepareForStatusUpdate: (draft, previous) => keepMember(draft, previous, 'spec'),
}
export const persistentVolumeClaimHooks: HooksFor<PersistentVolumeClaim> = {
  cells: persistentVolumeClaimCells,
  checks: {
    create: persistentVolumeClaimErrors,
    update: persistentVolumeClaimUpdateErrors,
    status: claimStatusErrors,
  },
  warnings: persistentVolumeClaimWarnings,
  prepareForCreate(draft) {
    draft.status = { phase: 'Pending' }
    sameSources(draft)
  },
  prepareForUpdate: (draft, previous) => keepMember(draft, previous, 'status'),
}
export const persistentVolumeHooks: HooksFor<PersistentVolume> = {
  cells: persistentVolumeCells,
  checks: { create: persistentVolumeErrors, update: persistentVolumeUpdateErrors },
  warnings: persistentVolumeWarnings,
  prepareForCreate(draft, { nowMs }) {
    draft.status = { phase: 'Pending', lastPhaseTransitionTime: timestampOf(nowMs) }
  },
  prepareForUpdate: (draft, previous) => keepMember(draft, previous, 'status'),
  prepareForStatusUpdate(draft, previous, { nowMs }) {
    keepMember(draft, previous, 'spec')
    if (draft.status?.phase !== previous.status?.phase) draft.status.lastPhaseTransitionTime ??= timestampOf(nowMs)
  },
}
export const podHooks: HooksFor<Pod> = {
  cells: podCells,
  checks: { create: podErrors, update: podUpdateErrors, status: podStatusErrors },
  prepareForCreate: preparePod,
  prepareForUpdate: preparePodUpdate,
  prepareForStatusUpdate: preparePodStatus,
  warnings: (pod, previous) => (previous === undefined || !sameJson(pod.spec, previous.spec) ? podWarnings(pod) : []),
  graceful: true,
}
export const podTemplateHooks: HooksFor<PodTemplate> = {
  cells: podTemplateCells,
  checks: { create: podTemplateObjectErrors },
  warnings: (one, previous) => podTemplateWarnings(one.template, previous?.template, 'template'),
}
export const replicationControllerHooks: HooksFor<ReplicationController> = {
  cells: replicationControllerCells,
  orphansByDefault: true,
  checks: { create: replicationControllerErrors, status: replicaSetStatusErrors },
  warnings: (one, previous) => podTemplateWarnings(one.spec?.template, previous?.spec?.template, 'spec.template'),
}
export const resourceQuotaHooks: HooksFor<ResourceQuota> = {
  cells: resourceQuotaCells,
  checks: { create: resourceQuotaErrors, update: resourceQuotaUpdateErrors, status: resourceQuotaStatusErrors },
  prepareForCreate(draft) {
    draft.status = {}
  },
  prepareForUpdate: (draft, previous) => keepMember(draft, previous, 'status'),
}
export const secretHooks: HooksFor<Secret> = {
  cells: secretCells,
  checks: { create: secretErrors, update: secretUpdateErrors },
  prepareForUpdate(draft, previous) {
    // Kubernetes: an update that leaves the type out keeps it.
    if ((draft.type ?? '') === '') draft.type = previous.type
  },
}
export const serviceAccountHooks: HooksFor<ServiceAccount> = { cells: serviceAccountCells }
const serviceName = (name: string) =>
  isOn('RelaxedServiceNameValidation') ? dns1123LabelErrors(name) : dns1035LabelErrors(name)

export const serviceHooks: HooksFor<Service> = {
  cells: serviceCells,
  checks: { name: serviceName, create: serviceErrors, update: serviceUpdateErrors, status: serviceStatusErrors },
  allowCreateOnUpdate: true,
  prepareForCreate(draft) {
    draft.status = { loadBalancer: {} }
  },
  prepareForUpdate(draft, previous) {
    keepMember(draft, previous, 'status')
    dropOtherTypesFields(draft, previous)
  },
  warnings: serviceWarnings,
}

/** Kubernetes: the old and the new way to name a claim's source are kept equal. */
function sameSources(draft: Draft): void {
  const { dataSource, dataSourceRef } = draft.spec ?? {}
  if (dataSource !== undefined && dataSourceRef === undefined) draft.spec.dataSourceRef = { ...dataSource }
  else if (dataSource === undefined && dataSourceRef !== undefined && (dataSourceRef.namespace ?? '') === '') {
    const { namespace: _, ...source } = dataSourceRef
    draft.spec.dataSource = source
  }
}
