import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../generated/types.ts'
import { clusterRoleBindingHooks, clusterRoleHooks, roleBindingHooks, roleHooks } from './hooks.ts'

export const clusterRoleBindings = defineResource<ClusterRoleBinding>(
  'clusterrolebindings.v1.rbac.authorization.k8s.io',
  clusterRoleBindingHooks,
)
export const clusterRoles = defineResource<ClusterRole>('clusterroles.v1.rbac.authorization.k8s.io', clusterRoleHooks)
export const roleBindings = defineResource<RoleBinding>('rolebindings.v1.rbac.authorization.k8s.io', roleBindingHooks)
export const roles = defineResource<Role>('roles.v1.rbac.authorization.k8s.io', roleHooks)

/** Every resource of this group, in the order discovery would list them. */
export const rbacResources: readonly ResourceDefinition<any>[] = [
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
]
