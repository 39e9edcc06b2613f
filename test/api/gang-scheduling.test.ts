/** Groups of pods behind their gates: all that a gang needs is placed at once, or nothing of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import { isNotFound } from '../../src/machinery/index.ts'
import { events, jobs, type Pod, podGroups, pods, priorityClasses, workloads } from '../../src/resources/index.ts'
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

test('a group that asks for one domain goes where all of it fits, and where most of it does', async () => {
  const gates = { ...features.gates, TopologyAwareWorkloadScheduling: true }
  const rack = (name: string, cpus: number) => ({ name, cpus, labels: { rack: name[0]! } })
  const nodes = [rack('a-0', 2), rack('a-1', 1), rack('b-0', 2), rack('b-1', 2), { name: 'none', cpus: 64 }]
  await using cluster = await startCluster({ nodes, features: { ...features, gates } })
  const { client } = cluster
  const read = (name: string): Promise<Pod> => client.get(pods, { namespace, name })
  const schedulingConstraints = { topology: [{ key: 'rack' }] }
  const names = (group: string, count: number) => Array.from({ length: count }, (_, at) => `${group}-${at}`)
  const begin = async (group: string, policy: object, count: number) => {
    await client.create(podGroups, groupThat(group, policy, { schedulingConstraints }))
    for (const name of names(group, count)) await client.create(pods, podThat(name, group))
  }

  await begin('gang', { gang: { minCount: 4 } }, 4)
  for (const name of names('gang', 4)) {
    const { spec } = await until(
      () => read(name),
      (pod) => (pod.spec.nodeName ?? '') !== '',
    )
    assert.match(spec.nodeName!, /^b-/)
  }

  // There is no rack left with so much room, though a node without one has it.
  await begin('large', { gang: { minCount: 4 } }, 4)
  const waiting = await until(
    () => client.get(podGroups, { namespace, name: 'large' }),
    ({ status }) => status?.conditions?.[0]?.status === 'False',
  )
  assert.equal(
    waiting.status.conditions?.[0]?.message,
    '0/2 placements are available, first placement status: pod group is unschedulable',
  )
  assert.ok((await Promise.all(names('large', 4).map(read))).every(({ spec }) => (spec.nodeName ?? '') === ''))

  // A pod that comes later goes to the domain of the others, or nowhere.
  await client.create(pods, podThat('gang-late', 'gang'))
  const late = await until(
    () => read('gang-late'),
    (pod) => messageOf(pod) !== '',
  )
  assert.match(messageOf(late), /^0\/2 nodes are available: 2 Insufficient cpu\. .*not eligible due to placement-based/)
})

test('a group makes room for itself as a whole, where others go one by one or together', async () => {
  const gates = { ...features.gates, WorkloadAwarePreemption: true }
  await using cluster = await startCluster({
    nodes: [
      { name: 'a', cpus: 2 },
      { name: 'b', cpus: 2 },
    ],
    features: { ...features, gates },
  })
  const { client } = cluster
  const read = (name: string): Promise<Pod> => client.get(pods, { namespace, name })
  const isBound = ({ spec }: Pod) => (spec.nodeName ?? '') !== ''
  await client.create(priorityClasses, { metadata: { name: 'high' }, value: 1000 } as never)
  await client.create(priorityClasses, { metadata: { name: 'middle' }, value: 500 } as never)
  // Two nodes of two: a group that goes as a whole, and two pods.
  await client.create(
    podGroups,
    groupThat('whole', { gang: { minCount: 2 } }, { disruptionMode: 'PodGroup', priorityClassName: 'middle' }),
  )
  for (const name of ['w-0', 'w-1']) await client.create(pods, podThat(name, 'whole'))
  for (const name of ['w-0', 'w-1']) await until(() => read(name), isBound)
  for (const name of ['p-0', 'p-1']) {
    const spec = { containers: [{ name: 'c', image: 'app', resources: { requests: { cpu: '1' } } }] }
    await client.create(pods, { metadata: { name, namespace }, spec } as never)
    await until(() => read(name), isBound)
  }
  await client.create(podGroups, groupThat('urgent', { gang: { minCount: 2 } }, { priorityClassName: 'high' }))
  for (const name of ['u-0', 'u-1'])
    await client.create(pods, podThat(name, 'urgent', '1', { priorityClassName: 'high' }))
  for (const name of ['u-0', 'u-1']) await until(() => read(name), isBound)
  // Those of the least priority went, and nobody else.
  const left = async () => (await client.list<Pod>(pods)).items.map(({ metadata }) => metadata.name).sort()
  await until(left, (all) => all.length === 4)
  assert.deepEqual(await left(), ['u-0', 'u-1', 'w-0', 'w-1'])
  const uid = (await client.get(podGroups, { namespace, name: 'urgent' })).metadata.uid
  const said = async () => (await client.list(events)).items.filter(({ reason }) => reason === 'Preempted')
  for (const { message } of await until(said, (notes) => notes.length > 0))
    assert.equal(message, `Preempted by podgroup ${uid} on node cluster`)

  // One more: of the group that goes as a whole both do.
  await client.create(podGroups, groupThat('more', { gang: { minCount: 1 } }, { priorityClassName: 'high' }))
  await client.create(pods, podThat('m-0', 'more', '1', { priorityClassName: 'high' }))
  await until(() => read('m-0'), isBound)
  await until(left, (all) => all.length === 3)
  assert.deepEqual(await left(), ['m-0', 'u-0', 'u-1'])
})
