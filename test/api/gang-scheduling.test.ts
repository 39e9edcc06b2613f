/** Groups of pods behind their gates: all that a gang needs is placed at once, or nothing of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import { isNotFound } from '../../src/machinery/index.ts'
import { type Pod, podGroups, pods, workloads } from '../../src/resources/index.ts'
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
