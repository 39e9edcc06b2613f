import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterRoleBindings, clusterRoles, roleBindings } from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { WatchHub } from '../watch/hub.ts'
import { type AuthorizationQuery, RbacAuthorizer } from './rbac.ts'

const binding = (role: string, namespace?: string) => ({
  metadata: { name: `${role}-of-ann`, ...(namespace === undefined ? {} : { namespace }) },
  roleRef: { kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'User', name: 'ann' }],
})
const role = (name: string, rule: object) => ({ metadata: { name }, rules: [{ apiGroups: [''], ...rule }] })
const query = (verb: string, name: string, namespace = 'shop'): AuthorizationQuery => ({
  verb,
  group: '',
  resource: 'configmaps',
  subresource: '',
  namespace,
  name,
})

function authorizerOver(...stored: readonly object[]) {
  let kept = stored
  let local: readonly object[] = []
  let reads = 0
  let forget = () => {}
  const registry = {
    all: async (definition: unknown) => {
      reads++
      if (definition === clusterRoles) return kept
      if (definition === roleBindings) return local
      return definition === clusterRoleBindings
        ? kept.filter(() => local.length === 0).map((one: any) => binding(one.metadata.name))
        : []
    },
  } as unknown as Registry
  const hub = { onChange: (_: unknown, told: () => void) => (forget = told) } as unknown as WatchHub
  const rbac = new RbacAuthorizer(registry, hub)
  const ask = async (verb: string, name: string, user = 'ann', namespace?: string) =>
    (await rbac.authorize({ name: user, groups: [] } as never, query(verb, name, namespace))).reason
  const change = (...next: readonly object[]) => {
    kept = next
    forget()
  }
  const bindLocally = () => (local = [binding('local', 'shop')])
  return { ask, change, bindLocally, reads: () => reads }
}
const by = (name: string) =>
  `RBAC: allowed by ClusterRoleBinding "${name}-of-ann" of ClusterRole "${name}" to User "ann"`

test('a rule about certain names allows these alone, and is named before one about all that follows it', async () => {
  const { ask } = authorizerOver(
    role('some', { verbs: ['get', 'delete'], resources: ['configmaps'], resourceNames: ['a', 'b'] }),
    role('all', { verbs: ['get'], resources: ['*'] }),
    role('late', { verbs: ['get'], resources: ['configmaps'], resourceNames: ['c'] }),
  )
  assert.deepEqual(
    [await ask('get', 'a'), await ask('get', 'c'), await ask('delete', 'b'), await ask('delete', 'c')],
    [by('some'), by('all'), by('some'), ''],
  )
  assert.deepEqual([await ask('delete', 'a', 'bob'), await ask('delete', 'a')], ['', by('some')])
})

test('roles are read once, whatever names are asked about, until one of them changes', async () => {
  const { ask, change, reads } = authorizerOver(role('all', { verbs: ['get'], resources: ['configmaps'] }))
  for (let at = 0; at < 100; at++) assert.equal(await ask('get', `name-${at}`), by('all'))
  assert.equal(reads(), 4)
  assert.equal(await ask('get', 'a', 'bob'), '')
  assert.equal(reads(), 4)
  change(role('all', { verbs: ['list'], resources: ['configmaps'] }))
  assert.equal(await ask('get', 'name-1'), '')
  assert.equal(reads(), 8)
})

test('what is granted in a namespace counts there alone, and a role that is not there is told of', async () => {
  const { ask, change, bindLocally } = authorizerOver(role('local', { verbs: ['get'], resources: ['configmaps'] }))
  bindLocally()
  const local = 'RBAC: allowed by RoleBinding "local-of-ann/shop" of ClusterRole "local" to User "ann"'
  assert.deepEqual(
    [await ask('get', 'a'), await ask('get', 'a', 'ann', 'other'), await ask('get', 'a')],
    [local, '', local],
  )
  change()
  assert.deepEqual(
    [await ask('get', 'a'), await ask('get', 'a', 'ann', 'other')],
    ['RBAC: clusterrole.rbac.authorization.k8s.io "local" not found', ''],
  )
})
