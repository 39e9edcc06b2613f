/** The fields of every type, compactly: `packages` index and short name, to the type's row as JSON text. */
export interface SchemaTable {
  readonly packages: readonly string[]
  readonly types: Readonly<Record<string, string>>
}

/** How a scalar or message travels in protobuf; it also tells the integer widths of JSON numbers. */
export type Wire = 'none' | 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'double' | 'message'

/** Types whose JSON is not the object their fields describe. */
export type SpecialForm =
  | 'time'
  | 'microTime'
  | 'duration'
  | 'quantity'
  | 'intOrString'
  | 'raw'
  | 'json'
  | 'strings'
  | 'schemaOrArray'
  | 'schemaOrBool'
  | 'schemaOrStrings'

/** One validation rule carried by a field's tags. */
export interface ValidationTag {
  readonly tag: string
  readonly args?: unknown
  readonly value?: unknown
  readonly then?: ValidationTag
  readonly alphaSince?: string
}

/** One field of a type. */
export interface Field {
  /** The JSON name; empty for a field whose own fields stand in its place. */
  readonly name: string
  /** The protobuf number; 0 for a field that protobuf does not carry. */
  readonly proto: number
  /** The full name of a type, or `string`, `integer`, `number`, `boolean`, `any`. */
  readonly type: string
  readonly wire: Wire
  readonly repeated: boolean
  readonly map: boolean
  readonly pointer: boolean
  readonly omitempty: boolean
  readonly omitzero: boolean
  readonly required: boolean
  /** Each value of the map is a list of `type`. */
  readonly mapValueRepeated: boolean
  readonly inline: boolean
  /** Protobuf puts the list into a message of its own. */
  readonly protoWrapper: boolean
  readonly enum?: readonly string[]
  /** The named Go type of the scalar, as Go prints it: `v1.RestartPolicy`. */
  readonly named?: string
  readonly mapKeyNamed?: string
  readonly listType?: 'atomic' | 'map' | 'set'
  readonly listMapKeys?: readonly string[]
  readonly mapType?: 'atomic' | 'granular'
  readonly structType?: 'atomic' | 'granular'
  readonly patchStrategy?: string
  readonly patchMergeKey?: string
  readonly default?: unknown
  readonly immutable?: unknown
  readonly featureGates?: readonly string[]
  readonly validation?: readonly ValidationTag[]
  readonly oneOf?: unknown
  readonly zeroOrOneOf?: unknown
  readonly unionDiscriminator?: unknown
}

/** One type of the API. */
export interface TypeSchema {
  readonly name: string
  /** The last part of the name: `PodSpec`. */
  readonly shortName: string
  /** As Go prints the type: `v1.PodSpec`. */
  readonly goName: string
  readonly typeMeta: boolean
  readonly special?: SpecialForm
  readonly structType?: 'atomic' | 'granular'
  readonly unions?: readonly { readonly discriminator?: string; readonly 'fields-to-discriminateBy': object }[]
  readonly gvk: readonly { readonly group: string; readonly version: string; readonly kind: string }[]
  /** The fields as declared; inline fields are entries of their own. Protobuf reads these. */
  readonly fields: readonly Field[]
  /** The fields as JSON has them: inline fields replaced by their own, in place. */
  readonly jsonFields: readonly Field[]
  /** The JSON field of this name, if the type has one. */
  field(name: string): Field | undefined
}

/** All types of the API; each is read when first asked for. */
export interface Schema {
  type(name: string): TypeSchema | undefined
  /** The type of the objects of a kind. */
  typeOfKind(of: { readonly group: string; readonly version: string; readonly kind: string }): TypeSchema | undefined
  names(): readonly string[]
}

const wires: readonly Wire[] = ['none', 'string', 'bytes', 'bool', 'int32', 'int64', 'double', 'message']

/** The schema a table describes. */
export function createSchema(table: SchemaTable): Schema {
  const types = new Map<string, TypeSchema>()
  const keys = new Map<string, string>()
  const fullName = (key: string): string => {
    const colon = key.indexOf(':')
    return colon < 0 ? key : `${table.packages[Number(key.slice(0, colon))]}.${key.slice(colon + 1)}`
  }
  for (const key in table.types) keys.set(fullName(key), key)
  let kinds: Map<string, string> | undefined

  function type(name: string): TypeSchema | undefined {
    const known = types.get(name)
    if (known !== undefined) return known
    const key = keys.get(name)
    if (key === undefined) return undefined
    const [about, ...rows] = JSON.parse(table.types[key]!) as [About, ...FieldRow[]]
    const made = typeOf(
      name,
      about,
      rows.map((row) => fieldOf(row, fullName)),
      type,
    )
    types.set(name, made)
    return made
  }

  return {
    type,
    typeOfKind({ group, version, kind }) {
      kinds ??= kindsOf(table, fullName)
      const name = kinds.get(`${group}/${version}/${kind}`)
      return name === undefined ? undefined : type(name)
    },
    names: () => [...keys.keys()],
  }
}

interface About {
  readonly gvk?: readonly (readonly [string, string, string])[]
  readonly typeMeta?: 1
  readonly special?: SpecialForm
  readonly structType?: 'atomic' | 'granular'
  readonly unions?: TypeSchema['unions']
}
type FieldRow = readonly [string, number, string, number, number, Partial<Field>?]

function fieldOf([name, proto, type, wire, flags, extras]: FieldRow, fullName: (key: string) => string): Field {
  return {
    name,
    proto,
    type: fullName(type),
    wire: wires[wire] ?? 'none',
    repeated: (flags & 1) !== 0,
    map: (flags & 2) !== 0,
    pointer: (flags & 4) !== 0,
    omitempty: (flags & 8) !== 0,
    omitzero: (flags & 16) !== 0,
    required: (flags & 32) !== 0,
    mapValueRepeated: (flags & 64) !== 0,
    inline: (flags & 128) !== 0,
    protoWrapper: (flags & 256) !== 0,
    ...extras,
  }
}

function typeOf(
  name: string,
  about: About,
  fields: readonly Field[],
  type: (name: string) => TypeSchema | undefined,
): TypeSchema {
  const parts = name.split('.')
  const shortName = parts.at(-1)!
  let jsonFields: readonly Field[] | undefined
  let byName: Map<string, Field> | undefined
  const flat = (): readonly Field[] => {
    jsonFields ??= fields.flatMap((field) => (field.inline ? type(field.type)!.jsonFields : [field]))
    return jsonFields
  }
  return {
    name,
    shortName,
    goName: parts.slice(-2).join('.'),
    typeMeta: about.typeMeta === 1,
    ...(about.special === undefined ? {} : { special: about.special }),
    ...(about.structType === undefined ? {} : { structType: about.structType }),
    ...(about.unions === undefined ? {} : { unions: about.unions }),
    gvk: (about.gvk ?? []).map(([group, version, kind]) => ({ group, version, kind })),
    fields,
    get jsonFields() {
      return flat()
    },
    field(wanted) {
      byName ??= new Map(flat().map((field) => [field.name, field]))
      return byName.get(wanted)
    },
  }
}

function kindsOf(table: SchemaTable, fullName: (key: string) => string): Map<string, string> {
  const kinds = new Map<string, string>()
  for (const key in table.types) {
    const text = table.types[key]!
    if (!text.startsWith('[{"gvk"')) continue
    const [about] = JSON.parse(text) as [About]
    for (const [group, version, kind] of about.gvk ?? []) kinds.set(`${group}/${version}/${kind}`, fullName(key))
  }
  return kinds
}
