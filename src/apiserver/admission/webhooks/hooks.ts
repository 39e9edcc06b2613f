import { type KubeObject, labelQueryOf, notFound } from '../../../machinery/index.ts'
import {
  mutatingWebhookConfigurations,
  type Namespace,
  namespaces,
  type ResourceDefinition,
  validatingWebhookConfigurations,
} from '../../../resources/index.ts'
import { objectInVersion } from '../../registry/conversion.ts'
import { apiVersionOf, objectOf } from '../../registry/encoding.ts'
import type { Registry } from '../../registry/registry.ts'
import type { WatchHub } from '../../watch/hub.ts'
import type { Attributes } from '../admission.ts'
import { type Invocation, kindOf } from './review.ts'
import { type RuleSubject, ruleMatches, type Webhook } from './rules.ts'

/** One webhook with what its selectors come to. */
export interface Hook {
  readonly configuration: string
  /** Unique among all webhooks, for as long as the configuration lists it in the same place. */
  readonly id: string
  readonly webhook: Webhook
  readonly namespaceSelector: Selector | undefined
  readonly objectSelector: Selector | undefined
}
interface Selector {
  matches(labels: Readonly<Record<string, string>>): boolean
}
export interface HookParts {
  readonly registry: () => Registry
  /** All versions in which objects of a kind are served, the request's own included. */
  readonly versionsOf: (definition: ResourceDefinition<any>) => readonly ResourceDefinition<any>[]
}

/** Kubernetes: what governs admission is not itself subject to it, or nobody could ever mend it. */
const exempt: ReadonlySet<string> = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
])

/** The webhooks of one kind of configuration, kept up to date, in the order in which they are called. */
export class WebhookList {
  readonly #byName = new Map<string, readonly Hook[]>()
  #sorted: readonly Hook[] = []

  /** Follows the store from now on; configurations that are there already are taken in by `load`. */
  constructor(hub: WatchHub, mutating: boolean) {
    const definition = mutating ? mutatingWebhookConfigurations : validatingWebhookConfigurations
    hub.onChange(definition, ({ type, entry }) => {
      const name = entry.key.slice(entry.key.lastIndexOf('/') + 1)
      this.#set(name, type === 'put' ? objectOf(definition, entry) : undefined)
    })
  }

  async load(registry: Registry, mutating: boolean): Promise<void> {
    const definition = mutating ? mutatingWebhookConfigurations : validatingWebhookConfigurations
    for (const one of await registry.all<KubeObject>(definition)) this.#set(one.metadata.name, one)
  }

  get all(): readonly Hook[] {
    return this.#sorted
  }

  #set(name: string, configuration: KubeObject | undefined): void {
    if (configuration === undefined) this.#byName.delete(name)
    else {
      const webhooks = (configuration as { webhooks?: readonly Webhook[] }).webhooks ?? []
      this.#byName.set(
        name,
        webhooks.map((webhook, index) => ({
          configuration: name,
          id: `${name}/${webhook.name}/${index}`,
          webhook,
          namespaceSelector: selectorOf(webhook.namespaceSelector),
          objectSelector: selectorOf(webhook.objectSelector),
        })),
      )
    }
    this.#sorted = [...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, hooks]) => hooks)
  }
}

/** Undefined selects everything. */
function selectorOf(selector: Webhook['objectSelector']): Selector | undefined {
  const isEmpty =
    Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0
  return isEmpty ? undefined : labelQueryOf(selector)
}

/** Whether webhooks are asked about a request at all. */
export function isExempt({ definition }: Attributes): boolean {
  return definition.group === 'admissionregistration.k8s.io' && exempt.has(definition.plural)
}

/** How a webhook is to be asked about a request; undefined when it is none of its business. */
export async function invocationOf(
  hook: Hook,
  attributes: Attributes,
  parts: HookParts,
): Promise<Invocation | undefined> {
  const target = targetOf(hook.webhook, attributes, parts)
  if (target === undefined) return undefined
  if (!(await namespaceMatches(hook.namespaceSelector, attributes, parts))) return undefined
  if (!objectMatches(hook.objectSelector, attributes)) return undefined
  const { definition, object, previous } = attributes
  const resource = { group: target.group, version: target.version, resource: target.plural }
  const said = (one: any) =>
    one === undefined || target === definition ? one : objectInVersion(definition, target, one)
  const kind =
    target === definition ? kindOf(attributes) : { group: target.group, version: target.version, kind: target.kind }
  return { kind, resource, object: typed(await said(object), kind), oldObject: typed(await said(previous), kind) }
}

function typed(object: any, kind: Invocation['kind']): any {
  return object === undefined ? undefined : { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind }
}

/** The version in which a webhook's rules want the request, its own first. */
function targetOf(
  { rules = [], matchPolicy }: Webhook,
  attributes: Attributes,
  { versionsOf }: HookParts,
): ResourceDefinition<any> | undefined {
  const { definition } = attributes
  if (rules.some((rule) => ruleMatches(rule, subjectOf(attributes, definition)))) return definition
  if (matchPolicy === 'Exact') return undefined
  const others = versionsOf(definition).filter((one) => one !== definition)
  for (const rule of rules) {
    const found = others.find((other) => ruleMatches(rule, subjectOf(attributes, other)))
    if (found !== undefined) return found
  }
  return undefined
}

function subjectOf(
  { operation, subresource, namespace, name, definition }: Attributes,
  as: ResourceDefinition<any>,
): RuleSubject {
  return {
    operation,
    group: as.group,
    version: as.version,
    resource: as.plural,
    subresource,
    namespace: definition.kind === 'Namespace' && definition.group === '' ? name : namespace,
  }
}

/** Kubernetes: objects of no namespace are always selected, a Namespace by its own labels. */
async function namespaceMatches(
  selector: Selector | undefined,
  { definition, namespace, object, previous }: Attributes,
  { registry }: HookParts,
): Promise<boolean> {
  if (selector === undefined) return true
  if (definition.kind === 'Namespace' && definition.group === '')
    return selector.matches((object ?? previous)?.metadata.labels ?? {})
  if (namespace === '') return true
  const found = await registry().find<Namespace>(namespaces, undefined, namespace)
  if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace)
  return selector.matches(found.metadata.labels ?? {})
}

/** Kubernetes: the object as it is or as it was; neither is enough to be selected. */
function objectMatches(selector: Selector | undefined, { object, previous }: Attributes): boolean {
  if (selector === undefined) return true
  return [object, previous].some((one) => one?.metadata !== undefined && selector.matches(one.metadata.labels ?? {}))
}
