import {
  type FieldError,
  type FieldQuery,
  forbiddenField,
  invalid,
  type LabelOperator,
  type LabelRequirement,
  parseFieldSelector,
  parseLabelSelector,
  required,
} from '../../machinery/index.ts'
import type { AuthorizationQuery } from './rbac.ts'

/** The selectors of a question. */
export type AskedSelectors = Pick<AuthorizationQuery, 'fieldSelector' | 'labelSelector'>
interface Requirement {
  readonly key?: string
  readonly operator?: string
  readonly values?: readonly string[]
}
interface SelectorAttributes {
  readonly rawSelector?: string
  readonly requirements?: readonly Requirement[] | null
}

/** What selectors given as texts ask. Kubernetes: what cannot be read is as if it were not there, which allows less. */
export function selectorsOfTexts(fields: string | undefined, labels: string | undefined): AskedSelectors {
  const fieldSelector = fields === undefined || fields === '' ? [] : orNothing(() => parseFieldSelector(fields))
  const labelSelector =
    labels === undefined || labels === '' ? [] : orNothing(() => parseLabelSelector(labels).requirements)
  return {
    ...(fieldSelector.length === 0 ? {} : { fieldSelector }),
    ...(labelSelector.length === 0 ? {} : { labelSelector }),
  }
}

function orNothing<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read()
  } catch {
    return []
  }
}

const labelOperators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}
const writtenOperators: Readonly<Record<string, string>> = {
  '=': 'In',
  '==': 'In',
  in: 'In',
  '!=': 'NotIn',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
}

/** What the selectors of a SubjectAccessReview ask, as far as authorizers understand them. */
export function selectorsOfReview(attributes: {
  readonly fieldSelector?: SelectorAttributes
  readonly labelSelector?: SelectorAttributes
}): AskedSelectors {
  const texts = selectorsOfTexts(attributes.fieldSelector?.rawSelector, attributes.labelSelector?.rawSelector)
  const fields = (attributes.fieldSelector?.requirements ?? []).flatMap(
    ({ key = '', operator = '', values = [] }): FieldQuery => {
      const asked = operator === 'In' ? '=' : operator === 'NotIn' ? '!=' : undefined
      return asked === undefined || values.length !== 1 ? [] : [{ field: key, operator: asked, value: values[0]! }]
    },
  )
  const labels = (attributes.labelSelector?.requirements ?? []).flatMap(
    ({ key = '', operator = '', values = [] }): readonly LabelRequirement[] => {
      const asked = labelOperators[operator]
      return asked === undefined ? [] : [{ key, operator: asked, values }]
    },
  )
  return {
    ...texts,
    ...(fields.length === 0 ? {} : { fieldSelector: fields }),
    ...(labels.length === 0 ? {} : { labelSelector: labels }),
  }
}

/** The selectors of a question as a SubjectAccessReview has them; only what narrows it is told. */
export function reviewSelectors({ fieldSelector = [], labelSelector = [] }: AskedSelectors): {
  readonly fieldSelector?: { readonly requirements: readonly Requirement[] }
  readonly labelSelector?: { readonly requirements: readonly Requirement[] }
} {
  const fields = fieldSelector.map(({ field, operator, value }) => ({
    key: field,
    operator: operator === '!=' ? 'NotIn' : 'In',
    values: [value],
  }))
  const labels = labelSelector.flatMap(({ key, operator, values }) => {
    const written = writtenOperators[operator]
    return written === undefined ? [] : [{ key, operator: written, ...(values.length === 0 ? {} : { values }) }]
  })
  return {
    ...(fields.length === 0 ? {} : { fieldSelector: { requirements: fields } }),
    ...(labels.length === 0 ? {} : { labelSelector: { requirements: labels } }),
  }
}

/** What is wrong with the selectors of a SubjectAccessReview. */
export function selectorErrors(
  attributes: { readonly fieldSelector?: SelectorAttributes; readonly labelSelector?: SelectorAttributes },
  at: string,
): readonly FieldError[] {
  return (['fieldSelector', 'labelSelector'] as const).flatMap((which) => {
    const selector = attributes[which]
    if (selector === undefined || selector === null) return []
    const field = `${at}.${which}`
    const { rawSelector = '' } = selector
    const requirements = selector.requirements ?? []
    const errors: FieldError[] = []
    if (rawSelector !== '' && requirements.length > 0)
      errors.push(invalid(`${field}.rawSelector`, rawSelector, 'may not specified at the same time as requirements'))
    if (rawSelector === '' && requirements.length === 0)
      errors.push(
        required(`${field}.requirements`, `when ${field} is specified, requirements or rawSelector is required`),
      )
    for (const [index, { key = '', operator = '', values = [] }] of requirements.entries()) {
      const one = `${field}.requirements[${index}]`
      if (key === '') errors.push(required(`${one}.key`, 'must be specified'))
      if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
        errors.push(required(`${one}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
      if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0)
        errors.push(
          forbiddenField(`${one}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        )
    }
    return errors
  })
}
