import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverNameOf } from '../../src/apiserver/bootstrap/server-identity.ts'
import { startApi } from '../fixtures/api.ts'

const leases = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespace: 'kube-system' }
const labels = { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': 'machine' }

test('a server says by a Lease that it is there, takes away those of others that are gone, and its own at its end', async () => {
  await using api = await startApi({ hostname: 'machine' })
  const name = serverNameOf('machine')
  assert.match(name, /^apiserver-[a-z2-7]{26}$/)
  const lease = await api.until({ ...leases, verb: 'get', name }, (one) => one.spec !== undefined)
  assert.deepEqual(lease.metadata.labels, labels)
  assert.equal(lease.spec.leaseDurationSeconds, 3600)
  assert.ok(lease.spec.holderIdentity.startsWith(`${name}_`))
  await api.drain()
  await api.until({ ...leases, verb: 'get', name }, (one) => one.reason === 'NotFound')
})

test('a server that goes down is not ready, lives on, ends watches and turns others away', async () => {
  await using api = await startApi()
  const before = await api.http('GET', '/readyz')
  assert.equal(before.code, 200)
  const watch = api.http('GET', '/api/v1/configmaps?watch=true&resourceVersion=1')
  await api.drain()
  assert.equal((await watch).code, 200)
  const ready = await api.http('GET', '/readyz?verbose')
  assert.equal(ready.code, 500)
  assert.match(ready.body, /^\[-\]shutdown failed: reason withheld$/m)
  assert.equal((await api.http('GET', '/livez')).code, 200)
  const refused = await api.http('GET', '/api/v1/configmaps')
  assert.deepEqual([refused.code, refused.headers['retry-after']], [429, '5'])
})

test('a server that is ready says so of each step of its start', async () => {
  await using api = await startApi({ hostname: 'machine' })
  for (const path of ['/healthz', '/livez', '/readyz']) {
    const { body } = await api.http('GET', `${path}?verbose`)
    for (const name of ['etcd', 'autoregister-completion', 'poststarthook/start-apiextensions-controllers'])
      assert.ok(body.includes(`[+]${name} ok\n`), body)
    assert.ok(body.endsWith(`\n${path.slice(1)} check passed\n`))
  }
})

test('a timeout that is no duration is refused, whoever asks for whatever', async () => {
  await using api = await startApi()
  const refused = await api.http('GET', '/version?timeout=invalid')
  assert.equal(refused.code, 400)
  assert.match(refused.body, /invalid timeout specified in the request URL - time: invalid duration \\"invalid\\"/)
  for (const timeout of ['0s', '3m', '1m30s'])
    assert.equal((await api.http('GET', `/version?timeout=${timeout}`)).code, 200)
})

test('the pages about the server are listed, and say what it was started with', async () => {
  await using api = await startApi({ flags: () => ({ 'secure-port': '6443' }) })
  const root = JSON.parse((await api.http('GET', '/')).body)
  assert.ok(root.paths.includes('/statusz') && root.paths.includes('/flagz'))
  const { body } = await api.http('GET', '/flagz', { headers: { accept: '*/*' } })
  assert.match(body, /^kube-apiserver flagz$/m)
  assert.match(body, /^secure-port=6443$/m)
  const off = await startApi({ features: { gates: { ComponentFlagz: false } } })
  await using _off = off
  assert.equal((await off.http('GET', '/flagz')).code, 404)
})
