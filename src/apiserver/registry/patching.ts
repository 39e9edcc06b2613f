import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicPatch,
  badRequest,
  type KubeObject,
  type PatchType,
  StatusError,
} from '../../machinery/index.ts'
import { builtInSchema, type ResourceDefinition } from '../../resources/index.ts'
import type { RequestContext } from '../request.ts'
import { draftOf, isReadBody, reportFindings } from './draft.ts'
import { applyDraft } from './managers.ts'
import { patchRefusal } from './patch-refusal.ts'
import type { Change } from './registry.ts'

/** The change a JSON, merge or strategic patch makes; it is computed again when another writer was faster. */
export function patchChange(
  definition: ResourceDefinition<any>,
  type: PatchType,
  body: unknown,
  context: RequestContext,
  subresource = '',
): Change {
  const { value: patch, findings } = isReadBody(body) ? body : { value: body, findings: [] as readonly string[] }
  const shown = (patched: unknown) => (type === 'strategic' ? patch : patched)
  try {
    reportFindings(definition, findings, context)
  } catch (error) {
    throw patchRefusal(error, definition, type, patch)
  }
  return {
    retry: true,
    next(current) {
      const warningsBefore = context.warnings.length
      const patched = patchObject(definition, current!, type, patch)
      context.warnings.length = warningsBefore
      try {
        return draftOf(definition, patched, context, subresource === 'status' ? besideStatus(current!) : undefined)
      } catch (error) {
        throw patchRefusal(error, definition, type, shown(patched))
      }
    },
  }
}

/** Writers of a status may change nothing beside it, so that what a patch left alone there need not be looked at again. */
export function besideStatus(current: KubeObject): KubeObject {
  const { status: _, metadata, ...rest } = current as KubeObject & { readonly status?: object }
  // Metadata itself is written to; what it holds is not.
  return { ...rest, metadata: { ...metadata } }
}

function patchObject(
  definition: ResourceDefinition<any>,
  current: KubeObject,
  type: PatchType,
  patch: unknown,
): unknown {
  return type === 'strategic'
    ? applyStrategicPatch(builtInSchema, definition.type, current, patch)
    : patchPlain(current, type, patch)
}

/** A patch of something that has no schema of its own here (Scale). */
export function patchPlain(current: object, type: PatchType, body: unknown): unknown {
  const patch = isReadBody(body) ? body.value : body
  if (type === 'json') return applyJsonPatch(current, patch)
  if (type === 'merge' || type === 'apply' || type === 'strategic') return applyMergePatch(current, patch)
  throw badRequest(`unknown patch type ${String(type)}`)
}

/** Server-side apply: the fields the body states become the manager's, the ones it no longer states go. */
export function applyChange(
  definition: ResourceDefinition<any>,
  body: unknown,
  name: string,
  context: RequestContext,
  subresource: string,
  nowMs: number,
): Change {
  const { value, findings } = isReadBody(body) ? body : { value: body, findings: [] as readonly string[] }
  const { fieldManager = '', force } = context.query
  if (fieldManager === '') {
    throw new StatusError(
      422,
      'Invalid',
      `PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch`,
      {
        group: 'meta.k8s.io',
        kind: 'PatchOptions',
        causes: [
          {
            reason: 'FieldValueRequired',
            message: 'Required value: is required for apply patch',
            field: 'fieldManager',
          },
        ],
      },
    )
  }
  const applied = value as Partial<KubeObject> | null
  if (typeof applied !== 'object' || applied === null || Array.isArray(applied)) {
    const what = Array.isArray(applied) ? 'array' : typeof applied === 'boolean' ? 'bool' : typeof applied
    const type = 'map[string]interface {}'
    const why = `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${what} into Go value of type ${type}`
    throw badRequest(`error decoding YAML: ${why}`)
  }
  const { apiVersion = '', kind = '' } = applied
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['', apiVersion]
  if (version === '' || kind !== definition.kind || group !== definition.group)
    throw badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`)
  if ((applied.metadata?.managedFields?.length ?? 0) > 0) throw badRequest('metadata.managedFields must be nil')
  const stated = applied.metadata?.name
  if (stated !== undefined && stated !== name)
    throw badRequest(`the name of the object (${stated}) does not match the name on the URL (${name})`)
  return {
    retry: true,
    operation: 'Apply',
    managed: true,
    createIfAbsent: subresource === '',
    next: (current) =>
      applyDraft(
        definition,
        current,
        { value: { ...applied, metadata: { ...applied.metadata, name } }, findings },
        { manager: fieldManager, force: force === 'true', subresource, nowMs },
        context,
      ),
  }
}
