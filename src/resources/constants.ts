import type { AggregationRule, PolicyRule, RoleRef, Subject } from './generated/types.ts'

interface BootstrapMetadata {
  readonly name: string
  readonly namespace?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}
/** A role of a new cluster; `aggregationRule` marks those whose rules a controller fills. */
export interface BootstrapRole extends BootstrapMetadata {
  readonly rules: readonly PolicyRule[]
  readonly aggregationRule?: AggregationRule
}
/** A binding of a new cluster. */
export interface BootstrapBinding extends BootstrapMetadata {
  readonly roleRef: RoleRef
  readonly subjects: readonly Subject[]
}
/** Every role and binding a new cluster is given, and what feature gates add to them. */
export interface RbacBootstrap {
  readonly clusterRoles: readonly BootstrapRole[]
  readonly clusterRoleBindings: readonly BootstrapBinding[]
  readonly controllerRoles: readonly BootstrapRole[]
  readonly controllerRoleBindings: readonly BootstrapBinding[]
  readonly roles: readonly BootstrapRole[]
  readonly roleBindings: readonly BootstrapBinding[]
  readonly gatedOffByDefault: readonly {
    readonly gate: string
    readonly default: boolean
    readonly adds?: Readonly<Record<string, readonly PolicyRule[]>>
    readonly roles?: readonly Pick<BootstrapRole, 'name' | 'rules'>[]
  }[]
  readonly groups: Readonly<Record<string, string | null>>
  readonly specialVerbs: readonly { readonly verb: string; readonly resources: readonly string[] }[]
}
