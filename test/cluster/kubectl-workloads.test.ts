/** What kubectl's own scripts for apps, batch and scale try, told anew: kubectl and the controllers, nothing running. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { isNotFound } from '../../src/machinery/index.ts'
import {
  controllerRevisions,
  cronJobs,
  type DaemonSet,
  type Deployment,
  daemonSets,
  deployments,
  horizontalPodAutoscalers,
  jobs,
  pods,
  replicaSets,
  services,
  statefulSets,
} from '../../src/resources/index.ts'
import { type KubectlCluster, kubectlCluster, noKubectl } from '../fixtures/kubectl-cluster.ts'
import { until } from '../fixtures/until.ts'

let it: KubectlCluster
const { kubectl, given, refused, file } = {
  kubectl: (...words: string[]) => it.kubectl(...words),
  given: (input: string | object, ...words: string[]) => it.given(input, ...words),
  refused: (...words: string[]) => it.refused(...words),
  file: (name: string, content: object) => it.file(name, content),
}
const client = () => it.cluster.client
const image = (version: string) => `registry.example/app:${version}`
const podSpec = (...versions: string[]) => ({
  containers: versions.map((version, at) => ({ name: `c${at}`, image: image(version) })),
})
const workload = (kind: string, name: string, more: object, ...versions: string[]) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, labels: { app: name } },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec(...versions) },
    ...more,
  },
})
const imagesIn = ({ spec }: Deployment | DaemonSet) =>
  spec.template.spec!.containers.map(({ image: one }) => one?.split(':').at(-1))
const managersOf = (object: { readonly metadata: { readonly managedFields?: readonly { manager?: string }[] } }) =>
  object.metadata.managedFields?.map(({ manager }) => manager) ?? []
/** What kubectl logs of its requests is as good as seeing them. */
const asksInParts = (said: string, ...paths: string[]) => {
  for (const path of paths) assert.match(said, new RegExp(`/${path}\\?[^"\\s]*limit=1(?!\\d)`), path)
}

suite('kubectl and workloads', { skip: noKubectl }, () => {
  before(async () => {
    it = await kubectlCluster()
  })
  after(() => it[Symbol.asyncDispose]())

  test('each change of a DaemonSet by kubectl set and rollout restart is a generation', async () => {
    await it.enter('daemons')
    const at = { namespace: 'daemons', name: 'bind' }
    const generation = async () => (await client().get(daemonSets, at)).metadata.generation
    const manifest = file('bind.json', workload('DaemonSet', 'bind', {}, '1'))
    await kubectl('apply', '-f', manifest)
    await kubectl('apply', '-f', manifest)
    assert.equal(await generation(), 1)
    await kubectl('set', 'image', 'daemonsets/bind', `*=${image('2')}`)
    await kubectl('set', 'env', 'daemonsets/bind', 'foo=bar')
    await kubectl('set', 'resources', 'daemonsets/bind', '--limits=cpu=200m,memory=512Mi')
    assert.equal(await generation(), 4)
    assert.ok(managersOf(await client().get(daemonSets, at)).includes('kubectl-set'))
    await kubectl('rollout', 'restart', 'daemonset/bind')
    assert.equal(await generation(), 5)
    asksInParts(await kubectl('describe', 'daemonsets', '--chunk-size=1', '-v=6'), 'daemonsets', 'pods', 'events')
    await kubectl('delete', '-f', manifest)
  })

  test('the history of a DaemonSet says why it changed, and it goes back to any of its revisions', async () => {
    await history('DaemonSet', 'daemonset', 'daemon-history')
  })

  test('the history of a StatefulSet says why it changed, and it goes back to any of its revisions', async () => {
    await history('StatefulSet', 'statefulset', 'set-history')
  })

  async function history(kind: string, resource: string, namespace: string): Promise<void> {
    await it.enter(namespace)
    const more = { ...(kind === 'StatefulSet' ? { serviceName: 'db', replicas: 0 } : {}) }
    const set = () =>
      client().get((kind === 'DaemonSet' ? daemonSets : statefulSets) as typeof daemonSets, {
        namespace,
        name: 'db',
      })
    const first = file(`${kind}-1.json`, workload(kind, 'db', more, '1'))
    const second = file(`${kind}-2.json`, workload(kind, 'db', more, '2', '3'))
    const revisions = (count: number) =>
      until(
        async () => (await client().list(controllerRevisions, { namespace })).items,
        (items) => items.length === count,
      )
    await kubectl('apply', '-f', first, '--record')
    await revisions(1)
    await kubectl('rollout', 'undo', resource, 'db', '--to-revision=1')
    assert.deepEqual(imagesIn(await set()), ['1'])
    await kubectl('apply', '-f', second, '--record')
    await revisions(2)
    assert.match(
      await kubectl('rollout', 'history', resource),
      new RegExp(
        `${resource}.apps/db \\nREVISION +CHANGE-CAUSE\\n1 +kubectl apply.*${kind}-1.json --record.*\\n2 +kubectl apply.*${kind}-2.json --record`,
      ),
    )
    const told = await kubectl('rollout', 'history', resource, '--revision=2')
    assert.match(told, /with revision #2\nPod Template:[\s\S]*app:2[\s\S]*app:3/)
    await kubectl('rollout', 'undo', resource, 'db', '--dry-run=client')
    await kubectl('rollout', 'undo', resource, 'db', '--dry-run=server')
    assert.deepEqual(imagesIn(await set()), ['2', '3'])
    await kubectl('rollout', 'undo', resource, 'db', '--to-revision=1')
    assert.deepEqual(imagesIn(await set()), ['1'])
    await until(
      async () =>
        (await client().list(controllerRevisions, { namespace })).items.map(({ revision }) => revision).sort(),
      (numbers) => numbers.join() === '2,3',
    )
    assert.match(await kubectl('rollout', 'history', resource), /\n2 +kubectl apply.*\n3 +kubectl apply/)
    assert.match(
      await refused('rollout', 'undo', resource, 'db', '--to-revision=1000000'),
      /unable to find specified revision/,
    )
    await kubectl('rollout', 'undo', resource, 'db')
    assert.deepEqual(imagesIn(await set()), ['2', '3'])
    await kubectl('delete', resource, 'db')
  }

  test('apply clears what is null in the manifest, and with --force puts back what it could not replace', async () => {
    await it.enter('applied')
    const at = { namespace: 'applied', name: 'web' }
    const base = workload('Deployment', 'web', { replicas: 0 }, '1')
    await given(base, 'apply', '-f', '-')
    await given({ ...base, metadata: { name: 'web', labels: null } }, 'apply', '-f', '-')
    assert.equal((await client().get(deployments, at)).metadata.labels, undefined)
    const other = (labels: object, selector = labels) => ({
      ...base,
      metadata: { ...base.metadata, resourceVersion: '99' },
      spec: {
        ...base.spec,
        selector: { matchLabels: selector },
        template: { ...base.spec.template, metadata: { labels } },
      },
    })
    // What replaces it is refused: the old one is put back.
    const invalid = file('invalid.json', other({ app: 'web3' }, { app: 'nobody' }))
    assert.match(await refused('apply', '-f', invalid, '--force'), /Invalid value/)
    assert.equal((await client().get(deployments, at)).spec.template.metadata!.labels!['app'], 'web')
  })

  test('a Deployment takes its sets along, or leaves them behind as told', async () => {
    await it.enter('cascade')
    const sets = async () => (await client().list(replicaSets, { namespace: 'cascade' })).items
    for (const mode of ['--dry-run=client', '--dry-run=server'])
      await kubectl('create', 'deployment', 'web', `--image=${image('1')}`, mode, '--', '/bin/sleep', 'infinity')
    assert.deepEqual((await client().list(deployments, { namespace: 'cascade' })).items, [])
    await kubectl('create', 'deployment', 'web', `--image=${image('1')}`, '--', '/bin/sleep', 'infinity')
    const made = await client().get(deployments, { namespace: 'cascade', name: 'web' })
    assert.deepEqual(made.spec.template.spec!.containers[0]!.command, ['/bin/sleep', 'infinity'])
    assert.equal(made.spec.revisionHistoryLimit, 10)
    await until(sets, ({ length }) => length === 1)
    assert.match(await kubectl('describe', 'rs'), /Controlled By: +Deployment\/web[\s\S]*Pods Status:/)
    await kubectl('delete', 'deployment', 'web', '--cascade')
    await until(sets, ({ length }) => length === 0)
    await kubectl('create', 'deployment', 'web', `--image=${image('1')}`)
    await until(sets, ({ length }) => length === 1)
    await kubectl('delete', 'deployment', 'web', '--cascade=orphan')
    assert.equal((await sets()).length, 1)
  })

  test('a Deployment goes back and forth through its revisions, not while it is paused', async () => {
    await it.enter('rollback')
    const web = () => client().get(deployments, { namespace: 'rollback', name: 'web' })
    const revision = (number: number) =>
      until(web, ({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'] === String(number))
    await given(workload('Deployment', 'web', { replicas: 0 }, '1'), 'apply', '-f', '-')
    await revision(1)
    assert.match(await kubectl('rollout', 'undo', 'deployment', 'web', '--to-revision=1'), /skipped rollback/)
    await given(workload('Deployment', 'web', { replicas: 0 }, '2'), 'apply', '-f', '-')
    await revision(2)
    assert.match(await kubectl('rollout', 'undo', 'deployment', 'web', '--dry-run=client'), /app:1/)
    await kubectl('rollout', 'undo', 'deployment', 'web', '--dry-run=server')
    assert.deepEqual(imagesIn(await web()), ['2'])
    await kubectl('rollout', 'undo', 'deployment', 'web', '--to-revision=1')
    assert.deepEqual(imagesIn(await revision(3)), ['1'])
    assert.match(await refused('rollout', 'undo', 'deployment', 'web', '--to-revision=1000000'), /unable to find/)
    await kubectl('rollout', 'undo', 'deployment', 'web')
    assert.deepEqual(imagesIn(await revision(4)), ['2'])
    await kubectl('rollout', 'pause', 'deployment', 'web')
    assert.match(await refused('rollout', 'undo', 'deployment', 'web'), /paused/)
    assert.match(await refused('rollout', 'restart', 'deployment', 'web'), /paused/)
    await kubectl('rollout', 'resume', 'deployment', 'web')
    await kubectl('rollout', 'undo', 'deployment', 'web')
    await revision(5)
    const { items } = await client().list(replicaSets, { namespace: 'rollback' })
    const newest = items.find((one) => one.metadata.annotations?.['deployment.kubernetes.io/revision'] === '5')
    assert.equal(newest?.metadata.annotations?.['deployment.kubernetes.io/revision-history'], '1,3')
    assert.match(await refused('rollout', 'status', 'deployment/web', '--revision=3'), /different from/)
    await kubectl('rollout', 'restart', 'deployment/web')
    await revision(6)
    assert.ok(managersOf(await web()).includes('kubectl-rollout'))
    const told = await kubectl('rollout', 'history', 'deployment', 'web')
    assert.match(told, /deployment.apps\/web \nREVISION +CHANGE-CAUSE\n4 +<none>\n5 +<none>\n6 +<none>/)
    assert.match(
      await kubectl('rollout', 'history', 'deployment', 'web', '--revision=4'),
      /#4\nPod Template:[\s\S]*app:2/,
    )
  })

  test('kubectl set changes images, environment and resources of the containers that are named', async () => {
    await it.enter('set')
    const at = { namespace: 'set', name: 'web' }
    const manifest = file('two.json', workload('Deployment', 'web', { replicas: 0 }, '1', '2'))
    const images = async () => imagesIn(await client().get(deployments, at))
    const first = async () => (await client().get(deployments, at)).spec.template.spec!.containers[0]!
    await kubectl('create', '-f', manifest)
    for (const mode of ['--dry-run=client', '--dry-run=server'])
      await kubectl('set', 'image', 'deployment', 'web', `c0=${image('9')}`, mode)
    assert.deepEqual(await images(), ['1', '2'])
    await kubectl('set', 'image', 'deployments', '--all', `c0=${image('3')}`)
    assert.deepEqual(await images(), ['3', '2'])
    await kubectl('set', 'image', '-f', manifest, `c0=${image('4')}`, '--local', '-o', 'yaml')
    await kubectl('set', 'image', '-f', manifest, `c1=${image('5')}`)
    assert.deepEqual(await images(), ['3', '5'])
    assert.match(await refused('set', 'image', 'deployment', 'web', 'redis=redis'), /unable to find container/)
    await kubectl('set', 'image', 'deployment', 'web', `*=${image('6')}`)
    assert.deepEqual(await images(), ['6', '6'])
    await kubectl('create', 'configmap', 'env', '--from-literal=key-1=a', '--from-literal=key-2=b')
    await kubectl('create', 'secret', 'generic', 'env', '--from-literal=username=admin')
    await kubectl('set', 'env', 'deployment', 'web', '--keys=key-2', '--from=configmap/env')
    assert.deepEqual(
      (await first()).env?.map(({ name }) => name),
      ['KEY_2'],
    )
    await kubectl('set', 'env', 'deployment', 'web', '--from=configmap/env')
    await kubectl('set', 'env', 'deployment', 'web', '--from=secret/env')
    await kubectl('set', 'env', 'deployment', 'web', 'own=1', '-c=c1')
    await kubectl('set', 'env', 'deployment', 'web', 'KEY_1-')
    assert.deepEqual(
      (await first()).env?.map(({ name }) => name),
      ['KEY_2', 'USERNAME'],
    )
    await kubectl('set', 'resources', 'deployment', 'web', '--limits=cpu=100m')
    await kubectl('set', 'resources', 'deployment', 'web', '-c=c0', '--limits=cpu=200m', '--requests=cpu=150m')
    assert.match(await refused('set', 'resources', 'deployment', 'web', '-c=redis', '--limits=cpu=1'), /unable to find/)
    const { containers } = (await client().get(deployments, at)).spec.template.spec!
    assert.deepEqual(
      containers.map(({ resources }) => resources),
      [{ limits: { cpu: '200m' }, requests: { cpu: '150m' } }, { limits: { cpu: '100m' } }],
    )
    await kubectl('set', 'serviceaccount', 'deployment', 'web', 'robot')
    assert.equal((await client().get(deployments, at)).spec.template.spec!.serviceAccountName, 'robot')
  })

  test('whatever scales is scaled: by name, file, selector, all at once, and only from the size that is expected', async () => {
    await it.enter('scale')
    const sizeOf = async (name: string) => (await client().get(deployments, { namespace: 'scale', name })).spec.replicas
    for (const name of ['one', 'two']) await kubectl('create', 'deployment', name, `--image=${image('1')}`)
    await kubectl('label', 'deployment', 'two', 'app=other', '--overwrite')
    await kubectl('scale', 'deploy', 'one', '--replicas=2', '--dry-run=client')
    await kubectl('scale', 'deploy', '--replicas=3', '--all', '--dry-run=server')
    assert.deepEqual([await sizeOf('one'), await sizeOf('two')], [1, 1])
    await kubectl('scale', 'deploy', '--replicas=2', '-l', 'app=other')
    assert.deepEqual([await sizeOf('one'), await sizeOf('two')], [1, 2])
    assert.match(
      await refused('scale', 'deploy/one', '--current-replicas=3', '--replicas=2'),
      /Expected replicas to be 3, was 1/,
    )
    assert.match(await kubectl('scale', 'deploy/one', 'deploy/two', '--replicas=0'), /one scaled[\s\S]*two scaled/)
    const others = [
      [workload('ReplicaSet', 'set', { replicas: 1 }, '1'), 'rs'],
      [workload('StatefulSet', 'db', { serviceName: 'db', replicas: 0 }, '1'), 'statefulset'],
      [
        {
          ...{ apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'old' } },
          spec: { replicas: 1, template: { metadata: { labels: { app: 'old' } }, spec: podSpec('1') } },
        },
        'rc',
      ],
    ] as const
    for (const [object, resource] of others) {
      const manifest = file('scaled.json', object)
      await kubectl('create', '-f', manifest)
      assert.match(await kubectl('scale', '-f', manifest, '--replicas=2'), /scaled/)
      assert.equal(await kubectl('get', '-f', manifest, '-o', 'jsonpath={.spec.replicas}'), '2')
      await kubectl('delete', resource, '--all')
    }
  })

  test('a ReplicaSet leaves its pods when told to, is exposed, and autoscaled between bounds', async () => {
    await it.enter('sets')
    const own = async () => (await client().list(pods, { namespace: 'sets' })).items
    await given(workload('ReplicaSet', 'front', { replicas: 3 }, '1'), 'create', '-f', '-')
    await until(own, ({ length }) => length === 3)
    asksInParts(await kubectl('describe', 'rs', '--chunk-size=1', '-v=6'), 'replicasets', 'pods', 'events')
    assert.doesNotMatch(await kubectl('describe', 'rs', 'front', '--show-events=false'), /Events:/)
    await kubectl('expose', 'rs', 'front', '--port=80')
    const { spec } = await client().get(services, { namespace: 'sets', name: 'front' })
    assert.deepEqual(spec.ports, [{ protocol: 'TCP', port: 80, targetPort: 80 }])
    const at = { namespace: 'sets', name: 'front' }
    await kubectl('autoscale', 'rs', 'front', '--min=2', '--max=3', '--dry-run=server')
    await assert.rejects(client().get(horizontalPodAutoscalers, at), isNotFound)
    await kubectl('autoscale', 'rs', 'front', '--min=2', '--max=3')
    const scaler = await client().get(horizontalPodAutoscalers, at)
    assert.deepEqual([scaler.spec.minReplicas, scaler.spec.maxReplicas], [2, 3])
    assert.ok(managersOf(scaler).includes('kubectl-autoscale'))
    assert.match(await refused('autoscale', 'rs', 'front'), /max/)
    await kubectl('delete', 'hpa', 'front')
    await kubectl('delete', 'rs', 'front', '--cascade=orphan')
    assert.equal((await own()).length, 3)
    assert.ok((await own()).every(({ metadata }) => metadata.deletionTimestamp === undefined))
    await kubectl('delete', 'pods', '-l', 'app=front')
  })

  test('jobs are made from images, commands and cron jobs, and not in a dry run', async () => {
    await it.enter('batch')
    const schedule = ['--schedule=59 23 31 2 *', `--image=${image('1')}`, '--', 'perl', '-wle', 'print bpi(20)']
    for (const mode of ['--dry-run=client', '--dry-run=server'])
      await kubectl('create', 'cronjob', 'pi', mode, ...schedule)
    assert.deepEqual((await client().list(cronJobs, { namespace: 'batch' })).items, [])
    await kubectl('create', 'cronjob', 'pi', ...schedule)
    assert.match(await kubectl('get', 'cronjob/pi'), /pi +59 23 31 2 \* +<none> +False +0 +<none>/)
    assert.match(await kubectl('describe', 'cronjob/pi'), /Schedule: +59 23 31 2 \*[\s\S]*Concurrency Policy: +Allow/)
    await until(
      () => kubectl('events', '--for=CronJob.batch/pi'),
      (said) => said.includes('InvalidSchedule'),
    )
    for (const mode of ['--dry-run=client', '--dry-run=server'])
      assert.match(await kubectl('create', 'job', 'now', '--from=cronjob/pi', mode, '-o', 'name'), /job.batch\/now/)
    assert.deepEqual((await client().list(jobs, { namespace: 'batch' })).items, [])
    await kubectl('create', 'job', 'now', '--from=cronjob/pi')
    const now = await client().get(jobs, { namespace: 'batch', name: 'now' })
    assert.deepEqual(now.spec.template.spec!.containers[0]!.command, ['perl', '-wle', 'print bpi(20)'])
    assert.equal(now.metadata.annotations?.['cronjob.kubernetes.io/instantiate'], 'manual')
    assert.equal(now.metadata.ownerReferences?.[0]?.name, 'pi')
    asksInParts(await kubectl('describe', 'jobs', '--chunk-size=1', '-v=6'), 'jobs', 'events')
    await kubectl('create', 'job', 'plain', `--image=${image('2')}`)
    assert.match(await kubectl('get', 'job/plain'), /plain +Running +0\/1/)
    await kubectl('delete', 'job', 'now', 'plain')
    await kubectl('delete', 'cronjob', 'pi')
  })
})
