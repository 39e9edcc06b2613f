/** Claims, volumes, scheduler and nodes together, as they do without anybody's help. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingText } from '../../src/cli/why/finding.ts'
import { explanationOf } from '../../src/cli/why/why.ts'
import { startCluster } from '../../src/index.ts'
import {
  type Event,
  events,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  statefulSets,
  storageClasses,
  type VolumeAttachment,
  volumeAttachments,
} from '../../src/resources/index.ts'
import { until } from '../fixtures/until.ts'

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

test('a pod brings its ephemeral volume along, which goes with it', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { client } = cluster
  const { claim, pod, eventsOf } = looks(cluster)
  const ephemeral = {
    volumeClaimTemplate: {
      metadata: { labels: { of: 'it' } },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  }
  await client.create(persistentVolumeClaims, claimThat('taken-data', { storageClassName: '' }))
  for (const name of ['user', 'taken'])
    await client.create(pods, podWithClaim(name, '', { volumes: [{ name: 'data', ephemeral }] }))
  const placed = await until(pod('user'), (one) => one?.status?.phase === 'Running')
  const own = await claim('user-data')()
  assert.deepEqual(
    [own?.metadata.labels, own?.metadata.ownerReferences?.[0]?.uid, own?.status.phase],
    [{ of: 'it' }, placed?.metadata.uid, 'Bound'],
  )
  const foreign = 'PVC default/taken-data was not created for pod default/taken (pod is not owner)'
  const told = await until(eventsOf('taken'), (seen) => seen.some(({ reason }) => reason === 'FailedBinding'))
  assert.equal(told.find(({ reason }) => reason === 'FailedBinding')?.message, `ephemeral volume data: ${foreign}`)
  await until(pod('taken'), (one) => messageOf(one).startsWith(`0/1 nodes are available: ${foreign}.`))
  await client.delete(pods, { namespace, name: 'user' }, { gracePeriodSeconds: 0 })
  await until(claim('user-data'), (one) => one === undefined)
})

test('claims of a StatefulSet go when it shrinks and when it goes, where its policy says so', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { client } = cluster
  const { claim, pod } = looks(cluster)
  await client.create(statefulSets, {
    metadata: { name: 'db', namespace },
    spec: {
      replicas: 2,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Delete' },
      template: {
        metadata: { labels: { app: 'db' } },
        spec: { containers: [{ name: 'c', image: 'app', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  } as never)
  await until(pod('db-1'), (one) => one?.status?.phase === 'Running')
  const owned = await until(claim('data-db-1'), (one) => (one?.metadata.ownerReferences ?? []).length > 0)
  assert.equal(owned?.metadata.ownerReferences?.[0]?.kind, 'StatefulSet')
  const scale = (replicas: number) =>
    client.patch(statefulSets, { namespace, name: 'db' }, { type: 'merge', body: { spec: { replicas } } })
  await scale(1)
  await until(claim('data-db-1'), (one) => one === undefined)
  assert.notEqual(await claim('data-db-0')(), undefined)
  await scale(2)
  await until(pod('db-1'), (one) => one?.status?.phase === 'Running')
  await client.delete(statefulSets, { namespace, name: 'db' }, { propagationPolicy: 'Background' })
  for (const name of ['data-db-0', 'data-db-1']) await until(claim(name), (one) => one === undefined)
})

test('a volume of a CSI driver is attached to the node whose pod uses it, and to no other meanwhile', async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { client } = cluster
  const { claim, pod, eventsOf } = looks(cluster)
  const csi = { driver: 'disk.example.com', volumeHandle: 'h1' }
  await client.create(persistentVolumes, volumeThat('v', { hostPath: undefined, csi }))
  await client.create(persistentVolumeClaims, claimThat('data', { storageClassName: '' }))
  await until(claim('data'), (one) => one?.status?.phase === 'Bound')
  const [first, second] = (await client.list(nodes)).items.map(({ metadata }) => metadata.name)
  await client.create(pods, podWithClaim('user', 'data', { nodeName: first }))
  const attachments = async (): Promise<readonly VolumeAttachment[]> =>
    (await client.list<VolumeAttachment>(volumeAttachments)).items
  const [attachment] = await until(attachments, (all) => all.length === 1)
  const { createHash } = await import('node:crypto')
  const name = `csi-${createHash('sha256').update(`h1disk.example.com${first}`).digest('hex')}`
  assert.deepEqual(
    [attachment?.metadata.name, attachment?.spec],
    [name, { attacher: 'disk.example.com', nodeName: first, source: { persistentVolumeName: 'v' } }],
  )
  // As the driver does.
  await client.update(volumeAttachments, { ...attachment!, status: { attached: true } }, 'status')
  const attachedTo = async () =>
    (await client.get(nodes, { name: first! })).status.volumesAttached?.map((one) => one.name)
  await until(attachedTo, (names) => names?.join() === 'kubernetes.io/csi/disk.example.com^h1')
  await until(eventsOf('user'), (seen) =>
    seen.some(
      ({ reason, message }) =>
        reason === 'SuccessfulAttachVolume' && message === 'AttachVolume.Attach succeeded for volume "v" ',
    ),
  )
  await client.create(pods, podWithClaim('other', 'data', { nodeName: second }))
  const refused = await until(eventsOf('other'), (seen) => seen.some(({ reason }) => reason === 'FailedAttachVolume'))
  assert.equal(
    refused.find(({ reason }) => reason === 'FailedAttachVolume')?.message,
    'Multi-Attach error for volume "v" Volume is already used by pod(s) user',
  )
  for (const one of ['user', 'other']) await client.delete(pods, { namespace, name: one }, { gracePeriodSeconds: 0 })
  await until(attachments, (all) => all.length === 0)
  await until(attachedTo, (names) => (names ?? []).length === 0)
  await until(pod('user'), (one) => one === undefined)
})

test('a pod whose volume cannot be made is told so, and is placed anew', async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { client } = cluster
  const { claim, pod, eventsOf } = looks(cluster)
  await client.create(storageClasses, {
    metadata: { name: 'outside' },
    provisioner: 'example.com/outside',
    volumeBindingMode: 'WaitForFirstConsumer',
  } as never)
  await client.create(persistentVolumeClaims, claimThat('data', { storageClassName: 'outside' }))
  await client.create(pods, podWithClaim('user', 'data'))
  const selected = 'volume.kubernetes.io/selected-node'
  const asked = await until(eventsOf('data'), (seen) => seen.some(({ reason }) => reason === 'ExternalProvisioning'))
  assert.equal(
    asked.find(({ reason }) => reason === 'ExternalProvisioning')?.message,
    "Waiting for a volume to be created either by the external provisioner 'example.com/outside' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
  )
  // The pod is not bound while its volume is being made.
  const waits = await until(pod('user'), (one) => one?.status?.nominatedNodeName !== undefined)
  assert.equal(waits?.spec.nodeName, undefined)
  assert.equal(waits?.status.nominatedNodeName, (await claim('data')())?.metadata.annotations?.[selected])
  // As a provisioner does that cannot make it there.
  const takeNodeAway = { type: 'merge' as const, body: { metadata: { annotations: { [selected]: null } } } }
  await client.patch(persistentVolumeClaims, { namespace, name: 'data' }, takeNodeAway)
  const why = 'running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "data"'
  await until(
    pod('user'),
    (one) =>
      one?.status?.conditions?.some(({ reason, message }) => reason === 'SchedulerError' && message === why) === true,
  )
  const again = await until(claim('data'), (one) => one?.metadata.annotations?.[selected] !== undefined)
  // As a provisioner does that can.
  const { uid } = again!.metadata
  const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name: 'data', uid }
  await client.create(persistentVolumes, volumeThat('made', { storageClassName: 'outside', claimRef }))
  const placed = await until(pod('user'), (one) => one?.status?.phase === 'Running')
  assert.equal(placed?.spec.nodeName, again!.metadata.annotations![selected])
  assert.equal(placed?.status.nominatedNodeName, undefined)
})

test('cox why says what keeps a claim from its volume', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { client } = cluster
  const why = async (name: string) => {
    const finding = await explanationOf('pvc')!({ client, nowMs: cluster.clock.now() }, namespace, name)
    return findingText(finding!)
  }
  await client.create(persistentVolumes, volumeThat('small', { storageClassName: 'disks' }))
  const make = (name: string, spec: object) => client.create(persistentVolumeClaims, claimThat(name, spec))
  await make('first', {})
  await make('classless', { storageClassName: '' })
  await make('unknown', { storageClassName: 'gone' })
  await make('named', { storageClassName: '', volumeName: 'nowhere' })
  assert.match(await why('first'), /StorageClass\/standard has its volumes made on the node of the first pod/)
  assert.match(
    await why('classless'),
    /only a volume that is there already[\s\S]*PersistentVolume\/small does not suit the claim: storageClassName does not match/,
  )
  assert.match(await why('unknown'), /StorageClass\/gone does not exist/)
  assert.match(await why('named'), /PersistentVolume\/nowhere is asked for by name and does not exist/)
})
