/** Functions on lists: Kubernetes' own, the list extension, and sets. */
import type { FunctionDeclaration, Overload } from '../check/declarations.ts'
import {
  add as addRanges,
  type CallEstimate,
  type EstimatedNode,
  fixed,
  listCreateCost,
  multiply,
  type Range,
  rangeMax,
  type SizeRange,
  scale,
  stringTraversalFactor,
} from '../cost/range.ts'
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
  typeParam,
  uintType,
} from '../types/type.ts'
import { add } from '../values/arithmetic.ts'
import { compare, contains, equal, isComparable } from '../values/equal.ts'
import type { EntriesMap } from '../values/map.ts'
import { runtimeType } from '../values/runtime-type.ts'
import {
  CelError,
  costSizeOf,
  Double,
  Duration,
  elementsOf,
  isList,
  type MapValue,
  noSuchOverload,
  Uint,
  type Value,
} from '../values/value.ts'
import { member, plain } from './declare.ts'

type List = readonly Value[]

const paramA = typeParam('A')
const comparable: readonly (readonly [string, CelType])[] = [
  ['int', intType],
  ['uint', uintType],
  ['double', doubleType],
  ['bool', boolType],
  ['duration', durationType],
  ['timestamp', timestampType],
  ['string', stringType],
  ['bytes', bytesType],
]
const summable: readonly (readonly [string, CelType, Value])[] = [
  ['int', intType, 0],
  ['uint', uintType, new Uint(0n)],
  ['double', doubleType, new Double(0)],
  ['duration', durationType, new Duration(0n)],
]

const elements = (list: Value | undefined): readonly Value[] => elementsOf(list as List)

function isSorted(list: Value): Value {
  let previous: Value | undefined
  for (const element of elements(list)) {
    if (!isComparable(element)) return element instanceof CelError ? element : noSuchOverload
    if (previous !== undefined && compare(previous, element) === 1) return false
    previous = element
  }
  return true
}

function sum(list: Value, zero: Value): Value {
  let total = zero
  for (const element of elements(list)) {
    total = add(total, element)
    if (total instanceof CelError) return total
  }
  return total
}

function extreme(list: Value, name: string, worse: number): Value {
  let best: Value | undefined
  for (const element of elements(list)) {
    if (!isComparable(element)) return element instanceof CelError ? element : noSuchOverload
    if (best === undefined || compare(best, element) === worse) best = element
  }
  return best ?? new CelError(`${name} called on empty list`)
}

const kubernetesLists: readonly FunctionDeclaration[] = [
  {
    name: 'isSorted',
    overloads: comparable.map(([kind, type]) =>
      member(`list_${kind}_is_sorted_bool`, [listOf(type)], boolType, ([list]) => isSorted(list!)),
    ),
  },
  {
    name: 'sum',
    overloads: summable.map(([kind, type, zero]) =>
      member(`list_${kind}_sum_${kind}`, [listOf(type)], type, ([list]) => sum(list!, zero)),
    ),
  },
  {
    name: 'max',
    overloads: comparable.map(([kind, type]) =>
      member(`list_${kind}_max_${kind}`, [listOf(type)], type, ([list]) => extreme(list!, 'max', -1)),
    ),
  },
  {
    name: 'min',
    overloads: comparable.map(([kind, type]) =>
      member(`list_${kind}_min_${kind}`, [listOf(type)], type, ([list]) => extreme(list!, 'min', 1)),
    ),
  },
  {
    name: 'indexOf',
    overloads: [
      member('list_a_index_of_int', [listOf(paramA), paramA], intType, ([list, item]) =>
        elements(list).findIndex((element) => equal(element, item!) === true),
      ),
    ],
  },
  {
    name: 'lastIndexOf',
    overloads: [
      member('list_a_last_index_of_int', [listOf(paramA), paramA], intType, ([list, item]) =>
        elements(list).findLastIndex((element) => equal(element, item!) === true),
      ),
    ],
  },
]

const paramT = typeParam('T')
const listT = listOf(paramT)
const listDyn = listOf(dynType)

/** One for the call, ten for the list, and a part for each element. */
const allocated = (factor: number, size: number): number => Math.trunc(size * factor) + 1 + listCreateCost
const allocatedEstimate = (factor: number, resultSize: SizeRange): CallEstimate => ({
  ...addRanges(scale(resultSize, factor), fixed(1 + listCreateCost)),
  resultSize,
})

const outputSize: NonNullable<Overload['cost']> = (_args, result) => allocated(1, costSizeOf(result))

/** The value of a literal int, for estimates. */
function literalInt(node: EstimatedNode | undefined, otherwise: number): number {
  const literal = node?.node
  if (literal?.kind !== 'literal' || typeof literal.value !== 'number') return otherwise
  return Math.max(literal.value, 0)
}

function slice(list: Value, start: number, end: number): Value {
  const called = `cannot slice(${start}, ${end})`
  if (start < 0 || end < 0) return new CelError(`${called}, negative indexes not supported`)
  if (start > end) return new CelError(`${called}, start index must be less than or equal to end index`)
  const all = elements(list)
  return all.length < end ? new CelError(`${called}, list is length ${all.length}`) : all.slice(start, end)
}

function flatten(list: Value, depth: number): Value {
  if (depth < 0) return new CelError('level must be non-negative')
  const flat: Value[] = []
  const visit = (inner: Value, left: number): void => {
    for (const element of elements(inner)) {
      if (isList(element) && left > 0) visit(element, left - 1)
      else flat.push(element)
    }
  }
  visit(list, depth)
  return flat
}

function sortBy(list: Value, keys: Value): Value {
  const all = elements(list)
  const order = elements(keys)
  if (all.length !== order.length) {
    const message = `expected a list of the same size as the associated keys list, but got ${all.length} and ${order.length} elements respectively`
    return new CelError(`@sortByAssociatedKeys() ${message}`)
  }
  if (all.length === 0) return list
  if (!isComparable(order[0]!)) return new CelError('list elements must be comparable')
  const kind = runtimeType(order[0]!).name
  if (order.length > 1 && order.some((key) => runtimeType(key).name !== kind)) {
    return new CelError('list elements must have the same type')
  }
  const places = all.map((_, at) => at)
  places.sort((left, right) => {
    const result = compare(order[left]!, order[right]!)
    return typeof result === 'number' ? result : 0
  })
  return places.map((at) => all[at]!)
}

function distinct(list: Value): Value {
  const unique: Value[] = []
  for (const element of elements(list)) {
    if (!unique.some((other) => equal(element, other) === true)) unique.push(element)
  }
  return unique
}

function selfCompared(list: Value): number {
  const size = costSizeOf(list)
  const [first] = size === 0 ? [] : elements(list)
  const text = typeof first === 'string' || first instanceof Uint8Array
  return allocated(text ? 2 + stringTraversalFactor : 2, size * size)
}

const squared = (size: SizeRange, factor: number): CallEstimate => allocatedEstimate(factor, multiply(size, size))
const sortFactor = (type: CelType) => (type === stringType || type === bytesType ? 2 + stringTraversalFactor : 2)

const extensionLists: readonly FunctionDeclaration[] = [
  {
    name: 'slice',
    overloads: [
      member(
        'list_slice',
        [listT, intType, intType],
        listT,
        ([list, start, end]) => slice(list!, Number(start), Number(end)),
        {
          cost: outputSize,
          estimate: (target, args, sizeOf) => {
            if (target === undefined || args.length !== 2) return undefined
            const length = literalInt(args[1], sizeOf(target).max) - literalInt(args[0], 0)
            return allocatedEstimate(1, fixed(length < 0 ? rangeMax + length : length))
          },
        },
      ),
    ],
  },
  {
    name: 'flatten',
    single: ([list, depth]) => {
      if (isList(list)) return flatten(list, Number(depth ?? 1))
      return new CelError(`no such overload: ${runtimeType(list!).name}.flatten(${depth === undefined ? '' : 'int'})`)
    },
    overloads: [
      member('list_flatten', [listOf(listT)], listT, () => noSuchOverload, {
        cost: ([list]) => allocated(1, costSizeOf(list)),
        estimate: (target, _args, sizeOf) => target && allocatedEstimate(1, sizeOf(target)),
      }),
      member('list_flatten_int', [listDyn, intType], listDyn, () => noSuchOverload, {
        cost: ([list, depth]) => allocated(Number(depth), costSizeOf(list)),
        estimate: (target, args, sizeOf) => target && allocatedEstimate(literalInt(args[0], rangeMax), sizeOf(target)),
      }),
    ],
  },
  {
    name: 'sort',
    single: ([list]) => (isList(list) ? sortBy(list, list) : new CelError('no such overload: sort')),
    overloads: comparable.map(([, type]) =>
      member(`list_${type.name}_sort`, [listOf(type)], listOf(type), () => noSuchOverload, {
        cost: ([list]) => selfCompared(list!),
        estimate: (target, _args, sizeOf) => target && squared(sizeOf(target), sortFactor(type)),
      }),
    ),
  },
  {
    name: '@sortByAssociatedKeys',
    single: ([list, keys]) => (isList(list) && isList(keys) ? sortBy(list, keys) : noSuchOverload),
    overloads: comparable.map(([, type]) =>
      member(`list_${type.name}_sortByAssociatedKeys`, [listT, listOf(type)], listT, () => noSuchOverload, {
        cost: ([, keys]) => selfCompared(keys!),
        estimate: (_target, args, sizeOf) => args[0] && squared(sizeOf(args[0]), sortFactor(type)),
      }),
    ),
  },
  {
    name: 'lists.range',
    overloads: [
      plain('lists_range', [intType], listOf(intType), ([count]) => range(Number(count)), {
        cost: outputSize,
        estimate: (_target, args) => allocatedEstimate(1, fixed(literalInt(args[0], rangeMax))),
      }),
    ],
  },
  {
    name: 'reverse',
    overloads: [
      member('list_reverse', [listT], listT, ([list]) => elements(list).toReversed(), {
        cost: outputSize,
        estimate: (target, _args, sizeOf) => target && allocatedEstimate(1, sizeOf(target)),
      }),
    ],
  },
  {
    name: 'distinct',
    overloads: [
      member('list_distinct', [listT], listT, ([list]) => distinct(list!), {
        cost: ([list]) => selfCompared(list!),
        estimate: (target, _args, sizeOf) => target && squared(sizeOf(target), 2),
      }),
    ],
  },
]

/** More numbers than any budget pays for are refused before they fill the memory. */
const rangeLengthMax = 10_000_000

function range(count: number): Value {
  if (count > rangeLengthMax) return new CelError('operation cancelled: actual cost limit exceeded')
  return Array.from({ length: Math.max(count, 0) }, (_, at) => at)
}

function containsAll(list: Value, wanted: Value): Value {
  for (const element of elements(wanted)) {
    const found = contains(list, element)
    if (found !== true) return found
  }
  return true
}

const setCost = (factor: number): Pick<Overload, 'cost' | 'estimate'> => ({
  cost: ([left, right]) => 1 + Math.trunc(costSizeOf(left) * costSizeOf(right) * factor),
  estimate: (_target, args, sizeOf): Range | undefined =>
    args.length === 2 ? addRanges(scale(multiply(sizeOf(args[0]!), sizeOf(args[1]!)), factor), fixed(1)) : undefined,
})

const sets: readonly FunctionDeclaration[] = [
  {
    name: 'sets.contains',
    overloads: [
      plain(
        'list_sets_contains_list',
        [listT, listT],
        boolType,
        ([list, part]) => containsAll(list!, part!),
        setCost(1),
      ),
    ],
  },
  {
    name: 'sets.equivalent',
    overloads: [
      plain(
        'list_sets_equivalent_list',
        [listT, listT],
        boolType,
        ([left, right]) => {
          const first = containsAll(left!, right!)
          return first === true ? containsAll(right!, left!) : first
        },
        setCost(2),
      ),
    ],
  },
  {
    name: 'sets.intersects',
    overloads: [
      plain(
        'list_sets_intersects_list',
        [listT, listT],
        boolType,
        ([left, right]) => elements(left).some((element) => contains(right!, element) === true),
        setCost(1),
      ),
    ],
  },
]

const mapKV = mapOf(typeParam('K'), typeParam('V'))

function insertAll(map: Value, entries: Value): Value {
  const target = map as EntriesMap
  const source = entries as MapValue
  for (const key of source.keys()) {
    const problem = target.insert(key, source.find(key)!)
    if (problem !== undefined) return problem
  }
  return target
}

/** What `transformMap` and `transformMapEntry` gather with. */
const mapInsert: FunctionDeclaration = {
  name: 'cel.@mapInsert',
  overloads: [
    plain(
      '@mapInsert_map_key_value',
      [mapKV, typeParam('K'), typeParam('V')],
      mapKV,
      ([map, key, value]) => (map as EntriesMap).insert(key!, value!) ?? map!,
    ),
    plain('@mapInsert_map_map', [mapKV, mapKV], mapKV, ([map, entries]) => insertAll(map!, entries!)),
  ],
}

/** Everything Kubernetes enables on lists. */
export const listFunctions: readonly FunctionDeclaration[] = [...kubernetesLists, ...extensionLists, ...sets, mapInsert]
