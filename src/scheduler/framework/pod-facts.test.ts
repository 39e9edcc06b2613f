import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../resources/index.ts'
import { factsOf, heldKeyOf } from './pod-facts.ts'

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
})
