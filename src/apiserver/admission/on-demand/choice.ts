import type { WebhookCredentials } from '../../webhooks/credentials.ts'
import type { AdmissionPlugin } from '../admission.ts'
import type { PodSecurityConfiguration } from '../built-in/pod-security.ts'
import type { LimitedResource } from '../built-in/resource-quota.ts'
import type { ManifestChoice } from '../manifests/manifests.ts'
import type { EventLimit } from './event-rate-limit.ts'
import type { ImagePolicy } from './image-policy.ts'
import type { Tolerations } from './tolerations.ts'

/** Which admission plugins take part where not by default, and what they go by. */
export interface AdmissionChoice {
  readonly enabled?: readonly string[]
  readonly disabled?: readonly string[]
  readonly configurations?: AdmissionConfigurations
  /** Which plugins are told of webhooks and policies by files. */
  readonly manifests?: ManifestChoice
}
/** What an AdmissionConfiguration says of each plugin that has something to be told. */
export interface AdmissionConfigurations {
  readonly EventRateLimit?: { readonly limits: readonly EventLimit[] }
  readonly ImagePolicyWebhook?: ImagePolicy
  /** Who the server is to webhooks. */
  readonly MutatingAdmissionWebhook?: WebhookCredentials
  readonly ValidatingAdmissionWebhook?: WebhookCredentials
  /** Selectors by namespace; `clusterDefaultNodeSelector` is that of those that say nothing. */
  readonly PodNodeSelector?: Readonly<Record<string, string>>
  readonly PodSecurity?: PodSecurityConfiguration
  readonly ResourceQuota?: { readonly limitedResources: readonly LimitedResource[] }
  readonly PodTolerationRestriction?: { readonly default: Tolerations; readonly whitelist: Tolerations }
}

/** Kubernetes: the plugins there are, in the order in which they are asked; those marked take part only when they are asked for. */
const inOrder = `
  AlwaysAdmit* NamespaceAutoProvision* NamespaceLifecycle NamespaceExists* LimitPodHardAntiAffinityTopology* LimitRanger
  ServiceAccount NodeRestriction TaintNodesByCondition AlwaysPullImages* ImagePolicyWebhook* PodSecurity PodNodeSelector*
  Priority DefaultTolerationSeconds PodTolerationRestriction* EventRateLimit* ExtendedResourceToleration*
  DefaultStorageClass StorageObjectInUseProtection PodGroupProtection OwnerReferencesPermissionEnforcement*
  PersistentVolumeClaimResize RuntimeClass CertificateApproval CertificateSigning ClusterTrustBundleAttest
  CertificateSubjectRestriction DefaultIngressClass DenyServiceExternalIPs* PodTopologyLabels PodGroupWorkloadExists
  NodeDeclaredFeatureValidator JobValidation PodResizeValidator MutatingAdmissionPolicy MutatingAdmissionWebhook
  ValidatingAdmissionPolicy ValidatingAdmissionWebhook ResourceQuota AlwaysDeny*`
  .trim()
  .split(/\s+/)
  .map((text) => ({ name: text.replace('*', ''), isOn: !text.endsWith('*') }))
const places = new Map(inOrder.map(({ name }, place) => [name, place]))

/** The names of all plugins that can be asked for or left out. */
export const admissionPluginNames: readonly string[] = inOrder.map(({ name }) => name)

/** What is wrong with a choice, in kube-apiserver's words; undefined when nothing is. */
export function choiceProblem({ enabled = [], disabled = [] }: AdmissionChoice): string | undefined {
  const unknown = (flag: string, names: readonly string[]) => {
    const strange = names.find((name) => !places.has(name))
    return strange === undefined ? undefined : `${flag} plugin ${JSON.stringify(strange)} is unknown`
  }
  const both = enabled.filter((name) => disabled.includes(name))
  return (
    unknown('enable-admission-plugins', enabled) ??
    unknown('disable-admission-plugins', disabled) ??
    (both.length === 0
      ? undefined
      : `${both.join(', ')} in enable-admission-plugins and disable-admission-plugins overlapped`)
  )
}

/** Whether a plugin takes part. Unlike Kubernetes: NodeRestriction does without being asked for, as kubeadm has it. */
export function takesPart(name: string, { enabled = [], disabled = [] }: AdmissionChoice): boolean {
  if (disabled.includes(name)) return false
  return enabled.includes(name) || inOrder[places.get(name) ?? -1]?.isOn !== false
}

/** The plugins that take part, in Kubernetes' order; those of the server's own, which have no place in it, stay behind what they follow. */
export function chosenPlugins(
  plugins: readonly AdmissionPlugin[],
  choice: AdmissionChoice,
): readonly AdmissionPlugin[] {
  let place = -1
  return plugins
    .map((plugin) => ({ plugin, place: (place = places.get(plugin.name) ?? place) }))
    .filter(({ plugin }) => takesPart(plugin.name, choice))
    .sort((left, right) => left.place - right.place)
    .map(({ plugin }) => plugin)
}
