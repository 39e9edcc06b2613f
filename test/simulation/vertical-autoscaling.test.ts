import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { milliValueOf, parseYamlDocuments } from '../../src/machinery/index.ts'
import {
  customResourceDefinitions,
  deployments,
  events,
  pods,
  type VerticalPodAutoscaler,
  type VerticalPodAutoscalerCheckpoint,
  verticalPodAutoscalerCheckpoints,
  verticalPodAutoscalers,
} from '../../src/resources/index.ts'
import { createWorld, type World } from './world.ts'

let world: World
const manifest = readFileSync(join(import.meta.dirname, '../../docs/vertical-pod-autoscaler.yaml'), 'utf8')
const at = (name: string) => ({ namespace: 'default', name })
const podsOf = (app: string) =>
  world.informers
    .of(pods)
    .list('default')
    .filter(({ metadata }) => metadata.labels?.['app'] === app && metadata.deletionTimestamp === undefined)
const requestsOf = (app: string) => podsOf(app).map(({ spec }) => spec.containers[0]!.resources?.requests)
const vpa = (name: string) =>
  world.informers.of(verticalPodAutoscalers).get(at(name)) as VerticalPodAutoscaler | undefined
const told = (name: string, reason: string) =>
  world.informers
    .of(events)
    .list('default')
    .filter((one) => one.reason === reason && one.involvedObject.name?.startsWith(name) === true)

before(async () => {
  const faults = { failing: 0, latencyMsMax: 0, watchLagMsMax: 0, breaking: 0, until: () => false }
  world = await createWorld(1, 4, () => faults)
  for (const kind of [deployments, events, pods]) world.informers.of<any>(kind)
  for (const { value } of parseYamlDocuments(manifest))
    await world.client.create(customResourceDefinitions, value as never)
  world.start('controllers')
  world.start('scheduler')
  await world.run(5000, () => {})
  for (const kind of [verticalPodAutoscalers, verticalPodAutoscalerCheckpoints]) world.informers.of<any>(kind)
})
after(() => world.stop())

async function until(done: () => boolean, what: string, minutes = 30): Promise<void> {
  await world.run(minutes * 60_000, () => {}, done)
  assert.ok(done(), `within ${minutes} minutes: ${what}`)
}
async function deploy(name: string, updatePolicy: object, more: object = {}): Promise<void> {
  const labels = { app: name }
  const annotations = { 'simulated.coxswain.io/cpu-usage': '500m', 'simulated.coxswain.io/memory-usage': '400Mi' }
  const resources = { requests: { cpu: '100m', memory: '100Mi' }, limits: { cpu: '200m', memory: '100Mi' } }
  await world.client.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: at(name),
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations },
        spec: { containers: [{ name: 'main', image: 'app', resources }] },
      },
    },
  } as never)
  await world.client.create(verticalPodAutoscalers, {
    apiVersion: 'autoscaling.k8s.io/v1',
    kind: 'VerticalPodAutoscaler',
    metadata: at(name),
    spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, updatePolicy, ...more },
  } as never)
}

test('a recommendation follows what was used, and pods that ask for too little are made anew, never too many at once', async () => {
  await deploy('web', {})
  let least = 3
  const all = () => {
    if (podsOf('web').length === 3 || least < 3) least = Math.min(least, podsOf('web').length)
    return requestsOf('web').length === 3 && requestsOf('web').every((one) => milliValueOf(one?.['cpu'] ?? '0') > 500)
  }
  await until(all, 'all pods with what is recommended')
  const { status } = vpa('web')!
  assert.deepEqual(
    status?.conditions?.map(({ type, status: value }) => `${type}=${value}`),
    ['RecommendationProvided=True'],
  )
  const [container] = status!.recommendation!.containerRecommendations!
  // The ninetieth percentile of what was always 500m, to the end of its bucket, and a margin of 15 %.
  const cpu = milliValueOf(container!.target['cpu']!)
  assert.ok(cpu >= 575 && cpu <= 620, container!.target['cpu'])
  assert.ok(milliValueOf(container!.lowerBound!['cpu']!) < cpu && milliValueOf(container!.upperBound!['cpu']!) > cpu)
  const [pod] = podsOf('web')
  assert.match(
    pod!.metadata.annotations?.['vpaUpdates'] ?? '',
    /^Pod resources updated by web: container 0: cpu request, memory request, cpu limit, memory limit$/,
  )
  assert.equal(pod!.metadata.annotations?.['vpaObservedContainers'], 'main')
  const { requests, limits } = pod!.spec.containers[0]!.resources!
  assert.equal(milliValueOf(limits!['cpu']!), 2 * milliValueOf(requests!['cpu']!))
  assert.equal(limits!['memory'], requests!['memory'])
  assert.equal(told('web', 'EvictedByVPA').length, 3)
  assert.ok(least >= 2, `${least} pods at the least`)
})

test('pods are resized where they run, if that is asked for', async () => {
  await deploy('inside', { updateMode: 'InPlaceOrRecreate' })
  await until(() => podsOf('inside').length === 3, 'its pods')
  const before = podsOf('inside').map(({ metadata }) => metadata.uid)
  await until(
    () => requestsOf('inside').every((one) => milliValueOf(one?.['cpu'] ?? '0') > 500),
    'all pods with what is recommended',
  )
  assert.deepEqual(
    podsOf('inside').map(({ metadata }) => metadata.uid),
    before,
  )
  assert.equal(told('inside', 'InPlaceResizedByVPA').length, 3)
})

test('Off only recommends, within what the policy allows, and says what it would have recommended', async () => {
  const containerPolicies = [{ containerName: '*', maxAllowed: { cpu: '300m' }, controlledResources: ['cpu'] }]
  await deploy('quiet', { updateMode: 'Off' }, { resourcePolicy: { containerPolicies } })
  await until(() => vpa('quiet')?.status?.recommendation !== undefined, 'a recommendation')
  await world.run(10 * 60_000, () => {})
  const [container] = vpa('quiet')!.status!.recommendation!.containerRecommendations!
  assert.deepEqual(container!.target, { cpu: '300m' })
  assert.ok(milliValueOf(container!.uncappedTarget!['cpu']!) > 500)
  assert.deepEqual(new Set(requestsOf('quiet').map((one) => one?.['cpu'])), new Set(['100m']))
})

test('who names another recommender is left to it', async () => {
  await deploy('theirs', {}, { recommenders: [{ name: 'somebody' }] })
  await world.run(5 * 60_000, () => {})
  assert.equal(vpa('theirs')?.status, undefined)
})

test('an autoscaler without pods, or of nothing that is there, says so', async () => {
  const create = (name: string, targetRef: object) =>
    world.client.create(verticalPodAutoscalers, {
      apiVersion: 'autoscaling.k8s.io/v1',
      kind: 'VerticalPodAutoscaler',
      metadata: at(name),
      spec: { targetRef },
    } as never)
  await create('lost', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nowhere' })
  await until(() => vpa('lost')?.status?.conditions !== undefined, 'its conditions')
  const [condition] = vpa('lost')!.status!.conditions!
  assert.equal(condition!.type, 'ConfigUnsupported')
  assert.match(condition!.message ?? '', /Deployment default\/nowhere does not exist/)
})

test('what was seen outlives the controllers', async () => {
  await until(
    () => world.informers.of(verticalPodAutoscalerCheckpoints).get(at('web-main')) !== undefined,
    'a checkpoint',
  )
  world.crash('controllers')
  const kept = world.informers
    .of(verticalPodAutoscalerCheckpoints)
    .get(at('web-main')) as VerticalPodAutoscalerCheckpoint
  assert.ok((kept.status?.totalSamplesCount ?? 0) > 10)
  world.start('controllers')
  await world.run(3 * 60_000, () => {})
  const [container] = vpa('web')!.status!.recommendation!.containerRecommendations!
  assert.ok(milliValueOf(container!.target['cpu']!) >= 575)
})
