import {
  type Bindings,
  boolType,
  type CelType,
  Double,
  dynType,
  type Environment,
  elementsOf,
  isList,
  JsonMap,
  kubernetesEnvironment,
  listDeclType,
  mapDeclType,
  mapOf,
  objectDeclType,
  type Program,
  simpleDecls as simple,
  stringType,
  structsOf,
  unescapeName,
  type Value,
} from '../../../machinery/cel/index.ts'
import type { Identity } from '../../request.ts'

const texts = listDeclType(simple.string)
const userDecl = objectDeclType('kubernetes.UserInfo', {
  username: simple.string,
  uid: simple.string,
  groups: texts,
  extra: mapDeclType(texts),
})
const claimsEnvironment = kubernetesEnvironment.extend({ variables: { claims: mapOf(stringType, dynType) } })
const userEnvironment = kubernetesEnvironment.extend({
  variables: { user: userDecl.type },
  structs: structsOf([userDecl]),
})

/** An expression over the claims of a token or over a user. */
export interface Expression {
  readonly source: string
  readonly selections: ReadonlySet<string>
  evaluate(bindings: Bindings): Value
}
/** An expression that failed when it was evaluated; the message is its own. */
export class ExpressionError extends Error {
  override name = 'ExpressionError'
}

/** Compiles an expression over `claims`, or says what is wrong with it. */
export const claimsExpression = (source: string, wanted?: CelType): Expression | { readonly problem: string } =>
  compile(claimsEnvironment, source, wanted)
/** Compiles a condition over `user`, or says what is wrong with it. */
export const userExpression = (source: string): Expression | { readonly problem: string } =>
  compile(userEnvironment, source, boolType)
export { boolType }

function compile(
  environment: Environment,
  source: string,
  wanted: CelType | undefined,
): Expression | { readonly problem: string } {
  const compiled = environment.compile(source)
  if (!compiled.ok) return { problem: `compilation failed: ${compiled.issues}` }
  if (wanted !== undefined && compiled.type.kind !== wanted.kind) return { problem: `must evaluate to ${wanted.name}` }
  const program = compiled.program()
  if ('problem' in program) return { problem: `program instantiation failed: ${program.problem}` }
  return { source, selections: compiled.selections, evaluate: (bindings) => resultOf(program, bindings) }
}

function resultOf(program: Program, bindings: Bindings): Value {
  const outcome = program.evaluate(bindings)
  if (!outcome.ok) throw new ExpressionError(outcome.message)
  return outcome.value
}

/** The claims of a token, as expressions see them. */
export const claimsValue = (claims: Readonly<Record<string, unknown>>): Value => new ClaimsMap(claims, false)

/** A user, as expressions see it. */
export function userValue({ name, uid = '', groups, extra = {} }: Identity): Value {
  return new ClaimsMap({ username: name, uid, groups, extra }, false)
}

/** Kubernetes: members of inner objects may be named as identifiers (`kubernetes__dot__io`), and all numbers are doubles. */
class ClaimsMap extends JsonMap {
  readonly #isInner: boolean
  constructor(raw: Readonly<Record<string, unknown>>, isInner: boolean) {
    super(raw)
    this.#isInner = isInner
  }

  override find(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined
    const name = this.#isInner ? (unescapeName(key) ?? key) : key
    return Object.hasOwn(this.raw, name) ? claimValue(this.raw[name]) : undefined
  }
}

function claimValue(raw: unknown): Value {
  if (typeof raw === 'number') return new Double(raw)
  if (Array.isArray(raw)) return raw.map(claimValue)
  if (typeof raw === 'object' && raw !== null) return new ClaimsMap(raw as Readonly<Record<string, unknown>>, true)
  return raw as string | boolean | null
}

/** One text or several, without the empty ones; none for null. Throws when it is anything else. */
export function textsOf(value: Value): readonly string[] {
  if (value === null) return []
  if (typeof value === 'string') return value === '' ? [] : [value]
  const all = isList(value) ? elementsOf(value) : undefined
  if (all === undefined || all.some((one) => typeof one !== 'string'))
    throw new ExpressionError('expression must return a string or a list of strings')
  return (all as readonly string[]).filter((one) => one !== '')
}
