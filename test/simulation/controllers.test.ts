import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { conditionOf, isActive, isReady } from '../../src/machinery/index.ts'
import {
  clusterRoles,
  configMaps,
  controllerRevisions,
  cronJobs,
  daemonSets,
  deployments,
  endpointSlices,
  endpoints,
  events,
  jobs,
  namespaces,
  nodes,
  type Pod,
  podDisruptionBudgets,
  pods,
  replicaSets,
  replicationControllers,
  serviceAccounts,
  services,
  statefulSets,
} from '../../src/resources/index.ts'
import { createWorld, type World } from './world.ts'

let world: World
before(async () => {
  world = await createWorld(1, 4, () => ({
    failing: 0,
    latencyMsMax: 0,
    watchLagMsMax: 0,
    breaking: 0,
    until: () => false,
  }))
  const kinds = [
    clusterRoles,
    configMaps,
    controllerRevisions,
    cronJobs,
    cronJobs,
    daemonSets,
    deployments,
    endpointSlices,
    endpoints,
    events,
    jobs,
    namespaces,
    nodes,
    podDisruptionBudgets,
    pods,
    replicaSets,
    replicationControllers,
    serviceAccounts,
    services,
    statefulSets,
  ]
  for (const kind of kinds) world.informers.of<any>(kind)
  world.start('controllers')
  world.start('scheduler')
  await until(() => world.informers.of(serviceAccounts).list('default').length > 0, 'the default service account')
})
after(() => world.stop())

async function until(done: () => boolean, what: string, seconds = 120): Promise<void> {
  await world.run(seconds * 1000, () => {}, done)
  assert.ok(done(), `within ${seconds} s: ${what}`)
}
/** Lets everything that is under way come to rest. */
const rest = (seconds = 5) => world.run(seconds * 1000, () => {})
const at = (name: string, namespace = 'default') => ({ namespace, name })
const podsOf = (app: string, namespace = 'default') =>
  world.informers
    .of(pods)
    .list(namespace)
    .filter(({ metadata }) => metadata.labels?.app === app)
const imagesOf = (app: string) =>
  podsOf(app)
    .filter(isActive)
    .map(({ spec }) => spec.containers[0]?.image)
    .toSorted()
const template = (app: string, image = 'v1', annotations: Record<string, string> = {}) => ({
  metadata: { labels: { app }, annotations },
  spec: { containers: [{ name: 'main', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
})
const workload = (app: string, replicas: number, more: object = {}) => ({
  replicas,
  selector: { matchLabels: { app } },
  template: template(app),
  ...more,
})
const named = (app: string) => ({ metadata: at(app) })
const isUp = (app: string, count: number) =>
  podsOf(app).filter(isReady).length === count && podsOf(app).length === count
const eventsOf = (name: string) =>
  world.informers
    .of(events)
    .list('default')
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`)
const setImage = (resource: any, app: string, image: string) =>
  world.client.patch(resource, at(app), {
    type: 'strategic',
    body: { spec: { template: { spec: { containers: [{ name: 'main', image }] } } } },
  })

async function createDeployment(app: string, replicas: number, more: object = {}): Promise<void> {
  await world.client.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    ...named(app),
    spec: workload(app, replicas, more),
  } as any)
  await until(() => isUp(app, replicas), `${replicas} pods of ${app}`)
}

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

test('a service has its pods in Endpoints and slices, and takes them along when it goes', async () => {
  await createDeployment('served', 3)
  await world.client.create(services, {
    apiVersion: 'v1',
    kind: 'Service',
    ...named('served'),
    spec: { selector: { app: 'served' }, ports: [{ port: 80, targetPort: 'http' }] },
  } as any)
  const slices = () =>
    world.informers
      .of(endpointSlices)
      .list('default')
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'served')
  const ready = () =>
    slices()
      .flatMap(({ endpoints: list }) => list ?? [])
      .filter(({ conditions }) => conditions?.ready === true)
  await until(() => ready().length === 3, 'three endpoints')
  assert.deepEqual(
    ready()
      .flatMap(({ addresses }) => addresses)
      .toSorted(),
    podsOf('served')
      .map(({ status }) => status.podIP)
      .toSorted(),
  )
  assert.deepEqual(slices()[0]?.ports, [{ name: '', protocol: 'TCP', port: 8080 }])
  const subset = world.informers.of(endpoints).get(at('served'))?.subsets?.[0]
  assert.deepEqual([subset?.addresses?.length, subset?.ports], [3, [{ port: 8080, protocol: 'TCP' }]])
  await world.client.delete(services, at('served'))
  await until(
    () => slices().length === 0 && world.informers.of(endpoints).get(at('served')) === undefined,
    'nothing left of the service',
  )
})

test('a namespace begins with what it needs and ends empty', async () => {
  await world.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as any)
  const has = () => [
    world.informers.of(serviceAccounts).get(at('default', 'shop')),
    world.informers.of(configMaps).get(at('kube-root-ca.crt', 'shop'))?.data?.['ca.crt'],
  ]
  await until(() => has().every((one) => one !== undefined), 'service account and authority')
  assert.equal(has()[1], 'simulated')
  await world.client.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: at('web', 'shop'),
    spec: workload('web', 3),
  } as any)
  await until(() => podsOf('web', 'shop').filter(isReady).length === 3, 'pods')
  await world.client.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...at('kept', 'shop'), finalizers: ['example.com/keep'] },
  } as any)
  await world.client.delete(namespaces, { name: 'shop' })
  const said = () =>
    world.informers
      .of(namespaces)
      .get({ name: 'shop' })
      ?.status.conditions?.find(({ type, status }) => type === 'NamespaceFinalizersRemaining' && status === 'True')
  await until(() => said() !== undefined && podsOf('web', 'shop').length === 0, 'what keeps it')
  assert.equal(
    said()?.message,
    'Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances',
  )
  await world.client.patch(configMaps, at('kept', 'shop'), { type: 'merge', body: { metadata: { finalizers: [] } } })
  await until(() => world.informers.of(namespaces).get({ name: 'shop' }) === undefined, 'the namespace gone')
})

test('a statefulset grows, updates and shrinks in order', async () => {
  await world.client.create(statefulSets, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    ...named('db'),
    spec: workload('db', 3, {
      serviceName: 'db',
      template: template('db', 'v1', { 'simulated.coxswain.io/ready-delay': '2s' }),
    }),
  } as any)
  await until(() => isUp('db', 3), 'three pods')
  const born = podsOf('db').toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))
  assert.deepEqual(
    born.map(({ metadata, spec }) => [metadata.name, spec.hostname, spec.subdomain]),
    ['db-0', 'db-1', 'db-2'].map((name) => [name, name, 'db']),
  )
  const order: string[] = []
  using _ = world.informers.of(pods).subscribe((next, previous) => {
    if (next === undefined && previous?.metadata.labels?.app === 'db') order.push(previous.metadata.name)
  })
  await setImage(statefulSets, 'db', 'v2')
  await until(() => imagesOf('db').join() === 'v2,v2,v2' && isUp('db', 3), 'the new version')
  await rest()
  const status = world.informers.of(statefulSets).get(at('db'))!.status
  assert.deepEqual(
    [order, status.currentRevision === status.updateRevision, status.currentReplicas, status.availableReplicas],
    [['db-2', 'db-1', 'db-0'], true, 3, 3],
  )
  assert.deepEqual(
    world.informers
      .of(controllerRevisions)
      .list('default')
      .filter(({ metadata }) => metadata.name.startsWith('db-'))
      .map(({ revision }) => revision)
      .toSorted(),
    [1, 2],
  )
  await world.client.patch(statefulSets, at('db'), { type: 'merge', body: { spec: { replicas: 1 } } })
  await until(() => podsOf('db').length === 1, 'one pod')
  assert.deepEqual(order.slice(3), ['db-2', 'db-1'])
})

test('a daemonset has one pod on every node, and replaces them one by one', async () => {
  await world.client.create(daemonSets, {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    ...named('agent'),
    spec: { selector: { matchLabels: { app: 'agent' } }, template: template('agent') },
  } as any)
  await until(() => isUp('agent', 4), 'four daemons')
  assert.deepEqual(
    podsOf('agent')
      .map(({ spec }) => spec.nodeName)
      .toSorted(),
    ['node-0', 'node-1', 'node-2', 'node-3'],
  )
  let fewest = 4
  await setImage(daemonSets, 'agent', 'v2')
  await world.run(
    120_000,
    () => {
      fewest = Math.min(fewest, podsOf('agent').filter((pod) => isReady(pod) && isActive(pod)).length)
    },
    () => imagesOf('agent').join() === 'v2,v2,v2,v2' && isUp('agent', 4),
  )
  await rest()
  const { numberAvailable, updatedNumberScheduled, desiredNumberScheduled } = world.informers
    .of(daemonSets)
    .get(at('agent'))!.status
  assert.deepEqual(
    [fewest, imagesOf('agent'), numberAvailable, updatedNumberScheduled, desiredNumberScheduled],
    [3, ['v2', 'v2', 'v2', 'v2'], 4, 4, 4],
  )
  await world.client.delete(daemonSets, at('agent'))
  await until(() => podsOf('agent').length === 0, 'no daemons')
})

test('jobs complete, fail, and go when their time is over', async () => {
  const job = (name: string, spec: object, annotations: Record<string, string> = {}) => {
    const one = template(name, 'v1', { 'simulated.coxswain.io/exit-after': '1s', ...annotations })
    return world.client.create(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      ...named(name),
      spec: { ...spec, template: { ...one, spec: { ...one.spec, restartPolicy: 'Never' } } },
    } as any)
  }
  await job('five', { completions: 5, parallelism: 2 })
  await job('indexed', { completions: 3, parallelism: 3, completionMode: 'Indexed' })
  await job('bad', { backoffLimit: 1 }, { 'simulated.coxswain.io/exit-code': '1' })
  const status = (name: string) => world.informers.of(jobs).get(at(name))?.status
  const ended = (name: string, type: string) =>
    status(name)?.conditions?.find((one) => one.type === type && one.status === 'True')
  await until(
    () => ['five', 'indexed'].every((name) => ended(name, 'Complete')) && ended('bad', 'Failed') !== undefined,
    'all jobs ended',
  )
  assert.deepEqual(
    [
      status('five')?.succeeded,
      status('indexed')?.completedIndexes,
      status('bad')?.failed,
      ended('bad', 'Failed')?.reason,
    ],
    [5, '0-2', 2, 'BackoffLimitExceeded'],
  )
  assert.deepEqual(
    podsOf('indexed')
      .map(({ spec }) => spec.hostname)
      .toSorted(),
    ['indexed-0', 'indexed-1', 'indexed-2'],
  )
  assert.ok(podsOf('five').every(({ metadata }) => metadata.finalizers === undefined))
  await job('brief', { ttlSecondsAfterFinished: 10 })
  await until(() => ended('brief', 'Complete') !== undefined, 'the brief job done')
  await until(() => status('brief') === undefined && podsOf('brief').length === 0, 'the brief job gone')
  assert.ok(eventsOf('five').includes('Completed: Job completed'))
})

test('a cron job whose time never comes says so', async () => {
  await world.client.create(cronJobs, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    ...named('never'),
    spec: {
      schedule: '59 23 31 2 *',
      jobTemplate: {
        spec: { template: { spec: { containers: [{ name: 'a', image: 'b' }], restartPolicy: 'Never' } } },
      },
    },
  } as any)
  const told =
    'InvalidSchedule: invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second'
  await until(() => eventsOf('never').includes(told), 'an event')
})

test('a cron job runs each minute, and keeps as many jobs as it should', async () => {
  const one = template('tick', 'v1', { 'simulated.coxswain.io/exit-after': '1s' })
  const jobTemplate = { spec: { template: { ...one, spec: { ...one.spec, restartPolicy: 'OnFailure' } } } }
  const spec = { schedule: '* * * * *', successfulJobsHistoryLimit: 2, jobTemplate }
  await world.client.create(cronJobs, { apiVersion: 'batch/v1', kind: 'CronJob', ...named('tick'), spec } as any)
  const made = () => eventsOf('tick').filter((text) => text.startsWith('SuccessfulCreate')).length
  await until(() => made() === 4, 'four jobs', 300)
  await rest()
  const status = world.informers.of(cronJobs).get(at('tick'))?.status
  const left = world.informers
    .of(jobs)
    .list('default')
    .filter(({ metadata }) => metadata.name.startsWith('tick-'))
  assert.deepEqual([left.length, status?.active, status?.lastSuccessfulTime !== undefined], [2, undefined, true])
  await world.client.delete(cronJobs, at('tick'))
  await until(() => podsOf('tick').length === 0, 'nothing left of it')
})

test('hand-made endpoints are shown as a slice, changed and removed with them', async () => {
  await world.client.create(services, {
    apiVersion: 'v1',
    kind: 'Service',
    ...named('outside'),
    spec: { ports: [{ port: 80 }] },
  } as any)
  const subsets = (ip: string) => [{ addresses: [{ ip }], ports: [{ port: 8080 }] }]
  await world.client.create(endpoints, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    ...named('outside'),
    subsets: subsets('192.0.2.7'),
  } as any)
  const slices = () =>
    world.informers
      .of(endpointSlices)
      .list('default')
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'outside')
  const shown = () =>
    slices().map(({ endpoints: list, ports, metadata }) => [
      list?.map(({ addresses }) => addresses[0]).join(),
      ports?.[0]?.port,
      metadata.labels?.['endpointslice.kubernetes.io/managed-by'],
    ])
  const mirrored = (ip: string) => [[ip, 8080, 'endpointslicemirroring-controller.k8s.io']]
  await rest()
  assert.deepEqual(shown(), mirrored('192.0.2.7'))
  await world.client.patch(endpoints, at('outside'), { type: 'merge', body: { subsets: subsets('192.0.2.8') } })
  await rest()
  assert.deepEqual(shown(), mirrored('192.0.2.8'))
  await world.client.delete(endpoints, at('outside'))
  await rest()
  assert.deepEqual(shown(), [])
})

test('a budget allows as many evictions as its pods can bear', async () => {
  await world.client.create(replicationControllers, {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    ...named('guarded'),
    spec: { replicas: 3, template: template('guarded') },
  } as any)
  await world.client.create(podDisruptionBudgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    ...named('guarded'),
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'guarded' } } },
  } as any)
  const allowed = () => world.informers.of(podDisruptionBudgets).get(at('guarded'))?.status.disruptionsAllowed
  await until(() => isUp('guarded', 3) && allowed() === 1, 'one disruption allowed')
  const evict = (name: string) =>
    world.client.post(pods, at(name), 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: at(name) })
  const [first, second] = podsOf('guarded').map(({ metadata }) => metadata.name) as [string, string]
  await evict(first)
  await assert.rejects(evict(second), /would violate the pod's disruption budget/)
  await until(() => isUp('guarded', 3) && allowed() === 1, 'allowed again')
})

test('roles that are put together have the rules of their parts', () => {
  assert.ok((world.informers.of(clusterRoles).get({ name: 'admin' })?.rules ?? []).length > 10)
})

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
