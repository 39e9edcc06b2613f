import { type KubeObject, labelQueryOf, notFound } from '../../../machinery/index.ts'
import { type LabelSelector, type Namespace, namespaces, type ResourceDefinition } from '../../../resources/index.ts'
import { objectInVersion } from '../../registry/conversion.ts'
import { apiVersionOf } from '../../registry/encoding.ts'
import type { Registry } from '../../registry/registry.ts'
import type { Attributes } from '../admission.ts'
import { type Rule, type RuleSubject, ruleMatches } from './rules.ts'

/** Which labels are wanted. */
export interface Selector {
  matches(labels: Readonly<Record<string, string>>): boolean
}
/** What matching needs to know of the server. */
export interface MatchParts {
  readonly registry: () => Registry
  /** All versions in which objects of a kind are served, the request's own included. */
  readonly versionsOf: (definition: ResourceDefinition<any>) => readonly ResourceDefinition<any>[]
}

/** A group, a version and a kind or resource. */
interface Place {
  readonly group: string
  readonly version: string
}
/** A request in the version that somebody wants it in. */
export interface Invocation {
  readonly kind: Place & { readonly kind: string }
  readonly resource: Place & { readonly resource: string }
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
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

/** Whether webhooks and policies are not asked about a request at all. */
export function isExempt({ definition }: Attributes): boolean {
  return definition.group === 'admissionregistration.k8s.io' && exempt.has(definition.plural)
}

/** What a selector comes to; undefined selects everything. */
export function selectorOf(selector: LabelSelector | undefined): Selector | undefined {
  const isEmpty =
    Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0
  return isEmpty ? undefined : labelQueryOf(selector)
}

/** The kind a request brings: the resource's own, or that of the subresource's body. */
export function kindOf({ definition, kind }: Attributes): Invocation['kind'] {
  return kind ?? { group: definition.group, version: definition.version, kind: definition.kind }
}

/** What an AdmissionRequest says of a request, its objects left out. */
export function requestOf(attributes: Attributes, { kind, resource }: Invocation) {
  const { definition, identity, subresource, namespace, name, operation, dryRun } = attributes
  const { group, version, plural } = definition
  return {
    kind,
    resource,
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindOf(attributes),
    requestResource: { group, version, resource: plural },
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: {
      username: identity.name,
      ...(identity.uid === undefined ? {} : { uid: identity.uid }),
      groups: identity.groups,
      ...(identity.extra === undefined ? {} : { extra: identity.extra }),
    },
    dryRun,
    options: attributes.options ?? null,
  }
}

/** The version in which rules want the request, its own first; undefined when they are not about it. */
export function targetOf(
  rules: readonly Rule[],
  matchPolicy: string | undefined,
  attributes: Attributes,
  { versionsOf }: MatchParts,
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

/** The request as it is said in a version of its kind. */
export async function invocationIn(target: ResourceDefinition<any>, attributes: Attributes): Promise<Invocation> {
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
    name,
  }
}

/** The namespace a request is in; undefined for what is in none, a Namespace included. */
export async function namespaceOf(
  { definition, namespace }: Attributes,
  { registry }: MatchParts,
): Promise<Namespace | undefined> {
  if (namespace === '' || (definition.kind === 'Namespace' && definition.group === '')) return undefined
  const found = await registry().find<Namespace>(namespaces, undefined, namespace)
  if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace)
  return found
}

/** Kubernetes: objects of no namespace are always selected, a Namespace by its own labels. */
export async function namespaceMatches(
  selector: Selector | undefined,
  attributes: Attributes,
  parts: MatchParts,
): Promise<boolean> {
  if (selector === undefined) return true
  const { definition, object, previous } = attributes
  if (definition.kind === 'Namespace' && definition.group === '')
    return selector.matches((object ?? previous)?.metadata.labels ?? {})
  const found = await namespaceOf(attributes, parts)
  return found === undefined || selector.matches(found.metadata.labels ?? {})
}

/** Kubernetes: the object as it is or as it was; neither is enough to be selected. */
export function objectMatches(selector: Selector | undefined, { object, previous }: Attributes): boolean {
  if (selector === undefined) return true
  return [object, previous].some((one) => one?.metadata !== undefined && selector.matches(one.metadata.labels ?? {}))
}
