import type { HooksFor } from '../define.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../generated/types.ts'
import { roleBindingCells } from '../other-cells.ts'

export const roleBindingHooks: HooksFor<RoleBinding> = { cells: roleBindingCells }
export const clusterRoleBindingHooks: HooksFor<ClusterRoleBinding> = { cells: roleBindingCells }
export const roleHooks: HooksFor<Role> = {}
export const clusterRoleHooks: HooksFor<ClusterRole> = {}
