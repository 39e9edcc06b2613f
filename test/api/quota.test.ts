/** Quotas and limit ranges, with the controller that counts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster, type TestCluster } from '../../src/index.ts'
import { StatusError } from '../../src/machinery/index.ts'
import {
  configMaps,
  deviceClasses,
  limitRanges,
  pods,
  resourceClaims,
  resourceQuotas,
  serviceAccounts,
} from '../../src/resources/index.ts'

const inDefault = (name: string) => ({ name, namespace: 'default' })
const pod = (name: string, resources: object = {}, more: object = {}): any => ({
  metadata: inDefault(name),
  spec: { containers: [{ name: 'c', image: 'x', resources }], ...more },
})

async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error('not so after a while')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
async function limit(cluster: TestCluster, hard: Record<string, string>, more: object = {}): Promise<void> {
  await cluster.client.create(resourceQuotas, { metadata: inDefault('q'), spec: { hard, ...more } } as any)
  await until(async () => Object.keys((await used(cluster)) ?? {}).length === Object.keys(hard).length)
}
/** A cluster without nodes whose default namespace has its service account. */
async function start(): Promise<TestCluster> {
  const cluster = await startCluster({ nodes: 0 })
  const find = () => cluster.client.get(serviceAccounts, inDefault('default'))
  await until(() =>
    find().then(
      () => true,
      () => false,
    ),
  )
  return cluster
}
const used = async ({ client }: TestCluster) => (await client.get(resourceQuotas, inDefault('q'))).status?.used
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'not refused',
    (error: unknown) => (error instanceof StatusError ? `${error.code} ${error.message}` : String(error)),
  )

test('a quota is counted up by what is created, down by what goes, and never exceeded', async () => {
  await using cluster = await start()
  const { client } = cluster
  await limit(cluster, { pods: '2', 'requests.cpu': '1', 'limits.memory': '1Gi', 'count/configmaps': '2' })
  const small = { requests: { cpu: '400m' }, limits: { memory: '256Mi' } }
  assert.equal(
    await refusal(client.create(pods, pod('none'))),
    '403 pods "none" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c',
  )
  await client.create(pods, pod('a', small))
  assert.equal(
    await refusal(client.create(pods, pod('big', { requests: { cpu: '700m' }, limits: { memory: '2Gi' } }))),
    '403 pods "big" is forbidden: exceeded quota: q, requested: limits.memory=2Gi,requests.cpu=700m, used: limits.memory=256Mi,requests.cpu=400m, limited: limits.memory=1Gi,requests.cpu=1',
  )
  await client.create(pods, pod('b', small))
  assert.match(
    await refusal(client.create(pods, pod('c', { requests: { cpu: '1m' }, limits: { memory: '1Mi' } }))),
    /exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2$/,
  )
  // The root CA's map is there already.
  const [one] = await Promise.all([
    client.create(configMaps, { metadata: inDefault('m1'), data: {} } as any),
    undefined,
  ])
  assert.equal(one.metadata.name, 'm1')
  assert.match(
    await refusal(client.create(configMaps, { metadata: inDefault('m2'), data: {} } as any)),
    /exceeded quota: q, requested: count\/configmaps=1/,
  )
  await client.delete(pods, inDefault('a'), { gracePeriodSeconds: 0 })
  await until(async () => (await used(cluster))?.pods === '1')
  assert.deepEqual(await used(cluster), {
    'count/configmaps': '2',
    'limits.memory': '256Mi',
    pods: '1',
    'requests.cpu': '400m',
  })
})

test('what was refused after it was counted is given back', async () => {
  await using cluster = await start()
  const { client } = cluster
  await limit(cluster, { 'count/configmaps': '9' })
  await client.create(configMaps, { metadata: inDefault('m'), data: {} } as any)
  const before = (await used(cluster))?.['count/configmaps']
  assert.match(await refusal(client.create(configMaps, { metadata: inDefault('m'), data: {} } as any)), /409/)
  await until(async () => (await used(cluster))?.['count/configmaps'] === before)
})

test('many at once get no more than there is', async () => {
  await using cluster = await start()
  await limit(cluster, { pods: '5' })
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, index) => refusal(cluster.client.create(pods, pod(`p${index}`)))),
  )
  assert.equal(outcomes.filter((one) => one === 'not refused').length, 5)
})

test('a scoped quota counts only what is in its scope', async () => {
  await using cluster = await start()
  await limit(cluster, { pods: '1' }, { scopes: ['BestEffort'] })
  await cluster.client.create(pods, pod('burstable', { requests: { cpu: '1m' } }))
  await cluster.client.create(pods, pod('one'))
  assert.match(await refusal(cluster.client.create(pods, pod('two'))), /exceeded quota/)
})

test('a limit range fills in what containers leave out, and refuses what is outside its bounds', async () => {
  await using cluster = await start()
  const { client } = cluster
  const item = {
    type: 'Container',
    min: { cpu: '50m' },
    max: { cpu: '500m' },
    default: { cpu: '300m' },
    defaultRequest: { cpu: '100m' },
    maxLimitRequestRatio: { cpu: '4' },
  }
  await client.create(limitRanges, { metadata: inDefault('l'), spec: { limits: [item] } } as any)
  const created = await client.create(pods, pod('a'))
  assert.deepEqual(created.spec?.containers[0]?.resources, { limits: { cpu: '300m' }, requests: { cpu: '100m' } })
  assert.equal(
    created.metadata.annotations?.['kubernetes.io/limit-ranger'],
    'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
  )
  assert.equal(
    await refusal(client.create(pods, pod('b', { requests: { cpu: '10m' }, limits: { cpu: '1' } }))),
    '403 pods "b" is forbidden: [minimum cpu usage per Container is 50m, but request is 10m, maximum cpu usage per Container is 500m, but limit is 1, cpu max limit to request ratio per Container is 4, but provided ratio is 100.000000]',
  )
})

test('a quota of a resource that devices stand for counts pods and claims, and what was claimed for a pod once', async () => {
  await using cluster = await start()
  const { client } = cluster
  const gpu = 'example.com/gpu'
  await client.create(deviceClasses, { metadata: { name: 'gold' }, spec: { extendedResourceName: gpu } } as any)
  const claim = (name: string, count: number, more: object = {}): any => ({
    metadata: { ...inDefault(name), ...more },
    spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gold', count } }] } },
  })
  const gpus = async () => (await used(cluster))?.[`requests.${gpu}`]
  const early = await client.create(resourceClaims, claim('early', 1))
  const implicit = 'requests.deviceclass.resource.kubernetes.io/gold'
  await limit(cluster, { [`requests.${gpu}`]: '4', [implicit]: '8' })
  assert.deepEqual(await used(cluster), { [`requests.${gpu}`]: '1', [implicit]: '1' })
  const asking = await client.create(pods, pod('asking', { requests: { [gpu]: '2' }, limits: { [gpu]: '2' } }))
  await until(async () => (await gpus()) === '3')
  const { name, uid } = asking.metadata
  const madeFor = {
    annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid: uid!, controller: true }],
  }
  await client.create(resourceClaims, claim('of-asking', 2, madeFor))
  assert.deepEqual(await used(cluster), { [`requests.${gpu}`]: '3', [implicit]: '3' })
  assert.match(
    await refusal(client.create(resourceClaims, claim('more', 2))),
    /exceeded quota: q, requested: requests.example.com\/gpu=2, used: requests.example.com\/gpu=3, limited: requests.example.com\/gpu=4/,
  )
  await client.delete(resourceClaims, early.metadata as any)
  await until(async () => (await gpus()) === '2')
})
