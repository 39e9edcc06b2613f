/** One evaluation: what it may use, and what it has cost so far. */
import type { CallContext } from '../check/declarations.ts'
import type { Value } from '../values/value.ts'

/** Thrown when an evaluation costs more than it may. Not a value: nothing absorbs it. */
export class CostExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

/** Names and their values. */
export type Bindings = Readonly<Record<string, Value>>

/** The state of one evaluation. */
export class Run {
  cost = 0
  readonly limit: number
  readonly bindings: Bindings
  readonly locals: (Value | undefined)[]
  readonly context: CallContext
  constructor(bindings: Bindings, locals: number, limit: number, context: CallContext) {
    this.bindings = bindings
    this.locals = locals === 0 ? noLocals : new Array<Value | undefined>(locals)
    this.limit = limit
    this.context = context
  }
}

const noLocals: (Value | undefined)[] = []

export type Step = (run: Run) => Value

/** Adds to the cost, and stops the evaluation when that is too much. */
export function charge(run: Run, cost: number): void {
  run.cost += cost
  if (run.cost > run.limit) throw new CostExceeded()
}
