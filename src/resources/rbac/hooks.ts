import type { HooksFor } from '../define.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../generated/types.ts'
import { roleBindingCells } from '../other-cells.ts'
import {
  bindingUpdateErrors,
  clusterRoleBindingErrors,
  clusterRoleErrors,
  roleBindingErrors,
  roleErrors,
  roleName,
} from './validate.ts'

export const roleBindingHooks: HooksFor<RoleBinding> = {
  cells: roleBindingCells,
  checks: { name: roleName, create: roleBindingErrors, update: bindingUpdateErrors(roleBindingErrors) },
  allowCreateOnUpdate: true,
}
export const clusterRoleBindingHooks: HooksFor<ClusterRoleBinding> = {
  cells: roleBindingCells,
  checks: { name: roleName, create: clusterRoleBindingErrors, update: bindingUpdateErrors(clusterRoleBindingErrors) },
  allowCreateOnUpdate: true,
}
export const roleHooks: HooksFor<Role> = { checks: { name: roleName, create: roleErrors }, allowCreateOnUpdate: true }
export const clusterRoleHooks: HooksFor<ClusterRole> = {
  checks: { name: roleName, create: clusterRoleErrors },
  allowCreateOnUpdate: true,
}
