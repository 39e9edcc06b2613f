import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApi, type TestApi } from '../fixtures/api.ts'

const apiServices = { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' }
const list = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: 'wardle.example.com/v1',
  resources: [
    { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['get', 'list', 'delete'] },
    { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] },
  ],
}
const available = (one: any) => one.status?.conditions?.find(({ type }: any) => type === 'Available')

async function register(api: TestApi): Promise<void> {
  await api.call({
    ...apiServices,
    verb: 'create',
    body: {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.wardle.example.com' },
      spec: {
        group: 'wardle.example.com',
        version: 'v1',
        groupPriorityMinimum: 2000,
        versionPriority: 200,
        insecureSkipTLSVerify: true,
        service: { name: 'wardle', namespace: 'default', port: 443 },
      },
    },
  })
}

async function createService(api: TestApi): Promise<void> {
  const inDefault = { namespace: 'default', verb: 'create' as const }
  const ports = [{ port: 443, protocol: 'TCP', targetPort: 8443 }]
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'wardle' }, spec: { ports } }
  await api.call({ group: '', version: 'v1', resource: 'services', ...inDefault, body: service })
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'wardle-1', labels: { 'kubernetes.io/service-name': 'wardle' } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8443, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.244.0.9'], conditions: { ready: true } }],
  }
  await api.call({ group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices', ...inDefault, body: slice })
}

test('every group version that is served here has an APIService, always available', async () => {
  await using api = await startApi()
  const { items } = await api.call({ ...apiServices, verb: 'list' })
  const names = items.map(({ metadata }: any) => metadata.name)
  for (const name of ['v1.', 'v1.apps', 'v1.batch', 'v2.autoscaling', 'v1.networking.k8s.io'])
    assert.ok(names.includes(name), name)
  assert.deepEqual(
    [...new Set(items.map((one: any) => `${available(one).status} ${available(one).reason}`))],
    ['True Local'],
  )
})

test('an extension server becomes available when it answers, and gets its requests with who is calling', async () => {
  await using api = await startApi()
  await register(api)
  const get = { ...apiServices, verb: 'get' as const, name: 'v1.wardle.example.com' }
  const missing = await api.until(get, (one) => available(one) !== undefined)
  assert.deepEqual(
    [available(missing).status, available(missing).reason, available(missing).message],
    ['False', 'ServiceNotFound', 'service/wardle in "default" is not present'],
  )
  const refused = await api.http('GET', '/apis/wardle.example.com/v1/namespaces/default/flunders')
  assert.deepEqual([refused.code, refused.body], [503, 'service unavailable\n'])
  const seen: any[] = []
  api.answerAt('wardle.default.svc', (_body, path, headers) => {
    if (path.endsWith('/flunders')) seen.push(headers)
    return path === '/apis/wardle.example.com/v1'
      ? list
      : path.endsWith('/flunders')
        ? { kind: 'FlunderList', items: [] }
        : undefined
  })
  await createService(api)
  await api.until(get, (one) => available(one)?.status === 'True' && available(one).message === 'all checks passed')
  const answer = await api.http('GET', '/apis/wardle.example.com/v1/namespaces/default/flunders', {
    headers: { 'x-remote-user': 'somebody-else', 'impersonate-nothing': 'x' },
  })
  assert.deepEqual([answer.code, JSON.parse(answer.body).kind], [200, 'FlunderList'])
  assert.equal(seen[0]['x-remote-user'], 'system:serviceaccount:kube-system:tester')
  assert.ok(seen[0]['x-remote-group'].includes('system:authenticated'))
  assert.equal(seen[0].authorization, undefined)
})

test('discovery shows what an extension server serves, and shows it as stale when it stops answering', async () => {
  await using api = await startApi()
  api.answerAt('wardle.default.svc', (_body, path) => (path === '/apis/wardle.example.com/v1' ? list : undefined))
  await createService(api)
  await register(api)
  const get = { ...apiServices, verb: 'get' as const, name: 'v1.wardle.example.com' }
  await api.until(get, (one) => available(one)?.status === 'True')
  const aggregated = async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { body } = await api.http('GET', '/apis', { headers: { accept } })
    return JSON.parse(body).items.find(({ metadata }: any) => metadata.name === 'wardle.example.com')
  }
  const [version] = (await aggregated()).versions
  assert.deepEqual(
    [version.freshness, version.resources[0].resource, version.resources[0].subresources[0].subresource],
    ['Current', 'flunders', 'status'],
  )
  const group = JSON.parse((await api.http('GET', '/apis/wardle.example.com')).body)
  assert.deepEqual(group.preferredVersion, { groupVersion: 'wardle.example.com/v1', version: 'v1' })
  await api.call({
    group: '',
    version: 'v1',
    resource: 'services',
    namespace: 'default',
    verb: 'delete',
    name: 'wardle',
  })
  await api.until(get, (one) => available(one)?.reason === 'ServiceNotFound')
  assert.deepEqual(
    [(await aggregated()).versions[0].freshness, (await aggregated()).versions[0].resources.length],
    ['Stale', 1],
  )
  assert.equal((await api.http('GET', '/apis/apps/v1')).code, 200)
})

test('what an extension server describes is part of OpenAPI, in the older form as well, while it answers', async () => {
  await using api = await startApi()
  let isUp = true
  api.answerAt('wardle.default.svc', (_body, path) => {
    if (!isUp) return Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
    if (path === '/apis/wardle.example.com/v1') return list
    if (path !== '/openapi/v2') return {}
    return {
      swagger: '2.0',
      paths: { '/apis/wardle.example.com/v1/flunders': { get: { operationId: 'listFlunders' } }, '/version/': {} },
      definitions: {},
    }
  })
  await createService(api)
  await register(api)
  const get = { ...apiServices, verb: 'get' as const, name: 'v1.wardle.example.com' }
  await api.until(get, (one) => available(one)?.status === 'True')
  const paths = async () => Object.keys(JSON.parse((await api.http('GET', '/openapi/v2')).body).paths)
  assert.ok((await paths()).includes('/apis/wardle.example.com/v1/flunders'))
  isUp = false
  await api.call({
    group: '',
    version: 'v1',
    resource: 'services',
    namespace: 'default',
    name: 'wardle',
    verb: 'patch',
    patchType: 'merge',
    body: { metadata: { labels: { moved: 'yes' } } },
  })
  await api.until(get, (one) => available(one)?.status === 'False')
  assert.ok(!(await paths()).includes('/apis/wardle.example.com/v1/flunders'))
})
