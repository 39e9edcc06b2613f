import {
  type ApiVerb,
  badRequest,
  type Clock,
  exactFieldValue,
  methodNotAllowed,
  methodNotServed,
  type PatchType,
  StatusError,
} from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { AuditRecord } from '../audit/auditor.ts'
import type { Authorizer } from '../authz/authorize.ts'
import { type AskedSelectors, selectorsOfTexts } from '../authz/selectors.ts'
import { type DeleteOptions, deleteOptionsOf } from '../registry/deletion.ts'
import { draftOf, isReadBody } from '../registry/draft.ts'
import { applyChange, patchChange } from '../registry/patching.ts'
import type { Change, Registry } from '../registry/registry.ts'
import { replacement } from '../registry/replacing.ts'
import type { RequestContext, Result } from '../request.ts'
import type { Subresources } from '../subresources/subresources.ts'

/** One request about a resource, with everything transport-specific taken off. */
export interface Target {
  readonly verb: ApiVerb
  readonly definition: ResourceDefinition<any>
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string
  readonly body?: unknown
  readonly patchType?: PatchType
  /** What keeps it from being done. Kubernetes: whether the caller may is found out first. */
  readonly problem?: { readonly error: unknown }
}

export interface HandlerParts {
  readonly registry: Registry
  readonly authorizer: Authorizer
  readonly subresources: Subresources
  readonly clock: Clock
}

/** Kinds whose delete answers with the object as it was, where others answer with a Status. */
const returnsDeleted = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'persistentvolumeclaims',
  'persistentvolumes',
  'podtemplates',
  'resourcequotas',
  'storageclasses',
  'volumeattachments',
  'csinodes',
  'csidrivers',
  'resourceclaims',
  'resourceclaimtemplates',
  'resourceslices',
  'deviceclasses',
  'volumeattributesclasses',
])

/** Authorises and carries out one request: the same for HTTP and in-process callers. */
export function requestHandler({
  registry,
  authorizer,
  subresources,
  clock,
}: HandlerParts): (target: Target, context: RequestContext) => Promise<Result> {
  return async (target, context) => {
    const { verb, definition, namespace, subresource } = target
    const selectors = selectorsAsked(target, context)
    // Kubernetes: a list or watch of one name is judged as being about that object.
    const name = target.name ?? exactFieldValue(selectors.fieldSelector ?? [], 'metadata.name') ?? ''
    const checking = authorizer.check(
      context.identity,
      {
        verb,
        group: definition.group,
        version: definition.version,
        resource: definition.plural,
        subresource,
        // Kubernetes: a namespace is in itself, so that who is given a role there may be given the namespace, too.
        namespace: (definition.kind === 'Namespace' && definition.group === '' ? target.name : namespace) ?? '',
        name,
        ...selectors,
      },
      context.audit?.annotate,
    )
    if (checking !== undefined) await checking
    if (target.problem !== undefined) throw target.problem.error
    const isServed = subresource === '' || definition.subresources.some((one) => one.name === subresource)
    if (definition.deprecation !== undefined && isServed) context.warnings.push(definition.deprecation)
    const special = subresources.find(definition, subresource, verb)
    if (context.audit !== undefined) noteBody(context.audit, target, context, special !== undefined)
    if (special !== undefined) {
      // Handlers of their own kinds read the body as it is; what strict reading found concerns the generic verbs.
      const asked = isReadBody(target.body) ? { ...target, body: target.body.value } : target
      if (verb === 'create') await admitCreated(registry, asked, context)
      return await special(asked, context)
    }
    if (
      subresource === ''
        ? definition.custom === undefined && !definition.verbs.includes(verb)
        : !definition.subresources.some((one) => one.name === subresource && one.verbs.includes(verb))
    ) {
      if (subresource !== '' && !definition.subresources.some((one) => one.name === subresource)) throw notServed()
      throw notHandled(target)
    }
    // Waited for here: a promise that is handed on as it is takes three turns.
    return await generic(registry, target, context, clock.now())
  }
}

/** Kubernetes: what is created or updated is written down as an object of its kind, filled in; a patch as it was sent. */
function noteBody(
  audit: AuditRecord,
  { verb, definition, namespace, body }: Target,
  context: RequestContext,
  isSpecial: boolean,
): void {
  const sent = isReadBody(body) ? body.value : body
  if (isSpecial || !audit.wantsRequest || (verb !== 'create' && verb !== 'update')) {
    audit.requested(sent)
    return
  }
  let draft: Draft
  try {
    draft = draftOf(definition, body, { ...context, fieldValidation: 'Ignore', warnings: [] })
  } catch {
    // What is no object of the kind is refused in a moment, and not written down.
    return
  }
  if (definition.scope === 'Namespaced') draft.metadata.namespace ??= namespace
  audit.requested(draft)
}

/** Kubernetes: what is created below an object (bindings, evictions, tokens) and what is only answered is admitted, too. */
async function admitCreated(registry: Registry, target: Target, context: RequestContext): Promise<void> {
  const { definition, namespace, name = '', subresource, body } = target
  if (typeof body !== 'object' || body === null) return
  const below = definition.subresources.find((one) => one.name === subresource)
  const { group = definition.group, version = definition.version, kind = definition.kind } = below ?? {}
  const object = body as { metadata?: object }
  object.metadata ??= {}
  await registry.admitBody(
    'CREATE',
    definition,
    { namespace, name, subresource },
    { kind: { group, version, kind }, object },
    context,
  )
}

/** What of the objects' fields and labels is asked, where many are; what is wrong with it is said where it is applied. */
function selectorsAsked({ verb }: Target, { query }: RequestContext): AskedSelectors {
  if (verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection') return {}
  return selectorsOfTexts(query.fieldSelector, query.labelSelector)
}

/** 405, in the words of those who serve custom resources, or of those who serve the built-in ones. */
function notHandled({ definition, verb }: Target): StatusError {
  if (definition.custom === undefined) return methodNotServed()
  return methodNotAllowed({ group: definition.group, resource: definition.plural }, verb)
}

/** The 404 of paths that name nothing this server has. */
export function notServed(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
}

async function generic(registry: Registry, target: Target, context: RequestContext, nowMs: number): Promise<Result> {
  const { verb, definition, namespace, subresource, body } = target
  const collection = verb === 'list' || verb === 'watch' || verb === 'deletecollection' || verb === 'create'
  if (target.name === undefined ? !collection : verb === 'create' && subresource === '') throw notHandled(target)
  const name = target.name ?? ''
  if (
    definition.scope === 'Namespaced' &&
    (namespace === undefined || namespace === '') &&
    verb !== 'list' &&
    verb !== 'watch'
  ) {
    if (definition.custom === undefined) throw methodNotServed()
    throw badRequest('an empty namespace may not be set during creation')
  }
  switch (verb) {
    case 'get':
      return registry.get(definition, namespace, name, context.query)
    case 'list':
      return registry.list(definition, namespace, context)
    case 'watch':
      return registry.watch(definition, namespace, context, context.signal)
    case 'create':
      return registry.create(definition, namespace, body, context)
    case 'update':
      return registry.update(
        definition,
        namespace,
        name,
        { ...replacement(definition, body, context, subresource), ...about(target) },
        context,
      )
    case 'patch':
      return target.patchType === 'apply'
        ? registry.update(
            definition,
            namespace,
            name,
            { ...applyChange(definition, body, name, context, subresource, nowMs), ...about(target) },
            context,
          )
        : registry.update(
            definition,
            namespace,
            name,
            {
              ...patchChange(definition, target.patchType ?? 'strategic', body, context, subresource),
              ...about(target),
            },
            context,
          )
    case 'delete': {
      const options = deleteOptionsOf(body, context.query)
      warnOfDependents(definition, options, context)
      const dry = options.dryRun?.includes('All') ? { ...context, dryRun: true } : context
      const { object, removed } = await registry.delete(definition, namespace, name, options, dry)
      if (!removed || returnsDeleted.has(definition.plural)) return { type: 'object', code: 200, definition, object }
      return { type: 'value', code: 200, body: deletedStatus(definition, object.metadata) }
    }
    case 'deletecollection': {
      const options = deleteOptionsOf(body, context.query)
      warnOfDependents(definition, options, context)
      const dry = options.dryRun?.includes('All') ? { ...context, dryRun: true } : context
      return registry.deleteCollection(definition, namespace, options, dry)
    }
  }
}

function warnOfDependents(definition: ResourceDefinition<any>, options: DeleteOptions, context: RequestContext): void {
  const isSaid = options.propagationPolicy !== undefined || options.orphanDependents !== undefined
  if (definition.deleteWarning !== undefined && !isSaid) context.warnings.push(definition.deleteWarning)
}

/** What a completed delete answers. */
function deletedStatus(definition: ResourceDefinition<any>, { name, uid }: { name: string; uid: string }): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(definition.group === '' ? {} : { group: definition.group }), kind: definition.plural, uid },
  }
}

function about({ subresource }: Target): Pick<Change, 'subresource'> {
  return subresource === '' ? {} : { subresource }
}
