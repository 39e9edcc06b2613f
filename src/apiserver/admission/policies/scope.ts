import {
  authorizerType,
  type CelType,
  dynType,
  type Environment,
  jsonPatchFunctions,
  kubernetesEnvironment,
  listOf,
  mapOf,
  type Program,
  resourceCheckType,
  type StructProvider,
  structsOf,
  structType,
} from '../../../machinery/cel/index.ts'
import { namespaceDecl, requestDecl } from './declared-types.ts'
import { patchStructs } from './patch-types.ts'

/** An expression, compiled as far as it went. */
export type Expression = Ready | Broken
export interface Ready {
  readonly source: string
  readonly type: CelType
  readonly program: Program
}
export interface Broken {
  readonly source: string
  readonly problem: string
  /** Whether the expression is not to blame. */
  readonly isInternal: boolean
}

/** What may be used in one place of a policy. */
export interface Place {
  /** The types of what is wanted; any will do when there are none. */
  readonly wanted: readonly CelType[]
  /** Whether the authorizer may be asked. */
  readonly asks?: boolean
  /** Whether objects and patches may be made. */
  readonly patches?: boolean
}

/** What is known of the objects that expressions are about. */
export interface ObjectTypes {
  readonly object: CelType
  readonly params: CelType
  readonly structs: StructProvider
}

export interface ScopeOptions {
  /** Whether there are parameters. */
  readonly params: boolean
  /** Whether expressions may use variables of the policy; those of webhooks may not. */
  readonly composes: boolean
  readonly types?: ObjectTypes
}

const variablesType = structType('kubernetes.variables')
const known = structsOf([requestDecl, namespaceDecl])
const simpleKinds = new Set('bool bytes double duration int null string timestamp uint'.split(' '))

/** What the expressions of one policy may use: what every request has, and its variables, each after those before it. */
export class PolicyScope {
  readonly #variables = new Map<string, Expression>()
  readonly #fields = new Map<string, CelType>()
  readonly #options: ScopeOptions
  readonly #environments = new Map<string, Environment>()

  constructor(options: ScopeOptions) {
    this.#options = options
  }

  /** The policy's variables by name. */
  get variables(): ReadonlyMap<string, Expression> {
    return this.#variables
  }

  /** Adds a variable, for the expressions that are compiled from now on. */
  addVariable(name: string, source: string): Expression {
    const compiled = this.compile(source, { wanted: [], asks: true })
    this.#variables.set(name, compiled)
    this.#fields.set(name, 'problem' in compiled ? dynType : declarable(compiled.type))
    return compiled
  }

  compile(source: string, place: Place): Expression {
    const broken = (problem: string, isInternal = false): Broken => ({ source, problem, isInternal })
    const compiled = this.#environment(place).compile(source)
    if (!compiled.ok) return broken(`compilation failed: ${compiled.issues}`)
    const { wanted } = place
    const got = nameOf(compiled.type)
    const names = wanted.map(nameOf)
    if (names.length > 0 && !names.includes(got)) {
      const which = names.length === 1 ? names[0] : `one of [${names.join(' ')}]`
      return broken(`must evaluate to ${which} but got ${got}`)
    }
    const program = compiled.program()
    if ('problem' in program) return broken(`program instantiation failed: ${program.problem}`, true)
    return { source, type: compiled.type, program }
  }

  /** What is wrong with an expression anywhere in the policy, whatever it comes to. */
  issuesOf(source: string): string | undefined {
    const compiled = this.#environment({ wanted: [], asks: true }).compile(source)
    return compiled.ok ? undefined : compiled.issues
  }

  #environment({ asks = false, patches = false }: Place): Environment {
    const key = `${asks}/${patches}`
    const made = this.#environments.get(key)
    if (made !== undefined) return made
    const { params, composes, types } = this.#options
    const object = types?.object ?? dynType
    const environment = kubernetesEnvironment.extend({
      variables: {
        object,
        oldObject: object,
        namespaceObject: namespaceDecl.type,
        request: requestDecl.type,
        ...(composes ? { variables: variablesType } : {}),
        ...(params ? { params: types?.params ?? dynType } : {}),
        ...(asks ? { authorizer: authorizerType } : {}),
        // Kubernetes: what the request is about is unknown while types are checked.
        ...(asks && types === undefined ? { 'authorizer.requestResource': resourceCheckType } : {}),
      },
      structs: joined([
        this.#ownStructs(),
        known,
        ...(types ? [types.structs] : []),
        ...(patches ? [patchStructs] : []),
      ]),
      ...(patches ? { functions: jsonPatchFunctions } : {}),
    })
    this.#environments.set(key, environment)
    return environment
  }

  #ownStructs(): StructProvider {
    const isOurs = (name: string) => this.#options.composes && name === variablesType.name
    return {
      find: (name) => (isOurs(name) ? variablesType : undefined),
      fieldType: (name, field) => (isOurs(name) ? this.#fields.get(field) : undefined),
    }
  }
}

function joined(providers: readonly StructProvider[]): StructProvider {
  const having = (name: string) => providers.find((one) => one.find(name) !== undefined)
  return {
    find: (name) => having(name)?.find(name),
    fieldType: (name, field) => having(name)?.fieldType(name, field),
    create: (name, fields) => having(name)!.create!(name, fields),
  }
}

/** A type as its own name says it, rather than as the checker words it. */
function nameOf({ name, parameters }: CelType): string {
  return parameters.length === 0 ? name : `${name}(${parameters.map(nameOf).join(', ')})`
}

/** Kubernetes: plain values, and lists and maps of them, keep their types; all else is known only when evaluated. */
function declarable(type: CelType): CelType {
  if (simpleKinds.has(type.kind)) return type
  const [first, second] = type.parameters.map(declarable)
  if (type.kind === 'list' && first !== undefined) return listOf(first)
  return type.kind === 'map' && first !== undefined && second !== undefined ? mapOf(first, second) : dynType
}
