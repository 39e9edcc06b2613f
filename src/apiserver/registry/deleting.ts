import { conflict, isConflict, type KubeObject, notFound, objectModified, StatusError } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { RequestContext, Result } from '../request.ts'
import { checkPreconditions, type DeleteOptions, planDeletion } from './deletion.ts'
import { asVersion, readyAhead } from './draft.ts'
import { atRevision, objectOf, rememberObject, storageKey, storedValue } from './encoding.ts'
import { listObjects } from './reading.ts'
import { attributesOf, conflictRetriesMax, type RegistryParts, resourceOf } from './write.ts'

/** Deletes an object, or marks it to be deleted once its finalizers and its grace allow. */
export async function deleteObject(
  parts: RegistryParts,
  definition: ResourceDefinition<any>,
  namespace: string | undefined,
  name: string,
  options: DeleteOptions,
  context: RequestContext,
): Promise<{ readonly object: KubeObject; readonly removed: boolean }> {
  const { store, clock, random, admission } = parts
  const key = storageKey(definition, namespace, name)
  for (let attempt = 1; ; attempt++) {
    const entry = await store.get(key)
    if (entry === undefined) throw notFound(resourceOf(definition), name)
    const stored = objectOf(definition, entry)
    await readyAhead(definition, [entry])
    const object = asVersion(definition, stored)
    checkPreconditions(definition, object, options)
    const attributes = attributesOf('DELETE', definition, '', namespace, name, undefined, object, context)
    await admission.admit(attributes)
    await admission.validate(attributes)
    const plan = planDeletion(definition, stored, options, clock.now())
    if (context.dryRun && plan.action === 'remove') return { object, removed: true }
    if (plan.action === 'nothing') return { object, removed: false }
    if (plan.action === 'remove') {
      const gone = await store.delete(key, entry.modified)
      if (gone.ok) return { object: atRevision(object, gone.entry.modified), removed: true }
    } else {
      const marked: any = { ...stored, metadata: plan.metadata }
      definition.prepareForDelete?.(marked, { nowMs: clock.now(), uuid: () => random.uuid() })
      if (plan.namespacePhase !== undefined) marked.status = { ...marked.status, phase: plan.namespacePhase }
      if (context.dryRun) return { object: asVersion(definition, marked), removed: false }
      const written = await store.put(key, storedValue(definition, marked), entry.modified)
      if (written.ok) {
        rememberObject(definition, written.entry, marked)
        await readyAhead(definition, [written.entry])
        return { object: asVersion(definition, objectOf(definition, written.entry)), removed: false }
      }
    }
    if (attempt >= conflictRetriesMax) throw conflict(resourceOf(definition), name, objectModified)
  }
}

/** Deletes all that a list with this context gives; answers with that list. */
export async function deleteCollection(
  parts: RegistryParts,
  definition: ResourceDefinition<any>,
  namespace: string | undefined,
  options: DeleteOptions,
  context: RequestContext,
): Promise<Result> {
  const list = await listObjects(parts, definition, namespace, {
    ...context,
    query: { ...context.query, limit: context.query.limit ?? '0' },
  })
  if (list.type !== 'list') throw new Error('a list was expected')
  for (const entry of list.entries) {
    const { metadata } = objectOf(definition, entry)
    await deleteObject(parts, definition, metadata.namespace, metadata.name, options, context).catch(
      (error: unknown) => {
        const skip = error instanceof StatusError && (error.reason === 'NotFound' || isConflict(error))
        if (!skip) throw error
      },
    )
  }
  return list
}
