import { badRequest, type KubeObject, parseFieldSelector, parseLabelSelector } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'

/** Which objects of a kind a list or watch is about. */
export interface Selection {
  readonly everything: boolean
  /** One field that must have one value, when there is such a requirement: lets watchers be found without a scan. */
  readonly only?: { readonly label: string; readonly value: string }
  /** The one name asked for, when the selection is of a single object. */
  readonly name?: string
  matches(object: KubeObject): boolean
}

/** All objects of a kind. */
export const everything: Selection = { everything: true, matches: () => true }

/** The selection that labelSelector and fieldSelector texts ask for; 400 with Kubernetes' words when they are malformed. */
export function selectionOf(definition: ResourceDefinition<any>, labelText: string, fieldText: string): Selection {
  if (labelText === '' && fieldText === '') return everything
  const labels = labelText === '' ? undefined : parseLabelSelector(labelText)
  const fields = fieldText === '' ? [] : parseFieldSelector(fieldText)
  for (const { field } of fields) {
    if (!definition.fieldLabels.includes(field)) throw badRequest(unknownField(definition, field))
  }
  const equal = fields.filter(({ operator }) => operator === '=')
  const only =
    equal.find(({ field }) => field === 'metadata.name') ?? equal.find(({ field }) => field !== 'metadata.namespace')
  return {
    everything: false,
    ...(only === undefined ? {} : { only: { label: only.field, value: only.value } }),
    ...(only?.field === 'metadata.name' ? { name: only.value } : {}),
    matches: (object) =>
      (labels === undefined || labels.matches(object.metadata.labels ?? {})) &&
      fields.every(({ field, operator, value }) => (definition.field(object, field) === value) === (operator === '=')),
  }
}

/** Kubernetes: kinds with their own label conversion name the kind, the others speak of "known" labels. */
function unknownField(definition: ResourceDefinition<any>, field: string): string {
  const special = definition.fieldLabels.some((label) => label !== 'metadata.name' && label !== 'metadata.namespace')
  return special
    ? `field label not supported: ${field}`
    : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
}
