/** Who may say which devices a claim has, and who may tell of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Identity } from '../../src/apiserver/index.ts'
import { StatusError } from '../../src/machinery/index.ts'
import { startApi } from '../fixtures/api.ts'

const group = 'resource.k8s.io'
const claims = { group, version: 'v1', resource: 'resourceclaims', namespace: 'default' } as const
const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' }
const driver = 'd.example.com'
const allocation = {
  devices: { results: [{ request: 'r', driver, pool: 'p', device: 'x' }] },
  nodeSelector: {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }],
  },
}

test('a claim is bound and its devices are told of by those who may', async () => {
  await using api = await startApi()
  const allow = async (name: string, resource: string, verbs: readonly string[], resourceNames?: readonly string[]) => {
    const names = resourceNames === undefined ? {} : { resourceNames }
    const rules = [{ apiGroups: [group], resources: [resource], verbs, ...names }]
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules }
    await api.call({ ...rbac, resource: 'clusterroles', verb: 'create', body: role })
    const bound = {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'system:serviceaccount:default:driver' }],
    }
    await api.call({ ...rbac, resource: 'clusterrolebindings', verb: 'create', body: bound })
  }
  const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c' } }] } }
  const body = { apiVersion: `${group}/v1`, kind: 'ResourceClaim', metadata: { name: 'c' }, spec }
  await api.call({ ...claims, verb: 'create', body })
  const on = (node: string): Identity => ({
    name: 'system:serviceaccount:default:driver',
    groups: ['system:authenticated'],
    extra: { 'authentication.kubernetes.io/node-name': [node] },
  })
  const told = (status: object, as = on('n')) =>
    api.call({ ...claims, verb: 'update', name: 'c', subresource: 'status', body: { ...body, status } }, as).then(
      () => 'allowed',
      (error: unknown) => (error instanceof StatusError ? `${error.code} ${error.message}` : String(error)),
    )
  const start = '422 ResourceClaim.resource.k8s.io "c" is invalid: '
  const cannot = (verb: string, part: string, where: string) =>
    `User "system:serviceaccount:default:driver" cannot ${verb} resource "resourceclaims/${part}" in API group "resource.k8s.io" ${where}`
  const cluster = 'at the cluster scope'
  const local = 'in the namespace "default"'

  await allow('status', 'resourceclaims/status', ['update'])
  assert.equal(
    await told({ allocation }),
    `${start}status.allocation: Forbidden: changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="update" permission: resourceclaims.resource.k8s.io is forbidden: ${cannot('update', 'binding', cluster)}`,
  )
  await allow('binding', 'resourceclaims/binding', ['update'])
  assert.equal(await told({ allocation }), 'allowed')

  const devices = [{ driver, pool: 'p', device: 'x' }]
  const refusal = (verbs: string, first: string) =>
    `${start}status.devices: Forbidden: changing status.devices requires resource="resourceclaims/driver", verb="[${verbs}]" permission: resourceclaims.resource.k8s.io "${driver}" is forbidden: ${cannot(first, 'driver', local)}`
  const [near, far] = ['associated-node:update', 'arbitrary-node:update']
  assert.equal(await told({ allocation, devices }), refusal(`${near} ${far}`, near))
  await allow('near', 'resourceclaims/driver', [near], [driver])
  assert.equal(await told({ allocation, devices }), 'allowed')
  assert.equal(await told({ allocation }, on('other')), refusal(far, far))
  await allow('far', 'resourceclaims/driver', [far], [driver])
  assert.equal(await told({ allocation }, on('other')), 'allowed')
})
