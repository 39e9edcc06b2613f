import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { conditionOf, isActive, isNotFound } from '../../src/machinery/index.ts'
import {
  customResourceDefinitions,
  deployments,
  discoveredResource,
  events,
  type HorizontalPodAutoscaler,
  horizontalPodAutoscalers,
  nodeMetrics,
  podMetrics,
  pods,
  serviceAccounts,
} from '../../src/resources/index.ts'
import { createWorld, type World } from './world.ts'

let world: World
before(async () => {
  const faults = { failing: 0, latencyMsMax: 0, watchLagMsMax: 0, breaking: 0, until: () => false }
  world = await createWorld(1, 4, () => faults)
  for (const kind of [deployments, events, horizontalPodAutoscalers, pods, serviceAccounts])
    world.informers.of<any>(kind)
  world.start('controllers')
  world.start('scheduler')
  await until(() => world.informers.of(serviceAccounts).list('default').length > 0, 'the default service account')
})
after(() => world.stop())

async function until(done: () => boolean, what: string, seconds = 120): Promise<void> {
  await world.run(seconds * 1000, () => {}, done)
  assert.ok(done(), `within ${seconds} s: ${what}`)
}
/** What a call comes to while time passes. */
async function answered<T>(call: Promise<T>): Promise<T> {
  let isDone = false
  const end = () => {
    isDone = true
  }
  call.then(end, end)
  await world.run(
    60_000,
    () => {},
    () => isDone,
  )
  return call
}
const at = (name: string) => ({ namespace: 'default', name })
const replicasOf = (name: string) => world.informers.of(deployments).get(at(name))?.spec.replicas
const autoscaler = (name: string) => world.informers.of(horizontalPodAutoscalers).get(at(name))
const messagesOf = (name: string, reason: string) =>
  world.informers
    .of(events)
    .list('default')
    .filter((one) => one.involvedObject.name === name && one.reason === reason)
    .map(({ message }) => message)

async function deploy(name: string, cpu: string, replicas = 1): Promise<void> {
  const labels = { app: name }
  await world.client.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: at(name),
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels,
          annotations: { 'simulated.coxswain.io/cpu-usage': cpu, 'simulated.coxswain.io/memory-usage': '64Mi' },
        },
        spec: { containers: [{ name: 'main', image: 'app', resources: { requests: { cpu: '200m' } } }] },
      },
    },
  } as any)
}
async function scale(name: string, spec: Partial<HorizontalPodAutoscaler['spec']>): Promise<void> {
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name }
  await world.client.create(horizontalPodAutoscalers, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: at(name),
    spec: { scaleTargetRef: target, maxReplicas: 10, ...spec },
  } as any)
}
async function use(name: string, cpu: string): Promise<void> {
  const own = world.informers
    .of(pods)
    .list('default')
    .filter((pod) => pod.metadata.labels?.app === name && isActive(pod))
  const body = { metadata: { annotations: { 'simulated.coxswain.io/cpu-usage': cpu } } }
  for (const { metadata } of own) await world.client.patch(pods, at(metadata.name), { type: 'merge', body })
}

test('what nodes and pods use is told once it has been measured twice', async () => {
  await deploy('idle', '250m', 2)
  await until(
    () =>
      world.informers
        .of(pods)
        .list('default')
        .filter((pod) => pod.status.phase === 'Running').length === 2,
    'two pods',
  )
  await world.run(1_000, () => {})
  const { items } = await answered(world.client.list(podMetrics, { namespace: 'default', labelSelector: 'app=idle' }))
  assert.equal(items.length, 2)
  const [first] = items
  assert.deepEqual(first?.containers, [{ name: 'main', usage: { cpu: '250m', memory: '64Mi' } }])
  assert.equal(first?.window, '2s')
  await world.run(20_000, () => {})
  const one = await answered(world.client.get(podMetrics, at(first!.metadata.name)))
  assert.equal(one.window, '15s')
  const nodes = await answered(world.client.list(nodeMetrics))
  assert.equal(nodes.items.length, 4)
  await assert.rejects(answered(world.client.get(podMetrics, at('nobody'))), isNotFound)
})

test('a busy deployment grows as fast as its policy lets it, and shrinks when a lull has lasted', async () => {
  await deploy('web', '400m')
  await scale('web', {
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
  })
  await until(() => replicasOf('web') === 4, 'four times as many: 200% of what is requested against 50%', 200)
  assert.deepEqual(messagesOf('web', 'SuccessfulRescale'), [
    'New size: 4; reason: cpu resource utilization (percentage of request) above target',
  ])
  await until(() => replicasOf('web') === 10, 'the most there may be', 400)
  await until(() => autoscaler('web')?.status?.currentReplicas === 10, 'that its status says so')
  assert.equal(conditionOf(autoscaler('web')!, 'ScalingLimited')?.reason, 'TooManyReplicas')
  const { status } = autoscaler('web')!
  assert.equal(status?.currentReplicas, 10)
  assert.deepEqual(status?.currentMetrics, [
    { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 200, averageValue: '400m' } } },
  ])
  await use('web', '100m')
  await world.run(240_000, () => {})
  assert.equal(replicasOf('web'), 10)
  await use('web', '20m')
  await until(() => conditionOf(autoscaler('web')!, 'AbleToScale')?.reason === 'ScaleDownStabilized', 'that it waits')
  await until(() => replicasOf('web') === 2, 'a fifth, after five minutes', 400)
})

test('whatever has a scale is scaled by it', async () => {
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const paths = {
    specReplicasPath: '.spec.size',
    statusReplicasPath: '.status.size',
    labelSelectorPath: '.status.selector',
  }
  await world.client.create(customResourceDefinitions, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'fleets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'fleets', singular: 'fleet', kind: 'Fleet', listKind: 'FleetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              ...schema,
              properties: { spec: { ...schema, properties: { size: { type: 'integer' } } } },
            },
          },
          subresources: { scale: paths },
        },
      ],
    },
  } as any)
  const fleets = discoveredResource({
    ...{ group: 'example.com', version: 'v1', kind: 'Fleet', plural: 'fleets', singular: 'fleet' },
    ...{ scope: 'Namespaced', verbs: [], shortNames: [], categories: [] },
  })
  const fleet = {
    apiVersion: 'example.com/v1',
    kind: 'Fleet',
    metadata: at('fleet'),
    spec: { size: 2 },
    status: { size: 2, selector: 'app=idle' },
  }
  let isThere = false
  for (let tries = 0; tries < 50 && !isThere; tries++) {
    await world.run(100, () => {})
    isThere = await world.client.create(fleets, fleet as any).then(
      () => true,
      () => false,
    )
  }
  const perPod = { type: 'AverageValue', averageValue: '100m' }
  const metrics = [{ type: 'Resource', resource: { name: 'cpu', target: perPod } }]
  await scale('fleet', { scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Fleet', name: 'fleet' }, metrics })
  await until(() => messagesOf('fleet', 'SuccessfulRescale').length > 0, 'a change of size', 400)
  assert.deepEqual(messagesOf('fleet', 'SuccessfulRescale')[0], 'New size: 4; reason: cpu resource above target')
  const grown: any = await world.client.get(fleets, at('fleet'))
  assert.ok(grown.spec.size >= 4)
})
