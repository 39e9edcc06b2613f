import type { FlowSchema } from '../../resources/index.ts'
import type { Identity } from '../request.ts'

/** What a request is, as flow schemas judge it. */
export interface Asked {
  readonly identity: Identity
  readonly verb: string
  /** Whether it is about a resource, and not about a path alone. */
  readonly ofResource: boolean
  readonly path: string
  readonly group: string
  readonly version?: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

type Spec = NonNullable<FlowSchema['spec']>
type Rules = NonNullable<Spec['rules']>[number]
type Test = (asked: Asked) => boolean

/** A flow schema made ready for asking whether a request is one of its. */
export interface ReadySchema {
  readonly name: string
  readonly uid: string
  readonly level: string
  readonly distinguisher: 'ByUser' | 'ByNamespace' | undefined
  readonly matches: Test
}

export function readySchema({ metadata, spec }: FlowSchema): ReadySchema {
  const tests = (spec?.rules ?? []).map(ruleTest)
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    level: spec?.priorityLevelConfiguration.name ?? '',
    distinguisher: spec?.distinguisherMethod?.type as ReadySchema['distinguisher'],
    matches: (asked) => tests.some((test) => test(asked)),
  }
}

/** The order in which schemas are asked: by precedence, then by name. */
export function inOrder(schemas: readonly FlowSchema[]): readonly FlowSchema[] {
  const precedence = ({ spec }: FlowSchema) => spec?.matchingPrecedence ?? 0
  return schemas.toSorted((a, b) => precedence(a) - precedence(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** What tells the flows of a schema apart. */
export function distinguisherOf({ distinguisher }: ReadySchema, asked: Asked): string {
  if (distinguisher === 'ByUser') return asked.identity.name
  return distinguisher === 'ByNamespace' ? asked.namespace : ''
}

function ruleTest({ subjects = [], resourceRules = [], nonResourceRules = [] }: Rules): Test {
  const ofSubject = subjectTest(subjects)
  const ofResource = (resourceRules ?? []).map((rule): Test => {
    const verbs = listTest(rule.verbs)
    const groups = listTest(rule.apiGroups)
    const resources = listTest(rule.resources)
    const namespaces = listTest(rule.namespaces ?? [])
    const clusterScope = rule.clusterScope === true
    return ({ verb, group, resource, subresource, namespace }) =>
      verbs(verb) &&
      resources(subresource === '' ? resource : `${resource}/${subresource}`) &&
      groups(group) &&
      (namespace === '' ? clusterScope : namespaces(namespace))
  })
  const ofPath = (nonResourceRules ?? []).map((rule): Test => {
    const verbs = listTest(rule.verbs)
    return ({ verb, path }) => verbs(verb) && rule.nonResourceURLs.some((url) => coversPath(url, path))
  })
  return (asked) => {
    const rules = asked.ofResource ? ofResource : ofPath
    return rules.length > 0 && ofSubject(asked.identity) && rules.some((test) => test(asked))
  }
}

/** Kubernetes: a `*` stands for everything only where it stands alone. */
function listTest(list: readonly string[]): (one: string) => boolean {
  if (list.length === 1) return list[0] === '*' ? () => true : (one) => one === list[0]
  const known = new Set(list)
  return (one) => known.has(one)
}

/** Kubernetes: a path covers what lies below it, with or without a star at its end. */
function coversPath(url: string, path: string): boolean {
  if (url === '*' || url === path) return true
  const prefix = url.endsWith('*') ? url.slice(0, -1) : url
  return path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}

function subjectTest(subjects: Rules['subjects'] & {}): (identity: Identity) => boolean {
  const users = new Set<string>()
  const groups = new Set<string>()
  const accountsOf: string[] = []
  for (const { kind, user, group, serviceAccount } of subjects) {
    if (kind === 'User' && user !== undefined) users.add(user.name)
    else if (kind === 'Group' && group !== undefined) groups.add(group.name)
    else if (kind === 'ServiceAccount' && serviceAccount !== undefined) {
      const prefix = `system:serviceaccount:${serviceAccount.namespace}:`
      if (serviceAccount.name === '*') accountsOf.push(prefix)
      else users.add(`${prefix}${serviceAccount.name}`)
    }
  }
  if (users.has('*') || groups.has('*')) return () => true
  return (identity) =>
    users.has(identity.name) ||
    (groups.size > 0 && identity.groups.some((one) => groups.has(one))) ||
    accountsOf.some((prefix) => identity.name.startsWith(prefix))
}
