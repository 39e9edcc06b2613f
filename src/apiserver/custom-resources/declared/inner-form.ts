import type { Version } from './spec-form.ts'

/**
 * Versions as Kubernetes shows them in errors. Kubernetes: its inner types have no JSON names, so that what it prints of them has the
 * fields' names in Go, and all of them.
 */
export function innerVersions(versions: readonly Version[]): readonly object[] {
  return versions.map(({ name, served, storage, deprecated, deprecationWarning, ...rest }) => ({
    Name: name ?? '',
    Served: served ?? false,
    Storage: storage ?? false,
    Deprecated: deprecated ?? false,
    DeprecationWarning: deprecationWarning ?? null,
    Schema: ifThere(rest.schema, (schema) => ({
      OpenAPIV3Schema: ifThere(schema.openAPIV3Schema as Json, innerSchema),
    })),
    Subresources: ifThere(rest.subresources, ({ status, scale }) => ({
      Status: ifThere(status, () => ({})),
      Scale: ifThere(scale, ({ specReplicasPath, statusReplicasPath, labelSelectorPath }) => ({
        SpecReplicasPath: specReplicasPath ?? '',
        StatusReplicasPath: statusReplicasPath ?? '',
        LabelSelectorPath: labelSelectorPath ?? null,
      })),
    })),
    AdditionalPrinterColumns: ifThere(rest.additionalPrinterColumns, (columns) =>
      columns.map((column) => ({
        Name: column.name ?? '',
        Type: column.type ?? '',
        Format: column.format ?? '',
        Description: column.description ?? '',
        Priority: column.priority ?? 0,
        JSONPath: column.jsonPath ?? '',
      })),
    ),
    SelectableFields: ifThere(rest.selectableFields, (fields) =>
      fields.map(({ jsonPath }) => ({ JSONPath: jsonPath ?? '' })),
    ),
  }))
}

type Json = Readonly<Record<string, any>>
type Show = (value: any) => unknown

function ifThere<T>(value: T | undefined | null, show: (value: T) => unknown): unknown {
  return value === undefined || value === null ? null : show(value)
}

const asItIs: Show = (value) => value
const schemas: Show = (list: readonly Json[]) => list.map((one) => innerSchema(one ?? {}))
const named: Show = (map: Json) =>
  Object.fromEntries(
    Object.entries(map)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, one]) => [name, innerSchema(one ?? {})]),
  )
const orBool: Show = (value) =>
  typeof value === 'boolean' ? { Allows: value, Schema: null } : { Allows: true, Schema: innerSchema(value) }
const orArray: Show = (value) =>
  Array.isArray(value)
    ? { Schema: null, JSONSchemas: schemas(value) }
    : { Schema: innerSchema(value), JSONSchemas: null }
const dependencies: Show = (map: Json) =>
  Object.fromEntries(
    Object.entries(map).map(([name, one]) => [
      name,
      Array.isArray(one) ? { Schema: null, Property: one } : { Schema: innerSchema(one), Property: null },
    ]),
  )
const rules: Show = (list: readonly Json[]) =>
  list.map((rule) => ({
    Rule: rule['rule'] ?? '',
    Message: rule['message'] ?? '',
    MessageExpression: rule['messageExpression'] ?? '',
    Reason: rule['reason'] ?? null,
    FieldPath: rule['fieldPath'] ?? '',
    OptionalOldSelf: rule['optionalOldSelf'] ?? null,
  }))

/** The fields of a schema in their order in Go: the name there, the name in JSON, what stands for an absent one, how it is shown. */
const fields: readonly (readonly [goName: string, name: string, absent: unknown, show: Show])[] = [
  ['ID', 'id', '', asItIs],
  ['Schema', '$schema', '', asItIs],
  ['Ref', '$ref', null, asItIs],
  ['Description', 'description', '', asItIs],
  ['Type', 'type', '', asItIs],
  ['Nullable', 'nullable', false, asItIs],
  ['Format', 'format', '', asItIs],
  ['Title', 'title', '', asItIs],
  ['Default', 'default', null, asItIs],
  ['Maximum', 'maximum', null, asItIs],
  ['ExclusiveMaximum', 'exclusiveMaximum', false, asItIs],
  ['Minimum', 'minimum', null, asItIs],
  ['ExclusiveMinimum', 'exclusiveMinimum', false, asItIs],
  ['MaxLength', 'maxLength', null, asItIs],
  ['MinLength', 'minLength', null, asItIs],
  ['Pattern', 'pattern', '', asItIs],
  ['MaxItems', 'maxItems', null, asItIs],
  ['MinItems', 'minItems', null, asItIs],
  ['UniqueItems', 'uniqueItems', false, asItIs],
  ['MultipleOf', 'multipleOf', null, asItIs],
  ['Enum', 'enum', null, asItIs],
  ['MaxProperties', 'maxProperties', null, asItIs],
  ['MinProperties', 'minProperties', null, asItIs],
  ['Required', 'required', null, asItIs],
  ['Items', 'items', null, orArray],
  ['AllOf', 'allOf', null, schemas],
  ['OneOf', 'oneOf', null, schemas],
  ['AnyOf', 'anyOf', null, schemas],
  ['Not', 'not', null, innerSchema],
  ['Properties', 'properties', null, named],
  ['AdditionalProperties', 'additionalProperties', null, orBool],
  ['PatternProperties', 'patternProperties', null, named],
  ['Dependencies', 'dependencies', null, dependencies],
  ['AdditionalItems', 'additionalItems', null, orBool],
  ['Definitions', 'definitions', null, named],
  [
    'ExternalDocs',
    'externalDocs',
    null,
    ({ description, url }) => ({ Description: description ?? '', URL: url ?? '' }),
  ],
  ['Example', 'example', null, asItIs],
  ['XPreserveUnknownFields', 'x-kubernetes-preserve-unknown-fields', null, asItIs],
  ['XEmbeddedResource', 'x-kubernetes-embedded-resource', false, asItIs],
  ['XIntOrString', 'x-kubernetes-int-or-string', false, asItIs],
  ['XListMapKeys', 'x-kubernetes-list-map-keys', null, asItIs],
  ['XListType', 'x-kubernetes-list-type', null, asItIs],
  ['XMapType', 'x-kubernetes-map-type', null, asItIs],
  ['XValidations', 'x-kubernetes-validations', null, rules],
]

/** Items that are a schema, or one for each place, in the same form. */
export function innerItems(items: unknown): unknown {
  return orArray(items)
}

/** A schema in the same form. */
export function innerSchema(schema: Json): object {
  return Object.fromEntries(
    fields.map(([goName, name, absent, show]) => [goName, schema[name] == null ? absent : show(schema[name])]),
  )
}
