/** Scheduler, API and nodes together: a pod of higher priority gets the place of a lower one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import { nodes, type Pod, pods, priorityClasses } from '../../src/resources/index.ts'
import { until } from '../fixtures/until.ts'

const namespace = 'default'
const podThat = (name: string, cpu: string, spec: object = {}) =>
  ({
    metadata: { name, namespace },
    spec: { containers: [{ name: 'c', image: 'app', resources: { requests: { cpu } } }], ...spec },
  }) as never

for (const SchedulerAsyncAPICalls of [false, true])
  test(`a pod of higher priority is given the place of a lower one, which is told why${SchedulerAsyncAPICalls ? ', by calls that are queued' : ''}`, () =>
    preempt({ SchedulerAsyncAPICalls }))

async function preempt(gates: Readonly<Record<string, boolean>>): Promise<void> {
  await using cluster = await startCluster({ nodes: 1, features: { gates } })
  const { client } = cluster
  const get = (name: string): Promise<Pod | undefined> => client.get(pods, { namespace, name }).catch(() => undefined)
  const untilPod = (name: string, wanted: (pod: Pod | undefined) => boolean) => until(() => get(name), wanted)
  const [node] = (await client.list(nodes)).items
  const all = node!.status.allocatable?.cpu ?? '1'
  await client.create(priorityClasses, { metadata: { name: 'high' }, value: 1000 } as never)
  const finalizers = ['example.com/kept']
  await client.create(pods, {
    ...(podThat('low', all) as object),
    metadata: { name: 'low', namespace, finalizers },
  } as never)
  await untilPod('low', (pod) => pod?.spec.nodeName !== undefined)
  await client.create(pods, podThat('high', all, { priorityClassName: 'high' }))

  const low = await untilPod('low', (pod) => pod?.metadata.deletionTimestamp !== undefined)
  const condition = low?.status.conditions?.find(({ type }) => type === 'DisruptionTarget')
  assert.deepEqual(
    [condition?.status, condition?.reason, condition?.message],
    ['True', 'PreemptionByScheduler', 'default-scheduler: preempting to accommodate a higher priority pod'],
  )
  await untilPod(
    'high',
    (pod) => pod?.status.nominatedNodeName === node!.metadata.name || pod?.spec.nodeName !== undefined,
  )
  await client.patch(pods, { namespace, name: 'low' }, { type: 'merge', body: { metadata: { finalizers: null } } })
  await untilPod('high', (pod) => pod?.spec.nodeName === node!.metadata.name)
}
