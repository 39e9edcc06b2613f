import {
  badRequest,
  cloneJson,
  conflict,
  invalid,
  invalidObject,
  type KubeObject,
  labelSelectorText,
  notFound,
  objectModified,
} from '../../machinery/index.ts'
import {
  type Draft,
  deployments,
  type ResourceDefinition,
  replicaSets,
  replicationControllers,
  statefulSets,
} from '../../resources/index.ts'
import { patchPlain } from '../registry/patching.ts'
import type { Registry } from '../registry/registry.ts'
import type { HandlerTable, SpecialHandler } from './subresources.ts'

/** autoscaling/v1 Scale of the workload kinds: replicas read and written without knowing the kind. */
export function scaleSubresources(registry: Registry): HandlerTable {
  const kinds = [deployments, replicaSets, statefulSets, replicationControllers] as readonly ResourceDefinition<any>[]
  return Object.fromEntries(
    kinds.map((definition) => [`${definition.group}/${definition.plural}/scale`, scaleOf(definition, registry)]),
  )
}

function scaleOf(definition: ResourceDefinition<any>, registry: Registry): SpecialHandler {
  const about = { group: 'autoscaling', kind: 'Scale' }
  return async ({ verb, namespace, name = '', body, patchType }, context) => {
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
        next(current) {
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
          draft.spec.replicas = replicas
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

function scaleObject(definition: ResourceDefinition<any>, object: KubeObject): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const { spec, status } = object as { spec?: any; status?: any }
  const selector =
    definition.kind === 'ReplicationController'
      ? Object.entries(spec?.selector ?? {})
          .sort()
          .map(([key, value]) => `${key}=${value}`)
          .join(',')
      : labelSelectorText(spec?.selector)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec?.replicas === undefined || spec.replicas === 0 ? {} : { replicas: spec.replicas },
    status: { replicas: status?.replicas ?? 0, ...(selector === '' ? {} : { selector }) },
  }
}
