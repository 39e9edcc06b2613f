import type { Input, InputField, InputType } from './input.ts'

const wireCodes: Readonly<Record<string, number>> = {
  string: 1,
  bytes: 2,
  bool: 3,
  int32: 4,
  int64: 5,
  double: 6,
  message: 7,
}
const flagNames = [
  'repeated',
  'map',
  'pointer',
  'omitempty',
  'omitzero',
  'required',
  'mapValueRepeated',
  'inline',
  'protoWrapper',
] as const
const extraNames = [
  'enum',
  'named',
  'listType',
  'listMapKeys',
  'mapType',
  'structType',
  'patchStrategy',
  'patchMergeKey',
  'default',
  'immutable',
  'featureGates',
  'validation',
  'mapKeyNamed',
  'oneOf',
  'zeroOrOneOf',
  'unionDiscriminator',
] as const
const specials: Readonly<Record<string, string>> = {
  Time: 'time',
  MicroTime: 'microTime',
  Duration: 'duration',
  Quantity: 'quantity',
  QuantityValue: 'quantity',
  IntOrString: 'intOrString',
  RawExtension: 'raw',
  FieldsV1: 'raw',
  JSON: 'json',
  Verbs: 'strings',
  ExtraValue: 'strings',
  JSONSchemaPropsOrArray: 'schemaOrArray',
  JSONSchemaPropsOrBool: 'schemaOrBool',
  JSONSchemaPropsOrStringArray: 'schemaOrStrings',
}

/** The text of schema-table.ts: each type as JSON text, parsed only when the type is first used. */
export function schemaModule(input: Input): string {
  const packages = [...new Set(Object.keys(input.types).map(packageOf))]
  const nameOf = (type: string): string =>
    `${packages.indexOf(packageOf(type))}:${type.slice(type.lastIndexOf('.') + 1)}`
  const rows = Object.entries(input.types).map(
    ([type, definition]) => `  '${nameOf(type)}': ${quoted(JSON.stringify(typeRow(input, type, definition, nameOf)))},`,
  )
  return `// Written by scripts/generate-resources.ts; do not edit.
import type { SchemaTable } from '../../machinery/index.ts'

/** The fields of every type of the API, compactly; machinery/schema gives them meaning. */
export const schemaTable: SchemaTable = {
  packages: ${JSON.stringify(packages)},
  types: {
${rows.join('\n')}
  },
}
`
}

function typeRow(
  input: Input,
  type: string,
  definition: InputType & Record<string, any>,
  nameOf: (type: string) => string,
): unknown {
  const short = type.slice(type.lastIndexOf('.') + 1)
  const about: Record<string, unknown> = {}
  if (definition.gvk !== undefined)
    about['gvk'] = definition.gvk.map(({ group, version, kind }) => [group, version, kind])
  if (definition.typeMeta === true) about['typeMeta'] = 1
  if (definition.special !== undefined && specials[short] !== undefined) about['special'] = specials[short]
  if (definition['structType'] !== undefined) about['structType'] = definition['structType']
  if (definition['unions'] !== undefined) about['unions'] = definition['unions']
  const fields = definition.fields.filter((field) => field.name !== null && !field.type.endsWith('.TypeMeta'))
  return [about, ...fields.map((field) => fieldRow(input, field, nameOf))]
}

function fieldRow(input: Input, field: InputField & Record<string, any>, nameOf: (type: string) => string): unknown {
  const isReference = input.types[field.type] !== undefined
  const wire = (field.map === true ? field.mapValueWire : field.wire) ?? (isReference ? 'message' : scalarWire(field))
  let flags = 0
  flagNames.forEach((name, index) => {
    if (field[name] !== undefined && field[name] !== false) flags |= 1 << index
  })
  const extras: Record<string, unknown> = {}
  for (const name of extraNames) {
    const value = name === 'enum' ? (field.enum ?? closedEnum(input, field)) : field[name]
    if (value !== undefined) extras[name] = name === 'named' || name === 'mapKeyNamed' ? shortNamed(value) : value
  }
  const row: unknown[] = [
    field.name,
    field.proto ?? 0,
    isReference ? nameOf(field.type) : field.type,
    wireCodes[wire] ?? 1,
    flags,
  ]
  if (Object.keys(extras).length > 0) row.push(extras)
  return row
}

const closedEnum = (input: Input, field: InputField): readonly string[] | undefined =>
  field.named === undefined ? undefined : input.stringTypes[field.named]?.enum
/** `io.k8s.api.core.v1.RestartPolicy` → `v1.RestartPolicy`, as Go prints the type. */
const shortNamed = (name: string): string => name.split('.').slice(-2).join('.')
const packageOf = (type: string): string => type.slice(0, type.lastIndexOf('.'))
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
function scalarWire(field: InputField): string {
  if (field.type === 'integer') return field.format ?? 'int64'
  if (field.type === 'boolean') return 'bool'
  if (field.type === 'number') return 'double'
  return 'string'
}
