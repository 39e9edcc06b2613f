import {
  applyConfiguration,
  badRequest,
  cloneJson,
  type Decoded,
  type KubeObject,
  type ManagedFieldsEntry,
  recordUpdate,
  resetFields,
  type TypeProblem,
  timestampOf,
  typeProblemsText,
  untypedPatch,
} from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { RequestContext } from '../request.ts'
import { completedDraft, decodedOf, isReadBody } from './draft.ts'
import { apiVersionOf } from './encoding.ts'
import { isSettled } from './settled.ts'

/** Writes metadata.managedFields of a draft: its writer owns what it changed. */
export function recordManagers(
  definition: ResourceDefinition<any>,
  previous: KubeObject | undefined,
  draft: Draft,
  by: { readonly context: RequestContext; readonly subresource: string; readonly nowMs: number },
): void {
  const { context, subresource, nowMs } = by
  const writer = writerOf(definition, context.manager, subresource, nowMs)
  const managed = recordUpdate(
    definition.schema.shape(),
    { live: previous ?? emptyOf(definition), next: draft },
    writer,
  )
  if (managed === undefined) delete draft.metadata.managedFields
  else draft.metadata.managedFields = managed
}

/** The draft that server-side apply comes to, its managedFields included. Throws 409 naming managers and fields. */
export function applyDraft(
  definition: ResourceDefinition<any>,
  current: KubeObject | undefined,
  body: unknown,
  how: { readonly manager: string; readonly force: boolean; readonly subresource: string; readonly nowMs: number },
  context: RequestContext,
): Draft {
  const { value, findings } = isReadBody(body) ? body : { value: body, findings: [] as readonly string[] }
  // Decoded for its findings and errors only: what is applied is what was stated, without defaults.
  const unknownOf = () => decodedOf(definition, value).findings
  // Of a built-in kind that is there, what the two come to says as much, and less of it is to be read.
  const unknown = current === undefined || definition.custom !== undefined ? unknownOf() : undefined
  try {
    const { draft, managedFields, isKnown } = appliedTo(definition, current, value as object, how)
    // What the merge did not meet lies inside values that are owned as a whole.
    const stray = unknown ?? (isKnown ? [] : unknownOf())
    if (stray.length > 0) throw untypedPatch(value as KubeObject, typeProblemsText(stray.map(problemOf)))
    reportDuplicates(findings, context)
    if (managedFields.length === 0) delete draft.metadata.managedFields
    else draft.metadata.managedFields = managedFields
    return draft
  } catch (error) {
    // A configuration that cannot be read is said to be so first.
    if (unknown === undefined) unknownOf()
    throw error
  }
}

/** What a configuration and an object come to, and whether all its fields are known. */
function appliedTo(
  definition: ResourceDefinition<any>,
  current: KubeObject | undefined,
  applied: object,
  how: { readonly manager: string; readonly force: boolean; readonly subresource: string; readonly nowMs: number },
): { readonly draft: Draft; readonly managedFields: readonly ManagedFieldsEntry[]; readonly isKnown: boolean } {
  const writer = writerOf(definition, how.manager, how.subresource, how.nowMs)
  const { object, managedFields } = applyConfiguration(
    definition.schema.shape(),
    {
      live: current ?? emptyOf(definition),
      applied,
      get empty() {
        return emptyOf(definition)
      },
    },
    writer,
    { force: how.force },
  )
  const { object: decoded, findings, taken = [] } = decodedOf(definition, object, current)
  thaw(taken)
  return { draft: completedDraft(definition, decoded), managedFields, isKnown: findings.length === 0 }
}

/** Copies what a draft has in common with a stored object, so that it can be changed; what is settled needs no change. */
function thaw(taken: NonNullable<Decoded['taken']>): void {
  for (const { in: holder, name } of taken) {
    const member = holder[name]
    if (typeof member === 'object' && member !== null && !isSettled(member)) holder[name] = cloneJson(member)
  }
}

/** `unknown field "spec.a"` as server-side apply says it. */
function problemOf(finding: string): TypeProblem {
  const path = JSON.parse(finding.slice(finding.indexOf('"'))) as string
  return { path: `.${path}`, message: 'field not declared in schema' }
}

/** Kubernetes: keys given twice are found last, and worded by the reader of YAML. */
function reportDuplicates(findings: readonly string[], context: RequestContext): void {
  if (findings.length === 0 || context.fieldValidation === 'Ignore') return
  const said = `yaml: unmarshal errors:\n${findings.map((finding) => `  ${finding}`).join('\n')}`
  if (context.fieldValidation === 'Warn') context.warnings.push(said)
  else throw badRequest(`error strict decoding YAML: ${said}`)
}

function writerOf(definition: ResourceDefinition<any>, manager: string, subresource: string, nowMs: number) {
  return {
    manager,
    apiVersion: apiVersionOf(definition),
    ...(subresource === '' ? {} : { subresource }),
    time: timestampOf(nowMs),
    ignored: definition.subresources.some(({ name }) => name === 'status')
      ? resetFields(subresource, definition.statusKeeps)
      : {},
  }
}

function emptyOf(definition: ResourceDefinition<any>): object {
  return { ...definition.schema.zero(), kind: definition.kind, apiVersion: apiVersionOf(definition) }
}
