import {
  badRequest,
  type Clock,
  cloneJson,
  conflict,
  invalid,
  invalidObject,
  type KubeObject,
  labelSelectorText,
  notFound,
  objectModified,
  parseJsonPath,
} from '../../machinery/index.ts'
import {
  type Draft,
  deployments,
  type ResourceDefinition,
  replicaSets,
  replicationControllers,
  statefulSets,
} from '../../resources/index.ts'
import { applyDraft } from '../registry/managers.ts'
import { patchPlain } from '../registry/patching.ts'
import type { Registry } from '../registry/registry.ts'
import type { RequestContext } from '../request.ts'
import type { HandlerTable, SpecialHandler } from './subresources.ts'

/** autoscaling/v1 Scale of the workload kinds: replicas read and written without knowing the kind. */
export function scaleSubresources(registry: Registry, clock: Clock): HandlerTable {
  const kinds = [deployments, replicaSets, statefulSets, replicationControllers] as readonly ResourceDefinition<any>[]
  const scale = scaleHandler(registry, clock)
  return Object.fromEntries(kinds.map((definition) => [`${definition.group}/${definition.plural}/scale`, scale]))
}

/** The same for any kind that has a scale, custom resources included. */
export function scaleHandler(registry: Registry, clock: Clock): SpecialHandler {
  const about = { group: 'autoscaling', kind: 'Scale' }
  return async ({ verb, definition, namespace, name = '', body, patchType }, context) => {
    const object = await registry.find(definition, namespace, name)
    if (object === undefined) throw notFound({ group: definition.group, resource: definition.plural }, name)
    if (verb === 'get') return { type: 'value', code: 200, body: scaleObject(definition, object) }
    const wanted = verb === 'patch' ? patchPlain(scaleObject(definition, object), patchType ?? 'merge', body) : body
    const scale = wanted as {
      metadata?: { name?: string; namespace?: string; resourceVersion?: string; uid?: string }
      spec?: { replicas?: number }
    }
    if (scale.metadata?.name !== undefined && scale.metadata.name !== name)
      throw badRequest(`the name of the object (${scale.metadata.name}) does not match the name on the URL (${name})`)
    const replicas = scale.spec?.replicas ?? 0
    if (!Number.isInteger(replicas))
      throw badRequest(
        'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal number into Go struct field ScaleSpec.spec.replicas of type int32',
      )
    if (replicas < 0)
      throw invalidObject(about, name, [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')])
    const result = await registry.update(
      definition,
      namespace,
      name,
      {
        subresource: 'scale',
        retry: verb === 'patch',
        ...(patchType === 'apply' ? ({ managed: true, operation: 'Apply' } as const) : {}),
        next(current) {
          if (patchType === 'apply') return appliedScale(definition, current!, replicas, context, clock.now())
          const draft = cloneJson(current) as Draft
          const { uid, resourceVersion } = scale.metadata ?? {}
          const resource = { group: definition.group, resource: definition.plural }
          if (uid !== undefined && uid !== '' && uid !== draft.metadata.uid)
            throw conflict(
              resource,
              name,
              `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${draft.metadata.uid}`,
            )
          if (
            verb === 'update' &&
            resourceVersion !== undefined &&
            resourceVersion !== '' &&
            resourceVersion !== draft.metadata.resourceVersion
          )
            throw conflict(resource, name, objectModified)
          setReplicas(definition, draft, replicas)
          return draft
        },
        strategy: {
          prepare(draft, previous) {
            definition.prepareForUpdate(draft, previous, { nowMs: 0, uuid: () => '' })
          },
          validate: (draft, previous) => definition.validateUpdate(draft, previous),
        },
      },
      context,
    )
    if (result.type !== 'object') return result
    return { type: 'value', code: 200, body: scaleObject(definition, result.object) }
  }
}

/** Kubernetes: a Scale that is applied owns one field of the object, and others may own it already. */
function appliedScale(
  definition: ResourceDefinition<any>,
  current: KubeObject,
  replicas: number,
  context: RequestContext,
  nowMs: number,
): Draft {
  const { apiVersion, kind, metadata } = current
  const applied = { apiVersion, kind, metadata: { name: metadata.name } }
  setReplicas(definition, applied, replicas)
  const { fieldManager: manager = '', force } = context.query
  const how = { manager, force: force === 'true', subresource: 'scale', nowMs }
  return applyDraft(definition, current, applied, how, context)
}

function scaleObject(definition: ResourceDefinition<any>, object: KubeObject): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const { wanted, present, selector } = scaleValues(definition, object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: wanted === undefined || wanted === 0 ? {} : { replicas: wanted },
    status: { replicas: present ?? 0, ...(selector === '' ? {} : { selector }) },
  }
}

interface ScaleValues {
  readonly wanted: number | undefined
  readonly present: number | undefined
  readonly selector: string
}

function scaleValues(definition: ResourceDefinition<any>, object: KubeObject): ScaleValues {
  const paths = definition.custom?.scale
  if (paths !== undefined) {
    const at = (path: string | undefined): any => (path === undefined ? undefined : parseJsonPath(path).find(object)[0])
    const selector = at(paths.labelSelectorPath)
    return {
      wanted: at(paths.specReplicasPath),
      present: at(paths.statusReplicasPath),
      selector: typeof selector === 'string' ? selector : '',
    }
  }
  const { spec, status } = object as { spec?: any; status?: any }
  const selector =
    definition.kind === 'ReplicationController'
      ? Object.entries(spec?.selector ?? {})
          .sort()
          .map(([key, value]) => `${key}=${value}`)
          .join(',')
      : labelSelectorText(spec?.selector)
  return { wanted: spec?.replicas, present: status?.replicas, selector }
}

/** Kubernetes: the path is walked from the root of the object, and made where it is absent. */
function setReplicas(definition: ResourceDefinition<any>, draft: Draft, replicas: number): void {
  const names = (definition.custom?.scale?.specReplicasPath ?? 'spec.replicas').replace(/^\./, '').split('.')
  const last = names.pop()!
  let at = draft
  for (const name of names) at = at[name] ??= {}
  at[last] = replicas
}
