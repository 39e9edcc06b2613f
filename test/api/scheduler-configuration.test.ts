import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import { type Node, nodes, type Pod, pods } from '../../src/resources/index.ts'
import { until } from '../fixtures/until.ts'

const podThat = (name: string, spec: object = {}) =>
  ({
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'app' }], ...spec },
  }) as unknown as Pod
const so = (is: () => Promise<boolean>) => until(is, (known) => known)
type Asked = { readonly verb: string; readonly body: any }

/** An extender that answers by verb, and remembers what it was asked. */
async function extenderThat(answers: Readonly<Record<string, (body: any) => unknown>>) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const verb = request.url!.split('/').at(-1)!
    const body = JSON.parse(Buffer.concat(chunks).toString())
    asked.push({ verb, body })
    const answer = await answers[verb]?.(body)
    response.writeHead(answer === undefined ? 500 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    asked,
    urlPrefix: `http://127.0.0.1:${(server.address() as AddressInfo).port}/scheduler`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
const namesOf = (body: any): string[] => body.NodeNames ?? body.Nodes.items.map((one: any) => one.metadata.name)

test('extenders filter, score and bind, and say in their own words why a node is not taken', async () => {
  await using outside = await extenderThat({
    filter: (body) => ({
      // As others write it: members in lower case.
      nodenames: namesOf(body).filter((name) => name !== 'node-1' && body.Pod.metadata.name !== 'nowhere'),
      failedNodes: Object.fromEntries(
        (body.Pod.metadata.name === 'nowhere' ? namesOf(body) : ['node-1']).map((name) => [name, 'not licensed']),
      ),
    }),
    prioritize: (body) => namesOf(body).map((Host) => ({ Host, Score: Host === 'node-3' ? 10 : 0 })),
  })
  await using cluster = await startCluster({
    nodes: 3,
    scheduler: {
      extenders: [
        {
          urlPrefix: outside.urlPrefix,
          filterVerb: 'filter',
          prioritizeVerb: 'prioritize',
          weight: 100,
          nodeCacheCapable: true,
        },
        { urlPrefix: outside.urlPrefix, filterVerb: 'broken', ignorable: true },
      ],
    },
  })
  const { client } = cluster
  // A node takes nothing before it is known to be ready.
  await so(async () => (await client.list<Node>(nodes)).items.every(({ spec }) => (spec.taints ?? []).length === 0))
  await client.create(pods, podThat('a'))
  await client.create(pods, podThat('nowhere'))
  const read = (name: string) => client.get(pods, { namespace: 'default', name })
  await so(async () => (await read('a')).spec?.nodeName === 'node-3')
  const refused = () =>
    read('nowhere').then(({ status }) => status?.conditions?.find((one) => one.type === 'PodScheduled'))
  await so(async () => (await refused())?.reason === 'Unschedulable')
  assert.match((await refused())!.message!, /^0\/3 nodes are available: 3 not licensed\. /)
  assert.ok(outside.asked.some(({ verb, body }) => verb === 'filter' && body.Pod.metadata.name === 'a'))
})

test('an extender that fails keeps the pod waiting, and its error is told; one that is not concerned is not asked', async () => {
  await using outside = await extenderThat({ bind: () => ({ Error: 'not today' }) })
  await using cluster = await startCluster({
    nodes: 1,
    scheduler: {
      extenders: [
        {
          urlPrefix: outside.urlPrefix,
          filterVerb: 'filter',
          bindVerb: 'bind',
          managedResources: [{ name: 'licence.io/seat', ignoredByScheduler: true }],
        },
      ],
    },
  })
  const { client } = cluster
  await client.create(pods, podThat('plain'))
  const seat = { 'licence.io/seat': '1' }
  await client.create(
    pods,
    podThat('seated', { containers: [{ name: 'c', image: 'app', resources: { requests: seat, limits: seat } }] }),
  )
  const read = (name: string) => client.get(pods, { namespace: 'default', name })
  await so(async () => (await read('plain')).spec?.nodeName === 'node-1')
  const condition = async () => (await read('seated')).status?.conditions?.find((one) => one.type === 'PodScheduled')
  await so(async () => (await condition())?.reason === 'SchedulerError')
  assert.equal((await condition())!.message, `failed filter with extender at URL ${outside.urlPrefix}/filter, code 500`)
  assert.ok(outside.asked.every(({ body }) => body.Pod.metadata.name === 'seated'))
})

test('an extender may bind, and has a say in who is evicted', async () => {
  let bound: ((name: string, node: string) => Promise<void>) | undefined
  await using outside = await extenderThat({
    bind: async ({ PodName, Node }) => {
      await bound!(PodName, Node)
      return {}
    },
    preempt: ({ NodeNameToMetaVictims }) => ({ NodeNameToMetaVictims: { 'node-2': NodeNameToMetaVictims['node-2'] } }),
  })
  await using cluster = await startCluster({
    nodes: [1, 2].map((at) => ({ name: `node-${at}`, cpus: 1 })),
    scheduler: {
      extenders: [{ urlPrefix: outside.urlPrefix, bindVerb: 'bind', preemptVerb: 'preempt', nodeCacheCapable: true }],
    },
  })
  const { client } = cluster
  bound = async (name, node) => {
    await client.post(pods, { namespace: 'default', name }, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace: 'default' },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    })
  }
  const asking = (name: string, more: object = {}) =>
    podThat(name, { containers: [{ name: 'c', image: 'app', resources: { requests: { cpu: '1' } } }], ...more })
  await client.create(pods, asking('low-1'))
  await client.create(pods, asking('low-2'))
  await so(async () => (await client.list(pods)).items.every(({ spec }) => (spec?.nodeName ?? '') !== ''))
  assert.equal(outside.asked.filter(({ verb }) => verb === 'bind').length, 2)
  await client.create(pods, asking('urgent', { priorityClassName: 'system-cluster-critical' }))
  await so(async () => {
    const urgent = await client.get(pods, { namespace: 'default', name: 'urgent' })
    return (urgent.spec?.nodeName ?? '') === 'node-2'
  })
})

test('several profiles place pods at once, each in its way; a pod that names none of them is left alone', async () => {
  await using cluster = await startCluster({
    nodes: [1, 2].map((at) => ({ name: `node-${at}`, cpus: 10 })),
    scheduler: {
      profiles: [
        { schedulerName: 'default-scheduler' },
        {
          schedulerName: 'packer',
          plugins: {
            score: { disabled: [{ name: 'PodTopologySpread' }, { name: 'NodeResourcesBalancedAllocation' }] },
          },
          pluginConfig: [
            {
              name: 'NodeResourcesFit',
              args: { scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu' }] } },
            },
          ],
        },
      ],
    },
  })
  const { client } = cluster
  const asking = (name: string, schedulerName: string) =>
    podThat(name, {
      schedulerName,
      containers: [{ name: 'c', image: 'app', resources: { requests: { cpu: '2', memory: '2Gi' } } }],
    })
  const nodeOf = async (name: string, schedulerName: string) => {
    await client.create(pods, asking(name, schedulerName))
    let node = ''
    await so(async () => {
      node = (await client.get(pods, { namespace: 'default', name })).spec?.nodeName ?? ''
      return node !== ''
    })
    return node
  }
  await client.create(pods, asking('alone', 'nobody'))
  const first = await nodeOf('first', 'default-scheduler')
  assert.deepEqual([await nodeOf('packed-1', 'packer'), await nodeOf('packed-2', 'packer')], [first, first])
  assert.notEqual(await nodeOf('spread', 'default-scheduler'), first)
  assert.equal((await client.get(pods, { namespace: 'default', name: 'alone' })).spec?.nodeName, undefined)
})
