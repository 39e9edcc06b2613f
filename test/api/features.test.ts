import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApi } from '../fixtures/api.ts'

const versionsOf = async (api: Awaited<ReturnType<typeof startApi>>, group: string): Promise<string[]> => {
  const { code, body } = await api.http('GET', `/apis/${group}`)
  return code === 404 ? [] : JSON.parse(body).versions.map((one: any) => one.version)
}

test('gates and the runtime configuration decide which APIs are served and found', async () => {
  await using api = await startApi({
    features: {
      gates: { ClusterTrustBundle: true, GenericWorkload: true },
      runtimeConfig: { 'api/beta': 'true', 'scheduling.k8s.io/v1alpha2': 'true', 'apps/v1/daemonsets': 'false' },
    },
  })
  assert.deepEqual(await versionsOf(api, 'certificates.k8s.io'), ['v1', 'v1beta1'])
  assert.deepEqual(await versionsOf(api, 'resource.k8s.io'), ['v1', 'v1beta2', 'v1beta1'])
  assert.deepEqual(await versionsOf(api, 'scheduling.k8s.io'), ['v1', 'v1alpha2'])
  assert.deepEqual(await versionsOf(api, 'internal.apiserver.k8s.io'), [])
  assert.equal((await api.http('GET', '/apis/apps/v1/daemonsets')).code, 404)
  const list = JSON.parse((await api.http('GET', '/apis/certificates.k8s.io/v1beta1')).body)
  assert.deepEqual(
    list.resources.map(({ name }: any) => name),
    ['clustertrustbundles'],
    'requests for pod certificates are behind a gate of their own',
  )
  const group = { apiVersion: 'scheduling.k8s.io/v1alpha2', kind: 'PodGroup', metadata: { name: 'g' } }
  const made = await api.http('POST', '/apis/scheduling.k8s.io/v1alpha2/namespaces/default/podgroups', {
    body: { ...group, spec: { schedulingPolicy: { basic: {} } } },
  })
  assert.equal(made.code, 201, made.body)
  const { body } = await api.http('GET', '/openapi/v3')
  assert.ok(JSON.parse(body).paths['apis/scheduling.k8s.io/v1alpha2'] !== undefined)
  const metrics = (await api.http('GET', '/metrics')).body
  assert.match(metrics, /kubernetes_feature_enabled\{name="GenericWorkload",stage="ALPHA"\} 1/)
  assert.match(metrics, /kubernetes_feature_enabled\{name="EnvFiles",stage="BETA"\} 1/)
})

test('every API there is can be served at once, and answers', async () => {
  await using api = await startApi({
    features: { gates: { AllAlpha: true, AllBeta: true }, runtimeConfig: { 'api/all': 'true' } },
  })
  const groups = JSON.parse((await api.http('GET', '/apis')).body).groups
  const paths = groups.flatMap(({ versions }: any) => versions.map((one: any) => `/apis/${one.groupVersion}`))
  for (const path of paths) {
    const { resources } = JSON.parse((await api.http('GET', path)).body)
    for (const { name, verbs } of resources)
      if (verbs.includes('list')) assert.equal((await api.http('GET', `${path}/${name}`)).code, 200, `${path}/${name}`)
    assert.equal((await api.http('GET', `/openapi/v3${path}`)).code, 200, path)
  }
  assert.ok(paths.includes('/apis/storagemigration.k8s.io/v1beta1'))
})

test('a field whose feature is off is dropped, one whose feature is on is kept', async () => {
  const body = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 's' },
    spec: {
      serviceName: 's',
      selector: { matchLabels: { a: 'b' } },
      updateStrategy: { rollingUpdate: { maxUnavailable: 2 } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'c' }] } },
    },
  }
  const path = '/apis/apps/v1/namespaces/default/statefulsets'
  for (const [on, kept] of [
    [false, undefined],
    [true, 2],
  ] as const) {
    await using api = await startApi({ features: { gates: { MaxUnavailableStatefulSet: on } } })
    const { code, body: reply } = await api.http('POST', path, { body })
    assert.equal(code, 201, reply)
    assert.equal(JSON.parse(reply).spec.updateStrategy.rollingUpdate.maxUnavailable, kept)
  }
})
