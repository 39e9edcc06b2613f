import {
  type Compiled,
  declTypeOf,
  kubernetesEnvironment,
  optionalOf,
  type Program,
  requestSizeBytesMax,
  sizesOf,
  structsOf,
} from '../../../machinery/cel/index.ts'
import type { JsonSchema, ValidationRule } from '../../../machinery/structural-schema/index.ts'
import { fieldPathOf } from './field-path.ts'

/** A rule, ready to be asked or with what is wrong with it. */
export interface CompiledRule {
  readonly rule: ValidationRule
  readonly problem?: string
  readonly program?: Program
  /** Whether it compares with what was before. */
  readonly isTransition: boolean
  /** What asking it once may cost at most. */
  readonly maxCost: number
  /** How often it can be asked in one request, when its schema sets no limits. */
  readonly maxCardinality: number
  readonly message?: { readonly program: Program; readonly maxCost: number }
  readonly messageProblem?: string
  /** Where its error is shown, below the value it is about. */
  readonly path?: string
}

/** Kubernetes: names of types in error texts carry a number; which one means nothing. */
const selfTypeName = 'selfType'

function programOf(compiled: Compiled): Program | { readonly problem: string } {
  return compiled.program()
}

/** Compiles the rules of one schema; undefined when the schema's values have no type in expressions. */
export function compileRules(
  schema: JsonSchema,
  { resourceRoot }: { readonly resourceRoot: boolean },
): readonly CompiledRule[] | undefined {
  const declared = declTypeOf(schema, selfTypeName, { resourceRoot })
  if (declared === undefined) return undefined
  const structs = structsOf([declared], { keywordsAsFields: true })
  const self = declared.type
  const plain = kubernetesEnvironment.extend({ variables: { self, oldSelf: self }, structs })
  const optional = kubernetesEnvironment.extend({ variables: { self, oldSelf: optionalOf(self) }, structs })
  const sizeOf = sizesOf(declared)
  // At least one comma stands between elements.
  const maxCardinality = Math.floor(requestSizeBytesMax / (declared.minSerializedSize + 1))
  return (schema['x-kubernetes-validations'] ?? []).map((rule): CompiledRule => {
    const nothing = { rule, isTransition: false, maxCost: 0, maxCardinality: 0 }
    if (rule.rule.trim() === '') return nothing
    const environment = rule.optionalOldSelf === true ? optional : plain
    const compiled = environment.compile(rule.rule)
    if (!compiled.ok) return { ...nothing, problem: `compilation failed: ${compiled.issues}` }
    if (compiled.type.kind !== 'bool') return { ...nothing, problem: 'cel expression must evaluate to a bool' }
    const isTransition = compiled.references.has('oldSelf')
    const program = programOf(compiled)
    if ('problem' in program)
      return { ...nothing, isTransition, problem: `program instantiation failed: ${program.problem}` }
    const known = { rule, isTransition, program, maxCost: compiled.estimate(sizeOf).max, maxCardinality }
    const message = compileMessage(rule, environment, sizeOf)
    if ('messageProblem' in message) return { ...known, ...message }
    const path = (rule.fieldPath ?? '') === '' ? undefined : fieldPathOf(rule.fieldPath!, schema)
    return { ...known, ...message, ...(path !== undefined && 'path' in path ? { path: path.path } : {}) }
  })
}

function compileMessage(
  { messageExpression = '' }: ValidationRule,
  environment: typeof kubernetesEnvironment,
  sizeOf: ReturnType<typeof sizesOf>,
): Pick<CompiledRule, 'message'> | Required<Pick<CompiledRule, 'messageProblem'>> {
  if (messageExpression === '') return {}
  const compiled = environment.compile(messageExpression)
  if (!compiled.ok) return { messageProblem: `messageExpression compilation failed: ${compiled.issues}` }
  if (compiled.type.kind !== 'string') return { messageProblem: 'messageExpression must evaluate to a string' }
  const program = programOf(compiled)
  if ('problem' in program) return { messageProblem: `messageExpression instantiation failed: ${program.problem}` }
  return { message: { program, maxCost: compiled.estimate(sizeOf).max } }
}
