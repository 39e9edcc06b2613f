import { forbidden, type KubeObject, type StatusError } from '../../../machinery/index.ts'
import type { MatchResources, ParamKind, ParamRef, ResourceDefinition } from '../../../resources/index.ts'
import type { Attributes } from '../admission.ts'
import {
  type MatchParts,
  namespaceMatches,
  objectMatches,
  type Selector,
  selectorOf,
  targetOf,
} from '../matching/matching.ts'
import type { Params } from './params.ts'
import type { Bound } from './policy-list.ts'

type Policy = KubeObject & {
  readonly spec?: {
    readonly matchConstraints?: MatchResources
    readonly paramKind?: ParamKind
    readonly failurePolicy?: string
  }
}
type Binding = KubeObject & {
  readonly spec?: { readonly matchResources?: MatchResources; readonly paramRef?: ParamRef }
}

/** A policy that is to be asked about a request, or why it cannot be. */
export type Selected<P, B> =
  | {
      readonly policy: P
      readonly binding: B
      /** The version of its kind the request is to be shown in. */
      readonly target: ResourceDefinition<any>
      readonly params: KubeObject | undefined
    }
  | { readonly policy: P; readonly binding?: B; readonly problem: string }

/** The policies that a request concerns, in order, once for each binding and each of its parameters. */
export async function selectPolicies<P extends Policy, B extends Binding>(
  attributes: Attributes,
  policies: readonly Bound<P, B>[],
  parts: MatchParts & { readonly params: Params },
): Promise<readonly Selected<P, B>[]> {
  const selected: Selected<P, B>[] = []
  for (const { policy, bindings } of policies) {
    let target: ResourceDefinition<any> | undefined
    try {
      target = await targetFor(policy.spec?.matchConstraints, attributes, parts)
    } catch (error) {
      selected.push({ policy, problem: `failed to configure policy: ${(error as Error).message}` })
      continue
    }
    if (target === undefined) continue
    for (const binding of bindings) {
      try {
        const { matchResources, paramRef } = binding.spec ?? {}
        if (matchResources !== undefined && (await targetFor(matchResources, attributes, parts)) === undefined) continue
        const all = await parts.params.find(policy.spec?.paramKind, paramRef, attributes.namespace)
        for (const params of all) selected.push({ policy, binding, target, params })
      } catch (error) {
        selected.push({ policy, binding, problem: `failed to configure binding: ${(error as Error).message}` })
      }
    }
  }
  return selected
}

/** Whether failures of a policy are passed over. */
export function passesFailures(policy: Policy): boolean {
  return policy.spec?.failurePolicy === 'Ignore'
}

/** The refusal of a request. Kubernetes: an object without a name yet is called by what its name is made of. */
export function forbiddenBy(why: string, { definition, name, object }: Attributes): StatusError {
  const { group, plural } = definition
  const called = name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown'
  return forbidden({ group, resource: plural }, called, why)
}

const selectors = new WeakMap<
  object,
  { readonly namespace?: Selector | undefined; readonly object?: Selector | undefined }
>()

/** The version in which a request is wanted; undefined when it is not. Kubernetes: without rules every request is. */
async function targetFor(
  match: MatchResources | undefined,
  attributes: Attributes,
  parts: MatchParts,
): Promise<ResourceDefinition<any> | undefined> {
  if (match === undefined) return attributes.definition
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = match
  const isExcluded =
    excludeResourceRules.length > 0 && targetOf(excludeResourceRules, matchPolicy, attributes, parts) !== undefined
  if (isExcluded) return undefined
  const target =
    resourceRules.length === 0 ? attributes.definition : targetOf(resourceRules, matchPolicy, attributes, parts)
  if (target === undefined) return undefined
  let wanted = selectors.get(match)
  if (wanted === undefined) {
    wanted = { namespace: selectorOf(match.namespaceSelector), object: selectorOf(match.objectSelector) }
    selectors.set(match, wanted)
  }
  if (!objectMatches(wanted.object, attributes)) return undefined
  return (await namespaceMatches(wanted.namespace, attributes, parts)) ? target : undefined
}
