import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One field of a type as the input tables describe it. */
export interface InputField {
  readonly name: string | null
  readonly proto: number | null
  readonly protoField?: string
  readonly wire: string
  readonly type: string
  readonly format?: string
  readonly named?: string
  readonly listNamed?: string
  readonly repeated?: boolean
  readonly map?: boolean
  readonly mapValueWire?: string
  readonly mapValueRepeated?: boolean
  readonly mapValueProto?: string
  readonly pointer?: boolean
  readonly omitempty?: boolean
  readonly omitzero?: boolean
  readonly optional?: boolean
  readonly required?: boolean
  readonly inline?: boolean
  readonly protoOnly?: boolean
  readonly protoWrapper?: boolean
  readonly enum?: readonly string[]
  readonly listType?: string
  readonly listMapKeys?: readonly string[]
  readonly mapType?: string
  readonly structType?: string
  readonly patchStrategy?: string
  readonly patchMergeKey?: string
  readonly default?: unknown
  readonly immutable?: unknown
  readonly featureGates?: readonly string[]
  readonly validation?: readonly any[]
  readonly unionDiscriminator?: unknown
  readonly oneOf?: unknown
  readonly zeroOrOneOf?: unknown
}
export interface InputType {
  readonly protoName: string
  readonly gvk?: readonly { readonly group: string; readonly version: string; readonly kind: string }[]
  readonly gvkEveryGroupVersion?: boolean
  readonly typeMeta?: boolean
  readonly reach: 'default' | 'gated' | 'extra'
  readonly special?: any
  readonly fields: readonly InputField[]
}
export interface InputResource {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly servedByDefault: boolean
  readonly subresources: readonly any[]
  readonly stored?: boolean
  readonly storageVersionPreferred?: { readonly group: string; readonly version: string }
  readonly storageVersionHash?: string
  readonly etcdPrefix?: string
  readonly listKind?: string
  readonly tableColumns: readonly { name: string; type: string; format: string; priority: number }[]
  readonly type: string
}
export interface InputGroup {
  readonly group: string
  readonly groupPriorityMinimum: number
  readonly preferredVersionDefault: string | null
  readonly servedByDefault: boolean
  readonly versions: readonly {
    readonly version: string
    readonly versionPriority: number | null
    readonly servedByDefault: boolean
  }[]
}
export interface Input {
  readonly types: Readonly<Record<string, InputType>>
  readonly stringTypes: Readonly<Record<string, { readonly enum?: readonly string[] }>>
  readonly groups: readonly InputGroup[]
  readonly resources: readonly InputResource[]
  readonly fieldSelectors: readonly any[]
  readonly defaults: any
  readonly rbac: any
  readonly wellknown: any
}

/** Closed sets that the input lists in part only, because Go defines some of their members through another type. */
const correctedStringTypes: Input['stringTypes'] = {
  'io.k8s.api.discovery.v1.AddressType': { enum: ['FQDN', 'IPv4', 'IPv6'] },
}

/** Everything the tables are made from, read from one directory. */
export function readInput(directory: string): Input {
  const read = (name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8'))
  const { types, stringTypes: readStringTypes } = read('types.json')
  const stringTypes = { ...readStringTypes, ...correctedStringTypes }
  for (const type of Object.values<any>(types)) {
    for (const field of type.fields) {
      const corrected = correctedStringTypes[field.named]?.enum
      if (corrected !== undefined && field.enum !== undefined) field.enum = corrected
    }
    const isTypeMeta = (field: InputField) => field.name === '' && field.type.endsWith('.TypeMeta')
    if (type.fields.some(isTypeMeta)) {
      type.typeMeta = true
      type.fields = type.fields.filter((field: InputField) => !isTypeMeta(field))
    }
  }
  const { groups, resources } = read('resources.json')
  return {
    types,
    stringTypes,
    groups,
    resources,
    fieldSelectors: read('fieldSelectors.json').resources,
    defaults: read('defaults.json'),
    rbac: read('rbac-bootstrap.json'),
    wellknown: read('wellknown.json'),
  }
}
