import { sameJson } from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'

/**
 * Kinds of which nothing but their writers changes what lies beside metadata and status once it is there: neither defaults nor
 * strategy nor the server's own admission. Policies and webhooks put something else in its place.
 */
export const settlingKinds: ReadonlySet<string> = new Set([
  '/configmaps',
  '/secrets',
  'apps/daemonsets',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
])
const settled = new WeakSet<object>()

/**
 * Notes that an object, which is stored and frozen, has been through everything a write goes through: who writes the same again
 * may share it, and it need not be looked at again.
 */
export function settle({ group, plural, version, storage }: ResourceDefinition<any>, object: object): void {
  if (!settlingKinds.has(`${group}/${plural}`) || storage.group !== group || storage.version !== version) return
  for (const [name, member] of Object.entries(object))
    if (name !== 'metadata' && typeof member === 'object' && member !== null && Object.isFrozen(member))
      settled.add(member)
}

/** Whether a value is such a member of an object. */
export function isSettled(value: object): boolean {
  return settled.has(value)
}

/** Whether a draft comes to the object it began from: all beside the metadata is the very same, and the metadata says the same. */
export function isUntouched(draft: Draft, previous: { readonly metadata: object }): boolean {
  const before = previous as Readonly<Record<string, unknown>>
  for (const key in draft) if (key !== 'metadata' && draft[key] !== before[key]) return false
  for (const key in before) if (before[key] !== undefined && draft[key] === undefined) return false
  const { resourceVersion: _, ...metadata } = previous.metadata as Readonly<Record<string, unknown>>
  return sameJson(draft.metadata, metadata)
}
