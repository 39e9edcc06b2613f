/** Comprehensions: the loops that macros become. */

import { CelType } from '../types/type.ts'
import { EntriesMap } from '../values/map.ts'
import {
  CelError,
  Double,
  Duration,
  elementAt,
  isInt,
  isList,
  MapValue,
  ObjectValue,
  Optional,
  sizeOfList,
  Timestamp,
  Uint,
  type Value,
} from '../values/value.ts'
import type { Run, Step } from './run.ts'

/** A variable inside a comprehension. */
export interface Local {
  readonly read: Step
  /** A list that is only appended to, so that it may be changed in place. */
  readonly growing?: boolean
}

interface Loop {
  /** Three places from here: what is gathered, the variable, the second variable. */
  readonly slot: number
  readonly range: Step
  readonly initial: { readonly step: Step; readonly constant?: Value }
  readonly paired: boolean
}

interface Body {
  readonly condition: Step
  readonly step: Step
  readonly result: Step
}

/** The name Go gives the type of a value, which the message for a wrong range shows. */
export function goTypeOf(value: Value): string {
  if (isInt(value)) return 'types.Int'
  if (typeof value === 'string') return 'types.String'
  if (typeof value === 'boolean') return 'types.Bool'
  if (value === null) return 'types.Null'
  if (value instanceof Double) return 'types.Double'
  if (value instanceof Uint) return 'types.Uint'
  if (value instanceof Timestamp) return 'types.Timestamp'
  if (value instanceof Duration) return 'types.Duration'
  if (value instanceof Uint8Array) return 'types.Bytes'
  if (value instanceof Optional) return '*types.Optional'
  if (value instanceof CelType) return '*types.Type'
  return value instanceof ObjectValue ? `cel.${value.type.name.split('.').at(-1)}` : 'types.Val'
}

/** Runs `visit` for each element until it says stop. */
function eachOf(
  range: Value,
  paired: boolean,
  visit: (first: Value, second: Value | undefined) => boolean,
): CelError | undefined {
  if (isList(range)) {
    const size = sizeOfList(range)
    for (let at = 0; at < size; at++) {
      const element = elementAt(range, at)
      if (!(paired ? visit(at, element) : visit(element, undefined))) return undefined
    }
    return undefined
  }
  if (range instanceof MapValue) {
    for (const key of range.keys()) {
      if (!visit(key, paired ? range.find(key) : undefined)) return undefined
    }
    return undefined
  }
  return new CelError(
    paired
      ? `unsupported comprehension range type: ${goTypeOf(range)}`
      : `got '${goTypeOf(range)}', expected iterable type`,
  )
}

/** A fresh start for what is gathered: constants are shared and must not be changed. */
function freshOf(value: Value): Value {
  if (Array.isArray(value) && value.length === 0) return []
  return value instanceof EntriesMap && value.size === 0 ? new EntriesMap() : value
}

/** How a loop reads what it gathers, and the loop itself once its body is planned. */
export function foldStep({ slot, range, initial, paired }: Loop): {
  readonly accumulated: Step
  step(body: Body): Step
} {
  // What is gathered starts when it is first read: `optMap` and its like never look at a value nobody asks for.
  const accumulated = (run: Run): Value => {
    const value = run.locals[slot]
    return value === undefined ? (run.locals[slot] = freshOf(initial.step(run))) : value
  }
  return {
    accumulated,
    step:
      ({ condition, step, result }) =>
      (run) => {
        const elements = range(run)
        if (elements instanceof CelError) return elements
        run.locals[slot] = undefined
        const problem = eachOf(elements, paired, (first, second) => {
          run.locals[slot + 1] = first
          run.locals[slot + 2] = second
          if (condition(run) === false) return false
          run.locals[slot] = step(run)
          return true
        })
        return problem ?? result(run)
      },
  }
}
