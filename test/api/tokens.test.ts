/** Tokens of service accounts that live in Secrets, tokens by which nodes join, and what ends them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detachedSignature } from '../../src/controllers/bootstrap-tokens/controller.ts'
import { startCluster, type TestCluster } from '../../src/index.ts'
import { base64Of } from '../../src/machinery/index.ts'
import { configMaps, secrets, serviceAccounts, tokenReviews } from '../../src/resources/index.ts'
import { startApi, type TestApi } from '../fixtures/api.ts'
import { until } from '../fixtures/until.ts'

const encoded = (data: Record<string, string>) =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64Of(new TextEncoder().encode(value))]))
const decoded = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString()

const review = async ({ client }: TestCluster, token: string) =>
  (await client.create(tokenReviews, { metadata: {}, spec: { token } } as any)).status
const isGone = (promise: Promise<unknown>) =>
  promise.then(
    () => false,
    () => true,
  )

test('a Secret that asks for a token of an account gets it, until it is marked invalid or its account goes', async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const { client } = cluster
  const name = { namespace: 'default', name: 'robot' }
  const account = await client.create(serviceAccounts, { metadata: name } as any)
  const annotations = { 'kubernetes.io/service-account.name': 'robot' }
  const type = 'kubernetes.io/service-account-token'
  await client.create(secrets, { metadata: { ...name, annotations }, type } as any)
  const filled = await until(
    () => client.get(secrets, name),
    ({ data }) => data?.['token'] !== undefined,
  )
  assert.equal(filled.metadata.annotations?.['kubernetes.io/service-account.uid'], account.metadata.uid)
  assert.equal(decoded(filled.data?.['namespace']), 'default')
  assert.equal(decoded(filled.data?.['ca.crt']), 'simulated')
  const token = decoded(filled.data?.['token'])
  const status = await review(cluster, token)
  assert.equal(status?.user?.username, 'system:serviceaccount:default:robot')
  assert.equal(status?.user?.uid, account.metadata.uid)
  const used = await client.get(secrets, name)
  assert.equal(used.metadata.labels?.['kubernetes.io/legacy-token-last-used'], new Date().toISOString().slice(0, 10))
  const mark = (value: string | null) =>
    client.patch(secrets, name, {
      type: 'merge',
      body: { metadata: { labels: { 'kubernetes.io/legacy-token-invalid-since': value } } },
    })
  await mark('2026-01-01')
  assert.equal((await review(cluster, token))?.authenticated, undefined)
  await mark(null)
  assert.equal((await review(cluster, token))?.authenticated, true)
  await client.delete(serviceAccounts, name)
  await until(
    () => isGone(client.get(secrets, name)),
    (gone) => gone,
  )
  assert.equal((await review(cluster, token))?.authenticated, undefined)
})

test('a bootstrap token stands for a bootstrapper, signs the cluster-info, and goes when its time is over', async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const { client } = cluster
  const create = (id: string, more: Record<string, string>) =>
    client.create(secrets, {
      metadata: { namespace: 'kube-system', name: `bootstrap-token-${id}` },
      type: 'bootstrap.kubernetes.io/token',
      data: encoded({ 'token-id': id, 'token-secret': '0123456789abcdef', ...more }),
    } as any)
  const info = { namespace: 'kube-public', name: 'cluster-info' }
  await client.create(configMaps, { metadata: info, data: { kubeconfig: 'where' } } as any)
  const all = { 'usage-bootstrap-authentication': 'true', 'usage-bootstrap-signing': 'true' }
  await create('abcdef', { ...all, 'auth-extra-groups': 'system:bootstrappers:workers' })
  await create('silent', { 'usage-bootstrap-signing': 'true' })
  const signed = await until(
    () => client.get(configMaps, info),
    ({ data }) => data?.['jws-kubeconfig-abcdef'] !== undefined && data['jws-kubeconfig-silent'] !== undefined,
  )
  assert.equal(signed.data?.['jws-kubeconfig-abcdef'], detachedSignature('where', 'abcdef', '0123456789abcdef'))
  const status = await review(cluster, 'abcdef.0123456789abcdef')
  assert.equal(status?.user?.username, 'system:bootstrap:abcdef')
  assert.deepEqual(status?.user?.groups, [
    'system:bootstrappers',
    'system:bootstrappers:workers',
    'system:authenticated',
  ])
  for (const other of ['abcdef.0123456789abcdee', 'silent.0123456789abcdef', 'nobody.0123456789abcdef'])
    assert.equal((await review(cluster, other))?.authenticated, undefined, other)
  await create('passed', { ...all, expiration: '2020-01-01T00:00:00Z' })
  await until(
    () => isGone(client.get(secrets, { namespace: 'kube-system', name: 'bootstrap-token-passed' })),
    (gone) => gone,
  )
  await client.delete(secrets, { namespace: 'kube-system', name: 'bootstrap-token-abcdef' })
  await until(
    () => client.get(configMaps, info),
    ({ data }) => data?.['jws-kubeconfig-abcdef'] === undefined,
  )
})

test('a signature without its text is that of kubeadm', () => {
  const [head = '', middle, signature] = detachedSignature('content', 'abcdef', '0123456789abcdef').split('.')
  assert.equal(head, 'eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiY2RlZiJ9')
  assert.equal(middle, '')
  assert.equal(signature?.length, 43)
})

test('a token bound to a pod ends with it, also over HTTP, and one bound to a node with that', async () => {
  await using api = await startApi()
  const core = { group: '', version: 'v1' } as const
  const inDefault = (resource: string) => ({ ...core, resource, namespace: 'default' })
  const create = (target: { group: string; version: string; resource: string; namespace?: string }, body: object) =>
    api.call({ ...target, verb: 'create', body })
  const pod = await create(inDefault('pods'), {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } },
    spec: { containers: [{ name: 'c', image: 'x' }] },
  })
  const node = await create({ ...core, resource: 'nodes' }, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } })
  const tokenFor = async (api: TestApi, kind: string, { metadata }: any) => {
    const boundObjectRef = { apiVersion: 'v1', kind, name: metadata.name, uid: metadata.uid }
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { boundObjectRef } }
    const target = { ...inDefault('serviceaccounts'), verb: 'create', name: 'default', subresource: 'token' } as const
    return (await api.call({ ...target, body })).status.token as string
  }
  const codeWith = async (token: string) =>
    (await api.http('GET', '/apis', { headers: { authorization: `Bearer ${token}` } })).code
  const ofPod = await tokenFor(api, 'Pod', pod)
  const ofNode = await tokenFor(api, 'Node', node)
  assert.deepEqual([await codeWith(ofPod), await codeWith(ofNode)], [200, 200])
  const now = { query: { gracePeriodSeconds: '0' } }
  await api.call({ ...inDefault('pods'), verb: 'delete', name: 'p', ...now })
  await api.call({ ...core, resource: 'nodes', verb: 'delete', name: 'n' })
  assert.deepEqual([await codeWith(ofPod), await codeWith(ofNode)], [401, 401])
})
