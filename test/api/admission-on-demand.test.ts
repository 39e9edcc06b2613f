import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdmissionChoice, Identity } from '../../src/apiserver/index.ts'
import { manualClock } from '../../src/machinery/index.ts'
import { startApi, type TestApi } from '../fixtures/api.ts'

const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'default' } as const
const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'nginx:1' }], serviceAccountName: 'default', ...spec },
})
const withPlugins = async (choice: AdmissionChoice, use: (api: TestApi) => Promise<void>) => {
  await using api = await startApi({ admission: { disabled: ['ServiceAccount'], ...choice } })
  await use(api)
}
const make = (api: TestApi, body: object, where: object = pods, as?: Identity) =>
  api.call({ verb: 'create', ...where, body } as Parameters<TestApi['call']>[0], as)
const refused =
  (message: string | RegExp, code = 403) =>
  (error: any) => {
    assert.equal(error.status.code, code)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  }
const namespace = (name: string, annotations: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, annotations },
})
const namespaces = { group: '', version: 'v1', resource: 'namespaces' }

test('AlwaysPullImages, LimitPodHardAntiAffinityTopology and ExtendedResourceToleration shape and refuse pods', () =>
  withPlugins(
    { enabled: ['AlwaysPullImages', 'LimitPodHardAntiAffinityTopology', 'ExtendedResourceToleration'] },
    async (api) => {
      const resources = { limits: { 'example.com/gpu': '1' }, requests: { 'example.com/gpu': '1' } }
      const containers = [{ name: 'c', image: 'nginx:1', imagePullPolicy: 'Never', resources }]
      const made = await make(api, pod('a', { containers }))
      assert.equal(made.spec.containers[0].imagePullPolicy, 'Always')
      assert.deepEqual(made.spec.tolerations.at(-1), {
        key: 'example.com/gpu',
        operator: 'Exists',
        effect: 'NoSchedule',
      })
      const term = (topologyKey: string) => ({
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey, labelSelector: { matchLabels: { a: 'b' } } },
            ],
          },
        },
      })
      await make(api, pod('b', term('kubernetes.io/hostname')))
      await assert.rejects(
        make(api, pod('wide', term('zone'))),
        refused(
          'pods "wide" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed',
        ),
      )
    },
  ))

test('NamespaceAutoProvision makes the namespace that something is created in, before it is missed', () =>
  withPlugins({ enabled: ['NamespaceAutoProvision', 'NamespaceExists', 'AlwaysAdmit'] }, async (api) => {
    await make(api, pod('a'), { ...pods, namespace: 'fresh' })
    assert.equal((await api.call({ verb: 'get', ...namespaces, name: 'fresh' })).metadata.name, 'fresh')
  }))

test('DenyServiceExternalIPs lets addresses stay and none come', () =>
  withPlugins({ enabled: ['DenyServiceExternalIPs'] }, async (api) => {
    const services = { ...pods, resource: 'services' }
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } }
    await assert.rejects(
      make(api, { ...service, spec: { ...service.spec, externalIPs: ['1.2.3.4'] } }, services),
      refused('services "s" is forbidden: Use of external IPs is denied by admission control'),
    )
    await make(api, service, services)
  }))

test('PodNodeSelector keeps the pods of a namespace on its nodes', () =>
  withPlugins(
    {
      enabled: ['PodNodeSelector'],
      configurations: { PodNodeSelector: { clusterDefaultNodeSelector: 'env=shared', own: 'env=own,disk=ssd' } },
    },
    async (api) => {
      assert.deepEqual((await make(api, pod('a'))).spec.nodeSelector, { env: 'shared' })
      const annotations = { 'scheduler.alpha.kubernetes.io/node-selector': 'env=own' }
      await make(api, namespace('own', annotations), namespaces)
      const own = { ...pods, namespace: 'own' }
      assert.deepEqual((await make(api, pod('a', { nodeSelector: { disk: 'ssd' } }), own)).spec.nodeSelector, {
        env: 'own',
        disk: 'ssd',
      })
      const conflict = 'pods "b" is forbidden: pod node label selector conflicts with its namespace node label selector'
      await assert.rejects(make(api, pod('b', { nodeSelector: { env: 'other' } }), own), refused(conflict))
      const beyond = 'pods "b" is forbidden: pod node label selector labels conflict with its namespace whitelist'
      await assert.rejects(make(api, pod('b', { nodeSelector: { zone: 'x' } }), own), refused(beyond))
    },
  ))

test('PodTolerationRestriction gives tolerations and refuses others', () =>
  withPlugins(
    {
      enabled: ['PodTolerationRestriction'],
      disabled: ['ServiceAccount', 'DefaultTolerationSeconds'],
      configurations: {
        PodTolerationRestriction: {
          default: [{ key: 'a', operator: 'Exists' }],
          whitelist: [{ key: 'a', operator: 'Exists' }],
        },
      },
    },
    async (api) => {
      const tolerations = [{ key: 'a', operator: 'Equal', value: 'x', effect: 'NoSchedule' }]
      // The wider one says all that the narrower does.
      assert.deepEqual((await make(api, pod('a', { tolerations }))).spec.tolerations, [
        { key: 'a', operator: 'Exists' },
      ])
      const text =
        'pod tolerations (possibly merged with namespace default tolerations) conflict with its cluster whitelist'
      await assert.rejects(make(api, pod('b', { tolerations: [{ key: 'b', operator: 'Exists' }] })), refused(text, 500))
      const annotations = {
        'scheduler.alpha.kubernetes.io/defaultTolerations': '[]',
        'scheduler.alpha.kubernetes.io/tolerationsWhitelist': '[{"key":"b","operator":"Exists"}]',
      }
      await make(api, namespace('own', annotations), namespaces)
      const own = { ...pods, namespace: 'own' }
      assert.deepEqual(
        (await make(api, pod('a', { tolerations: [{ key: 'b', operator: 'Exists' }] }), own)).spec.tolerations,
        [{ key: 'b', operator: 'Exists' }],
      )
      const scoped = text.replace('cluster', 'namespace')
      await assert.rejects(
        make(api, pod('b', { tolerations: [{ key: 'a', operator: 'Exists' }] }), own),
        refused(scoped, 500),
      )
    },
  ))

test('EventRateLimit refuses events beyond a rate, of all and of each namespace', async () => {
  const clock = manualClock()
  const limits = [
    { type: 'Namespace', qps: 1, burst: 2, cacheSize: 2 },
    { type: 'Server', qps: 100, burst: 3 },
  ] as const
  await using api = await startApi({
    clock,
    admission: { enabled: ['EventRateLimit'], configurations: { EventRateLimit: { limits } } },
  })
  let count = 0
  const event = (within = 'default') =>
    make(
      api,
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `e${count++}`, namespace: within },
        involvedObject: { kind: 'Pod', namespace: within, name: 'p' },
      },
      { ...pods, resource: 'events', namespace: within },
    )
  await event()
  await event()
  await assert.rejects(event(), refused('limit reached on type Namespace for key default', 429))
  await assert.rejects(event('kube-system'), refused('limit reached on type Server for key ', 429))
  await clock.advance(1000)
  await event()
})

test('OwnerReferencesPermissionEnforcement asks whether the owner may be finalized, and the object deleted', () =>
  withPlugins({ enabled: ['OwnerReferencesPermissionEnforcement'] }, async (api) => {
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'update', 'get'] }]
    const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' }
    const subjects = [{ kind: 'User', name: 'someone', apiGroup: rbac.group }]
    const apiVersion = `${rbac.group}/v1`
    await make(
      api,
      { apiVersion, kind: 'ClusterRole', metadata: { name: 'maps' }, rules },
      { ...rbac, resource: 'clusterroles' },
    )
    const roleRef = { kind: 'ClusterRole', name: 'maps', apiGroup: rbac.group }
    const binding = { apiVersion, kind: 'ClusterRoleBinding', metadata: { name: 'maps' }, roleRef, subjects }
    await make(api, binding, { ...rbac, resource: 'clusterrolebindings' })
    const someone = { name: 'someone', groups: ['system:authenticated'] }
    const maps = { ...pods, resource: 'configmaps' }
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }
    const map = (name: string, ownerReferences: readonly object[]) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, ownerReferences },
    })
    await make(api, map('a', [owner]), maps, someone)
    await assert.rejects(
      make(api, map('b', [{ ...owner, blockOwnerDeletion: true }]), maps, someone),
      refused(
        /^configmaps "b" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: .*, <nil>$/,
      ),
    )
    await assert.rejects(
      api.call({ verb: 'update', ...maps, name: 'a', body: map('a', []) } as Parameters<TestApi['call']>[0], someone),
      refused(/^configmaps "a" is forbidden: cannot set an ownerRef on a resource you can't delete: .*, <nil>$/),
    )
    await make(api, map('c', [{ ...owner, blockOwnerDeletion: true }]), maps)
  }))

test('ImagePolicyWebhook asks a server outside about images, and again only after a while', async () => {
  const asked: any[] = []
  const post = async (review: any) => {
    asked.push(review)
    if (review.spec.containers[0].image === 'down') throw new Error('connection refused')
    const allowed = review.spec.containers[0].image !== 'bad'
    return { ...review, status: { allowed, ...(allowed ? {} : { reason: 'it is old' }) } }
  }
  const times = { allowTtlMs: 60_000, denyTtlMs: 60_000, retryBackoffMs: 0 }
  const choose = (defaultAllow: boolean): AdmissionChoice => ({
    enabled: ['ImagePolicyWebhook'],
    configurations: { ImagePolicyWebhook: { post, ...times, defaultAllow } },
  })
  const of = (name: string, image: string) =>
    pod(
      name,
      { containers: [{ name: 'c', image }] },
      { annotations: { 'mine.image-policy.k8s.io/ticket': '1', other: 'x' } },
    )
  await withPlugins(choose(false), async (api) => {
    await make(api, of('a', 'good'))
    await make(api, of('b', 'good'))
    assert.deepEqual(asked, [
      {
        apiVersion: 'imagepolicy.k8s.io/v1alpha1',
        kind: 'ImageReview',
        spec: {
          containers: [{ image: 'good' }],
          annotations: { 'mine.image-policy.k8s.io/ticket': '1' },
          namespace: 'default',
        },
      },
    ])
    const why = 'pods "c" is forbidden: image policy webhook backend denied one or more images: it is old'
    await assert.rejects(make(api, of('c', 'bad')), refused(why))
    await assert.rejects(make(api, of('d', 'down')), refused('pods "d" is forbidden: connection refused'))
  })
  await withPlugins(choose(true), async (api) => void (await make(api, of('d', 'down'))))
})

test('ResourceQuota lets nothing be used of what is limited unless a quota covers it', () =>
  withPlugins(
    {
      configurations: {
        ResourceQuota: {
          limitedResources: [
            { resource: 'persistentvolumeclaims', matchContains: ['requests.storage'] },
            { resource: 'pods', matchScopes: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] },
          ],
        },
      },
    },
    async (api) => {
      const claims = { ...pods, resource: 'persistentvolumeclaims' }
      const claim = {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'c' },
        spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      }
      const why = 'persistentvolumeclaims "c" is forbidden: insufficient quota to consume: requests.storage'
      await assert.rejects(make(api, claim, claims), refused(why))
      const classes = { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses' }
      await make(
        api,
        { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'high' }, value: 5 },
        classes,
      )
      await make(api, pod('a'))
      const scoped = 'pods "b" is forbidden: insufficient quota to match these scopes: [{PriorityClass In [high]}]'
      await assert.rejects(make(api, pod('b', { priorityClassName: 'high' })), refused(scoped))
      const spec = { hard: { 'requests.storage': '5Gi' } }
      const quotas = { ...pods, resource: 'resourcequotas' }
      const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q' }, spec }
      await make(api, quota, quotas)
      const status = { hard: spec.hard, used: { 'requests.storage': '0' } }
      const place = { verb: 'update', ...quotas, name: 'q', subresource: 'status' } as const
      await api.call({ ...place, body: { ...quota, status } } as Parameters<TestApi['call']>[0])
      await make(api, claim, claims)
    },
  ))

test('webhooks are told who calls, as the configuration of their plugin says', async () => {
  const users = new Map([['*.example', { token: () => 'secret' }]])
  await withPlugins({ configurations: { ValidatingAdmissionWebhook: { users } } }, async (api) => {
    const told: (string | undefined)[] = []
    api.answerAt('hook.example', ({ request }, _path, headers) => {
      told.push(headers['authorization'] as string | undefined)
      return {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid: request.uid, allowed: true },
      }
    })
    for (const kind of ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']) {
      const webhook = {
        name: 'hook.example.com',
        clientConfig: { url: 'https://hook.example/' },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }],
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
      }
      const resource = `${kind.toLowerCase()}s`
      const apiVersion = 'admissionregistration.k8s.io/v1'
      const where = { group: 'admissionregistration.k8s.io', version: 'v1', resource }
      await make(api, { apiVersion, kind, metadata: { name: 'hook' }, webhooks: [webhook] }, where)
    }
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'a-' } }
    // Hooks are known a moment after they were made.
    for (let tries = 0; tries < 200 && told.length < 2; tries++) {
      told.length = 0
      await make(api, map, { ...pods, resource: 'configmaps' })
    }
    assert.deepEqual(told, [undefined, 'Bearer secret'])
  })
})

test('AlwaysDeny denies, and plugins that are left out do nothing', async () => {
  await withPlugins({ enabled: ['AlwaysDeny'] }, async (api) => {
    await assert.rejects(
      make(api, pod('a')),
      refused('pods "a" is forbidden: admission control is denying all modifications'),
    )
  })
  await withPlugins({ disabled: ['ServiceAccount', 'DefaultTolerationSeconds', 'Priority'] }, async (api) => {
    const { spec } = await make(api, pod('a'))
    assert.deepEqual([spec.tolerations, spec.priority], [undefined, undefined])
  })
})
