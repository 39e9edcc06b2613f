/** The standard definitions of CEL: operators, conversions, sizes, strings and time. */
import type { FunctionDeclaration, Invoke } from '../check/declarations.ts'
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listOf,
  mapOf,
  stringType,
  timestampType,
  typeOf,
  typeParam,
  uintType,
} from '../types/type.ts'
import { add, divide, modulo, multiply, negate, subtract } from '../values/arithmetic.ts'
import { toBool, toBytes, toDouble, toDuration, toInt, toText, toTimestamp, toUint } from '../values/convert.ts'
import { compare, contains, isComparable } from '../values/equal.ts'
import { runtimeType } from '../values/runtime-type.ts'
import { type Civil, civilOf, dayOfYear } from '../values/time.ts'
import { CelError, type Duration, intOf, noSuchOverload, sizeOf, type Timestamp, type Value } from '../values/value.ts'
import { member, plain } from './declare.ts'
import { matchesPattern } from './regex.ts'

const paramA = typeParam('A')
const paramB = typeParam('B')
const listOfA = listOf(paramA)
const mapOfAB = mapOf(paramA, paramB)
const never: Invoke = () => noSuchOverload

type Signature = readonly [id: string, left: CelType, right: CelType, result: CelType]

function binary(
  name: string,
  operate: (left: Value, right: Value) => Value,
  ...signatures: readonly Signature[]
): FunctionDeclaration {
  const single: Invoke = (args) => operate(args[0]!, args[1]!)
  return {
    name,
    single,
    overloads: signatures.map(([id, left, right, result]) => plain(id, [left, right], result, single)),
  }
}

const orderedPairs: readonly (readonly [string, CelType, CelType])[] = [
  ['bool', boolType, boolType],
  ['int64', intType, intType],
  ['int64_double', intType, doubleType],
  ['int64_uint64', intType, uintType],
  ['uint64', uintType, uintType],
  ['uint64_double', uintType, doubleType],
  ['uint64_int64', uintType, intType],
  ['double', doubleType, doubleType],
  ['double_int64', doubleType, intType],
  ['double_uint64', doubleType, uintType],
  ['string', stringType, stringType],
  ['bytes', bytesType, bytesType],
  ['timestamp', timestampType, timestampType],
  ['duration', durationType, durationType],
]

function ordering(name: string, prefix: string, holds: (order: number) => boolean): FunctionDeclaration {
  const noOrder = new CelError(`no such overload: ${name}`)
  return binary(
    name,
    (left, right) => {
      const order = compare(left, right)
      if (typeof order === 'number') return holds(order)
      return order === noSuchOverload && !isComparable(left) ? noOrder : order
    },
    ...orderedPairs.map(([kind, left, right]): Signature => [`${prefix}_${kind}`, left, right, boolType]),
  )
}

const operators: readonly FunctionDeclaration[] = [
  { name: '_?_:_', overloads: [plain('conditional', [boolType, paramA, paramA], paramA, never)] },
  { name: '_&&_', overloads: [plain('logical_and', [boolType, boolType], boolType, never)] },
  { name: '_||_', overloads: [plain('logical_or', [boolType, boolType], boolType, never)] },
  {
    name: '!_',
    single: ([value]) => (typeof value === 'boolean' ? !value : noSuchOverload),
    overloads: [plain('logical_not', [boolType], boolType, never)],
  },
  { name: '@not_strictly_false', overloads: [plain('not_strictly_false', [boolType], boolType, never)] },
  { name: '_==_', overloads: [plain('equals', [paramA, paramA], boolType, never)] },
  { name: '_!=_', overloads: [plain('not_equals', [paramA, paramA], boolType, never)] },
  binary(
    '_+_',
    add,
    ['add_bytes', bytesType, bytesType, bytesType],
    ['add_double', doubleType, doubleType, doubleType],
    ['add_duration_duration', durationType, durationType, durationType],
    ['add_duration_timestamp', durationType, timestampType, timestampType],
    ['add_timestamp_duration', timestampType, durationType, timestampType],
    ['add_int64', intType, intType, intType],
    ['add_list', listOfA, listOfA, listOfA],
    ['add_string', stringType, stringType, stringType],
    ['add_uint64', uintType, uintType, uintType],
  ),
  binary(
    '_/_',
    divide,
    ['divide_double', doubleType, doubleType, doubleType],
    ['divide_int64', intType, intType, intType],
    ['divide_uint64', uintType, uintType, uintType],
  ),
  binary('_%_', modulo, ['modulo_int64', intType, intType, intType], ['modulo_uint64', uintType, uintType, uintType]),
  binary(
    '_*_',
    multiply,
    ['multiply_double', doubleType, doubleType, doubleType],
    ['multiply_int64', intType, intType, intType],
    ['multiply_uint64', uintType, uintType, uintType],
  ),
  {
    name: '-_',
    single: ([value]) => negate(value!),
    overloads: [
      plain('negate_double', [doubleType], doubleType, never),
      plain('negate_int64', [intType], intType, never),
    ],
  },
  binary(
    '_-_',
    subtract,
    ['subtract_double', doubleType, doubleType, doubleType],
    ['subtract_duration_duration', durationType, durationType, durationType],
    ['subtract_int64', intType, intType, intType],
    ['subtract_timestamp_duration', timestampType, durationType, timestampType],
    ['subtract_timestamp_timestamp', timestampType, timestampType, durationType],
    ['subtract_uint64', uintType, uintType, uintType],
  ),
  ordering('_<_', 'less', (order) => order < 0),
  ordering('_<=_', 'less_equals', (order) => order <= 0),
  ordering('_>_', 'greater', (order) => order > 0),
  ordering('_>=_', 'greater_equals', (order) => order >= 0),
  {
    name: '_[_]',
    overloads: [
      plain('index_list', [listOfA, intType], paramA, never),
      plain('index_map', [mapOfAB, paramA], paramB, never),
    ],
  },
  binary(
    '@in',
    (value, container) => contains(container, value),
    ['in_list', paramA, listOfA, boolType],
    ['in_map', paramA, mapOfAB, boolType],
  ),
]

const noSize = new CelError('no such overload: size')
const sized: readonly (readonly [string, CelType])[] = [
  ['bytes', bytesType],
  ['list', listOfA],
  ['map', mapOfAB],
  ['string', stringType],
]

function conversion(
  name: string,
  convert: (value: Value) => Value,
  result: CelType,
  ...from: readonly (readonly [string, CelType])[]
): FunctionDeclaration {
  return { name, overloads: from.map(([id, type]) => plain(id, [type], result, ([value]) => convert(value!))) }
}

const conversions: readonly FunctionDeclaration[] = [
  {
    name: 'size',
    single: ([value]) => sizeOf(value!) ?? noSize,
    overloads: sized.flatMap(([kind, type]) => [
      plain(`size_${kind}`, [type], intType, never),
      member(`${kind}_size`, [type], intType, never),
    ]),
  },
  {
    name: 'type',
    single: ([value]) => runtimeType(value!),
    overloads: [plain('type', [paramA], typeOf(paramA), never)],
  },
  { name: 'dyn', single: ([value]) => value!, overloads: [plain('to_dyn', [paramA], dynType, never)] },
  conversion('bool', toBool, boolType, ['bool_to_bool', boolType], ['string_to_bool', stringType]),
  conversion('bytes', toBytes, bytesType, ['bytes_to_bytes', bytesType], ['string_to_bytes', stringType]),
  conversion(
    'double',
    toDouble,
    doubleType,
    ['double_to_double', doubleType],
    ['int64_to_double', intType],
    ['string_to_double', stringType],
    ['uint64_to_double', uintType],
  ),
  conversion(
    'duration',
    toDuration,
    durationType,
    ['duration_to_duration', durationType],
    ['int64_to_duration', intType],
    ['string_to_duration', stringType],
  ),
  conversion(
    'int',
    toInt,
    intType,
    ['int64_to_int64', intType],
    ['double_to_int64', doubleType],
    ['duration_to_int64', durationType],
    ['string_to_int64', stringType],
    ['timestamp_to_int64', timestampType],
    ['uint64_to_int64', uintType],
  ),
  conversion(
    'string',
    toText,
    stringType,
    ['string_to_string', stringType],
    ['bool_to_string', boolType],
    ['bytes_to_string', bytesType],
    ['double_to_string', doubleType],
    ['duration_to_string', durationType],
    ['int64_to_string', intType],
    ['timestamp_to_string', timestampType],
    ['uint64_to_string', uintType],
  ),
  conversion(
    'timestamp',
    toTimestamp,
    timestampType,
    ['timestamp_to_timestamp', timestampType],
    ['int64_to_timestamp', intType],
    ['string_to_timestamp', stringType],
  ),
  conversion(
    'uint',
    toUint,
    uintType,
    ['uint64_to_uint64', uintType],
    ['double_to_uint64', doubleType],
    ['int64_to_uint64', intType],
    ['string_to_uint64', stringType],
  ),
]

function stringTest(name: string, id: string, test: (text: string, part: string) => boolean): FunctionDeclaration {
  const single: Invoke = ([text, part]) =>
    typeof text === 'string' && typeof part === 'string' ? test(text, part) : noSuchOverload
  return { name, single, overloads: [member(id, [stringType, stringType], boolType, single)] }
}

const noMatches = new CelError('no such overload: matches')
const strings: readonly FunctionDeclaration[] = [
  stringTest('contains', 'contains_string', (text, part) => text.includes(part)),
  stringTest('endsWith', 'ends_with_string', (text, part) => text.endsWith(part)),
  stringTest('startsWith', 'starts_with_string', (text, part) => text.startsWith(part)),
  {
    name: 'matches',
    single: ([text, pattern]) => {
      if (typeof text !== 'string') return noMatches
      return typeof pattern === 'string' ? matchesPattern(text, pattern) : noSuchOverload
    },
    overloads: [
      plain('matches', [stringType, stringType], boolType, never),
      member('matches_string', [stringType, stringType], boolType, never),
    ],
  },
]

function calendar(
  name: string,
  id: string,
  read: (civil: Civil) => number,
  ofDuration?: (nanos: bigint) => bigint,
): FunctionDeclaration {
  const invoke: Invoke = ([timestamp, zone]) => {
    const civil = civilOf(timestamp as Timestamp, (zone as string | undefined) ?? 'UTC')
    return civil instanceof CelError ? civil : read(civil)
  }
  const overloads = [
    member(`timestamp_to_${id}`, [timestampType], intType, invoke),
    member(`timestamp_to_${id}_with_tz`, [timestampType, stringType], intType, invoke),
  ]
  if (ofDuration !== undefined) {
    overloads.push(
      member(`duration_to_${id}`, [durationType], intType, ([span]) => intOf(ofDuration((span as Duration).nanos))),
    )
  }
  return { name, overloads }
}

const time: readonly FunctionDeclaration[] = [
  calendar('getFullYear', 'year', ({ date }) => date.getUTCFullYear()),
  calendar('getMonth', 'month', ({ date }) => date.getUTCMonth()),
  calendar('getDayOfYear', 'day_of_year', ({ date }) => dayOfYear(date)),
  calendar('getDayOfMonth', 'day_of_month', ({ date }) => date.getUTCDate() - 1),
  calendar('getDate', 'day_of_month_1_based', ({ date }) => date.getUTCDate()),
  calendar('getDayOfWeek', 'day_of_week', ({ date }) => date.getUTCDay()),
  calendar(
    'getHours',
    'hours',
    ({ date }) => date.getUTCHours(),
    (nanos) => nanos / 3_600_000_000_000n,
  ),
  calendar(
    'getMinutes',
    'minutes',
    ({ date }) => date.getUTCMinutes(),
    (nanos) => nanos / 60_000_000_000n,
  ),
  calendar(
    'getSeconds',
    'seconds',
    ({ date }) => date.getUTCSeconds(),
    (nanos) => nanos / 1_000_000_000n,
  ),
  calendar(
    'getMilliseconds',
    'milliseconds',
    ({ nanos }) => Math.floor(nanos / 1e6),
    (nanos) => nanos / 1_000_000n,
  ),
]

/** The functions every CEL expression may call. */
export const standardFunctions: readonly FunctionDeclaration[] = [...operators, ...conversions, ...strings, ...time]
