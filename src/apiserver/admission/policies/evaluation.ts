import {
  type AuthorizerDecision,
  authorizerValue,
  type Bindings,
  type CallContext,
  CelError,
  jsonValue,
  MapValue,
  requestResourceValue,
  type Value,
} from '../../../machinery/cel/index.ts'
import type { KubeObject } from '../../../machinery/index.ts'
import type { Attributes } from '../admission.ts'
import { type Invocation, requestOf } from '../matching/matching.ts'
import type { AskAuthorizer } from './parts.ts'
import type { Expression, PolicyScope } from './scope.ts'

/** What the validations, mutations or annotations of one policy may cost together. */
export const policyCostMax = 10_000_000
/** What all match conditions of one policy or webhook may cost together. */
const conditionsCostMax = 2_500_000

/** What an expression came to. */
export type Result = { readonly value: Value } | { readonly problem: string }

/** Nothing more is evaluated: the budget is spent. */
export class BudgetSpent extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run')
  }
}

/** What expressions are evaluated about. */
export interface Subject {
  readonly attributes: Attributes
  readonly invocation: Invocation
  readonly params: KubeObject | undefined
  readonly namespace: KubeObject | undefined
}

/** What the expressions of a policy see of a request. */
export function bindingsOf({ attributes, invocation, params, namespace }: Subject): Bindings {
  const { definition, subresource, namespace: inNamespace, name } = attributes
  const json = (value: unknown) => jsonValue(value ?? null)
  return {
    object: json(invocation.object),
    oldObject: json(invocation.oldObject),
    params: json(params),
    request: json({ uid: '', ...requestOf(attributes, invocation) }),
    namespaceObject: json(namespace),
    authorizer: authorizerValue,
    'authorizer.requestResource': requestResourceValue({
      group: definition.group,
      resource: definition.plural,
      subresource,
      namespace: inNamespace,
      name,
    }),
  }
}

/** Variables of a policy: each is evaluated when first asked for, once. */
class LazyVariables extends MapValue {
  readonly #variables: ReadonlyMap<string, Expression>
  readonly #evaluate: (expression: Expression, name: string) => Value
  readonly #values = new Map<string, Value>()
  constructor(variables: ReadonlyMap<string, Expression>, evaluate: (expression: Expression, name: string) => Value) {
    super()
    this.#variables = variables
    this.#evaluate = evaluate
  }

  get size(): number {
    return this.#variables.size
  }

  keys(): readonly string[] {
    return [...this.#variables.keys()]
  }

  find(key: Value): Value | undefined {
    const name = key as string
    const known = this.#values.get(name)
    if (known !== undefined) return known
    const expression = this.#variables.get(name)
    if (expression === undefined) return undefined
    const value = this.#evaluate(expression, name)
    this.#values.set(name, value)
    return value
  }
}

/** Evaluates expressions of one policy one after the other, within what they may cost together. */
export class Evaluation {
  readonly #bindings: Bindings
  readonly #context: CallContext
  #left: number
  #spentByVariables = 0

  constructor(scope: PolicyScope, bindings: Bindings, context: CallContext, costMax: number = policyCostMax) {
    this.#left = costMax
    this.#context = context
    const all: Record<string, Value> = { ...bindings }
    all.variables = new LazyVariables(scope.variables, (expression, name) => {
      const quoted = JSON.stringify(name)
      if ('problem' in expression)
        return new CelError(`composited variable ${quoted} fails to compile: ${expression.problem}`)
      const outcome = expression.program.evaluate(all, { context })
      this.#spentByVariables += outcome.cost
      return outcome.ok
        ? outcome.value
        : new CelError(`composited variable ${quoted} fails to evaluate: ${outcome.message}`)
    })
    this.#bindings = all
  }

  /** What is left to be spent. */
  get left(): number {
    return this.#left
  }

  /** Throws BudgetSpent. */
  run(expression: Expression): Result {
    if ('problem' in expression) return { problem: `compilation error: ${expression.problem}` }
    const outcome = expression.program.evaluate(this.#bindings, { context: this.#context })
    this.#left -= outcome.cost + this.#spentByVariables
    this.#spentByVariables = 0
    if (this.#left < 0) throw new BudgetSpent()
    if (outcome.ok) return { value: outcome.value }
    return { problem: `expression '${expression.source}' resulted in error: ${outcome.message}` }
  }
}

/** Whether match conditions hold; a problem when that cannot be told. */
export function conditionsHold(
  scope: PolicyScope,
  conditions: readonly Expression[],
  bindings: Bindings,
  context: CallContext,
): boolean | { readonly problem: string } {
  // Kubernetes: conditions do not see the namespace.
  const evaluation = new Evaluation(scope, { ...bindings, namespaceObject: null }, context, conditionsCostMax)
  const problems = new Set<string>()
  const results: Result[] = []
  try {
    for (const condition of conditions) results.push(evaluation.run(condition))
  } catch (error) {
    if (error instanceof BudgetSpent) return { problem: error.message }
    throw error
  }
  for (const result of results) {
    if ('problem' in result) problems.add(result.problem)
    else if (result.value === false) return false
  }
  if (problems.size === 0) return true
  const texts = [...problems]
  return { problem: texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]` }
}

/** An answer of the authorizer that is not known yet. */
class Unanswered extends Error {
  readonly question: string
  readonly answer: Promise<AuthorizerDecision>
  constructor(question: string, answer: Promise<AuthorizerDecision>) {
    super('the authorizer has not been asked yet')
    this.question = question
    this.answer = answer
  }
}

/**
 * Evaluates with an authorizer that takes its time. Evaluation itself never waits: at the first question without an answer
 * it is given up, the answer is awaited, and it starts over; a question costs so much that there can be few.
 */
export async function withAuthorizer<T>(ask: AskAuthorizer, evaluate: (context: CallContext) => T): Promise<T> {
  const answers = new Map<string, AuthorizerDecision>()
  const context: CallContext = {
    authorize(check) {
      const question = JSON.stringify(check)
      const known = answers.get(question)
      if (known === undefined) throw new Unanswered(question, ask(check))
      return known
    },
  }
  for (;;) {
    try {
      return evaluate(context)
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      answers.set(error.question, await error.answer)
    }
  }
}
