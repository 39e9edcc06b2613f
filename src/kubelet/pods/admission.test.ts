import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podWith } from '../../../test/fixtures/kubelet.ts'
import type { Node } from '../../resources/index.ts'
import { refusalOf } from './admission.ts'

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
