/** Quantities: `quantity()`, `isQuantity()`, arithmetic and comparisons. */
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  QuantityError,
  quantityOf,
  quantityText,
  subtractQuantities,
  tryQuantity,
} from '../../quantity/quantity.ts'
import type { FunctionDeclaration } from '../check/declarations.ts'
import { member, plain } from '../library/declare.ts'
import { boolType, doubleType, intType, stringType, structType } from '../types/type.ts'
import {
  CelError,
  Double,
  int64Max,
  int64Min,
  intOf,
  noSuchOverload,
  ObjectValue,
  type Value,
} from '../values/value.ts'

const quantityType = structType('kubernetes.Quantity')
const nanosPerOne = 1_000_000_000n

/** An exact amount. */
export class QuantityValue extends ObjectValue {
  readonly type = quantityType
  readonly quantity: Quantity
  constructor(quantity: Quantity) {
    super()
    this.quantity = quantity
  }

  equals(other: Value): boolean | CelError {
    return other instanceof QuantityValue ? compareQuantities(this.quantity, other.quantity) === 0 : noSuchOverload
  }

  get text(): string {
    return quantityText(this.quantity)
  }
}

function quantityFrom(text: string): Value {
  try {
    return new QuantityValue(parseQuantity(text))
  } catch (error) {
    if (error instanceof QuantityError) return new CelError(error.message)
    throw error
  }
}

const read = (value: Value | undefined): Quantity => (value as QuantityValue).quantity

/** The amount as an int, when it is whole and fits. */
function integerOf({ nanos }: Quantity): Value | undefined {
  if (nanos % nanosPerOne !== 0n) return undefined
  const number = nanos / nanosPerOne
  return number < int64Min || number > int64Max ? undefined : intOf(number)
}

function doubleOf({ nanos }: Quantity): number {
  const whole = nanos / nanosPerOne
  return Number(whole) + Number(nanos % nanosPerOne) / 1e9
}

const pair = [quantityType, quantityType] as const
const withInt = [quantityType, intType] as const
const fromInt = (value: Value | undefined) => quantityOf(BigInt(value as number | bigint), 'DecimalExponent')

/** The functions of quantities. */
export const quantityFunctions: readonly FunctionDeclaration[] = [
  {
    name: 'quantity',
    overloads: [plain('string_to_quantity', [stringType], quantityType, ([text]) => quantityFrom(text as string))],
  },
  {
    name: 'isQuantity',
    overloads: [
      plain('is_quantity_string', [stringType], boolType, ([text]) => tryQuantity(text as string) !== undefined),
    ],
  },
  {
    name: 'sign',
    overloads: [
      plain('quantity_sign', [quantityType], intType, ([value]) =>
        read(value).nanos > 0n ? 1 : read(value).nanos < 0n ? -1 : 0,
      ),
    ],
  },
  {
    name: 'isGreaterThan',
    overloads: [
      member(
        'quantity_is_greater_than',
        pair,
        boolType,
        ([left, right]) => compareQuantities(read(left), read(right)) > 0,
      ),
    ],
  },
  {
    name: 'isLessThan',
    overloads: [
      member(
        'quantity_is_less_than',
        pair,
        boolType,
        ([left, right]) => compareQuantities(read(left), read(right)) < 0,
      ),
    ],
  },
  {
    name: 'compareTo',
    overloads: [
      member(
        'quantity_compare_to',
        pair,
        intType,
        ([left, right]) => Math.sign(compareQuantities(read(left), read(right))) + 0,
      ),
    ],
  },
  {
    name: 'asApproximateFloat',
    overloads: [
      member('quantity_get_float', [quantityType], doubleType, ([value]) => new Double(doubleOf(read(value)))),
    ],
  },
  {
    name: 'asInteger',
    overloads: [
      member(
        'quantity_get_int',
        [quantityType],
        intType,
        ([value]) => integerOf(read(value)) ?? new CelError('cannot convert value to integer'),
      ),
    ],
  },
  {
    name: 'isInteger',
    overloads: [
      member('quantity_is_integer', [quantityType], boolType, ([value]) => integerOf(read(value)) !== undefined),
    ],
  },
  {
    name: 'add',
    overloads: [
      member(
        'quantity_add',
        pair,
        quantityType,
        ([left, right]) => new QuantityValue(addQuantities(read(left), read(right))),
      ),
      member(
        'quantity_add_int',
        withInt,
        quantityType,
        ([left, right]) => new QuantityValue(addQuantities(read(left), fromInt(right))),
      ),
    ],
  },
  {
    name: 'sub',
    overloads: [
      member(
        'quantity_sub',
        pair,
        quantityType,
        ([left, right]) => new QuantityValue(subtractQuantities(read(left), read(right))),
      ),
      member(
        'quantity_sub_int',
        withInt,
        quantityType,
        ([left, right]) => new QuantityValue(subtractQuantities(read(left), fromInt(right))),
      ),
    ],
  },
]
