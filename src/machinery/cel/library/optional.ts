/** Optional values: making, asking and unwrapping them. */
import type { FunctionDeclaration } from '../check/declarations.ts'
import { boolType, dynType, intType, listOf, mapOf, optionalOf, stringType, typeParam } from '../types/type.ts'
import { textOf } from '../values/text.ts'
import {
  CelError,
  Double,
  Duration,
  elementAt,
  elementsOf,
  isList,
  type ListValue,
  MapValue,
  noneOptional,
  noSuchOverload,
  Optional,
  sizeOfList,
  Timestamp,
  Uint,
  type Value,
} from '../values/value.ts'
import { member, plain } from './declare.ts'

const key = typeParam('K')
const value = typeParam('V')
const optionalV = optionalOf(value)
const listV = listOf(value)
const mapKV = mapOf(key, value)
const dereferenced = new CelError('optional.none() dereference')
const never = () => noSuchOverload

function isZero(given: Value): boolean {
  if (given === null || given === '' || given === 0 || given === false) return true
  if (given instanceof Double) return given.value === 0
  if (given instanceof Uint) return given.value === 0n
  if (given instanceof Duration) return given.nanos === 0n
  if (given instanceof Timestamp) return given.seconds === -62135596800 && given.nanos === 0
  if (given instanceof Uint8Array) return given.length === 0
  if (Array.isArray(given)) return given.length === 0
  // Kubernetes: lists and maps of typed objects are never zero values.
  if (given instanceof MapValue) return !given.isTyped && given.size === 0
  return given instanceof Optional && given.value === undefined
}

function unwrapped(list: Value): Value {
  const values: Value[] = []
  for (const element of elementsOf(list as readonly Value[])) {
    if (!(element instanceof Optional)) return new CelError(`value ${textOf(element)} is not optional`)
    if (element.value !== undefined) values.push(element.value)
  }
  return values
}

function endOf(list: Value, { last }: { readonly last: boolean }): Value {
  if (!isList(list)) return noSuchOverload
  const size = sizeOfList(list)
  return size === 0 ? noneOptional : new Optional(elementAt(list as readonly Value[] | ListValue, last ? size - 1 : 0))
}

/** The functions of optional values. */
export const optionalFunctions: readonly FunctionDeclaration[] = [
  { name: 'optional.of', overloads: [plain('optional_of', [value], optionalV, ([given]) => new Optional(given))] },
  {
    name: 'optional.ofNonZeroValue',
    overloads: [
      plain('optional_ofNonZeroValue', [value], optionalV, ([given]) =>
        isZero(given!) ? noneOptional : new Optional(given),
      ),
    ],
  },
  { name: 'optional.none', overloads: [plain('optional_none', [], optionalV, () => noneOptional)] },
  {
    name: 'value',
    overloads: [
      member(
        'optional_value',
        [optionalV],
        value,
        ([given]) => (given as Optional).value ?? valueOr(given as Optional),
      ),
    ],
  },
  {
    name: 'hasValue',
    overloads: [
      member('optional_hasValue', [optionalV], boolType, ([given]) => (given as Optional).value !== undefined),
    ],
  },
  {
    name: 'or',
    overloads: [
      member('optional_or_optional', [optionalV, optionalV], optionalV, ([first, second]) =>
        (first as Optional).value === undefined ? second! : first!,
      ),
    ],
  },
  {
    name: 'orValue',
    overloads: [
      member('optional_orValue_value', [optionalV, value], value, ([first, second]) =>
        (first as Optional).value === undefined ? second! : (first as Optional).value!,
      ),
    ],
  },
  { name: '_?._', overloads: [plain('select_optional_field', [dynType, stringType], optionalV, never)] },
  {
    name: '_[?_]',
    overloads: [
      plain('list_optindex_optional_int', [listV, intType], optionalV, never),
      plain('optional_list_optindex_optional_int', [optionalOf(listV), intType], optionalV, never),
      plain('map_optindex_optional_value', [mapKV, key], optionalV, never),
      plain('optional_map_optindex_optional_value', [optionalOf(mapKV), key], optionalV, never),
    ],
  },
  {
    name: '_[_]',
    overloads: [
      plain('optional_list_index_int', [optionalOf(listV), intType], optionalV, never),
      plain('optional_map_index_value', [optionalOf(mapKV), key], optionalV, never),
    ],
  },
  { name: 'last', overloads: [member('list_last', [listV], optionalV, ([list]) => endOf(list!, { last: true }))] },
  { name: 'first', overloads: [member('list_first', [listV], optionalV, ([list]) => endOf(list!, { last: false }))] },
  {
    name: 'optional.unwrap',
    overloads: [plain('optional_unwrap', [listOf(optionalV)], listV, ([list]) => unwrapped(list!))],
  },
  {
    name: 'unwrapOpt',
    overloads: [member('optional_unwrapOpt', [listOf(optionalV)], listV, ([list]) => unwrapped(list!))],
  },
]

/** An optional may hold null, which is a value. */
function valueOr({ value: held }: Optional): Value {
  return held === undefined ? dereferenced : held
}
