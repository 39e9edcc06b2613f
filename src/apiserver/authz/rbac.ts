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
/** All that is granted to somebody, and what came of it so far. */
interface Standing {
  readonly entries: readonly (Grant | Lack)[]
  /** The namespaces that something is granted in; in all others only what is granted everywhere counts. */
  readonly namespaces: ReadonlySet<string>
  readonly answers: Map<string, Answer>
  /** What was asked last: components ask the same again and again. */
  last?: { readonly query: AuthorizationQuery; readonly answer: Answer }
}
const standingsKeptMax = 2000
const answersKeptMax = 4000

/** RBAC over the stored roles and bindings, indexed by subject; every answer is kept until any of them changes. */
export class RbacAuthorizer {
  readonly #registry: Registry
  #index: Promise<SubjectIndex> | undefined
  readonly #standings = new Map<string, Standing>()
  readonly #whose = new WeakMap<Identity, string>()

  constructor(registry: Registry, hub: WatchHub) {
    this.#registry = registry
    const forget = () => {
      this.#index = undefined
      this.#standings.clear()
    }
    for (const definition of [roles, roleBindings, clusterRoles, clusterRoleBindings]) hub.onChange(definition, forget)
  }

  /** What the rules say; at once, once it is known what somebody is granted. */
  authorize(identity: Identity, query: AuthorizationQuery): Promise<Decision> | Decision {
    const whose = this.#keyOf(identity)
    const standing = this.#standings.get(whose)
    if (standing !== undefined) return decisionOf(standing, query)
    return this.#stand(whose, identity).then((found) => decisionOf(found, query))
  }

  /** All rules that apply to somebody in a namespace (and those of the whole cluster). */
  async grantsOf(identity: Identity, namespace: string): Promise<readonly Grant[]> {
    const whose = this.#keyOf(identity)
    const { entries } = this.#standings.get(whose) ?? (await this.#stand(whose, identity))
    return entries.filter((one): one is Grant => 'rule' in one && isIn(one, namespace))
  }

  /** What subjects somebody is, as text. */
  #keyOf(identity: Identity): string {
    const known = this.#whose.get(identity)
    if (known !== undefined) return known
    const made = JSON.stringify([identity.name, identity.groups])
    this.#whose.set(identity, made)
    return made
  }

  async #stand(whose: string, identity: Identity): Promise<Standing> {
    const reading = (this.#index ??= this.#build())
    const index = await reading
    const subjects = [`User/${identity.name}`, ...identity.groups.map((group) => `Group/${group}`)]
    const [, , accountNamespace, accountName] = identity.name.startsWith('system:serviceaccount:')
      ? identity.name.split(':')
      : []
    if (accountName !== undefined) subjects.push(`ServiceAccount/${accountNamespace}/${accountName}`)
    const entries = subjects.flatMap((subject) => index.get(subject) ?? [])
    const namespaces = new Set(entries.map(({ namespace }) => namespace))
    const standing: Standing = { entries, namespaces, answers: new Map() }
    if (this.#standings.size >= standingsKeptMax) this.#standings.clear()
    // What was read before a change is not kept after it.
    if (this.#index === reading) this.#standings.set(whose, standing)
    return standing
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

function decisionOf(standing: Standing, query: AuthorizationQuery): Decision {
  const { named, ofAll } = answerOf(standing, query)
  const grant = named.length === 0 ? undefined : named.find(({ rule }) => rule.resourceNames?.includes(query.name))
  return grant === undefined ? ofAll : { allowed: true, reason: grant.because }
}

type SubjectIndex = Map<string, (Grant | Lack)[]>

const isIn = (one: Grant | Lack, namespace: string) => one.namespace === '' || one.namespace === namespace

/** What somebody's grants say of a kind of object, or of a path. */
function answerOf(standing: Standing, query: AuthorizationQuery): Answer {
  const { last } = standing
  if (last !== undefined && isAlike(last.query, query)) return last.answer
  const answer = foundAnswer(standing, query)
  standing.last = { query, answer }
  return answer
}

/** Whether two questions differ in names at most. */
function isAlike(one: AuthorizationQuery, other: AuthorizationQuery): boolean {
  return (
    one.verb === other.verb &&
    one.resource === other.resource &&
    one.subresource === other.subresource &&
    one.namespace === other.namespace &&
    one.group === other.group &&
    one.path === other.path
  )
}

function foundAnswer({ entries, namespaces, answers }: Standing, query: AuthorizationQuery): Answer {
  const { verb, group, resource, subresource, path = '' } = query
  const namespace = namespaces.has(query.namespace) ? query.namespace : ''
  const key = [verb, group, resource, subresource, namespace, path].join('\0')
  const known = answers.get(key)
  if (known !== undefined) return known
  const here = entries.filter((one) => isIn(one, namespace))
  const named: Grant[] = []
  let ofAll: Decision | undefined
  for (const one of here) {
    if (!('rule' in one) || !coversKind(one.rule, query)) continue
    if (query.path === undefined && (one.rule.resourceNames ?? []).length > 0) named.push(one)
    else {
      ofAll = { allowed: true, reason: one.because }
      break
    }
  }
  const answer = { named, ofAll: ofAll ?? { allowed: false, reason: lackText(here) } }
  if (answers.size >= answersKeptMax) answers.clear()
  answers.set(key, answer)
  return answer
}

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
