import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../machinery/index.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../resources/index.ts'
import { volumeReadings } from './measures.ts'

test('volumes and claims are counted by class, and by what they are of', () => {
  const volume = (phase: string, source: object) =>
    ({ metadata: {}, spec: { storageClassName: 'fast', ...source }, status: { phase } }) as unknown as PersistentVolume
  const claim = (namespace: string, phase: string) =>
    ({
      metadata: { namespace },
      spec: { storageClassName: 'fast' },
      status: { phase },
    }) as unknown as PersistentVolumeClaim
  const metrics = new Metrics()
  volumeReadings(
    metrics,
    () => [
      volume('Bound', { hostPath: {} }),
      volume('Available', { hostPath: {} }),
      volume('Bound', { csi: { driver: 'd' } }),
    ],
    () => [claim('a', 'Bound'), claim('a', 'Pending'), claim('b', 'Bound'), claim('a', 'Bound')],
  )
  const lines = metrics
    .text()
    .split('\n')
    .filter((line) => line.startsWith('pv_'))
  assert.deepEqual(lines, [
    'pv_collector_total_pv_count{plugin_name="kubernetes.io/host-path",volume_mode="Filesystem"} 2',
    'pv_collector_total_pv_count{plugin_name="kubernetes.io/csi:d",volume_mode="Filesystem"} 1',
    'pv_collector_bound_pv_count{storage_class="fast"} 2',
    'pv_collector_unbound_pv_count{storage_class="fast"} 1',
    'pv_collector_bound_pvc_count{namespace="a",storage_class="fast",volume_attributes_class=""} 2',
    'pv_collector_bound_pvc_count{namespace="b",storage_class="fast",volume_attributes_class=""} 1',
    'pv_collector_unbound_pvc_count{namespace="a",storage_class="fast",volume_attributes_class=""} 1',
  ])
})
