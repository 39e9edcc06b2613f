import type { AuthorizerCheck, AuthorizerDecision } from '../../../machinery/cel/index.ts'
import type { Authorizer } from '../../authz/authorize.ts'
import { selectorsOfTexts } from '../../authz/selectors.ts'
import type { Identity } from '../../request.ts'
import type { AskAuthorizer } from './parts.ts'

/** The authorizer as expressions ask it: about somebody, unless they name a service account. */
export function authorizerFor(authorizer: Authorizer, identity: Identity): AskAuthorizer {
  return async (check) => {
    const { allowed, reason } = await authorizer.decide(whoIs(check, identity), {
      verb: check.verb,
      group: check.group ?? '',
      version: '*',
      resource: check.resource ?? '',
      subresource: check.subresource ?? '',
      namespace: check.namespace ?? '',
      name: check.name ?? '',
      ...(check.path === undefined ? selectorsOfTexts(check.fieldSelector, check.labelSelector) : { path: check.path }),
    })
    return { allowed, reason } satisfies AuthorizerDecision
  }
}

function whoIs({ serviceAccount }: AuthorizerCheck, identity: Identity): Identity {
  if (serviceAccount === undefined) return identity
  const { namespace, name } = serviceAccount
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  }
}
