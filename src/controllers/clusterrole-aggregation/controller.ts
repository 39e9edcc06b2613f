import { labelQueryOf, nameOf, sameJson } from '../../machinery/index.ts'
import { type ClusterRole, clusterRoles } from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'

type Rules = NonNullable<ClusterRole['rules']>

/** Gives roles that are put together from others the rules of all those that their selectors pick. */
export const clusterRoleAggregationController: Controller = {
  name: 'clusterrole-aggregation-controller',
  account: 'clusterrole-aggregation-controller',
  watches: [
    {
      resource: clusterRoles,
      wake: (_: ClusterRole, cached) => cached(clusterRoles).by('aggregated', 'yes').map(nameOf),
    },
  ],
  start({ cached }) {
    const roles = cached(clusterRoles)
    roles.addIndex('aggregated', ({ aggregationRule }) => (aggregationRule === undefined ? [] : ['yes']))
    return async function reconcile(name, { client }) {
      const role = roles.get(name)
      if (role?.aggregationRule === undefined) return undefined
      const rules = aggregatedRules(role, roles.list())
      if (sameJson(role.rules ?? [], rules)) return undefined
      const body = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: name.name },
        rules,
      }
      const patch = { type: 'apply', body, fieldManager: 'clusterrole-aggregation-controller', force: true } as const
      await client.patch(clusterRoles, name, patch)
      return undefined
    }
  },
}

/** The rules of all roles that are picked, in order of selector and then of name, each once. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): Rules {
  const rules: Rules[number][] = []
  const byName = all.toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1))
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const query = labelQueryOf(selector)
    for (const one of byName) {
      if (one.metadata.name === role.metadata.name || !query.matches(one.metadata.labels)) continue
      for (const rule of one.rules ?? []) if (!rules.some((known) => sameJson(known, rule))) rules.push(rule)
    }
  }
  return rules
}
