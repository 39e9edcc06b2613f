/** What controllers make and tell, as somebody sees it who knows Kubernetes' own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster, type TestCluster } from '../../src/index.ts'
import type { KubeObject } from '../../src/machinery/index.ts'
import {
  cronJobs,
  daemonSets,
  events,
  jobs,
  persistentVolumeClaims,
  podDisruptionBudgets,
  pods,
  type ResourceDefinition,
  replicaSets,
  statefulSets,
} from '../../src/resources/index.ts'
import { until } from '../fixtures/until.ts'

const namespace = 'default'
const labels = { app: 'a' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'app' }] } }
const lists =
  ({ client }: TestCluster) =>
  <T extends KubeObject>(of: ResourceDefinition<T>) =>
  async (): Promise<readonly T[]> =>
    (await client.list(of, { namespace })).items
const told = async (cluster: TestCluster, name: string) =>
  (await lists(cluster)(events)()).filter(({ involvedObject }) => involvedObject.name === name)

test('a StatefulSet names its pods after itself and tells of them and of their claims', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }
  const created = await cluster.client.create(statefulSets, {
    metadata: { name: 's', namespace },
    spec: { serviceName: 's', replicas: 1, selector: { matchLabels: labels }, template, volumeClaimTemplates: [claim] },
  } as never)
  assert.deepEqual(created.status, { replicas: 0, availableReplicas: 0 })
  assert.equal(created.spec.volumeClaimTemplates?.[0]?.kind, 'PersistentVolumeClaim')
  const [pod] = await until(lists(cluster)(pods), (all) => all.length === 1)
  assert.deepEqual([pod?.metadata.name, pod?.metadata.generateName], ['s-0', 's-'])
  const seen = await until(
    () => told(cluster, 's'),
    (all) => all.length === 2,
  )
  assert.deepEqual(seen.map(({ message }) => message).sort(), [
    'Create Claim data-s-0 Pod s-0 in StatefulSet s success',
    'Create Pod s-0 in StatefulSet s successful',
  ])
})

test('the claim of a pod that waits is made again', async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }
  await cluster.client.create(statefulSets, {
    metadata: { name: 's', namespace },
    spec: { serviceName: 's', replicas: 1, selector: { matchLabels: labels }, template, volumeClaimTemplates: [claim] },
  } as never)
  const claims = lists(cluster)(persistentVolumeClaims)
  await until(lists(cluster)(pods), (all) => all.length === 1)
  const [first] = await until(claims, (all) => all.length === 1)
  const name = { namespace, name: 'data-s-0' }
  const body = { metadata: { finalizers: null } }
  await cluster.client.delete(persistentVolumeClaims, name)
  await cluster.client.patch(persistentVolumeClaims, name, { type: 'merge', body }).catch(() => undefined)
  const [next] = await until(claims, ([one]) => one !== undefined && one.metadata.uid !== first?.metadata.uid)
  assert.equal(next?.metadata.name, 'data-s-0')
})

test('a DaemonSet counts its templates, and its pods say which node they are for and nothing else', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const wanted = [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'Exists' }] }]
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: wanted } } }
  const counted = 'deprecated.daemonset.template.generation'
  await cluster.client.create(daemonSets, {
    metadata: { name: 'd', namespace },
    spec: { selector: { matchLabels: labels }, template: { ...template, spec: { ...template.spec, affinity } } },
  } as never)
  const [pod] = await until(lists(cluster)(pods), (all) => all.length === 1)
  assert.equal(pod?.metadata.labels?.['pod-template-generation'], '1')
  assert.deepEqual(
    pod?.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
    [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] }],
  )
  const spec = { template: { spec: { containers: [{ name: 'c', image: 'app:2' }] } } }
  const name = { namespace, name: 'd' }
  const changed = await cluster.client.patch(daemonSets, name, { type: 'strategic', body: { spec } })
  assert.equal(changed.metadata.annotations?.[counted], '2')
  const body = { metadata: { annotations: { [counted]: '7' } } }
  const unmoved = await cluster.client.patch(daemonSets, name, { type: 'merge', body })
  assert.equal(unmoved.metadata.annotations?.[counted], '2')
})

test('pods that a Job lets go are not held by it any longer', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  await cluster.client.create(jobs, {
    metadata: { name: 'j', namespace },
    spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } },
  } as never)
  const made = await cluster.client.get(jobs, { namespace, name: 'j' })
  assert.equal(made.metadata.labels?.['batch.kubernetes.io/job-name'], 'j')
  await until(lists(cluster)(pods), ([pod]) => pod?.status.phase === 'Running')
  await cluster.client.delete(jobs, { namespace, name: 'j' }, { propagationPolicy: 'Orphan' })
  const [pod] = await until(lists(cluster)(pods), ([one]) => one?.metadata.finalizers === undefined)
  assert.equal(pod?.metadata.ownerReferences, undefined)
})

test('a CronJob is given what Kubernetes gives it, and tells of Jobs it did not make', async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const { client } = cluster
  const spec = { template: { spec: { ...template.spec, restartPolicy: 'Never' } } }
  const cronJob = await client.create(cronJobs, {
    metadata: { name: 'c', namespace },
    spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec } },
  } as never)
  assert.equal(cronJob.spec.jobTemplate.spec?.backoffLimit, undefined)
  const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'c', uid: cronJob.metadata.uid, controller: true }
  await client.create(jobs, { metadata: { name: 'stranger', namespace, ownerReferences: [owner] }, spec } as never)
  const [seen] = await until(
    () => told(cluster, 'c'),
    (all) => all.length > 0,
  )
  assert.deepEqual(
    [seen?.type, seen?.reason, seen?.message],
    ['Warning', 'UnexpectedJob', 'Saw a job that the controller did not create or forgot: stranger'],
  )
})

test('a budget tells of pods that nobody manages, and a pod of too many budgets', async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const { client } = cluster
  await client.create(pods, { metadata: { name: 'p', namespace, labels }, spec: template.spec } as never)
  for (const name of ['one', 'two'])
    await client.create(podDisruptionBudgets, {
      metadata: { name, namespace },
      spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
    } as never)
  const [unmanaged] = await until(
    () => told(cluster, 'one'),
    (all) => all.length > 0,
  )
  assert.equal(unmanaged?.reason, 'UnmanagedPods')
  const selector =
    '&LabelSelector{MatchLabels:map[string]string{app: a,},MatchExpressions:[]LabelSelectorRequirement{},}'
  assert.ok(unmanaged?.message?.includes(`(selector: ${selector}) were found to be unmanaged.`), unmanaged?.message)
  const [many] = await until(
    () => told(cluster, 'p'),
    (all) => all.some(({ source }) => source?.component === 'controllermanager'),
  ).then((all) => all.filter(({ source }) => source?.component === 'controllermanager'))
  assert.equal(many?.message, 'Pod "default"/"p" matches multiple PodDisruptionBudgets.  Chose "one" arbitrarily.')
})

test('what is refused before it has a name is called by the beginning of it', async () => {
  await using cluster = await startCluster({ nodes: 0 })
  await cluster.client.create(replicaSets, {
    metadata: { name: 'r', namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { ...template, spec: { ...template.spec, serviceAccountName: 'none' } },
    },
  } as never)
  const [refused] = await until(
    () => told(cluster, 'r'),
    (all) => all.length > 0,
  )
  const why = 'error looking up service account default/none: serviceaccount "none" not found'
  assert.equal(refused?.message, `Error creating: pods "r-" is forbidden: ${why}`)
})

test('a pod that is bound says nothing more of where it was expected and why it was refused', async () => {
  await using cluster = await startCluster({ nodes: 0, without: ['scheduler'] })
  const { client } = cluster
  const name = { namespace, name: 'p' }
  await client.create(pods, { metadata: name, spec: template.spec } as never)
  const refused = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: 'x',
    observedGeneration: 1,
  }
  const body = { status: { nominatedNodeName: 'n', conditions: [refused] } }
  await client.patch(pods, name, { type: 'strategic', body }, 'status')
  const target = { apiVersion: 'v1', kind: 'Node', name: 'n' }
  await client.post(pods, name, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: name, target })
  const { spec, status } = await client.get(pods, name)
  assert.deepEqual([spec.nodeName, status.nominatedNodeName], ['n', undefined])
  const { lastTransitionTime: _, ...verdict } = status.conditions?.[0] ?? ({} as never)
  assert.deepEqual(verdict, { type: 'PodScheduled', status: 'True', lastProbeTime: null })
})
