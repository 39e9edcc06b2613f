import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Identity } from '../../src/apiserver/index.ts'
import { StatusError } from '../../src/machinery/index.ts'
import { startApi } from '../fixtures/api.ts'

const me: Identity = { name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] }
const inDefault = (resource: string) => ({ group: '', version: 'v1', resource, namespace: 'default' }) as const

test('a node reads what its pods refer to, and of nodes and pods its own', async () => {
  await using api = await startApi()
  const create = (resource: string, body: object) =>
    api.call({ ...inDefault(resource), verb: 'create', body: { apiVersion: 'v1', ...body } })
  for (const name of ['mine', 'other', 'ofvolume']) await create('secrets', { kind: 'Secret', metadata: { name } })
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '' }
  await create('persistentvolumeclaims', { kind: 'PersistentVolumeClaim', metadata: { name: 'c' }, spec: claim })
  const volume = {
    ...{ accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } },
    claimRef: { namespace: 'default', name: 'c' },
    csi: {
      driver: 'd.example.com',
      volumeHandle: 'h',
      nodePublishSecretRef: { namespace: 'default', name: 'ofvolume' },
    },
  }
  await api.call({
    ...{ group: '', version: 'v1', resource: 'persistentvolumes', verb: 'create' },
    body: { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' }, spec: volume },
  })
  const podOn = (nodeName: string, name: string, more: object = {}) =>
    create('pods', {
      ...{ kind: 'Pod', metadata: { name } },
      spec: { nodeName, containers: [{ name: 'c', image: 'x' }], ...more },
    })
  await podOn('n', 'a', {
    volumes: [
      { name: 's', secret: { secretName: 'mine' } },
      { name: 'p', persistentVolumeClaim: { claimName: 'c' } },
    ],
  })
  await podOn('m', 'b', { volumes: [{ name: 's', secret: { secretName: 'other' } }] })

  const outcome = (call: object) =>
    api.call(call as Parameters<typeof api.call>[0], me).then(
      () => 'allowed',
      (error: unknown) => (error instanceof StatusError ? `${error.code} ${error.message}` : String(error)),
    )
  const get = (resource: string, name: string) => outcome({ ...inDefault(resource), verb: 'get', name })
  assert.equal(await get('secrets', 'mine'), 'allowed')
  assert.equal(await get('secrets', 'ofvolume'), 'allowed')
  assert.equal(await get('persistentvolumeclaims', 'c'), 'allowed')
  const before = await api.call({ ...inDefault('persistentvolumeclaims'), verb: 'get', name: 'c' })
  const larger = { ...before, status: { ...before.status, capacity: { storage: '2Gi' } } }
  const ofClaim = { ...inDefault('persistentvolumeclaims'), verb: 'update', name: 'c', body: larger }
  assert.equal(await outcome({ ...ofClaim, subresource: 'status' }), 'allowed')
  assert.match(await outcome(ofClaim), /403/)
  assert.equal(await get('pods', 'a'), 'allowed')
  assert.equal(
    await outcome({ group: '', version: 'v1', resource: 'persistentvolumes', verb: 'get', name: 'v' }),
    'allowed',
  )
  const unrelated = "no relationship found between node 'n' and this object"
  assert.equal(
    await get('secrets', 'other'),
    `403 secrets "other" is forbidden: User "system:node:n" cannot get resource "secrets" in API group "" in the namespace "default": ${unrelated}`,
  )
  assert.match(await get('pods', 'b'), new RegExp(unrelated))
  const list = (resource: string, query: object = {}) => outcome({ ...inDefault(resource), verb: 'list', query })
  assert.match(await list('secrets'), /No Object name found$/)
  assert.match(await list('pods'), /can only list\/watch pods with spec\.nodeName field selector$/)
  assert.match(await list('pods', { fieldSelector: 'spec.nodeName=m' }), /403/)
  assert.equal(await list('pods', { fieldSelector: 'spec.nodeName=n' }), 'allowed')
  const nodes = { group: '', version: 'v1', resource: 'nodes' }
  assert.match(await outcome({ ...nodes, verb: 'list' }), /node 'n' cannot read all nodes, only its own Node object$/)
  assert.match(
    await outcome({ ...nodes, verb: 'get', name: 'm' }),
    /node 'n' cannot read 'm', only its own Node object$/,
  )
  const lease = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespace: 'kube-node-lease' }
  assert.match(
    await outcome({ ...lease, verb: 'get', name: 'm' }),
    /can only access node lease with the same name as the requesting node$/,
  )
})

test('a refusal says which role is missing that somebody was given', async () => {
  await using api = await startApi()
  const group = 'rbac.authorization.k8s.io'
  await api.call({
    ...{ group, version: 'v1', resource: 'clusterrolebindings', verb: 'create' },
    body: {
      ...{ apiVersion: `${group}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'b' } },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'absent' },
      subjects: [{ apiGroup: group, kind: 'User', name: 'jane' }],
    },
  })
  const jane = { name: 'jane', groups: ['system:authenticated'] }
  await assert.rejects(api.call({ ...inDefault('pods'), verb: 'list' }, jane), {
    message:
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default": RBAC: clusterrole.rbac.authorization.k8s.io "absent" not found',
  })
})
