import type { PersistentVolume, Pod } from '../../resources/index.ts'

/** Kubernetes: plugins are named after what they make volumes of. */
const names: Readonly<Record<string, string>> = {
  emptyDir: 'empty-dir',
  configMap: 'configmap',
  hostPath: 'host-path',
  downwardAPI: 'downward-api',
  persistentVolumeClaim: 'local-volume',
  ephemeral: 'local-volume',
  local: 'local-volume',
}
const nameOf = (source: string) => `kubernetes.io/${names[source] ?? source.toLowerCase()}`

/** The plugin that makes a volume of a pod. */
export function pluginOf(volume: NonNullable<Pod['spec']['volumes']>[number]): string {
  return nameOf(Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir')
}

/** The plugin behind a volume that outlives pods. */
export function pluginBehind({ spec }: PersistentVolume): string {
  return nameOf(spec.hostPath === undefined ? 'local' : 'hostPath')
}
