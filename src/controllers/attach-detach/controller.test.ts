import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Metrics, manualClock } from '../../machinery/index.ts'
import { nodes, persistentVolumes, volumeAttachments } from '../../resources/index.ts'
import { attachDetachController } from './controller.ts'

/** A volume that no pod uses, and that a node which is not Ready has mounted. */
function silentNode(settings: object = {}) {
  const clock = manualClock()
  const metrics = new Metrics()
  const volume = { metadata: { name: 'v' }, spec: { csi: { driver: 'd', volumeHandle: 'v' } } }
  const node = {
    metadata: { name: 'n' },
    spec: {},
    status: {
      conditions: [{ type: 'Ready', status: 'Unknown' }],
      volumesInUse: ['kubernetes.io/csi/d^v'],
      volumesAttached: [{ name: 'kubernetes.io/csi/d^v', devicePath: '' }],
    },
  }
  const attachment = {
    metadata: { name: `csi-${createHash('sha256').update('vdn').digest('hex')}`, uid: 'u' },
    spec: { attacher: 'd', nodeName: 'n', source: { persistentVolumeName: 'v' } },
    status: { attached: true },
  }
  const one = new Map<unknown, object>([
    [nodes, node],
    [persistentVolumes, volume],
  ])
  const deleted: string[] = []
  const client = {
    patch: async () => {},
    delete: async (_of: unknown, { name }: { name: string }) => void deleted.push(name),
  }
  const reconcile = attachDetachController.start({
    cached: (kind: unknown) => ({
      addIndex() {},
      get: () => one.get(kind),
      by: () => (kind === volumeAttachments ? [attachment] : []),
    }),
    ...{ clock, metrics, config: { settings }, record() {} },
  } as never)
  const look = () => reconcile({ name: 'n' }, { client, because() {} } as never)
  return { clock, metrics, deleted, look }
}

test('a volume is detached by force when a node has not been Ready for six minutes and nobody needs it', async () => {
  const { clock, metrics, deleted, look } = silentNode()
  const again = await look()
  assert.ok(again !== undefined && again.againInMs > 359_000 && again.againInMs < 361_000)
  assert.deepEqual(deleted, [])
  clock.advance(again.againInMs)
  assert.equal(await look(), undefined)
  assert.equal(deleted.length, 1)
  assert.match(metrics.text(), /attachdetach_controller_forced_detaches\{reason="timeout"\} 1/)
})

test('by force nothing is detached where that is turned off', async () => {
  const { clock, deleted, look } = silentNode({ forceDetachMs: 0 })
  assert.equal(await look(), undefined)
  clock.advance(3_600_000)
  assert.equal(await look(), undefined)
  assert.deepEqual(deleted, [])
})
