import type { Metrics, Reading } from '../../machinery/index.ts'
import {
  classOfClaim,
  classOfVolume,
  type PersistentVolume,
  type PersistentVolumeClaim,
} from '../../resources/index.ts'

/** What a volume is of, as Kubernetes names the plugins. */
const plugins: Readonly<Record<string, string>> = {
  hostPath: 'kubernetes.io/host-path',
  local: 'kubernetes.io/local-volume',
  nfs: 'kubernetes.io/nfs',
  iscsi: 'kubernetes.io/iscsi',
  fc: 'kubernetes.io/fc',
}

/** Kubernetes' metrics of volumes and claims, counted when somebody asks. */
export function volumeReadings(
  metrics: Metrics,
  volumes: () => readonly PersistentVolume[],
  claims: () => readonly PersistentVolumeClaim[],
): void {
  const gauge = (name: string, help: string, read: () => Iterable<Reading>) =>
    metrics.readings(`pv_collector_${name}`, 'gauge', help, read)
  const isBound = ({ status }: { readonly status?: { readonly phase?: string } }) => status?.phase === 'Bound'
  const ofVolumes = (bound: boolean) => () =>
    counted(
      volumes().filter((one) => isBound(one) === bound),
      (one) => ({ storage_class: classOfVolume(one) }),
    )
  const ofClaims = (bound: boolean) => () =>
    counted(
      claims().filter((one) => isBound(one) === bound),
      (one) => ({
        namespace: one.metadata.namespace ?? '',
        storage_class: classOfClaim(one),
        volume_attributes_class: one.spec?.volumeAttributesClassName ?? '',
      }),
    )
  gauge('total_pv_count', 'Gauge measuring total number of persistent volumes', () =>
    counted(volumes(), (one) => ({ plugin_name: pluginOf(one), volume_mode: one.spec?.volumeMode ?? 'Filesystem' })),
  )
  gauge('bound_pv_count', 'Gauge measuring number of persistent volume currently bound', ofVolumes(true))
  gauge('unbound_pv_count', 'Gauge measuring number of persistent volume currently unbound', ofVolumes(false))
  gauge('bound_pvc_count', 'Gauge measuring number of persistent volume claim currently bound', ofClaims(true))
  gauge('unbound_pvc_count', 'Gauge measuring number of persistent volume claim currently unbound', ofClaims(false))
}

function pluginOf({ spec }: PersistentVolume): string {
  const driver = spec?.csi?.driver
  if (driver !== undefined) return `kubernetes.io/csi:${driver}`
  const source = Object.keys(plugins).find((key) => key in (spec ?? {}))
  return source === undefined ? 'N/A' : plugins[source]!
}

function counted<T>(all: readonly T[], labelsOf: (one: T) => Readonly<Record<string, string>>): readonly Reading[] {
  const counts = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>()
  for (const one of all) {
    const labels = labelsOf(one)
    const key = JSON.stringify(labels)
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { labels, value: 1 })
    else known.value++
  }
  return [...counts.values()]
}
