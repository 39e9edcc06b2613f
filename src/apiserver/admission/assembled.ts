import type { Metrics } from '../../machinery/index.ts'
import {
  type FeatureGates,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  type ResourceDefinition,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
} from '../../resources/index.ts'
import type { Store } from '../../store/index.ts'
import type { Authorizer } from '../authz/authorize.ts'
import type { RbacAuthorizer } from '../authz/rbac.ts'
import type { ServedResources } from '../discovery/served.ts'
import { prefixOf } from '../registry/encoding.ts'
import type { Registry } from '../registry/registry.ts'
import type { NetworkConnection } from '../streams/connections.ts'
import type { WatchHub } from '../watch/hub.ts'
import { type CallWebhook, webhookCaller } from '../webhooks/call.ts'
import type { WebhookCredentials } from '../webhooks/credentials.ts'
import { type Admission, admissionChain } from './admission.ts'
import { type AdmissionOptions, builtInAdmission } from './chain.ts'
import { conditionMeasures } from './condition-measures.ts'
import { AdmissionManifests } from './manifests/manifests.ts'
import type { Manifests } from './manifests/read.ts'
import { admissionMeasures, webhookMeasures } from './measures.ts'
import { authorizerFor } from './policies/ask.ts'
import { policyMeasures } from './policies/measures.ts'
import { Params } from './policies/params.ts'
import type { PolicyParts } from './policies/parts.ts'
import {
  type MutatingBinding,
  type MutatingPolicy,
  PolicyList,
  type ValidatingBinding,
  type ValidatingPolicy,
} from './policies/policy-list.ts'
import { hooksOf, WebhookList } from './webhooks/hooks.ts'
import type { WebhookPluginParts } from './webhooks/plugins.ts'

/** What admission needs of the server that it is part of, some of which is made after it. */
export interface AssemblyParts extends AdmissionOptions {
  readonly connectNetwork: NetworkConnection
  readonly store: Store
  readonly hub: WatchHub
  readonly metrics: Metrics
  readonly gates: FeatureGates
  readonly registry: () => Registry
  readonly authorizer: () => Authorizer
  readonly rbac: () => RbacAuthorizer
  readonly served: () => ServedResources
  readonly onError: (error: unknown, about: string) => void
  /** A built-in definition with all its checks, whatever may not be asked of the API. */
  readonly complete: (definition: ResourceDefinition<any>) => ResourceDefinition<any>
}
export interface AssembledAdmission {
  readonly chain: Admission
  /** Calls webhooks, of whatever purpose, as this server. */
  readonly call: CallWebhook
  /** Reads which webhooks and policies are stored; before that they are not asked. */
  load(): Promise<void>
  /** Follows what files tell of webhooks and policies. Ends with the signal. */
  run(signal: AbortSignal): Promise<void>
}

/** The admission chain of a server, with the webhooks and policies that its cluster has. */
export function assembledAdmission(parts: AssemblyParts): AssembledAdmission {
  const { clock, random, hub, metrics, registry, connectNetwork, onError } = parts
  const versionsOf: PolicyParts['versionsOf'] = (definition) => parts.served().versionsOf(definition)
  const resources = () => parts.served().resources
  const callAs = (credentials?: WebhookCredentials) => webhookCaller({ registry, connectNetwork, clock, credentials })
  const call = callAs()
  const conditioned = conditionMeasures(clock, metrics)
  const webhooks: WebhookPluginParts = {
    ...{ registry, versionsOf, call, random },
    mutating: new WebhookList(hub, true),
    validating: new WebhookList(hub, false),
    measures: webhookMeasures(clock, metrics),
    conditionsHold: async ({ webhook }, attributes, invocation, type) => {
      const { webhookConditionsHold } = await import('./policies/webhook-conditions.ts')
      const ask = authorizerFor(parts.authorizer(), attributes.identity)
      const of = { kind: 'webhook' as const, name: webhook.name, type, operation: attributes.operation }
      return conditioned(of, () => webhookConditionsHold(webhook, attributes, invocation, ask))
    },
    onFailOpen: ({ webhook }, error) => onError(error, `webhook ${webhook.name}, passed over`),
  }
  const policies: PolicyParts = {
    ...{ registry, versionsOf },
    validating: new PolicyList(hub, validatingAdmissionPolicies, validatingAdmissionPolicyBindings),
    mutating: new PolicyList(hub, mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings),
    params: new Params({ registry, hub, resources }),
    authorizerFor: (identity) => authorizerFor(parts.authorizer(), identity),
    measures: policyMeasures(clock, metrics),
  }
  const manifests = manifestsOf(parts, webhooks, policies)
  return {
    chain: admissionChain(
      builtInAdmission(parts, { ...parts, webhooks, callAs, policies, resources }),
      admissionMeasures(clock, metrics),
      (definition) => parts.store.markOf(prefixOf(definition)),
    ),
    call,
    async load() {
      const stored = registry()
      await Promise.all([
        webhooks.mutating.load(stored, true),
        webhooks.validating.load(stored, false),
        policies.validating.load(stored),
        policies.mutating.load(stored),
      ])
      await manifests?.load()
    },
    async run(signal) {
      await manifests?.run(signal)
    },
  }
}

/** What files tell, where the choice of plugins names any. */
function manifestsOf(
  { admission = {}, clock, metrics, complete }: AssemblyParts,
  webhooks: WebhookPluginParts,
  policies: PolicyParts,
): AdmissionManifests | undefined {
  const { manifests, disabled = [] } = admission
  if (manifests === undefined) return undefined
  const kinds = new Map(manifestKinds.map((definition) => [definition.kind as string, definition]))
  const hooksIn = ({ objects }: Manifests) => objects.flatMap((one) => hooksOf(one, 'manifest/'))
  return new AdmissionManifests(manifests, {
    ...{ clock, metrics },
    find(kind) {
      const definition = kinds.get(kind)
      return definition && complete(definition)
    },
    takesPart: (plugin) => !disabled.includes(plugin),
    apply(plugin, read) {
      if (plugin === 'MutatingAdmissionWebhook') webhooks.mutating.fixed = hooksIn(read)
      else if (plugin === 'ValidatingAdmissionWebhook') webhooks.validating.fixed = hooksIn(read)
      else if (plugin === 'MutatingAdmissionPolicy')
        policies.mutating.fix(read.objects as readonly MutatingPolicy[], read.bindings as readonly MutatingBinding[])
      else
        policies.validating.fix(
          read.objects as readonly ValidatingPolicy[],
          read.bindings as readonly ValidatingBinding[],
        )
    },
  })
}
const manifestKinds: readonly ResourceDefinition<any>[] = [
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
]
