/** What the smaller built-in plugins do, through the whole chain. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Identity } from '../../src/apiserver/index.ts'
import { startCluster } from '../../src/index.ts'
import { persistentVolumeClaims } from '../../src/resources/index.ts'
import { startApi } from '../fixtures/api.ts'

const core = { group: '', version: 'v1' }
const inDefault = (resource: string, group = '') => ({ group, version: 'v1', resource, namespace: 'default' })
const storage = { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' }
const nodes = { ...core, resource: 'nodes' }
const node = (name: string, labels: Record<string, string> = {}, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
  ...more,
})
const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'main', image: 'app:1' }], ...spec },
})
const claim = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
})

test('claims and ingresses that name no class get the newest default one, and claims are held while in use', async () => {
  await using api = await startApi()
  for (const [name, isDefault] of [
    ['b', true],
    ['a', true],
    ['plain', false],
  ] as const) {
    const prefix = (key: string) =>
      isDefault ? { annotations: { [`${key}.kubernetes.io/is-default-class`]: 'true' } } : {}
    const body = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      provisioner: 'x/y',
      allowVolumeExpansion: isDefault,
    }
    await api.call({ ...storage, verb: 'create', body: { ...body, metadata: { name, ...prefix('storageclass') } } })
    const networking = { group: 'networking.k8s.io', version: 'v1', resource: 'ingressclasses' }
    const ingressClass = { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', spec: { controller: 'x/y' } }
    await api.call({
      ...networking,
      verb: 'create',
      body: { ...ingressClass, metadata: { name, ...prefix('ingressclass') } },
    })
  }
  const claims = inDefault('persistentvolumeclaims')
  const made = await api.call({ ...claims, verb: 'create', body: claim('c') })
  assert.equal(made.spec.storageClassName, 'a')
  assert.deepEqual(made.metadata.finalizers, ['kubernetes.io/pvc-protection'])
  const none = await api.call({ ...claims, verb: 'create', body: claim('d', { storageClassName: '' }) })
  assert.equal(none.spec.storageClassName, '')
  const ingress = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'i' },
    spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
  }
  const created = await api.call({ ...inDefault('ingresses', 'networking.k8s.io'), verb: 'create', body: ingress })
  assert.equal(created.spec.ingressClassName, 'a')

  const patch = (name: string, body: object, subresource = '') =>
    api.call({ ...claims, verb: 'patch', name, subresource, patchType: 'merge', body })
  const grow = (name: string) => patch(name, { spec: { resources: { requests: { storage: '2Gi' } } } })
  await api.call({ ...claims, verb: 'create', body: claim('e', { storageClassName: 'plain' }) })
  for (const name of ['c', 'e']) {
    await patch(name, { spec: { volumeName: `of-${name}` } })
    await patch(name, { status: { phase: 'Bound' } }, 'status')
  }
  assert.equal((await grow('c')).spec.resources.requests.storage, '2Gi')
  await assert.rejects(grow('e'), {
    code: 403,
    message:
      'persistentvolumeclaims "e" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  })
})

test('a pod says where its node stands', async () => {
  await using api = await startApi()
  const zone = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r', other: 'x' }
  await api.call({ ...nodes, verb: 'create', body: node('n', zone) })
  await api.call({ ...inDefault('pods'), verb: 'create', body: pod('a') })
  const target = { apiVersion: 'v1', kind: 'Node', name: 'n' }
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'a' }, target }
  await api.call({ ...inDefault('pods'), verb: 'create', name: 'a', subresource: 'binding', body: binding })
  const { other: _, ...labels } = zone
  assert.deepEqual((await api.call({ ...inDefault('pods'), verb: 'get', name: 'a' })).metadata.labels, labels)
  const placed = await api.call({ ...inDefault('pods'), verb: 'create', body: pod('b', { nodeName: 'n' }) })
  assert.deepEqual(placed.metadata.labels, labels)
})

test('a pod does not grow beyond its node', async () => {
  await using api = await startApi()
  await api.call({ ...nodes, verb: 'create', body: node('n') })
  const allocatable = { status: { allocatable: { cpu: '2', memory: '1Gi' } } }
  await api.call({ ...nodes, verb: 'patch', name: 'n', subresource: 'status', patchType: 'merge', body: allocatable })
  const container = (cpu: string) => ({ name: 'main', image: 'app:1', resources: { requests: { cpu } } })
  await api.call({
    ...inDefault('pods'),
    verb: 'create',
    body: pod('a', { nodeName: 'n', containers: [container('1')] }),
  })
  const resize = (cpu: string) =>
    api.call({
      ...{ ...inDefault('pods'), verb: 'patch', name: 'a', subresource: 'resize', patchType: 'strategic' },
      body: { spec: { containers: [{ name: 'main', resources: { requests: { cpu } } }] } },
    })
  await resize('1500m')
  await assert.rejects(resize('3'), {
    code: 403,
    message:
      'pods "a" is forbidden: node didn\'t have enough allocatable resources: cpu, requested: 3000, allocatable: 2000',
  })
})

const kubelet = (name: string): Identity => ({
  name: `system:node:${name}`,
  groups: ['system:nodes', 'system:authenticated'],
})

test('a node writes about itself and its pods alone', async () => {
  await using api = await startApi()
  const me = kubelet('n')
  const refused = async (call: Promise<unknown>, message: string) => assert.rejects(call, { code: 403, message })
  const create = (labels: Record<string, string>, name = 'n') =>
    api.call({ ...nodes, verb: 'create', body: node(name, labels) }, me)
  await refused(create({}, 'other'), 'nodes "other" is forbidden: node "n" is not allowed to modify node "other"')
  await refused(
    create({ 'node-role.kubernetes.io/control-plane': '', 'a.node-restriction.kubernetes.io/b': '' }),
    'nodes "n" is forbidden: node "n" is not allowed to set the following labels: a.node-restriction.kubernetes.io/b, node-role.kubernetes.io/control-plane',
  )
  const created = await create({ 'kubernetes.io/hostname': 'n', 'node.kubernetes.io/x': '', mine: 'yes' })
  const patch = (body: object) => api.call({ ...nodes, verb: 'patch', name: 'n', patchType: 'merge', body }, me)
  await refused(patch({ spec: { taints: [] } }), 'nodes "n" is forbidden: node "n" is not allowed to modify taints')
  await refused(
    patch({ metadata: { labels: { 'k8s.io/x': 'y' } } }),
    'nodes "n" is forbidden: is not allowed to modify labels: k8s.io/x',
  )

  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: created.metadata.uid, controller: true }
  const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: [owner] }
  const createPod = (body: object) => api.call({ ...inDefault('pods'), verb: 'create', body }, me)
  await refused(
    createPod(pod('a')),
    'pods "a" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n" can only create mirror pods',
  )
  await refused(
    createPod(pod('a', { nodeName: 'n', volumes: [{ name: 'v', configMap: { name: 's' } }] }, mirror)),
    'pods "a" is forbidden: node "n" can not create pods that reference configmaps',
  )
  await createPod(pod('a', { nodeName: 'n' }, mirror))

  const audience = { serviceAccountToken: { audience: 'vault', path: 'token' } }
  const volumes = [{ name: 't', projected: { sources: [audience] } }]
  const there = await api.call({ ...inDefault('pods'), verb: 'create', body: pod('b', { nodeName: 'n', volumes }) })
  await api.call({ ...inDefault('pods'), verb: 'create', body: pod('c', { nodeName: 'other' }) })
  await refused(
    api.call({ ...inDefault('pods'), verb: 'delete', name: 'c' }, me),
    'pods "c" is forbidden: node "n" can only delete pods with spec.nodeName set to itself',
  )
  const token = (spec: object) =>
    api.call(
      {
        ...{ ...inDefault('serviceaccounts'), verb: 'create', name: 'default', subresource: 'token' },
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
      },
      me,
    )
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'b', uid: there.metadata.uid }
  await refused(token({}), 'serviceaccounts "default" is forbidden: node requested token not bound to a pod')
  await refused(
    token({ boundObjectRef, audiences: ['elsewhere'] }),
    'serviceaccounts "default" is forbidden: audience "elsewhere" not found in pod spec volume, system:node:n is not authorized to request tokens for this audience',
  )
  assert.ok((await token({ boundObjectRef, audiences: ['vault'] })).status.token)
})

test('nobody grants rights that they do not hold, but by escalate and bind', async () => {
  await using api = await startApi()
  const group = 'rbac.authorization.k8s.io'
  const rbac = (resource: string) => ({ group, version: 'v1', resource })
  const role = (name: string, rules: object[]) => ({
    apiVersion: `${group}/v1`,
    kind: 'ClusterRole',
    metadata: { name },
    rules,
  })
  const bind = (name: string, to: string, user: string) => ({
    ...{ apiVersion: `${group}/v1`, kind: 'ClusterRoleBinding', metadata: { name } },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: to },
    subjects: [{ apiGroup: group, kind: 'User', name: user }],
  })
  const createRole = (body: object, as?: Identity) => api.call({ ...rbac('clusterroles'), verb: 'create', body }, as)
  const createBinding = (body: object, as?: Identity) =>
    api.call({ ...rbac('clusterrolebindings'), verb: 'create', body }, as)
  const writing = {
    apiGroups: [group],
    resources: ['clusterroles', 'clusterrolebindings'],
    verbs: ['create', 'update'],
  }
  const reading = { apiGroups: [''], resources: ['pods', 'services'], verbs: ['get', 'list'] }
  await createRole(role('writer', [writing, reading]))
  await createBinding(bind('writer', 'writer', 'jane'))
  const jane: Identity = { name: 'jane', groups: ['dev', 'system:authenticated'] }
  await createRole(role('fine', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]), jane)
  await assert.rejects(
    createRole(
      role('more', [
        { ...reading, verbs: ['get', 'watch', 'delete'] },
        { nonResourceURLs: ['/x'], verbs: ['get'] },
      ]),
      jane,
    ),
    {
      code: 403,
      message: `clusterroles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["pods"], Verbs:["watch" "delete"]}
{APIGroups:[""], Resources:["services"], Verbs:["watch" "delete"]}
{NonResourceURLs:["/x"], Verbs:["get"]}`,
    },
  )
  await createBinding(bind('fine', 'fine', 'joe'), jane)
  await assert.rejects(
    createBinding(bind('all', 'cluster-admin', 'joe'), jane),
    /attempting to grant RBAC permissions not currently held:\n\{APIGroups:\["\*"\], Resources:\["\*"\], Verbs:\["\*"\]\}\n\{NonResourceURLs:\["\*"\]/,
  )
  await assert.rejects(createBinding(bind('none', 'absent', 'joe'), jane), { code: 404 })
  await createRole(role('binder', [{ apiGroups: [group], resources: ['clusterroles'], verbs: ['bind', 'escalate'] }]))
  await createBinding(bind('binder', 'binder', 'jane'))
  await createBinding(bind('all', 'cluster-admin', 'joe'), jane)
  await createRole(role('more', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]), jane)
})

test('an account may insist that its pods use only the secrets it lists, and mirror pods use none', async () => {
  await using api = await startApi()
  const metadata = { name: 'strict', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } }
  await api.call({
    ...inDefault('serviceaccounts'),
    verb: 'create',
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata, secrets: [{ name: 'known' }] },
  })
  const because = 'is not allowed because service account strict does not reference that'
  const env = [{ name: 'E', valueFrom: { secretKeyRef: { name: 'other', key: 'k' } } }]
  const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } }
  const secretVolume = (secretName: string) => ({ volumes: [{ name: 'v', secret: { secretName } }] })
  const cases: readonly (readonly [spec: object, why: string, metadata?: object])[] = [
    [secretVolume('other'), `volume with secret.secretName="other" ${because} secret`],
    [
      { containers: [{ name: 'main', image: 'app:1', env }] },
      `container main with envVar E referencing secret.secretName="other" ${because} secret`,
    ],
    [{ imagePullSecrets: [{ name: 'p' }] }, `imagePullSecrets[0].name="p" ${because} imagePullSecret`],
    [{ serviceAccountName: '', nodeName: 'n', ...secretVolume('s') }, 'a mirror pod may not reference secrets', mirror],
    [{ nodeName: 'n' }, 'a mirror pod may not reference service accounts', mirror],
  ]
  for (const [spec, why, more] of cases)
    await assert.rejects(
      api.call({
        ...inDefault('pods'),
        verb: 'create',
        body: pod('a', { serviceAccountName: 'strict', ...spec }, more),
      }),
      { code: 403, message: `pods "a" is forbidden: ${why}` },
    )
  const good = pod('a', { serviceAccountName: 'strict', ...secretVolume('known') })
  await api.call({ ...inDefault('pods'), verb: 'create', body: good })
})

test('a claim that is deleted goes once nothing uses it', async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const { client } = cluster
  const metadata = { name: 'c', namespace: 'default' }
  await client.create(persistentVolumeClaims, { ...claim('c'), metadata } as any)
  await client.delete(persistentVolumeClaims, metadata)
  const deadline = Date.now() + 20_000
  for (;;) {
    const isGone = await client.get(persistentVolumeClaims, metadata).then(
      () => false,
      () => true,
    )
    if (isGone) return
    assert.ok(Date.now() < deadline, 'the claim is still there')
    await new Promise((resolve) => setImmediate(resolve))
  }
})
