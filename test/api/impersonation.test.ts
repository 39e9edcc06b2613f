import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApi, type TestApi } from '../fixtures/api.ts'

const rbac = 'rbac.authorization.k8s.io'
const authentication = 'authentication.k8s.io'

/** Gives somebody rights in the whole cluster. */
async function grant(api: TestApi, name: string, subject: object, rules: readonly object[]): Promise<void> {
  const of = (resource: string) => ({ group: rbac, version: 'v1', resource, verb: 'create' }) as const
  const meta = { apiVersion: `${rbac}/v1`, metadata: { name } }
  await api.call({ ...of('clusterroles'), body: { ...meta, kind: 'ClusterRole', rules } })
  const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name }
  const body = { ...meta, kind: 'ClusterRoleBinding', roleRef, subjects: [subject] }
  await api.call({ ...of('clusterrolebindings'), body })
}
/** A service account, and its token. */
async function account(api: TestApi, name: string): Promise<string> {
  const of = { group: '', version: 'v1', resource: 'serviceaccounts', namespace: 'default', verb: 'create' } as const
  await api.call({ ...of, body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } } })
  const body = { apiVersion: `${authentication}/v1`, kind: 'TokenRequest', spec: {} }
  return (await api.call({ ...of, name, subresource: 'token', body })).status.token
}
const user = (name: string) => ({ apiGroup: rbac, kind: 'User', name })
const robot = (name: string) => ({ kind: 'ServiceAccount', namespace: 'default', name })

test('who may act as somebody for some requests may not for others', async () => {
  await using api = await startApi()
  const token = await account(api, 'helper')
  await grant(api, 'reader', user('jane'), [{ apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['list'] }])
  await grant(api, 'helper', robot('helper'), [
    { apiGroups: [authentication], resources: ['users'], resourceNames: ['jane'], verbs: ['impersonate:user-info'] },
    { apiGroups: [authentication], resources: ['nodes'], resourceNames: ['n'], verbs: ['impersonate:arbitrary-node'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['impersonate-on:user-info:list'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['impersonate-on:arbitrary-node:get'] },
  ])
  const ask = async (path: string, headers: Record<string, string>) => {
    const { code, body } = await api.http('GET', path, { headers: { authorization: `Bearer ${token}`, ...headers } })
    return code === 200 ? 'allowed' : `${code} ${JSON.parse(body).message}`
  }
  const jane = { 'impersonate-user': 'jane' }
  assert.equal(await ask('/api/v1/pods', jane), 'allowed')
  assert.equal(
    await ask('/api/v1/secrets', jane),
    '403 secrets is forbidden: User "system:serviceaccount:default:helper" cannot impersonate-on:user-info:list resource "secrets" in API group "" at the cluster scope',
  )
  assert.match(
    await ask('/api/v1/pods', { ...jane, 'impersonate-group': 'system:masters' }),
    /cannot impersonate:user-info resource "groups" in API group "authentication\.k8s\.io" at the cluster scope: impersonating the system:masters group is not allowed$/,
  )
  assert.match(await ask('/api/v1/pods', { 'impersonate-user': 'joe' }), /403 users.* "joe" is forbidden/)
  const node = { 'impersonate-user': 'system:node:n' }
  assert.match(await ask('/api/v1/nodes/n', node), /404/)
  assert.match(await ask('/api/v1/pods', node), /cannot impersonate-on:arbitrary-node:list resource "pods"/)
  assert.match(await ask('/api/v1/pods', { 'impersonate-uid': 'x' }), /^400 /)
})

test('who may impersonate in the old way may for every request', async () => {
  await using api = await startApi()
  const token = await account(api, 'helper')
  await grant(api, 'reader', user('jane'), [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }])
  await grant(api, 'helper', robot('helper'), [
    { apiGroups: [''], resources: ['users', 'groups', 'serviceaccounts'], verbs: ['impersonate'] },
  ])
  const whoAmI = async (headers: Record<string, string>) => {
    const { code, body } = await api.http('POST', `/apis/${authentication}/v1/selfsubjectreviews`, {
      body: { apiVersion: `${authentication}/v1`, kind: 'SelfSubjectReview' },
      headers: { authorization: `Bearer ${token}`, ...headers },
    })
    return code === 201 ? JSON.parse(body).status.userInfo : code
  }
  const everyone = 'system:authenticated'
  assert.deepEqual(await whoAmI({ 'impersonate-user': 'jane', 'impersonate-group': 'dev' }), {
    username: 'jane',
    groups: ['dev', everyone],
  })
  assert.deepEqual(await whoAmI({ 'impersonate-user': 'system:serviceaccount:a:b' }), {
    username: 'system:serviceaccount:a:b',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:a', everyone],
  })
  assert.equal(await whoAmI({ 'impersonate-user': 'jane', 'impersonate-extra-scopes': 'x' }), 403)
})
