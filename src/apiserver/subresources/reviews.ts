import { badRequest, type FieldError, invalidObject, type KubeObject } from '../../machinery/index.ts'
import type { Draft } from '../../resources/index.ts'
import type { AuthenticateToken } from '../authn/tokens.ts'
import type { Authorizer } from '../authz/authorize.ts'
import type { AuthorizationQuery, PolicyRule, RbacAuthorizer } from '../authz/rbac.ts'
import { selectorErrors, selectorsOfReview } from '../authz/selectors.ts'
import type { Target } from '../handle/handle.ts'
import type { Identity, RequestContext, Result } from '../request.ts'
import type { HandlerTable } from './subresources.ts'

export interface ReviewParts {
  readonly authorizer: Authorizer
  readonly rbac: RbacAuthorizer
  readonly authenticateToken: AuthenticateToken
}

/** Questions that are answered and not kept: who is this, may they, what may I. */
export function reviewHandlers({ authorizer, rbac, authenticateToken }: ReviewParts): HandlerTable {
  const decide = async (identity: Identity, spec: any): Promise<object> => {
    const { allowed, denied = false, reason } = await authorizer.decide(identity, queryOf(spec))
    return { allowed, ...(denied ? { denied } : {}), ...(reason === '' ? {} : { reason }) }
  }
  return {
    'authentication.k8s.io/tokenreviews': {
      create: async (target) => {
        const spec = (target.body as any)?.spec ?? {}
        if (spec.token === undefined || spec.token === '')
          throw badRequest('token is required for TokenReview in authentication')
        const found = await authenticateToken(spec.token, spec.audiences?.length > 0 ? spec.audiences : undefined)
        const status =
          found === undefined
            ? { user: {}, error: '[invalid bearer token, token lookup failed]' }
            : { authenticated: true, user: userInfo(found.identity), audiences: found.audiences }
        return answer(target, spec, status)
      },
    },
    'authentication.k8s.io/selfsubjectreviews': {
      create: async (target, { identity }) => answer(target, undefined, { userInfo: userInfo(identity) }),
    },
    'authorization.k8s.io/subjectaccessreviews': {
      create: async (target) => {
        const spec = checkedSpec(target)
        return answer(target, spec, await decide(subjectOf(spec), spec))
      },
    },
    'authorization.k8s.io/localsubjectaccessreviews': {
      create: async (target) => {
        const spec = checkedSpec(target)
        if (spec.resourceAttributes?.namespace !== target.namespace) {
          throw invalidObject(aboutOf(target), '', [
            {
              type: 'FieldValueInvalid',
              field: 'spec.resourceAttributes.namespace',
              message: `Invalid value: ${JSON.stringify(spec.resourceAttributes?.namespace ?? '')}: must match metadata.namespace`,
            },
          ])
        }
        return answer(target, spec, await decide(subjectOf(spec), spec))
      },
    },
    'authorization.k8s.io/selfsubjectaccessreviews': {
      create: async (target, { identity }) => {
        const spec = checkedSpec(target, true)
        return answer(target, spec, await decide(identity, spec))
      },
    },
    'authorization.k8s.io/selfsubjectrulesreviews': {
      create: async (target, context) =>
        answer(
          target,
          // Kubernetes: what was asked for is not said again.
          {},
          await rulesFor(rbac, (target.body as any)?.spec?.namespace ?? '', context),
        ),
    },
  }
}

async function rulesFor(rbac: RbacAuthorizer, namespace: string, { identity }: RequestContext): Promise<object> {
  if (namespace === '') throw badRequest('no namespace on request')
  const rules: PolicyRule[] = (await rbac.grantsOf(identity, namespace)).map(({ rule }) => rule)
  if (identity.groups.includes('system:masters')) {
    rules.unshift({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] })
  }
  return {
    resourceRules: rules
      .filter((rule) => (rule.resources?.length ?? 0) > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames === undefined ? {} : { resourceNames }),
      })),
    nonResourceRules: rules
      .filter((rule) => (rule.nonResourceURLs?.length ?? 0) > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  }
}

export function userInfo({ name, uid, groups, extra }: Identity): object {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

function subjectOf(spec: any): Identity {
  return {
    name: spec.user ?? '',
    groups: spec.groups ?? [],
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    extra: spec.extra ?? {},
  }
}

function queryOf(spec: any): AuthorizationQuery {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec
  if (path !== undefined)
    return {
      verb: path.verb ?? '',
      group: '',
      resource: '',
      subresource: '',
      namespace: '',
      name: '',
      path: path.path ?? '',
    }
  return {
    verb: resource?.verb ?? '',
    group: resource?.group ?? '',
    version: resource?.version ?? '',
    resource: resource?.resource ?? '',
    subresource: resource?.subresource ?? '',
    namespace: resource?.namespace ?? '',
    name: resource?.name ?? '',
    ...selectorsOfReview(resource ?? {}),
  }
}

function checkedSpec(target: Target, self = false): any {
  const spec = (target.body as any)?.spec ?? {}
  const both = spec.resourceAttributes !== undefined && spec.nonResourceAttributes !== undefined
  const neither = spec.resourceAttributes === undefined && spec.nonResourceAttributes === undefined
  const errors: FieldError[] = []
  if (both)
    errors.push({
      type: 'FieldValueInvalid' as const,
      field: 'spec.nonResourceAttributes',
      message: 'Invalid value: "must not be specified when resourceAttributes is set"',
    })
  if (neither)
    errors.push({
      type: 'FieldValueInvalid' as const,
      field: 'spec.resourceAttributes',
      message: 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    })
  if (!self && (spec.user ?? '') === '' && (spec.groups ?? []).length === 0) {
    errors.push({
      type: 'FieldValueInvalid' as const,
      field: 'spec.user',
      message: 'Invalid value: "": at least one of user or group must be specified',
    })
  }
  if (spec.resourceAttributes !== undefined)
    errors.push(...selectorErrors(spec.resourceAttributes, 'spec.resourceAttributes'))
  if (errors.length > 0) throw invalidObject(aboutOf(target), '', errors)
  return spec
}

function aboutOf({ definition }: Target): { group: string; kind: string } {
  return { group: definition.group, kind: definition.kind }
}

function answer({ definition, body }: Target, spec: unknown, status: object): Result {
  const given = (body ?? {}) as Partial<KubeObject> & Draft
  return {
    type: 'value',
    code: 201,
    body: {
      kind: definition.kind,
      apiVersion: `${definition.group}/${definition.version}`,
      metadata: { ...given.metadata },
      ...(spec === undefined ? {} : { spec }),
      status,
    },
  }
}
