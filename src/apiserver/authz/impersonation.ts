import { dns1123SubdomainErrors, StatusError } from '../../machinery/index.ts'
import type { ImpersonatingIdentity } from '../authn/authenticate.ts'
import type { Identity } from '../request.ts'
import type { ImpersonationMeasures } from './impersonation-measures.ts'
import type { AuthorizationQuery, Decision } from './rbac.ts'
import { refusal } from './refusal.ts'

type Decide = (identity: Identity, query: AuthorizationQuery) => Promise<Decision>

const authenticationGroup = 'authentication.k8s.io'
const nodeNameKey = 'authentication.kubernetes.io/node-name'
const nodePrefix = 'system:node:'
const accountPrefix = 'system:serviceaccount:'
/** Kubernetes: from so many questions on it is first asked whether all is allowed. */
const manyQuestions = 4

interface Mode {
  readonly name: string
  fits(wanted: Identity, real: Identity): boolean
}

/** Kubernetes: the ways to act as somebody else for certain requests only, the narrowest first. */
const modes: readonly Mode[] = [
  {
    name: 'associated-node',
    fits: (wanted, real) => {
      const node = nodeOf(wanted.name)
      const [own, ...more] = real.extra?.[nodeNameKey] ?? []
      const isOfNode = node !== undefined && own === node && more.length === 0
      return isOfNode && hasOnlyName(wanted) && accountOf(real.name) !== undefined
    },
  },
  { name: 'arbitrary-node', fits: (wanted) => hasOnlyName(wanted) && nodeOf(wanted.name) !== undefined },
  { name: 'serviceaccount', fits: (wanted) => hasOnlyName(wanted) && accountOf(wanted.name) !== undefined },
  { name: 'user-info', fits: ({ name }) => nodeOf(name) === undefined && accountOf(name) === undefined },
]

/** Who a request is made as, and under which rule it may be; empty for the old one. */
export interface Assumed {
  readonly identity: Identity
  readonly constraint: string
}

/** Whom a request may be made as, when it asks to be made as somebody else. Rejects with the first refusal. */
export async function impersonated(
  real: ImpersonatingIdentity,
  request: AuthorizationQuery,
  decide: Decide,
  measures: ImpersonationMeasures,
): Promise<Assumed> {
  const wanted = real.impersonates
  if (wanted === undefined) return { identity: real, constraint: '' }
  const { impersonates: _, ...requestor } = real
  const startedMs = measures.now()
  const measuredDecide: Decide = async (identity, query) => {
    const askedMs = measures.now()
    const decision = await decide(identity, query)
    measures.asked(query, decision.allowed, measures.now() - askedMs)
    return decision
  }
  try {
    const found = await firstMode(requestor, wanted, request, measuredDecide)
    measures.attempted(found.constraint, measures.now() - startedMs)
    return found
  } catch (error) {
    measures.attempted(undefined, measures.now() - startedMs)
    throw error
  }
}

/** The first way by which somebody may act as somebody else. */
async function firstMode(
  requestor: Identity,
  wanted: Identity,
  request: AuthorizationQuery,
  decide: Decide,
): Promise<Assumed> {
  let first: unknown
  for (const mode of [...modes.filter((one) => one.fits(wanted, requestor)), undefined]) {
    try {
      if (mode !== undefined) {
        const verb = `impersonate-on:${mode.name}:${request.verb}`
        await check(requestor, { ...request, verb }, decide)
      }
      const identity = await assumed(requestor, wanted, mode, decide)
      return { identity, constraint: mode === undefined ? '' : `impersonate:${mode.name}` }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      first ??= error
    }
  }
  throw first
}

async function check(identity: Identity, query: AuthorizationQuery, decide: Decide): Promise<void> {
  const { allowed, reason } = await decide(identity, query)
  if (!allowed) throw refusal(identity, query, reason)
}

/** Checks each part of whom somebody wants to be; `mode` is undefined for the old way, which allows it for all requests. */
async function assumed(real: Identity, wanted: Identity, mode: Mode | undefined, decide: Decide): Promise<Identity> {
  const verb = mode === undefined ? 'impersonate' : `impersonate:${mode.name}`
  const about = (resource: string, name: string, more: Partial<AuthorizationQuery> = {}): AuthorizationQuery => ({
    ...{ verb, group: mode === undefined ? '' : authenticationGroup, version: 'v1', resource },
    ...{ subresource: '', namespace: '', name, ...more },
  })
  const may = (query: AuthorizationQuery) => check(real, query, decide)
  const isConstrained = mode !== undefined
  const node = isConstrained ? nodeOf(wanted.name) : undefined
  const account = accountOf(wanted.name)
  let groups = wanted.groups
  if (node !== undefined) {
    groups = ['system:nodes']
    // Kubernetes: who runs on a node is asked whether it may be the node it runs on, whichever that is.
    await may(about('nodes', mode?.name === 'associated-node' ? '*' : node))
  } else if (account !== undefined) {
    if (groups.length === 0) groups = ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
    await may(about('serviceaccounts', account.name, { namespace: account.namespace }))
  } else await may(about('users', wanted.name))
  if ((wanted.uid ?? '') !== '') await may(about('uids', wanted.uid!, { group: authenticationGroup }))
  await mayHaveGroups(real, wanted.groups, about, isConstrained, decide)
  await mayHaveExtra(real, wanted.extra ?? {}, about, isConstrained, decide)
  return { ...wanted, groups: withEveryone(wanted.name, groups) }
}

type About = (resource: string, name: string, more?: Partial<AuthorizationQuery>) => AuthorizationQuery

async function mayHaveGroups(
  real: Identity,
  groups: readonly string[],
  about: About,
  isConstrained: boolean,
  decide: Decide,
): Promise<void> {
  if (isConstrained) {
    if (groups.includes(''))
      throw refusal(real, about('groups', ''), 'impersonating the empty string group is not allowed')
    if (groups.includes('system:masters'))
      throw refusal(real, about('groups', 'system:masters'), 'impersonating the system:masters group is not allowed')
    if (groups.length >= manyQuestions && (await decide(real, about('groups', '*'))).allowed) return
  }
  for (const group of groups) await check(real, about('groups', group), decide)
}

async function mayHaveExtra(
  real: Identity,
  extra: NonNullable<Identity['extra']>,
  about: About,
  isConstrained: boolean,
  decide: Decide,
): Promise<void> {
  const query = (subresource: string, name: string) =>
    about('userextras', name, { group: authenticationGroup, subresource })
  const entries = Object.entries(extra)
  if (isConstrained) {
    const why = entries.map(([key, values]) => extraProblem(key, values)).find((one) => one !== undefined)
    if (why !== undefined) throw refusal(real, query('', ''), why)
    const count = entries.reduce((sum, [, values]) => sum + values.length, 0)
    if (Math.max(count, entries.length) >= manyQuestions && (await decide(real, query('*', '*'))).allowed) return
  }
  for (const [key, values] of entries) for (const value of values) await check(real, query(key, value), decide)
}

function extraProblem(key: string, values: readonly string[]): string | undefined {
  if (key === '') return 'impersonating the empty string key in extra is not allowed'
  const invalid = (value: string, why: string) =>
    `impersonating an invalid key in extra is not allowed: extra.key: Invalid value: ${JSON.stringify(value)}: ${why}`
  const slash = key.indexOf('/')
  if (slash <= 0 || slash === key.length - 1)
    return invalid(key, 'must be a domain-prefixed path (such as "acme.io/foo")')
  const [host, path] = [key.slice(0, slash), key.slice(slash + 1)]
  const [wrong] = dns1123SubdomainErrors(host)
  if (wrong !== undefined) return invalid(host, wrong)
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path)) return invalid(path, 'Invalid path')
  if (key !== key.toLowerCase())
    return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`
  if (values.length === 0) return 'impersonating empty values in extra is not allowed'
  return values.includes('') ? 'impersonating the empty string value in extra is not allowed' : undefined
}

const hasOnlyName = ({ uid = '', groups, extra = {} }: Identity) =>
  uid === '' && groups.length === 0 && Object.keys(extra).length === 0

function nodeOf(user: string): string | undefined {
  if (!user.startsWith(nodePrefix)) return undefined
  const name = user.slice(nodePrefix.length)
  return dns1123SubdomainErrors(name).length === 0 ? name : undefined
}

function accountOf(user: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!user.startsWith(accountPrefix)) return undefined
  const [namespace = '', name = '', ...more] = user.slice(accountPrefix.length).split(':')
  return namespace === '' || name === '' || more.length > 0 ? undefined : { namespace, name }
}

function withEveryone(name: string, groups: readonly string[]): readonly string[] {
  const everyone = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'
  const isEnough = groups.includes(everyone) || groups.includes('system:unauthenticated')
  return isEnough ? groups : [...groups, everyone]
}
