export type { RecordEvent } from '../client/index.ts'

export type EventType = 'Normal' | 'Warning'

/** How events name a container of a pod. */
export function containerFieldPath(kind: 'init' | 'sidecar' | 'main' | 'ephemeral', name: string): string {
  const list = {
    init: 'initContainers',
    sidecar: 'initContainers',
    main: 'containers',
    ephemeral: 'ephemeralContainers',
  }
  return `spec.${list[kind]}{${name}}`
}
