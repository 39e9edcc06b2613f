import type { Input } from './input.ts'
import { rbacCorrections } from './rbac-corrections.ts'

const header = '// Written by scripts/generate-resources.ts; do not edit.\n'

/** The text of rbac-bootstrap.ts: the roles and bindings a new cluster is given. */
export function rbacModule({ rbac }: Input): string {
  const { meta: _, ...facts } = rbac
  const corrected = (role: { readonly name: string }) => {
    const rules = rbacCorrections.rules[role.name]
    return rules === undefined ? role : { ...role, rules }
  }
  const kept = {
    ...facts,
    clusterRoles: facts.clusterRoles.map(corrected),
    controllerRoles: facts.controllerRoles.map(corrected),
    roles: facts.roles.map(corrected),
    gatedOffByDefault: rbacCorrections.gatedOffByDefault,
  }
  return `${header}import type { RbacBootstrap } from '../constants.ts'

let parsed: RbacBootstrap | undefined

/** The roles and bindings a new cluster is given; parsed when first asked for. */
export function rbacBootstrap(): RbacBootstrap {
  parsed ??= JSON.parse(
    ${quoted(JSON.stringify(kept, inOrder))},
  ) as RbacBootstrap
  return parsed
}
`
}

/** Members in the order of their types: such objects are stored as they are written here. */
const orders = {
  rule: ['verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'],
  roleRef: ['apiGroup', 'kind', 'name'],
  subject: ['kind', 'apiGroup', 'name', 'namespace'],
} as const

function orderOf(key: string, one: unknown): readonly string[] | undefined {
  if (typeof one !== 'object' || one === null) return undefined
  if ('verbs' in one && 'apiGroups' in one) return orders.rule
  if ('verbs' in one && 'nonResourceURLs' in one) return orders.rule
  if (key === 'roleRef') return orders.roleRef
  return 'kind' in one && 'name' in one ? orders.subject : undefined
}

function inOrder(key: string, value: unknown): unknown {
  const order = orderOf(key, value)
  if (order === undefined) return value
  return Object.fromEntries(Object.entries(value as object).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)))
}

/** The text of well-known.ts: names and numbers the API gives a meaning. */
export function wellKnownModule({ wellknown }: Input): string {
  const { meta: _, ...kept } = wellknown
  const members = Object.entries(kept).map(([key, value]) => `  ${key}: ${JSON.stringify(value)},`)
  return `${header}
/** Names and numbers the API gives a meaning: namespaces, labels, taints, gates, admission order, flow schemas and more. */
export const wellKnown = {
${members.join('\n')}
}
`
}
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
