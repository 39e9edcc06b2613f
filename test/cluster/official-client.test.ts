import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as k8s from '@kubernetes/client-node'
import { startCluster } from '../../src/index.ts'

const cluster = await startCluster({ nodes: 2 })
after(() => cluster.stop())
const config = new k8s.KubeConfig()
config.loadFromString(await cluster.kubeconfig())
const core = config.makeApiClient(k8s.CoreV1Api)
const apps = config.makeApiClient(k8s.AppsV1Api)
const namespace = 'default'

/** Resolves with the first answer that is not undefined; fails after the deadline. */
async function eventually<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 15_000
  for (;;) {
    const found = await probe()
    if (found !== undefined) return found
    assert.ok(Date.now() < deadline, `still waiting for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('the official client creates, reads, replaces, patches, lists and deletes', async () => {
  const body = { metadata: { name: 'settings', labels: { app: 'a' } }, data: { colour: 'red' } }
  const created = await core.createNamespacedConfigMap({ namespace, body })
  assert.equal(created.data?.colour, 'red')
  const replaced = await core.replaceNamespacedConfigMap({
    namespace,
    name: 'settings',
    body: { ...created, data: { colour: 'blue' } },
  })
  assert.notEqual(replaced.metadata?.resourceVersion, created.metadata?.resourceVersion)
  const patched = await core.patchNamespacedConfigMap(
    { namespace, name: 'settings', body: [{ op: 'replace', path: '/data/colour', value: 'green' }] },
    k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.JsonPatch),
  )
  assert.equal(patched.data?.colour, 'green')
  const listed = await core.listNamespacedConfigMap({ namespace, labelSelector: 'app=a' })
  assert.deepEqual(
    listed.items.map((one) => one.metadata?.name),
    ['settings'],
  )
  await core.deleteNamespacedConfigMap({ namespace, name: 'settings' })
  await assert.rejects(
    core.readNamespacedConfigMap({ namespace, name: 'settings' }),
    (error: k8s.ApiException<unknown>) => error.code === 404,
  )
})

test('the official client watches', async () => {
  const seen: string[] = []
  const watch = new k8s.Watch(config)
  const done = Promise.withResolvers<void>()
  const controller = await watch.watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    { labelSelector: 'watched=yes' },
    (type, object) => {
      seen.push(`${type} ${object.metadata.name} ${object.data?.step ?? ''}`)
      if (type === 'DELETED') done.resolve()
    },
    () => {},
  )
  await core.createNamespacedConfigMap({
    namespace,
    body: { metadata: { name: 'w', labels: { watched: 'yes' } }, data: { step: '1' } },
  })
  await core.patchNamespacedConfigMap(
    { namespace, name: 'w', body: { data: { step: '2' } } },
    k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch),
  )
  await core.deleteNamespacedConfigMap({ namespace, name: 'w' })
  await done.promise
  controller.abort()
  assert.deepEqual(seen, ['ADDED w 1', 'MODIFIED w 2', 'DELETED w 2'])
})

test('the official client keeps an informer and rolls out a deployment', async () => {
  const informer = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/pods`, () =>
    core.listNamespacedPod({ namespace }),
  )
  const running = new Set<string>()
  informer.on('update', (pod) => {
    if (pod.status?.phase === 'Running') running.add(pod.metadata?.name ?? '')
  })
  let stopping = false
  informer.on('error', (error) => {
    // Stopping aborts the watch under way, which the informer reports as an error of its own.
    if (!stopping) assert.fail(String(error))
  })
  await informer.start()
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } }
  await apps.createNamespacedDeployment({
    namespace,
    body: { metadata: { name: 'web' }, spec: { replicas: 3, selector: { matchLabels: labels }, template } },
  })
  await eventually('3 running pods in the informer', async () => (running.size >= 3 ? true : undefined))
  const ready = await eventually('3 ready replicas', async () => {
    const { status } = await apps.readNamespacedDeploymentStatus({ namespace, name: 'web' })
    return status?.readyReplicas === 3 ? status : undefined
  })
  assert.equal(ready.availableReplicas, 3)
  assert.equal(informer.list().length, 3)
  stopping = true
  await informer.stop()
})
