import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import { after, test } from 'node:test'
import * as k8s from '@kubernetes/client-node'
import { startCluster } from '../../src/index.ts'
import { startKettleOperator } from './kettle-operator.ts'
import { kettleObjects, kettleWebhooks } from './kettles.ts'
import { eventually, servingCertificate } from './serving.ts'

const cluster = await startCluster({ nodes: 0 })
const config = new k8s.KubeConfig()
config.loadFromString(await cluster.kubeconfig())
const objects = k8s.KubernetesObjectApi.makeApiClient(config)
const custom = config.makeApiClient(k8s.CustomObjectsApi)
const core = config.makeApiClient(k8s.CoreV1Api)
const serving = await servingCertificate()
const webhooks: Server = createServer(serving, kettleWebhooks)
await new Promise<void>((resolve) => webhooks.listen(0, '127.0.0.1', resolve))
for (const object of kettleObjects(serving, (webhooks.address() as { port: number }).port)) await objects.create(object)
const operators = ['one', 'two'].map((identity) => startKettleOperator(config, identity))
after(async () => {
  for (const operator of operators) await operator.stop()
  webhooks.closeAllConnections()
  await new Promise((resolve) => webhooks.close(resolve))
  await cluster.stop()
})

const at = { group: 'kitchen.example.com', namespace: 'default', plural: 'kettles' }
const read = (version: string, name: string) =>
  custom.getNamespacedCustomObject({ ...at, version, name }) as Promise<any>
const create = (version: string, name: string, spec: object) =>
  custom.createNamespacedCustomObject({
    ...at,
    version,
    body: { apiVersion: `${at.group}/${version}`, kind: 'Kettle', metadata: { name }, spec },
  }) as Promise<any>
const merge = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch)
const patch = (name: string, body: object) =>
  custom.patchNamespacedCustomObject({ ...at, version: 'v1', name, body }, merge) as Promise<any>
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'not refused',
    (error: k8s.ApiException<string>) => `${error.code} ${JSON.parse(error.body).message}`,
  )
const boiled = (name: string, generation: number) =>
  eventually(`${name} to boil`, async () => {
    const kettle = await read('v1', name)
    return kettle.status?.observedGeneration === generation ? kettle : undefined
  })

test('a kettle of the old version is defaulted, converted, boiled and told of', async () => {
  const made = await create('v1alpha1', 'tea', { litres: 2 })
  assert.deepEqual(made.spec, { litres: 2 })
  // The old version has no fuel: what the webhook added was lost on the way back, and came with the first change.
  const kettle = await boiled('tea', 2)
  assert.deepEqual(kettle.spec, { volume: '2l', fuel: 'gas' })
  assert.deepEqual(kettle.metadata.finalizers, ['kitchen.example.com/cool'])
  assert.equal(kettle.status.conditions[0].type, 'Boiled')
  const cup = await core.readNamespacedConfigMap({ namespace: 'default', name: 'tea-cup' })
  assert.deepEqual(cup.data, { volume: '2l', fuel: 'gas' })
  assert.deepEqual(
    cup.metadata?.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`),
    ['kettle-operator Apply'],
  )
  const event = await eventually('an event', async () => {
    const { items } = await core.listNamespacedEvent({
      namespace: 'default',
      fieldSelector: 'involvedObject.kind=Kettle,involvedObject.name=tea,reason=Boiled',
    })
    return items[0]
  })
  assert.equal(event.message, 'boiled 2l on gas')
})

test('the webhooks refuse what they do not like, in their words and with their code', async () => {
  assert.equal(
    await refusal(create('v1', 'bath', { volume: '200l' })),
    '422 admission webhook "check.kettles.example.com" denied the request: 200l is a bath',
  )
  assert.equal(
    await refusal(create('v1', 'odd', { volume: 'much' })),
    '422 Kettle.kitchen.example.com "odd" is invalid: spec.volume: Invalid value: "much": spec.volume in body should match \'^[0-9]+l$\'',
  )
})

test('what others own of the cup stays theirs, and a conflict is told', async () => {
  const apply = (manager: string, data: object, force = false) =>
    objects.patch(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'tea-cup', namespace: 'default' }, data } as never,
      undefined,
      undefined,
      manager,
      force,
      k8s.PatchStrategy.ServerSideApply,
    )
  await apply('guest', { sugar: 'two' })
  assert.equal(
    await refusal(apply('guest', { sugar: 'two', fuel: 'wood' })),
    '409 Apply failed with 1 conflict: conflict with "kettle-operator": .data.fuel',
  )
  await patch('tea', { spec: { fuel: 'wood' } })
  await boiled('tea', 3)
  const cup = await core.readNamespacedConfigMap({ namespace: 'default', name: 'tea-cup' })
  assert.deepEqual(cup.data, { volume: '2l', fuel: 'wood', sugar: 'two' })
})

test('status and spec are written apart', async () => {
  const before = await read('v1', 'tea')
  const body = { ...before, spec: { ...before.spec, fuel: 'coal' }, status: { observedGeneration: 77 } }
  const written = (await custom.replaceNamespacedCustomObjectStatus({ ...at, version: 'v1', name: 'tea', body })) as any
  assert.deepEqual([written.spec.fuel, written.status], ['wood', { observedGeneration: 77 }])
  assert.equal(written.metadata.generation, before.metadata.generation)
  assert.equal(
    await refusal(custom.replaceNamespacedCustomObject({ ...at, version: 'v1', name: 'tea', body })),
    '409 Operation cannot be fulfilled on kettles.kitchen.example.com "tea": the object has been modified; please apply your changes to the latest version and try again',
  )
})

test('one of two leads; when it stops, the other goes on', async () => {
  await eventually('a leader', async () => operators.find(({ leads }) => leads()))
  assert.equal(operators.filter(({ leads }) => leads()).length, 1)
  const first = operators.find(({ leads }) => leads())!
  await first.stop()
  await create('v1', 'soup', { volume: '5l' })
  await boiled('soup', 1)
  assert.equal(
    operators.find((one) => one !== first && one.leads())?.identity,
    operators.find((one) => one !== first)?.identity,
  )
})

test('a kettle that is deleted cools first, and its cup is collected', async () => {
  await custom.deleteNamespacedCustomObject({ ...at, version: 'v1', name: 'soup' })
  await eventually('the kettle gone', async () =>
    (await refusal(read('v1', 'soup'))).startsWith('404') ? true : undefined,
  )
  await eventually('the cup collected', async () =>
    (await refusal(core.readNamespacedConfigMap({ namespace: 'default', name: 'soup-cup' }))).startsWith('404')
      ? true
      : undefined,
  )
  assert.deepEqual(
    operators.flatMap(({ problems }) => problems()),
    [],
  )
})
