import type { Input, InputField } from './input.ts'

/** Types the machinery declares by hand; the generated module takes them from there. */
export const fromMachinery = [
  'ObjectMeta',
  'OwnerReference',
  'ManagedFieldsEntry',
  'Status',
  'StatusCause',
  'StatusDetails',
]
const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const aliases: Readonly<Record<string, string>> = {
  Time: 'string',
  MicroTime: 'string',
  Duration: 'string',
  Quantity: 'string',
  QuantityValue: 'string',
  IntOrString: 'number | string',
  RawExtension: 'unknown',
  FieldsV1: 'Readonly<Record<string, unknown>>',
  JSON: 'unknown',
  Verbs: 'readonly string[]',
  ExtraValue: 'readonly string[]',
}

/** The text of types.ts: one interface per type, in the order of their names. */
export function typesModule(input: Input, names: ReadonlyMap<string, string>): string {
  const special: Readonly<Record<string, string>> = {
    JSONSchemaPropsOrArray: 'JSONSchemaProps | readonly JSONSchemaProps[]',
    JSONSchemaPropsOrBool: 'JSONSchemaProps | boolean',
    JSONSchemaPropsOrStringArray: 'JSONSchemaProps | readonly string[]',
  }
  const plain = (type: string): string => {
    const short = type.slice(type.lastIndexOf('.') + 1)
    if (type === 'string' || type === 'boolean') return type
    if (type === 'integer' || type === 'number') return 'number'
    if (type === 'object' || type === 'any') return 'unknown'
    if (type.startsWith(metaV1) && short === 'ObjectMeta') return 'Partial<ObjectMeta>'
    const alias = aliases[short]
    if (alias !== undefined && input.types[type]?.special !== undefined) return alias
    const name = names.get(type)
    if (name === undefined) throw new Error(`no type ${type}`)
    return name
  }
  const textOf = (field: InputField): string => {
    const closed = field.enum ?? (field.named === undefined ? undefined : input.stringTypes[field.named]?.enum)
    let text = closed === undefined || field.type !== 'string' ? plain(field.type) : closed.map(literal).join(' | ')
    const list = (item: string) => `readonly ${/[|<]/.test(item) ? `(${item})` : item}[]`
    if (field.map === true) return `Readonly<Record<string, ${field.mapValueRepeated === true ? list(text) : text}>>`
    if (field.repeated === true) text = list(text)
    return text
  }
  const lines: string[] = []
  const sorted = [...names].sort(([, a], [, b]) => (a < b ? -1 : 1))
  for (const [type, name] of sorted) {
    const definition = input.types[type]!
    const short = type.slice(type.lastIndexOf('.') + 1)
    if (type.startsWith(metaV1) && fromMachinery.includes(short)) continue
    if (definition.special !== undefined && aliases[short] !== undefined) continue
    if (special[short] !== undefined) {
      lines.push(`export type ${name} = ${special[short]}`, '')
      continue
    }
    const parents: string[] = []
    const members: string[] = []
    const gvk = definition.gvk?.[0]
    const isObject = definition.fields.some(
      (field) => field.name === 'metadata' && field.type === `${metaV1}ObjectMeta`,
    )
    if (definition.typeMeta === true && gvk !== undefined && definition.gvkEveryGroupVersion !== true) {
      const apiVersion = gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`
      if (isObject) parents.push('KubeObject')
      const optional = isObject ? '' : '?'
      members.push(`  readonly apiVersion${optional}: '${apiVersion}'`, `  readonly kind${optional}: '${gvk.kind}'`)
    } else if (definition.typeMeta === true) {
      members.push('  readonly apiVersion?: string', '  readonly kind?: string')
    }
    for (const field of definition.fields) {
      if (field.name === null) continue
      if (field.name === '') {
        if (!field.type.endsWith('.TypeMeta')) parents.push(plain(field.type))
        continue
      }
      if ((field.name === 'apiVersion' || field.name === 'kind') && definition.typeMeta === true) continue
      if (isObject && definition.typeMeta === true && field.name === 'metadata') {
        members.push('  readonly metadata: ObjectMeta')
        continue
      }
      members.push(`  readonly ${key(field.name)}${isPresent(field) ? '' : '?'}: ${textOf(field)}`)
    }
    const heritage = parents.length === 0 ? '' : ` extends ${parents.join(', ')}`
    if (members.length === 0 && parents.length === 0)
      lines.push(`export type ${name} = Readonly<Record<never, never>>`, '')
    else lines.push(`export interface ${name}${heritage} {`, ...members, '}', '')
  }
  const text = lines.join('\n')
  const used = ['KubeObject', ...fromMachinery].filter((name) => new RegExp(`\\b${name}\\b`).test(text)).sort()
  return [
    '// Written by scripts/generate-resources.ts; do not edit.',
    `import type { ${used.join(', ')} } from '../../machinery/index.ts'`,
    '',
    text,
  ].join('\n')
}

/** Values always written: what the API requires, and the spec, status and template structs of objects. */
function isPresent(field: InputField): boolean {
  if (field.required === true) return true
  const isStruct = field.wire === 'message' && field.pointer !== true && field.repeated !== true && field.map !== true
  return isStruct && (field.name === 'spec' || field.name === 'status' || field.name === 'template')
}
const literal = (text: string): string => `'${text.replaceAll("'", "\\'")}'`
const key = (name: string): string => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : literal(name))
