/** x-kubernetes-validations: rules in CEL within the schemas of custom resources. Loaded with the first schema that has any. */
import type { KubeObject } from '../../../machinery/index.ts'
import type { JsonSchema } from '../../../machinery/structural-schema/index.ts'
import type { RuleChecks } from '../object-checks.ts'
import { schemaRules } from './rule-checks.ts'

export { declaredRuleErrors } from './declared-rules.ts'

/** The rules of a kind's schema, as its objects are asked them; undefined when there are none. */
export function ruleChecksOf(schema: JsonSchema): RuleChecks | undefined {
  const rules = schemaRules(schema, { resourceRoot: true })
  if (rules === undefined) return undefined
  const ask = (object: KubeObject, previous: KubeObject | undefined) => {
    const warnings: string[] = []
    const warn = (text: string) => void warnings.push(text)
    const { errors } = rules.check(object, previous, { ratchets: previous !== undefined, warn })
    return { errors, warnings }
  }
  return {
    check: (object, previous) => ask(object, previous).errors,
    warnings: (object, previous) => (previous === undefined ? [] : ask(object, previous).warnings),
  }
}
