// Written by scripts/generate-resources.ts; do not edit.
import type { KubeObject, ObjectMeta, OwnerReference, Status } from '../../machinery/index.ts'

export interface APIGroup {
  readonly apiVersion?: 'v1'
  readonly kind?: 'APIGroup'
  readonly name: string
  readonly versions: readonly GroupVersionForDiscovery[]
  readonly preferredVersion?: GroupVersionForDiscovery
  readonly serverAddressByClientCIDRs?: readonly ServerAddressByClientCIDR[]
}

export interface APIGroupDiscovery extends KubeObject {
  readonly apiVersion: 'apidiscovery.k8s.io/v2'
  readonly kind: 'APIGroupDiscovery'
  readonly metadata: ObjectMeta
  readonly versions?: readonly APIVersionDiscovery[]
}

export interface APIGroupDiscoveryList {
  readonly apiVersion?: 'apidiscovery.k8s.io/v2'
  readonly kind?: 'APIGroupDiscoveryList'
  readonly metadata?: ListMeta
  readonly items: readonly APIGroupDiscovery[]
}

export interface APIGroupList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'APIGroupList'
  readonly groups: readonly APIGroup[]
}

export interface APIResource {
  readonly name: string
  readonly singularName: string
  readonly namespaced: boolean
  readonly group?: string
  readonly version?: string
  readonly kind: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly storageVersionHash?: string
}

export interface APIResourceDiscovery {
  readonly resource: string
  readonly responseKind?: GroupVersionKind
  readonly scope: string
  readonly singularResource: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly subresources?: readonly APISubresourceDiscovery[]
}

export interface APIResourceList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'APIResourceList'
  readonly groupVersion: string
  readonly resources: readonly APIResource[]
}

export interface APIService extends KubeObject {
  readonly apiVersion: 'apiregistration.k8s.io/v1'
  readonly kind: 'APIService'
  readonly metadata: ObjectMeta
  readonly spec: APIServiceSpec
  readonly status: APIServiceStatus
}

export interface APIServiceCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface APIServiceList {
  readonly apiVersion?: 'apiregistration.k8s.io/v1'
  readonly kind?: 'APIServiceList'
  readonly metadata?: ListMeta
  readonly items: readonly APIService[]
}

export interface APIServiceSpec {
  readonly service?: ApiregistrationV1ServiceReference
  readonly group?: string
  readonly version?: string
  readonly insecureSkipTLSVerify?: boolean
  readonly caBundle?: string
  readonly groupPriorityMinimum: number
  readonly versionPriority: number
}

export interface APIServiceStatus {
  readonly conditions?: readonly APIServiceCondition[]
}

export interface APISubresourceDiscovery {
  readonly subresource: string
  readonly responseKind?: GroupVersionKind
  readonly acceptedTypes?: readonly GroupVersionKind[]
  readonly verbs: readonly string[]
}

export interface APIVersionDiscovery {
  readonly version: string
  readonly resources?: readonly APIResourceDiscovery[]
  readonly freshness?: string
}

export interface APIVersions {
  readonly apiVersion?: 'v1'
  readonly kind?: 'APIVersions'
  readonly versions: readonly string[]
  readonly serverAddressByClientCIDRs: readonly ServerAddressByClientCIDR[]
}

export interface AWSElasticBlockStoreVolumeSource {
  readonly volumeID: string
  readonly fsType?: string
  readonly partition?: number
  readonly readOnly?: boolean
}

export interface AdmissionRequest {
  readonly uid?: string
  readonly kind?: GroupVersionKind
  readonly resource?: GroupVersionResource
  readonly subResource?: string
  readonly requestKind?: GroupVersionKind
  readonly requestResource?: GroupVersionResource
  readonly requestSubResource?: string
  readonly name?: string
  readonly namespace?: string
  readonly operation?: string
  readonly userInfo?: UserInfo
  readonly object?: unknown
  readonly oldObject?: unknown
  readonly dryRun?: boolean
  readonly options?: unknown
}

export interface AdmissionResponse {
  readonly uid?: string
  readonly allowed?: boolean
  readonly status?: Status
  readonly patch?: string
  readonly patchType?: string
  readonly auditAnnotations?: Readonly<Record<string, string>>
  readonly warnings?: readonly string[]
}

export interface AdmissionReview {
  readonly apiVersion?: 'admission.k8s.io/v1'
  readonly kind?: 'AdmissionReview'
  readonly request?: AdmissionRequest
  readonly response?: AdmissionResponse
}

export interface AdmissionregistrationV1alpha1ApplyConfiguration {
  readonly expression?: string
}

export interface AdmissionregistrationV1alpha1AuditAnnotation {
  readonly key: string
  readonly valueExpression: string
}

export interface AdmissionregistrationV1alpha1ExpressionWarning {
  readonly fieldRef: string
  readonly warning: string
}

export interface AdmissionregistrationV1alpha1JSONPatch {
  readonly expression?: string
}

export interface AdmissionregistrationV1alpha1MatchCondition {
  readonly name: string
  readonly expression: string
}

export interface AdmissionregistrationV1alpha1MatchResources {
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly resourceRules?: readonly AdmissionregistrationV1alpha1NamedRuleWithOperations[]
  readonly excludeResourceRules?: readonly AdmissionregistrationV1alpha1NamedRuleWithOperations[]
  readonly matchPolicy?: 'Exact' | 'Equivalent'
}

export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicy extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1alpha1'
  readonly kind: 'MutatingAdmissionPolicy'
  readonly metadata: ObjectMeta
  readonly spec: AdmissionregistrationV1alpha1MutatingAdmissionPolicySpec
}

export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicyBinding extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1alpha1'
  readonly kind: 'MutatingAdmissionPolicyBinding'
  readonly metadata: ObjectMeta
  readonly spec: AdmissionregistrationV1alpha1MutatingAdmissionPolicyBindingSpec
}

export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicyBindingList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1alpha1'
  readonly kind?: 'MutatingAdmissionPolicyBindingList'
  readonly metadata?: ListMeta
  readonly items: readonly AdmissionregistrationV1alpha1MutatingAdmissionPolicyBinding[]
}

export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicyBindingSpec {
  readonly policyName?: string
  readonly paramRef?: AdmissionregistrationV1alpha1ParamRef
  readonly matchResources?: AdmissionregistrationV1alpha1MatchResources
}

export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicyList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1alpha1'
  readonly kind?: 'MutatingAdmissionPolicyList'
  readonly metadata?: ListMeta
  readonly items: readonly AdmissionregistrationV1alpha1MutatingAdmissionPolicy[]
}

export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicySpec {
  readonly paramKind?: AdmissionregistrationV1alpha1ParamKind
  readonly matchConstraints?: AdmissionregistrationV1alpha1MatchResources
  readonly variables?: readonly AdmissionregistrationV1alpha1Variable[]
  readonly mutations?: readonly AdmissionregistrationV1alpha1Mutation[]
  readonly failurePolicy?: 'Ignore' | 'Fail'
  readonly matchConditions?: readonly AdmissionregistrationV1alpha1MatchCondition[]
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded'
}

export interface AdmissionregistrationV1alpha1Mutation {
  readonly patchType: 'ApplyConfiguration' | 'JSONPatch'
  readonly applyConfiguration?: AdmissionregistrationV1alpha1ApplyConfiguration
  readonly jsonPatch?: AdmissionregistrationV1alpha1JSONPatch
}

export interface AdmissionregistrationV1alpha1NamedRuleWithOperations extends RuleWithOperations {
  readonly resourceNames?: readonly string[]
}

export interface AdmissionregistrationV1alpha1ParamKind {
  readonly apiVersion?: string
  readonly kind?: string
}

export interface AdmissionregistrationV1alpha1ParamRef {
  readonly name?: string
  readonly namespace?: string
  readonly selector?: LabelSelector
  readonly parameterNotFoundAction?: 'Allow' | 'Deny'
}

export interface AdmissionregistrationV1alpha1TypeChecking {
  readonly expressionWarnings?: readonly AdmissionregistrationV1alpha1ExpressionWarning[]
}

export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicy extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1alpha1'
  readonly kind: 'ValidatingAdmissionPolicy'
  readonly metadata: ObjectMeta
  readonly spec: AdmissionregistrationV1alpha1ValidatingAdmissionPolicySpec
  readonly status: AdmissionregistrationV1alpha1ValidatingAdmissionPolicyStatus
}

export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicyBinding extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1alpha1'
  readonly kind: 'ValidatingAdmissionPolicyBinding'
  readonly metadata: ObjectMeta
  readonly spec: AdmissionregistrationV1alpha1ValidatingAdmissionPolicyBindingSpec
}

export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicyBindingList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1alpha1'
  readonly kind?: 'ValidatingAdmissionPolicyBindingList'
  readonly metadata?: ListMeta
  readonly items: readonly AdmissionregistrationV1alpha1ValidatingAdmissionPolicyBinding[]
}

export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicyBindingSpec {
  readonly policyName: string
  readonly paramRef?: AdmissionregistrationV1alpha1ParamRef
  readonly matchResources?: AdmissionregistrationV1alpha1MatchResources
  readonly validationActions: readonly ('Deny' | 'Warn' | 'Audit')[]
}

export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicyList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1alpha1'
  readonly kind?: 'ValidatingAdmissionPolicyList'
  readonly metadata?: ListMeta
  readonly items: readonly AdmissionregistrationV1alpha1ValidatingAdmissionPolicy[]
}

export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicySpec {
  readonly paramKind?: AdmissionregistrationV1alpha1ParamKind
  readonly matchConstraints?: AdmissionregistrationV1alpha1MatchResources
  readonly validations?: readonly AdmissionregistrationV1alpha1Validation[]
  readonly failurePolicy?: 'Ignore' | 'Fail'
  readonly auditAnnotations?: readonly AdmissionregistrationV1alpha1AuditAnnotation[]
  readonly matchConditions?: readonly AdmissionregistrationV1alpha1MatchCondition[]
  readonly variables?: readonly AdmissionregistrationV1alpha1Variable[]
}

export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicyStatus {
  readonly observedGeneration?: number
  readonly typeChecking?: AdmissionregistrationV1alpha1TypeChecking
  readonly conditions?: readonly Condition[]
}

export interface AdmissionregistrationV1alpha1Validation {
  readonly expression: string
  readonly message?: string
  readonly reason?: string
  readonly messageExpression?: string
}

export interface AdmissionregistrationV1alpha1Variable {
  readonly name: string
  readonly expression: string
}

export interface AdmissionregistrationV1beta1ApplyConfiguration {
  readonly expression?: string
}

export interface AdmissionregistrationV1beta1AuditAnnotation {
  readonly key: string
  readonly valueExpression: string
}

export interface AdmissionregistrationV1beta1ExpressionWarning {
  readonly fieldRef: string
  readonly warning: string
}

export interface AdmissionregistrationV1beta1JSONPatch {
  readonly expression?: string
}

export interface AdmissionregistrationV1beta1MatchCondition {
  readonly name: string
  readonly expression: string
}

export interface AdmissionregistrationV1beta1MatchResources {
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly resourceRules?: readonly AdmissionregistrationV1beta1NamedRuleWithOperations[]
  readonly excludeResourceRules?: readonly AdmissionregistrationV1beta1NamedRuleWithOperations[]
  readonly matchPolicy?: string
}

export interface AdmissionregistrationV1beta1MutatingAdmissionPolicy extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1beta1'
  readonly kind: 'MutatingAdmissionPolicy'
  readonly metadata: ObjectMeta
  readonly spec: AdmissionregistrationV1beta1MutatingAdmissionPolicySpec
}

export interface AdmissionregistrationV1beta1MutatingAdmissionPolicyBinding extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1beta1'
  readonly kind: 'MutatingAdmissionPolicyBinding'
  readonly metadata: ObjectMeta
  readonly spec: AdmissionregistrationV1beta1MutatingAdmissionPolicyBindingSpec
}

export interface AdmissionregistrationV1beta1MutatingAdmissionPolicyBindingList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1beta1'
  readonly kind?: 'MutatingAdmissionPolicyBindingList'
  readonly metadata?: ListMeta
  readonly items: readonly AdmissionregistrationV1beta1MutatingAdmissionPolicyBinding[]
}

export interface AdmissionregistrationV1beta1MutatingAdmissionPolicyBindingSpec {
  readonly policyName?: string
  readonly paramRef?: AdmissionregistrationV1beta1ParamRef
  readonly matchResources?: AdmissionregistrationV1beta1MatchResources
}

export interface AdmissionregistrationV1beta1MutatingAdmissionPolicyList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1beta1'
  readonly kind?: 'MutatingAdmissionPolicyList'
  readonly metadata?: ListMeta
  readonly items: readonly AdmissionregistrationV1beta1MutatingAdmissionPolicy[]
}

export interface AdmissionregistrationV1beta1MutatingAdmissionPolicySpec {
  readonly paramKind?: AdmissionregistrationV1beta1ParamKind
  readonly matchConstraints?: AdmissionregistrationV1beta1MatchResources
  readonly variables?: readonly AdmissionregistrationV1beta1Variable[]
  readonly mutations?: readonly AdmissionregistrationV1beta1Mutation[]
  readonly failurePolicy?: string
  readonly matchConditions?: readonly AdmissionregistrationV1beta1MatchCondition[]
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded'
}

export interface AdmissionregistrationV1beta1MutatingWebhook {
  readonly name: string
  readonly clientConfig: AdmissionregistrationV1beta1WebhookClientConfig
  readonly rules?: readonly RuleWithOperations[]
  readonly failurePolicy?: string
  readonly matchPolicy?: string
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly sideEffects?: string
  readonly timeoutSeconds?: number
  readonly admissionReviewVersions?: readonly string[]
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded'
  readonly matchConditions?: readonly AdmissionregistrationV1beta1MatchCondition[]
}

export interface AdmissionregistrationV1beta1MutatingWebhookConfiguration extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1beta1'
  readonly kind: 'MutatingWebhookConfiguration'
  readonly metadata: ObjectMeta
  readonly webhooks?: readonly AdmissionregistrationV1beta1MutatingWebhook[]
}

export interface AdmissionregistrationV1beta1MutatingWebhookConfigurationList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1beta1'
  readonly kind?: 'MutatingWebhookConfigurationList'
  readonly metadata?: ListMeta
  readonly items: readonly AdmissionregistrationV1beta1MutatingWebhookConfiguration[]
}

export interface AdmissionregistrationV1beta1Mutation {
  readonly patchType: 'ApplyConfiguration' | 'JSONPatch'
  readonly applyConfiguration?: AdmissionregistrationV1beta1ApplyConfiguration
  readonly jsonPatch?: AdmissionregistrationV1beta1JSONPatch
}

export interface AdmissionregistrationV1beta1NamedRuleWithOperations extends RuleWithOperations {
  readonly resourceNames?: readonly string[]
}

export interface AdmissionregistrationV1beta1ParamKind {
  readonly apiVersion?: string
  readonly kind?: string
}

export interface AdmissionregistrationV1beta1ParamRef {
  readonly name?: string
  readonly namespace?: string
  readonly selector?: LabelSelector
  readonly parameterNotFoundAction?: string
}

export interface AdmissionregistrationV1beta1ServiceReference {
  readonly namespace: string
  readonly name: string
  readonly path?: string
  readonly port?: number
}

export interface AdmissionregistrationV1beta1TypeChecking {
  readonly expressionWarnings?: readonly AdmissionregistrationV1beta1ExpressionWarning[]
}

export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicy extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1beta1'
  readonly kind: 'ValidatingAdmissionPolicy'
  readonly metadata: ObjectMeta
  readonly spec: AdmissionregistrationV1beta1ValidatingAdmissionPolicySpec
  readonly status: AdmissionregistrationV1beta1ValidatingAdmissionPolicyStatus
}

export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicyBinding extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1beta1'
  readonly kind: 'ValidatingAdmissionPolicyBinding'
  readonly metadata: ObjectMeta
  readonly spec: AdmissionregistrationV1beta1ValidatingAdmissionPolicyBindingSpec
}

export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicyBindingList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1beta1'
  readonly kind?: 'ValidatingAdmissionPolicyBindingList'
  readonly metadata?: ListMeta
  readonly items: readonly AdmissionregistrationV1beta1ValidatingAdmissionPolicyBinding[]
}

export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicyBindingSpec {
  readonly policyName: string
  readonly paramRef?: AdmissionregistrationV1beta1ParamRef
  readonly matchResources?: AdmissionregistrationV1beta1MatchResources
  readonly validationActions: readonly ('Deny' | 'Warn' | 'Audit')[]
}

export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicyList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1beta1'
  readonly kind?: 'ValidatingAdmissionPolicyList'
  readonly metadata?: ListMeta
  readonly items: readonly AdmissionregistrationV1beta1ValidatingAdmissionPolicy[]
}

export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicySpec {
  readonly paramKind?: AdmissionregistrationV1beta1ParamKind
  readonly matchConstraints?: AdmissionregistrationV1beta1MatchResources
  readonly validations?: readonly AdmissionregistrationV1beta1Validation[]
  readonly failurePolicy?: string
  readonly auditAnnotations?: readonly AdmissionregistrationV1beta1AuditAnnotation[]
  readonly matchConditions?: readonly AdmissionregistrationV1beta1MatchCondition[]
  readonly variables?: readonly AdmissionregistrationV1beta1Variable[]
}

export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicyStatus {
  readonly observedGeneration?: number
  readonly typeChecking?: AdmissionregistrationV1beta1TypeChecking
  readonly conditions?: readonly Condition[]
}

export interface AdmissionregistrationV1beta1ValidatingWebhook {
  readonly name: string
  readonly clientConfig: AdmissionregistrationV1beta1WebhookClientConfig
  readonly rules?: readonly RuleWithOperations[]
  readonly failurePolicy?: string
  readonly matchPolicy?: string
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly sideEffects?: string
  readonly timeoutSeconds?: number
  readonly admissionReviewVersions?: readonly string[]
  readonly matchConditions?: readonly AdmissionregistrationV1beta1MatchCondition[]
}

export interface AdmissionregistrationV1beta1ValidatingWebhookConfiguration extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1beta1'
  readonly kind: 'ValidatingWebhookConfiguration'
  readonly metadata: ObjectMeta
  readonly webhooks?: readonly AdmissionregistrationV1beta1ValidatingWebhook[]
}

export interface AdmissionregistrationV1beta1ValidatingWebhookConfigurationList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1beta1'
  readonly kind?: 'ValidatingWebhookConfigurationList'
  readonly metadata?: ListMeta
  readonly items: readonly AdmissionregistrationV1beta1ValidatingWebhookConfiguration[]
}

export interface AdmissionregistrationV1beta1Validation {
  readonly expression: string
  readonly message?: string
  readonly reason?: string
  readonly messageExpression?: string
}

export interface AdmissionregistrationV1beta1Variable {
  readonly name: string
  readonly expression: string
}

export interface AdmissionregistrationV1beta1WebhookClientConfig {
  readonly url?: string
  readonly service?: AdmissionregistrationV1beta1ServiceReference
  readonly caBundle?: string
}

export interface Affinity {
  readonly nodeAffinity?: NodeAffinity
  readonly podAffinity?: PodAffinity
  readonly podAntiAffinity?: PodAntiAffinity
}

export interface AggregationRule {
  readonly clusterRoleSelectors?: readonly LabelSelector[]
}

export interface AllocatedDeviceStatus {
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly shareID?: string
  readonly conditions?: readonly Condition[]
  readonly data?: unknown
  readonly networkData?: NetworkDeviceData
}

export interface AllocationResult {
  readonly devices?: DeviceAllocationResult
  readonly nodeSelector?: NodeSelector
  readonly allocationTimestamp?: string
}

export interface ApiextensionsV1ServiceReference {
  readonly namespace: string
  readonly name: string
  readonly path?: string
  readonly port?: number
}

export interface ApiextensionsV1WebhookClientConfig {
  readonly url?: string
  readonly service?: ApiextensionsV1ServiceReference
  readonly caBundle?: string
}

export interface ApiregistrationV1ServiceReference {
  readonly namespace?: string
  readonly name?: string
  readonly port?: number
}

export interface AppArmorProfile {
  readonly type: 'Unconfined' | 'RuntimeDefault' | 'Localhost'
  readonly localhostProfile?: string
}

export interface ApplyConfiguration {
  readonly expression?: string
}

export interface ApplyOptions {
  readonly apiVersion?: string
  readonly kind?: string
  readonly dryRun?: readonly string[]
  readonly force: boolean
  readonly fieldManager: string
}

export interface AttachedVolume {
  readonly name: string
  readonly devicePath: string
}

export interface AuditAnnotation {
  readonly key: string
  readonly valueExpression: string
}

export interface AuditV1Event {
  readonly apiVersion?: 'audit.k8s.io/v1'
  readonly kind?: 'Event'
  readonly level: string
  readonly auditID: string
  readonly stage: string
  readonly requestURI: string
  readonly verb: string
  readonly user: UserInfo
  readonly impersonatedUser?: UserInfo
  readonly authenticationMetadata?: AuthenticationMetadata
  readonly sourceIPs?: readonly string[]
  readonly userAgent?: string
  readonly objectRef?: AuditV1ObjectReference
  readonly responseStatus?: Status
  readonly requestObject?: Unknown
  readonly responseObject?: Unknown
  readonly requestReceivedTimestamp?: string
  readonly stageTimestamp?: string
  readonly annotations?: Readonly<Record<string, string>>
}

export interface AuditV1EventList {
  readonly apiVersion?: 'audit.k8s.io/v1'
  readonly kind?: 'EventList'
  readonly metadata?: ListMeta
  readonly items: readonly AuditV1Event[]
}

export interface AuditV1ObjectReference {
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
  readonly uid?: string
  readonly apiGroup?: string
  readonly apiVersion?: string
  readonly resourceVersion?: string
  readonly subresource?: string
}

export interface AuditV1PolicyRule {
  readonly level: string
  readonly users?: readonly string[]
  readonly userGroups?: readonly string[]
  readonly verbs?: readonly string[]
  readonly resources?: readonly GroupResources[]
  readonly namespaces?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
  readonly omitStages?: readonly string[]
  readonly omitManagedFields?: boolean
}

export interface AuthenticationMetadata {
  readonly impersonationConstraint?: string
}

export interface AutoscalingV1ContainerResourceMetricSource {
  readonly name: string
  readonly targetAverageUtilization?: number
  readonly targetAverageValue?: string
  readonly container: string
}

export interface AutoscalingV1ContainerResourceMetricStatus {
  readonly name: string
  readonly currentAverageUtilization?: number
  readonly currentAverageValue: string
  readonly container: string
}

export interface AutoscalingV1CrossVersionObjectReference {
  readonly kind: string
  readonly name: string
  readonly apiVersion?: string
}

export interface AutoscalingV1ExternalMetricSource {
  readonly metricName: string
  readonly metricSelector?: LabelSelector
  readonly targetValue?: string
  readonly targetAverageValue?: string
}

export interface AutoscalingV1ExternalMetricStatus {
  readonly metricName: string
  readonly metricSelector?: LabelSelector
  readonly currentValue: string
  readonly currentAverageValue?: string
}

export interface AutoscalingV1HorizontalPodAutoscaler extends KubeObject {
  readonly apiVersion: 'autoscaling/v1'
  readonly kind: 'HorizontalPodAutoscaler'
  readonly metadata: ObjectMeta
  readonly spec: AutoscalingV1HorizontalPodAutoscalerSpec
  readonly status: AutoscalingV1HorizontalPodAutoscalerStatus
}

export interface AutoscalingV1HorizontalPodAutoscalerCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface AutoscalingV1HorizontalPodAutoscalerList {
  readonly apiVersion?: 'autoscaling/v1'
  readonly kind?: 'HorizontalPodAutoscalerList'
  readonly metadata?: ListMeta
  readonly items: readonly AutoscalingV1HorizontalPodAutoscaler[]
}

export interface AutoscalingV1HorizontalPodAutoscalerSpec {
  readonly scaleTargetRef: AutoscalingV1CrossVersionObjectReference
  readonly minReplicas?: number
  readonly maxReplicas: number
  readonly targetCPUUtilizationPercentage?: number
}

export interface AutoscalingV1HorizontalPodAutoscalerStatus {
  readonly observedGeneration?: number
  readonly lastScaleTime?: string
  readonly currentReplicas: number
  readonly desiredReplicas: number
  readonly currentCPUUtilizationPercentage?: number
}

export interface AutoscalingV1MetricSpec {
  readonly type: 'Object' | 'Pods' | 'Resource' | 'ContainerResource' | 'External'
  readonly object?: AutoscalingV1ObjectMetricSource
  readonly pods?: AutoscalingV1PodsMetricSource
  readonly resource?: AutoscalingV1ResourceMetricSource
  readonly containerResource?: AutoscalingV1ContainerResourceMetricSource
  readonly external?: AutoscalingV1ExternalMetricSource
}

export interface AutoscalingV1MetricStatus {
  readonly type: 'Object' | 'Pods' | 'Resource' | 'ContainerResource' | 'External'
  readonly object?: AutoscalingV1ObjectMetricStatus
  readonly pods?: AutoscalingV1PodsMetricStatus
  readonly resource?: AutoscalingV1ResourceMetricStatus
  readonly containerResource?: AutoscalingV1ContainerResourceMetricStatus
  readonly external?: AutoscalingV1ExternalMetricStatus
}

export interface AutoscalingV1ObjectMetricSource {
  readonly target: AutoscalingV1CrossVersionObjectReference
  readonly metricName: string
  readonly targetValue: string
  readonly selector?: LabelSelector
  readonly averageValue?: string
}

export interface AutoscalingV1ObjectMetricStatus {
  readonly target: AutoscalingV1CrossVersionObjectReference
  readonly metricName: string
  readonly currentValue: string
  readonly selector?: LabelSelector
  readonly averageValue?: string
}

export interface AutoscalingV1PodsMetricSource {
  readonly metricName: string
  readonly targetAverageValue: string
  readonly selector?: LabelSelector
}

export interface AutoscalingV1PodsMetricStatus {
  readonly metricName: string
  readonly currentAverageValue: string
  readonly selector?: LabelSelector
}

export interface AutoscalingV1ResourceMetricSource {
  readonly name: string
  readonly targetAverageUtilization?: number
  readonly targetAverageValue?: string
}

export interface AutoscalingV1ResourceMetricStatus {
  readonly name: string
  readonly currentAverageUtilization?: number
  readonly currentAverageValue: string
}

export interface AvoidPods {
  readonly preferAvoidPods?: readonly PreferAvoidPodsEntry[]
}

export interface AzureDiskVolumeSource {
  readonly diskName: string
  readonly diskURI: string
  readonly cachingMode?: 'None' | 'ReadOnly' | 'ReadWrite'
  readonly fsType?: string
  readonly readOnly?: boolean
  readonly kind?: 'Shared' | 'Dedicated' | 'Managed'
}

export interface AzureFilePersistentVolumeSource {
  readonly secretName: string
  readonly shareName: string
  readonly readOnly?: boolean
  readonly secretNamespace?: string
}

export interface AzureFileVolumeSource {
  readonly secretName: string
  readonly shareName: string
  readonly readOnly?: boolean
}

export interface BasicDevice {
  readonly attributes?: Readonly<Record<string, ResourceV1beta1DeviceAttribute>>
  readonly capacity?: Readonly<Record<string, ResourceV1beta1DeviceCapacity>>
  readonly consumesCounters?: readonly ResourceV1beta1DeviceCounterConsumption[]
  readonly nodeName?: string
  readonly nodeSelector?: NodeSelector
  readonly allNodes?: boolean
  readonly taints?: readonly ResourceV1beta1DeviceTaint[]
  readonly bindsToNode?: boolean
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
  readonly allowMultipleAllocations?: boolean
  readonly nodeAllocatableResourceMappings?: Readonly<Record<string, ResourceV1beta1NodeAllocatableResourceMapping>>
}

export type BasicSchedulingPolicy = Readonly<Record<never, never>>

export interface Binding extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Binding'
  readonly metadata: ObjectMeta
  readonly target: ObjectReference
}

export interface BoundObjectReference {
  readonly kind?: string
  readonly apiVersion?: string
  readonly name?: string
  readonly uid?: string
}

export interface CELDeviceSelector {
  readonly expression: string
}

export interface CSIDriver extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1'
  readonly kind: 'CSIDriver'
  readonly metadata: ObjectMeta
  readonly spec: CSIDriverSpec
}

export interface CSIDriverList {
  readonly apiVersion?: 'storage.k8s.io/v1'
  readonly kind?: 'CSIDriverList'
  readonly metadata?: ListMeta
  readonly items: readonly CSIDriver[]
}

export interface CSIDriverSpec {
  readonly attachRequired?: boolean
  readonly podInfoOnMount?: boolean
  readonly volumeLifecycleModes?: readonly string[]
  readonly storageCapacity?: boolean
  readonly fsGroupPolicy?: string
  readonly tokenRequests?: readonly StorageV1TokenRequest[]
  readonly requiresRepublish?: boolean
  readonly seLinuxMount?: boolean
  readonly nodeAllocatableUpdatePeriodSeconds?: number
  readonly serviceAccountTokenInSecrets?: boolean
  readonly preventPodSchedulingIfMissing?: boolean
}

export interface CSINode extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1'
  readonly kind: 'CSINode'
  readonly metadata: ObjectMeta
  readonly spec: CSINodeSpec
}

export interface CSINodeDriver {
  readonly name: string
  readonly nodeID: string
  readonly topologyKeys?: readonly string[]
  readonly allocatable?: VolumeNodeResources
}

export interface CSINodeList {
  readonly apiVersion?: 'storage.k8s.io/v1'
  readonly kind?: 'CSINodeList'
  readonly metadata?: ListMeta
  readonly items: readonly CSINode[]
}

export interface CSINodeSpec {
  readonly drivers: readonly CSINodeDriver[]
}

export interface CSIPersistentVolumeSource {
  readonly driver: string
  readonly volumeHandle: string
  readonly readOnly?: boolean
  readonly fsType?: string
  readonly volumeAttributes?: Readonly<Record<string, string>>
  readonly controllerPublishSecretRef?: SecretReference
  readonly nodeStageSecretRef?: SecretReference
  readonly nodePublishSecretRef?: SecretReference
  readonly controllerExpandSecretRef?: SecretReference
  readonly nodeExpandSecretRef?: SecretReference
}

export interface CSIStorageCapacity extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1'
  readonly kind: 'CSIStorageCapacity'
  readonly metadata: ObjectMeta
  readonly nodeTopology?: LabelSelector
  readonly storageClassName: string
  readonly capacity?: string
  readonly maximumVolumeSize?: string
}

export interface CSIStorageCapacityList {
  readonly apiVersion?: 'storage.k8s.io/v1'
  readonly kind?: 'CSIStorageCapacityList'
  readonly metadata?: ListMeta
  readonly items: readonly CSIStorageCapacity[]
}

export interface CSIVolumeSource {
  readonly driver: string
  readonly readOnly?: boolean
  readonly fsType?: string
  readonly volumeAttributes?: Readonly<Record<string, string>>
  readonly nodePublishSecretRef?: LocalObjectReference
}

export interface Capabilities {
  readonly add?: readonly string[]
  readonly drop?: readonly string[]
}

export interface CapacityRequestPolicy {
  readonly default?: string
  readonly validValues?: readonly string[]
  readonly validRange?: CapacityRequestPolicyRange
}

export interface CapacityRequestPolicyRange {
  readonly min: string
  readonly max?: string
  readonly step?: string
}

export interface CapacityRequirements {
  readonly requests?: Readonly<Record<string, string>>
}

export interface CephFSPersistentVolumeSource {
  readonly monitors: readonly string[]
  readonly path?: string
  readonly user?: string
  readonly secretFile?: string
  readonly secretRef?: SecretReference
  readonly readOnly?: boolean
}

export interface CephFSVolumeSource {
  readonly monitors: readonly string[]
  readonly path?: string
  readonly user?: string
  readonly secretFile?: string
  readonly secretRef?: LocalObjectReference
  readonly readOnly?: boolean
}

export interface CertificateSigningRequest extends KubeObject {
  readonly apiVersion: 'certificates.k8s.io/v1'
  readonly kind: 'CertificateSigningRequest'
  readonly metadata: ObjectMeta
  readonly spec: CertificateSigningRequestSpec
  readonly status: CertificateSigningRequestStatus
}

export interface CertificateSigningRequestCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastUpdateTime?: string
  readonly lastTransitionTime?: string
}

export interface CertificateSigningRequestList {
  readonly apiVersion?: 'certificates.k8s.io/v1'
  readonly kind?: 'CertificateSigningRequestList'
  readonly metadata?: ListMeta
  readonly items: readonly CertificateSigningRequest[]
}

export interface CertificateSigningRequestSpec {
  readonly request: string
  readonly signerName: string
  readonly expirationSeconds?: number
  readonly usages?: readonly ('signing' | 'digital signature' | 'content commitment' | 'key encipherment' | 'key agreement' | 'data encipherment' | 'cert sign' | 'crl sign' | 'encipher only' | 'decipher only' | 'any' | 'server auth' | 'client auth' | 'code signing' | 'email protection' | 's/mime' | 'ipsec end system' | 'ipsec tunnel' | 'ipsec user' | 'timestamping' | 'ocsp signing' | 'microsoft sgc' | 'netscape sgc')[]
  readonly username?: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface CertificateSigningRequestStatus {
  readonly conditions?: readonly CertificateSigningRequestCondition[]
  readonly certificate?: string
}

export interface CertificatesV1alpha1ClusterTrustBundle extends KubeObject {
  readonly apiVersion: 'certificates.k8s.io/v1alpha1'
  readonly kind: 'ClusterTrustBundle'
  readonly metadata: ObjectMeta
  readonly spec: CertificatesV1alpha1ClusterTrustBundleSpec
}

export interface CertificatesV1alpha1ClusterTrustBundleList {
  readonly apiVersion?: 'certificates.k8s.io/v1alpha1'
  readonly kind?: 'ClusterTrustBundleList'
  readonly metadata?: ListMeta
  readonly items: readonly CertificatesV1alpha1ClusterTrustBundle[]
}

export interface CertificatesV1alpha1ClusterTrustBundleSpec {
  readonly signerName?: string
  readonly trustBundle: string
}

export interface CertificatesV1beta1CertificateSigningRequest extends KubeObject {
  readonly apiVersion: 'certificates.k8s.io/v1beta1'
  readonly kind: 'CertificateSigningRequest'
  readonly metadata: ObjectMeta
  readonly spec: CertificatesV1beta1CertificateSigningRequestSpec
  readonly status: CertificatesV1beta1CertificateSigningRequestStatus
}

export interface CertificatesV1beta1CertificateSigningRequestCondition {
  readonly type: string
  readonly status?: string
  readonly reason?: string
  readonly message?: string
  readonly lastUpdateTime?: string
  readonly lastTransitionTime?: string
}

export interface CertificatesV1beta1CertificateSigningRequestList {
  readonly apiVersion?: 'certificates.k8s.io/v1beta1'
  readonly kind?: 'CertificateSigningRequestList'
  readonly metadata?: ListMeta
  readonly items: readonly CertificatesV1beta1CertificateSigningRequest[]
}

export interface CertificatesV1beta1CertificateSigningRequestSpec {
  readonly request: string
  readonly signerName?: string
  readonly expirationSeconds?: number
  readonly usages?: readonly string[]
  readonly username?: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface CertificatesV1beta1CertificateSigningRequestStatus {
  readonly conditions?: readonly CertificatesV1beta1CertificateSigningRequestCondition[]
  readonly certificate?: string
}

export interface CinderPersistentVolumeSource {
  readonly volumeID: string
  readonly fsType?: string
  readonly readOnly?: boolean
  readonly secretRef?: SecretReference
}

export interface CinderVolumeSource {
  readonly volumeID: string
  readonly fsType?: string
  readonly readOnly?: boolean
  readonly secretRef?: LocalObjectReference
}

export interface ClientIPConfig {
  readonly timeoutSeconds?: number
}

export interface ClusterRole extends KubeObject {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1'
  readonly kind: 'ClusterRole'
  readonly metadata: ObjectMeta
  readonly rules?: readonly PolicyRule[]
  readonly aggregationRule?: AggregationRule
}

export interface ClusterRoleBinding extends KubeObject {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1'
  readonly kind: 'ClusterRoleBinding'
  readonly metadata: ObjectMeta
  readonly subjects?: readonly Subject[]
  readonly roleRef: RoleRef
}

export interface ClusterRoleBindingList {
  readonly apiVersion?: 'rbac.authorization.k8s.io/v1'
  readonly kind?: 'ClusterRoleBindingList'
  readonly metadata?: ListMeta
  readonly items: readonly ClusterRoleBinding[]
}

export interface ClusterRoleList {
  readonly apiVersion?: 'rbac.authorization.k8s.io/v1'
  readonly kind?: 'ClusterRoleList'
  readonly metadata?: ListMeta
  readonly items: readonly ClusterRole[]
}

export interface ClusterTrustBundle extends KubeObject {
  readonly apiVersion: 'certificates.k8s.io/v1beta1'
  readonly kind: 'ClusterTrustBundle'
  readonly metadata: ObjectMeta
  readonly spec: ClusterTrustBundleSpec
}

export interface ClusterTrustBundleList {
  readonly apiVersion?: 'certificates.k8s.io/v1beta1'
  readonly kind?: 'ClusterTrustBundleList'
  readonly metadata?: ListMeta
  readonly items: readonly ClusterTrustBundle[]
}

export interface ClusterTrustBundleProjection {
  readonly name?: string
  readonly signerName?: string
  readonly labelSelector?: LabelSelector
  readonly optional?: boolean
  readonly path: string
}

export interface ClusterTrustBundleSpec {
  readonly signerName?: string
  readonly trustBundle: string
}

export interface ComponentCondition {
  readonly type: string
  readonly status: string
  readonly message?: string
  readonly error?: string
}

export interface ComponentStatus extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'ComponentStatus'
  readonly metadata: ObjectMeta
  readonly conditions?: readonly ComponentCondition[]
}

export interface ComponentStatusList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'ComponentStatusList'
  readonly metadata?: ListMeta
  readonly items: readonly ComponentStatus[]
}

export interface Condition {
  readonly type: string
  readonly status: string
  readonly observedGeneration?: number
  readonly lastTransitionTime: string
  readonly reason: string
  readonly message: string
}

export interface ConfigMap extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'ConfigMap'
  readonly metadata: ObjectMeta
  readonly immutable?: boolean
  readonly data?: Readonly<Record<string, string>>
  readonly binaryData?: Readonly<Record<string, string>>
}

export interface ConfigMapEnvSource extends LocalObjectReference {
  readonly optional?: boolean
}

export interface ConfigMapKeySelector extends LocalObjectReference {
  readonly key: string
  readonly optional?: boolean
}

export interface ConfigMapList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'ConfigMapList'
  readonly metadata?: ListMeta
  readonly items: readonly ConfigMap[]
}

export interface ConfigMapNodeConfigSource {
  readonly namespace: string
  readonly name: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly kubeletConfigKey: string
}

export interface ConfigMapProjection extends LocalObjectReference {
  readonly items?: readonly KeyToPath[]
  readonly optional?: boolean
}

export interface ConfigMapVolumeSource extends LocalObjectReference {
  readonly items?: readonly KeyToPath[]
  readonly defaultMode?: number
  readonly optional?: boolean
}

export interface Container {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly ports?: readonly ContainerPort[]
  readonly envFrom?: readonly EnvFromSource[]
  readonly env?: readonly EnvVar[]
  readonly resources?: ResourceRequirements
  readonly resizePolicy?: readonly ContainerResizePolicy[]
  readonly restartPolicy?: string
  readonly restartPolicyRules?: readonly ContainerRestartRule[]
  readonly volumeMounts?: readonly VolumeMount[]
  readonly volumeDevices?: readonly VolumeDevice[]
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly startupProbe?: Probe
  readonly lifecycle?: Lifecycle
  readonly terminationMessagePath?: string
  readonly terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError'
  readonly imagePullPolicy?: 'Always' | 'Never' | 'IfNotPresent'
  readonly securityContext?: SecurityContext
  readonly stdin?: boolean
  readonly stdinOnce?: boolean
  readonly tty?: boolean
}

export interface ContainerExtendedResourceRequest {
  readonly containerName: string
  readonly resourceName: string
  readonly requestName: string
}

export interface ContainerImage {
  readonly names?: readonly string[]
  readonly sizeBytes?: number
}

export interface ContainerMetrics {
  readonly name: string
  readonly usage: Readonly<Record<string, string>>
}

export interface ContainerPort {
  readonly name?: string
  readonly hostPort?: number
  readonly containerPort: number
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP'
  readonly hostIP?: string
}

export interface ContainerResizePolicy {
  readonly resourceName: string
  readonly restartPolicy: string
}

export interface ContainerResourceMetricSource {
  readonly name: string
  readonly target: MetricTarget
  readonly container: string
}

export interface ContainerResourceMetricStatus {
  readonly name: string
  readonly current: MetricValueStatus
  readonly container: string
}

export interface ContainerRestartRule {
  readonly action: string
  readonly exitCodes?: ContainerRestartRuleOnExitCodes
}

export interface ContainerRestartRuleOnExitCodes {
  readonly operator: string
  readonly values?: readonly number[]
}

export interface ContainerState {
  readonly waiting?: ContainerStateWaiting
  readonly running?: ContainerStateRunning
  readonly terminated?: ContainerStateTerminated
}

export interface ContainerStateRunning {
  readonly startedAt?: string
}

export interface ContainerStateTerminated {
  readonly exitCode: number
  readonly signal?: number
  readonly reason?: string
  readonly message?: string
  readonly startedAt?: string
  readonly finishedAt?: string
  readonly containerID?: string
}

export interface ContainerStateWaiting {
  readonly reason?: string
  readonly message?: string
}

export interface ContainerStatus {
  readonly name: string
  readonly state?: ContainerState
  readonly lastState?: ContainerState
  readonly ready: boolean
  readonly restartCount: number
  readonly image: string
  readonly imageID: string
  readonly containerID?: string
  readonly started?: boolean
  readonly allocatedResources?: Readonly<Record<string, string>>
  readonly resources?: ResourceRequirements
  readonly volumeMounts?: readonly VolumeMountStatus[]
  readonly user?: ContainerUser
  readonly allocatedResourcesStatus?: readonly ResourceStatus[]
  readonly stopSignal?: 'SIGABRT' | 'SIGALRM' | 'SIGBUS' | 'SIGCHLD' | 'SIGCLD' | 'SIGCONT' | 'SIGFPE' | 'SIGHUP' | 'SIGILL' | 'SIGINT' | 'SIGIO' | 'SIGIOT' | 'SIGKILL' | 'SIGPIPE' | 'SIGPOLL' | 'SIGPROF' | 'SIGPWR' | 'SIGQUIT' | 'SIGSEGV' | 'SIGSTKFLT' | 'SIGSTOP' | 'SIGSYS' | 'SIGTERM' | 'SIGTRAP' | 'SIGTSTP' | 'SIGTTIN' | 'SIGTTOU' | 'SIGURG' | 'SIGUSR1' | 'SIGUSR2' | 'SIGVTALRM' | 'SIGWINCH' | 'SIGXCPU' | 'SIGXFSZ' | 'SIGRTMIN' | 'SIGRTMAX-14' | 'SIGRTMAX-13' | 'SIGRTMAX-12' | 'SIGRTMAX-11' | 'SIGRTMAX-10' | 'SIGRTMAX-9' | 'SIGRTMAX-8' | 'SIGRTMAX-7' | 'SIGRTMAX-6' | 'SIGRTMAX-5' | 'SIGRTMAX-4' | 'SIGRTMAX-3' | 'SIGRTMAX-2' | 'SIGRTMAX-1' | 'SIGRTMAX'
}

export interface ContainerUser {
  readonly linux?: LinuxContainerUser
}

export interface ControllerRevision extends KubeObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'ControllerRevision'
  readonly metadata: ObjectMeta
  readonly data?: unknown
  readonly revision: number
}

export interface ControllerRevisionList {
  readonly apiVersion?: 'apps/v1'
  readonly kind?: 'ControllerRevisionList'
  readonly metadata?: ListMeta
  readonly items: readonly ControllerRevision[]
}

export interface ConversionRequest {
  readonly uid: string
  readonly desiredAPIVersion: string
  readonly objects: readonly unknown[]
}

export interface ConversionResponse {
  readonly uid: string
  readonly convertedObjects: readonly unknown[]
  readonly result: Status
}

export interface ConversionReview {
  readonly apiVersion?: 'apiextensions.k8s.io/v1'
  readonly kind?: 'ConversionReview'
  readonly request?: ConversionRequest
  readonly response?: ConversionResponse
}

export interface CoordinationV1alpha2LeaseCandidate extends KubeObject {
  readonly apiVersion: 'coordination.k8s.io/v1alpha2'
  readonly kind: 'LeaseCandidate'
  readonly metadata: ObjectMeta
  readonly spec: CoordinationV1alpha2LeaseCandidateSpec
}

export interface CoordinationV1alpha2LeaseCandidateList {
  readonly apiVersion?: 'coordination.k8s.io/v1alpha2'
  readonly kind?: 'LeaseCandidateList'
  readonly metadata?: ListMeta
  readonly items: readonly CoordinationV1alpha2LeaseCandidate[]
}

export interface CoordinationV1alpha2LeaseCandidateSpec {
  readonly leaseName: string
  readonly pingTime?: string
  readonly renewTime?: string
  readonly binaryVersion: string
  readonly emulationVersion?: string
  readonly strategy: string
}

export interface CoordinationV1beta1Lease extends KubeObject {
  readonly apiVersion: 'coordination.k8s.io/v1beta1'
  readonly kind: 'Lease'
  readonly metadata: ObjectMeta
  readonly spec: CoordinationV1beta1LeaseSpec
}

export interface CoordinationV1beta1LeaseList {
  readonly apiVersion?: 'coordination.k8s.io/v1beta1'
  readonly kind?: 'LeaseList'
  readonly metadata?: ListMeta
  readonly items: readonly CoordinationV1beta1Lease[]
}

export interface CoordinationV1beta1LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
  readonly leaseTransitions?: number
  readonly strategy?: string
  readonly preferredHolder?: string
}

export interface CoreV1Preconditions {
  readonly uid?: string
}

export interface CoreV1ResourceClaim {
  readonly name: string
  readonly request?: string
}

export interface Counter {
  readonly value: string
}

export interface CounterSet {
  readonly name: string
  readonly counters: Readonly<Record<string, Counter>>
}

export interface CreateOptions {
  readonly apiVersion?: string
  readonly kind?: string
  readonly dryRun?: readonly string[]
  readonly fieldManager?: string
  readonly fieldValidation?: string
}

export interface CronJob extends KubeObject {
  readonly apiVersion: 'batch/v1'
  readonly kind: 'CronJob'
  readonly metadata: ObjectMeta
  readonly spec: CronJobSpec
  readonly status: CronJobStatus
}

export interface CronJobList {
  readonly apiVersion?: 'batch/v1'
  readonly kind?: 'CronJobList'
  readonly metadata?: ListMeta
  readonly items: readonly CronJob[]
}

export interface CronJobSpec {
  readonly schedule: string
  readonly timeZone?: string
  readonly startingDeadlineSeconds?: number
  readonly concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace'
  readonly suspend?: boolean
  readonly jobTemplate: JobTemplateSpec
  readonly successfulJobsHistoryLimit?: number
  readonly failedJobsHistoryLimit?: number
}

export interface CronJobStatus {
  readonly active?: readonly ObjectReference[]
  readonly lastScheduleTime?: string
  readonly lastSuccessfulTime?: string
}

export interface CrossVersionObjectReference {
  readonly kind: string
  readonly name: string
  readonly apiVersion?: string
}

export interface CustomMetricsV1beta1MetricListOptions {
  readonly apiVersion?: 'custom.metrics.k8s.io/v1beta1'
  readonly kind?: 'MetricListOptions'
  readonly labelSelector?: string
  readonly metricLabelSelector?: string
}

export interface CustomMetricsV1beta1MetricValue {
  readonly apiVersion?: 'custom.metrics.k8s.io/v1beta1'
  readonly kind?: 'MetricValue'
  readonly describedObject: ObjectReference
  readonly metricName: string
  readonly timestamp: string
  readonly window?: number
  readonly value: string
  readonly selector?: LabelSelector
}

export interface CustomMetricsV1beta1MetricValueList {
  readonly apiVersion?: 'custom.metrics.k8s.io/v1beta1'
  readonly kind?: 'MetricValueList'
  readonly metadata?: ListMeta
  readonly items: readonly CustomMetricsV1beta1MetricValue[]
}

export interface CustomMetricsV1beta2MetricIdentifier {
  readonly name: string
  readonly selector?: LabelSelector
}

export interface CustomResourceColumnDefinition {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly jsonPath: string
}

export interface CustomResourceConversion {
  readonly strategy: string
  readonly webhook?: WebhookConversion
}

export interface CustomResourceDefinition extends KubeObject {
  readonly apiVersion: 'apiextensions.k8s.io/v1'
  readonly kind: 'CustomResourceDefinition'
  readonly metadata: ObjectMeta
  readonly spec: CustomResourceDefinitionSpec
  readonly status: CustomResourceDefinitionStatus
}

export interface CustomResourceDefinitionCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
  readonly observedGeneration?: number
}

export interface CustomResourceDefinitionList {
  readonly apiVersion?: 'apiextensions.k8s.io/v1'
  readonly kind?: 'CustomResourceDefinitionList'
  readonly metadata?: ListMeta
  readonly items: readonly CustomResourceDefinition[]
}

export interface CustomResourceDefinitionNames {
  readonly plural: string
  readonly singular?: string
  readonly shortNames?: readonly string[]
  readonly kind: string
  readonly listKind?: string
  readonly categories?: readonly string[]
}

export interface CustomResourceDefinitionSpec {
  readonly group: string
  readonly names: CustomResourceDefinitionNames
  readonly scope: string
  readonly versions: readonly CustomResourceDefinitionVersion[]
  readonly conversion?: CustomResourceConversion
  readonly preserveUnknownFields?: boolean
}

export interface CustomResourceDefinitionStatus {
  readonly conditions?: readonly CustomResourceDefinitionCondition[]
  readonly acceptedNames?: CustomResourceDefinitionNames
  readonly storedVersions?: readonly string[]
  readonly observedGeneration?: number
}

export interface CustomResourceDefinitionVersion {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly deprecated?: boolean
  readonly deprecationWarning?: string
  readonly schema?: CustomResourceValidation
  readonly subresources?: CustomResourceSubresources
  readonly additionalPrinterColumns?: readonly CustomResourceColumnDefinition[]
  readonly selectableFields?: readonly SelectableField[]
}

export interface CustomResourceSubresourceScale {
  readonly specReplicasPath: string
  readonly statusReplicasPath: string
  readonly labelSelectorPath?: string
}

export type CustomResourceSubresourceStatus = Readonly<Record<never, never>>

export interface CustomResourceSubresources {
  readonly status?: CustomResourceSubresourceStatus
  readonly scale?: CustomResourceSubresourceScale
}

export interface CustomResourceValidation {
  readonly openAPIV3Schema?: JSONSchemaProps
}

export interface DaemonEndpoint {
  readonly Port: number
}

export interface DaemonSet extends KubeObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'DaemonSet'
  readonly metadata: ObjectMeta
  readonly spec: DaemonSetSpec
  readonly status: DaemonSetStatus
}

export interface DaemonSetCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface DaemonSetList {
  readonly apiVersion?: 'apps/v1'
  readonly kind?: 'DaemonSetList'
  readonly metadata?: ListMeta
  readonly items: readonly DaemonSet[]
}

export interface DaemonSetSpec {
  readonly selector: LabelSelector
  readonly template: PodTemplateSpec
  readonly updateStrategy?: DaemonSetUpdateStrategy
  readonly minReadySeconds?: number
  readonly revisionHistoryLimit?: number
}

export interface DaemonSetStatus {
  readonly currentNumberScheduled: number
  readonly numberMisscheduled: number
  readonly desiredNumberScheduled: number
  readonly numberReady: number
  readonly observedGeneration?: number
  readonly updatedNumberScheduled?: number
  readonly numberAvailable?: number
  readonly numberUnavailable?: number
  readonly collisionCount?: number
  readonly conditions?: readonly DaemonSetCondition[]
}

export interface DaemonSetUpdateStrategy {
  readonly type?: 'RollingUpdate' | 'OnDelete'
  readonly rollingUpdate?: RollingUpdateDaemonSet
}

export interface DeleteOptions {
  readonly apiVersion?: string
  readonly kind?: string
  readonly gracePeriodSeconds?: number
  readonly preconditions?: Preconditions
  readonly orphanDependents?: boolean
  readonly propagationPolicy?: string
  readonly dryRun?: readonly string[]
  readonly ignoreStoreReadErrorWithClusterBreakingPotential?: boolean
}

export interface Deployment extends KubeObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'Deployment'
  readonly metadata: ObjectMeta
  readonly spec: DeploymentSpec
  readonly status: DeploymentStatus
}

export interface DeploymentCondition {
  readonly type: string
  readonly status: string
  readonly lastUpdateTime?: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface DeploymentList {
  readonly apiVersion?: 'apps/v1'
  readonly kind?: 'DeploymentList'
  readonly metadata?: ListMeta
  readonly items: readonly Deployment[]
}

export interface DeploymentSpec {
  readonly replicas?: number
  readonly selector: LabelSelector
  readonly template: PodTemplateSpec
  readonly strategy?: DeploymentStrategy
  readonly minReadySeconds?: number
  readonly revisionHistoryLimit?: number
  readonly paused?: boolean
  readonly progressDeadlineSeconds?: number
}

export interface DeploymentStatus {
  readonly observedGeneration?: number
  readonly replicas?: number
  readonly updatedReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly unavailableReplicas?: number
  readonly terminatingReplicas?: number
  readonly conditions?: readonly DeploymentCondition[]
  readonly collisionCount?: number
}

export interface DeploymentStrategy {
  readonly type?: 'Recreate' | 'RollingUpdate'
  readonly rollingUpdate?: RollingUpdateDeployment
}

export interface Device {
  readonly name: string
  readonly attributes?: Readonly<Record<string, DeviceAttribute>>
  readonly capacity?: Readonly<Record<string, DeviceCapacity>>
  readonly consumesCounters?: readonly DeviceCounterConsumption[]
  readonly nodeName?: string
  readonly nodeSelector?: NodeSelector
  readonly allNodes?: boolean
  readonly taints?: readonly DeviceTaint[]
  readonly bindsToNode?: boolean
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
  readonly allowMultipleAllocations?: boolean
  readonly nodeAllocatableResourceMappings?: Readonly<Record<string, NodeAllocatableResourceMapping>>
}

export interface DeviceAllocationConfiguration extends DeviceConfiguration {
  readonly source: 'FromClass' | 'FromClaim'
  readonly requests?: readonly string[]
}

export interface DeviceAllocationResult {
  readonly results?: readonly DeviceRequestAllocationResult[]
  readonly config?: readonly DeviceAllocationConfiguration[]
}

export interface DeviceAttribute {
  readonly int?: number
  readonly bool?: boolean
  readonly string?: string
  readonly version?: string
  readonly ints?: readonly number[]
  readonly bools?: readonly boolean[]
  readonly strings?: readonly string[]
  readonly versions?: readonly string[]
}

export interface DeviceCapacity {
  readonly value: string
  readonly requestPolicy?: CapacityRequestPolicy
}

export interface DeviceClaim {
  readonly requests?: readonly DeviceRequest[]
  readonly constraints?: readonly DeviceConstraint[]
  readonly config?: readonly DeviceClaimConfiguration[]
}

export interface DeviceClaimConfiguration extends DeviceConfiguration {
  readonly requests?: readonly string[]
}

export interface DeviceClass extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1'
  readonly kind: 'DeviceClass'
  readonly metadata: ObjectMeta
  readonly spec: DeviceClassSpec
}

export interface DeviceClassConfiguration extends DeviceConfiguration {
}

export interface DeviceClassList {
  readonly apiVersion?: 'resource.k8s.io/v1'
  readonly kind?: 'DeviceClassList'
  readonly metadata?: ListMeta
  readonly items: readonly DeviceClass[]
}

export interface DeviceClassSpec {
  readonly selectors?: readonly DeviceSelector[]
  readonly config?: readonly DeviceClassConfiguration[]
  readonly extendedResourceName?: string
}

export interface DeviceConfiguration {
  readonly opaque?: OpaqueDeviceConfiguration
}

export interface DeviceConstraint {
  readonly requests?: readonly string[]
  readonly matchAttribute?: string
  readonly distinctAttribute?: string
}

export interface DeviceCounterConsumption {
  readonly counterSet: string
  readonly counters: Readonly<Record<string, Counter>>
}

export interface DeviceRequest {
  readonly name: string
  readonly exactly?: ExactDeviceRequest
  readonly firstAvailable?: readonly DeviceSubRequest[]
}

export interface DeviceRequestAllocationResult {
  readonly request: string
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly adminAccess?: boolean
  readonly tolerations?: readonly DeviceToleration[]
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
  readonly shareID?: string
  readonly consumedCapacity?: Readonly<Record<string, string>>
}

export interface DeviceSelector {
  readonly cel?: CELDeviceSelector
}

export interface DeviceSubRequest {
  readonly name: string
  readonly deviceClassName: string
  readonly selectors?: readonly DeviceSelector[]
  readonly allocationMode?: 'ExactCount' | 'All'
  readonly count?: number
  readonly tolerations?: readonly DeviceToleration[]
  readonly capacity?: CapacityRequirements
}

export interface DeviceTaint {
  readonly key: string
  readonly value?: string
  readonly effect: 'None' | 'NoSchedule' | 'NoExecute'
  readonly timeAdded?: string
}

export interface DeviceTaintRule extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1beta2'
  readonly kind: 'DeviceTaintRule'
  readonly metadata: ObjectMeta
  readonly spec: DeviceTaintRuleSpec
  readonly status: DeviceTaintRuleStatus
}

export interface DeviceTaintRuleList {
  readonly apiVersion?: 'resource.k8s.io/v1beta2'
  readonly kind?: 'DeviceTaintRuleList'
  readonly metadata?: ListMeta
  readonly items: readonly DeviceTaintRule[]
}

export interface DeviceTaintRuleSpec {
  readonly deviceSelector?: DeviceTaintSelector
  readonly taint: ResourceV1beta2DeviceTaint
}

export interface DeviceTaintRuleStatus {
  readonly conditions?: readonly Condition[]
}

export interface DeviceTaintSelector {
  readonly driver?: string
  readonly pool?: string
  readonly device?: string
}

export interface DeviceToleration {
  readonly key?: string
  readonly operator?: 'Exists' | 'Equal'
  readonly value?: string
  readonly effect?: 'None' | 'NoSchedule' | 'NoExecute'
  readonly tolerationSeconds?: number
}

export interface DiscoveryV1EndpointPort {
  readonly name?: string
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP'
  readonly port?: number
  readonly appProtocol?: string
}

export interface DownwardAPIProjection {
  readonly items?: readonly DownwardAPIVolumeFile[]
}

export interface DownwardAPIVolumeFile {
  readonly path: string
  readonly fieldRef?: ObjectFieldSelector
  readonly resourceFieldRef?: ResourceFieldSelector
  readonly mode?: number
}

export interface DownwardAPIVolumeSource {
  readonly items?: readonly DownwardAPIVolumeFile[]
  readonly defaultMode?: number
}

export interface EmptyDirVolumeSource {
  readonly medium?: string
  readonly sizeLimit?: string
}

export interface Endpoint {
  readonly addresses: readonly string[]
  readonly conditions?: EndpointConditions
  readonly hostname?: string
  readonly targetRef?: ObjectReference
  readonly deprecatedTopology?: Readonly<Record<string, string>>
  readonly nodeName?: string
  readonly zone?: string
  readonly hints?: EndpointHints
}

export interface EndpointAddress {
  readonly ip: string
  readonly hostname?: string
  readonly nodeName?: string
  readonly targetRef?: ObjectReference
}

export interface EndpointConditions {
  readonly ready?: boolean
  readonly serving?: boolean
  readonly terminating?: boolean
}

export interface EndpointHints {
  readonly forZones?: readonly ForZone[]
  readonly forNodes?: readonly ForNode[]
}

export interface EndpointPort {
  readonly name?: string
  readonly port: number
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP'
  readonly appProtocol?: string
}

export interface EndpointSlice extends KubeObject {
  readonly apiVersion: 'discovery.k8s.io/v1'
  readonly kind: 'EndpointSlice'
  readonly metadata: ObjectMeta
  readonly addressType: 'FQDN' | 'IPv4' | 'IPv6'
  readonly endpoints?: readonly Endpoint[]
  readonly ports?: readonly DiscoveryV1EndpointPort[]
}

export interface EndpointSliceList {
  readonly apiVersion?: 'discovery.k8s.io/v1'
  readonly kind?: 'EndpointSliceList'
  readonly metadata?: ListMeta
  readonly items: readonly EndpointSlice[]
}

export interface EndpointSubset {
  readonly addresses?: readonly EndpointAddress[]
  readonly notReadyAddresses?: readonly EndpointAddress[]
  readonly ports?: readonly EndpointPort[]
}

export interface Endpoints extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Endpoints'
  readonly metadata: ObjectMeta
  readonly subsets?: readonly EndpointSubset[]
}

export interface EndpointsList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'EndpointsList'
  readonly metadata?: ListMeta
  readonly items: readonly Endpoints[]
}

export interface EnvFromSource {
  readonly prefix?: string
  readonly configMapRef?: ConfigMapEnvSource
  readonly secretRef?: SecretEnvSource
}

export interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: EnvVarSource
}

export interface EnvVarSource {
  readonly fieldRef?: ObjectFieldSelector
  readonly resourceFieldRef?: ResourceFieldSelector
  readonly configMapKeyRef?: ConfigMapKeySelector
  readonly secretKeyRef?: SecretKeySelector
  readonly fileKeyRef?: FileKeySelector
}

export interface EphemeralContainer extends EphemeralContainerCommon {
  readonly targetContainerName?: string
}

export interface EphemeralContainerCommon {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly ports?: readonly ContainerPort[]
  readonly envFrom?: readonly EnvFromSource[]
  readonly env?: readonly EnvVar[]
  readonly resources?: ResourceRequirements
  readonly resizePolicy?: readonly ContainerResizePolicy[]
  readonly restartPolicy?: string
  readonly restartPolicyRules?: readonly ContainerRestartRule[]
  readonly volumeMounts?: readonly VolumeMount[]
  readonly volumeDevices?: readonly VolumeDevice[]
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly startupProbe?: Probe
  readonly lifecycle?: Lifecycle
  readonly terminationMessagePath?: string
  readonly terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError'
  readonly imagePullPolicy?: 'Always' | 'Never' | 'IfNotPresent'
  readonly securityContext?: SecurityContext
  readonly stdin?: boolean
  readonly stdinOnce?: boolean
  readonly tty?: boolean
}

export interface EphemeralVolumeSource {
  readonly volumeClaimTemplate?: PersistentVolumeClaimTemplate
}

export interface Event extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Event'
  readonly metadata: ObjectMeta
  readonly involvedObject: ObjectReference
  readonly reason?: string
  readonly message?: string
  readonly source?: EventSource
  readonly firstTimestamp?: string
  readonly lastTimestamp?: string
  readonly count?: number
  readonly type?: string
  readonly eventTime?: string
  readonly series?: EventSeries
  readonly action?: string
  readonly related?: ObjectReference
  readonly reportingComponent?: string
  readonly reportingInstance?: string
}

export interface EventList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'EventList'
  readonly metadata?: ListMeta
  readonly items: readonly Event[]
}

export interface EventSeries {
  readonly count?: number
  readonly lastObservedTime?: string
}

export interface EventSource {
  readonly component?: string
  readonly host?: string
}

export interface EventsV1Event extends KubeObject {
  readonly apiVersion: 'events.k8s.io/v1'
  readonly kind: 'Event'
  readonly metadata: ObjectMeta
  readonly eventTime: string
  readonly series?: EventsV1EventSeries
  readonly reportingController?: string
  readonly reportingInstance?: string
  readonly action?: string
  readonly reason?: string
  readonly regarding?: ObjectReference
  readonly related?: ObjectReference
  readonly note?: string
  readonly type?: string
  readonly deprecatedSource?: EventSource
  readonly deprecatedFirstTimestamp?: string
  readonly deprecatedLastTimestamp?: string
  readonly deprecatedCount?: number
}

export interface EventsV1EventList {
  readonly apiVersion?: 'events.k8s.io/v1'
  readonly kind?: 'EventList'
  readonly metadata?: ListMeta
  readonly items: readonly EventsV1Event[]
}

export interface EventsV1EventSeries {
  readonly count: number
  readonly lastObservedTime: string
}

export interface Eviction extends KubeObject {
  readonly apiVersion: 'policy/v1'
  readonly kind: 'Eviction'
  readonly metadata: ObjectMeta
  readonly deleteOptions?: DeleteOptions
}

export interface ExactDeviceRequest {
  readonly deviceClassName: string
  readonly selectors?: readonly DeviceSelector[]
  readonly allocationMode?: 'ExactCount' | 'All'
  readonly count?: number
  readonly adminAccess?: boolean
  readonly tolerations?: readonly DeviceToleration[]
  readonly capacity?: CapacityRequirements
}

export interface ExecAction {
  readonly command?: readonly string[]
}

export interface ExemptPriorityLevelConfiguration {
  readonly nominalConcurrencyShares?: number
  readonly lendablePercent?: number
}

export interface ExpressionWarning {
  readonly fieldRef: string
  readonly warning: string
}

export interface ExternalDocumentation {
  readonly description?: string
  readonly url?: string
}

export interface ExternalMetricSource {
  readonly metric: MetricIdentifier
  readonly target: MetricTarget
}

export interface ExternalMetricStatus {
  readonly metric: MetricIdentifier
  readonly current: MetricValueStatus
}

export interface ExternalMetricValue {
  readonly apiVersion?: 'external.metrics.k8s.io/v1beta1'
  readonly kind?: 'ExternalMetricValue'
  readonly metricName: string
  readonly metricLabels: Readonly<Record<string, string>>
  readonly timestamp: string
  readonly window?: number
  readonly value: string
}

export interface ExternalMetricValueList {
  readonly apiVersion?: 'external.metrics.k8s.io/v1beta1'
  readonly kind?: 'ExternalMetricValueList'
  readonly metadata?: ListMeta
  readonly items: readonly ExternalMetricValue[]
}

export interface FCVolumeSource {
  readonly targetWWNs?: readonly string[]
  readonly lun?: number
  readonly fsType?: string
  readonly readOnly?: boolean
  readonly wwids?: readonly string[]
}

export interface FieldSelectorAttributes {
  readonly rawSelector?: string
  readonly requirements?: readonly FieldSelectorRequirement[]
}

export interface FieldSelectorRequirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

export interface FileKeySelector {
  readonly volumeName: string
  readonly path: string
  readonly key: string
  readonly optional?: boolean
}

export interface FlexPersistentVolumeSource {
  readonly driver: string
  readonly fsType?: string
  readonly secretRef?: SecretReference
  readonly readOnly?: boolean
  readonly options?: Readonly<Record<string, string>>
}

export interface FlexVolumeSource {
  readonly driver: string
  readonly fsType?: string
  readonly secretRef?: LocalObjectReference
  readonly readOnly?: boolean
  readonly options?: Readonly<Record<string, string>>
}

export interface FlockerVolumeSource {
  readonly datasetName?: string
  readonly datasetUUID?: string
}

export interface FlowDistinguisherMethod {
  readonly type: string
}

export interface FlowSchema extends KubeObject {
  readonly apiVersion: 'flowcontrol.apiserver.k8s.io/v1'
  readonly kind: 'FlowSchema'
  readonly metadata: ObjectMeta
  readonly spec: FlowSchemaSpec
  readonly status: FlowSchemaStatus
}

export interface FlowSchemaCondition {
  readonly type?: string
  readonly status?: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface FlowSchemaList {
  readonly apiVersion?: 'flowcontrol.apiserver.k8s.io/v1'
  readonly kind?: 'FlowSchemaList'
  readonly metadata?: ListMeta
  readonly items: readonly FlowSchema[]
}

export interface FlowSchemaSpec {
  readonly priorityLevelConfiguration: PriorityLevelConfigurationReference
  readonly matchingPrecedence?: number
  readonly distinguisherMethod?: FlowDistinguisherMethod
  readonly rules?: readonly PolicyRulesWithSubjects[]
}

export interface FlowSchemaStatus {
  readonly conditions?: readonly FlowSchemaCondition[]
}

export interface FlowcontrolV1Subject {
  readonly kind: string
  readonly user?: UserSubject
  readonly group?: GroupSubject
  readonly serviceAccount?: ServiceAccountSubject
}

export interface ForNode {
  readonly name: string
}

export interface ForZone {
  readonly name: string
}

export interface GCEPersistentDiskVolumeSource {
  readonly pdName: string
  readonly fsType?: string
  readonly partition?: number
  readonly readOnly?: boolean
}

export interface GRPCAction {
  readonly port: number
  readonly service?: string
}

export interface GangSchedulingPolicy {
  readonly minCount: number
}

export interface GetOptions {
  readonly apiVersion?: string
  readonly kind?: string
  readonly resourceVersion?: string
}

export interface GitRepoVolumeSource {
  readonly repository: string
  readonly revision?: string
  readonly directory?: string
}

export interface GlusterfsPersistentVolumeSource {
  readonly endpoints: string
  readonly path: string
  readonly readOnly?: boolean
  readonly endpointsNamespace?: string
}

export interface GlusterfsVolumeSource {
  readonly endpoints: string
  readonly path: string
  readonly readOnly?: boolean
}

export interface GroupKind {
  readonly group: string
  readonly kind: string
}

export interface GroupResource {
  readonly group: string
  readonly resource: string
}

export interface GroupResources {
  readonly group?: string
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

export interface GroupSnapshotHandles {
  readonly volumeGroupSnapshotHandle: string
  readonly volumeSnapshotHandles: readonly string[]
}

export interface GroupSubject {
  readonly name: string
}

export interface GroupVersion {
  readonly group: string
  readonly version: string
}

export interface GroupVersionForDiscovery {
  readonly groupVersion: string
  readonly version: string
}

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface GroupVersionResource {
  readonly group: string
  readonly version: string
  readonly resource: string
}

export interface GroupsnapshotV1beta1GroupSnapshotHandles {
  readonly volumeGroupSnapshotHandle: string
  readonly volumeSnapshotHandles: readonly string[]
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshot extends KubeObject {
  readonly apiVersion: 'groupsnapshot.storage.k8s.io/v1beta1'
  readonly kind: 'VolumeGroupSnapshot'
  readonly metadata: ObjectMeta
  readonly spec: GroupsnapshotV1beta1VolumeGroupSnapshotSpec
  readonly status?: GroupsnapshotV1beta1VolumeGroupSnapshotStatus
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshotClass extends KubeObject {
  readonly apiVersion: 'groupsnapshot.storage.k8s.io/v1beta1'
  readonly kind: 'VolumeGroupSnapshotClass'
  readonly metadata: ObjectMeta
  readonly driver: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly deletionPolicy: string
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshotClassList {
  readonly apiVersion?: 'groupsnapshot.storage.k8s.io/v1beta1'
  readonly kind?: 'VolumeGroupSnapshotClassList'
  readonly metadata?: ListMeta
  readonly items: readonly GroupsnapshotV1beta1VolumeGroupSnapshotClass[]
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshotContent extends KubeObject {
  readonly apiVersion: 'groupsnapshot.storage.k8s.io/v1beta1'
  readonly kind: 'VolumeGroupSnapshotContent'
  readonly metadata: ObjectMeta
  readonly spec: GroupsnapshotV1beta1VolumeGroupSnapshotContentSpec
  readonly status?: GroupsnapshotV1beta1VolumeGroupSnapshotContentStatus
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshotContentList {
  readonly apiVersion?: 'groupsnapshot.storage.k8s.io/v1beta1'
  readonly kind?: 'VolumeGroupSnapshotContentList'
  readonly metadata?: ListMeta
  readonly items: readonly GroupsnapshotV1beta1VolumeGroupSnapshotContent[]
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshotContentSource {
  readonly volumeHandles?: readonly string[]
  readonly groupSnapshotHandles?: GroupsnapshotV1beta1GroupSnapshotHandles
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshotContentSpec {
  readonly volumeGroupSnapshotRef: ObjectReference
  readonly deletionPolicy: string
  readonly driver: string
  readonly volumeGroupSnapshotClassName?: string
  readonly source: GroupsnapshotV1beta1VolumeGroupSnapshotContentSource
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshotContentStatus {
  readonly volumeGroupSnapshotHandle?: string
  readonly creationTime?: string
  readonly readyToUse?: boolean
  readonly error?: VolumeSnapshotError
  readonly volumeSnapshotHandlePairList?: readonly GroupsnapshotV1beta1VolumeSnapshotHandlePair[]
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshotList {
  readonly apiVersion?: 'groupsnapshot.storage.k8s.io/v1beta1'
  readonly kind?: 'VolumeGroupSnapshotList'
  readonly metadata?: ListMeta
  readonly items: readonly GroupsnapshotV1beta1VolumeGroupSnapshot[]
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshotSource {
  readonly selector?: LabelSelector
  readonly volumeGroupSnapshotContentName?: string
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshotSpec {
  readonly source: GroupsnapshotV1beta1VolumeGroupSnapshotSource
  readonly volumeGroupSnapshotClassName?: string
}

export interface GroupsnapshotV1beta1VolumeGroupSnapshotStatus {
  readonly boundVolumeGroupSnapshotContentName?: string
  readonly creationTime?: string
  readonly readyToUse?: boolean
  readonly error?: VolumeSnapshotError
}

export interface GroupsnapshotV1beta1VolumeSnapshotHandlePair {
  readonly volumeHandle: string
  readonly snapshotHandle: string
}

export interface GroupsnapshotV1beta2GroupSnapshotHandles {
  readonly volumeGroupSnapshotHandle: string
  readonly volumeSnapshotHandles: readonly string[]
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshot extends KubeObject {
  readonly apiVersion: 'groupsnapshot.storage.k8s.io/v1beta2'
  readonly kind: 'VolumeGroupSnapshot'
  readonly metadata: ObjectMeta
  readonly spec: GroupsnapshotV1beta2VolumeGroupSnapshotSpec
  readonly status?: GroupsnapshotV1beta2VolumeGroupSnapshotStatus
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshotClass extends KubeObject {
  readonly apiVersion: 'groupsnapshot.storage.k8s.io/v1beta2'
  readonly kind: 'VolumeGroupSnapshotClass'
  readonly metadata: ObjectMeta
  readonly driver: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly deletionPolicy: string
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshotClassList {
  readonly apiVersion?: 'groupsnapshot.storage.k8s.io/v1beta2'
  readonly kind?: 'VolumeGroupSnapshotClassList'
  readonly metadata?: ListMeta
  readonly items: readonly GroupsnapshotV1beta2VolumeGroupSnapshotClass[]
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshotContent extends KubeObject {
  readonly apiVersion: 'groupsnapshot.storage.k8s.io/v1beta2'
  readonly kind: 'VolumeGroupSnapshotContent'
  readonly metadata: ObjectMeta
  readonly spec: GroupsnapshotV1beta2VolumeGroupSnapshotContentSpec
  readonly status?: GroupsnapshotV1beta2VolumeGroupSnapshotContentStatus
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshotContentList {
  readonly apiVersion?: 'groupsnapshot.storage.k8s.io/v1beta2'
  readonly kind?: 'VolumeGroupSnapshotContentList'
  readonly metadata?: ListMeta
  readonly items: readonly GroupsnapshotV1beta2VolumeGroupSnapshotContent[]
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshotContentSource {
  readonly volumeHandles?: readonly string[]
  readonly groupSnapshotHandles?: GroupsnapshotV1beta2GroupSnapshotHandles
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshotContentSpec {
  readonly volumeGroupSnapshotRef: ObjectReference
  readonly deletionPolicy: string
  readonly driver: string
  readonly volumeGroupSnapshotClassName?: string
  readonly source: GroupsnapshotV1beta2VolumeGroupSnapshotContentSource
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshotContentStatus {
  readonly volumeGroupSnapshotHandle?: string
  readonly creationTime?: string
  readonly readyToUse?: boolean
  readonly error?: VolumeSnapshotError
  readonly volumeSnapshotInfoList?: readonly GroupsnapshotV1beta2VolumeSnapshotInfo[]
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshotList {
  readonly apiVersion?: 'groupsnapshot.storage.k8s.io/v1beta2'
  readonly kind?: 'VolumeGroupSnapshotList'
  readonly metadata?: ListMeta
  readonly items: readonly GroupsnapshotV1beta2VolumeGroupSnapshot[]
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshotSource {
  readonly selector?: LabelSelector
  readonly volumeGroupSnapshotContentName?: string
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshotSpec {
  readonly source: GroupsnapshotV1beta2VolumeGroupSnapshotSource
  readonly volumeGroupSnapshotClassName?: string
}

export interface GroupsnapshotV1beta2VolumeGroupSnapshotStatus {
  readonly boundVolumeGroupSnapshotContentName?: string
  readonly creationTime?: string
  readonly readyToUse?: boolean
  readonly error?: VolumeSnapshotError
}

export interface GroupsnapshotV1beta2VolumeSnapshotHandlePair {
  readonly volumeHandle: string
  readonly snapshotHandle: string
}

export interface GroupsnapshotV1beta2VolumeSnapshotInfo {
  readonly volumeHandle?: string
  readonly snapshotHandle?: string
  readonly creationTime?: number
  readonly readyToUse?: boolean
  readonly restoreSize?: number
}

export interface HPAScalingPolicy {
  readonly type: string
  readonly value: number
  readonly periodSeconds: number
}

export interface HPAScalingRules {
  readonly stabilizationWindowSeconds?: number
  readonly selectPolicy?: string
  readonly policies?: readonly HPAScalingPolicy[]
  readonly tolerance?: string
}

export interface HTTPGetAction {
  readonly path?: string
  readonly port: number | string
  readonly host?: string
  readonly scheme?: 'HTTP' | 'HTTPS'
  readonly httpHeaders?: readonly HTTPHeader[]
}

export interface HTTPHeader {
  readonly name: string
  readonly value: string
}

export interface HTTPIngressPath {
  readonly path?: string
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific'
  readonly backend: IngressBackend
}

export interface HTTPIngressRuleValue {
  readonly paths: readonly HTTPIngressPath[]
}

export interface HorizontalPodAutoscaler extends KubeObject {
  readonly apiVersion: 'autoscaling/v2'
  readonly kind: 'HorizontalPodAutoscaler'
  readonly metadata: ObjectMeta
  readonly spec: HorizontalPodAutoscalerSpec
  readonly status: HorizontalPodAutoscalerStatus
}

export interface HorizontalPodAutoscalerBehavior {
  readonly scaleUp?: HPAScalingRules
  readonly scaleDown?: HPAScalingRules
}

export interface HorizontalPodAutoscalerCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface HorizontalPodAutoscalerList {
  readonly apiVersion?: 'autoscaling/v2'
  readonly kind?: 'HorizontalPodAutoscalerList'
  readonly metadata?: ListMeta
  readonly items: readonly HorizontalPodAutoscaler[]
}

export interface HorizontalPodAutoscalerSpec {
  readonly scaleTargetRef: CrossVersionObjectReference
  readonly minReplicas?: number
  readonly maxReplicas: number
  readonly metrics?: readonly MetricSpec[]
  readonly behavior?: HorizontalPodAutoscalerBehavior
}

export interface HorizontalPodAutoscalerStatus {
  readonly observedGeneration?: number
  readonly lastScaleTime?: string
  readonly currentReplicas?: number
  readonly desiredReplicas: number
  readonly currentMetrics?: readonly MetricStatus[]
  readonly conditions?: readonly HorizontalPodAutoscalerCondition[]
}

export interface HostAlias {
  readonly ip: string
  readonly hostnames?: readonly string[]
}

export interface HostIP {
  readonly ip: string
}

export interface HostPathVolumeSource {
  readonly path: string
  readonly type?: '' | 'DirectoryOrCreate' | 'Directory' | 'FileOrCreate' | 'File' | 'Socket' | 'CharDevice' | 'BlockDevice'
}

export interface IPAddress extends KubeObject {
  readonly apiVersion: 'networking.k8s.io/v1'
  readonly kind: 'IPAddress'
  readonly metadata: ObjectMeta
  readonly spec: IPAddressSpec
}

export interface IPAddressList {
  readonly apiVersion?: 'networking.k8s.io/v1'
  readonly kind?: 'IPAddressList'
  readonly metadata?: ListMeta
  readonly items: readonly IPAddress[]
}

export interface IPAddressSpec {
  readonly parentRef: ParentReference
}

export interface IPBlock {
  readonly cidr: string
  readonly except?: readonly string[]
}

export interface ISCSIPersistentVolumeSource {
  readonly targetPortal: string
  readonly iqn: string
  readonly lun: number
  readonly iscsiInterface?: string
  readonly fsType?: string
  readonly readOnly?: boolean
  readonly portals?: readonly string[]
  readonly chapAuthDiscovery?: boolean
  readonly chapAuthSession?: boolean
  readonly secretRef?: SecretReference
  readonly initiatorName?: string
}

export interface ISCSIVolumeSource {
  readonly targetPortal: string
  readonly iqn: string
  readonly lun: number
  readonly iscsiInterface?: string
  readonly fsType?: string
  readonly readOnly?: boolean
  readonly portals?: readonly string[]
  readonly chapAuthDiscovery?: boolean
  readonly chapAuthSession?: boolean
  readonly secretRef?: LocalObjectReference
  readonly initiatorName?: string
}

export interface ImageReview extends KubeObject {
  readonly apiVersion: 'imagepolicy.k8s.io/v1alpha1'
  readonly kind: 'ImageReview'
  readonly metadata: ObjectMeta
  readonly spec: ImageReviewSpec
  readonly status: ImageReviewStatus
}

export interface ImageReviewContainerSpec {
  readonly image?: string
}

export interface ImageReviewSpec {
  readonly containers?: readonly ImageReviewContainerSpec[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly namespace?: string
}

export interface ImageReviewStatus {
  readonly allowed?: boolean
  readonly reason?: string
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

export interface ImageVolumeSource {
  readonly reference?: string
  readonly pullPolicy?: 'Always' | 'Never' | 'IfNotPresent'
}

export interface ImageVolumeStatus {
  readonly imageRef: string
}

export interface Info {
  readonly major: string
  readonly minor: string
  readonly emulationMajor?: string
  readonly emulationMinor?: string
  readonly minCompatibilityMajor?: string
  readonly minCompatibilityMinor?: string
  readonly gitVersion: string
  readonly gitCommit: string
  readonly gitTreeState: string
  readonly buildDate: string
  readonly goVersion: string
  readonly compiler: string
  readonly platform: string
}

export interface Ingress extends KubeObject {
  readonly apiVersion: 'networking.k8s.io/v1'
  readonly kind: 'Ingress'
  readonly metadata: ObjectMeta
  readonly spec: IngressSpec
  readonly status: IngressStatus
}

export interface IngressBackend {
  readonly service?: IngressServiceBackend
  readonly resource?: TypedLocalObjectReference
}

export interface IngressClass extends KubeObject {
  readonly apiVersion: 'networking.k8s.io/v1'
  readonly kind: 'IngressClass'
  readonly metadata: ObjectMeta
  readonly spec: IngressClassSpec
}

export interface IngressClassList {
  readonly apiVersion?: 'networking.k8s.io/v1'
  readonly kind?: 'IngressClassList'
  readonly metadata?: ListMeta
  readonly items: readonly IngressClass[]
}

export interface IngressClassParametersReference {
  readonly apiGroup?: string
  readonly kind: string
  readonly name: string
  readonly scope?: string
  readonly namespace?: string
}

export interface IngressClassSpec {
  readonly controller?: string
  readonly parameters?: IngressClassParametersReference
}

export interface IngressList {
  readonly apiVersion?: 'networking.k8s.io/v1'
  readonly kind?: 'IngressList'
  readonly metadata?: ListMeta
  readonly items: readonly Ingress[]
}

export interface IngressLoadBalancerIngress {
  readonly ip?: string
  readonly hostname?: string
  readonly ports?: readonly IngressPortStatus[]
}

export interface IngressLoadBalancerStatus {
  readonly ingress?: readonly IngressLoadBalancerIngress[]
}

export interface IngressPortStatus {
  readonly port: number
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly error?: string
}

export interface IngressRule extends IngressRuleValue {
  readonly host?: string
}

export interface IngressRuleValue {
  readonly http?: HTTPIngressRuleValue
}

export interface IngressServiceBackend {
  readonly name: string
  readonly port?: ServiceBackendPort
}

export interface IngressSpec {
  readonly ingressClassName?: string
  readonly defaultBackend?: IngressBackend
  readonly tls?: readonly IngressTLS[]
  readonly rules?: readonly IngressRule[]
}

export interface IngressStatus {
  readonly loadBalancer?: IngressLoadBalancerStatus
}

export interface IngressTLS {
  readonly hosts?: readonly string[]
  readonly secretName?: string
}

export interface JSONPatch {
  readonly expression?: string
}

export interface JSONSchemaProps {
  readonly id?: string
  readonly '$schema'?: string
  readonly '$ref'?: string
  readonly description?: string
  readonly type?: string
  readonly format?: string
  readonly title?: string
  readonly default?: unknown
  readonly maximum?: number
  readonly exclusiveMaximum?: boolean
  readonly minimum?: number
  readonly exclusiveMinimum?: boolean
  readonly maxLength?: number
  readonly minLength?: number
  readonly pattern?: string
  readonly maxItems?: number
  readonly minItems?: number
  readonly uniqueItems?: boolean
  readonly multipleOf?: number
  readonly enum?: readonly unknown[]
  readonly maxProperties?: number
  readonly minProperties?: number
  readonly required?: readonly string[]
  readonly items?: JSONSchemaPropsOrArray
  readonly allOf?: readonly JSONSchemaProps[]
  readonly oneOf?: readonly JSONSchemaProps[]
  readonly anyOf?: readonly JSONSchemaProps[]
  readonly not?: JSONSchemaProps
  readonly properties?: Readonly<Record<string, JSONSchemaProps>>
  readonly additionalProperties?: JSONSchemaPropsOrBool
  readonly patternProperties?: Readonly<Record<string, JSONSchemaProps>>
  readonly dependencies?: Readonly<Record<string, JSONSchemaPropsOrStringArray>>
  readonly additionalItems?: JSONSchemaPropsOrBool
  readonly definitions?: Readonly<Record<string, JSONSchemaProps>>
  readonly externalDocs?: ExternalDocumentation
  readonly example?: unknown
  readonly nullable?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[]
}

export type JSONSchemaPropsOrArray = JSONSchemaProps | readonly JSONSchemaProps[]

export type JSONSchemaPropsOrBool = JSONSchemaProps | boolean

export type JSONSchemaPropsOrStringArray = JSONSchemaProps | readonly string[]

export interface Job extends KubeObject {
  readonly apiVersion: 'batch/v1'
  readonly kind: 'Job'
  readonly metadata: ObjectMeta
  readonly spec: JobSpec
  readonly status: JobStatus
}

export interface JobCondition {
  readonly type: string
  readonly status: string
  readonly lastProbeTime?: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface JobList {
  readonly apiVersion?: 'batch/v1'
  readonly kind?: 'JobList'
  readonly metadata?: ListMeta
  readonly items: readonly Job[]
}

export interface JobSpec {
  readonly parallelism?: number
  readonly completions?: number
  readonly activeDeadlineSeconds?: number
  readonly podFailurePolicy?: PodFailurePolicy
  readonly successPolicy?: SuccessPolicy
  readonly backoffLimit?: number
  readonly backoffLimitPerIndex?: number
  readonly maxFailedIndexes?: number
  readonly selector?: LabelSelector
  readonly manualSelector?: boolean
  readonly template: PodTemplateSpec
  readonly ttlSecondsAfterFinished?: number
  readonly completionMode?: 'NonIndexed' | 'Indexed'
  readonly suspend?: boolean
  readonly podReplacementPolicy?: 'TerminatingOrFailed' | 'Failed'
  readonly managedBy?: string
}

export interface JobStatus {
  readonly conditions?: readonly JobCondition[]
  readonly startTime?: string
  readonly completionTime?: string
  readonly active?: number
  readonly succeeded?: number
  readonly failed?: number
  readonly terminating?: number
  readonly completedIndexes?: string
  readonly failedIndexes?: string
  readonly uncountedTerminatedPods?: UncountedTerminatedPods
  readonly ready?: number
}

export interface JobTemplateSpec {
  readonly metadata?: Partial<ObjectMeta>
  readonly spec: JobSpec
}

export interface KeyToPath {
  readonly key: string
  readonly path: string
  readonly mode?: number
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly LabelSelectorRequirement[]
}

export interface LabelSelectorAttributes {
  readonly rawSelector?: string
  readonly requirements?: readonly LabelSelectorRequirement[]
}

export interface LabelSelectorRequirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

export interface Lease extends KubeObject {
  readonly apiVersion: 'coordination.k8s.io/v1'
  readonly kind: 'Lease'
  readonly metadata: ObjectMeta
  readonly spec: LeaseSpec
}

export interface LeaseCandidate extends KubeObject {
  readonly apiVersion: 'coordination.k8s.io/v1beta1'
  readonly kind: 'LeaseCandidate'
  readonly metadata: ObjectMeta
  readonly spec: LeaseCandidateSpec
}

export interface LeaseCandidateList {
  readonly apiVersion?: 'coordination.k8s.io/v1beta1'
  readonly kind?: 'LeaseCandidateList'
  readonly metadata?: ListMeta
  readonly items: readonly LeaseCandidate[]
}

export interface LeaseCandidateSpec {
  readonly leaseName: string
  readonly pingTime?: string
  readonly renewTime?: string
  readonly binaryVersion: string
  readonly emulationVersion?: string
  readonly strategy: string
}

export interface LeaseList {
  readonly apiVersion?: 'coordination.k8s.io/v1'
  readonly kind?: 'LeaseList'
  readonly metadata?: ListMeta
  readonly items: readonly Lease[]
}

export interface LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
  readonly leaseTransitions?: number
  readonly strategy?: string
  readonly preferredHolder?: string
}

export interface Lifecycle {
  readonly postStart?: LifecycleHandler
  readonly preStop?: LifecycleHandler
  readonly stopSignal?: 'SIGABRT' | 'SIGALRM' | 'SIGBUS' | 'SIGCHLD' | 'SIGCLD' | 'SIGCONT' | 'SIGFPE' | 'SIGHUP' | 'SIGILL' | 'SIGINT' | 'SIGIO' | 'SIGIOT' | 'SIGKILL' | 'SIGPIPE' | 'SIGPOLL' | 'SIGPROF' | 'SIGPWR' | 'SIGQUIT' | 'SIGSEGV' | 'SIGSTKFLT' | 'SIGSTOP' | 'SIGSYS' | 'SIGTERM' | 'SIGTRAP' | 'SIGTSTP' | 'SIGTTIN' | 'SIGTTOU' | 'SIGURG' | 'SIGUSR1' | 'SIGUSR2' | 'SIGVTALRM' | 'SIGWINCH' | 'SIGXCPU' | 'SIGXFSZ' | 'SIGRTMIN' | 'SIGRTMAX-14' | 'SIGRTMAX-13' | 'SIGRTMAX-12' | 'SIGRTMAX-11' | 'SIGRTMAX-10' | 'SIGRTMAX-9' | 'SIGRTMAX-8' | 'SIGRTMAX-7' | 'SIGRTMAX-6' | 'SIGRTMAX-5' | 'SIGRTMAX-4' | 'SIGRTMAX-3' | 'SIGRTMAX-2' | 'SIGRTMAX-1' | 'SIGRTMAX'
}

export interface LifecycleHandler {
  readonly exec?: ExecAction
  readonly httpGet?: HTTPGetAction
  readonly tcpSocket?: TCPSocketAction
  readonly sleep?: SleepAction
}

export interface LimitRange extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'LimitRange'
  readonly metadata: ObjectMeta
  readonly spec: LimitRangeSpec
}

export interface LimitRangeItem {
  readonly type: string
  readonly max?: Readonly<Record<string, string>>
  readonly min?: Readonly<Record<string, string>>
  readonly default?: Readonly<Record<string, string>>
  readonly defaultRequest?: Readonly<Record<string, string>>
  readonly maxLimitRequestRatio?: Readonly<Record<string, string>>
}

export interface LimitRangeList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'LimitRangeList'
  readonly metadata?: ListMeta
  readonly items: readonly LimitRange[]
}

export interface LimitRangeSpec {
  readonly limits: readonly LimitRangeItem[]
}

export interface LimitResponse {
  readonly type: string
  readonly queuing?: QueuingConfiguration
}

export interface LimitedPriorityLevelConfiguration {
  readonly nominalConcurrencyShares?: number
  readonly limitResponse?: LimitResponse
  readonly lendablePercent?: number
  readonly borrowingLimitPercent?: number
}

export interface LinuxContainerUser {
  readonly uid: number
  readonly gid: number
  readonly supplementalGroups?: readonly number[]
}

export interface List {
  readonly apiVersion?: 'v1'
  readonly kind?: 'List'
  readonly metadata?: ListMeta
  readonly items: readonly unknown[]
}

export interface ListMeta {
  readonly selfLink?: string
  readonly resourceVersion?: string
  readonly continue?: string
  readonly remainingItemCount?: number
  readonly shardInfo?: ShardInfo
}

export interface ListOptions {
  readonly apiVersion?: string
  readonly kind?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly watch?: boolean
  readonly allowWatchBookmarks?: boolean
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: string
  readonly timeoutSeconds?: number
  readonly limit?: number
  readonly continue?: string
  readonly sendInitialEvents?: boolean
  readonly shardSelector?: string
}

export interface LoadBalancerIngress {
  readonly ip?: string
  readonly hostname?: string
  readonly ipMode?: string
  readonly ports?: readonly PortStatus[]
}

export interface LoadBalancerStatus {
  readonly ingress?: readonly LoadBalancerIngress[]
}

export interface LocalObjectReference {
  readonly name?: string
}

export interface LocalSubjectAccessReview extends KubeObject {
  readonly apiVersion: 'authorization.k8s.io/v1'
  readonly kind: 'LocalSubjectAccessReview'
  readonly metadata: ObjectMeta
  readonly spec: SubjectAccessReviewSpec
  readonly status: SubjectAccessReviewStatus
}

export interface LocalVolumeSource {
  readonly path: string
  readonly fsType?: string
}

export interface MatchCondition {
  readonly name: string
  readonly expression: string
}

export interface MatchResources {
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly resourceRules?: readonly NamedRuleWithOperations[]
  readonly excludeResourceRules?: readonly NamedRuleWithOperations[]
  readonly matchPolicy?: 'Exact' | 'Equivalent'
}

export interface MetaV1List {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: ListMeta
  readonly items: readonly unknown[]
}

export interface MetaV1beta1PartialObjectMetadataList {
  readonly apiVersion?: 'meta.k8s.io/v1beta1'
  readonly kind?: 'PartialObjectMetadataList'
  readonly metadata?: ListMeta
  readonly items: readonly PartialObjectMetadata[]
}

export interface MetricIdentifier {
  readonly name: string
  readonly selector?: LabelSelector
}

export interface MetricListOptions {
  readonly apiVersion?: 'custom.metrics.k8s.io/v1beta2'
  readonly kind?: 'MetricListOptions'
  readonly labelSelector?: string
  readonly metricLabelSelector?: string
}

export interface MetricSpec {
  readonly type: string
  readonly object?: ObjectMetricSource
  readonly pods?: PodsMetricSource
  readonly resource?: ResourceMetricSource
  readonly containerResource?: ContainerResourceMetricSource
  readonly external?: ExternalMetricSource
}

export interface MetricStatus {
  readonly type: string
  readonly object?: ObjectMetricStatus
  readonly pods?: PodsMetricStatus
  readonly resource?: ResourceMetricStatus
  readonly containerResource?: ContainerResourceMetricStatus
  readonly external?: ExternalMetricStatus
}

export interface MetricTarget {
  readonly type: string
  readonly value?: string
  readonly averageValue?: string
  readonly averageUtilization?: number
}

export interface MetricValue {
  readonly apiVersion?: 'custom.metrics.k8s.io/v1beta2'
  readonly kind?: 'MetricValue'
  readonly describedObject: ObjectReference
  readonly metric: CustomMetricsV1beta2MetricIdentifier
  readonly timestamp: string
  readonly windowSeconds?: number
  readonly value: string
}

export interface MetricValueList {
  readonly apiVersion?: 'custom.metrics.k8s.io/v1beta2'
  readonly kind?: 'MetricValueList'
  readonly metadata?: ListMeta
  readonly items: readonly MetricValue[]
}

export interface MetricValueStatus {
  readonly value?: string
  readonly averageValue?: string
  readonly averageUtilization?: number
}

export interface ModifyVolumeStatus {
  readonly targetVolumeAttributesClassName?: string
  readonly status: 'Pending' | 'InProgress' | 'Infeasible'
}

export interface MutatingAdmissionPolicy extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1'
  readonly kind: 'MutatingAdmissionPolicy'
  readonly metadata: ObjectMeta
  readonly spec: MutatingAdmissionPolicySpec
}

export interface MutatingAdmissionPolicyBinding extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1'
  readonly kind: 'MutatingAdmissionPolicyBinding'
  readonly metadata: ObjectMeta
  readonly spec: MutatingAdmissionPolicyBindingSpec
}

export interface MutatingAdmissionPolicyBindingList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1'
  readonly kind?: 'MutatingAdmissionPolicyBindingList'
  readonly metadata?: ListMeta
  readonly items: readonly MutatingAdmissionPolicyBinding[]
}

export interface MutatingAdmissionPolicyBindingSpec {
  readonly policyName?: string
  readonly paramRef?: ParamRef
  readonly matchResources?: MatchResources
}

export interface MutatingAdmissionPolicyList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1'
  readonly kind?: 'MutatingAdmissionPolicyList'
  readonly metadata?: ListMeta
  readonly items: readonly MutatingAdmissionPolicy[]
}

export interface MutatingAdmissionPolicySpec {
  readonly paramKind?: ParamKind
  readonly matchConstraints?: MatchResources
  readonly variables?: readonly Variable[]
  readonly mutations?: readonly Mutation[]
  readonly failurePolicy?: 'Ignore' | 'Fail'
  readonly matchConditions?: readonly MatchCondition[]
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded'
}

export interface MutatingWebhook {
  readonly name: string
  readonly clientConfig: WebhookClientConfig
  readonly rules?: readonly RuleWithOperations[]
  readonly failurePolicy?: 'Ignore' | 'Fail'
  readonly matchPolicy?: 'Exact' | 'Equivalent'
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly sideEffects: 'Unknown' | 'None' | 'Some' | 'NoneOnDryRun'
  readonly timeoutSeconds?: number
  readonly admissionReviewVersions: readonly string[]
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded'
  readonly matchConditions?: readonly MatchCondition[]
}

export interface MutatingWebhookConfiguration extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1'
  readonly kind: 'MutatingWebhookConfiguration'
  readonly metadata: ObjectMeta
  readonly webhooks?: readonly MutatingWebhook[]
}

export interface MutatingWebhookConfigurationList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1'
  readonly kind?: 'MutatingWebhookConfigurationList'
  readonly metadata?: ListMeta
  readonly items: readonly MutatingWebhookConfiguration[]
}

export interface Mutation {
  readonly patchType: 'ApplyConfiguration' | 'JSONPatch'
  readonly applyConfiguration?: ApplyConfiguration
  readonly jsonPatch?: JSONPatch
}

export interface NFSVolumeSource {
  readonly server: string
  readonly path: string
  readonly readOnly?: boolean
}

export interface NamedRuleWithOperations extends RuleWithOperations {
  readonly resourceNames?: readonly string[]
}

export interface Namespace extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Namespace'
  readonly metadata: ObjectMeta
  readonly spec: NamespaceSpec
  readonly status: NamespaceStatus
}

export interface NamespaceCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface NamespaceList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'NamespaceList'
  readonly metadata?: ListMeta
  readonly items: readonly Namespace[]
}

export interface NamespaceSpec {
  readonly finalizers?: readonly string[]
}

export interface NamespaceStatus {
  readonly phase?: 'Active' | 'Terminating'
  readonly conditions?: readonly NamespaceCondition[]
}

export interface NetworkDeviceData {
  readonly interfaceName?: string
  readonly ips?: readonly string[]
  readonly hardwareAddress?: string
}

export interface NetworkPolicy extends KubeObject {
  readonly apiVersion: 'networking.k8s.io/v1'
  readonly kind: 'NetworkPolicy'
  readonly metadata: ObjectMeta
  readonly spec: NetworkPolicySpec
}

export interface NetworkPolicyEgressRule {
  readonly ports?: readonly NetworkPolicyPort[]
  readonly to?: readonly NetworkPolicyPeer[]
}

export interface NetworkPolicyIngressRule {
  readonly ports?: readonly NetworkPolicyPort[]
  readonly from?: readonly NetworkPolicyPeer[]
}

export interface NetworkPolicyList {
  readonly apiVersion?: 'networking.k8s.io/v1'
  readonly kind?: 'NetworkPolicyList'
  readonly metadata?: ListMeta
  readonly items: readonly NetworkPolicy[]
}

export interface NetworkPolicyPeer {
  readonly podSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
  readonly ipBlock?: IPBlock
}

export interface NetworkPolicyPort {
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP'
  readonly port?: number | string
  readonly endPort?: number
}

export interface NetworkPolicySpec {
  readonly podSelector?: LabelSelector
  readonly ingress?: readonly NetworkPolicyIngressRule[]
  readonly egress?: readonly NetworkPolicyEgressRule[]
  readonly policyTypes?: readonly ('Ingress' | 'Egress')[]
}

export interface NetworkingV1beta1HTTPIngressPath {
  readonly path?: string
  readonly pathType?: string
  readonly backend: NetworkingV1beta1IngressBackend
}

export interface NetworkingV1beta1HTTPIngressRuleValue {
  readonly paths: readonly NetworkingV1beta1HTTPIngressPath[]
}

export interface NetworkingV1beta1IPAddress extends KubeObject {
  readonly apiVersion: 'networking.k8s.io/v1beta1'
  readonly kind: 'IPAddress'
  readonly metadata: ObjectMeta
  readonly spec: NetworkingV1beta1IPAddressSpec
}

export interface NetworkingV1beta1IPAddressList {
  readonly apiVersion?: 'networking.k8s.io/v1beta1'
  readonly kind?: 'IPAddressList'
  readonly metadata?: ListMeta
  readonly items: readonly NetworkingV1beta1IPAddress[]
}

export interface NetworkingV1beta1IPAddressSpec {
  readonly parentRef: NetworkingV1beta1ParentReference
}

export interface NetworkingV1beta1Ingress extends KubeObject {
  readonly apiVersion: 'networking.k8s.io/v1beta1'
  readonly kind: 'Ingress'
  readonly metadata: ObjectMeta
  readonly spec: NetworkingV1beta1IngressSpec
  readonly status: NetworkingV1beta1IngressStatus
}

export interface NetworkingV1beta1IngressBackend {
  readonly serviceName?: string
  readonly servicePort?: number | string
  readonly resource?: TypedLocalObjectReference
}

export interface NetworkingV1beta1IngressClass extends KubeObject {
  readonly apiVersion: 'networking.k8s.io/v1beta1'
  readonly kind: 'IngressClass'
  readonly metadata: ObjectMeta
  readonly spec: NetworkingV1beta1IngressClassSpec
}

export interface NetworkingV1beta1IngressClassList {
  readonly apiVersion?: 'networking.k8s.io/v1beta1'
  readonly kind?: 'IngressClassList'
  readonly metadata?: ListMeta
  readonly items: readonly NetworkingV1beta1IngressClass[]
}

export interface NetworkingV1beta1IngressClassParametersReference {
  readonly apiGroup?: string
  readonly kind: string
  readonly name: string
  readonly scope: string
  readonly namespace?: string
}

export interface NetworkingV1beta1IngressClassSpec {
  readonly controller?: string
  readonly parameters?: NetworkingV1beta1IngressClassParametersReference
}

export interface NetworkingV1beta1IngressList {
  readonly apiVersion?: 'networking.k8s.io/v1beta1'
  readonly kind?: 'IngressList'
  readonly metadata?: ListMeta
  readonly items: readonly NetworkingV1beta1Ingress[]
}

export interface NetworkingV1beta1IngressLoadBalancerIngress {
  readonly ip?: string
  readonly hostname?: string
  readonly ports?: readonly NetworkingV1beta1IngressPortStatus[]
}

export interface NetworkingV1beta1IngressLoadBalancerStatus {
  readonly ingress?: readonly NetworkingV1beta1IngressLoadBalancerIngress[]
}

export interface NetworkingV1beta1IngressPortStatus {
  readonly port: number
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly error?: string
}

export interface NetworkingV1beta1IngressRule extends NetworkingV1beta1IngressRuleValue {
  readonly host?: string
}

export interface NetworkingV1beta1IngressRuleValue {
  readonly http?: NetworkingV1beta1HTTPIngressRuleValue
}

export interface NetworkingV1beta1IngressSpec {
  readonly ingressClassName?: string
  readonly backend?: NetworkingV1beta1IngressBackend
  readonly tls?: readonly NetworkingV1beta1IngressTLS[]
  readonly rules?: readonly NetworkingV1beta1IngressRule[]
}

export interface NetworkingV1beta1IngressStatus {
  readonly loadBalancer?: NetworkingV1beta1IngressLoadBalancerStatus
}

export interface NetworkingV1beta1IngressTLS {
  readonly hosts?: readonly string[]
  readonly secretName?: string
}

export interface NetworkingV1beta1ParentReference {
  readonly group?: string
  readonly resource: string
  readonly namespace?: string
  readonly name: string
}

export interface NetworkingV1beta1ServiceCIDR extends KubeObject {
  readonly apiVersion: 'networking.k8s.io/v1beta1'
  readonly kind: 'ServiceCIDR'
  readonly metadata: ObjectMeta
  readonly spec: NetworkingV1beta1ServiceCIDRSpec
  readonly status: NetworkingV1beta1ServiceCIDRStatus
}

export interface NetworkingV1beta1ServiceCIDRList {
  readonly apiVersion?: 'networking.k8s.io/v1beta1'
  readonly kind?: 'ServiceCIDRList'
  readonly metadata?: ListMeta
  readonly items: readonly NetworkingV1beta1ServiceCIDR[]
}

export interface NetworkingV1beta1ServiceCIDRSpec {
  readonly cidrs?: readonly string[]
}

export interface NetworkingV1beta1ServiceCIDRStatus {
  readonly conditions?: readonly Condition[]
}

export interface Node extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Node'
  readonly metadata: ObjectMeta
  readonly spec: NodeSpec
  readonly status: NodeStatus
}

export interface NodeAddress {
  readonly type: string
  readonly address: string
}

export interface NodeAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly PreferredSchedulingTerm[]
}

export interface NodeAllocatableResourceClaimStatus {
  readonly resourceClaimName: string
  readonly containers?: readonly string[]
  readonly resources: Readonly<Record<string, string>>
}

export interface NodeAllocatableResourceMapping {
  readonly capacityKey?: string
  readonly allocationMultiplier?: string
}

export interface NodeCondition {
  readonly type: string
  readonly status: string
  readonly lastHeartbeatTime?: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface NodeConfigSource {
  readonly configMap?: ConfigMapNodeConfigSource
}

export interface NodeConfigStatus {
  readonly assigned?: NodeConfigSource
  readonly active?: NodeConfigSource
  readonly lastKnownGood?: NodeConfigSource
  readonly error?: string
}

export interface NodeDaemonEndpoints {
  readonly kubeletEndpoint?: DaemonEndpoint
}

export interface NodeFeatures {
  readonly supplementalGroupsPolicy?: boolean
}

export interface NodeList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'NodeList'
  readonly metadata?: ListMeta
  readonly items: readonly Node[]
}

export interface NodeMetrics extends KubeObject {
  readonly apiVersion: 'metrics.k8s.io/v1beta1'
  readonly kind: 'NodeMetrics'
  readonly metadata: ObjectMeta
  readonly timestamp: string
  readonly window: string
  readonly usage: Readonly<Record<string, string>>
}

export interface NodeMetricsList {
  readonly apiVersion?: 'metrics.k8s.io/v1beta1'
  readonly kind?: 'NodeMetricsList'
  readonly metadata?: ListMeta
  readonly items: readonly NodeMetrics[]
}

export interface NodeProxyOptions {
  readonly apiVersion?: 'v1'
  readonly kind?: 'NodeProxyOptions'
  readonly path?: string
}

export interface NodeRuntimeHandler {
  readonly name?: string
  readonly features?: NodeRuntimeHandlerFeatures
}

export interface NodeRuntimeHandlerFeatures {
  readonly recursiveReadOnlyMounts?: boolean
  readonly userNamespaces?: boolean
}

export interface NodeSelector {
  readonly nodeSelectorTerms: readonly NodeSelectorTerm[]
}

export interface NodeSelectorRequirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt'
  readonly values?: readonly string[]
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly NodeSelectorRequirement[]
  readonly matchFields?: readonly NodeSelectorRequirement[]
}

export interface NodeSpec {
  readonly podCIDR?: string
  readonly podCIDRs?: readonly string[]
  readonly providerID?: string
  readonly unschedulable?: boolean
  readonly taints?: readonly Taint[]
  readonly configSource?: NodeConfigSource
  readonly externalID?: string
}

export interface NodeStatus {
  readonly capacity?: Readonly<Record<string, string>>
  readonly allocatable?: Readonly<Record<string, string>>
  readonly phase?: 'Pending' | 'Running' | 'Terminated'
  readonly conditions?: readonly NodeCondition[]
  readonly addresses?: readonly NodeAddress[]
  readonly daemonEndpoints?: NodeDaemonEndpoints
  readonly nodeInfo?: NodeSystemInfo
  readonly images?: readonly ContainerImage[]
  readonly volumesInUse?: readonly string[]
  readonly volumesAttached?: readonly AttachedVolume[]
  readonly config?: NodeConfigStatus
  readonly runtimeHandlers?: readonly NodeRuntimeHandler[]
  readonly features?: NodeFeatures
  readonly declaredFeatures?: readonly string[]
}

export interface NodeSwapStatus {
  readonly capacity?: number
}

export interface NodeSystemInfo {
  readonly machineID: string
  readonly systemUUID: string
  readonly bootID: string
  readonly kernelVersion: string
  readonly osImage: string
  readonly containerRuntimeVersion: string
  readonly kubeletVersion: string
  readonly kubeProxyVersion: string
  readonly operatingSystem: string
  readonly architecture: string
  readonly swap?: NodeSwapStatus
}

export interface NonResourceAttributes {
  readonly path?: string
  readonly verb?: string
}

export interface NonResourcePolicyRule {
  readonly verbs: readonly string[]
  readonly nonResourceURLs: readonly string[]
}

export interface NonResourceRule {
  readonly verbs: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

export interface ObjectFieldSelector {
  readonly apiVersion?: string
  readonly fieldPath: string
}

export interface ObjectMetricSource {
  readonly describedObject: CrossVersionObjectReference
  readonly target: MetricTarget
  readonly metric: MetricIdentifier
}

export interface ObjectMetricStatus {
  readonly metric: MetricIdentifier
  readonly current: MetricValueStatus
  readonly describedObject: CrossVersionObjectReference
}

export interface ObjectReference {
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly uid?: string
  readonly apiVersion?: string
  readonly resourceVersion?: string
  readonly fieldPath?: string
}

export interface OpaqueDeviceConfiguration {
  readonly driver: string
  readonly parameters: unknown
}

export interface Overhead {
  readonly podFixed?: Readonly<Record<string, string>>
}

export interface ParamKind {
  readonly apiVersion?: string
  readonly kind?: string
}

export interface ParamRef {
  readonly name?: string
  readonly namespace?: string
  readonly selector?: LabelSelector
  readonly parameterNotFoundAction?: string
}

export interface ParentReference {
  readonly group?: string
  readonly resource: string
  readonly namespace?: string
  readonly name: string
}

export interface PartialObjectMetadata extends KubeObject {
  readonly apiVersion: 'meta.k8s.io/v1'
  readonly kind: 'PartialObjectMetadata'
  readonly metadata: ObjectMeta
}

export interface PartialObjectMetadataList {
  readonly apiVersion?: 'meta.k8s.io/v1'
  readonly kind?: 'PartialObjectMetadataList'
  readonly metadata?: ListMeta
  readonly items: readonly PartialObjectMetadata[]
}

export type Patch = Readonly<Record<never, never>>

export interface PatchOptions {
  readonly apiVersion?: string
  readonly kind?: string
  readonly dryRun?: readonly string[]
  readonly force?: boolean
  readonly fieldManager?: string
  readonly fieldValidation?: string
}

export interface PersistentVolume extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'PersistentVolume'
  readonly metadata: ObjectMeta
  readonly spec: PersistentVolumeSpec
  readonly status: PersistentVolumeStatus
}

export interface PersistentVolumeClaim extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'PersistentVolumeClaim'
  readonly metadata: ObjectMeta
  readonly spec: PersistentVolumeClaimSpec
  readonly status: PersistentVolumeClaimStatus
}

export interface PersistentVolumeClaimCondition {
  readonly type: string
  readonly status: string
  readonly lastProbeTime?: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface PersistentVolumeClaimList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'PersistentVolumeClaimList'
  readonly metadata?: ListMeta
  readonly items: readonly PersistentVolumeClaim[]
}

export interface PersistentVolumeClaimSpec {
  readonly accessModes?: readonly ('ReadWriteOnce' | 'ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOncePod')[]
  readonly selector?: LabelSelector
  readonly resources?: VolumeResourceRequirements
  readonly volumeName?: string
  readonly storageClassName?: string
  readonly volumeMode?: 'Block' | 'Filesystem'
  readonly dataSource?: TypedLocalObjectReference
  readonly dataSourceRef?: TypedObjectReference
  readonly volumeAttributesClassName?: string
}

export interface PersistentVolumeClaimStatus {
  readonly phase?: 'Pending' | 'Bound' | 'Lost'
  readonly accessModes?: readonly ('ReadWriteOnce' | 'ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOncePod')[]
  readonly capacity?: Readonly<Record<string, string>>
  readonly conditions?: readonly PersistentVolumeClaimCondition[]
  readonly allocatedResources?: Readonly<Record<string, string>>
  readonly allocatedResourceStatuses?: Readonly<Record<string, 'ControllerResizeInProgress' | 'ControllerResizeInfeasible' | 'NodeResizePending' | 'NodeResizeInProgress' | 'NodeResizeInfeasible'>>
  readonly currentVolumeAttributesClassName?: string
  readonly modifyVolumeStatus?: ModifyVolumeStatus
}

export interface PersistentVolumeClaimTemplate {
  readonly metadata?: Partial<ObjectMeta>
  readonly spec: PersistentVolumeClaimSpec
}

export interface PersistentVolumeClaimVolumeSource {
  readonly claimName: string
  readonly readOnly?: boolean
}

export interface PersistentVolumeList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'PersistentVolumeList'
  readonly metadata?: ListMeta
  readonly items: readonly PersistentVolume[]
}

export interface PersistentVolumeSource {
  readonly gcePersistentDisk?: GCEPersistentDiskVolumeSource
  readonly awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  readonly hostPath?: HostPathVolumeSource
  readonly glusterfs?: GlusterfsPersistentVolumeSource
  readonly nfs?: NFSVolumeSource
  readonly rbd?: RBDPersistentVolumeSource
  readonly iscsi?: ISCSIPersistentVolumeSource
  readonly cinder?: CinderPersistentVolumeSource
  readonly cephfs?: CephFSPersistentVolumeSource
  readonly fc?: FCVolumeSource
  readonly flocker?: FlockerVolumeSource
  readonly flexVolume?: FlexPersistentVolumeSource
  readonly azureFile?: AzureFilePersistentVolumeSource
  readonly vsphereVolume?: VsphereVirtualDiskVolumeSource
  readonly quobyte?: QuobyteVolumeSource
  readonly azureDisk?: AzureDiskVolumeSource
  readonly photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  readonly portworxVolume?: PortworxVolumeSource
  readonly scaleIO?: ScaleIOPersistentVolumeSource
  readonly local?: LocalVolumeSource
  readonly storageos?: StorageOSPersistentVolumeSource
  readonly csi?: CSIPersistentVolumeSource
}

export interface PersistentVolumeSpec extends PersistentVolumeSource {
  readonly capacity?: Readonly<Record<string, string>>
  readonly accessModes?: readonly ('ReadWriteOnce' | 'ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOncePod')[]
  readonly claimRef?: ObjectReference
  readonly persistentVolumeReclaimPolicy?: 'Recycle' | 'Delete' | 'Retain'
  readonly storageClassName?: string
  readonly mountOptions?: readonly string[]
  readonly volumeMode?: 'Block' | 'Filesystem'
  readonly nodeAffinity?: VolumeNodeAffinity
  readonly volumeAttributesClassName?: string
}

export interface PersistentVolumeStatus {
  readonly phase?: 'Pending' | 'Available' | 'Bound' | 'Released' | 'Failed'
  readonly message?: string
  readonly reason?: string
  readonly lastPhaseTransitionTime?: string
}

export interface PhotonPersistentDiskVolumeSource {
  readonly pdID: string
  readonly fsType?: string
}

export interface PkgRuntimeTypeMeta {
  readonly apiVersion?: string
  readonly kind?: string
}

export interface Pod extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Pod'
  readonly metadata: ObjectMeta
  readonly spec: PodSpec
  readonly status: PodStatus
}

export interface PodAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[]
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedPodAffinityTerm[]
}

export interface PodAffinityTerm {
  readonly labelSelector?: LabelSelector
  readonly namespaces?: readonly string[]
  readonly topologyKey: string
  readonly namespaceSelector?: LabelSelector
  readonly matchLabelKeys?: readonly string[]
  readonly mismatchLabelKeys?: readonly string[]
}

export interface PodAntiAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[]
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedPodAffinityTerm[]
}

export interface PodAttachOptions {
  readonly apiVersion?: 'v1'
  readonly kind?: 'PodAttachOptions'
  readonly stdin?: boolean
  readonly stdout?: boolean
  readonly stderr?: boolean
  readonly tty?: boolean
  readonly container?: string
}

export interface PodCertificateProjection {
  readonly signerName: string
  readonly keyType: string
  readonly maxExpirationSeconds?: number
  readonly credentialBundlePath?: string
  readonly keyPath?: string
  readonly certificateChainPath?: string
  readonly userAnnotations?: Readonly<Record<string, string>>
}

export interface PodCertificateRequest extends KubeObject {
  readonly apiVersion: 'certificates.k8s.io/v1beta1'
  readonly kind: 'PodCertificateRequest'
  readonly metadata: ObjectMeta
  readonly spec: PodCertificateRequestSpec
  readonly status: PodCertificateRequestStatus
}

export interface PodCertificateRequestList {
  readonly apiVersion?: 'certificates.k8s.io/v1beta1'
  readonly kind?: 'PodCertificateRequestList'
  readonly metadata?: ListMeta
  readonly items: readonly PodCertificateRequest[]
}

export interface PodCertificateRequestSpec {
  readonly signerName: string
  readonly podName: string
  readonly podUID: string
  readonly serviceAccountName: string
  readonly serviceAccountUID: string
  readonly nodeName: string
  readonly nodeUID: string
  readonly maxExpirationSeconds?: number
  readonly pkixPublicKey?: string
  readonly proofOfPossession?: string
  readonly stubPKCS10Request: string
  readonly unverifiedUserAnnotations?: Readonly<Record<string, string>>
}

export interface PodCertificateRequestStatus {
  readonly conditions?: readonly Condition[]
  readonly certificateChain?: string
  readonly notBefore?: string
  readonly beginRefreshAt?: string
  readonly notAfter?: string
}

export interface PodCondition {
  readonly type: string
  readonly observedGeneration?: number
  readonly status: string
  readonly lastProbeTime?: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface PodDNSConfig {
  readonly nameservers?: readonly string[]
  readonly searches?: readonly string[]
  readonly options?: readonly PodDNSConfigOption[]
}

export interface PodDNSConfigOption {
  readonly name?: string
  readonly value?: string
}

export interface PodDisruptionBudget extends KubeObject {
  readonly apiVersion: 'policy/v1'
  readonly kind: 'PodDisruptionBudget'
  readonly metadata: ObjectMeta
  readonly spec: PodDisruptionBudgetSpec
  readonly status: PodDisruptionBudgetStatus
}

export interface PodDisruptionBudgetList {
  readonly apiVersion?: 'policy/v1'
  readonly kind?: 'PodDisruptionBudgetList'
  readonly metadata?: ListMeta
  readonly items: readonly PodDisruptionBudget[]
}

export interface PodDisruptionBudgetSpec {
  readonly minAvailable?: number | string
  readonly selector?: LabelSelector
  readonly maxUnavailable?: number | string
  readonly unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow'
}

export interface PodDisruptionBudgetStatus {
  readonly observedGeneration?: number
  readonly disruptedPods?: Readonly<Record<string, string>>
  readonly disruptionsAllowed?: number
  readonly currentHealthy?: number
  readonly desiredHealthy?: number
  readonly expectedPods?: number
  readonly conditions?: readonly Condition[]
}

export interface PodExecOptions {
  readonly apiVersion?: 'v1'
  readonly kind?: 'PodExecOptions'
  readonly stdin?: boolean
  readonly stdout?: boolean
  readonly stderr?: boolean
  readonly tty?: boolean
  readonly container?: string
  readonly command: readonly string[]
}

export interface PodExtendedResourceClaimStatus {
  readonly requestMappings: readonly ContainerExtendedResourceRequest[]
  readonly resourceClaimName: string
}

export interface PodFailurePolicy {
  readonly rules: readonly PodFailurePolicyRule[]
}

export interface PodFailurePolicyOnExitCodesRequirement {
  readonly containerName?: string
  readonly operator: 'In' | 'NotIn'
  readonly values: readonly number[]
}

export interface PodFailurePolicyOnPodConditionsPattern {
  readonly type: string
  readonly status?: string
}

export interface PodFailurePolicyRule {
  readonly action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count'
  readonly onExitCodes?: PodFailurePolicyOnExitCodesRequirement
  readonly onPodConditions?: readonly PodFailurePolicyOnPodConditionsPattern[]
}

export interface PodGroup extends KubeObject {
  readonly apiVersion: 'scheduling.k8s.io/v1alpha2'
  readonly kind: 'PodGroup'
  readonly metadata: ObjectMeta
  readonly spec: PodGroupSpec
  readonly status: PodGroupStatus
}

export interface PodGroupList {
  readonly apiVersion?: 'scheduling.k8s.io/v1alpha2'
  readonly kind?: 'PodGroupList'
  readonly metadata?: ListMeta
  readonly items: readonly PodGroup[]
}

export interface PodGroupResourceClaim {
  readonly name: string
  readonly resourceClaimName?: string
  readonly resourceClaimTemplateName?: string
}

export interface PodGroupResourceClaimStatus {
  readonly name: string
  readonly resourceClaimName?: string
}

export interface PodGroupSchedulingConstraints {
  readonly topology?: readonly TopologyConstraint[]
}

export interface PodGroupSchedulingPolicy {
  readonly basic?: BasicSchedulingPolicy
  readonly gang?: GangSchedulingPolicy
}

export interface PodGroupSpec {
  readonly podGroupTemplateRef?: PodGroupTemplateReference
  readonly schedulingPolicy: PodGroupSchedulingPolicy
  readonly schedulingConstraints?: PodGroupSchedulingConstraints
  readonly resourceClaims?: readonly PodGroupResourceClaim[]
  readonly disruptionMode?: 'Pod' | 'PodGroup'
  readonly priorityClassName?: string
  readonly priority?: number
}

export interface PodGroupStatus {
  readonly conditions?: readonly Condition[]
  readonly resourceClaimStatuses?: readonly PodGroupResourceClaimStatus[]
}

export interface PodGroupTemplate {
  readonly name: string
  readonly schedulingPolicy: PodGroupSchedulingPolicy
  readonly schedulingConstraints?: PodGroupSchedulingConstraints
  readonly resourceClaims?: readonly PodGroupResourceClaim[]
  readonly disruptionMode?: 'Pod' | 'PodGroup'
  readonly priorityClassName?: string
  readonly priority?: number
}

export interface PodGroupTemplateReference {
  readonly workload?: WorkloadPodGroupTemplateReference
}

export interface PodIP {
  readonly ip: string
}

export interface PodList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'PodList'
  readonly metadata?: ListMeta
  readonly items: readonly Pod[]
}

export interface PodLogOptions {
  readonly apiVersion?: 'v1'
  readonly kind?: 'PodLogOptions'
  readonly container?: string
  readonly follow?: boolean
  readonly previous?: boolean
  readonly sinceSeconds?: number
  readonly sinceTime?: string
  readonly timestamps?: boolean
  readonly tailLines?: number
  readonly limitBytes?: number
  readonly insecureSkipTLSVerifyBackend?: boolean
  readonly stream?: string
}

export interface PodMetrics extends KubeObject {
  readonly apiVersion: 'metrics.k8s.io/v1beta1'
  readonly kind: 'PodMetrics'
  readonly metadata: ObjectMeta
  readonly timestamp: string
  readonly window: string
  readonly containers: readonly ContainerMetrics[]
}

export interface PodMetricsList {
  readonly apiVersion?: 'metrics.k8s.io/v1beta1'
  readonly kind?: 'PodMetricsList'
  readonly metadata?: ListMeta
  readonly items: readonly PodMetrics[]
}

export interface PodOS {
  readonly name: string
}

export interface PodPortForwardOptions {
  readonly apiVersion?: 'v1'
  readonly kind?: 'PodPortForwardOptions'
  readonly ports?: readonly number[]
}

export interface PodProxyOptions {
  readonly apiVersion?: 'v1'
  readonly kind?: 'PodProxyOptions'
  readonly path?: string
}

export interface PodReadinessGate {
  readonly conditionType: string
}

export interface PodResourceClaim {
  readonly name: string
  readonly resourceClaimName?: string
  readonly resourceClaimTemplateName?: string
}

export interface PodResourceClaimStatus {
  readonly name: string
  readonly resourceClaimName?: string
}

export interface PodSchedulingGate {
  readonly name: string
}

export interface PodSchedulingGroup {
  readonly podGroupName?: string
}

export interface PodSecurityContext {
  readonly seLinuxOptions?: SELinuxOptions
  readonly windowsOptions?: WindowsSecurityContextOptions
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly runAsNonRoot?: boolean
  readonly supplementalGroups?: readonly number[]
  readonly supplementalGroupsPolicy?: 'Merge' | 'Strict'
  readonly fsGroup?: number
  readonly sysctls?: readonly Sysctl[]
  readonly fsGroupChangePolicy?: 'OnRootMismatch' | 'Always'
  readonly seccompProfile?: SeccompProfile
  readonly appArmorProfile?: AppArmorProfile
  readonly seLinuxChangePolicy?: string
}

export interface PodSignature {
  readonly podController?: OwnerReference
}

export interface PodSpec {
  readonly volumes?: readonly Volume[]
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
  readonly ephemeralContainers?: readonly EphemeralContainer[]
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  readonly terminationGracePeriodSeconds?: number
  readonly activeDeadlineSeconds?: number
  readonly dnsPolicy?: 'ClusterFirstWithHostNet' | 'ClusterFirst' | 'Default' | 'None'
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly serviceAccountName?: string
  readonly serviceAccount?: string
  readonly automountServiceAccountToken?: boolean
  readonly nodeName?: string
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly shareProcessNamespace?: boolean
  readonly securityContext?: PodSecurityContext
  readonly imagePullSecrets?: readonly LocalObjectReference[]
  readonly hostname?: string
  readonly subdomain?: string
  readonly affinity?: Affinity
  readonly schedulerName?: string
  readonly tolerations?: readonly Toleration[]
  readonly hostAliases?: readonly HostAlias[]
  readonly priorityClassName?: string
  readonly priority?: number
  readonly dnsConfig?: PodDNSConfig
  readonly readinessGates?: readonly PodReadinessGate[]
  readonly runtimeClassName?: string
  readonly enableServiceLinks?: boolean
  readonly preemptionPolicy?: 'PreemptLowerPriority' | 'Never'
  readonly overhead?: Readonly<Record<string, string>>
  readonly topologySpreadConstraints?: readonly TopologySpreadConstraint[]
  readonly setHostnameAsFQDN?: boolean
  readonly os?: PodOS
  readonly hostUsers?: boolean
  readonly schedulingGates?: readonly PodSchedulingGate[]
  readonly resourceClaims?: readonly PodResourceClaim[]
  readonly resources?: ResourceRequirements
  readonly hostnameOverride?: string
  readonly schedulingGroup?: PodSchedulingGroup
}

export interface PodStatus {
  readonly observedGeneration?: number
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  readonly conditions?: readonly PodCondition[]
  readonly message?: string
  readonly reason?: string
  readonly nominatedNodeName?: string
  readonly hostIP?: string
  readonly hostIPs?: readonly HostIP[]
  readonly podIP?: string
  readonly podIPs?: readonly PodIP[]
  readonly startTime?: string
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly qosClass?: 'Guaranteed' | 'Burstable' | 'BestEffort'
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
  readonly resize?: string
  readonly resourceClaimStatuses?: readonly PodResourceClaimStatus[]
  readonly extendedResourceClaimStatus?: PodExtendedResourceClaimStatus
  readonly allocatedResources?: Readonly<Record<string, string>>
  readonly resources?: ResourceRequirements
  readonly nodeAllocatableResourceClaimStatuses?: readonly NodeAllocatableResourceClaimStatus[]
}

export interface PodStatusResult extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'PodStatusResult'
  readonly metadata: ObjectMeta
  readonly status: PodStatus
}

export interface PodTemplate extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'PodTemplate'
  readonly metadata: ObjectMeta
  readonly template: PodTemplateSpec
}

export interface PodTemplateList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'PodTemplateList'
  readonly metadata?: ListMeta
  readonly items: readonly PodTemplate[]
}

export interface PodTemplateSpec {
  readonly metadata?: Partial<ObjectMeta>
  readonly spec: PodSpec
}

export interface PodsMetricSource {
  readonly metric: MetricIdentifier
  readonly target: MetricTarget
}

export interface PodsMetricStatus {
  readonly metric: MetricIdentifier
  readonly current: MetricValueStatus
}

export interface Policy extends KubeObject {
  readonly apiVersion: 'audit.k8s.io/v1'
  readonly kind: 'Policy'
  readonly metadata: ObjectMeta
  readonly rules: readonly AuditV1PolicyRule[]
  readonly omitStages?: readonly string[]
  readonly omitManagedFields?: boolean
}

export interface PolicyList {
  readonly apiVersion?: 'audit.k8s.io/v1'
  readonly kind?: 'PolicyList'
  readonly metadata?: ListMeta
  readonly items: readonly Policy[]
}

export interface PolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

export interface PolicyRulesWithSubjects {
  readonly subjects: readonly FlowcontrolV1Subject[]
  readonly resourceRules?: readonly ResourcePolicyRule[]
  readonly nonResourceRules?: readonly NonResourcePolicyRule[]
}

export interface PoolStatus {
  readonly driver: string
  readonly poolName: string
  readonly generation: number
  readonly resourceSliceCount?: number
  readonly totalDevices?: number
  readonly allocatedDevices?: number
  readonly availableDevices?: number
  readonly unavailableDevices?: number
  readonly nodeName?: string
  readonly validationError?: string
}

export interface PortStatus {
  readonly port: number
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly error?: string
}

export interface PortworxVolumeSource {
  readonly volumeID: string
  readonly fsType?: string
  readonly readOnly?: boolean
}

export interface Preconditions {
  readonly uid?: string
  readonly resourceVersion?: string
}

export interface PreferAvoidPodsEntry {
  readonly podSignature: PodSignature
  readonly evictionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface PreferredSchedulingTerm {
  readonly weight: number
  readonly preference: NodeSelectorTerm
}

export interface PriorityClass extends KubeObject {
  readonly apiVersion: 'scheduling.k8s.io/v1'
  readonly kind: 'PriorityClass'
  readonly metadata: ObjectMeta
  readonly value?: number
  readonly globalDefault?: boolean
  readonly description?: string
  readonly preemptionPolicy?: 'PreemptLowerPriority' | 'Never'
}

export interface PriorityClassList {
  readonly apiVersion?: 'scheduling.k8s.io/v1'
  readonly kind?: 'PriorityClassList'
  readonly metadata?: ListMeta
  readonly items: readonly PriorityClass[]
}

export interface PriorityLevelConfiguration extends KubeObject {
  readonly apiVersion: 'flowcontrol.apiserver.k8s.io/v1'
  readonly kind: 'PriorityLevelConfiguration'
  readonly metadata: ObjectMeta
  readonly spec: PriorityLevelConfigurationSpec
  readonly status: PriorityLevelConfigurationStatus
}

export interface PriorityLevelConfigurationCondition {
  readonly type?: string
  readonly status?: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface PriorityLevelConfigurationList {
  readonly apiVersion?: 'flowcontrol.apiserver.k8s.io/v1'
  readonly kind?: 'PriorityLevelConfigurationList'
  readonly metadata?: ListMeta
  readonly items: readonly PriorityLevelConfiguration[]
}

export interface PriorityLevelConfigurationReference {
  readonly name: string
}

export interface PriorityLevelConfigurationSpec {
  readonly type: string
  readonly limited?: LimitedPriorityLevelConfiguration
  readonly exempt?: ExemptPriorityLevelConfiguration
}

export interface PriorityLevelConfigurationStatus {
  readonly conditions?: readonly PriorityLevelConfigurationCondition[]
}

export interface Probe extends ProbeHandler {
  readonly initialDelaySeconds?: number
  readonly timeoutSeconds?: number
  readonly periodSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
  readonly terminationGracePeriodSeconds?: number
}

export interface ProbeHandler {
  readonly exec?: ExecAction
  readonly httpGet?: HTTPGetAction
  readonly tcpSocket?: TCPSocketAction
  readonly grpc?: GRPCAction
}

export interface ProjectedVolumeSource {
  readonly sources?: readonly VolumeProjection[]
  readonly defaultMode?: number
}

export interface QueuingConfiguration {
  readonly queues?: number
  readonly handSize?: number
  readonly queueLengthLimit?: number
}

export interface QuobyteVolumeSource {
  readonly registry: string
  readonly volume: string
  readonly readOnly?: boolean
  readonly user?: string
  readonly group?: string
  readonly tenant?: string
}

export interface RBDPersistentVolumeSource {
  readonly monitors: readonly string[]
  readonly image: string
  readonly fsType?: string
  readonly pool?: string
  readonly user?: string
  readonly keyring?: string
  readonly secretRef?: SecretReference
  readonly readOnly?: boolean
}

export interface RBDVolumeSource {
  readonly monitors: readonly string[]
  readonly image: string
  readonly fsType?: string
  readonly pool?: string
  readonly user?: string
  readonly keyring?: string
  readonly secretRef?: LocalObjectReference
  readonly readOnly?: boolean
}

export interface RangeAllocation extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'RangeAllocation'
  readonly metadata: ObjectMeta
  readonly range: string
  readonly data: string
}

export interface ReplicaSet extends KubeObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'ReplicaSet'
  readonly metadata: ObjectMeta
  readonly spec: ReplicaSetSpec
  readonly status: ReplicaSetStatus
}

export interface ReplicaSetCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface ReplicaSetList {
  readonly apiVersion?: 'apps/v1'
  readonly kind?: 'ReplicaSetList'
  readonly metadata?: ListMeta
  readonly items: readonly ReplicaSet[]
}

export interface ReplicaSetSpec {
  readonly replicas?: number
  readonly minReadySeconds?: number
  readonly selector: LabelSelector
  readonly template: PodTemplateSpec
}

export interface ReplicaSetStatus {
  readonly replicas: number
  readonly fullyLabeledReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly terminatingReplicas?: number
  readonly observedGeneration?: number
  readonly conditions?: readonly ReplicaSetCondition[]
}

export interface ReplicationController extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'ReplicationController'
  readonly metadata: ObjectMeta
  readonly spec: ReplicationControllerSpec
  readonly status: ReplicationControllerStatus
}

export interface ReplicationControllerCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface ReplicationControllerList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'ReplicationControllerList'
  readonly metadata?: ListMeta
  readonly items: readonly ReplicationController[]
}

export interface ReplicationControllerSpec {
  readonly replicas?: number
  readonly minReadySeconds?: number
  readonly selector?: Readonly<Record<string, string>>
  readonly template?: PodTemplateSpec
}

export interface ReplicationControllerStatus {
  readonly replicas: number
  readonly fullyLabeledReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly observedGeneration?: number
  readonly conditions?: readonly ReplicationControllerCondition[]
}

export interface ResourceAttributes {
  readonly namespace?: string
  readonly verb?: string
  readonly group?: string
  readonly version?: string
  readonly resource?: string
  readonly subresource?: string
  readonly name?: string
  readonly fieldSelector?: FieldSelectorAttributes
  readonly labelSelector?: LabelSelectorAttributes
}

export interface ResourceClaim extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1'
  readonly kind: 'ResourceClaim'
  readonly metadata: ObjectMeta
  readonly spec: ResourceClaimSpec
  readonly status: ResourceClaimStatus
}

export interface ResourceClaimConsumerReference {
  readonly apiGroup?: string
  readonly resource: string
  readonly name: string
  readonly uid: string
}

export interface ResourceClaimList {
  readonly apiVersion?: 'resource.k8s.io/v1'
  readonly kind?: 'ResourceClaimList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceClaim[]
}

export interface ResourceClaimSpec {
  readonly devices?: DeviceClaim
}

export interface ResourceClaimStatus {
  readonly allocation?: AllocationResult
  readonly reservedFor?: readonly ResourceClaimConsumerReference[]
  readonly devices?: readonly AllocatedDeviceStatus[]
}

export interface ResourceClaimTemplate extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1'
  readonly kind: 'ResourceClaimTemplate'
  readonly metadata: ObjectMeta
  readonly spec: ResourceClaimTemplateSpec
}

export interface ResourceClaimTemplateList {
  readonly apiVersion?: 'resource.k8s.io/v1'
  readonly kind?: 'ResourceClaimTemplateList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceClaimTemplate[]
}

export interface ResourceClaimTemplateSpec {
  readonly metadata?: Partial<ObjectMeta>
  readonly spec: ResourceClaimSpec
}

export interface ResourceFieldSelector {
  readonly containerName?: string
  readonly resource: string
  readonly divisor?: string
}

export interface ResourceHealth {
  readonly resourceID: string
  readonly health?: string
  readonly message?: string
}

export interface ResourceMetricSource {
  readonly name: string
  readonly target: MetricTarget
}

export interface ResourceMetricStatus {
  readonly name: string
  readonly current: MetricValueStatus
}

export interface ResourcePolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly clusterScope?: boolean
  readonly namespaces?: readonly string[]
}

export interface ResourcePool {
  readonly name: string
  readonly generation: number
  readonly resourceSliceCount: number
}

export interface ResourcePoolStatusRequest extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1alpha3'
  readonly kind: 'ResourcePoolStatusRequest'
  readonly metadata: ObjectMeta
  readonly spec: ResourcePoolStatusRequestSpec
  readonly status?: ResourcePoolStatusRequestStatus
}

export interface ResourcePoolStatusRequestList {
  readonly apiVersion?: 'resource.k8s.io/v1alpha3'
  readonly kind?: 'ResourcePoolStatusRequestList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourcePoolStatusRequest[]
}

export interface ResourcePoolStatusRequestSpec {
  readonly driver: string
  readonly poolName?: string
  readonly limit?: number
}

export interface ResourcePoolStatusRequestStatus {
  readonly poolCount: number
  readonly pools?: readonly PoolStatus[]
  readonly conditions?: readonly Condition[]
}

export interface ResourceQuota extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'ResourceQuota'
  readonly metadata: ObjectMeta
  readonly spec: ResourceQuotaSpec
  readonly status: ResourceQuotaStatus
}

export interface ResourceQuotaList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'ResourceQuotaList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceQuota[]
}

export interface ResourceQuotaSpec {
  readonly hard?: Readonly<Record<string, string>>
  readonly scopes?: readonly ('Terminating' | 'NotTerminating' | 'BestEffort' | 'NotBestEffort' | 'PriorityClass' | 'CrossNamespacePodAffinity' | 'VolumeAttributesClass')[]
  readonly scopeSelector?: ScopeSelector
}

export interface ResourceQuotaStatus {
  readonly hard?: Readonly<Record<string, string>>
  readonly used?: Readonly<Record<string, string>>
}

export interface ResourceRequirements {
  readonly limits?: Readonly<Record<string, string>>
  readonly requests?: Readonly<Record<string, string>>
  readonly claims?: readonly CoreV1ResourceClaim[]
}

export interface ResourceRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

export interface ResourceSlice extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1'
  readonly kind: 'ResourceSlice'
  readonly metadata: ObjectMeta
  readonly spec: ResourceSliceSpec
}

export interface ResourceSliceList {
  readonly apiVersion?: 'resource.k8s.io/v1'
  readonly kind?: 'ResourceSliceList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceSlice[]
}

export interface ResourceSliceSpec {
  readonly driver: string
  readonly pool: ResourcePool
  readonly nodeName?: string
  readonly nodeSelector?: NodeSelector
  readonly allNodes?: boolean
  readonly devices?: readonly Device[]
  readonly perDeviceNodeSelection?: boolean
  readonly sharedCounters?: readonly CounterSet[]
}

export interface ResourceStatus {
  readonly name: string
  readonly resources?: readonly ResourceHealth[]
}

export interface ResourceV1alpha3CELDeviceSelector {
  readonly expression: string
}

export interface ResourceV1alpha3DeviceSelector {
  readonly cel?: ResourceV1alpha3CELDeviceSelector
}

export interface ResourceV1alpha3DeviceTaint {
  readonly key: string
  readonly value?: string
  readonly effect: 'None' | 'NoSchedule' | 'NoExecute'
  readonly timeAdded?: string
}

export interface ResourceV1alpha3DeviceTaintRule extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1alpha3'
  readonly kind: 'DeviceTaintRule'
  readonly metadata: ObjectMeta
  readonly spec: ResourceV1alpha3DeviceTaintRuleSpec
  readonly status: ResourceV1alpha3DeviceTaintRuleStatus
}

export interface ResourceV1alpha3DeviceTaintRuleList {
  readonly apiVersion?: 'resource.k8s.io/v1alpha3'
  readonly kind?: 'DeviceTaintRuleList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceV1alpha3DeviceTaintRule[]
}

export interface ResourceV1alpha3DeviceTaintRuleSpec {
  readonly deviceSelector?: ResourceV1alpha3DeviceTaintSelector
  readonly taint: ResourceV1alpha3DeviceTaint
}

export interface ResourceV1alpha3DeviceTaintRuleStatus {
  readonly conditions?: readonly Condition[]
}

export interface ResourceV1alpha3DeviceTaintSelector {
  readonly driver?: string
  readonly pool?: string
  readonly device?: string
}

export interface ResourceV1beta1AllocatedDeviceStatus {
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly shareID?: string
  readonly conditions?: readonly Condition[]
  readonly data?: unknown
  readonly networkData?: ResourceV1beta1NetworkDeviceData
}

export interface ResourceV1beta1AllocationResult {
  readonly devices?: ResourceV1beta1DeviceAllocationResult
  readonly nodeSelector?: NodeSelector
  readonly allocationTimestamp?: string
}

export interface ResourceV1beta1CELDeviceSelector {
  readonly expression: string
}

export interface ResourceV1beta1CapacityRequestPolicy {
  readonly default?: string
  readonly validValues?: readonly string[]
  readonly validRange?: ResourceV1beta1CapacityRequestPolicyRange
}

export interface ResourceV1beta1CapacityRequestPolicyRange {
  readonly min: string
  readonly max?: string
  readonly step?: string
}

export interface ResourceV1beta1CapacityRequirements {
  readonly requests?: Readonly<Record<string, string>>
}

export interface ResourceV1beta1Counter {
  readonly value: string
}

export interface ResourceV1beta1CounterSet {
  readonly name: string
  readonly counters: Readonly<Record<string, ResourceV1beta1Counter>>
}

export interface ResourceV1beta1Device {
  readonly name: string
  readonly basic?: BasicDevice
}

export interface ResourceV1beta1DeviceAllocationConfiguration extends ResourceV1beta1DeviceConfiguration {
  readonly source: 'FromClass' | 'FromClaim'
  readonly requests?: readonly string[]
}

export interface ResourceV1beta1DeviceAllocationResult {
  readonly results?: readonly ResourceV1beta1DeviceRequestAllocationResult[]
  readonly config?: readonly ResourceV1beta1DeviceAllocationConfiguration[]
}

export interface ResourceV1beta1DeviceAttribute {
  readonly int?: number
  readonly bool?: boolean
  readonly string?: string
  readonly version?: string
  readonly ints?: readonly number[]
  readonly bools?: readonly boolean[]
  readonly strings?: readonly string[]
  readonly versions?: readonly string[]
}

export interface ResourceV1beta1DeviceCapacity {
  readonly value: string
  readonly requestPolicy?: ResourceV1beta1CapacityRequestPolicy
}

export interface ResourceV1beta1DeviceClaim {
  readonly requests?: readonly ResourceV1beta1DeviceRequest[]
  readonly constraints?: readonly ResourceV1beta1DeviceConstraint[]
  readonly config?: readonly ResourceV1beta1DeviceClaimConfiguration[]
}

export interface ResourceV1beta1DeviceClaimConfiguration extends ResourceV1beta1DeviceConfiguration {
  readonly requests?: readonly string[]
}

export interface ResourceV1beta1DeviceClass extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1beta1'
  readonly kind: 'DeviceClass'
  readonly metadata: ObjectMeta
  readonly spec: ResourceV1beta1DeviceClassSpec
}

export interface ResourceV1beta1DeviceClassConfiguration extends ResourceV1beta1DeviceConfiguration {
}

export interface ResourceV1beta1DeviceClassList {
  readonly apiVersion?: 'resource.k8s.io/v1beta1'
  readonly kind?: 'DeviceClassList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceV1beta1DeviceClass[]
}

export interface ResourceV1beta1DeviceClassSpec {
  readonly selectors?: readonly ResourceV1beta1DeviceSelector[]
  readonly config?: readonly ResourceV1beta1DeviceClassConfiguration[]
  readonly extendedResourceName?: string
}

export interface ResourceV1beta1DeviceConfiguration {
  readonly opaque?: ResourceV1beta1OpaqueDeviceConfiguration
}

export interface ResourceV1beta1DeviceConstraint {
  readonly requests?: readonly string[]
  readonly matchAttribute?: string
  readonly distinctAttribute?: string
}

export interface ResourceV1beta1DeviceCounterConsumption {
  readonly counterSet: string
  readonly counters: Readonly<Record<string, ResourceV1beta1Counter>>
}

export interface ResourceV1beta1DeviceRequest {
  readonly name: string
  readonly deviceClassName?: string
  readonly selectors?: readonly ResourceV1beta1DeviceSelector[]
  readonly allocationMode?: 'ExactCount' | 'All'
  readonly count?: number
  readonly adminAccess?: boolean
  readonly firstAvailable?: readonly ResourceV1beta1DeviceSubRequest[]
  readonly tolerations?: readonly ResourceV1beta1DeviceToleration[]
  readonly capacity?: ResourceV1beta1CapacityRequirements
}

export interface ResourceV1beta1DeviceRequestAllocationResult {
  readonly request: string
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly adminAccess?: boolean
  readonly tolerations?: readonly ResourceV1beta1DeviceToleration[]
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
  readonly shareID?: string
  readonly consumedCapacity?: Readonly<Record<string, string>>
}

export interface ResourceV1beta1DeviceSelector {
  readonly cel?: ResourceV1beta1CELDeviceSelector
}

export interface ResourceV1beta1DeviceSubRequest {
  readonly name: string
  readonly deviceClassName: string
  readonly selectors?: readonly ResourceV1beta1DeviceSelector[]
  readonly allocationMode?: 'ExactCount' | 'All'
  readonly count?: number
  readonly tolerations?: readonly ResourceV1beta1DeviceToleration[]
  readonly capacity?: ResourceV1beta1CapacityRequirements
}

export interface ResourceV1beta1DeviceTaint {
  readonly key: string
  readonly value?: string
  readonly effect: 'None' | 'NoSchedule' | 'NoExecute'
  readonly timeAdded?: string
}

export interface ResourceV1beta1DeviceToleration {
  readonly key?: string
  readonly operator?: 'Exists' | 'Equal'
  readonly value?: string
  readonly effect?: 'None' | 'NoSchedule' | 'NoExecute'
  readonly tolerationSeconds?: number
}

export interface ResourceV1beta1NetworkDeviceData {
  readonly interfaceName?: string
  readonly ips?: readonly string[]
  readonly hardwareAddress?: string
}

export interface ResourceV1beta1NodeAllocatableResourceMapping {
  readonly capacityKey?: string
  readonly allocationMultiplier?: string
}

export interface ResourceV1beta1OpaqueDeviceConfiguration {
  readonly driver: string
  readonly parameters: unknown
}

export interface ResourceV1beta1ResourceClaim extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1beta1'
  readonly kind: 'ResourceClaim'
  readonly metadata: ObjectMeta
  readonly spec: ResourceV1beta1ResourceClaimSpec
  readonly status: ResourceV1beta1ResourceClaimStatus
}

export interface ResourceV1beta1ResourceClaimConsumerReference {
  readonly apiGroup?: string
  readonly resource: string
  readonly name: string
  readonly uid: string
}

export interface ResourceV1beta1ResourceClaimList {
  readonly apiVersion?: 'resource.k8s.io/v1beta1'
  readonly kind?: 'ResourceClaimList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceV1beta1ResourceClaim[]
}

export interface ResourceV1beta1ResourceClaimSpec {
  readonly devices?: ResourceV1beta1DeviceClaim
}

export interface ResourceV1beta1ResourceClaimStatus {
  readonly allocation?: ResourceV1beta1AllocationResult
  readonly reservedFor?: readonly ResourceV1beta1ResourceClaimConsumerReference[]
  readonly devices?: readonly ResourceV1beta1AllocatedDeviceStatus[]
}

export interface ResourceV1beta1ResourceClaimTemplate extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1beta1'
  readonly kind: 'ResourceClaimTemplate'
  readonly metadata: ObjectMeta
  readonly spec: ResourceV1beta1ResourceClaimTemplateSpec
}

export interface ResourceV1beta1ResourceClaimTemplateList {
  readonly apiVersion?: 'resource.k8s.io/v1beta1'
  readonly kind?: 'ResourceClaimTemplateList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceV1beta1ResourceClaimTemplate[]
}

export interface ResourceV1beta1ResourceClaimTemplateSpec {
  readonly metadata?: Partial<ObjectMeta>
  readonly spec: ResourceV1beta1ResourceClaimSpec
}

export interface ResourceV1beta1ResourcePool {
  readonly name: string
  readonly generation: number
  readonly resourceSliceCount: number
}

export interface ResourceV1beta1ResourceSlice extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1beta1'
  readonly kind: 'ResourceSlice'
  readonly metadata: ObjectMeta
  readonly spec: ResourceV1beta1ResourceSliceSpec
}

export interface ResourceV1beta1ResourceSliceList {
  readonly apiVersion?: 'resource.k8s.io/v1beta1'
  readonly kind?: 'ResourceSliceList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceV1beta1ResourceSlice[]
}

export interface ResourceV1beta1ResourceSliceSpec {
  readonly driver: string
  readonly pool: ResourceV1beta1ResourcePool
  readonly nodeName?: string
  readonly nodeSelector?: NodeSelector
  readonly allNodes?: boolean
  readonly devices?: readonly ResourceV1beta1Device[]
  readonly perDeviceNodeSelection?: boolean
  readonly sharedCounters?: readonly ResourceV1beta1CounterSet[]
}

export interface ResourceV1beta2AllocatedDeviceStatus {
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly shareID?: string
  readonly conditions?: readonly Condition[]
  readonly data?: unknown
  readonly networkData?: ResourceV1beta2NetworkDeviceData
}

export interface ResourceV1beta2AllocationResult {
  readonly devices?: ResourceV1beta2DeviceAllocationResult
  readonly nodeSelector?: NodeSelector
  readonly allocationTimestamp?: string
}

export interface ResourceV1beta2CELDeviceSelector {
  readonly expression: string
}

export interface ResourceV1beta2CapacityRequestPolicy {
  readonly default?: string
  readonly validValues?: readonly string[]
  readonly validRange?: ResourceV1beta2CapacityRequestPolicyRange
}

export interface ResourceV1beta2CapacityRequestPolicyRange {
  readonly min: string
  readonly max?: string
  readonly step?: string
}

export interface ResourceV1beta2CapacityRequirements {
  readonly requests?: Readonly<Record<string, string>>
}

export interface ResourceV1beta2Counter {
  readonly value: string
}

export interface ResourceV1beta2CounterSet {
  readonly name: string
  readonly counters: Readonly<Record<string, ResourceV1beta2Counter>>
}

export interface ResourceV1beta2Device {
  readonly name: string
  readonly attributes?: Readonly<Record<string, ResourceV1beta2DeviceAttribute>>
  readonly capacity?: Readonly<Record<string, ResourceV1beta2DeviceCapacity>>
  readonly consumesCounters?: readonly ResourceV1beta2DeviceCounterConsumption[]
  readonly nodeName?: string
  readonly nodeSelector?: NodeSelector
  readonly allNodes?: boolean
  readonly taints?: readonly ResourceV1beta2DeviceTaint[]
  readonly bindsToNode?: boolean
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
  readonly allowMultipleAllocations?: boolean
  readonly nodeAllocatableResourceMappings?: Readonly<Record<string, ResourceV1beta2NodeAllocatableResourceMapping>>
}

export interface ResourceV1beta2DeviceAllocationConfiguration extends ResourceV1beta2DeviceConfiguration {
  readonly source: 'FromClass' | 'FromClaim'
  readonly requests?: readonly string[]
}

export interface ResourceV1beta2DeviceAllocationResult {
  readonly results?: readonly ResourceV1beta2DeviceRequestAllocationResult[]
  readonly config?: readonly ResourceV1beta2DeviceAllocationConfiguration[]
}

export interface ResourceV1beta2DeviceAttribute {
  readonly int?: number
  readonly bool?: boolean
  readonly string?: string
  readonly version?: string
  readonly ints?: readonly number[]
  readonly bools?: readonly boolean[]
  readonly strings?: readonly string[]
  readonly versions?: readonly string[]
}

export interface ResourceV1beta2DeviceCapacity {
  readonly value: string
  readonly requestPolicy?: ResourceV1beta2CapacityRequestPolicy
}

export interface ResourceV1beta2DeviceClaim {
  readonly requests?: readonly ResourceV1beta2DeviceRequest[]
  readonly constraints?: readonly ResourceV1beta2DeviceConstraint[]
  readonly config?: readonly ResourceV1beta2DeviceClaimConfiguration[]
}

export interface ResourceV1beta2DeviceClaimConfiguration extends ResourceV1beta2DeviceConfiguration {
  readonly requests?: readonly string[]
}

export interface ResourceV1beta2DeviceClass extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1beta2'
  readonly kind: 'DeviceClass'
  readonly metadata: ObjectMeta
  readonly spec: ResourceV1beta2DeviceClassSpec
}

export interface ResourceV1beta2DeviceClassConfiguration extends ResourceV1beta2DeviceConfiguration {
}

export interface ResourceV1beta2DeviceClassList {
  readonly apiVersion?: 'resource.k8s.io/v1beta2'
  readonly kind?: 'DeviceClassList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceV1beta2DeviceClass[]
}

export interface ResourceV1beta2DeviceClassSpec {
  readonly selectors?: readonly ResourceV1beta2DeviceSelector[]
  readonly config?: readonly ResourceV1beta2DeviceClassConfiguration[]
  readonly extendedResourceName?: string
}

export interface ResourceV1beta2DeviceConfiguration {
  readonly opaque?: ResourceV1beta2OpaqueDeviceConfiguration
}

export interface ResourceV1beta2DeviceConstraint {
  readonly requests?: readonly string[]
  readonly matchAttribute?: string
  readonly distinctAttribute?: string
}

export interface ResourceV1beta2DeviceCounterConsumption {
  readonly counterSet: string
  readonly counters: Readonly<Record<string, ResourceV1beta2Counter>>
}

export interface ResourceV1beta2DeviceRequest {
  readonly name: string
  readonly exactly?: ResourceV1beta2ExactDeviceRequest
  readonly firstAvailable?: readonly ResourceV1beta2DeviceSubRequest[]
}

export interface ResourceV1beta2DeviceRequestAllocationResult {
  readonly request: string
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly adminAccess?: boolean
  readonly tolerations?: readonly ResourceV1beta2DeviceToleration[]
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
  readonly shareID?: string
  readonly consumedCapacity?: Readonly<Record<string, string>>
}

export interface ResourceV1beta2DeviceSelector {
  readonly cel?: ResourceV1beta2CELDeviceSelector
}

export interface ResourceV1beta2DeviceSubRequest {
  readonly name: string
  readonly deviceClassName: string
  readonly selectors?: readonly ResourceV1beta2DeviceSelector[]
  readonly allocationMode?: 'ExactCount' | 'All'
  readonly count?: number
  readonly tolerations?: readonly ResourceV1beta2DeviceToleration[]
  readonly capacity?: ResourceV1beta2CapacityRequirements
}

export interface ResourceV1beta2DeviceTaint {
  readonly key: string
  readonly value?: string
  readonly effect: 'None' | 'NoSchedule' | 'NoExecute'
  readonly timeAdded?: string
}

export interface ResourceV1beta2DeviceToleration {
  readonly key?: string
  readonly operator?: 'Exists' | 'Equal'
  readonly value?: string
  readonly effect?: 'None' | 'NoSchedule' | 'NoExecute'
  readonly tolerationSeconds?: number
}

export interface ResourceV1beta2ExactDeviceRequest {
  readonly deviceClassName: string
  readonly selectors?: readonly ResourceV1beta2DeviceSelector[]
  readonly allocationMode?: 'ExactCount' | 'All'
  readonly count?: number
  readonly adminAccess?: boolean
  readonly tolerations?: readonly ResourceV1beta2DeviceToleration[]
  readonly capacity?: ResourceV1beta2CapacityRequirements
}

export interface ResourceV1beta2NetworkDeviceData {
  readonly interfaceName?: string
  readonly ips?: readonly string[]
  readonly hardwareAddress?: string
}

export interface ResourceV1beta2NodeAllocatableResourceMapping {
  readonly capacityKey?: string
  readonly allocationMultiplier?: string
}

export interface ResourceV1beta2OpaqueDeviceConfiguration {
  readonly driver: string
  readonly parameters: unknown
}

export interface ResourceV1beta2ResourceClaim extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1beta2'
  readonly kind: 'ResourceClaim'
  readonly metadata: ObjectMeta
  readonly spec: ResourceV1beta2ResourceClaimSpec
  readonly status: ResourceV1beta2ResourceClaimStatus
}

export interface ResourceV1beta2ResourceClaimConsumerReference {
  readonly apiGroup?: string
  readonly resource: string
  readonly name: string
  readonly uid: string
}

export interface ResourceV1beta2ResourceClaimList {
  readonly apiVersion?: 'resource.k8s.io/v1beta2'
  readonly kind?: 'ResourceClaimList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceV1beta2ResourceClaim[]
}

export interface ResourceV1beta2ResourceClaimSpec {
  readonly devices?: ResourceV1beta2DeviceClaim
}

export interface ResourceV1beta2ResourceClaimStatus {
  readonly allocation?: ResourceV1beta2AllocationResult
  readonly reservedFor?: readonly ResourceV1beta2ResourceClaimConsumerReference[]
  readonly devices?: readonly ResourceV1beta2AllocatedDeviceStatus[]
}

export interface ResourceV1beta2ResourceClaimTemplate extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1beta2'
  readonly kind: 'ResourceClaimTemplate'
  readonly metadata: ObjectMeta
  readonly spec: ResourceV1beta2ResourceClaimTemplateSpec
}

export interface ResourceV1beta2ResourceClaimTemplateList {
  readonly apiVersion?: 'resource.k8s.io/v1beta2'
  readonly kind?: 'ResourceClaimTemplateList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceV1beta2ResourceClaimTemplate[]
}

export interface ResourceV1beta2ResourceClaimTemplateSpec {
  readonly metadata?: Partial<ObjectMeta>
  readonly spec: ResourceV1beta2ResourceClaimSpec
}

export interface ResourceV1beta2ResourcePool {
  readonly name: string
  readonly generation: number
  readonly resourceSliceCount: number
}

export interface ResourceV1beta2ResourceSlice extends KubeObject {
  readonly apiVersion: 'resource.k8s.io/v1beta2'
  readonly kind: 'ResourceSlice'
  readonly metadata: ObjectMeta
  readonly spec: ResourceV1beta2ResourceSliceSpec
}

export interface ResourceV1beta2ResourceSliceList {
  readonly apiVersion?: 'resource.k8s.io/v1beta2'
  readonly kind?: 'ResourceSliceList'
  readonly metadata?: ListMeta
  readonly items: readonly ResourceV1beta2ResourceSlice[]
}

export interface ResourceV1beta2ResourceSliceSpec {
  readonly driver: string
  readonly pool: ResourceV1beta2ResourcePool
  readonly nodeName?: string
  readonly nodeSelector?: NodeSelector
  readonly allNodes?: boolean
  readonly devices?: readonly ResourceV1beta2Device[]
  readonly perDeviceNodeSelection?: boolean
  readonly sharedCounters?: readonly ResourceV1beta2CounterSet[]
}

export interface Role extends KubeObject {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1'
  readonly kind: 'Role'
  readonly metadata: ObjectMeta
  readonly rules?: readonly PolicyRule[]
}

export interface RoleBinding extends KubeObject {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1'
  readonly kind: 'RoleBinding'
  readonly metadata: ObjectMeta
  readonly subjects?: readonly Subject[]
  readonly roleRef: RoleRef
}

export interface RoleBindingList {
  readonly apiVersion?: 'rbac.authorization.k8s.io/v1'
  readonly kind?: 'RoleBindingList'
  readonly metadata?: ListMeta
  readonly items: readonly RoleBinding[]
}

export interface RoleList {
  readonly apiVersion?: 'rbac.authorization.k8s.io/v1'
  readonly kind?: 'RoleList'
  readonly metadata?: ListMeta
  readonly items: readonly Role[]
}

export interface RoleRef {
  readonly apiGroup?: string
  readonly kind: string
  readonly name: string
}

export interface RollingUpdateDaemonSet {
  readonly maxUnavailable?: number | string
  readonly maxSurge?: number | string
}

export interface RollingUpdateDeployment {
  readonly maxUnavailable?: number | string
  readonly maxSurge?: number | string
}

export interface RollingUpdateStatefulSetStrategy {
  readonly partition?: number
  readonly maxUnavailable?: number | string
}

export interface RootPaths {
  readonly paths: readonly string[]
}

export interface Rule {
  readonly apiGroups?: readonly string[]
  readonly apiVersions?: readonly string[]
  readonly resources?: readonly string[]
  readonly scope?: 'Cluster' | 'Namespaced' | '*'
}

export interface RuleWithOperations extends Rule {
  readonly operations?: readonly ('*' | 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT')[]
}

export interface RuntimeClass extends KubeObject {
  readonly apiVersion: 'node.k8s.io/v1'
  readonly kind: 'RuntimeClass'
  readonly metadata: ObjectMeta
  readonly handler: string
  readonly overhead?: Overhead
  readonly scheduling?: Scheduling
}

export interface RuntimeClassList {
  readonly apiVersion?: 'node.k8s.io/v1'
  readonly kind?: 'RuntimeClassList'
  readonly metadata?: ListMeta
  readonly items: readonly RuntimeClass[]
}

export interface SELinuxOptions {
  readonly user?: string
  readonly role?: string
  readonly type?: string
  readonly level?: string
}

export interface Scale extends KubeObject {
  readonly apiVersion: 'autoscaling/v1'
  readonly kind: 'Scale'
  readonly metadata: ObjectMeta
  readonly spec: ScaleSpec
  readonly status: ScaleStatus
}

export interface ScaleIOPersistentVolumeSource {
  readonly gateway: string
  readonly system: string
  readonly secretRef: SecretReference
  readonly sslEnabled?: boolean
  readonly protectionDomain?: string
  readonly storagePool?: string
  readonly storageMode?: string
  readonly volumeName?: string
  readonly fsType?: string
  readonly readOnly?: boolean
}

export interface ScaleIOVolumeSource {
  readonly gateway: string
  readonly system: string
  readonly secretRef: LocalObjectReference
  readonly sslEnabled?: boolean
  readonly protectionDomain?: string
  readonly storagePool?: string
  readonly storageMode?: string
  readonly volumeName?: string
  readonly fsType?: string
  readonly readOnly?: boolean
}

export interface ScaleSpec {
  readonly replicas?: number
}

export interface ScaleStatus {
  readonly replicas: number
  readonly selector?: string
}

export interface Scheduling {
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly tolerations?: readonly Toleration[]
}

export interface SchedulingV1alpha2TypedLocalObjectReference {
  readonly apiGroup?: string
  readonly kind: string
  readonly name: string
}

export interface ScopeSelector {
  readonly matchExpressions?: readonly ScopedResourceSelectorRequirement[]
}

export interface ScopedResourceSelectorRequirement {
  readonly scopeName: 'Terminating' | 'NotTerminating' | 'BestEffort' | 'NotBestEffort' | 'PriorityClass' | 'CrossNamespacePodAffinity' | 'VolumeAttributesClass'
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values?: readonly string[]
}

export interface SeccompProfile {
  readonly type: 'Unconfined' | 'RuntimeDefault' | 'Localhost'
  readonly localhostProfile?: string
}

export interface Secret extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Secret'
  readonly metadata: ObjectMeta
  readonly immutable?: boolean
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
  readonly type?: string
}

export interface SecretEnvSource extends LocalObjectReference {
  readonly optional?: boolean
}

export interface SecretKeySelector extends LocalObjectReference {
  readonly key: string
  readonly optional?: boolean
}

export interface SecretList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'SecretList'
  readonly metadata?: ListMeta
  readonly items: readonly Secret[]
}

export interface SecretProjection extends LocalObjectReference {
  readonly items?: readonly KeyToPath[]
  readonly optional?: boolean
}

export interface SecretReference {
  readonly name?: string
  readonly namespace?: string
}

export interface SecretVolumeSource {
  readonly secretName?: string
  readonly items?: readonly KeyToPath[]
  readonly defaultMode?: number
  readonly optional?: boolean
}

export interface SecurityContext {
  readonly capabilities?: Capabilities
  readonly privileged?: boolean
  readonly seLinuxOptions?: SELinuxOptions
  readonly windowsOptions?: WindowsSecurityContextOptions
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly runAsNonRoot?: boolean
  readonly readOnlyRootFilesystem?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly procMount?: 'Default' | 'Unmasked'
  readonly seccompProfile?: SeccompProfile
  readonly appArmorProfile?: AppArmorProfile
}

export interface SelectableField {
  readonly jsonPath: string
}

export interface SelfSubjectAccessReview extends KubeObject {
  readonly apiVersion: 'authorization.k8s.io/v1'
  readonly kind: 'SelfSubjectAccessReview'
  readonly metadata: ObjectMeta
  readonly spec: SelfSubjectAccessReviewSpec
  readonly status: SubjectAccessReviewStatus
}

export interface SelfSubjectAccessReviewSpec {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: NonResourceAttributes
}

export interface SelfSubjectReview extends KubeObject {
  readonly apiVersion: 'authentication.k8s.io/v1'
  readonly kind: 'SelfSubjectReview'
  readonly metadata: ObjectMeta
  readonly status: SelfSubjectReviewStatus
}

export interface SelfSubjectReviewStatus {
  readonly userInfo?: UserInfo
}

export interface SelfSubjectRulesReview extends KubeObject {
  readonly apiVersion: 'authorization.k8s.io/v1'
  readonly kind: 'SelfSubjectRulesReview'
  readonly metadata: ObjectMeta
  readonly spec: SelfSubjectRulesReviewSpec
  readonly status: SubjectRulesReviewStatus
}

export interface SelfSubjectRulesReviewSpec {
  readonly namespace?: string
}

export interface SerializedReference {
  readonly apiVersion?: 'v1'
  readonly kind?: 'SerializedReference'
  readonly reference?: ObjectReference
}

export interface ServerAddressByClientCIDR {
  readonly clientCIDR: string
  readonly serverAddress: string
}

export interface ServerStorageVersion {
  readonly apiServerID: string
  readonly encodingVersion: string
  readonly decodableVersions: readonly string[]
  readonly servedVersions?: readonly string[]
}

export interface Service extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Service'
  readonly metadata: ObjectMeta
  readonly spec: ServiceSpec
  readonly status: ServiceStatus
}

export interface ServiceAccount extends KubeObject {
  readonly apiVersion: 'v1'
  readonly kind: 'ServiceAccount'
  readonly metadata: ObjectMeta
  readonly secrets?: readonly ObjectReference[]
  readonly imagePullSecrets?: readonly LocalObjectReference[]
  readonly automountServiceAccountToken?: boolean
}

export interface ServiceAccountList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'ServiceAccountList'
  readonly metadata?: ListMeta
  readonly items: readonly ServiceAccount[]
}

export interface ServiceAccountSubject {
  readonly namespace: string
  readonly name: string
}

export interface ServiceAccountTokenProjection {
  readonly audience?: string
  readonly expirationSeconds?: number
  readonly path: string
}

export interface ServiceBackendPort {
  readonly name?: string
  readonly number?: number
}

export interface ServiceCIDR extends KubeObject {
  readonly apiVersion: 'networking.k8s.io/v1'
  readonly kind: 'ServiceCIDR'
  readonly metadata: ObjectMeta
  readonly spec: ServiceCIDRSpec
  readonly status: ServiceCIDRStatus
}

export interface ServiceCIDRList {
  readonly apiVersion?: 'networking.k8s.io/v1'
  readonly kind?: 'ServiceCIDRList'
  readonly metadata?: ListMeta
  readonly items: readonly ServiceCIDR[]
}

export interface ServiceCIDRSpec {
  readonly cidrs?: readonly string[]
}

export interface ServiceCIDRStatus {
  readonly conditions?: readonly Condition[]
}

export interface ServiceList {
  readonly apiVersion?: 'v1'
  readonly kind?: 'ServiceList'
  readonly metadata?: ListMeta
  readonly items: readonly Service[]
}

export interface ServicePort {
  readonly name?: string
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP'
  readonly appProtocol?: string
  readonly port: number
  readonly targetPort?: number | string
  readonly nodePort?: number
}

export interface ServiceProxyOptions {
  readonly apiVersion?: 'v1'
  readonly kind?: 'ServiceProxyOptions'
  readonly path?: string
}

export interface ServiceReference {
  readonly namespace: string
  readonly name: string
  readonly path?: string
  readonly port?: number
}

export interface ServiceSpec {
  readonly ports?: readonly ServicePort[]
  readonly selector?: Readonly<Record<string, string>>
  readonly clusterIP?: string
  readonly clusterIPs?: readonly string[]
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
  readonly externalIPs?: readonly string[]
  readonly sessionAffinity?: 'ClientIP' | 'None'
  readonly loadBalancerIP?: string
  readonly loadBalancerSourceRanges?: readonly string[]
  readonly externalName?: string
  readonly externalTrafficPolicy?: 'Cluster' | 'Local'
  readonly healthCheckNodePort?: number
  readonly publishNotReadyAddresses?: boolean
  readonly sessionAffinityConfig?: SessionAffinityConfig
  readonly ipFamilies?: readonly ('IPv4' | 'IPv6' | '')[]
  readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack'
  readonly allocateLoadBalancerNodePorts?: boolean
  readonly loadBalancerClass?: string
  readonly internalTrafficPolicy?: 'Cluster' | 'Local'
  readonly trafficDistribution?: string
}

export interface ServiceStatus {
  readonly loadBalancer?: LoadBalancerStatus
  readonly conditions?: readonly Condition[]
}

export interface SessionAffinityConfig {
  readonly clientIP?: ClientIPConfig
}

export interface ShardInfo {
  readonly selector: string
}

export interface SleepAction {
  readonly seconds: number
}

export interface StatefulSet extends KubeObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'StatefulSet'
  readonly metadata: ObjectMeta
  readonly spec: StatefulSetSpec
  readonly status: StatefulSetStatus
}

export interface StatefulSetCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface StatefulSetList {
  readonly apiVersion?: 'apps/v1'
  readonly kind?: 'StatefulSetList'
  readonly metadata?: ListMeta
  readonly items: readonly StatefulSet[]
}

export interface StatefulSetOrdinals {
  readonly start?: number
}

export interface StatefulSetPersistentVolumeClaimRetentionPolicy {
  readonly whenDeleted?: string
  readonly whenScaled?: string
}

export interface StatefulSetSpec {
  readonly replicas?: number
  readonly selector: LabelSelector
  readonly template: PodTemplateSpec
  readonly volumeClaimTemplates?: readonly PersistentVolumeClaim[]
  readonly serviceName?: string
  readonly podManagementPolicy?: 'OrderedReady' | 'Parallel'
  readonly updateStrategy?: StatefulSetUpdateStrategy
  readonly revisionHistoryLimit?: number
  readonly minReadySeconds?: number
  readonly persistentVolumeClaimRetentionPolicy?: StatefulSetPersistentVolumeClaimRetentionPolicy
  readonly ordinals?: StatefulSetOrdinals
}

export interface StatefulSetStatus {
  readonly observedGeneration?: number
  readonly replicas: number
  readonly readyReplicas?: number
  readonly currentReplicas?: number
  readonly updatedReplicas?: number
  readonly currentRevision?: string
  readonly updateRevision?: string
  readonly collisionCount?: number
  readonly conditions?: readonly StatefulSetCondition[]
  readonly availableReplicas?: number
}

export interface StatefulSetUpdateStrategy {
  readonly type?: 'RollingUpdate' | 'OnDelete'
  readonly rollingUpdate?: RollingUpdateStatefulSetStrategy
}

export interface StorageClass extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1'
  readonly kind: 'StorageClass'
  readonly metadata: ObjectMeta
  readonly provisioner: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly reclaimPolicy?: 'Recycle' | 'Delete' | 'Retain'
  readonly mountOptions?: readonly string[]
  readonly allowVolumeExpansion?: boolean
  readonly volumeBindingMode?: 'Immediate' | 'WaitForFirstConsumer'
  readonly allowedTopologies?: readonly TopologySelectorTerm[]
}

export interface StorageClassList {
  readonly apiVersion?: 'storage.k8s.io/v1'
  readonly kind?: 'StorageClassList'
  readonly metadata?: ListMeta
  readonly items: readonly StorageClass[]
}

export interface StorageOSPersistentVolumeSource {
  readonly volumeName?: string
  readonly volumeNamespace?: string
  readonly fsType?: string
  readonly readOnly?: boolean
  readonly secretRef?: ObjectReference
}

export interface StorageOSVolumeSource {
  readonly volumeName?: string
  readonly volumeNamespace?: string
  readonly fsType?: string
  readonly readOnly?: boolean
  readonly secretRef?: LocalObjectReference
}

export interface StorageV1TokenRequest {
  readonly audience: string
  readonly expirationSeconds?: number
}

export interface StorageV1beta1CSIDriver extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1beta1'
  readonly kind: 'CSIDriver'
  readonly metadata: ObjectMeta
  readonly spec: StorageV1beta1CSIDriverSpec
}

export interface StorageV1beta1CSIDriverList {
  readonly apiVersion?: 'storage.k8s.io/v1beta1'
  readonly kind?: 'CSIDriverList'
  readonly metadata?: ListMeta
  readonly items: readonly StorageV1beta1CSIDriver[]
}

export interface StorageV1beta1CSIDriverSpec {
  readonly attachRequired?: boolean
  readonly podInfoOnMount?: boolean
  readonly volumeLifecycleModes?: readonly string[]
  readonly storageCapacity?: boolean
  readonly fsGroupPolicy?: string
  readonly tokenRequests?: readonly StorageV1beta1TokenRequest[]
  readonly requiresRepublish?: boolean
  readonly seLinuxMount?: boolean
  readonly nodeAllocatableUpdatePeriodSeconds?: number
  readonly serviceAccountTokenInSecrets?: boolean
  readonly preventPodSchedulingIfMissing?: boolean
}

export interface StorageV1beta1CSINode extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1beta1'
  readonly kind: 'CSINode'
  readonly metadata: ObjectMeta
  readonly spec: StorageV1beta1CSINodeSpec
}

export interface StorageV1beta1CSINodeDriver {
  readonly name: string
  readonly nodeID: string
  readonly topologyKeys?: readonly string[]
  readonly allocatable?: StorageV1beta1VolumeNodeResources
}

export interface StorageV1beta1CSINodeList {
  readonly apiVersion?: 'storage.k8s.io/v1beta1'
  readonly kind?: 'CSINodeList'
  readonly metadata?: ListMeta
  readonly items: readonly StorageV1beta1CSINode[]
}

export interface StorageV1beta1CSINodeSpec {
  readonly drivers: readonly StorageV1beta1CSINodeDriver[]
}

export interface StorageV1beta1CSIStorageCapacity extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1beta1'
  readonly kind: 'CSIStorageCapacity'
  readonly metadata: ObjectMeta
  readonly nodeTopology?: LabelSelector
  readonly storageClassName: string
  readonly capacity?: string
  readonly maximumVolumeSize?: string
}

export interface StorageV1beta1CSIStorageCapacityList {
  readonly apiVersion?: 'storage.k8s.io/v1beta1'
  readonly kind?: 'CSIStorageCapacityList'
  readonly metadata?: ListMeta
  readonly items: readonly StorageV1beta1CSIStorageCapacity[]
}

export interface StorageV1beta1StorageClass extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1beta1'
  readonly kind: 'StorageClass'
  readonly metadata: ObjectMeta
  readonly provisioner: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly reclaimPolicy?: 'Recycle' | 'Delete' | 'Retain'
  readonly mountOptions?: readonly string[]
  readonly allowVolumeExpansion?: boolean
  readonly volumeBindingMode?: string
  readonly allowedTopologies?: readonly TopologySelectorTerm[]
}

export interface StorageV1beta1StorageClassList {
  readonly apiVersion?: 'storage.k8s.io/v1beta1'
  readonly kind?: 'StorageClassList'
  readonly metadata?: ListMeta
  readonly items: readonly StorageV1beta1StorageClass[]
}

export interface StorageV1beta1TokenRequest {
  readonly audience: string
  readonly expirationSeconds?: number
}

export interface StorageV1beta1VolumeAttachment extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1beta1'
  readonly kind: 'VolumeAttachment'
  readonly metadata: ObjectMeta
  readonly spec: StorageV1beta1VolumeAttachmentSpec
  readonly status: StorageV1beta1VolumeAttachmentStatus
}

export interface StorageV1beta1VolumeAttachmentList {
  readonly apiVersion?: 'storage.k8s.io/v1beta1'
  readonly kind?: 'VolumeAttachmentList'
  readonly metadata?: ListMeta
  readonly items: readonly StorageV1beta1VolumeAttachment[]
}

export interface StorageV1beta1VolumeAttachmentSource {
  readonly persistentVolumeName?: string
  readonly inlineVolumeSpec?: PersistentVolumeSpec
}

export interface StorageV1beta1VolumeAttachmentSpec {
  readonly attacher: string
  readonly source: StorageV1beta1VolumeAttachmentSource
  readonly nodeName: string
}

export interface StorageV1beta1VolumeAttachmentStatus {
  readonly attached: boolean
  readonly attachmentMetadata?: Readonly<Record<string, string>>
  readonly attachError?: StorageV1beta1VolumeError
  readonly detachError?: StorageV1beta1VolumeError
}

export interface StorageV1beta1VolumeAttributesClass extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1beta1'
  readonly kind: 'VolumeAttributesClass'
  readonly metadata: ObjectMeta
  readonly driverName: string
  readonly parameters?: Readonly<Record<string, string>>
}

export interface StorageV1beta1VolumeAttributesClassList {
  readonly apiVersion?: 'storage.k8s.io/v1beta1'
  readonly kind?: 'VolumeAttributesClassList'
  readonly metadata?: ListMeta
  readonly items: readonly StorageV1beta1VolumeAttributesClass[]
}

export interface StorageV1beta1VolumeError {
  readonly time?: string
  readonly message?: string
  readonly errorCode?: number
}

export interface StorageV1beta1VolumeNodeResources {
  readonly count?: number
}

export interface StorageVersion extends KubeObject {
  readonly apiVersion: 'internal.apiserver.k8s.io/v1alpha1'
  readonly kind: 'StorageVersion'
  readonly metadata: ObjectMeta
  readonly spec: StorageVersionSpec
  readonly status: StorageVersionStatus
}

export interface StorageVersionCondition {
  readonly type: string
  readonly status: string
  readonly observedGeneration?: number
  readonly lastTransitionTime?: string
  readonly reason: string
  readonly message: string
}

export interface StorageVersionList {
  readonly apiVersion?: 'internal.apiserver.k8s.io/v1alpha1'
  readonly kind?: 'StorageVersionList'
  readonly metadata?: ListMeta
  readonly items: readonly StorageVersion[]
}

export interface StorageVersionMigration extends KubeObject {
  readonly apiVersion: 'storagemigration.k8s.io/v1beta1'
  readonly kind: 'StorageVersionMigration'
  readonly metadata: ObjectMeta
  readonly spec: StorageVersionMigrationSpec
  readonly status: StorageVersionMigrationStatus
}

export interface StorageVersionMigrationList {
  readonly apiVersion?: 'storagemigration.k8s.io/v1beta1'
  readonly kind?: 'StorageVersionMigrationList'
  readonly metadata?: ListMeta
  readonly items: readonly StorageVersionMigration[]
}

export interface StorageVersionMigrationSpec {
  readonly resource: GroupResource
}

export interface StorageVersionMigrationStatus {
  readonly conditions?: readonly Condition[]
  readonly resourceVersion?: string
}

export type StorageVersionSpec = Readonly<Record<never, never>>

export interface StorageVersionStatus {
  readonly storageVersions?: readonly ServerStorageVersion[]
  readonly commonEncodingVersion?: string
  readonly conditions?: readonly StorageVersionCondition[]
}

export interface Subject {
  readonly kind: string
  readonly apiGroup?: string
  readonly name: string
  readonly namespace?: string
}

export interface SubjectAccessReview extends KubeObject {
  readonly apiVersion: 'authorization.k8s.io/v1'
  readonly kind: 'SubjectAccessReview'
  readonly metadata: ObjectMeta
  readonly spec: SubjectAccessReviewSpec
  readonly status: SubjectAccessReviewStatus
}

export interface SubjectAccessReviewSpec {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: NonResourceAttributes
  readonly user?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
  readonly uid?: string
}

export interface SubjectAccessReviewStatus {
  readonly allowed: boolean
  readonly denied?: boolean
  readonly reason?: string
  readonly evaluationError?: string
}

export interface SubjectRulesReviewStatus {
  readonly resourceRules: readonly ResourceRule[]
  readonly nonResourceRules: readonly NonResourceRule[]
  readonly incomplete: boolean
  readonly evaluationError?: string
}

export interface SuccessPolicy {
  readonly rules: readonly SuccessPolicyRule[]
}

export interface SuccessPolicyRule {
  readonly succeededIndexes?: string
  readonly succeededCount?: number
}

export interface Sysctl {
  readonly name: string
  readonly value: string
}

export interface TCPSocketAction {
  readonly port: number | string
  readonly host?: string
}

export interface Table {
  readonly apiVersion?: 'meta.k8s.io/v1'
  readonly kind?: 'Table'
  readonly metadata?: ListMeta
  readonly columnDefinitions: readonly TableColumnDefinition[]
  readonly rows: readonly TableRow[]
}

export interface TableColumnDefinition {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

export interface TableOptions {
  readonly apiVersion?: 'meta.k8s.io/v1'
  readonly kind?: 'TableOptions'
  readonly includeObject?: string
}

export interface TableRow {
  readonly cells: readonly unknown[]
  readonly conditions?: readonly TableRowCondition[]
  readonly object?: unknown
}

export interface TableRowCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  readonly timeAdded?: string
}

export interface Timestamp {
  readonly seconds: number
  readonly nanos: number
}

export interface TokenRequest extends KubeObject {
  readonly apiVersion: 'authentication.k8s.io/v1'
  readonly kind: 'TokenRequest'
  readonly metadata: ObjectMeta
  readonly spec: TokenRequestSpec
  readonly status: TokenRequestStatus
}

export interface TokenRequestSpec {
  readonly audiences?: readonly string[]
  readonly expirationSeconds?: number
  readonly boundObjectRef?: BoundObjectReference
}

export interface TokenRequestStatus {
  readonly token?: string
  readonly expirationTimestamp?: string
}

export interface TokenReview extends KubeObject {
  readonly apiVersion: 'authentication.k8s.io/v1'
  readonly kind: 'TokenReview'
  readonly metadata: ObjectMeta
  readonly spec: TokenReviewSpec
  readonly status: TokenReviewStatus
}

export interface TokenReviewSpec {
  readonly token: string
  readonly audiences?: readonly string[]
}

export interface TokenReviewStatus {
  readonly authenticated?: boolean
  readonly user?: UserInfo
  readonly audiences?: readonly string[]
  readonly error?: string
}

export interface Toleration {
  readonly key?: string
  readonly operator?: 'Exists' | 'Equal' | 'Lt' | 'Gt'
  readonly value?: string
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  readonly tolerationSeconds?: number
}

export interface TopologyConstraint {
  readonly key: string
}

export interface TopologySelectorLabelRequirement {
  readonly key: string
  readonly values: readonly string[]
}

export interface TopologySelectorTerm {
  readonly matchLabelExpressions?: readonly TopologySelectorLabelRequirement[]
}

export interface TopologySpreadConstraint {
  readonly maxSkew: number
  readonly topologyKey: string
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'
  readonly labelSelector?: LabelSelector
  readonly minDomains?: number
  readonly nodeAffinityPolicy?: 'Ignore' | 'Honor'
  readonly nodeTaintsPolicy?: 'Ignore' | 'Honor'
  readonly matchLabelKeys?: readonly string[]
}

export interface TypeChecking {
  readonly expressionWarnings?: readonly ExpressionWarning[]
}

export interface TypeMeta {
  readonly kind?: string
  readonly apiVersion?: string
}

export interface TypedLocalObjectReference {
  readonly apiGroup?: string
  readonly kind: string
  readonly name: string
}

export interface TypedObjectReference {
  readonly apiGroup?: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

export interface UncountedTerminatedPods {
  readonly succeeded?: readonly string[]
  readonly failed?: readonly string[]
}

export type Unknown = Readonly<Record<never, never>>

export interface UpdateOptions {
  readonly apiVersion?: string
  readonly kind?: string
  readonly dryRun?: readonly string[]
  readonly fieldManager?: string
  readonly fieldValidation?: string
}

export interface UserInfo {
  readonly username?: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface UserSubject {
  readonly name: string
}

export interface ValidatingAdmissionPolicy extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1'
  readonly kind: 'ValidatingAdmissionPolicy'
  readonly metadata: ObjectMeta
  readonly spec: ValidatingAdmissionPolicySpec
  readonly status: ValidatingAdmissionPolicyStatus
}

export interface ValidatingAdmissionPolicyBinding extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1'
  readonly kind: 'ValidatingAdmissionPolicyBinding'
  readonly metadata: ObjectMeta
  readonly spec: ValidatingAdmissionPolicyBindingSpec
}

export interface ValidatingAdmissionPolicyBindingList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1'
  readonly kind?: 'ValidatingAdmissionPolicyBindingList'
  readonly metadata?: ListMeta
  readonly items: readonly ValidatingAdmissionPolicyBinding[]
}

export interface ValidatingAdmissionPolicyBindingSpec {
  readonly policyName: string
  readonly paramRef?: ParamRef
  readonly matchResources?: MatchResources
  readonly validationActions: readonly ('Deny' | 'Warn' | 'Audit')[]
}

export interface ValidatingAdmissionPolicyList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1'
  readonly kind?: 'ValidatingAdmissionPolicyList'
  readonly metadata?: ListMeta
  readonly items: readonly ValidatingAdmissionPolicy[]
}

export interface ValidatingAdmissionPolicySpec {
  readonly paramKind?: ParamKind
  readonly matchConstraints?: MatchResources
  readonly validations?: readonly Validation[]
  readonly failurePolicy?: 'Ignore' | 'Fail'
  readonly auditAnnotations?: readonly AuditAnnotation[]
  readonly matchConditions?: readonly MatchCondition[]
  readonly variables?: readonly Variable[]
}

export interface ValidatingAdmissionPolicyStatus {
  readonly observedGeneration?: number
  readonly typeChecking?: TypeChecking
  readonly conditions?: readonly Condition[]
}

export interface ValidatingWebhook {
  readonly name: string
  readonly clientConfig: WebhookClientConfig
  readonly rules?: readonly RuleWithOperations[]
  readonly failurePolicy?: 'Ignore' | 'Fail'
  readonly matchPolicy?: 'Exact' | 'Equivalent'
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly sideEffects: 'Unknown' | 'None' | 'Some' | 'NoneOnDryRun'
  readonly timeoutSeconds?: number
  readonly admissionReviewVersions: readonly string[]
  readonly matchConditions?: readonly MatchCondition[]
}

export interface ValidatingWebhookConfiguration extends KubeObject {
  readonly apiVersion: 'admissionregistration.k8s.io/v1'
  readonly kind: 'ValidatingWebhookConfiguration'
  readonly metadata: ObjectMeta
  readonly webhooks?: readonly ValidatingWebhook[]
}

export interface ValidatingWebhookConfigurationList {
  readonly apiVersion?: 'admissionregistration.k8s.io/v1'
  readonly kind?: 'ValidatingWebhookConfigurationList'
  readonly metadata?: ListMeta
  readonly items: readonly ValidatingWebhookConfiguration[]
}

export interface Validation {
  readonly expression: string
  readonly message?: string
  readonly reason?: string
  readonly messageExpression?: string
}

export interface ValidationRule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: 'FieldValueRequired' | 'FieldValueDuplicate' | 'FieldValueInvalid' | 'FieldValueForbidden'
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

export interface Variable {
  readonly name: string
  readonly expression: string
}

export interface Volume extends VolumeSource {
  readonly name: string
}

export interface VolumeAttachment extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1'
  readonly kind: 'VolumeAttachment'
  readonly metadata: ObjectMeta
  readonly spec: VolumeAttachmentSpec
  readonly status: VolumeAttachmentStatus
}

export interface VolumeAttachmentList {
  readonly apiVersion?: 'storage.k8s.io/v1'
  readonly kind?: 'VolumeAttachmentList'
  readonly metadata?: ListMeta
  readonly items: readonly VolumeAttachment[]
}

export interface VolumeAttachmentSource {
  readonly persistentVolumeName?: string
  readonly inlineVolumeSpec?: PersistentVolumeSpec
}

export interface VolumeAttachmentSpec {
  readonly attacher: string
  readonly source: VolumeAttachmentSource
  readonly nodeName: string
}

export interface VolumeAttachmentStatus {
  readonly attached: boolean
  readonly attachmentMetadata?: Readonly<Record<string, string>>
  readonly attachError?: VolumeError
  readonly detachError?: VolumeError
}

export interface VolumeAttributesClass extends KubeObject {
  readonly apiVersion: 'storage.k8s.io/v1'
  readonly kind: 'VolumeAttributesClass'
  readonly metadata: ObjectMeta
  readonly driverName: string
  readonly parameters?: Readonly<Record<string, string>>
}

export interface VolumeAttributesClassList {
  readonly apiVersion?: 'storage.k8s.io/v1'
  readonly kind?: 'VolumeAttributesClassList'
  readonly metadata?: ListMeta
  readonly items: readonly VolumeAttributesClass[]
}

export interface VolumeDevice {
  readonly name: string
  readonly devicePath: string
}

export interface VolumeError {
  readonly time?: string
  readonly message?: string
  readonly errorCode?: number
}

export interface VolumeGroupSnapshot extends KubeObject {
  readonly apiVersion: 'groupsnapshot.storage.k8s.io/v1'
  readonly kind: 'VolumeGroupSnapshot'
  readonly metadata: ObjectMeta
  readonly spec: VolumeGroupSnapshotSpec
  readonly status?: VolumeGroupSnapshotStatus
}

export interface VolumeGroupSnapshotClass extends KubeObject {
  readonly apiVersion: 'groupsnapshot.storage.k8s.io/v1'
  readonly kind: 'VolumeGroupSnapshotClass'
  readonly metadata: ObjectMeta
  readonly driver: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly deletionPolicy: string
}

export interface VolumeGroupSnapshotClassList {
  readonly apiVersion?: 'groupsnapshot.storage.k8s.io/v1'
  readonly kind?: 'VolumeGroupSnapshotClassList'
  readonly metadata?: ListMeta
  readonly items: readonly VolumeGroupSnapshotClass[]
}

export interface VolumeGroupSnapshotContent extends KubeObject {
  readonly apiVersion: 'groupsnapshot.storage.k8s.io/v1'
  readonly kind: 'VolumeGroupSnapshotContent'
  readonly metadata: ObjectMeta
  readonly spec: VolumeGroupSnapshotContentSpec
  readonly status?: VolumeGroupSnapshotContentStatus
}

export interface VolumeGroupSnapshotContentList {
  readonly apiVersion?: 'groupsnapshot.storage.k8s.io/v1'
  readonly kind?: 'VolumeGroupSnapshotContentList'
  readonly metadata?: ListMeta
  readonly items: readonly VolumeGroupSnapshotContent[]
}

export interface VolumeGroupSnapshotContentSource {
  readonly volumeHandles?: readonly string[]
  readonly groupSnapshotHandles?: GroupSnapshotHandles
}

export interface VolumeGroupSnapshotContentSpec {
  readonly volumeGroupSnapshotRef: ObjectReference
  readonly deletionPolicy: string
  readonly driver: string
  readonly volumeGroupSnapshotClassName?: string
  readonly source: VolumeGroupSnapshotContentSource
}

export interface VolumeGroupSnapshotContentStatus {
  readonly volumeGroupSnapshotHandle?: string
  readonly creationTime?: string
  readonly readyToUse?: boolean
  readonly error?: VolumeSnapshotError
  readonly volumeSnapshotInfoList?: readonly VolumeSnapshotInfo[]
}

export interface VolumeGroupSnapshotList {
  readonly apiVersion?: 'groupsnapshot.storage.k8s.io/v1'
  readonly kind?: 'VolumeGroupSnapshotList'
  readonly metadata?: ListMeta
  readonly items: readonly VolumeGroupSnapshot[]
}

export interface VolumeGroupSnapshotSource {
  readonly selector?: LabelSelector
  readonly volumeGroupSnapshotContentName?: string
}

export interface VolumeGroupSnapshotSpec {
  readonly source: VolumeGroupSnapshotSource
  readonly volumeGroupSnapshotClassName?: string
}

export interface VolumeGroupSnapshotStatus {
  readonly boundVolumeGroupSnapshotContentName?: string
  readonly creationTime?: string
  readonly readyToUse?: boolean
  readonly error?: VolumeSnapshotError
}

export interface VolumeMount {
  readonly name: string
  readonly readOnly?: boolean
  readonly recursiveReadOnly?: string
  readonly mountPath: string
  readonly subPath?: string
  readonly mountPropagation?: 'None' | 'HostToContainer' | 'Bidirectional'
  readonly subPathExpr?: string
}

export interface VolumeMountStatus {
  readonly name: string
  readonly mountPath: string
  readonly readOnly?: boolean
  readonly recursiveReadOnly?: string
  readonly volumeStatus?: VolumeStatus
}

export interface VolumeNodeAffinity {
  readonly required?: NodeSelector
}

export interface VolumeNodeResources {
  readonly count?: number
}

export interface VolumeProjection {
  readonly secret?: SecretProjection
  readonly downwardAPI?: DownwardAPIProjection
  readonly configMap?: ConfigMapProjection
  readonly serviceAccountToken?: ServiceAccountTokenProjection
  readonly clusterTrustBundle?: ClusterTrustBundleProjection
  readonly podCertificate?: PodCertificateProjection
}

export interface VolumeResourceRequirements {
  readonly limits?: Readonly<Record<string, string>>
  readonly requests?: Readonly<Record<string, string>>
}

export interface VolumeSnapshot extends KubeObject {
  readonly apiVersion: 'snapshot.storage.k8s.io/v1'
  readonly kind: 'VolumeSnapshot'
  readonly metadata: ObjectMeta
  readonly spec: VolumeSnapshotSpec
  readonly status?: VolumeSnapshotStatus
}

export interface VolumeSnapshotClass extends KubeObject {
  readonly apiVersion: 'snapshot.storage.k8s.io/v1'
  readonly kind: 'VolumeSnapshotClass'
  readonly metadata: ObjectMeta
  readonly driver: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly deletionPolicy: string
}

export interface VolumeSnapshotClassList {
  readonly apiVersion?: 'snapshot.storage.k8s.io/v1'
  readonly kind?: 'VolumeSnapshotClassList'
  readonly metadata?: ListMeta
  readonly items: readonly VolumeSnapshotClass[]
}

export interface VolumeSnapshotContent extends KubeObject {
  readonly apiVersion: 'snapshot.storage.k8s.io/v1'
  readonly kind: 'VolumeSnapshotContent'
  readonly metadata: ObjectMeta
  readonly spec: VolumeSnapshotContentSpec
  readonly status?: VolumeSnapshotContentStatus
}

export interface VolumeSnapshotContentList {
  readonly apiVersion?: 'snapshot.storage.k8s.io/v1'
  readonly kind?: 'VolumeSnapshotContentList'
  readonly metadata?: ListMeta
  readonly items: readonly VolumeSnapshotContent[]
}

export interface VolumeSnapshotContentSource {
  readonly volumeHandle?: string
  readonly snapshotHandle?: string
}

export interface VolumeSnapshotContentSpec {
  readonly volumeSnapshotRef: ObjectReference
  readonly deletionPolicy: string
  readonly driver: string
  readonly volumeSnapshotClassName?: string
  readonly source: VolumeSnapshotContentSource
  readonly sourceVolumeMode?: 'Block' | 'Filesystem'
}

export interface VolumeSnapshotContentStatus {
  readonly snapshotHandle?: string
  readonly creationTime?: number
  readonly restoreSize?: number
  readonly readyToUse?: boolean
  readonly error?: VolumeSnapshotError
  readonly volumeGroupSnapshotHandle?: string
}

export interface VolumeSnapshotError {
  readonly time?: string
  readonly message?: string
}

export interface VolumeSnapshotHandlePair {
  readonly volumeHandle: string
  readonly snapshotHandle: string
}

export interface VolumeSnapshotInfo {
  readonly volumeHandle?: string
  readonly snapshotHandle?: string
  readonly creationTime?: number
  readonly readyToUse?: boolean
  readonly restoreSize?: number
}

export interface VolumeSnapshotList {
  readonly apiVersion?: 'snapshot.storage.k8s.io/v1'
  readonly kind?: 'VolumeSnapshotList'
  readonly metadata?: ListMeta
  readonly items: readonly VolumeSnapshot[]
}

export interface VolumeSnapshotSource {
  readonly persistentVolumeClaimName?: string
  readonly volumeSnapshotContentName?: string
}

export interface VolumeSnapshotSpec {
  readonly source: VolumeSnapshotSource
  readonly volumeSnapshotClassName?: string
}

export interface VolumeSnapshotStatus {
  readonly boundVolumeSnapshotContentName?: string
  readonly creationTime?: string
  readonly readyToUse?: boolean
  readonly restoreSize?: string
  readonly error?: VolumeSnapshotError
  readonly volumeGroupSnapshotName?: string
}

export interface VolumeSource {
  readonly hostPath?: HostPathVolumeSource
  readonly emptyDir?: EmptyDirVolumeSource
  readonly gcePersistentDisk?: GCEPersistentDiskVolumeSource
  readonly awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  readonly gitRepo?: GitRepoVolumeSource
  readonly secret?: SecretVolumeSource
  readonly nfs?: NFSVolumeSource
  readonly iscsi?: ISCSIVolumeSource
  readonly glusterfs?: GlusterfsVolumeSource
  readonly persistentVolumeClaim?: PersistentVolumeClaimVolumeSource
  readonly rbd?: RBDVolumeSource
  readonly flexVolume?: FlexVolumeSource
  readonly cinder?: CinderVolumeSource
  readonly cephfs?: CephFSVolumeSource
  readonly flocker?: FlockerVolumeSource
  readonly downwardAPI?: DownwardAPIVolumeSource
  readonly fc?: FCVolumeSource
  readonly azureFile?: AzureFileVolumeSource
  readonly configMap?: ConfigMapVolumeSource
  readonly vsphereVolume?: VsphereVirtualDiskVolumeSource
  readonly quobyte?: QuobyteVolumeSource
  readonly azureDisk?: AzureDiskVolumeSource
  readonly photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  readonly projected?: ProjectedVolumeSource
  readonly portworxVolume?: PortworxVolumeSource
  readonly scaleIO?: ScaleIOVolumeSource
  readonly storageos?: StorageOSVolumeSource
  readonly csi?: CSIVolumeSource
  readonly ephemeral?: EphemeralVolumeSource
  readonly image?: ImageVolumeSource
}

export interface VolumeStatus {
  readonly image?: ImageVolumeStatus
}

export interface VsphereVirtualDiskVolumeSource {
  readonly volumePath: string
  readonly fsType?: string
  readonly storagePolicyName?: string
  readonly storagePolicyID?: string
}

export interface WatchEvent {
  readonly type: string
  readonly object: unknown
}

export interface WebhookClientConfig {
  readonly url?: string
  readonly service?: ServiceReference
  readonly caBundle?: string
}

export interface WebhookConversion {
  readonly clientConfig?: ApiextensionsV1WebhookClientConfig
  readonly conversionReviewVersions: readonly string[]
}

export interface WeightedPodAffinityTerm {
  readonly weight: number
  readonly podAffinityTerm: PodAffinityTerm
}

export interface WindowsSecurityContextOptions {
  readonly gmsaCredentialSpecName?: string
  readonly gmsaCredentialSpec?: string
  readonly runAsUserName?: string
  readonly hostProcess?: boolean
}

export interface Workload extends KubeObject {
  readonly apiVersion: 'scheduling.k8s.io/v1alpha2'
  readonly kind: 'Workload'
  readonly metadata: ObjectMeta
  readonly spec: WorkloadSpec
}

export interface WorkloadList {
  readonly apiVersion?: 'scheduling.k8s.io/v1alpha2'
  readonly kind?: 'WorkloadList'
  readonly metadata?: ListMeta
  readonly items: readonly Workload[]
}

export interface WorkloadPodGroupTemplateReference {
  readonly workloadName: string
  readonly podGroupTemplateName: string
}

export interface WorkloadSpec {
  readonly controllerRef?: SchedulingV1alpha2TypedLocalObjectReference
  readonly podGroupTemplates: readonly PodGroupTemplate[]
}
