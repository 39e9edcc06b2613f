import type { Identity } from '../request.ts'

export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse'
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic'

/** audit.k8s.io/v1 Policy: the first rule that a request matches says how much of it is written down. */
export interface AuditPolicy {
  readonly omitStages?: readonly AuditStage[]
  readonly omitManagedFields?: boolean
  readonly rules: readonly AuditRule[]
}
export interface AuditRule {
  readonly level: AuditLevel
  readonly users?: readonly string[]
  readonly userGroups?: readonly string[]
  readonly verbs?: readonly string[]
  readonly namespaces?: readonly string[]
  readonly resources?: readonly {
    readonly group?: string
    readonly resources?: readonly string[]
    readonly resourceNames?: readonly string[]
  }[]
  readonly nonResourceURLs?: readonly string[]
  readonly omitStages?: readonly AuditStage[]
  readonly omitManagedFields?: boolean
}

/** What a rule looks at. */
export interface AuditedRequest {
  readonly identity: Identity
  readonly verb: string
  readonly path: string
  /** Left out for paths that are not about resources. */
  readonly resource?: {
    readonly group: string
    readonly version: string
    readonly resource: string
    readonly subresource: string
    /** Empty where there is none. */
    readonly namespace: string
    readonly name: string
  }
}

export interface AuditDecision {
  readonly level: AuditLevel
  readonly omitStages: readonly AuditStage[]
  readonly omitManagedFields: boolean
}

/** Kubernetes: no rule, no record. */
export function decideAudit(policy: AuditPolicy, request: AuditedRequest): AuditDecision {
  const rule = policy.rules.find((one) => matches(one, request))
  return {
    level: rule?.level ?? 'None',
    omitStages: [...(policy.omitStages ?? []), ...(rule?.omitStages ?? [])],
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields ?? false,
  }
}

const isEmpty = (list: readonly unknown[] | undefined): boolean => (list?.length ?? 0) === 0
const allows = (list: readonly string[] | undefined, one: string): boolean => isEmpty(list) || list!.includes(one)

function matches(rule: AuditRule, { identity, verb, path, resource }: AuditedRequest): boolean {
  if (!allows(rule.users, identity.name) || !allows(rule.verbs, verb)) return false
  if (!isEmpty(rule.userGroups) && !identity.groups.some((group) => rule.userGroups!.includes(group))) return false
  if (!isEmpty(rule.namespaces) || !isEmpty(rule.resources))
    return resource !== undefined && allows(rule.namespaces, resource.namespace) && matchesResource(rule, resource)
  if (!isEmpty(rule.nonResourceURLs))
    return resource === undefined && rule.nonResourceURLs!.some((pattern) => matchesPath(pattern, path))
  return true
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)))
}

function matchesResource(rule: AuditRule, about: NonNullable<AuditedRequest['resource']>): boolean {
  if (isEmpty(rule.resources)) return true
  const { group, resource, subresource, name } = about
  const whole = subresource === '' ? resource : `${resource}/${subresource}`
  return rule.resources!.some((one) => {
    if (one.group !== '*' && (one.group ?? '') !== group) return false
    if (isEmpty(one.resources)) return true
    if (!allows(one.resourceNames, name)) return false
    return one.resources!.some(
      (pattern) =>
        pattern === '*' ||
        pattern === whole ||
        pattern === `${resource}/*` ||
        (subresource !== '' && pattern === `*/${subresource}`),
    )
  })
}
