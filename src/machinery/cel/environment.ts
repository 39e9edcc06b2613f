/** An environment says what expressions may use; compiling one within it gives a program and what it may cost. */

import { check, type Scope } from './check/checker.ts'
import type { CallContext, FunctionDeclaration, StructProvider } from './check/declarations.ts'
import { validate } from './check/validators.ts'
import { estimateCost, type SizeEstimator } from './cost/estimate.ts'
import type { CostRange } from './cost/range.ts'
import { Planner, PlanProblem } from './evaluate/plan.ts'
import { type Bindings, CostExceeded, Run, type Step } from './evaluate/run.ts'
import { mergeFunctions } from './library/declare.ts'
import { parse } from './syntax/parser.ts'
import { type Issue, issuesText } from './syntax/source.ts'
import { childrenOf, type Node } from './syntax/tree.ts'
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  intType,
  listOf,
  mapOf,
  nullType,
  plainListType,
  plainMapType,
  plainOptionalType,
  plainTypeType,
  stringType,
  timestampType,
  typeOf,
  typeParam,
  uintType,
} from './types/type.ts'
import { CelError, type Value } from './values/value.ts'

/** What one expression may cost. */
export const perCallCostMax = 1_000_000

/** What an evaluation came to. */
export type Outcome =
  | { readonly ok: true; readonly value: Value; readonly cost: number }
  | { readonly ok: false; readonly message: string; readonly cost: number; readonly overBudget: boolean }

/** An expression ready to be evaluated. */
export interface Program {
  evaluate(bindings: Bindings, options?: EvaluateOptions): Outcome
}

export interface EvaluateOptions {
  /** What it may cost; a million when not said. */
  readonly costMax?: number
  readonly context?: CallContext
}

/** A checked expression. */
export interface Compiled {
  readonly ok: true
  readonly type: CelType
  /** The variables it names. */
  readonly references: ReadonlySet<string>
  /** The fields it reads of variables: `claims.email`. */
  readonly selections: ReadonlySet<string>
  /** The program, or why there is none. */
  program(): Program | { readonly problem: string }
  /** What it may cost, given what is known of the sizes of variables. */
  estimate(sizeOf?: SizeEstimator): CostRange
}

export type Compilation = Compiled | { readonly ok: false; readonly issues: string }

/** What an environment adds to the standard definitions. */
export interface EnvironmentParts {
  readonly functions: readonly FunctionDeclaration[]
  /** Types that have a name in expressions besides the standard ones. */
  readonly types?: readonly CelType[]
  readonly variables?: Readonly<Record<string, CelType>>
  readonly structs?: StructProvider
  /** Whether `cel.bind` may be used. */
  readonly bindings?: boolean
}

const standardTypes: readonly (readonly [CelType, CelType])[] = [
  ...[boolType, bytesType, doubleType, durationType, intType, nullType, stringType, timestampType, uintType].map(
    (type) => [type, type] as const,
  ),
  [plainListType, listOf(typeParam('A'))],
  [plainMapType, mapOf(typeParam('A'), typeParam('B'))],
  [plainTypeType, plainTypeType],
  [plainOptionalType, plainOptionalType],
]

const noStructs: StructProvider = { find: () => undefined, fieldType: () => undefined }

/** What expressions may use, and the way to compile them. Extending one leaves it as it is. */
export class Environment {
  readonly #functions: ReadonlyMap<string, FunctionDeclaration>
  readonly #variables: Readonly<Record<string, CelType>>
  readonly #types: ReadonlyMap<string, readonly [CelType, CelType]>
  readonly #structs: StructProvider
  readonly #bindings: boolean

  private constructor(
    functions: ReadonlyMap<string, FunctionDeclaration>,
    variables: Readonly<Record<string, CelType>>,
    types: ReadonlyMap<string, readonly [CelType, CelType]>,
    structs: StructProvider,
    bindings: boolean,
  ) {
    this.#functions = functions
    this.#variables = variables
    this.#types = types
    this.#structs = structs
    this.#bindings = bindings
  }

  static of(parts: EnvironmentParts): Environment {
    const types = [...standardTypes, ...(parts.types ?? []).map((type) => [type, type] as const)]
    return new Environment(
      mergeFunctions(parts.functions),
      { ...parts.variables },
      new Map(types.map((pair) => [pair[0].name, pair])),
      parts.structs ?? noStructs,
      parts.bindings ?? false,
    )
  }

  /** The same, with more variables, functions or structures. */
  extend(parts: Partial<EnvironmentParts>): Environment {
    const functions =
      parts.functions === undefined
        ? this.#functions
        : mergeFunctions([...this.#functions.values(), ...parts.functions])
    return new Environment(
      functions,
      { ...this.#variables, ...parts.variables },
      this.#types,
      parts.structs ?? this.#structs,
      parts.bindings ?? this.#bindings,
    )
  }

  #scope(): Scope {
    return {
      variable: (name) => {
        if (Object.hasOwn(this.#variables, name)) return this.#variables[name]
        const struct = this.#structs.find(name)
        if (struct !== undefined) return typeOf(struct)
        const named = this.#types.get(name)
        return named === undefined ? undefined : typeOf(named[1])
      },
      function: (name) => this.#functions.get(name),
      structs: this.#structs,
    }
  }

  /** Checks an expression, or says in Kubernetes' words what is wrong with it. */
  compile(source: string): Compilation {
    const parsed = parse(source, { bindings: this.#bindings })
    const refuse = (issues: readonly Issue[]): Compilation => ({ ok: false, issues: issuesText(source, issues) })
    if ('issues' in parsed) return refuse(parsed.issues)
    const { tree } = parsed
    const issues = check(tree, this.#scope())
    if (issues.length > 0) return refuse(issues)
    const invalid = validate(tree)
    if (invalid.length > 0) return refuse(invalid)
    const functions = (name: string) => this.#functions.get(name)
    return {
      ok: true,
      type: tree.type!,
      references: referencesOf(tree),
      selections: selectionsOf(tree),
      program: () => this.#program(tree),
      estimate: (sizeOf = () => undefined) => estimateCost(tree, { sizeOf, functions }),
    }
  }

  #program(tree: Node): Program | { readonly problem: string } {
    const planner = new Planner({
      function: (name) => this.#functions.get(name),
      typeNamed: (name) => this.#structs.find(name) ?? this.#types.get(name)?.[0],
      structs: this.#structs,
    })
    try {
      const { step } = planner.plan(tree)
      return programOf(step, planner.localCount)
    } catch (error) {
      if (error instanceof PlanProblem) return { problem: error.message }
      throw error
    }
  }
}

function programOf(step: Step, localCount: number): Program {
  return {
    evaluate(bindings, { costMax = perCallCostMax, context = {} } = {}) {
      const run = new Run(bindings, localCount, costMax, context)
      try {
        const value = step(run)
        if (!(value instanceof CelError)) return { ok: true, value, cost: run.cost }
        return { ok: false, message: value.message, cost: run.cost, overBudget: false }
      } catch (error) {
        if (error instanceof CostExceeded)
          return { ok: false, message: error.message, cost: run.cost, overBudget: true }
        throw error
      }
    },
  }
}

function selectionsOf(tree: Node): ReadonlySet<string> {
  const chains = new Set<string>()
  const chainOf = (node: Node): string | undefined => {
    if (node.kind === 'ident') return node.name
    const part = selectedBy(node)
    const before = part === undefined ? undefined : chainOf(part.operand)
    return before === undefined ? undefined : `${before}.${part!.field}`
  }
  const visit = (node: Node): void => {
    const chain = selectedBy(node) === undefined ? undefined : chainOf(node)
    if (chain !== undefined) chains.add(chain)
    childrenOf(node).forEach(visit)
  }
  visit(tree)
  return chains
}

/** `a.b` and `a.?b`. */
function selectedBy(node: Node): { readonly operand: Node; readonly field: string } | undefined {
  if (node.kind === 'select') return node
  if (node.kind !== 'call' || node.name !== '_?._') return undefined
  const [operand, field] = node.args
  return operand !== undefined && field?.kind === 'literal' && typeof field.value === 'string'
    ? { operand, field: field.value }
    : undefined
}

function referencesOf(tree: Node): ReadonlySet<string> {
  const names = new Set<string>()
  const visit = (node: Node): void => {
    if (node.kind === 'ident') names.add(node.name)
    else if (node.kind === 'select' && node.qualified !== undefined) names.add(node.qualified)
    childrenOf(node).forEach(visit)
  }
  visit(tree)
  return names
}
