import { cloneJson, isConflict, isNotFound, type KubeObject, sameJson } from '../../machinery/index.ts'
import { flowSchemas, priorityLevelConfigurations, type ResourceDefinition } from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import type { Registry } from '../registry/registry.ts'
import { autoUpdate, type BootstrapObject, bootstrapLevels, bootstrapSchemas } from './bootstrap-objects.ts'
import { exemptLevel } from './level.ts'

/** Kubernetes: what Go reads as a truth value; undefined for anything else. */
function truthOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text) ? false : undefined
}

/**
 * The object as it should be; undefined when it is so. Kubernetes: suggested objects are left alone once somebody has said so
 * in their annotation, or has changed them before there was one.
 */
export function revised(current: KubeObject, { object, mandatory }: BootstrapObject<KubeObject>): object | undefined {
  const said = truthOf(current.metadata.annotations?.[autoUpdate])
  const ours = mandatory || (said ?? current.metadata.generation === 1)
  const wanted = (object as { spec?: unknown }).spec
  const differs = ours && !sameSpec(current, wanted)
  if (said === ours && !differs) return undefined
  const next: any = cloneJson(current)
  next.metadata.annotations = { ...next.metadata.annotations, [autoUpdate]: String(ours) }
  if (differs) next.spec = wanted
  return next
}

function sameSpec(current: KubeObject, wanted: any): boolean {
  const { spec } = current as { spec?: any }
  // Kubernetes: what the exempt level may lend is its administrators' to say.
  const own = current.kind === 'PriorityLevelConfiguration' && current.metadata.name === exemptLevel
  if (own && spec?.exempt === undefined) return false
  return sameJson(plain(spec), plain(own ? { ...wanted, exempt: spec.exempt } : wanted))
}

/** Without the members that are left out on the wire when they say nothing. */
function plain(value: any): any {
  return JSON.parse(JSON.stringify(value, (key, one) => (key === 'clusterScope' && one === false ? undefined : one)))
}

const context = () => ({ ...loopbackContext(), manager: 'api-priority-and-fairness-config-producer-v1' })

/** Creates what is missing, brings back what is the server's, and deletes what former versions made. */
export async function keepBootstrapObjects(registry: Registry): Promise<void> {
  const levels = bootstrapLevels()
  const schemas = bootstrapSchemas()
  const schemasBefore = await registry.all<KubeObject>(flowSchemas)
  const levelsBefore = await registry.all<KubeObject>(priorityLevelConfigurations)
  for (const mandatory of [false, true]) {
    await keepAll(
      registry,
      priorityLevelConfigurations,
      levels.filter((one) => one.mandatory === mandatory),
    )
    await keepAll(
      registry,
      flowSchemas,
      schemas.filter((one) => one.mandatory === mandatory),
    )
  }
  await removeOthers(registry, flowSchemas, schemasBefore, schemas)
  await removeOthers(registry, priorityLevelConfigurations, levelsBefore, levels)
}

async function keepAll(
  registry: Registry,
  definition: ResourceDefinition<any>,
  objects: readonly BootstrapObject<KubeObject>[],
): Promise<void> {
  await Promise.all(objects.map((one) => keep(registry, definition, one)))
}

async function keep(
  registry: Registry,
  definition: ResourceDefinition<any>,
  one: BootstrapObject<KubeObject>,
): Promise<void> {
  const { name } = one.object.metadata
  const current = await registry.find<KubeObject>(definition, undefined, name)
  if (current === undefined) {
    const object = { ...cloneJson(one.object), metadata: { name, annotations: { [autoUpdate]: 'true' } } }
    await registry.seed(definition, object, context())
    return
  }
  if (revised(current, one) === undefined) return
  const next = (live: KubeObject | undefined) => (revised(live!, one) ?? cloneJson(live!)) as any
  await registry.update(definition, undefined, name, { retry: true, next }, context()).catch((error: unknown) => {
    if (!isConflict(error) && !isNotFound(error)) throw error
  })
}

async function removeOthers(
  registry: Registry,
  definition: ResourceDefinition<any>,
  before: readonly KubeObject[],
  wanted: readonly BootstrapObject<KubeObject>[],
): Promise<void> {
  const names = new Set(wanted.map(({ object }) => object.metadata.name))
  for (const { metadata } of before) {
    if (names.has(metadata.name) || truthOf(metadata.annotations?.[autoUpdate]) !== true) continue
    await registry.delete(definition, undefined, metadata.name, {}, context()).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}
