/** Resources: every built-in kind as data and behaviour. Knows nothing of storage, requests or clients. */
export {
  admissionregistrationV1alpha1MutatingAdmissionPolicies,
  admissionregistrationV1alpha1MutatingAdmissionPolicyBindings,
  admissionregistrationV1beta1MutatingAdmissionPolicies,
  admissionregistrationV1beta1MutatingAdmissionPolicyBindings,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
} from './admissionregistration/definitions.ts'
export { matchResourcesErrors, paramKindErrors } from './admissionregistration/match-checks.ts'
export { customResourceDefinitions } from './apiextensions/definitions.ts'
export { apiServices } from './apiregistration/definitions.ts'
export { agreementOf } from './apiserverinternal/agreement.ts'
export { storageVersions } from './apiserverinternal/definitions.ts'
export {
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
} from './apps/definitions.ts'
export {
  selfSubjectReviews,
  tokenReviews,
} from './authentication/definitions.ts'
export {
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
} from './authorization/definitions.ts'
export {
  autoscalingV1HorizontalPodAutoscalers,
  horizontalPodAutoscalers,
} from './autoscaling/definitions.ts'
export {
  type HistogramCheckpoint,
  type VerticalPodAutoscaler,
  type VerticalPodAutoscalerCheckpoint,
  type VpaCondition,
  type VpaUpdateMode,
  verticalPodAutoscalerCheckpoints,
  verticalPodAutoscalers,
} from './autoscaling/vertical-pod-autoscaler.ts'
export {
  cronJobs,
  jobs,
} from './batch/definitions.ts'
export { type JobQueue, jobQueueDefinition, jobQueues } from './batch/job-queue.ts'
export {
  afterAnnotation,
  cycleThrough,
  hasStarted,
  type JobOrder,
  orderOf,
  orderProblem,
  predecessorsOf,
  queueLabel,
} from './batch/order.ts'
export { encodeCborObject } from './cbor.ts'
export {
  certificateSigningRequests,
  certificatesV1alpha1ClusterTrustBundles,
  clusterTrustBundles,
  podCertificateRequests,
} from './certificates/definitions.ts'
export { stampConditions } from './certificates/hooks.ts'
export { requestUpdateErrors } from './certificates/validate.ts'
export type { BootstrapBinding, BootstrapRole, RbacBootstrap } from './constants.ts'
export {
  coordinationV1alpha2LeaseCandidates,
  leaseCandidates,
  leases,
} from './coordination/definitions.ts'
export {
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
} from './core/definitions.ts'
export { podStatusText } from './core/pod/cells.ts'
export { podResizeErrors } from './core/pod/resize.ts'
export { ephemeralContainersErrors, podTemplateErrors } from './core/pod/validate.ts'
export {
  claimNamesOf,
  configMapNamesOf,
  resourceClaimNamesOf,
  secretNamesOf,
  secretsOfVolume,
} from './core/references.ts'
export { isExtendedResource } from './core/resource-names.ts'
export { applyDefaults } from './defaults/defaults.ts'
export { defineResource, type HooksFor } from './define.ts'
export type {
  Cell,
  ColumnDefinition,
  CustomKind,
  Declaration,
  Draft,
  ObjectSchema,
  ResourceDefinition,
  Scope,
  StrategyContext,
  SubresourceDefinition,
} from './definition.ts'
export { type DescriptionTable, loadDescriptions } from './descriptions.ts'
export { type DiscoveredNames, discoveredResource } from './discovered.ts'
export { endpointSlices } from './discovery/definitions.ts'
export { eventsV1Events } from './events/definitions.ts'
export type { GroupFacts, ResourceFacts } from './facts.ts'
export {
  flowSchemas,
  priorityLevelConfigurations,
} from './flowcontrol/definitions.ts'
export { gatedDefinition } from './gates/dropped-fields.ts'
export { chooseGates, defaultGates, type FeatureGates, gatesOfText } from './gates/gates.ts'
export { chooseServed, type RuntimeConfig, runtimeConfigOfText } from './gates/served.ts'
export { rbacBootstrap } from './generated/rbac-bootstrap.ts'
export type * from './generated/types.ts'
export { wellKnown } from './generated/well-known.ts'
export { metricsGroup, nodeMetrics, podMetrics } from './metrics/definitions.ts'
export {
  ingressClasses,
  ingresses,
  ipAddresses,
  networkingV1beta1IPAddresses,
  networkingV1beta1ServiceCIDRs,
  networkPolicies,
  serviceCIDRs,
} from './networking/definitions.ts'
export { runtimeClasses } from './node/definitions.ts'
export { schemaOfKind } from './object-schema.ts'
export { podDisruptionBudgets } from './policy/definitions.ts'
export {
  decodeMessage,
  decodeProtobuf,
  encodeMessage,
  encodeProtobuf,
  encodeWatchEvent,
  type Typed,
  typeNameOf,
} from './protobuf.ts'
export {
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
} from './rbac/definitions.ts'
export { allResources, apiGroups, resourceFor, resourceForKind } from './registry.ts'
export {
  type ClaimOfPod,
  claimFinalizer,
  claimOfPod,
  extendedClaimAnnotation,
  isReservedFor,
  notForPod,
  podClaimAnnotation,
} from './resource/claims.ts'
export {
  deviceClasses,
  deviceTaintRules,
  resourceClaims,
  resourceClaimTemplates,
  resourcePoolStatusRequests,
  resourceSlices,
  resourceV1alpha3DeviceTaintRules,
  resourceV1beta1DeviceClasses,
  resourceV1beta1ResourceClaims,
  resourceV1beta1ResourceClaimTemplates,
  resourceV1beta1ResourceSlices,
  resourceV1beta2DeviceClasses,
  resourceV1beta2ResourceClaims,
  resourceV1beta2ResourceClaimTemplates,
  resourceV1beta2ResourceSlices,
} from './resource/definitions.ts'
export { type DeviceRef, ruleTaints, toleratesDeviceTaint } from './resource/taints.ts'
export {
  podGroups,
  priorityClasses,
  workloads,
} from './scheduling/definitions.ts'
export { podGroupFinalizer } from './scheduling/pod-groups.ts'
export { builtInSchema, decodeObject, schemaErrors, zeroObject } from './schema.ts'
export {
  bestVolumeFor,
  type ClaimUse,
  claimProblem,
  claimUsesOf,
  classOfClaim,
  classOfVolume,
  defaultClassOf,
  ephemeralProblem,
  hasAccessModes,
  isFullyBound,
  isReachableFrom,
  isVolumeOf,
  modesDiffer,
  noProvisioner,
  requestedStorage,
  saysClass,
  storageCapacity,
  volumeAnnotations,
  volumeBoundTo,
  volumeFor,
  waitsForConsumer,
} from './storage/binding.ts'
export {
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  storageV1beta1VolumeAttributesClasses,
  volumeAttachments,
  volumeAttributesClasses,
} from './storage/definitions.ts'
export { storageVersionMigrations } from './storagemigration/definitions.ts'
export { isResourceVersion } from './storagemigration/hooks.ts'
export { genericHooks, type Hooks, textAt } from './strategy.ts'
export { finalizerWarnings } from './validation/finalizers.ts'
export { objectMetaErrors, objectMetaUpdateErrors, subdomainName } from './validation/object-meta.ts'
export { type WebhookClient, webhookClientErrors } from './validation/webhook-client.ts'
