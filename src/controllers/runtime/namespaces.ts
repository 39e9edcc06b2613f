import { isAlreadyExists, type KubeObject, type ObjectName, StatusError } from '../../machinery/index.ts'
import { type Namespace, namespaces, type ResourceDefinition } from '../../resources/index.ts'
import type { Cached, Watch } from './controller.ts'

/** Wakes the namespace of the object. */
export function namespaceOf(resource: ResourceDefinition<any>, only: (object: any) => boolean = () => true): Watch {
  const nameOfNamespace = ({ metadata }: KubeObject): readonly ObjectName[] => [{ name: metadata.namespace ?? '' }]
  return { resource, wake: (object: KubeObject) => (only(object) ? nameOfNamespace(object) : []) }
}

/** The namespace, if there is one that may still be filled. */
export function activeNamespace(cached: Cached, name: ObjectName): Namespace | undefined {
  const namespace = cached(namespaces).get(name)
  return namespace === undefined || namespace.status.phase === 'Terminating' ? undefined : namespace
}

/** Whether a creation was refused because its namespace is going: nothing to report, and nothing to try again. */
export function isNamespaceGoing(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    (error.code === 404 ||
      error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true)
  )
}

/** Waits for a creation that somebody else may have done, or a going namespace may refuse. */
export async function unlessThere(creating: Promise<unknown>): Promise<void> {
  try {
    await creating
  } catch (error) {
    if (!isAlreadyExists(error) && !isNamespaceGoing(error)) throw error
  }
}
