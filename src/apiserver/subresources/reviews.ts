import {
  badRequest,
  type Clock,
  type FieldError,
  invalid,
  invalidObject,
  type KubeObject,
} from '../../machinery/index.ts'
import type { Draft } from '../../resources/index.ts'
import type { AuthenticateToken } from '../authn/tokens.ts'
import type { Authorizer } from '../authz/authorize.ts'
import type { AuthorizationQuery, PolicyRule, RbacAuthorizer } from '../authz/rbac.ts'
import { selectorErrors, selectorsOfReview } from '../authz/selectors.ts'
import type { Target } from '../handle/handle.ts'
import { recordManagers } from '../registry/managers.ts'
import type { Identity, RequestContext, Result } from '../request.ts'
import type { HandlerTable } from './subresources.ts'

export interface ReviewParts {
  readonly authorizer: Authorizer
  readonly rbac: RbacAuthorizer
  readonly authenticateToken: AuthenticateToken
  readonly clock: Clock
}

/** Questions that are answered and not kept: who is this, may they, what may I. */
export function reviewHandlers({ authorizer, rbac, authenticateToken, clock }: ReviewParts): HandlerTable {
  const owned = (target: Target, context: RequestContext) => ({
    ...target,
    managed: managersOf(target, context, clock),
  })
  const decide = async (identity: Identity, spec: any): Promise<object> => {
    const { allowed, denied = false, reason } = await authorizer.decide(identity, queryOf(spec))
    return { allowed, ...(denied ? { denied } : {}), ...(reason === '' ? {} : { reason }) }
  }
  return {
    'authentication.k8s.io/tokenreviews': {
      create: async (target, context) => {
        const spec = (target.body as any)?.spec ?? {}
        if (spec.token === undefined || spec.token === '')
          throw badRequest('token is required for TokenReview in authentication')
        const found = await authenticateToken(spec.token, spec.audiences?.length > 0 ? spec.audiences : undefined)
        const status =
          found === undefined
            ? { user: {}, error: '[invalid bearer token, token lookup failed]' }
            : { authenticated: true, user: userInfo(found.identity), audiences: found.audiences }
        return answer(owned(target, context), spec, status)
      },
    },
    'authentication.k8s.io/selfsubjectreviews': {
      create: async (target, { identity }) => answer(target, undefined, { userInfo: userInfo(identity) }),
    },
    'authorization.k8s.io/subjectaccessreviews': {
      create: async (target, context) => {
        const spec = checkedSpec(target)
        return answer(owned(target, context), spec, await decide(subjectOf(spec), spec))
      },
    },
    'authorization.k8s.io/localsubjectaccessreviews': {
      create: async (target, context) => {
        const spec = checkedSpec(target)
        if (spec.nonResourceAttributes !== undefined)
          throw invalidObject(aboutOf(target), '', [pathError(spec, 'disallowed on this kind of request')])
        if (spec.resourceAttributes?.namespace !== target.namespace) {
          throw invalidObject(aboutOf(target), '', [
            {
              type: 'FieldValueInvalid',
              field: 'spec.resourceAttributes.namespace',
              message: `Invalid value: ${JSON.stringify(spec.resourceAttributes?.namespace ?? '')}: must match metadata.namespace`,
            },
          ])
        }
        return answer(owned(target, context), spec, await decide(subjectOf(spec), spec))
      },
    },
    'authorization.k8s.io/selfsubjectaccessreviews': {
      create: async (target, context) => {
        const spec = checkedSpec(target, true)
        return answer(owned(target, context), spec, await decide(context.identity, spec))
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
  const grants = await rbac.grantsOf(identity, namespace)
  // Kubernetes: what is granted everywhere comes before what is granted there.
  const isEverywhere = (grant: (typeof grants)[number]) => grant.namespace === ''
  const rules: readonly PolicyRule[] = [
    ...grants.filter(isEverywhere),
    ...grants.filter((one) => !isEverywhere(one)),
  ].map(({ rule }) => rule)
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
  if (both) errors.push(pathError(spec, 'cannot be specified in combination with resourceAttributes'))
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

/** What is wrong with asking about a path, shown as Kubernetes shows it. */
function pathError({ nonResourceAttributes }: any, why: string): FieldError {
  const { path = '', verb = '' } = nonResourceAttributes
  return invalid('spec.nonResourceAttributes', { Path: path, Verb: verb }, why)
}

/** Kubernetes: a review that is refused is called what it calls itself. */
function aboutOf({ definition, body }: Target): { group: string; kind: string } {
  return { group: definition.group, kind: (body as { kind?: string } | null)?.kind ?? '' }
}

/** Kubernetes: who asks owns what was asked. */
function managersOf({ definition, body }: Target, context: RequestContext, clock: Clock): unknown {
  const draft = { ...(body as Draft), metadata: { ...(body as Draft)?.metadata } }
  recordManagers(definition, undefined, draft, { context, subresource: '', nowMs: clock.now() })
  return draft.metadata.managedFields
}

/** A review with its answer; of what namespace it is, where it is of one, and who owns it, are said, too. */
function answer(target: Target & { readonly managed?: unknown }, spec: unknown, status: object): Result {
  const { definition, body, namespace, managed } = target
  const given = (body ?? {}) as Partial<KubeObject> & Draft
  return {
    type: 'value',
    code: 201,
    body: {
      kind: definition.kind,
      apiVersion: `${definition.group}/${definition.version}`,
      metadata: {
        ...given.metadata,
        ...(definition.scope === 'Namespaced' ? { namespace } : {}),
        ...(managed === undefined ? {} : { managedFields: managed }),
      },
      ...(spec === undefined ? {} : { spec }),
      status,
    },
  }
}
