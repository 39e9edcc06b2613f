/** The type of a value at run time, and whether a value may be passed for a declared type. */
import {
  boolType,
  bytesType,
  CelType,
  doubleType,
  durationType,
  errorType,
  intType,
  isDyn,
  nullType,
  plainListType,
  plainMapType,
  plainOptionalType,
  plainTypeType,
  stringType,
  timestampType,
  uintType,
} from '../types/type.ts'
import {
  Double,
  Duration,
  elementAt,
  isList,
  MapValue,
  ObjectValue,
  Optional,
  sizeOfList,
  Timestamp,
  Uint,
  type Value,
} from './value.ts'

/** What `type()` gives. */
export function runtimeType(value: Value): CelType {
  switch (typeof value) {
    case 'string':
      return stringType
    case 'boolean':
      return boolType
    case 'number':
    case 'bigint':
      return intType
  }
  if (value === null) return nullType
  if (isList(value)) return plainListType
  if (value instanceof MapValue) return plainMapType
  if (value instanceof Double) return doubleType
  if (value instanceof Uint) return uintType
  if (value instanceof Timestamp) return timestampType
  if (value instanceof Duration) return durationType
  if (value instanceof Uint8Array) return bytesType
  if (value instanceof Optional) return plainOptionalType
  if (value instanceof CelType) return plainTypeType
  return value instanceof ObjectValue ? value.type : errorType
}

/** Whether a function that declares `type` may be called with `value`. Lists and maps are judged by their first entry. */
export function accepts(type: CelType, value: Value): boolean {
  switch (type.kind) {
    case 'typeParam':
      return true
    case 'string':
      return typeof value === 'string'
    case 'int':
      return typeof value === 'number' || typeof value === 'bigint'
    case 'bool':
      return typeof value === 'boolean'
    case 'list': {
      if (!isList(value)) return false
      const element = type.parameters[0]
      return element === undefined || sizeOfList(value) === 0 || accepts(element, elementAt(value, 0))
    }
    case 'map': {
      if (!(value instanceof MapValue)) return false
      if (type.parameters.length === 0 || value.size === 0) return true
      const key = value.keys()[0]
      if (key === undefined) return true
      return accepts(type.parameters[0]!, key) && accepts(type.parameters[1]!, value.find(key)!)
    }
    default:
      return isDyn(type) || runtimeType(value).name === type.name
  }
}
