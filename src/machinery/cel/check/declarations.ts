/** What an environment declares: variables, functions with overloads, and types with fields. */

import type { CallEstimate, EstimatedNode, SizeRange } from '../cost/range.ts'
import type { CelType } from '../types/type.ts'
import type { CelError, Value } from '../values/value.ts'

/** What evaluation hands to functions that need more than their arguments. */
export interface CallContext {
  /** Asks the injected authorizer. */
  authorize?(check: AuthorizerCheck): AuthorizerDecision
}

/** What an expression asks the authorizer. */
export interface AuthorizerCheck {
  /** Undefined means the user of the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  readonly verb: string
  readonly path?: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

/** What the authorizer answered. */
export interface AuthorizerDecision {
  readonly allowed: boolean
  readonly reason: string
  readonly error?: string
}

export type Invoke = (args: readonly Value[], context: CallContext) => Value

/** One way to call a function. */
export interface Overload {
  readonly id: string
  readonly member: boolean
  readonly args: readonly CelType[]
  readonly result: CelType
  readonly invoke: Invoke
  /** What a call cost, when it is not decided by the function's name. */
  readonly cost?: (args: readonly Value[], result: Value) => number
  /** What a call may cost at most, when it is not decided by the function's name. */
  readonly estimate?: (
    target: EstimatedNode | undefined,
    args: readonly EstimatedNode[],
    sizeOf: (node: EstimatedNode) => SizeRange,
  ) => CallEstimate | undefined
}

/** A function with all its overloads. */
export interface FunctionDeclaration {
  readonly name: string
  readonly overloads: readonly Overload[]
  /**
   * Kubernetes: functions with one binding for all overloads check only what their first argument can do, and answer
   * `no such overload` in different words.
   */
  readonly single?: Invoke
}

/** Types with fields, and what they make. */
export interface StructProvider {
  /** Whether the name is that of a type with fields; what it is then. */
  find(name: string): CelType | undefined
  fieldType(name: string, field: string): CelType | undefined
  /** A value of the type, for `Name{field: value}`. */
  create?(name: string, fields: ReadonlyMap<string, Value>): Value | CelError
}
