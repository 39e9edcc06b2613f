import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  labelSelectorErrors,
  labelValueErrors,
  notSupported,
  qualifiedNameErrors,
  required,
} from '../../../machinery/index.ts'
import { isOn } from '../../gates/judged-by.ts'
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from '../../generated/types.ts'
import { complaints } from '../../validation/object-meta.ts'

const nodeOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']

function expressionErrors(
  { key, operator, values = [] }: NodeSelectorRequirement,
  field: string,
  checkValues: boolean,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const at = `${field}.values`
  if (!nodeOperators.includes(operator ?? ''))
    errors.push(invalid(`${field}.operator`, operator ?? '', 'not a valid selector operator'))
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
    errors.push(required(at, "must be specified when `operator` is 'In' or 'NotIn'"))
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0)
    errors.push(forbiddenField(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
  if ((operator === 'Gt' || operator === 'Lt') && values.length !== 1)
    errors.push(required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
  errors.push(...complaints(`${field}.key`, key, qualifiedNameErrors(key ?? '')))
  if (!checkValues) return errors
  return [...errors, ...values.flatMap((value, index) => complaints(`${at}[${index}]`, value, labelValueErrors(value)))]
}

function fieldExpressionErrors(
  { key, operator, values = [] }: NodeSelectorRequirement,
  field: string,
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'))
  else if (values.length !== 1) {
    const why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
    errors.push(required(`${field}.values`, why))
  }
  if (key !== 'metadata.name') return [...errors, invalid(`${field}.key`, key, 'not a valid field selector key')]
  const names = values.flatMap((value, index) =>
    complaints(`${field}.values[${index}]`, value, dns1123SubdomainErrors(value)),
  )
  return [...errors, ...names]
}

function termErrors(term: NodeSelectorTerm, field: string, checkValues: boolean): readonly FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((one, index) =>
      expressionErrors(one, `${field}.matchExpressions[${index}]`, checkValues),
    ),
    ...(term.matchFields ?? []).flatMap((one, index) => fieldExpressionErrors(one, `${field}.matchFields[${index}]`)),
  ]
}

/** What is wrong with a choice of nodes that must hold. */
export function nodeSelectorErrors(selector: NodeSelector, field: string): readonly FieldError[] {
  const terms = selector.nodeSelectorTerms ?? []
  const at = `${field}.nodeSelectorTerms`
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')]
  return terms.flatMap((term, index) => termErrors(term, `${at}[${index}]`, true))
}

const weightErrors = (weight: number, field: string): readonly FieldError[] =>
  weight <= 0 || weight > 100 ? [invalid(field, weight, 'must be in the range 1-100')] : []

function matchKeysErrors(term: PodAffinityTerm, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['matchLabelKeys', 'mismatchLabelKeys'] as const) {
    const keys = term[name] ?? []
    if (keys.length > 0 && term.labelSelector === undefined)
      errors.push(forbiddenField(`${field}.${name}`, 'must not be specified when labelSelector is not set'))
    errors.push(
      ...keys.flatMap((key, index) => complaints(`${field}.${name}[${index}]`, key, qualifiedNameErrors(key))),
    )
  }
  return errors
}

function podTermErrors(term: PodAffinityTerm, field: string): readonly FieldError[] {
  const key = term.topologyKey ?? ''
  return [
    ...labelSelectorErrors(term.labelSelector, `${field}.labelSelector`),
    ...labelSelectorErrors(term.namespaceSelector, `${field}.namespaceSelector`),
    ...(term.namespaces ?? []).flatMap((name) => complaints(`${field}.namespace`, name, dns1123LabelErrors(name))),
    ...matchKeysErrors(term, field),
    ...(key === '' ? [required(`${field}.topologyKey`, 'can not be empty')] : []),
    ...complaints(`${field}.topologyKey`, key, qualifiedNameErrors(key)),
  ]
}

const requiredName = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferredName = 'preferredDuringSchedulingIgnoredDuringExecution'

function podAffinityErrors(affinity: PodAffinity | undefined, field: string): readonly FieldError[] {
  return [
    ...(affinity?.[requiredName] ?? []).flatMap((term, index) =>
      podTermErrors(term, `${field}.${requiredName}[${index}]`),
    ),
    ...(affinity?.[preferredName] ?? []).flatMap(({ weight, podAffinityTerm }, index) => {
      const at = `${field}.${preferredName}[${index}]`
      return [...weightErrors(weight, `${at}.weight`), ...podTermErrors(podAffinityTerm, `${at}.podAffinityTerm`)]
    }),
  ]
}

export function affinityErrors(affinity: Affinity | undefined, field: string): readonly FieldError[] {
  if (affinity === undefined) return []
  const nodes = affinity.nodeAffinity
  const at = `${field}.nodeAffinity`
  return [
    ...(nodes?.[requiredName] === undefined ? [] : nodeSelectorErrors(nodes[requiredName], `${at}.${requiredName}`)),
    ...(nodes?.[preferredName] ?? []).flatMap(({ weight, preference }, index) => {
      const path = `${at}.${preferredName}[${index}]`
      return [...weightErrors(weight, `${path}.weight`), ...termErrors(preference, `${path}.preference`, false)]
    }),
    ...podAffinityErrors(affinity.podAffinity, `${field}.podAffinity`),
    ...podAffinityErrors(affinity.podAntiAffinity, `${field}.podAntiAffinity`),
  ]
}

/** What is wrong with a toleration of numbers, which are compared where that feature is on. */
function comparisonErrors(operator: string, value: string, at: string): readonly FieldError[] {
  if (operator !== 'Lt' && operator !== 'Gt') return [notSupported(`${at}.operator`, operator, ['Equal', 'Exists'])]
  if (!isOn('TaintTolerationComparisonOperators'))
    return [notSupported(`${at}.operator`, operator, ['Equal', 'Exists', 'Lt', 'Gt'])]
  const errors: FieldError[] = []
  if (value === '') errors.push(invalid(`${at}.value`, value, 'must be non-empty'))
  else if (!/^(0|-?[1-9]\d*)$/.test(value))
    errors.push(invalid(`${at}.value`, value, 'must be a valid decimal integer in canonical form'))
  const parsing = `strconv.ParseInt: parsing ${JSON.stringify(value)}: `
  if (!/^[+-]?\d+$/.test(value)) errors.push(invalid(`${at}.value`, value, `${parsing}invalid syntax`))
  else if (BigInt.asIntN(64, BigInt(value)) !== BigInt(value))
    errors.push(invalid(`${at}.value`, value, `${parsing}value out of range`))
  return errors
}

export function tolerationErrors(tolerations: readonly Toleration[] | undefined, field: string): readonly FieldError[] {
  return (tolerations ?? []).flatMap((toleration, index) => {
    const at = `${field}[${index}]`
    const { key = '', operator = '', value = '', effect = '' } = toleration
    const errors: FieldError[] = []
    if (key !== '') errors.push(...complaints(`${at}.key`, key, qualifiedNameErrors(key)))
    else if (operator !== 'Exists') {
      const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
      errors.push(invalid(`${at}.operator`, operator, why))
    }
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute')
      errors.push(invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    if (operator === '' || operator === 'Equal') {
      const found = labelValueErrors(value)
      if (found.length > 0) errors.push(invalid(`${at}.operator`, value, found.join(';')))
    } else if (operator === 'Exists' && value !== '')
      errors.push(invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"))
    else if (operator !== 'Exists') errors.push(...comparisonErrors(operator, value, at))
    return errors
  })
}

export function topologySpreadErrors(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  field: string,
): readonly FieldError[] {
  return (constraints ?? []).flatMap((constraint, index) => {
    const at = `${field}[${index}]`
    const { maxSkew, topologyKey = '', whenUnsatisfiable, minDomains, labelSelector, matchLabelKeys } = constraint
    const errors: FieldError[] = []
    if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, 'must be greater than zero'))
    if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'))
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`
    // Kubernetes: every constraint is compared with those behind it, and the first of two is told.
    const isTwice = constraints!
      .slice(index + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)
    if (isTwice) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair))
    if (minDomains !== undefined && minDomains <= 0)
      errors.push(invalid(`${at}.minDomains`, minDomains, 'must be greater than zero'))
    if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') {
      const why = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`
      errors.push(invalid(`${at}.minDomains`, minDomains, why))
    }
    if ((matchLabelKeys ?? []).length > 0 && labelSelector === undefined)
      errors.push(forbiddenField(`${at}.matchLabelKeys`, 'must not be specified when labelSelector is not set'))
    errors.push(
      ...(matchLabelKeys ?? []).flatMap((key, n) =>
        complaints(`${at}.matchLabelKeys[${n}]`, key, qualifiedNameErrors(key)),
      ),
    )
    return [...errors, ...labelSelectorErrors(labelSelector, `${at}.labelSelector`)]
  })
}
