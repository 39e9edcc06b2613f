import { defaultGates, type FeatureGates } from '../resources/index.ts'
import { attachDetachController } from './attach-detach/controller.ts'
import { bootstrapSignerController, tokenCleanerController } from './bootstrap-tokens/controller.ts'
import {
  certificateApprovingController,
  certificateCleanerController,
  certificateSigningController,
} from './certificates/controller.ts'
import { clusterRoleAggregationController } from './clusterrole-aggregation/controller.ts'
import { cronJobController } from './cronjob/controller.ts'
import { daemonSetController } from './daemonset/controller.ts'
import { deploymentController } from './deployment/controller.ts'
import { deviceTaintEvictionController } from './device-taint-eviction/controller.ts'
import { disruptionController } from './disruption/controller.ts'
import { endpointsController } from './endpoints/controller.ts'
import { endpointSliceController } from './endpointslice/controller.ts'
import { endpointSliceMirroringController } from './endpointslice-mirroring/controller.ts'
import { ephemeralVolumeController } from './ephemeral-volume/controller.ts'
import { garbageCollectorController } from './garbage-collector/controller.ts'
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler/controller.ts'
import { jobController } from './job/controller.ts'
import { jobQueueController } from './job-queue/controller.ts'
import { localPathController } from './local-path/controller.ts'
import { namespaceController } from './namespace/controller.ts'
import { nodeIpamController } from './node-ipam/controller.ts'
import { nodeLifecycleController } from './node-lifecycle/controller.ts'
import { nodeTtlController } from './node-ttl/controller.ts'
import { volumeBinderController } from './persistentvolume-binder/controller.ts'
import { volumeExpanderController } from './persistentvolume-expander/controller.ts'
import { podGcController } from './pod-gc/controller.ts'
import { podGroupProtectionController } from './podgroup-protection/controller.ts'
import { replicaSetController } from './replicaset/controller.ts'
import { replicationControllerController } from './replicationcontroller/controller.ts'
import { resourceQuotaController } from './resource-quota/controller.ts'
import { resourceClaimController } from './resourceclaim/controller.ts'
import { rootCaController } from './root-ca/controller.ts'
import type { Controller } from './runtime/controller.ts'
import { serviceCidrController } from './service-cidr/controller.ts'
import { serviceAccountController } from './serviceaccount/controller.ts'
import { legacyTokenCleanerController, serviceAccountTokenController } from './serviceaccount-token/controller.ts'
import { statefulSetController } from './statefulset/controller.ts'
import {
  attributesClassProtectionController,
  claimProtectionController,
  volumeProtectionController,
} from './storage-protection/controller.ts'
import { storageVersionCollectorController } from './storage-version/collector.ts'
import { storageVersionMigratorController } from './storage-version/migrator.ts'
import { taintEvictionController } from './taint-eviction/controller.ts'
import { ttlAfterFinishedController } from './ttl-after-finished/controller.ts'
import { verticalPodAutoscalerController } from './vertical-pod-autoscaler/controller.ts'

/** Every controller of features that are on, under Kubernetes' names; what they remember belongs to one run. */
export const allControllers = (gates: Pick<FeatureGates, 'enabled'> = defaultGates): readonly Controller[] => [
  serviceAccountController,
  rootCaController,
  namespaceController,
  deploymentController,
  replicaSetController,
  replicationControllerController,
  disruptionController,
  clusterRoleAggregationController,
  statefulSetController(gates),
  daemonSetController,
  jobController(gates),
  cronJobController,
  jobQueueController(),
  horizontalPodAutoscalerController,
  verticalPodAutoscalerController(),
  ttlAfterFinishedController,
  endpointsController,
  endpointSliceController,
  endpointSliceMirroringController,
  nodeIpamController,
  serviceCidrController,
  nodeLifecycleController,
  nodeTtlController,
  taintEvictionController,
  podGcController,
  garbageCollectorController(),
  resourceQuotaController(gates),
  certificateApprovingController,
  certificateSigningController,
  certificateCleanerController,
  serviceAccountTokenController,
  legacyTokenCleanerController,
  bootstrapSignerController,
  tokenCleanerController,
  volumeBinderController,
  volumeExpanderController,
  attachDetachController,
  ephemeralVolumeController,
  resourceClaimController,
  ...(gates.enabled('DynamicResourceAllocation') && gates.enabled('DRADeviceTaints')
    ? [deviceTaintEvictionController(gates)]
    : []),
  localPathController,
  claimProtectionController,
  volumeProtectionController,
  attributesClassProtectionController,
  ...(gates.enabled('GenericWorkload') ? [podGroupProtectionController] : []),
  ...(gates.enabled('StorageVersionMigrator') ? [storageVersionMigratorController] : []),
  ...(gates.enabled('StorageVersionAPI') && gates.enabled('APIServerIdentity')
    ? [storageVersionCollectorController]
    : []),
]
