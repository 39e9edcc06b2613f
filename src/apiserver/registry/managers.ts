import {
  applyConfiguration,
  badRequest,
  type KubeObject,
  recordUpdate,
  resetFields,
  type TypeProblem,
  timestampOf,
  typeProblemsText,
  untypedPatch,
} from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { RequestContext } from '../request.ts'
import { decodedOf, draftOf, isReadBody } from './draft.ts'
import { apiVersionOf } from './encoding.ts'

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
  const { findings: unknown } = decodedOf(definition, value)
  const writer = writerOf(definition, how.manager, how.subresource, how.nowMs)
  const empty = emptyOf(definition)
  const { object, managedFields } = applyConfiguration(
    definition.schema.shape(),
    { live: current ?? empty, applied: value as object, empty },
    writer,
    { force: how.force },
  )
  // What the merge did not meet lies inside values that are owned as a whole.
  if (unknown.length > 0) throw untypedPatch(value as KubeObject, typeProblemsText(unknown.map(problemOf)))
  reportDuplicates(findings, context)
  const draft = draftOf(definition, object, { ...context, fieldValidation: 'Ignore' })
  if (managedFields.length === 0) delete draft.metadata.managedFields
  else draft.metadata.managedFields = managedFields
  return draft
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
    ignored: definition.subresources.some(({ name }) => name === 'status') ? resetFields(subresource) : {},
  }
}

function emptyOf(definition: ResourceDefinition<any>): object {
  return { ...definition.schema.zero(), kind: definition.kind, apiVersion: apiVersionOf(definition) }
}
