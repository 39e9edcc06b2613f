import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApi } from '../fixtures/api.ts'

test('a server outside says whose a token is, and what they may that RBAC does not know of', async () => {
  const asked: any[] = []
  await using api = await startApi({
    async reviewToken(review: any) {
      asked.push(review.spec)
      const user = { username: 'jane', uid: '7', groups: ['dev'], extra: { scopes: ['a'] } }
      const isGood = review.spec.token === 'good'
      return { status: isGood ? { authenticated: true, user } : { authenticated: false, error: 'unknown' } }
    },
    async reviewAccess({ spec }: any) {
      asked.push(spec)
      const isList = spec.resourceAttributes?.verb === 'list'
      return { status: isList ? { allowed: true } : { allowed: false, reason: 'not on a Friday' } }
    },
  })
  const ask = async (path: string, token = 'good') => {
    const { code, body } = await api.http('GET', path, { headers: { authorization: `Bearer ${token}` } })
    return code === 200 ? 'allowed' : `${code} ${JSON.parse(body).message}`
  }
  assert.equal(await ask('/api/v1/pods?fieldSelector=spec.nodeName%3Dn'), 'allowed')
  const audiences = ['https://kubernetes.default.svc.cluster.local']
  assert.deepEqual(asked.shift(), { token: 'good', audiences })
  assert.deepEqual(asked.shift(), {
    user: 'jane',
    groups: ['dev', 'system:authenticated'],
    uid: '7',
    extra: { scopes: ['a'] },
    resourceAttributes: {
      ...{ verb: 'list', version: 'v1', resource: 'pods' },
      fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n'] }] },
    },
  })
  assert.equal(
    await ask('/api/v1/namespaces/default/pods/p'),
    '403 pods "p" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "default": not on a Friday',
  )
  assert.equal(asked.length, 1, 'what is known of a token is not asked again')
  assert.equal(await ask('/api/v1/pods', 'bad'), '401 Unauthorized')
})
