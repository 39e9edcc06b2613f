import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepFreeze } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { factsOf, heldKeyOf, relabelled } from './pod-facts.ts'

test('a pod that is being resized counts with what it still holds', () => {
  const pod = (asked: string, held: string, more: object = {}): Pod => {
    const requests = { cpu: held }
    const containers = [{ name: 'c', image: 'x', resources: { requests: { cpu: asked } } }]
    const containerStatuses = [
      {
        name: 'c',
        ready: true,
        restartCount: 0,
        image: 'x',
        imageID: '',
        allocatedResources: requests,
        resources: { requests },
      },
    ]
    return { metadata: { name: 'a' }, spec: { containers }, status: { containerStatuses, ...more } } as never
  }
  assert.equal(heldKeyOf(pod('1', '1')), '')
  assert.deepEqual(
    [pod('1', '1'), pod('1', '2'), pod('2', '1')].map((one) => factsOf(one).cpuMilli),
    [1000, 2000, 2000],
  )
  const conditions = [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }]
  assert.equal(factsOf(pod('9', '1', { conditions })).cpuMilli, 1000)
  const held = deepFreeze(pod('1', '2'))
  assert.deepEqual(
    [held, { ...held, status: pod('1', '1').status }, held].map((one) => factsOf(one as Pod).cpuMilli),
    [2000, 1000, 2000],
  )
})

const podOf = (name: string, spec: object, labels: object = {}) =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'n', uid: name, labels }, spec }) as unknown as Pod
const containers = [{ name: 'c', image: 'app:1', resources: { requests: { cpu: '100m', memory: '1Ki' } } }]

test('pods that hold the same spec are told apart by what is their own', () => {
  const spec = deepFreeze({ containers, volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: {} } } }] })
  const [a, b] = [factsOf(podOf('a', spec, { app: 'a' })), factsOf(podOf('b', spec, { app: 'b' }))]
  assert.equal(a.signature, b.signature)
  assert.deepEqual([a.cpuMilli, b.cpuMilli, a.memoryBytes], [100, 100, 1024])
  assert.deepEqual([a.kind.labels, b.kind.labels], [{ app: 'a' }, { app: 'b' }])
  assert.deepEqual([a.storage?.claims[0]?.claim, b.storage?.claims[0]?.claim], ['a-v', 'b-v'])
  assert.deepEqual([a.pod.metadata.name, b.pod.metadata.name], ['a', 'b'])
})

test('a spec that may still change is read anew each time', () => {
  const spec = { containers, nodeSelector: { disk: 'ssd' } }
  const before = factsOf(podOf('a', spec))
  spec.nodeSelector = { disk: 'hdd' }
  assert.notEqual(factsOf(podOf('a', spec)).signature, before.signature)
})

test('a pod that is labelled otherwise comes to what it would have come to at once', () => {
  const terms = { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', matchLabelKeys: ['app'] }] }
  const spec = deepFreeze({ containers, affinity: { podAntiAffinity: terms } })
  const [before, after] = [podOf('a', spec, { app: 'a' }), podOf('a', spec, { app: 'b' })]
  const [is, wanted] = [relabelled(factsOf(before), after), factsOf(after)]
  assert.deepEqual(
    [is.kind, is.terms?.away.map(({ key }) => key), is.pod],
    [wanted.kind, wanted.terms?.away.map(({ key }) => key), after],
  )
})
