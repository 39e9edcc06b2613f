import {
  type CustomResourceDefinition,
  customResourceDefinitions,
  type Draft,
  type ResourceDefinition,
} from '../../resources/index.ts'
import type { Converter } from './declaration.ts'
import { type LoadedKinds, needsRules } from './follow.ts'

type Checks = typeof import('./declared/declared.ts')
type Rules = typeof import('./rules/rules.ts')

/** What is needed from outside for kinds to be declared. */
export interface LoaderParts {
  readonly converterOf: (crd: CustomResourceDefinition) => Converter
}

/** The code behind declarations, loaded when the first one turns up: most clusters never need it at start. */
export class KindLoader {
  readonly #parts: LoaderParts
  #checks: Checks | undefined
  #rules: Rules | undefined
  #kinds: Promise<LoadedKinds> | undefined

  constructor(parts: LoaderParts) {
    this.#parts = parts
  }

  /** What makes definitions out of a declaration. */
  readonly load = async (crd: CustomResourceDefinition): Promise<LoadedKinds> => {
    if (needsRules(crd)) this.#rules ??= await import('./rules/rules.ts')
    this.#kinds ??= this.#loadKinds()
    return this.#kinds
  }

  async #loadKinds(): Promise<LoadedKinds> {
    const [{ definitionsOf }, checks] = await Promise.all([import('./kind.ts'), import('./declared/declared.ts')])
    this.#checks = checks
    return {
      definitionsOf,
      parts: { converterOf: this.#parts.converterOf, rulesOf: (schema) => this.#rules?.ruleChecksOf(schema) },
    }
  }

  /** CustomResourceDefinitions, with the checks that only a server makes. */
  readonly definition: ResourceDefinition<CustomResourceDefinition> = {
    ...customResourceDefinitions,
    loadAhead: (draft: Draft) => {
      const isLoaded = this.#checks !== undefined && (this.#rules !== undefined || !needsRules(draft))
      return isLoaded ? undefined : this.load(draft).then(() => {})
    },
    validate: (crd) => this.#loaded().declaredErrors(crd, this.#ruleErrors),
    validateUpdate: (crd, previous) => this.#loaded().declaredUpdateErrors(crd, previous, this.#ruleErrors),
    validateStatusUpdate: (crd, previous) => this.#loaded().declaredStatusErrors(crd, previous),
  }

  readonly #ruleErrors: Parameters<Checks['declaredErrors']>[1] = (schema, path, old, isGood) =>
    this.#rules?.declaredRuleErrors(schema, path, old, isGood) ?? []

  #loaded(): Checks {
    if (this.#checks === undefined) throw new Error('checks of declarations were not loaded ahead of use')
    return this.#checks
  }
}
