import { type FieldError, invalid, JsonPathError, parseJsonPath, required } from '../../machinery/index.ts'
import type { ValidatingAdmissionPolicy } from '../generated/types.ts'
import { conditionsErrors } from '../validation/conditions.ts'

function fieldRefErrors(text: string, field: string): readonly FieldError[] {
  const path = text.trim()
  if (path === '') return [required(field)]
  try {
    parseJsonPath(/^[.[]/.test(path) ? path : `.${path}`)
    return []
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error
    return [invalid(field, path, `invalid JSONPath: ${error.message}`)]
  }
}

/** What is wrong with a change of a policy's status. */
export function policyStatusErrors({ status }: ValidatingAdmissionPolicy): readonly FieldError[] {
  const warnings = (status?.typeChecking?.expressionWarnings ?? []).flatMap(({ fieldRef, warning }, index) => {
    const at = `status.typeChecking.expressionWarnings[${index}]`
    const missing = (warning ?? '') === '' ? [required(`${at}.warning`)] : []
    return [...missing, ...fieldRefErrors(fieldRef ?? '', `${at}.fieldRef`)]
  })
  return [...warnings, ...conditionsErrors(status?.conditions ?? [], 'status.conditions')]
}
