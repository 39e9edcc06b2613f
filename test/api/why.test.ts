/** `cox why`: from what a user sees to what it comes from. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Finding, findingText } from '../../src/cli/why/finding.ts'
import { explanationOf } from '../../src/cli/why/why.ts'
import { startCluster, type TestCluster } from '../../src/index.ts'
import {
  apiServices,
  configMaps,
  deployments,
  namespaces,
  nodes,
  pods,
  resourceQuotas,
  services,
} from '../../src/resources/index.ts'

async function why(cluster: TestCluster, what: string, namespace = 'default'): Promise<Finding> {
  const [kind = '', name = ''] = what.split('/')
  const finding = await explanationOf(kind)!({ client: cluster.client, nowMs: cluster.clock.now() }, namespace, name)
  assert.ok(finding !== undefined, `${what} is there`)
  return finding
}
/** Explains again and again, until the text is as it should come to be. */
async function until(cluster: TestCluster, what: string, wanted: RegExp, namespace = 'default'): Promise<string> {
  let text = ''
  for (let tries = 0; tries < 300; tries++) {
    text = findingText(await why(cluster, what, namespace))
    if (wanted.test(text)) return text
    await cluster.clock.sleep(20, new AbortController().signal)
  }
  assert.match(text, wanted)
  return text
}
const container = (requests: object = {}) => ({ name: 'c', image: 'app:1', resources: { requests } })
const pod = (name: string, spec: object = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [container()], ...spec },
  }) as never

test('a pod that waits for a node: who refuses, on which nodes, and what would help there', async () => {
  await using cluster = await startCluster({
    nodes: [
      { name: 'a', cpus: 2 },
      { name: 'b', cpus: 8 },
    ],
  })
  const { client } = cluster
  await client.patch(nodes, { name: 'b' }, { type: 'merge', body: { spec: { unschedulable: true } } })
  await client.create(pods, pod('big', { containers: [container({ cpu: '3' })] }))
  const text = await until(
    cluster,
    'pod/big',
    /none of 2 can take it.*NodeResourcesFit refuses one node: Insufficient cpu/s,
  )
  assert.match(text, /Node\/a it asks for 3 of cpu, the node has 2 in all/)
  assert.match(text, /NodeUnschedulable refuses one node: node\(s\) were unschedulable/)
  assert.match(text, /Node\/b uncordon the node: kubectl uncordon b/)
  await client.create(pods, pod('picky', { nodeSelector: { disk: 'ssd' } }))
  assert.match(
    await until(cluster, 'po/picky', /none of 2/),
    /Node\/a the node has no disk; label it disk=ssd, or select otherwise/,
  )
  await client.create(pods, pod('gated', { schedulingGates: [{ name: 'example.com/later' }] }))
  assert.match(await until(cluster, 'pod/gated', /./), /it has the scheduling gates example.com\/later/)
  await client.create(pods, pod('fine'))
  assert.match(await until(cluster, 'pod/fine', /is ready/), /^Pod\/default\/fine runs on a and is ready$/)
})

test('a Deployment that does not get on: down to the quota that refuses its pods, and to the pod that waits', async () => {
  await using cluster = await startCluster({ nodes: [{ name: 'a', cpus: 2 }] })
  const { client } = cluster
  const deploy = (name: string, replicas: number, requests: object) =>
    client.create(deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'default' },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [container(requests)] } },
      },
    } as never)
  await deploy('large', 1, { cpu: '16' })
  const text = await until(cluster, 'deploy/large', /asks for 16 of cpu/)
  assert.match(text, /^Deployment\/default\/large has 0 of 1 pods available/)
  await client.create(resourceQuotas, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'few', namespace: 'default' },
    spec: { hard: { pods: '1' } },
  } as never)
  await cluster.clock.sleep(300, new AbortController().signal)
  await deploy('many', 3, {})
  const quota = await until(cluster, 'deployment/many', /exceeded quota: few/)
  assert.match(quota, /→ raise the ResourceQuota, or ask for less/)
})

test('a namespace that does not go: what is left, who holds it, and which extension does not answer and why', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { client } = cluster
  for (const name of ['stuck', 'ext'])
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } as never)
  assert.match(await until(cluster, 'ns/stuck', /./), /is active; nobody asked for it to go/)
  await client.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'held', namespace: 'stuck', finalizers: ['example.com/hold'] },
  } as never)
  await client.create(services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'extension', namespace: 'ext' },
    spec: { selector: { app: 'none' }, ports: [{ port: 443 }] },
  } as never)
  await client.create(apiServices, {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1.example.com' },
    spec: {
      group: 'example.com',
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 10,
      insecureSkipTLSVerify: true,
      service: { namespace: 'ext', name: 'extension' },
    },
  } as never)
  await client.delete(namespaces, { name: 'stuck' })
  const text = await until(cluster, 'ns/stuck', /ConfigMap\/stuck\/held has been going .*\n(.|\n)*$/)
  assert.match(text, /held by the finalizer example.com\/hold/)
  assert.match(text, /APIService\/v1.example.com does not answer for example.com\/v1/)
  assert.match(text, /Service\/ext\/extension has no pod behind it/)
  await client.delete(apiServices, { name: 'v1.example.com' })
  await client.patch(
    configMaps,
    { name: 'held', namespace: 'stuck' },
    { type: 'merge', body: { metadata: { finalizers: null } } },
  )
  for (let tries = 0; tries < 300; tries++) {
    const { items } = await client.list(namespaces)
    if (items.every(({ metadata }) => metadata.name !== 'stuck')) return
    await cluster.clock.sleep(20, new AbortController().signal)
  }
  assert.fail('the namespace went once nothing held it')
})
