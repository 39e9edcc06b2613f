import { alreadyExists, type KubeObject, timestampOf } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { RequestContext, Result } from '../request.ts'
import { rememberObject, storageKey, storedValue } from './encoding.ts'
import { generateAttemptsMax, generatedName } from './names.ts'
import type { Outcome, Template } from './templates.ts'
import { type RegistryParts, replyOf, resourceOf } from './write.ts'

/** Stores another object of a template that nobody need be asked about: what the last one came to, under its own name. */
export async function createGranted(
  { clock, random, store }: RegistryParts,
  definition: ResourceDefinition<any>,
  template: Template,
  { object: first, warnings, length, leave }: Outcome,
  stated: string | undefined,
  { audit, ...context }: RequestContext,
): Promise<Result> {
  leave!.standing.note((key, value) => audit?.annotate(key, value))
  context.warnings.push(...warnings)
  const creationTimestamp = timestampOf(clock.now())
  const managedFields = template.managersAt(creationTimestamp)
  for (let attempt = 1; ; attempt++) {
    const name = stated ?? generatedName(first.metadata.generateName!, random)
    const metadata = { ...first.metadata, name, uid: random.uuid(), creationTimestamp, managedFields }
    const object: KubeObject = { ...first, metadata }
    const key = storageKey(definition, leave!.namespace, name)
    const written = await store.put(key, storedValue(definition, object, length), 0)
    if (written.ok) {
      rememberObject(definition, written.entry, object)
      return replyOf(definition, written.entry, 201)
    }
    if (stated !== undefined || attempt >= generateAttemptsMax) throw alreadyExists(resourceOf(definition), name)
  }
}
