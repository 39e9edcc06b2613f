import {
  type FieldError,
  forbiddenField,
  type IntOrString,
  invalid,
  invalidValue,
  isEmptyQuery,
  type LabelSelector,
  labelQueryOf,
  labelSelectorErrors,
  notSupported,
  percentErrors,
  required,
} from '../../machinery/index.ts'
import { podTemplateErrors } from '../core/pod/validate.ts'
import type { FeatureGates } from '../gates/gates.ts'
import { gatesNow } from '../gates/judged-by.ts'
import type { PodTemplateSpec } from '../generated/types.ts'
import { complaints, nonNegative } from './object-meta.ts'

/** What a selector that must match its own template's pods lacks. */
export function selectorErrors(
  selector: LabelSelector | undefined,
  field: string,
  kind: string,
): readonly FieldError[] {
  if (selector === undefined || selector === null) return [required(field)]
  const errors = [...labelSelectorErrors(selector, field)]
  // Kubernetes: a selector that cannot be read is told as a whole, too, of some kinds without a word.
  const asWhole =
    kind === 'statefulset' ? invalidValue(field, selector) : invalid(field, selector, 'invalid label selector')
  if (errors.length > 0) errors.push(asWhole)
  const isEmpty = Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0
  return isEmpty ? [...errors, invalid(field, selector, `empty selector is invalid for ${kind}`)] : errors
}

/** Whether a template's pods would be found by the selector. */
export function templateMatchErrors(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  field: string,
): readonly FieldError[] {
  if (template === undefined) return []
  if (selector !== undefined && selector !== null && labelSelectorErrors(selector, field).length > 0) return []
  try {
    const query = labelQueryOf(selector)
    const labels = template.metadata?.labels
    if (isEmptyQuery(query) || (!query.nothing && query.matches(labels))) return []
    return [invalid(`${field}.metadata.labels`, labels ?? null, '`selector` does not match template `labels`')]
  } catch {
    return []
  }
}

/** Templates that nothing was wrong with, by the features they were judged by. */
const fineTemplates = new WeakMap<object, FeatureGates>()

/** What is wrong with the template of pods that run for ever. One that nothing was wrong with, and cannot have changed, is fine still. */
export function lastingTemplateErrors(
  template: PodTemplateSpec | undefined,
  field: string,
  kind: string,
): readonly FieldError[] {
  if (template === undefined) return templateErrors(template, field, kind)
  const gates = gatesNow()
  if (Object.isFrozen(template) && fineTemplates.get(template) === gates) return []
  const errors = templateErrors(template, field, kind)
  if (errors.length === 0) fineTemplates.set(template, gates)
  else fineTemplates.delete(template)
  return errors
}

function templateErrors(template: PodTemplateSpec | undefined, field: string, kind: string): readonly FieldError[] {
  const errors = [...podTemplateErrors(template, field)]
  const spec = template?.spec
  if (spec === undefined) return errors
  if (spec.restartPolicy !== 'Always')
    errors.push(notSupported(`${field}.spec.restartPolicy`, spec.restartPolicy, ['Always']))
  if (spec.activeDeadlineSeconds !== undefined)
    errors.push(
      forbiddenField(`${field}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`),
    )
  return errors
}

/** What is wrong with a count or a percentage. */
export function countOrPercentErrors(value: IntOrString | undefined, field: string): readonly FieldError[] {
  if (value === undefined) return []
  return typeof value === 'number' ? nonNegative(field, value) : complaints(field, value, percentErrors(value))
}
export function notAboveAllErrors(value: IntOrString | undefined, field: string): readonly FieldError[] {
  if (typeof value !== 'string' || percentErrors(value).length > 0) return []
  return Number.parseInt(value, 10) > 100 ? [invalid(field, value, 'must not be greater than 100%')] : []
}
/** The number in a count or a percentage. */
export function numberIn(value: IntOrString | undefined): number {
  if (value === undefined) return 0
  if (typeof value === 'number') return value
  return /^([+-]?\d+|\d+%)$/.test(value) ? Number.parseInt(value, 10) : 0
}

/** Counts in a status, none below zero; each pair says which may not be larger than which. */
export function statusCountErrors(
  status: Readonly<Record<string, unknown>> | undefined,
  names: readonly string[],
  pairs: readonly (readonly [smaller: string, larger: string, text: string])[],
): readonly FieldError[] {
  const count = (name: string) => (typeof status?.[name] === 'number' ? (status[name] as number) : 0)
  return [
    ...names.flatMap((name) => nonNegative(`status.${name}`, count(name))),
    ...pairs.flatMap(([smaller, larger, text]) =>
      count(smaller) > count(larger) ? [invalid(`status.${smaller}`, count(smaller), text)] : [],
    ),
  ]
}
