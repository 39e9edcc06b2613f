import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf, isActive, isReady } from '../../src/machinery/index.ts'
import { nodes, pods } from '../../src/resources/index.ts'
import { at, quietWorld } from './quiet-world.ts'

const { world, until, rest, podsOf, isUp, createDeployment } = await quietWorld()

test('a node without power is closed, its pods move after the time they tolerate, and it comes back', async () => {
  await createDeployment('moving', 6)
  const victim = podsOf('moving')[0]!.spec.nodeName!
  world.nodes.stop(victim)
  const node = () => world.informers.of(nodes).get({ name: victim })
  await until(() => conditionOf(node()!, 'Ready')?.status === 'Unknown', 'the silence noticed', 90)
  await rest(1)
  assert.deepEqual(
    node()?.spec.taints?.map(({ key, effect }) => `${key}:${effect}`),
    ['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'],
  )
  assert.ok(world.metrics.text().includes('node_collector_evictions_total{zone=""} 1\n'))
  const well = () =>
    podsOf('moving').filter((pod) => isActive(pod) && isReady(pod) && pod.spec.nodeName !== victim).length
  await until(() => well() === 6, 'six pods elsewhere', 400)
  const left = podsOf('moving').filter(({ spec }) => spec.nodeName === victim)
  assert.ok(
    left.length > 0 && left.every((pod) => conditionOf(pod, 'DisruptionTarget')?.reason === 'DeletionByTaintManager'),
  )
  world.nodes.start(victim)
  await until(
    () => (node()?.spec.taints ?? []).length === 0 && podsOf('moving').length === 6,
    'the node back and cleared',
  )
})

test('a node that was taken for lost and is not says again that its pods are ready', async () => {
  await createDeployment('unheard', 2)
  const victim = podsOf('unheard')[0]!.spec.nodeName!
  world.cutOff(victim, true)
  await until(() => !podsOf('unheard').every(isReady), 'the silence noticed', 90)
  world.cutOff(victim, false)
  await until(() => podsOf('unheard').length === 2 && podsOf('unheard').every(isReady), 'all of them ready')
})

test('a pod that ended before its node lost power, unheard, is known to have ended when the power is back', async () => {
  const annotations = { 'simulated.coxswain.io/exit-after': '2s' }
  const spec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'v1' }] }
  await world.client.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...at('brief'), annotations },
    spec,
  } as never)
  const seen = () => world.informers.of(pods).get(at('brief'))
  await until(() => seen()?.status?.phase === 'Running', 'a pod that runs')
  const pod = () => seen()!
  const victim = pod().spec.nodeName!
  world.cutOff(victim, true)
  await rest(3)
  assert.equal(pod().status.phase, 'Running')
  world.nodes.stop(victim)
  world.cutOff(victim, false)
  await rest(3)
  world.nodes.start(victim)
  await until(() => pod().status.phase === 'Succeeded', 'its end known')
})

test('pods of a node that was removed are removed too', async () => {
  await createDeployment('homeless', 4)
  const victim = podsOf('homeless')[0]!.spec.nodeName!
  world.nodes.stop(victim)
  await world.client.delete(nodes, { name: victim })
  await until(
    () => podsOf('homeless').every(({ spec }) => spec.nodeName !== victim) && isUp('homeless', 4),
    'pods elsewhere',
    90,
  )
})
