/** The node autoscaler in a whole cluster: groups of simulated nodes that grow and shrink with what the pods need. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type StartClusterOptions, startCluster, type TestCluster } from '../../src/index.ts'
import { isActive, isReady, manualClock, parseYaml, seededRandom } from '../../src/machinery/index.ts'
import {
  configMaps,
  deployments,
  deviceClasses,
  events,
  nodes,
  type Pod,
  podDisruptionBudgets,
  pods,
  resourceClaimTemplates,
  resourceSlices,
} from '../../src/resources/index.ts'
import { openMemoryStore } from '../../src/store/index.ts'
import { drivenBy } from '../fixtures/driven.ts'

const groups = [
  { name: 'small', minSize: 0, maxSize: 4, cpus: 2 },
  { name: 'large', minSize: 0, maxSize: 2, cpus: 16, labels: { disk: 'ssd' } },
]

async function world(options: StartClusterOptions = {}) {
  const clock = manualClock()
  const driven = drivenBy(clock)
  const cluster: TestCluster = await driven.settled(
    startCluster({
      ...{ nodes: [{ name: 'base', cpus: 1 }], nodeGroups: groups, clock, random: seededRandom(11) },
      ...options,
    }),
  )
  const { client } = cluster
  const deploy = (name: string, replicas: number, cpu: string, spec: object = {}, annotations: object = {}) =>
    driven.settled(
      client.create(deployments, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, namespace: 'default' },
        spec: {
          replicas,
          selector: { matchLabels: { app: name } },
          template: {
            metadata: { labels: { app: name }, annotations },
            spec: { containers: [{ name: 'c', image: 'app', resources: { requests: { cpu } } }], ...spec },
          },
        },
      } as never),
    )
  const patch = (name: string, spec: object) =>
    driven.settled(client.patch(deployments, { namespace: 'default', name }, { type: 'merge', body: { spec } }))
  const podsOf = async (name: string): Promise<readonly Pod[]> =>
    (await client.list(pods, { namespace: 'default', labelSelector: `app=${name}` })).items.filter(isActive)
  const running = (name: string, count: number) =>
    driven.until(
      () => podsOf(name),
      (all) => all.length === count && all.every(isReady),
    )
  const nodeNames = async () => (await client.list(nodes)).items.map(({ metadata }) => metadata.name).toSorted()
  const nodeCount = (count: number, seconds = 3600) =>
    driven.until(nodeNames, (names) => names.length === count, seconds)
  const told = (reason: string, about?: string) =>
    driven.settled(
      client
        .list(events, {
          fieldSelector: `reason=${reason}${about === undefined ? '' : `,involvedObject.name=${about}`}`,
        })
        .then(({ items }) => items.map(({ message = '' }) => message)),
    )
  const status = async () => {
    const found = await client.get(configMaps, { namespace: 'kube-system', name: 'cluster-autoscaler-status' })
    return parseYaml(found.data!.status!).value as any
  }
  return {
    ...{ cluster, client, clock, driven, deploy, patch, podsOf, running, nodeNames, nodeCount, told, status },
    [Symbol.asyncDispose]: () => driven.settled(cluster.stop()),
  }
}

test('groups grow for pods that wait, the cheapest that will do, and pods that nothing helps are told why', async () => {
  await using w = await world()
  await w.deploy('web', 3, '900m')
  const placed = await w.running('web', 3)
  assert.deepEqual(new Set(placed.map(({ spec }) => spec.nodeName!.split('-')[0])), new Set(['base', 'small']))
  assert.equal((await w.driven.settled(w.nodeNames())).length, 2)
  const grown = placed.filter(({ spec }) => spec.nodeName !== 'base').map(({ metadata }) => metadata.name)
  for (const name of grown)
    assert.deepEqual(await w.told('TriggeredScaleUp', name), ['pod triggered scale-up: [{small 0->1 (max: 4)}]'])
  assert.deepEqual(await w.told('ScaledUpGroup'), [
    'Scale-up: setting group small size to 1 instead of 0 (max: 4)',
    'Scale-up: group small size set to 1 instead of 0 (max: 4)',
  ])
  await w.deploy('ssd', 1, '1', { nodeSelector: { disk: 'ssd' } })
  await w.running('ssd', 1)
  await w.deploy('huge', 1, '32')
  const [huge] = await w.driven.until(
    () => w.podsOf('huge'),
    (all) => all.length === 1,
  )
  await w.driven.until(
    () =>
      w.client.list(events, { fieldSelector: `reason=NotTriggerScaleUp,involvedObject.name=${huge!.metadata.name}` }),
    ({ items }) => items[0]?.message === "pod didn't trigger scale-up: 2 Insufficient cpu",
  )
  const { nodeGroups, clusterWide } = await w.driven.until(
    w.status,
    (one) => one.nodeGroups[1].cloudProviderTarget !== 0,
  )
  assert.equal(clusterWide.scaleUp.status, 'Needed')
  assert.deepEqual(
    nodeGroups.map(({ name, health }: any) => [
      name,
      health.cloudProviderTarget,
      health.maxSize,
      health.nodeCounts.registered.ready,
    ]),
    [
      ['small', 1, 4, 1],
      ['large', 1, 2, 1],
    ],
  )
})

test('nodes that are not needed go after their time, within budgets, and not below the minimum', async () => {
  await using w = await world({ nodeGroups: [{ name: 'pool', minSize: 1, maxSize: 4, cpus: 2 }], nodes: 0 })
  await w.nodeCount(1)
  await w.deploy('web', 6, '900m')
  await w.running('web', 6)
  assert.equal((await w.driven.settled(w.nodeNames())).length, 3)
  await w.driven.settled(
    w.client.create(podDisruptionBudgets, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web', namespace: 'default' },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
    } as never),
  )
  // Smaller pods: they could all be on one node, but are where the roll-out left them.
  await w.patch('web', {
    template: { spec: { containers: [{ name: 'c', image: 'app', resources: { requests: { cpu: '300m' } } }] } },
  })
  await w.running('web', 6)
  const startedMs = w.clock.now()
  await w.driven.until(w.status, ({ clusterWide }) => clusterWide.scaleDown.status === 'CandidatesPresent', 120)
  let fewest = 6
  await w.driven.until(
    async () => {
      fewest = Math.min(fewest, (await w.podsOf('web')).filter(isReady).length)
      return w.nodeNames()
    },
    (names) => names.length === 1,
    3600,
  )
  assert.ok(w.clock.now() - startedMs >= 10 * 60_000, 'not before ten minutes')
  assert.ok(fewest >= 5, `never more than one pod away, but ${6 - fewest} were`)
  await w.running('web', 6)
  const kept = await w.told('NoScaleDown')
  assert.ok(kept.includes("node isn't removed: min size of node group pool reached"), kept.join('\n'))
  assert.ok((await w.told('ScaleDown')).includes('nodes removed by cluster autoscaler'))
  assert.match(
    (await w.told('ScaleDownCandidate'))[0] ?? '',
    /^node isn't needed: there is a place on other nodes for default\/web-/,
  )
  await w.driven.pass(1200)
  assert.equal((await w.driven.settled(w.nodeNames())).length, 1)
})

test('a pod that is not safe to evict keeps its node, which says so, until it is', async () => {
  await using w = await world({ autoscaler: { scaleDownUnneededMs: 60_000, scaleDownDelayAfterAddMs: 0 } })
  const annotations = { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' }
  await w.deploy('filler', 1, '900m')
  await w.running('filler', 1)
  await w.deploy('keep', 1, '500m', {}, annotations)
  const [pod] = await w.running('keep', 1)
  await w.patch('filler', { replicas: 0 })
  await w.driven.pass(600)
  assert.equal((await w.driven.settled(w.nodeNames())).length, 2)
  assert.deepEqual(
    (await w.told('NoScaleDown', pod!.spec.nodeName)).at(-1),
    `node isn't removed: pod annotated as not safe to evict present: ${pod!.metadata.name}`,
  )
  const body = { metadata: { annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true' } } }
  await w.driven.settled(
    w.client.patch(pods, { namespace: 'default', name: pod!.metadata.name }, { type: 'merge', body }),
  )
  assert.deepEqual(await w.nodeCount(1, 300), ['base'])
  const [moved] = await w.running('keep', 1)
  assert.equal(moved!.spec.nodeName, 'base')
})

test('a node whose pod may not be away stays, and says so', async () => {
  await using w = await world({ autoscaler: { scaleDownUnneededMs: 60_000, scaleDownDelayAfterAddMs: 0 } })
  await w.driven.settled(
    w.client.create(podDisruptionBudgets, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web', namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    } as never),
  )
  await w.deploy('filler', 1, '900m')
  await w.running('filler', 1)
  await w.deploy('web', 1, '500m')
  await w.running('web', 1)
  await w.patch('filler', { replicas: 0 })
  await w.driven.pass(900)
  // Its only pod may not be away: there is a place for it, but no budget.
  assert.equal((await w.driven.settled(w.nodeNames())).length, 2)
  const [small] = (await w.driven.settled(w.nodeNames())).filter((name) => name !== 'base')
  assert.match(
    (await w.told('NoScaleDown', small)).at(-1) ?? '',
    /not enough pod disruption budget to move default\/web-/,
  )
})

test('pods are tried as the profile of their scheduler would place them', async () => {
  const profiles = [{ schedulerName: 'careless', plugins: { filter: { disabled: [{ name: 'NodeAffinity' }] } } }]
  await using w = await world({ scheduler: { profiles: [{ schedulerName: 'default-scheduler' }, ...profiles] } })
  const nodeSelector = { nowhere: 'at-all' }
  await w.deploy('strict', 1, '1500m', { nodeSelector })
  await w.deploy('careless', 1, '1500m', { nodeSelector, schedulerName: 'careless' })
  await w.running('careless', 1)
  const [strict] = await w.driven.settled(w.podsOf('strict'))
  await w.driven.until(
    () =>
      w.client.list(events, { fieldSelector: `involvedObject.name=${strict!.metadata.name},reason=NotTriggerScaleUp` }),
    ({ items }) => /didn't match Pod's node affinity\/selector/.test(items[0]?.message ?? ''),
  )
})

test('a group grows for pods that want devices, as its nodes have them, and not for those that none of them has', async () => {
  const nodeGroups = [
    { name: 'plain', minSize: 0, maxSize: 4, cpus: 2 },
    { name: 'gpu', minSize: 1, maxSize: 3, cpus: 16 },
  ]
  await using w = await world({ nodeGroups })
  const { client, driven } = w
  const driver = 'gpu.example.com'
  const slice = (node: string) =>
    client.create(resourceSlices, {
      metadata: { name: `${node}-gpus` },
      spec: {
        driver,
        nodeName: node,
        pool: { name: node, generation: 1, resourceSliceCount: 1 },
        devices: ['gpu-0', 'gpu-1'].map((name) => ({ name, attributes: { model: { string: 'small' } } })),
      },
    } as never)
  await w.nodeCount(2)
  const [first = ''] = (await w.nodeNames()).filter((name) => name.startsWith('gpu-'))
  await driven.settled(
    client.create(deviceClasses, {
      metadata: { name: 'gpu' },
      spec: { selectors: [{ cel: { expression: `device.driver == "${driver}"` } }] },
    } as never),
  )
  await driven.settled(slice(first))
  for (const model of ['small', 'large']) {
    const selectors = [{ cel: { expression: `device.attributes["${driver}"].model == "${model}"` } }]
    const devices = { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu', selectors } }] }
    await driven.settled(
      client.create(resourceClaimTemplates, {
        metadata: { name: model, namespace: 'default' },
        spec: { spec: { devices } },
      } as never),
    )
  }
  const wanting = (resourceClaimTemplateName: string) => ({
    resourceClaims: [{ name: 'gpu', resourceClaimTemplateName }],
  })
  await w.deploy('train', 3, '100m', wanting('small'))
  await w.nodeCount(3)
  const second = (await w.nodeNames()).find((name) => name.startsWith('gpu-') && name !== first)!
  assert.ok(second !== undefined, 'the group with devices grew')
  // The node is there before its driver is: nothing more grows meanwhile.
  await driven.settled(w.clock.sleep(60_000))
  assert.equal((await w.nodeNames()).length, 3)
  await driven.settled(slice(second))
  await w.running('train', 3)

  await w.deploy('huge', 1, '100m', wanting('large'))
  const [pod] = await driven.until(
    () => w.podsOf('huge'),
    (all) => all.length === 1,
  )
  const said = await driven.until(
    () => w.told('NotTriggerScaleUp', pod!.metadata.name),
    (all) => all.length > 0,
  )
  assert.match(said[0]!, /2 cannot allocate all claims/)
  assert.equal((await w.nodeNames()).length, 3)
})

test('nodes of groups are there again when the cluster starts anew', async () => {
  await using store = openMemoryStore()
  let before: readonly string[] = []
  {
    await using w = await world({ store })
    await w.deploy('web', 3, '900m')
    await w.running('web', 3)
    before = await w.driven.settled(w.nodeNames())
  }
  await using w = await world({ store })
  await w.driven.pass(120)
  assert.deepEqual(await w.driven.settled(w.nodeNames()), before)
  await w.running('web', 3)
})

test('in a cloud a group grows by instances, and a rule that refuses them is told of', async () => {
  await using w = await world({ cloud: true })
  const cloud = w.cluster.cloud!
  const id = 'cox-test-control-plane'
  const { rules } = (await w.driven.settled(cloud.call('ram:ListRoles', {}))).find(({ name }) => name === id)!
  const deny = { name: 'no-more', effect: 'deny' as const, actions: ['ecs:RunInstances'], resources: ['*'] }
  await w.driven.settled(cloud.call('ram:UpdateRole', { id, rules: [...rules, deny] }))
  await w.deploy('web', 2, '900m')
  await w.driven.until(
    () => w.client.list(events, { fieldSelector: 'reason=FailedToScaleUpGroup' }),
    ({ items }) =>
      /^Scale-up failed for group small: role cox-test-control-plane may not ecs:RunInstances on instance\/small-\w+: denied by rule "no-more"/.test(
        items[0]?.message ?? '',
      ),
  )
  assert.equal(
    (
      await w.driven.until(w.status, (one) => one.nodeGroups[0].scaleUp.status === 'Backoff')
    ).nodeGroups[0].scaleUp.backoffInfo.errorMessage.includes('denied by rule'),
    true,
  )
  await w.driven.settled(cloud.call('ram:UpdateRole', { id, rules }))
  await w.running('web', 2)
  const machines = (await w.driven.settled(cloud.call('ecs:DescribeInstances', {}))).map(
    ({ name }) => name.split('-')[0],
  )
  assert.ok(machines.includes('small') || machines.includes('large'), machines.join())
  await w.patch('web', { replicas: 0 })
  await w.nodeCount(1)
  const left = (await w.driven.settled(cloud.call('ecs:DescribeInstances', {}))).map(({ name }) => name)
  assert.deepEqual(left.toSorted(), ['base', 'control-plane'])
})
