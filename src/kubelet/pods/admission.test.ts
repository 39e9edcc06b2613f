import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podWith } from '../../../test/fixtures/kubelet.ts'
import type { Node } from '../../resources/index.ts'
import { Judging, refusalOf } from './admission.ts'

test('a node that is short of something takes no more pods, but for those it must and, short of memory, those that asked for some', async () => {
  const nodeWith = (...types: string[]) => {
    const conditions = types.map((type) => ({ type, status: 'True' }))
    return { metadata: { name: 'a' }, status: { conditions } } as unknown as Node
  }
  const plain = podWith({})
  const burstable = podWith({ containers: [{ name: 'c', resources: { requests: { memory: '1Mi' } } }] })
  const tolerant = podWith({ tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }] })
  const critical = podWith({ priority: 2_000_000_000 })
  const told = async (pod: typeof plain, node: Node) => {
    const refusal = await refusalOf({ pod, others: [], allowedUnsafeSysctls: [] }, node, async () => node)
    return refusal === undefined ? '' : `${refusal.reason}: ${refusal.message}`
  }
  const memory = nodeWith('Ready', 'MemoryPressure')
  assert.deepEqual(await Promise.all([plain, burstable, tolerant, critical].map((pod) => told(pod, memory))), [
    'Evicted: The node had condition: [MemoryPressure]. ',
    '',
    '',
    '',
  ])
  const disk = nodeWith('DiskPressure', 'MemoryPressure')
  const refused = 'Evicted: The node had condition: [MemoryPressure DiskPressure]. '
  const tolds = await Promise.all([plain, burstable, tolerant, critical].map((pod) => told(pod, disk)))
  assert.deepEqual(tolds, [refused, refused, refused, ''])
})

test('a pod is refused for the node’s labels only as they are now', async () => {
  const nodeWith = (labels: Record<string, string>) =>
    ({ metadata: { name: 'a', labels }, status: {} }) as unknown as Node
  const input = { pod: podWith({ nodeSelector: { disk: 'fast' } }), others: [], allowedUnsafeSysctls: [] }
  const old = nodeWith({})
  assert.equal(await refusalOf(input, old, async () => nodeWith({ disk: 'fast' })), undefined)
  assert.equal((await refusalOf(input, old, async () => old))?.reason, 'NodeAffinity')
  const lost = () => Promise.reject(new Error('no answer'))
  assert.equal((await refusalOf(input, old, lost))?.reason, 'NodeAffinity')
  assert.equal(await refusalOf(input, nodeWith({ disk: 'fast' }), lost), undefined)
})

test('a pod that was taken counts for those judged after it, and one that was refused for nobody', async () => {
  const asking = (name: string, cpu: string) => ({
    ...podWith({ containers: [{ name: 'c', resources: { requests: { cpu } } }] }),
    metadata: { name, uid: name },
  })
  const node = { metadata: { name: 'a' }, status: { allocatable: { cpu: '4', pods: '10' } } } as unknown as Node
  const taken: ReturnType<typeof asking>[] = []
  const judging = new Judging((pod) =>
    refusalOf({ pod, others: taken as never, allowedUnsafeSysctls: [] }, node, async () => node),
  )
  const judge = async (name: string, cpu: string) => {
    const pod = asking(name, cpu)
    return (await judging.refusal(pod as never, () => taken.push(pod)))?.reason ?? ''
  }
  assert.deepEqual(
    await Promise.all([judge('huge', '9000'), judge('first', '3'), judge('second', '3'), judge('third', '1')]),
    ['OutOfcpu', '', 'OutOfcpu', ''],
  )
  assert.deepEqual(
    taken.map(({ metadata }) => metadata.name),
    ['first', 'third'],
  )
})
