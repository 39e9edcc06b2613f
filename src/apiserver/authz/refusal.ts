import { forbidden, StatusError } from '../../machinery/index.ts'
import type { Identity } from '../request.ts'
import type { AuthorizationQuery } from './rbac.ts'

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
