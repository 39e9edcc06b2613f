import {
  dns1123SubdomainErrors,
  type FieldError,
  invalid,
  labelSelectorErrors,
  notSupported,
  pathSegmentErrors,
  required,
  sameJson,
} from '../../machinery/index.ts'
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../generated/types.ts'
import { goForm } from '../validation/go-form.ts'
import { complaints, type NameCheck } from '../validation/object-meta.ts'

/** Kubernetes: names of roles may be anything that fits in a path, colons included. */
export const roleName: NameCheck = (name) => pathSegmentErrors(name)
const rbacGroup = 'rbac.authorization.k8s.io'

function ruleErrors(rule: PolicyRule, field: string, namespaced: boolean): readonly FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], nonResourceURLs = [], resourceNames = [] } = rule
  const errors: FieldError[] = []
  if ((verbs ?? []).length === 0) errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'))
  if (nonResourceURLs.length > 0) {
    if (namespaced)
      errors.push(
        invalid(`${field}.nonResourceURLs`, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'),
      )
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      const why = 'rules cannot apply to both regular resources and non-resource URLs'
      errors.push(invalid(`${field}.nonResourceURLs`, nonResourceURLs, why))
    }
    return errors
  }
  if (apiGroups.length === 0)
    errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
  if (resources.length === 0)
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'))
  return errors
}

export function roleErrors({ rules }: Role): readonly FieldError[] {
  return (rules ?? []).flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`, true))
}
export function clusterRoleErrors({ rules, aggregationRule }: ClusterRole): readonly FieldError[] {
  const errors = (rules ?? []).flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`, false))
  if (aggregationRule === undefined) return errors
  const selectors = aggregationRule.clusterRoleSelectors ?? []
  const field = 'aggregationRule.clusterRoleSelectors'
  if (selectors.length === 0)
    errors.push(required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil'))
  const illegible = selectors.flatMap((selector, index) => {
    const found = labelSelectorErrors(selector, `${field}[${index}]`)
    // Kubernetes: a selector that cannot be read is told as nothing, too.
    return found.length === 0 ? [] : [...found, invalid(`${field}[${index}]`, null, 'invalid label selector.')]
  })
  return [...errors, ...illegible]
}

function subjectErrors(subject: Subject, field: string, namespaced: boolean): readonly FieldError[] {
  const { kind, name = '', namespace = '', apiGroup = '' } = subject
  const errors: FieldError[] = []
  if (name === '') errors.push(required(`${field}.name`))
  if (kind === 'ServiceAccount') {
    if (name !== '') errors.push(...complaints(`${field}.name`, name, dns1123SubdomainErrors(name)))
    if (apiGroup !== '') errors.push(notSupported(`${field}.apiGroup`, apiGroup, ['']))
    if (!namespaced && namespace === '') errors.push(required(`${field}.namespace`))
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== rbacGroup) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [rbacGroup]))
  } else errors.push(notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group']))
  return errors
}

function bindingErrors(binding: RoleBinding | ClusterRoleBinding, namespaced: boolean): readonly FieldError[] {
  const { roleRef, subjects } = binding
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
  const errors: FieldError[] = []
  if (roleRef.apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', roleRef.apiGroup ?? '', [rbacGroup]))
  if (!kinds.includes(roleRef.kind)) errors.push(notSupported('roleRef.kind', roleRef.kind ?? '', kinds))
  if ((roleRef.name ?? '') === '') errors.push(required('roleRef.name'))
  else errors.push(...complaints('roleRef.name', roleRef.name, roleName(roleRef.name)))
  return [...errors, ...(subjects ?? []).flatMap((one, index) => subjectErrors(one, `subjects[${index}]`, namespaced))]
}
export const roleBindingErrors = (binding: RoleBinding) => bindingErrors(binding, true)
export const clusterRoleBindingErrors = (binding: ClusterRoleBinding) => bindingErrors(binding, false)

/** Kubernetes: who may bind a role may not thereby swap it; delete and create instead. */
export function bindingUpdateErrors<T extends RoleBinding | ClusterRoleBinding>(
  errors: (binding: T) => readonly FieldError[],
): (next: T, previous: T) => readonly FieldError[] {
  return (next, previous) => {
    const swapped = !sameJson(next.roleRef, previous.roleRef)
    const found = swapped
      ? [invalid('roleRef', goForm('io.k8s.api.rbac.v1.RoleRef', next.roleRef), 'cannot change roleRef')]
      : []
    return [...errors(next), ...found]
  }
}
