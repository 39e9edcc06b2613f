import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '../../src/client/index.ts'
import { type ManualClock, manualClock } from '../../src/machinery/index.ts'
import { podMetrics } from '../../src/resources/index.ts'
import { startApi, type TestApi } from '../fixtures/api.ts'

const metrics = { group: 'metrics.k8s.io', version: 'v1beta1' }
const core = { group: '', version: 'v1' }
const services = { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' }

/** A cluster of one node, whose kubelet tells of one pod: half a processor, 64 Mi. */
async function startMeasured() {
  const clock = manualClock()
  let scrapes = 0
  const startedMs = clock.now()
  const api = await startApi({
    clock,
    connectNode: () => ({
      async request({ path }) {
        assert.equal(path, '/metrics/resource')
        scrapes++
        const seconds = (clock.now() - startedMs) / 1000
        const labels = '{container="main",namespace="default",pod="web"}'
        const text = `# HELP node_cpu_usage_seconds_total [STABLE] So it is.
node_cpu_usage_seconds_total ${seconds} ${clock.now()}
node_memory_working_set_bytes 1.048576e+09 ${clock.now()}
container_cpu_usage_seconds_total${labels} ${seconds / 2} ${clock.now()}
container_memory_working_set_bytes${labels} 67108864 ${clock.now()}
container_start_time_seconds${labels} ${startedMs / 1000 - 60}
pod_cpu_usage_seconds_total{namespace="default",pod="web"} 1
`
        return {
          status: 200,
          headers: {},
          body: (async function* () {
            yield new TextEncoder().encode(text)
          })(),
        }
      },
      upgrade: () => Promise.reject(new Error('nothing upgrades here')),
    }),
  })
  const create = (resource: string, body: object, namespace?: string) =>
    api.call({ ...core, resource, verb: 'create', ...(namespace === undefined ? {} : { namespace }), body })
  const node: any = await create('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'one', labels: { zone: 'a' } },
  })
  const addresses = [{ type: 'InternalIP', address: '192.0.2.7' }]
  await api.call({
    ...core,
    resource: 'nodes',
    verb: 'update',
    name: 'one',
    subresource: 'status',
    body: { ...node, status: { addresses } },
  })
  for (const name of ['web', 'new']) {
    const spec = { nodeName: 'one', containers: [{ name: 'main', image: 'a' }] }
    const pod: any = await create(
      'pods',
      { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec },
      'default',
    )
    const status = { phase: 'Running' }
    await api.call({
      ...core,
      resource: 'pods',
      verb: 'update',
      namespace: 'default',
      name,
      subresource: 'status',
      body: { ...pod, status },
    })
  }
  return { api, clock, scrapes: () => scrapes }
}

/** What a call comes to while time passes. */
async function answered<T>(clock: ManualClock, call: Promise<T>): Promise<T> {
  let isDone = false
  const end = () => {
    isDone = true
  }
  call.then(end, end)
  for (let tries = 0; !isDone && tries < 10_000; tries++) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(10)
  }
  return call
}
const list = (api: TestApi, resource: string, query: Record<string, string> = {}) =>
  api.call({ ...metrics, resource, verb: 'list', query })

test('what nodes and pods use is told as metrics-server tells it', async () => {
  const { api, clock } = await startMeasured()
  await using _ = api
  const { kind, apiVersion, metadata, items } = await answered(clock, list(api, 'pods'))
  assert.deepEqual(
    { kind, apiVersion, metadata },
    { kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {} },
  )
  assert.deepEqual(
    items.map((one: any) => [one.metadata.name, one.metadata.labels, one.containers]),
    [['web', { app: 'web' }, [{ name: 'main', usage: { cpu: '500m', memory: '64Mi' } }]]],
  )
  const node = await api.call({ ...metrics, resource: 'nodes', verb: 'get', name: 'one' })
  assert.deepEqual(
    [node.kind, node.usage, node.metadata.labels],
    ['NodeMetrics', { cpu: '1', memory: '1000Mi' }, { zone: 'a' }],
  )
  assert.match(node.window, /^2(\.\d+)?s$/)
  const names = async (query: Record<string, string>) =>
    (await list(api, 'pods', query)).items.map((one: any) => one.metadata.name)
  assert.deepEqual(await names({ labelSelector: 'app=web' }), ['web'])
  assert.deepEqual(await names({ labelSelector: 'app!=web' }), [])
  assert.deepEqual(await names({ fieldSelector: 'metadata.name=web' }), ['web'])
  await assert.rejects(names({ fieldSelector: 'spec.nodeName=one' }), /is not a known field selector/)
  const get = (name: string) => api.call({ ...metrics, resource: 'pods', verb: 'get', namespace: 'default', name })
  await assert.rejects(get('nobody'), /^StatusError: pods "nobody" not found$/)
  await assert.rejects(get('new'), /^StatusError: pods.metrics.k8s.io "default\/new" not found$/)
})

test('it comes as a table, as protobuf, and in discovery; it cannot be written', async () => {
  const { api, clock } = await startMeasured()
  await using _ = api
  await answered(clock, list(api, 'nodes'))
  const http = (method: string, path: string, more?: { readonly headers: Record<string, string> }) =>
    answered(clock, api.http(method, path, more))
  const path = '/apis/metrics.k8s.io/v1beta1'
  const table = await http('GET', `${path}/pods`, {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  })
  const { kind, columnDefinitions, rows } = JSON.parse(table.body)
  assert.equal(kind, 'Table')
  assert.deepEqual(
    columnDefinitions.map((one: any) => `${one.name} ${one.format}`),
    ['Name name', 'cpu quantity', 'memory quantity', 'Window duration'],
  )
  assert.deepEqual(rows[0].cells.slice(0, 3), ['web', '500m', '64Mi'])
  const binary = await http('GET', `${path}/nodes`, { headers: { accept: 'application/vnd.kubernetes.protobuf' } })
  assert.match(binary.body, /^k8s\0.*NodeMetricsList/s)
  const { resources } = JSON.parse((await http('GET', path)).body)
  assert.deepEqual(
    resources.map((one: any) => `${one.name} ${one.kind} ${one.namespaced} ${one.verbs}`),
    ['nodes NodeMetrics false get,list', 'pods PodMetrics true get,list'],
  )
  assert.equal((await http('DELETE', `${path}/nodes/one`)).code, 405)
  assert.equal((await http('GET', `${path}/pods?watch=true`)).code, 405)
  const openApi = await http('GET', '/openapi/v3/apis/metrics.k8s.io/v1beta1')
  assert.ok(JSON.parse(openApi.body).components.schemas['io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics'])
  const role = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles' }
  const reader = await api.call({ ...role, verb: 'get', name: 'system:aggregated-metrics-reader' })
  assert.equal(reader.metadata.labels['rbac.authorization.k8s.io/aggregate-to-view'], 'true')
})

test('kubelets are asked every 15 seconds while somebody wants to know, and not at all otherwise', async () => {
  const { api, clock, scrapes } = await startMeasured()
  await using _ = api
  const pass = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed++) {
      clock.advance(1000)
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await pass(60)
  assert.equal(scrapes(), 0)
  await answered(clock, list(api, 'pods'))
  assert.equal(scrapes(), 2)
  await pass(60)
  assert.equal(scrapes(), 6)
  await pass(300)
  const last = scrapes()
  await pass(120)
  assert.equal(scrapes(), last)
  const again = await answered(clock, list(api, 'pods'))
  assert.equal(again.items.length, 1)
  assert.equal(scrapes(), last + 2)
})

/** Puts an extension server behind an APIService, and waits until it is available. */
async function extend(api: TestApi, group: string, version: string, answer: (path: string, headers: any) => unknown) {
  const name = group.split('.')[0]!
  api.answerAt(`${name}.default.svc`, (_body, path, headers) =>
    path === `/apis/${group}/${version}`
      ? { kind: 'APIResourceList', groupVersion: `${group}/${version}`, resources: [] }
      : answer(path, headers),
  )
  const inDefault = { namespace: 'default', verb: 'create' as const }
  const ports = [{ port: 443, protocol: 'TCP', targetPort: 8443 }]
  await api.call({
    ...core,
    resource: 'services',
    ...inDefault,
    body: { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports } },
  })
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8443, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.244.0.9'], conditions: { ready: true } }],
  }
  await api.call({ group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices', ...inDefault, body: slice })
  const spec = {
    ...{ group, version, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true },
    service: { name, namespace: 'default', port: 443 },
  }
  const own = { ...services, name: `${version}.${group}` }
  const known: any = await api.call({ ...own, verb: 'get' }).catch(() => undefined)
  const body = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: own.name }, spec }
  if (known === undefined) await api.call({ ...services, verb: 'create', body })
  else await api.call({ ...own, verb: 'patch', patchType: 'merge', body: { spec } })
  await api.until({ ...own, verb: 'get' }, (one) =>
    one.status?.conditions?.some(({ type, reason }: any) => type === 'Available' && reason === 'Passed'),
  )
}

test('a metrics-server that somebody installs takes over, and what it had is ours again when it goes', async () => {
  await using api = await startApi()
  const own = { ...services, name: 'v1beta1.metrics.k8s.io' }
  const local = (one: any) => one.status?.conditions?.[0]?.reason === 'Local' && one.spec.service === undefined
  await api.until({ ...own, verb: 'get' }, local)
  const item = { metadata: { name: 'theirs' }, timestamp: '2026-01-01T00:00:00Z', window: '1s', containers: [] }
  const seen: string[] = []
  await extend(api, 'metrics.k8s.io', 'v1beta1', (path, headers) => {
    if (!path.includes('/pods')) return undefined
    seen.push(`${headers['x-remote-user']} ${path}`)
    return { kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items: [item] }
  })
  const client = createClient((call) => api.reply(call))
  const { items } = await client.list(podMetrics, { namespace: 'default', labelSelector: 'a=b' })
  assert.deepEqual(
    items.map(({ kind, metadata }) => [kind, metadata.name]),
    [['PodMetrics', 'theirs']],
  )
  assert.deepEqual(seen, ['admin /apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=a%3Db'])
  await api.call({ ...own, verb: 'delete' })
  await api.until({ ...own, verb: 'get' }, local)
  const { items: ours } = await client.list(podMetrics, { namespace: 'default' })
  assert.deepEqual(ours, [])
})

test('metrics of adapters are read within the process as over HTTP, by those who may', async () => {
  await using api = await startApi()
  const seen: string[] = []
  await extend(api, 'custom.metrics.k8s.io', 'v1beta2', (path) => {
    seen.push(path)
    return path.includes('/qps') ? { kind: 'MetricValueList', items: [{ value: '5' }] } : undefined
  })
  const client = createClient((call) => api.reply(call))
  const call = { group: 'custom.metrics.k8s.io', version: 'v1beta2', namespace: 'default', resource: 'pods', name: '*' }
  const found: any = await client.read({ ...call, subresource: 'qps', query: { labelSelector: 'app=web' } })
  assert.equal(found.items[0].value, '5')
  assert.ok(seen.includes('/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/qps?labelSelector=app%3Dweb'))
  await assert.rejects(
    client.read({ ...call, subresource: 'none' }),
    /the server could not find the requested resource \(get pods.custom.metrics.k8s.io\)/,
  )
  const nobody = createClient((one) => api.reply(one, { name: 'nobody', groups: ['system:authenticated'] }))
  await assert.rejects(
    nobody.read({ ...call, subresource: 'qps' }),
    /is forbidden: User "nobody" cannot get resource "pods\/qps"/,
  )
  const { groupVersions } = await client.discover()
  assert.ok(groupVersions.some(({ group, version }) => group === call.group && version === call.version))
})
