/** Claims, volumes, scheduler and nodes together, as they do without anybody's help. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import {
  type Event,
  events,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  storageClasses,
} from '../../src/resources/index.ts'

const namespace = 'default'
type Cluster = Awaited<ReturnType<typeof startCluster>>

const claimThat = (name: string, spec: object = {}, metadata: object = {}) =>
  ({
    metadata: { name, namespace, ...metadata },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  }) as never
const podWithClaim = (name: string, claim: string, spec: object = {}) =>
  ({
    metadata: { name, namespace },
    spec: {
      containers: [{ name: 'c', image: 'app', volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }],
      ...spec,
    },
  }) as never
const volumeThat = (name: string, spec: object = {}) =>
  ({
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      hostPath: { path: '/tmp/x' },
      persistentVolumeReclaimPolicy: 'Retain',
      ...spec,
    },
  }) as never

async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const seen = await look()
    if (wanted(seen)) return seen
    assert.ok(Date.now() < deadline, `not so after a while: ${JSON.stringify(seen, undefined, 1)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
const looks = ({ client }: Cluster) => ({
  claim: (name: string) => async (): Promise<PersistentVolumeClaim | undefined> =>
    client.get(persistentVolumeClaims, { namespace, name }).catch(() => undefined),
  volume: (name: string) => async (): Promise<PersistentVolume | undefined> =>
    client.get(persistentVolumes, { name }).catch(() => undefined),
  pod: (name: string) => async (): Promise<Pod | undefined> =>
    client.get(pods, { namespace, name }).catch(() => undefined),
  eventsOf: (name: string) => async (): Promise<readonly Event[]> =>
    (await client.list<Event>(events, { namespace })).items.filter((one) => one.involvedObject?.name === name),
})
const messageOf = (pod: Pod | undefined) =>
  pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message ?? ''

test('a claim of the default class waits for a pod, gets a volume on its node, and takes it along when it goes', async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { client } = cluster
  const { claim, volume, pod, eventsOf } = looks(cluster)
  await client.create(persistentVolumeClaims, claimThat('data'))
  const waiting = await until(eventsOf('data'), (seen) => seen.length > 0)
  assert.deepEqual(
    [waiting[0]?.reason, waiting[0]?.message, waiting[0]?.source?.component],
    ['WaitForFirstConsumer', 'waiting for first consumer to be created before binding', 'persistentvolume-controller'],
  )
  await client.create(pods, podWithClaim('user', 'data'))
  const placed = await until(pod('user'), (one) => one?.status?.phase === 'Running')
  const bound = await until(claim('data'), (one) => one?.status?.phase === 'Bound')
  assert.equal(bound?.spec.storageClassName, 'standard')
  const { annotations = {} } = bound!.metadata
  assert.deepEqual(
    [
      annotations['volume.kubernetes.io/selected-node'],
      annotations['volume.kubernetes.io/storage-provisioner'],
      annotations['pv.kubernetes.io/bind-completed'],
      annotations['pv.kubernetes.io/bound-by-controller'],
    ],
    [placed!.spec.nodeName, 'coxswain.dev/local-path', 'yes', 'yes'],
  )
  const made = await volume(bound!.spec.volumeName!)()
  assert.equal(made?.status.phase, 'Bound')
  assert.deepEqual(made?.spec.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values, [
    placed!.spec.nodeName,
  ])
  // A second pod follows the volume.
  await client.create(pods, podWithClaim('second', 'data'))
  const second = await until(pod('second'), (one) => one?.status?.phase === 'Running')
  assert.equal(second?.spec.nodeName, placed!.spec.nodeName)
  // A larger claim is larger at once.
  await client.patch(
    persistentVolumeClaims,
    { namespace, name: 'data' },
    { type: 'merge', body: { spec: { resources: { requests: { storage: '2Gi' } } } } },
  )
  await until(claim('data'), (one) => one?.status?.capacity?.['storage'] === '2Gi')
  // In use, it stays until its pods are gone.
  await client.delete(persistentVolumeClaims, { namespace, name: 'data' })
  assert.equal((await claim('data')())?.metadata.deletionTimestamp !== undefined, true)
  for (const name of ['user', 'second']) await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0 })
  await until(claim('data'), (one) => one === undefined)
  await until(volume(bound!.spec.volumeName!), (one) => one === undefined)
})

test('a claim without a class gets the smallest volume that suits it, which is released with it and kept', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { client } = cluster
  const { claim, volume } = looks(cluster)
  await client.create(persistentVolumes, volumeThat('large', { capacity: { storage: '10Gi' } }))
  await client.create(persistentVolumes, volumeThat('small'))
  await until(volume('small'), (one) => one?.status?.phase === 'Available')
  await until(volume('large'), (one) => one?.status?.phase === 'Available')
  await client.create(persistentVolumeClaims, claimThat('data', { storageClassName: '' }))
  const bound = await until(claim('data'), (one) => one?.status?.phase === 'Bound')
  assert.deepEqual([bound?.spec.volumeName, bound?.status.capacity], ['small', { storage: '1Gi' }])
  await client.delete(persistentVolumeClaims, { namespace, name: 'data' })
  await until(volume('small'), (one) => one?.status?.phase === 'Released')
  // A claim whose volume is deleted under it has lost it.
  await client.create(persistentVolumeClaims, claimThat('more', { storageClassName: '' }))
  await until(claim('more'), (one) => one?.status?.phase === 'Bound')
  await client.delete(persistentVolumes, { name: 'large' })
  await client.patch(persistentVolumes, { name: 'large' }, { type: 'merge', body: { metadata: { finalizers: null } } })
  await until(claim('more'), (one) => one?.status?.phase === 'Lost')
})

test('a pod waits in words for its claim, and goes on by itself once there is a volume', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { client } = cluster
  const { claim, pod, eventsOf } = looks(cluster)
  await client.create(pods, podWithClaim('user', 'data'))
  const after =
    'no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'
  const says = (reason: string) => `0/1 nodes are available: ${reason}. ${after}`
  await until(pod('user'), (one) => messageOf(one) === says('persistentvolumeclaim "data" not found'))
  await client.create(persistentVolumeClaims, claimThat('data', { storageClassName: '' }))
  await until(pod('user'), (one) => messageOf(one) === says('pod has unbound immediate PersistentVolumeClaims'))
  const told = await until(eventsOf('data'), (seen) => seen.some(({ reason }) => reason === 'FailedBinding'))
  assert.equal(told[0]?.message, 'no persistent volumes available for this claim and no storage class is set')
  await client.create(persistentVolumes, volumeThat('v'))
  await until(claim('data'), (one) => one?.status?.phase === 'Bound')
  await until(pod('user'), (one) => one?.status?.phase === 'Running')
})

test('of volumes that are there a waiting claim gets one that the node of its pod can reach', async () => {
  await using cluster = await startCluster({ nodes: 3 })
  const { client } = cluster
  const { claim, pod, volume } = looks(cluster)
  await client.create(storageClasses, {
    metadata: { name: 'disks' },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  } as never)
  await client.create(pods, podWithClaim('user', 'data'))
  await client.create(persistentVolumeClaims, claimThat('data', { storageClassName: 'disks' }))
  await until(pod('user'), (one) =>
    messageOf(one).startsWith("0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind."),
  )
  const middle = 'node-2'
  const values = [middle]
  await client.create(
    persistentVolumes,
    volumeThat('v', {
      storageClassName: 'disks',
      hostPath: undefined,
      local: { path: '/mnt/v' },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values }] }],
        },
      },
    }),
  )
  const placed = await until(pod('user'), (one) => one?.status?.phase === 'Running')
  assert.equal(placed?.spec.nodeName, middle)
  assert.equal((await claim('data')())?.spec.volumeName, 'v')
  assert.equal((await volume('v')())?.spec.claimRef?.name, 'data')
})
