import type { KubeObject } from '../machinery/index.ts'

export type EventType = 'Normal' | 'Warning'
/** Tells users what happened to an object; never fails, never waits. `fieldPath` names a part: `spec.containers{web}`. */
export type RecordEvent = (
  about: KubeObject,
  type: EventType,
  reason: string,
  message: string,
  fieldPath?: string,
) => void

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
