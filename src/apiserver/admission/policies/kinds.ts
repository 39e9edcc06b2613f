import type { FieldError, KubeObject } from '../../../machinery/index.ts'
import {
  type Draft,
  mutatingAdmissionPolicies,
  mutatingWebhookConfigurations,
  type ResourceDefinition,
  validatingAdmissionPolicies,
  validatingWebhookConfigurations,
} from '../../../resources/index.ts'

type Checks = typeof import('./declared.ts')
type Check = (checks: Checks) => (object: any, previous?: any) => readonly FieldError[]

/** The kinds whose objects hold expressions: their checks need CEL, which is loaded with the first object that does. */
export class ExpressionKinds {
  #checks: Checks | undefined
  readonly #checked = new Map<ResourceDefinition<any>, ResourceDefinition<any>>()

  constructor() {
    const hasConditions = ({ webhooks }: Draft) =>
      Array.isArray(webhooks) && webhooks.some((hook) => (hook?.matchConditions ?? []).length > 0)
    this.#check(
      validatingAdmissionPolicies,
      () => true,
      (checks) => checks.validatingPolicyErrors,
    )
    this.#check(
      mutatingAdmissionPolicies,
      () => true,
      (checks) => checks.mutatingPolicyErrors,
    )
    this.#check(validatingWebhookConfigurations, hasConditions, (checks) => checks.webhookConditionErrors)
    this.#check(mutatingWebhookConfigurations, hasConditions, (checks) => checks.webhookConditionErrors)
  }

  /** The definition with all its checks; the same for kinds without expressions. */
  complete(definition: ResourceDefinition<any>): ResourceDefinition<any> {
    return this.#checked.get(definition) ?? definition
  }

  #check(definition: ResourceDefinition<any>, concerns: (draft: Draft) => boolean, check: Check): void {
    const errors = (object: KubeObject, previous?: KubeObject) => {
      if (!concerns(object)) return []
      if (this.#checks === undefined) throw new Error('checks of expressions were not loaded ahead of use')
      return check(this.#checks)(object, previous)
    }
    this.#checked.set(definition, {
      ...definition,
      loadAhead: (draft: Draft) => {
        if (this.#checks !== undefined || !concerns(draft)) return undefined
        return import('./declared.ts').then((checks) => {
          this.#checks = checks
        })
      },
      validate: (object) => joined(definition.validate(object), errors(object)),
      validateUpdate: (object, previous) =>
        joined(definition.validateUpdate(object, previous), errors(object, previous)),
    })
  }
}

function joined(first: readonly FieldError[], more: readonly FieldError[]): readonly FieldError[] {
  return [...first, ...more.filter((one) => !first.some(({ field, type }) => field === one.field && type === one.type))]
}
