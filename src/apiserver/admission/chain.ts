import type { Clock, Metrics, Random } from '../../machinery/index.ts'
import type { FeatureGates, ResourceDefinition } from '../../resources/index.ts'
import type { Authorizer } from '../authz/authorize.ts'
import type { RbacAuthorizer } from '../authz/rbac.ts'
import type { Registry } from '../registry/registry.ts'
import type { CallWebhook } from '../webhooks/call.ts'
import type { WebhookCredentials } from '../webhooks/credentials.ts'
import type { AdmissionPlugin } from './admission.ts'
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  clusterTrustBundleAttest,
} from './built-in/certificates.ts'
import { claimStatusRights } from './built-in/claim-status.ts'
import { defaultIngressClass } from './built-in/default-ingress-class.ts'
import { deviceRequests } from './built-in/devices.ts'
import { jobOrder } from './built-in/job-order.ts'
import { limitRanger } from './built-in/limit-ranger.ts'
import { nodeRestriction } from './built-in/node-restriction/plugin.ts'
import { jobValidation, podGroupProtection, podGroupWorkloadExists } from './built-in/pod-groups.ts'
import { nodeDeclaredFeatureValidator, podResizeValidator } from './built-in/pod-resize.ts'
import { type PodSecurityConfiguration, podSecurity } from './built-in/pod-security.ts'
import { priority } from './built-in/priority.ts'
import { rbacEscalation } from './built-in/rbac-escalation.ts'
import { requestSignature } from './built-in/request-signature.ts'
import { resourceQuota } from './built-in/resource-quota.ts'
import { persistentVolumeClaimResize } from './built-in/storage/claim-resize.ts'
import { defaultStorageClass } from './built-in/storage/default-storage-class.ts'
import { storageObjectInUseProtection } from './built-in/storage/in-use-protection.ts'
import { podTopologyLabels } from './built-in/topology-labels.ts'
import { verticalPodAutoscaling } from './built-in/vertical-pod-autoscaler.ts'
import { type AdmissionChoice, chosenPlugins } from './on-demand/choice.ts'
import { eventRateLimit } from './on-demand/event-rate-limit.ts'
import { imagePolicyWebhook } from './on-demand/image-policy.ts'
import { namespaceAutoProvision, namespaceExists } from './on-demand/namespaces.ts'
import { podNodeSelector } from './on-demand/node-selector.ts'
import { ownerReferencesPermissionEnforcement } from './on-demand/owner-references.ts'
import { alwaysPullImages, extendedResourceToleration, limitPodHardAntiAffinityTopology } from './on-demand/pods.ts'
import { alwaysAdmit, alwaysDeny, denyServiceExternalIps } from './on-demand/simple.ts'
import { podTolerationRestriction } from './on-demand/tolerations.ts'
import {
  defaultTolerationSeconds,
  namespaceLifecycle,
  notActedUpon,
  serviceAccount,
  taintNodesByCondition,
} from './plugins.ts'
import type { PolicyParts } from './policies/parts.ts'
import { mutatingAdmissionPolicy, validatingAdmissionPolicy } from './policies/plugins.ts'
import { runtimeClass } from './runtime-class.ts'
import { mutatingAdmissionWebhook, validatingAdmissionWebhook, type WebhookPluginParts } from './webhooks/plugins.ts'

/** What of the server's own parts concerns admission. */
export interface AdmissionOptions {
  readonly random: Random
  readonly clock: Clock
  readonly notActedUpon: ReadonlySet<string>
  readonly podSecurity?: PodSecurityConfiguration
  /** Which plugins take part where not by default, and what they go by. */
  readonly admission?: AdmissionChoice
}

/** What admission needs of the server, which is built with it. */
export interface AdmissionSeams {
  readonly registry: () => Registry
  readonly authorizer: () => Authorizer
  readonly rbac: () => RbacAuthorizer
  readonly metrics: Metrics
  readonly webhooks: WebhookPluginParts
  /** Calls webhooks as who the server is to them. */
  readonly callAs: (credentials: WebhookCredentials) => CallWebhook
  readonly policies: PolicyParts
  /** Everything that is served. */
  readonly resources: () => readonly ResourceDefinition<any>[]
  readonly gates: Pick<FeatureGates, 'enabled'>
}

/** Built-in admission: the plugins that take part, in Kubernetes' order, and the server's own behind those that they follow. */
export function builtInAdmission(options: AdmissionOptions, seams: AdmissionSeams): readonly AdmissionPlugin[] {
  const { random, clock, notActedUpon: idle, admission = {} } = options
  const { registry, authorizer, rbac, metrics, webhooks, callAs, policies, resources, gates } = seams
  const parts = { registry, random }
  const configuration = admission.configurations?.PodSecurity ?? options.podSecurity
  const calling = (name: 'MutatingAdmissionWebhook' | 'ValidatingAdmissionWebhook') => {
    const credentials = admission.configurations?.[name]
    return credentials === undefined ? webhooks : { ...webhooks, call: callAs(credentials) }
  }
  const plugins = [
    rbacEscalation({ registry, authorizer, rbac }),
    requestSignature(),
    namespaceLifecycle(parts),
    limitRanger(parts),
    serviceAccount(parts),
    nodeRestriction({ registry, authorizer }),
    taintNodesByCondition(),
    podSecurity({ registry, clock, metrics, ...(configuration === undefined ? {} : { configuration }) }),
    priority({ registry, gates }),
    defaultTolerationSeconds(),
    defaultStorageClass(parts),
    storageObjectInUseProtection(),
    persistentVolumeClaimResize(parts),
    runtimeClass(parts),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    clusterTrustBundleAttest(authorizer),
    certificateSubjectRestriction(),
    defaultIngressClass(parts),
    podTopologyLabels(parts),
    nodeDeclaredFeatureValidator(parts),
    podResizeValidator(parts),
    jobOrder(parts),
    ...(gates.enabled('GenericWorkload') ? [jobValidation(parts)] : []),
    deviceRequests(parts),
    claimStatusRights(authorizer, gates),
    podGroupProtection(),
    podGroupWorkloadExists(parts),
    verticalPodAutoscaling({ registry, resources }),
    mutatingAdmissionPolicy(policies),
    mutatingAdmissionWebhook(calling('MutatingAdmissionWebhook')),
    validatingAdmissionPolicy(policies),
    validatingAdmissionWebhook(calling('ValidatingAdmissionWebhook')),
    resourceQuota({ ...parts, clock, gates, limited: admission.configurations?.ResourceQuota?.limitedResources ?? [] }),
    notActedUpon(idle),
  ]
  const { enabled = [], disabled = [] } = admission
  if (enabled.length === 0 && disabled.length === 0) return plugins
  return chosenPlugins([...plugins, ...onDemand(admission, options, seams)], admission)
}

/** The plugins that take part only when they are asked for. */
function onDemand(
  { enabled = [], configurations = {} }: AdmissionChoice,
  { clock }: AdmissionOptions,
  { registry, authorizer, resources }: AdmissionSeams,
): readonly AdmissionPlugin[] {
  const { PodNodeSelector = {}, PodTolerationRestriction = { default: [], whitelist: [] } } = configurations
  const { EventRateLimit = { limits: [] }, ImagePolicyWebhook } = configurations
  const made: Readonly<Record<string, () => AdmissionPlugin>> = {
    AlwaysAdmit: alwaysAdmit,
    AlwaysDeny: alwaysDeny,
    AlwaysPullImages: alwaysPullImages,
    DenyServiceExternalIPs: denyServiceExternalIps,
    EventRateLimit: () => eventRateLimit(clock, EventRateLimit.limits),
    ExtendedResourceToleration: extendedResourceToleration,
    LimitPodHardAntiAffinityTopology: limitPodHardAntiAffinityTopology,
    NamespaceAutoProvision: () => namespaceAutoProvision({ registry }),
    NamespaceExists: () => namespaceExists({ registry }),
    OwnerReferencesPermissionEnforcement: () => ownerReferencesPermissionEnforcement(authorizer, resources),
    PodNodeSelector: () => podNodeSelector({ registry }, PodNodeSelector),
    PodTolerationRestriction: () => podTolerationRestriction({ registry }, PodTolerationRestriction),
    ...(ImagePolicyWebhook === undefined
      ? {}
      : { ImagePolicyWebhook: () => imagePolicyWebhook(clock, ImagePolicyWebhook) }),
  }
  return enabled.flatMap((name) => made[name]?.() ?? [])
}
