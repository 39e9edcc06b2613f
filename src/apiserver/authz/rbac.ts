import type { FieldQuery, LabelRequirement } from '../../machinery/index.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../../resources/index.ts'
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { Identity } from '../request.ts'
import type { WatchHub } from '../watch/hub.ts'

/** What somebody wants to do: a resource or a path. */
export interface AuthorizationQuery {
  readonly verb: string
  readonly group: string
  readonly version?: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** What of the objects' fields and labels is asked, where many are. */
  readonly fieldSelector?: FieldQuery
  readonly labelSelector?: readonly LabelRequirement[]
  /** Set for requests that are not about resources. */
  readonly path?: string
}
export interface Decision {
  readonly allowed: boolean
  /** Refused for good: nobody else is asked. */
  readonly denied?: boolean
  /** Why, in RBAC's words; empty when nothing is known in favour. */
  readonly reason: string
}
export interface PolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}
/** One rule that applies to a user, and how it came to. */
export interface Grant {
  readonly rule: PolicyRule
  /** Empty for the whole cluster. */
  readonly namespace: string
  readonly because: string
}
/** A role that somebody is given and that is not there. */
interface Lack {
  readonly namespace: string
  readonly lacking: string
}

/** What somebody may do to the objects of one kind. */
interface Answer {
  /** Grants about objects of certain names, which come before what is said of all. */
  readonly named: readonly Grant[]
  readonly ofAll: Decision
}
const answersKeptMax = 20_000

/** RBAC over the stored roles and bindings, indexed by subject; every answer is kept until any of them changes. */
export class RbacAuthorizer {
  readonly #registry: Registry
  #index: Promise<SubjectIndex> | undefined
  readonly #answers = new Map<string, Answer>()
  readonly #whose = new WeakMap<Identity, string>()

  constructor(registry: Registry, hub: WatchHub) {
    this.#registry = registry
    const forget = () => {
      this.#index = undefined
      this.#answers.clear()
    }
    for (const definition of [roles, roleBindings, clusterRoles, clusterRoleBindings]) hub.onChange(definition, forget)
  }

  async authorize(identity: Identity, query: AuthorizationQuery): Promise<Decision> {
    const { verb, group, resource, subresource, namespace, path = '' } = query
    const key = [this.#keyOf(identity), verb, group, resource, subresource, namespace, path].join('\0')
    const { named, ofAll } = this.#answers.get(key) ?? (await this.#answer(key, identity, query))
    const grant = named.length === 0 ? undefined : named.find(({ rule }) => rule.resourceNames?.includes(query.name))
    return grant === undefined ? ofAll : { allowed: true, reason: grant.because }
  }

  /** What subjects somebody is, as text. */
  #keyOf(identity: Identity): string {
    const known = this.#whose.get(identity)
    if (known !== undefined) return known
    const made = JSON.stringify([identity.name, identity.groups])
    this.#whose.set(identity, made)
    return made
  }

  async #answer(key: string, identity: Identity, query: AuthorizationQuery): Promise<Answer> {
    const index = (this.#index ??= this.#build())
    const entries = await this.#entriesOf(identity, query.namespace)
    const named: Grant[] = []
    let ofAll: Decision | undefined
    for (const one of entries) {
      if (!('rule' in one) || !coversKind(one.rule, query)) continue
      if (query.path === undefined && (one.rule.resourceNames ?? []).length > 0) named.push(one)
      else {
        ofAll = { allowed: true, reason: one.because }
        break
      }
    }
    const answer = { named, ofAll: ofAll ?? { allowed: false, reason: lackText(entries) } }
    if (this.#answers.size >= answersKeptMax) this.#answers.clear()
    // What was read before a change is not kept after it.
    if (this.#index === index) this.#answers.set(key, answer)
    return answer
  }

  /** All rules that apply to somebody in a namespace (and those of the whole cluster). */
  async grantsOf(identity: Identity, namespace: string): Promise<readonly Grant[]> {
    return (await this.#entriesOf(identity, namespace)).filter((one): one is Grant => 'rule' in one)
  }

  async #entriesOf(identity: Identity, namespace: string): Promise<readonly (Grant | Lack)[]> {
    this.#index ??= this.#build()
    const index = await this.#index
    const subjects = [`User/${identity.name}`, ...identity.groups.map((group) => `Group/${group}`)]
    const [, , accountNamespace, accountName] = identity.name.startsWith('system:serviceaccount:')
      ? identity.name.split(':')
      : []
    if (accountName !== undefined) subjects.push(`ServiceAccount/${accountNamespace}/${accountName}`)
    return subjects.flatMap((subject) =>
      (index.get(subject) ?? []).filter((grant) => grant.namespace === '' || grant.namespace === namespace),
    )
  }

  async #build(): Promise<SubjectIndex> {
    const registry = this.#registry
    const [clusterRoleList, roleList, clusterBindings, bindings] = await Promise.all([
      registry.all<ClusterRole>(clusterRoles),
      registry.all<Role>(roles),
      registry.all<ClusterRoleBinding>(clusterRoleBindings),
      registry.all<RoleBinding>(roleBindings),
    ])
    const clusterRuleOf = new Map(clusterRoleList.map((role) => [role.metadata.name, role.rules ?? []]))
    const ruleOf = new Map(
      roleList.map((role) => [`${role.metadata.namespace}/${role.metadata.name}`, role.rules ?? []]),
    )
    const index: SubjectIndex = new Map()
    for (const binding of [...clusterBindings, ...bindings]) {
      const namespace = binding.metadata.namespace ?? ''
      const { kind, name } = binding.roleRef
      const rules = kind === 'ClusterRole' ? clusterRuleOf.get(name) : ruleOf.get(`${namespace}/${name}`)
      for (const subject of binding.subjects ?? []) {
        const id =
          subject.kind === 'ServiceAccount'
            ? `ServiceAccount/${subject.namespace ?? namespace}/${subject.name}`
            : `${subject.kind}/${subject.name}`
        const bindingText =
          namespace === ''
            ? `ClusterRoleBinding "${binding.metadata.name}"`
            : `RoleBinding "${binding.metadata.name}/${namespace}"`
        const subjectText =
          subject.kind === 'ServiceAccount'
            ? `"${subject.name}/${subject.namespace ?? namespace}"`
            : `"${subject.name}"`
        const because = `RBAC: allowed by ${bindingText} of ${kind} "${name}" to ${subject.kind} ${subjectText}`
        const grants = index.get(id) ?? []
        index.set(id, grants)
        if (rules === undefined)
          grants.push({ namespace, lacking: `${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found` })
        for (const rule of rules ?? []) grants.push({ rule: rule as PolicyRule, namespace, because })
      }
    }
    return index
  }
}

type SubjectIndex = Map<string, (Grant | Lack)[]>

/** Why it may be that somebody may not do something: roles that were given are not there. */
function lackText(entries: readonly (Grant | Lack)[]): string {
  const lacking = [...new Set(entries.flatMap((one) => ('lacking' in one ? [one.lacking] : [])))]
  if (lacking.length === 0) return ''
  return `RBAC: ${lacking.length === 1 ? lacking[0] : `[${lacking.join(', ')}]`}`
}

/** Whether one rule covers one request. */
export function ruleAllows(rule: PolicyRule, query: AuthorizationQuery): boolean {
  if (!coversKind(rule, query)) return false
  const names = rule.resourceNames ?? []
  return query.path !== undefined || names.length === 0 || names.includes(query.name)
}

/** Whether a rule covers a request, leaving aside whose names it is about. */
function coversKind(rule: PolicyRule, query: AuthorizationQuery): boolean {
  if (!rule.verbs.includes('*') && !rule.verbs.includes(query.verb)) return false
  if (query.path !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, query.path!))
  if (!(rule.apiGroups ?? []).some((group) => group === '*' || group === query.group)) return false
  const wanted = query.subresource === '' ? query.resource : `${query.resource}/${query.subresource}`
  const covers = (pattern: string) =>
    pattern === '*' || pattern === wanted || (query.subresource !== '' && pattern === `*/${query.subresource}`)
  return (rule.resources ?? []).some(covers)
}

function pathMatches(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)))
}
