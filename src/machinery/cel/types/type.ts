/** Static types of CEL, as the checker joins and prints them. */

export type TypeKind =
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'null'
  | 'timestamp'
  | 'duration'
  | 'dyn'
  | 'any'
  | 'error'
  | 'list'
  | 'map'
  | 'struct'
  | 'opaque'
  | 'type'
  | 'typeParam'

/** A CEL type. Types without parameters are shared, so that `===` decides for them. */
export class CelType {
  readonly kind: TypeKind
  /** The name `type(x)` prints. */
  readonly name: string
  readonly parameters: readonly CelType[]
  #text: string | undefined
  constructor(kind: TypeKind, name: string, parameters: readonly CelType[] = []) {
    this.kind = kind
    this.name = name
    this.parameters = parameters
  }

  /** The type as error messages print it. */
  get text(): string {
    this.#text ??= this.#print()
    return this.#text
  }

  #print(): string {
    switch (this.kind) {
      case 'timestamp':
      case 'duration':
      case 'any':
      case 'null':
        return this.kind
      case 'error':
        return '!error!'
      default:
        return this.parameters.length === 0
          ? this.name
          : `${this.name}(${this.parameters.map((parameter) => parameter.text).join(', ')})`
    }
  }
}

export const boolType = new CelType('bool', 'bool')
export const intType = new CelType('int', 'int')
export const uintType = new CelType('uint', 'uint')
export const doubleType = new CelType('double', 'double')
export const stringType = new CelType('string', 'string')
export const bytesType = new CelType('bytes', 'bytes')
export const nullType = new CelType('null', 'null_type')
export const timestampType = new CelType('timestamp', 'google.protobuf.Timestamp')
export const durationType = new CelType('duration', 'google.protobuf.Duration')
export const dynType = new CelType('dyn', 'dyn')
export const anyType = new CelType('any', 'google.protobuf.Any')
export const errorType = new CelType('error', '!error!')
/** `list` and `map` as runtime types, without knowing what is in them. */
export const plainListType = new CelType('list', 'list')
export const plainMapType = new CelType('map', 'map')
export const plainTypeType = new CelType('type', 'type')
export const plainOptionalType = new CelType('opaque', 'optional_type')

export function listOf(element: CelType): CelType {
  return new CelType('list', 'list', [element])
}

export function mapOf(key: CelType, value: CelType): CelType {
  return new CelType('map', 'map', [key, value])
}

export function optionalOf(value: CelType): CelType {
  return new CelType('opaque', 'optional_type', [value])
}

export function typeOf(described: CelType): CelType {
  return new CelType('type', 'type', [described])
}

export function structType(name: string): CelType {
  return new CelType('struct', name)
}

export function opaqueType(name: string, ...parameters: readonly CelType[]): CelType {
  return new CelType('opaque', name, parameters)
}

export function typeParam(name: string): CelType {
  return new CelType('typeParam', name)
}

/** Whether two types are the same, parameters included. */
export function sameType(left: CelType, right: CelType): boolean {
  return (
    left === right ||
    (left.kind === right.kind &&
      left.name === right.name &&
      left.parameters.length === right.parameters.length &&
      left.parameters.every((parameter, at) => sameType(parameter, right.parameters[at]!)))
  )
}

/** Whether two types differ at most in the names of their type parameters. */
export function equivalentTypes(left: CelType, right: CelType): boolean {
  if (left.kind !== right.kind) return false
  if (left.kind === 'typeParam') return true
  return (
    left.name === right.name &&
    left.parameters.length === right.parameters.length &&
    left.parameters.every((parameter, at) => equivalentTypes(parameter, right.parameters[at]!))
  )
}

export function isDyn(type: CelType): boolean {
  return type.kind === 'dyn' || type.kind === 'any'
}

export function isOptional(type: CelType): boolean {
  return type.kind === 'opaque' && type.name === 'optional_type'
}
