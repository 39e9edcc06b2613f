import { forbidden, StatusError } from '../../machinery/index.ts'
import type { ImpersonatingIdentity } from '../authn/authenticate.ts'
import type { Identity } from '../request.ts'
import type { NodeAuthorizer } from './node.ts'
import type { AuthorizationQuery, Decision, RbacAuthorizer } from './rbac.ts'

/** Leaves a note in the audit record of a request. */
export type Annotate = (key: string, value: string) => void

/** Decides who may do what: system:masters always, then nodes by their pods, then RBAC. */
export interface Authorizer {
  decide(identity: Identity, query: AuthorizationQuery): Promise<Decision>
  /** 403 in Kubernetes' words when the identity may not; the decision is noted for audit. */
  check(identity: Identity, query: AuthorizationQuery, annotate?: Annotate): Promise<void>
  /** The identity a request is to act as, once its right to impersonate is established. */
  assume(identity: ImpersonatingIdentity): Promise<Identity>
}

export function createAuthorizer(rbac: RbacAuthorizer, nodes: NodeAuthorizer): Authorizer {
  async function decide(identity: Identity, query: AuthorizationQuery): Promise<Decision> {
    if (identity.groups.includes('system:masters')) return { allowed: true, reason: '' }
    const byNode = await nodes.authorize(identity, query)
    if (byNode?.allowed === true) return byNode
    const byRole = await rbac.authorize(identity, query)
    const reasons = [byNode?.reason ?? '', byRole.reason].filter((one) => one !== '')
    return byRole.allowed ? byRole : { allowed: false, reason: reasons.join('\n') }
  }
  async function check(identity: Identity, query: AuthorizationQuery, annotate?: Annotate): Promise<void> {
    const { allowed, reason } = await decide(identity, query)
    annotate?.('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid')
    annotate?.('authorization.k8s.io/reason', reason)
    if (!allowed) throw refusal(identity, query, reason)
  }
  return {
    decide,
    check,
    async assume(identity) {
      const wanted = identity.impersonates
      if (wanted === undefined) return identity
      const one = (resource: string, name: string, group = '', subresource = '', namespace = '') =>
        check(identity, { verb: 'impersonate', group, resource, subresource, namespace, name })
      const [, , namespace = '', account = ''] = wanted.name.split(':')
      if (wanted.name.startsWith('system:serviceaccount:')) await one('serviceaccounts', account, '', '', namespace)
      else await one('users', wanted.name)
      const implied = new Set([
        'system:authenticated',
        'system:unauthenticated',
        'system:serviceaccounts',
        `system:serviceaccounts:${namespace}`,
      ])
      for (const group of wanted.groups) if (!implied.has(group)) await one('groups', group)
      if (wanted.uid !== undefined) await one('uids', wanted.uid, 'authentication.k8s.io')
      for (const [key, values] of Object.entries(wanted.extra ?? {}))
        for (const value of values) await one('userextras', value, 'authentication.k8s.io', key)
      return wanted
    },
  }
}

/** The text RBAC refusals carry; kubectl and tests read it. */
export function refusal(identity: Identity, query: AuthorizationQuery, reason = ''): StatusError {
  const because = reason === '' ? '' : `: ${reason}`
  if (query.path !== undefined) {
    const why = `User ${JSON.stringify(identity.name)} cannot ${query.verb} path ${JSON.stringify(query.path)}`
    return new StatusError(403, 'Forbidden', `forbidden: ${why}${because}`, {})
  }
  const resource = query.subresource === '' ? query.resource : `${query.resource}/${query.subresource}`
  const where = query.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(query.namespace)}`
  const why = `User ${JSON.stringify(identity.name)} cannot ${query.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(query.group)} ${where}`
  return forbidden({ group: query.group, resource: query.resource }, query.name, why + because)
}
