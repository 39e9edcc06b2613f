import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import { StatusError } from '../../src/machinery/index.ts'
import { limitRanges, namespaces, type Pod, pods, priorityClasses } from '../../src/resources/index.ts'
import { startApi } from '../fixtures/api.ts'

const template = {
  metadata: { labels: { app: 'web' }, annotations: { note: 'n' } },
  spec: {
    containers: [
      { name: 'c', image: 'web:1', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }, { name: 'A' }] },
    ],
  },
}
const podOf = (metadata: object, more: object = {}): any => ({
  apiVersion: 'v1',
  kind: 'Pod',
  ...template,
  metadata: { ...template.metadata, namespace: 'default', ...metadata },
  ...more,
})
/** What does not differ between two pods of one template, whenever they were made. */
function shown({ metadata, ...rest }: Pod): object {
  const { uid: _uid, name: _name, resourceVersion: _revision, creationTimestamp, managedFields, ...meta } = metadata
  const managers = managedFields!.map(({ time, ...entry }) => {
    assert.equal(time, creationTimestamp)
    return entry
  })
  const text = JSON.stringify({ ...rest, metadata: { ...meta, managers } })
  return JSON.parse(text.replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-'))
}
const openCluster = () => startCluster({ nodes: 0, without: ['controllers', 'scheduler'] })

test('pods that differ in their names alone come to what each comes to by itself, and share it', async () => {
  await using cluster = await openCluster()
  await using other = await openCluster()
  const made: Pod[] = []
  for (const name of ['a', 'b', 'c']) made.push(await cluster.client.create(pods, podOf({ name })))
  const alone = await other.client.create(pods, podOf({ name: 'alone' }))
  for (const pod of made) assert.deepEqual(shown(pod), shown(alone))
  assert.equal(new Set(made.map(({ metadata }) => metadata.uid)).size, 3)
  assert.equal(made[1]!.spec, made[2]!.spec)
  assert.deepEqual(
    (await cluster.client.list(pods)).items.map(({ metadata }) => metadata.name),
    ['a', 'b', 'c'],
  )
})

test('names that are made up by the server differ, and what is wrong with a name is said all the same', async () => {
  await using cluster = await openCluster()
  const create = (metadata: object) => cluster.client.create(pods, podOf(metadata))
  const names = new Set<string>()
  for (let at = 0; at < 5; at++) names.add((await create({ generateName: 'web-' })).metadata.name)
  assert.equal(names.size, 5)
  await create({ name: 'a' })
  const refused = async (name: string, reason: string) =>
    assert.rejects(create({ name }), (error) => error instanceof StatusError && error.status.reason === reason)
  await refused('a', 'AlreadyExists')
  await refused('Not_a_name', 'Invalid')
  await refused('', 'Invalid')
  assert.equal((await create({ name: 'a.b' })).metadata.name, 'a.b')
})

test('what decides about pods is asked for each of them', async () => {
  await using cluster = await openCluster()
  const { client } = cluster
  const create = (name: string) => client.create(pods, podOf({ name }))
  assert.equal((await create('a')).spec!.priority, 0)
  await create('b')
  await client.create(priorityClasses, {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'high' },
    value: 7,
    globalDefault: true,
  } as any)
  assert.equal((await create('c')).spec!.priority, 7)
  await client.create(limitRanges, {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'l', namespace: 'default' },
    spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '100m' } }] },
  } as any)
  for (const name of ['d', 'e'])
    assert.deepEqual((await create(name)).spec!.containers[0]!.resources, { requests: { cpu: '100m' } })
  await client.patch(
    namespaces,
    { name: 'default' },
    { type: 'merge', body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } } },
  )
  await assert.rejects(create('f'), /violates PodSecurity/)
  assert.equal((await client.list(pods)).items.length, 5)
})

test('each pod of a template is warned of, and another label of it is another template', async () => {
  await using api = await startApi()
  const create = (metadata: object) =>
    api.reply({
      ...{ verb: 'create', group: '', version: 'v1', resource: 'pods', namespace: 'default' },
      body: podOf(metadata),
    })
  const warned = [await create({ name: 'a' }), await create({ name: 'b' })].map(({ warnings }) => warnings)
  assert.match(String(warned[0]), /hides previous definition/)
  assert.deepEqual(warned[1], warned[0])
  const other = await create({ name: 'c', labels: { app: 'db' } })
  assert.deepEqual((other.body as Pod).metadata.labels, { app: 'db' })
})
