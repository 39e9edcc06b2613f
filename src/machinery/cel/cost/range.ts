/** Ranges of sizes and costs, which stop at the largest uint64. */

import type { Node } from '../syntax/tree.ts'
import type { CelType } from '../types/type.ts'

/** At least and at most. */
export interface Range {
  readonly min: number
  readonly max: number
}
export type SizeRange = Range
export type CostRange = Range

/** What a call may cost, and how large its result may be. */
export interface CallEstimate extends Range {
  readonly resultSize?: SizeRange
}

/** A part of an expression as estimators see it. */
export interface EstimatedNode {
  /** The way from a variable to the value through its declared type, when there is one. */
  readonly path: readonly string[] | undefined
  readonly type: CelType
  readonly node: Node | undefined
  readonly size: SizeRange | undefined
}

/** Kubernetes: costs and sizes saturate here. */
export const rangeMax = 2 ** 64

const capped = (value: number): number => Math.min(value, rangeMax)

export const fixed = (value: number): Range => ({ min: value, max: value })
export const unknownSize: SizeRange = { min: 0, max: rangeMax }

export function add(left: Range, right: Range): Range {
  return { min: capped(left.min + right.min), max: capped(left.max + right.max) }
}

export function multiply(left: Range, right: Range): Range {
  return { min: capped(left.min * right.min), max: capped(left.max * right.max) }
}

/** Multiplied and rounded up. */
export function scale(range: Range, factor: number): Range {
  return { min: capped(Math.ceil(range.min * factor)), max: capped(Math.ceil(range.max * factor)) }
}

/** The smallest range around both. */
export function union(left: Range, right: Range): Range {
  return { min: Math.min(left.min, right.min), max: Math.max(left.max, right.max) }
}

export const stringTraversalFactor = 0.1
export const regexLengthFactor = 0.25
export const listCreateCost = 10
export const mapCreateCost = 30
export const structCreateCost = 40
