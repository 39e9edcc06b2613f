import { forbidden, notFound, sameJson } from '../../../machinery/index.ts'
import { type ClusterRole, clusterRoles, type Draft, type Role, roles } from '../../../resources/index.ts'
import type { Authorizer } from '../../authz/authorize.ts'
import { missingRules, quotedList } from '../../authz/covers.ts'
import type { PolicyRule, RbacAuthorizer } from '../../authz/rbac.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

export interface RbacEscalationParts {
  readonly registry: () => Registry
  readonly authorizer: () => Authorizer
  readonly rbac: () => RbacAuthorizer
}

const group = 'rbac.authorization.k8s.io'
const privileged = 'system:masters'

/**
 * Nobody grants rights that they do not hold themselves, unless they may `escalate` roles, or `bind` the role.
 * Kubernetes: its storage of roles and bindings sees to this; it can no more be turned off than here.
 */
export function rbacEscalation(parts: RbacEscalationParts): AdmissionPlugin {
  return {
    name: 'RbacEscalation',
    concerns: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((plural) => `${group}/${plural}`),
    async validate(attributes) {
      const { definition, identity } = attributes
      if (identity.groups.includes(privileged) || concernsOnlyRemoval(attributes)) return
      const isRole = definition.plural === 'roles' || definition.plural === 'clusterroles'
      const granted = isRole ? await rulesOfRole(attributes, parts) : await rulesBound(attributes, parts)
      if (granted === undefined) return
      const held = await parts.rbac().grantsOf(identity, attributes.namespace)
      const missing = missingRules(
        held.map(({ rule }) => rule),
        granted,
      )
      if (missing.length === 0) return
      const who = `user ${JSON.stringify(identity.name)} (groups=${quotedList(identity.groups)})`
      throw forbidden(
        { group, resource: definition.plural },
        attributes.name,
        `${who} is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}`,
      )
    },
  }
}

/** Undefined when somebody may write roles whatever is in them. */
async function rulesOfRole(
  attributes: Attributes,
  { authorizer }: RbacEscalationParts,
): Promise<readonly PolicyRule[] | undefined> {
  const { operation, definition, identity, namespace, object, name } = attributes
  // Kubernetes: what is created has no name in its path, and the path is what is asked about.
  const { allowed } = await authorizer().decide(identity, {
    ...{ verb: 'escalate', group, version: '*', resource: definition.plural, subresource: '', namespace },
    name: operation === 'CREATE' ? '' : name,
  })
  return allowed ? undefined : (object.rules ?? [])
}

/** Undefined when somebody may bind the role whatever is in it. */
async function rulesBound(
  { identity, namespace, object }: Attributes,
  { authorizer, registry }: RbacEscalationParts,
): Promise<readonly PolicyRule[] | undefined> {
  const { kind, name } = object.roleRef
  const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  const { allowed } = await authorizer().decide(identity, {
    ...{ verb: 'bind', group, version: '*', resource, subresource: '', namespace, name },
  })
  if (allowed) return undefined
  const role =
    kind === 'ClusterRole'
      ? await registry().find<ClusterRole>(clusterRoles, undefined, name)
      : await registry().find<Role>(roles, namespace, name)
  if (role === undefined) throw notFound({ group, resource }, name)
  return (role.rules ?? []) as readonly PolicyRule[]
}

/** Kubernetes: the garbage collector must be able to let go of objects whose rights it does not hold. */
function concernsOnlyRemoval({ object, previous }: Attributes): boolean {
  if (previous === undefined) return false
  const rest = ({ metadata, ...others }: Draft) => ({
    ...others,
    metadata: {
      ...metadata,
      ownerReferences: undefined,
      finalizers: undefined,
      managedFields: undefined,
      resourceVersion: undefined,
    },
  })
  return sameJson(rest(object), rest(previous as Draft))
}
