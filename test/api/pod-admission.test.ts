import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergedTolerations } from '../../src/apiserver/admission/runtime-class.ts'
import { startApi } from '../fixtures/api.ts'

const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'default' }
const classes = { group: 'node.k8s.io', version: 'v1', resource: 'runtimeclasses' }
const pod = (name: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'app:1' }], ...spec },
})
const runtimeClass = (name: string, more: object) => ({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name },
  handler: 'runc',
  ...more,
})
test('a pod takes overhead, node selector and tolerations of its class, and needs the class to be there', async () => {
  await using api = await startApi()
  const create = (name: string, spec: object) => api.call({ ...pods, verb: 'create', body: pod(name, spec) })
  const scheduling = { nodeSelector: { disk: 'fast' }, tolerations: [{ key: 'fast', operator: 'Exists' }] }
  const overhead = { podFixed: { cpu: '10m', memory: '1Mi' } }
  await api.call({ ...classes, verb: 'create', body: runtimeClass('fast', { overhead, scheduling }) })
  await api.call({ ...classes, verb: 'create', body: runtimeClass('plain', {}) })

  const made = await create('a', { runtimeClassName: 'fast', nodeSelector: { zone: 'x' } })
  assert.deepEqual(made.spec.overhead, { cpu: '10m', memory: '1Mi' })
  assert.deepEqual(made.spec.nodeSelector, { zone: 'x', disk: 'fast' })
  assert.ok(made.spec.tolerations.some((one: { key: string }) => one.key === 'fast'))
  assert.equal((await create('b', { runtimeClassName: 'plain' })).spec.overhead, undefined)

  const refusals = [
    { spec: { runtimeClassName: 'none' }, why: 'pod rejected: RuntimeClass "none" not found' },
    {
      spec: { runtimeClassName: 'fast', overhead: { cpu: '20m' } },
      why: "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    },
    {
      spec: { runtimeClassName: 'fast', nodeSelector: { disk: 'slow' } },
      why: 'conflict: runtimeClass.scheduling.nodeSelector[disk] = fast; pod.spec.nodeSelector[disk] = slow',
    },
    {
      spec: { overhead: { cpu: '20m' } },
      why: 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    },
  ]
  for (const { spec, why } of refusals)
    await assert.rejects(create('c', spec), { code: 403, message: `pods "c" is forbidden: ${why}` })
})

test('of tolerations of which one covers the other the wider is kept', () => {
  const all = { operator: 'Exists' } as const
  const seconds = (tolerationSeconds: number) => ({ key: 'a', ...all, effect: 'NoExecute', tolerationSeconds }) as const
  const cases = [
    { given: [{ key: 'a', operator: 'Equal', value: 'b' }, all], kept: [all] },
    { given: [seconds(5), seconds(9)], kept: [seconds(9)] },
    { given: [seconds(9), seconds(5)], kept: [seconds(9)] },
    {
      given: [
        { key: 'a', ...all },
        { key: 'a', ...all },
      ],
      kept: [{ key: 'a', ...all }],
    },
    {
      given: [
        { key: 'a', ...all },
        { key: 'b', ...all },
      ],
      kept: [
        { key: 'a', ...all },
        { key: 'b', ...all },
      ],
    },
  ] as const
  for (const { given, kept } of cases) assert.deepEqual(mergedTolerations(given), kept)
})

test('a change that leaves out the tolerations every pod has is no change of them', async () => {
  await using api = await startApi()
  const made = await api.call({ ...pods, verb: 'create', body: pod('a', {}) })
  const own = { key: 'own', operator: 'Equal', value: 'x', effect: 'NoSchedule' }
  const body = { ...made, spec: { ...made.spec, tolerations: [own] } }
  const changed = await api.call({ ...pods, verb: 'update', name: 'a', body })
  assert.deepEqual(
    changed.spec.tolerations.map((one: { key: string }) => one.key),
    ['own', 'node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'],
  )
})

test('a write that changes nothing keeps the revision, the first one after admission has added to a pod too', async () => {
  await using api = await startApi()
  const port = { containers: [{ name: 'main', image: 'app:1', ports: [{ containerPort: 80 }] }] }
  const made = await api.call({ ...pods, verb: 'create', body: pod('still', port) })
  const at = { ...pods, name: 'still', verb: 'patch', patchType: 'strategic' } as const
  const body = { metadata: { labels: null }, spec: { containers: [{ name: 'main', image: 'app:1' }] } }
  const same = await api.call({ ...at, body })
  assert.equal(same.metadata.resourceVersion, made.metadata.resourceVersion)
  const moved = await api.call({ ...at, body: { spec: { containers: [{ name: 'main', image: 'app:2' }] } } })
  assert.notEqual(moved.metadata.resourceVersion, made.metadata.resourceVersion)
})
