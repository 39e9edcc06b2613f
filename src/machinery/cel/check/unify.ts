/** Whether types fit, and what that says about type parameters. */
import { CelType, dynType, isDyn, nullType, sameType } from '../types/type.ts'

/** What is known of type parameters, by name. */
export type Bindings = Map<string, CelType>

function isAccepted(type: CelType): boolean {
  return type.kind === 'error' || isDyn(type)
}

function isNullable(type: CelType): boolean {
  return ['opaque', 'struct', 'any', 'duration', 'timestamp'].includes(type.kind) || type === nullType
}

function isLessSpecific(left: CelType, right: CelType): boolean {
  if (isDyn(left) || left.kind === 'typeParam') return true
  if (isDyn(right) || right.kind === 'typeParam') return false
  if (left.kind !== right.kind) return false
  switch (left.kind) {
    case 'opaque':
      return (
        left.name === right.name &&
        left.parameters.length === right.parameters.length &&
        left.parameters.every((parameter, at) => isLessSpecific(parameter, right.parameters[at]!))
      )
    case 'list':
    case 'map':
      return left.parameters.every((parameter, at) => isLessSpecific(parameter, right.parameters[at]!))
    case 'type':
      return true
    default:
      return sameType(left, right)
  }
}

/** The more general of two types that fit. */
export function mostGeneral(left: CelType, right: CelType): CelType {
  return isLessSpecific(left, right) ? left : right
}

function isFreeOf(bindings: Bindings, parameter: CelType, within: CelType): boolean {
  if (sameType(parameter, within)) return false
  if (within.kind === 'typeParam') {
    const bound = bindings.get(within.text)
    return bound === undefined || isFreeOf(bindings, parameter, bound)
  }
  return within.parameters.every((inner) => isFreeOf(bindings, parameter, inner))
}

type Fit = 'fits' | 'bound' | 'free'

/** Tries `parameter` as a stand-in for `type`. */
function substituted(bindings: Bindings, type: CelType, parameter: CelType): Fit {
  if (type.kind === parameter.kind && sameType(type, parameter)) return 'fits'
  const bound = bindings.get(parameter.text)
  if (bound !== undefined) {
    if (type.kind === bound.kind && sameType(type, bound)) return 'fits'
    if (!fits(bindings, type, bound)) return 'bound'
    const general = mostGeneral(type, bound)
    if (isFreeOf(bindings, parameter, general)) bindings.set(parameter.text, general)
    return 'fits'
  }
  if (!isFreeOf(bindings, parameter, type)) return 'free'
  bindings.set(parameter.text, type)
  return 'fits'
}

function fits(bindings: Bindings, left: CelType, right: CelType): boolean {
  if (right.kind === 'typeParam') {
    const fit = substituted(bindings, left, right)
    if (fit !== 'free') return fit === 'fits'
  }
  if (left.kind === 'typeParam') return substituted(bindings, right, left) === 'fits'
  if (isAccepted(left) || isAccepted(right)) return true
  if (left.kind === 'null') return isNullable(right)
  if (right.kind === 'null') return isNullable(left)
  switch (left.kind) {
    case 'type':
      return right.kind === 'type'
    case 'opaque':
    case 'list':
    case 'map':
      return (
        left.kind === right.kind &&
        left.name === right.name &&
        left.parameters.length === right.parameters.length &&
        left.parameters.every((parameter, at) => fits(bindings, parameter, right.parameters[at]!))
      )
    default:
      return left.kind === right.kind && left.name === right.name
  }
}

/** The bindings under which every left type can be used as the right one, or undefined. */
export function assignableAll(
  bindings: Bindings,
  left: readonly CelType[],
  right: readonly CelType[],
): Bindings | undefined {
  if (left.length !== right.length) return undefined
  const tried = new Map(bindings)
  return left.every((type, at) => fits(tried, type, right[at]!)) ? tried : undefined
}

/** The type with known parameters filled in; unknown ones become dyn when `freeToDyn`. */
export function substitute(bindings: Bindings, type: CelType, { freeToDyn }: { readonly freeToDyn: boolean }): CelType {
  if (type.kind === 'typeParam') {
    const bound = bindings.get(type.text)
    if (bound !== undefined) return substitute(bindings, bound, { freeToDyn })
    return freeToDyn ? dynType : type
  }
  if (type.parameters.length === 0) return type
  const parameters = type.parameters.map((parameter) => substitute(bindings, parameter, { freeToDyn }))
  return parameters.every((parameter, at) => parameter === type.parameters[at])
    ? type
    : new CelType(type.kind, type.name, parameters)
}
