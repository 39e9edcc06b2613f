import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf, isActive } from '../../src/machinery/index.ts'
import { deployments, type Pod, pods, replicaSets } from '../../src/resources/index.ts'
import { at, named, quietWorld, template, workload } from './quiet-world.ts'

const { world, until, rest, podsOf, imagesOf, isUp, setImage, createDeployment } = await quietWorld()

test('a deployment rolls, goes back, and keeps one set for each template', async () => {
  await createDeployment('roll', 3)
  await setImage(deployments, 'roll', 'v2')
  await until(() => imagesOf('roll').join() === 'v2,v2,v2' && isUp('roll', 3), 'the new version')
  await setImage(deployments, 'roll', 'v1')
  await until(() => imagesOf('roll').join() === 'v1,v1,v1' && isUp('roll', 3), 'the old version again')
  await rest()
  const sets = world.informers
    .of(replicaSets)
    .list('default')
    .filter(({ metadata }) => metadata.labels?.app === 'roll')
  const revisions = sets.map(({ spec, metadata }) => [
    spec.replicas,
    metadata.annotations?.['deployment.kubernetes.io/revision'],
    metadata.annotations?.['deployment.kubernetes.io/revision-history'],
  ])
  assert.deepEqual(
    revisions.toSorted((a, b) => Number(a[1]) - Number(b[1])),
    [
      [0, '2', undefined],
      [3, '3', '1'],
    ],
  )
  const deployment = world.informers.of(deployments).get(at('roll'))
  assert.equal(deployment?.metadata.annotations?.['deployment.kubernetes.io/revision'], '3')
  assert.equal(conditionOf(deployment!, 'Progressing')?.reason, 'NewReplicaSetAvailable')
})

test('a paused deployment scales, and rolls only once it is resumed', async () => {
  await createDeployment('pause', 2)
  await world.client.patch(deployments, at('pause'), {
    type: 'merge',
    body: { spec: { paused: true, replicas: 4, template: template('pause', 'v2') } },
  })
  await until(() => isUp('pause', 4), 'four pods')
  await rest()
  assert.deepEqual(imagesOf('pause'), ['v1', 'v1', 'v1', 'v1'])
  assert.equal(
    conditionOf(world.informers.of(deployments).get(at('pause'))!, 'Progressing')?.reason,
    'DeploymentPaused',
  )
  await world.client.patch(deployments, at('pause'), { type: 'merge', body: { spec: { paused: false } } })
  await until(() => imagesOf('pause').join() === 'v2,v2,v2,v2' && isUp('pause', 4), 'the new version')
})

test('Recreate lets all old pods go before the first new one comes', async () => {
  await createDeployment('recreate', 3, { strategy: { type: 'Recreate' } })
  let mixed = false
  const look = () => {
    mixed ||= new Set(podsOf('recreate').map(({ spec }) => spec.containers[0]?.image)).size > 1
  }
  await setImage(deployments, 'recreate', 'v2')
  await world.run(60_000, look, () => imagesOf('recreate').join() === 'v2,v2,v2' && isUp('recreate', 3))
  assert.deepEqual([imagesOf('recreate'), mixed], [['v2', 'v2', 'v2'], false])
})

test('a roll-out that cannot work says so after its deadline', async () => {
  const never = { 'simulated.coxswain.io/ready-delay': '10h' }
  await world.client.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    ...named('stuck'),
    spec: workload('stuck', 1, { progressDeadlineSeconds: 30, template: template('stuck', 'v1', never) }),
  } as any)
  const progress = () => conditionOf(world.informers.of(deployments).get(at('stuck')) ?? {}, 'Progressing')
  await until(() => progress()?.status === 'False', 'the deadline')
  assert.equal(progress()?.reason, 'ProgressDeadlineExceeded')
  await world.client.delete(deployments, at('stuck'))
})

test('deleting in the background, in the foreground, and leaving orphans', async () => {
  for (const propagationPolicy of ['Background', 'Foreground'] as const) {
    await createDeployment('gone', 2)
    await world.client.delete(deployments, at('gone'), { propagationPolicy })
    await until(
      () => podsOf('gone').length === 0 && world.informers.of(deployments).get(at('gone')) === undefined,
      propagationPolicy,
    )
    assert.equal(
      world.informers
        .of(replicaSets)
        .list('default')
        .some(({ metadata }) => metadata.labels?.app === 'gone'),
      false,
    )
  }
  await createDeployment('orphan', 2)
  await world.client.delete(deployments, at('orphan'), { propagationPolicy: 'Orphan' })
  await until(() => world.informers.of(deployments).get(at('orphan')) === undefined, 'the owner gone')
  await rest()
  const [set] = world.informers
    .of(replicaSets)
    .list('default')
    .filter(({ metadata }) => metadata.labels?.app === 'orphan')
  assert.deepEqual([set?.metadata.ownerReferences ?? [], podsOf('orphan').length], [[], 2])
})

test('an orphan that fits is adopted, and a pod that no longer fits is released and replaced', async () => {
  await createDeployment('adopt', 2)
  const [first] = podsOf('adopt') as [Pod]
  await world.client.patch(pods, at(first.metadata.name), {
    type: 'merge',
    body: { metadata: { labels: { app: 'freed' } } },
  })
  await until(() => podsOf('freed').length === 1 && isUp('adopt', 2), 'a replacement')
  assert.deepEqual(
    podsOf('freed').map(({ metadata }) => metadata.ownerReferences ?? []),
    [[]],
  )
  await world.client.patch(pods, at(first.metadata.name), {
    type: 'merge',
    body: { metadata: { labels: { app: 'adopt' } } },
  })
  await rest()
  assert.equal(podsOf('adopt').filter(isActive).length, 2)
})
