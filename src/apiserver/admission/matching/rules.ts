import type { NamedRuleWithOperations } from '../../../resources/index.ts'

/** What a webhook or policy is about; only those of policies name objects. */
export type Rule = NamedRuleWithOperations

/** What of a request rules look at. */
export interface RuleSubject {
  readonly operation: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  /** The namespace of the object; of a Namespace, its own name. */
  readonly namespace: string
  readonly name: string
}

const has = (list: readonly string[] | undefined, value: string) =>
  (list ?? []).some((one) => one === '*' || one === value)

/** Whether a rule is about a request. Kubernetes: a resource without a slash is not about its subresources. */
export function ruleMatches(rule: Rule, of: RuleSubject): boolean {
  const names = rule.resourceNames ?? []
  return (
    has(rule.operations, of.operation) &&
    has(rule.apiGroups, of.group) &&
    has(rule.apiVersions, of.version) &&
    (rule.resources ?? []).some((text) => {
      const slash = text.indexOf('/')
      const resource = slash < 0 ? text : text.slice(0, slash)
      const subresource = slash < 0 ? '' : text.slice(slash + 1)
      return (resource === '*' || resource === of.resource) && (subresource === '*' || subresource === of.subresource)
    }) &&
    scopeMatches(rule.scope ?? '*', of) &&
    (names.length === 0 || names.includes(of.name))
  )
}

/** Kubernetes: a Namespace counts as an object of the cluster, although it has a namespace in requests. */
function scopeMatches(scope: string, { group, resource, namespace }: RuleSubject): boolean {
  const isCluster = namespace === '' || (group === '' && resource === 'namespaces')
  return scope === '*' || (scope === 'Cluster' ? isCluster : scope === 'Namespaced' && !isCluster)
}
