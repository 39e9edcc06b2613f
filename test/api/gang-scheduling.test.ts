/** Groups of pods behind their gates: all that a gang needs is placed at once, or nothing of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import { isNotFound } from '../../src/machinery/index.ts'
import { jobs, type Pod, podGroups, pods, priorityClasses, workloads } from '../../src/resources/index.ts'
import { until } from '../fixtures/until.ts'

const namespace = 'default'
const features = {
  gates: { GenericWorkload: true, GangScheduling: true },
  runtimeConfig: { 'scheduling.k8s.io/v1alpha2': 'true' },
}
const podThat = (name: string, group: string, cpu = '1', spec: object = {}) =>
  ({
    metadata: { name, namespace },
    spec: {
      schedulingGroup: { podGroupName: group },
      containers: [{ name: 'c', image: 'app', resources: { requests: { cpu } } }],
      ...spec,
    },
  }) as never
const groupThat = (name: string, schedulingPolicy: object, more: object = {}) =>
  ({ metadata: { name, namespace }, spec: { schedulingPolicy, ...more } }) as never
const messageOf = ({ status }: Pod) => status.conditions?.find(({ type }) => type === 'PodScheduled')?.message ?? ''

test('pods of a gang wait for their group and for each other, and are bound together', async () => {
  await using cluster = await startCluster({ nodes: [{ name: 'a', cpus: 4 }], features })
  const { client, journal } = cluster
  const read = (name: string): Promise<Pod> => client.get(pods, { namespace, name })
  const isBound = ({ spec }: Pod) => (spec.nodeName ?? '') !== ''
  const reasonOf = async () => journal.verdictsOf(namespace, 'g-0')?.nodes[0]?.reason ?? ''
  await client.create(pods, podThat('g-0', 'gang'))
  await until(reasonOf, (reason) => reason === 'waiting for pods\'s pod group "gang" to appear in scheduling queue')
  await client.create(podGroups, groupThat('gang', { gang: { minCount: 3 } }))
  await until(reasonOf, (reason) => reason === 'waiting for minCount pods from a gang to appear in scheduling queue')
  await client.create(pods, podThat('g-1', 'gang'))
  await client.create(pods, podThat('g-2', 'gang'))
  for (const name of ['g-0', 'g-1', 'g-2']) await until(() => read(name), isBound)
  const group = await until(
    () => client.get(podGroups, { namespace, name: 'gang' }),
    ({ status }) =>
      status?.conditions?.some(({ type, status }) => type === 'PodGroupScheduled' && status === 'True') === true,
  )
  assert.deepEqual(group.metadata.finalizers, ['scheduling.k8s.io/podgroup-protection'])

  // It goes after its pods.
  await client.delete(podGroups, { namespace, name: 'gang' })
  for (const name of ['g-0', 'g-1', 'g-2']) await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0 })
  await until(
    () => client.get(podGroups, { namespace, name: 'gang' }).catch((error) => error),
    (gone) => isNotFound(gone),
  )
})

test('a gang that does not fit takes no room, and comes in when there is enough', async () => {
  await using cluster = await startCluster({ nodes: [{ name: 'a', cpus: 4 }], features })
  const { client } = cluster
  const read = (name: string): Promise<Pod> => client.get(pods, { namespace, name })
  const isBound = ({ spec }: Pod) => (spec.nodeName ?? '') !== ''
  const plain = {
    metadata: { name: 'plain', namespace },
    spec: { containers: [{ name: 'c', image: 'app', resources: { requests: { cpu: '2' } } }] },
  }
  await client.create(pods, plain as never)
  await until(() => read('plain'), isBound)
  await client.create(podGroups, groupThat('gang', { gang: { minCount: 3 } }))
  for (const name of ['g-0', 'g-1', 'g-2']) await client.create(pods, podThat(name, 'gang'))
  const fitting = await until(
    () => read('g-0'),
    (pod) => messageOf(pod) !== '',
  )
  assert.equal(messageOf(fitting), 'pod group is unschedulable, waiting for minCount pods from a gang to be scheduled')
  const last = await until(
    () => read('g-2'),
    (pod) => messageOf(pod) !== '',
  )
  assert.match(messageOf(last), /^0\/1 nodes are available: 1 Insufficient cpu\. /)
  const unscheduled = await until(
    () => client.get(podGroups, { namespace, name: 'gang' }),
    ({ status }) => status?.conditions?.[0]?.status === 'False',
  )
  assert.equal(unscheduled.status.conditions?.[0]?.reason, 'Unschedulable')
  const names = ['g-0', 'g-1', 'g-2']
  assert.ok((await Promise.all(names.map(read))).every((pod) => !isBound(pod)))
  await client.delete(pods, { namespace, name: 'plain' }, { gracePeriodSeconds: 0 })
  for (const name of names) await until(() => read(name), isBound)
})

test('a group is made of a template that is there, and a basic one places what fits', async () => {
  await using cluster = await startCluster({ nodes: [{ name: 'a', cpus: 2 }], features })
  const { client } = cluster
  const from = (workloadName: string, podGroupTemplateName: string) => ({
    podGroupTemplateRef: { workload: { workloadName, podGroupTemplateName } },
  })
  await assert.rejects(
    client.create(podGroups, groupThat('g', { basic: {} }, from('train', 'workers'))),
    /podgroups\.scheduling\.k8s\.io "g" is forbidden: PodGroup rejected: Workload "train" not found/,
  )
  await client.create(workloads, {
    metadata: { name: 'train', namespace },
    spec: { podGroupTemplates: [{ name: 'workers', schedulingPolicy: { basic: {} } }] },
  } as never)
  await assert.rejects(
    client.create(podGroups, groupThat('g', { basic: {} }, from('train', 'others'))),
    /PodGroupTemplate "others" not found in Workload "train"/,
  )
  await client.create(podGroups, groupThat('g', { basic: {} }, from('train', 'workers')))
  for (const name of ['b-0', 'b-1', 'b-2']) await client.create(pods, podThat(name, 'g'))
  await until(
    async () => (await client.list<Pod>(pods)).items.filter(({ spec }) => (spec.nodeName ?? '') !== '').length,
    (bound) => bound === 2,
  )
})

test('a Job whose pods all run at once is placed as a gang, and keeps its size', async () => {
  const gates = { ...features.gates, WorkloadWithJob: true }
  await using cluster = await startCluster({ nodes: [{ name: 'a', cpus: 4 }], features: { ...features, gates } })
  const { client } = cluster
  const jobThat = (name: string, cpu: string) => ({
    metadata: { name, namespace },
    spec: {
      completionMode: 'Indexed',
      parallelism: 3,
      completions: 3,
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'c', image: 'app', resources: { requests: { cpu } } }],
        },
      },
    },
  })
  const created = await client.create(jobs, jobThat('train', '1') as never)
  const podsOf = async (job: string) =>
    (await client.list<Pod>(pods)).items.filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === job)
  const bound = await until(
    () => podsOf('train'),
    (all) => all.length === 3 && all.every(({ spec }) => (spec.nodeName ?? '') !== ''),
  )
  const [workload] = (await client.list(workloads)).items
  const [group] = (await client.list(podGroups)).items
  assert.equal(workload?.metadata.ownerReferences?.[0]?.uid, created.metadata.uid)
  assert.deepEqual(workload?.spec.controllerRef, { apiGroup: 'batch', kind: 'Job', name: 'train' })
  assert.deepEqual(workload?.spec.podGroupTemplates, [
    { name: 'train-pgt-0', schedulingPolicy: { gang: { minCount: 3 } } },
  ])
  assert.deepEqual(
    group?.metadata.ownerReferences?.map(({ kind, name }) => [kind, name]),
    [
      ['Job', 'train'],
      ['Workload', workload!.metadata.name],
    ],
  )
  for (const { spec, metadata } of bound) {
    assert.equal(spec.schedulingGroup?.podGroupName, group!.metadata.name)
    assert.deepEqual(
      metadata.ownerReferences?.map(({ kind }) => kind),
      ['Job', 'PodGroup'],
    )
  }
  await assert.rejects(
    client.patch(
      jobs,
      { namespace, name: 'train' },
      { type: 'merge', body: { spec: { parallelism: 2, completions: 2 } } },
    ),
    new RegExp(`cannot change parallelism for a Job referencing gang-scheduled PodGroup "${group!.metadata.name}"`),
  )

  // What does not fit as a whole takes nothing.
  await client.create(jobs, jobThat('large', '1') as never)
  const waiting = await until(
    () => podsOf('large'),
    (all) => all.length === 3 && all.every((pod) => messageOf(pod) !== ''),
  )
  assert.ok(waiting.every(({ spec }) => (spec.nodeName ?? '') === ''))
})

test('a group has the priority that its class names, where groups make room', async () => {
  const gates = { ...features.gates, WorkloadAwarePreemption: true }
  await using cluster = await startCluster({ nodes: 0, features: { ...features, gates } })
  const { client } = cluster
  await client.create(priorityClasses, { metadata: { name: 'high' }, value: 1000 } as never)
  const gang = { gang: { minCount: 2 } }
  const ranked = await client.create(podGroups, groupThat('ranked', gang, { priorityClassName: 'high' }))
  assert.equal(ranked.spec.priority, 1000)
  const plain = await client.create(podGroups, groupThat('plain', gang))
  assert.equal(plain.spec.priority, 0)
  await assert.rejects(
    client.create(podGroups, groupThat('wrong', gang, { priorityClassName: 'high', priority: 5 })),
    /priority set in the pod group \(5\) must match the priority computed \(1000\) based on the priority class set in the spec/,
  )
  await assert.rejects(
    client.create(podGroups, groupThat('unknown', gang, { priorityClassName: 'none' })),
    /no PriorityClass with name none was found/,
  )
})
