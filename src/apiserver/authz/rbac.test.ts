import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterRoleBindings, clusterRoles } from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { WatchHub } from '../watch/hub.ts'
import { type AuthorizationQuery, RbacAuthorizer } from './rbac.ts'

const binding = (role: string) => ({
  metadata: { name: `${role}-of-ann` },
  roleRef: { kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'User', name: 'ann' }],
})
const role = (name: string, rule: object) => ({ metadata: { name }, rules: [{ apiGroups: [''], ...rule }] })
const query = (verb: string, name: string): AuthorizationQuery => ({
  verb,
  group: '',
  resource: 'configmaps',
  subresource: '',
  namespace: 'shop',
  name,
})

function authorizerOver(...stored: readonly object[]) {
  let kept = stored
  let reads = 0
  let forget = () => {}
  const registry = {
    all: async (definition: unknown) => {
      reads++
      if (definition === clusterRoles) return kept
      return definition === clusterRoleBindings ? kept.map((one: any) => binding(one.metadata.name)) : []
    },
  } as unknown as Registry
  const hub = { onChange: (_: unknown, told: () => void) => (forget = told) } as unknown as WatchHub
  const rbac = new RbacAuthorizer(registry, hub)
  const ask = async (verb: string, name: string, user = 'ann') =>
    (await rbac.authorize({ name: user, groups: [] } as never, query(verb, name))).reason
  const change = (...next: readonly object[]) => {
    kept = next
    forget()
  }
  return { ask, change, reads: () => reads }
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
  change(role('all', { verbs: ['list'], resources: ['configmaps'] }))
  assert.equal(await ask('get', 'name-1'), '')
  assert.equal(reads(), 8)
})
