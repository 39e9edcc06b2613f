import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  sameJson,
} from '../../machinery/index.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../generated/types.ts'
import { wellKnown } from '../generated/well-known.ts'
import { complaints } from '../validation/object-meta.ts'

type FlowSpec = NonNullable<FlowSchema['spec']>
type Rules = NonNullable<FlowSpec['rules']>[number]
type Subject = NonNullable<Rules['subjects']>[number]
type LevelSpec = PriorityLevelConfiguration['spec']

const precedenceMax = 10_000
const exempt = 'exempt'
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']

export function flowSchemaErrors({ metadata, spec, status }: FlowSchema): readonly FieldError[] {
  const errors: FieldError[] = []
  const { matchingPrecedence = 0, distinguisherMethod, priorityLevelConfiguration, rules } = spec ?? ({} as FlowSpec)
  const precedence = (why: string) => errors.push(invalid('spec.matchingPrecedence', matchingPrecedence, why))
  if (matchingPrecedence <= 0) precedence('must be a positive value')
  if (matchingPrecedence > precedenceMax) precedence(`must not be greater than ${precedenceMax}`)
  if (matchingPrecedence === 1 && metadata.name !== exempt)
    precedence("only the schema named 'exempt' may have matchingPrecedence 1")
  if (distinguisherMethod !== undefined && !['ByNamespace', 'ByUser'].includes(distinguisherMethod.type))
    errors.push(
      notSupported('spec.distinguisherMethod.type', { Type: distinguisherMethod.type ?? '' }, [
        'ByNamespace',
        'ByUser',
      ]),
    )
  const level = priorityLevelConfiguration?.name ?? ''
  const field = 'spec.priorityLevelConfiguration.name'
  if (level === '') errors.push(required(field, 'must reference a priority level'))
  else errors.push(...complaints(field, level, dns1123SubdomainErrors(level)))
  for (const [index, rule] of (rules ?? []).entries()) errors.push(...ruleErrors(rule, `spec.rules[${index}]`))
  const fixed = wellKnown.flowSchemas.find(({ name, mandatory }) => mandatory && name === metadata.name)
  if (fixed !== undefined && !isFixedSchema(spec, fixed))
    errors.push(invalid('spec', spec, `spec of '${metadata.name}' must equal the fixed value`))
  return [...errors, ...conditionErrors(status)]
}

function isFixedSchema(spec: FlowSpec | undefined, fixed: (typeof wellKnown.flowSchemas)[number]): boolean {
  const distinguisher = 'distinguisherMethod' in fixed ? { type: fixed.distinguisherMethod } : undefined
  return (
    sameJson(spec?.rules, fixed.rules) &&
    spec?.matchingPrecedence === fixed.matchingPrecedence &&
    spec.priorityLevelConfiguration.name === fixed.priorityLevel &&
    sameJson(spec.distinguisherMethod ?? null, distinguisher ?? null)
  )
}

function ruleErrors({ subjects, resourceRules, nonResourceRules }: Rules, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  if ((subjects ?? []).length === 0)
    errors.push(required(`${field}.subjects`, 'subjects must contain at least one value'))
  for (const [index, subject] of (subjects ?? []).entries())
    errors.push(...subjectErrors(subject, `${field}.subjects[${index}]`))
  if ((resourceRules ?? []).length === 0 && (nonResourceRules ?? []).length === 0)
    errors.push(required(field, 'at least one of resourceRules and nonResourceRules has to be non-empty'))
  for (const [index, rule] of (resourceRules ?? []).entries())
    errors.push(...resourceRuleErrors(rule, `${field}.resourceRules[${index}]`))
  for (const [index, rule] of (nonResourceRules ?? []).entries())
    errors.push(...pathRuleErrors(rule, `${field}.nonResourceRules[${index}]`))
  return errors
}

const subjectKinds = ['Group', 'ServiceAccount', 'User']
const memberOf: Readonly<Record<string, 'user' | 'group' | 'serviceAccount'>> = {
  User: 'user',
  Group: 'group',
  ServiceAccount: 'serviceAccount',
}

function subjectErrors(subject: Subject, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const member = memberOf[subject.kind]
  if (member === undefined) return [notSupported(`${field}.kind`, subject.kind, subjectKinds)]
  const stated = subject[member]
  if (stated === undefined)
    errors.push(required(`${field}.${member}`, `${member} is required when subject kind is '${subject.kind}'`))
  else {
    if (stated.name === '' || stated.name === undefined) errors.push(required(`${field}.${member}.name`))
    else if (member === 'serviceAccount' && stated.name !== '*')
      errors.push(...complaints(`${field}.${member}.name`, stated.name, dns1123SubdomainErrors(stated.name)))
    if (member === 'serviceAccount') errors.push(...accountNamespaceErrors(subject, `${field}.${member}.namespace`))
  }
  for (const kind of ['ServiceAccount', 'User', 'Group']) {
    const other = memberOf[kind]!
    if (other !== member && subject[other] !== undefined)
      errors.push(forbiddenField(`${field}.${other}`, `${other} is forbidden when subject kind is not '${kind}'`))
  }
  return errors
}

function accountNamespaceErrors({ serviceAccount }: Subject, field: string): readonly FieldError[] {
  const { namespace = '' } = serviceAccount ?? {}
  if (namespace === '') return [required(field, 'must specify namespace for service account')]
  return complaints(field, namespace, dns1123LabelErrors(namespace))
}

function verbErrors(stated: readonly string[] | undefined, field: string): readonly FieldError[] {
  const list = stated ?? []
  if (list.length === 0) return [required(field, 'verbs must contain at least one value')]
  if (list.includes('*'))
    return list.length > 1 ? [invalid(field, list, "if '*' is present, must not specify other verbs")] : []
  return list.every((one) => verbs.includes(one)) ? [] : [notSupported(field, list, verbs)]
}

function listErrors(
  list: readonly string[] | undefined,
  field: string,
  texts: { readonly none: string; readonly others: string },
): readonly FieldError[] {
  if ((list ?? []).length === 0) return [required(field, texts.none)]
  const starred = list!.length > 1 && list!.includes('*')
  return starred ? [invalid(field, list, `if '*' is present, must not specify other ${texts.others}`)] : []
}

function resourceRuleErrors(rule: NonNullable<Rules['resourceRules']>[number], field: string): readonly FieldError[] {
  const errors = [
    ...verbErrors(rule.verbs, `${field}.verbs`),
    ...listErrors(rule.apiGroups, `${field}.apiGroups`, {
      none: 'resource rules must supply at least one api group',
      others: 'api groups',
    }),
    ...listErrors(rule.resources, `${field}.resources`, {
      none: 'resource rules must supply at least one resource',
      others: 'resources',
    }),
  ]
  const namespaces = rule.namespaces ?? []
  const at = `${field}.namespaces`
  if (namespaces.length === 0 && rule.clusterScope !== true) {
    const why = 'resource rules that are not cluster scoped must supply at least one namespace'
    errors.push(required(at, why))
  } else if (namespaces.includes('*')) {
    if (namespaces.length > 1)
      errors.push(invalid(at, namespaces, "if '*' is present, must not specify other namespaces"))
  } else {
    const introduction = "each member of this list must be '*' or a DNS-1123 label; "
    for (const [index, one] of namespaces.entries()) {
      const words = dns1123LabelErrors(one).map((word) => `${introduction}${word}`)
      errors.push(...complaints(`${at}[${index}]`, one, words))
    }
  }
  return errors
}

function pathRuleErrors(rule: NonNullable<Rules['nonResourceRules']>[number], field: string): readonly FieldError[] {
  const urls = rule.nonResourceURLs ?? []
  const at = `${field}.nonResourceURLs`
  const errors = [...verbErrors(rule.verbs, `${field}.verbs`)]
  if (urls.length === 0) errors.push(required(at, 'nonResourceURLs must contain at least one value'))
  else if (urls.includes('*')) {
    if (urls.length > 1) errors.push(invalid(at, urls, "if '*' is present, must not specify other non-resource URLs"))
  } else
    for (const [index, url] of urls.entries()) {
      const problem = pathProblem(url)
      if (problem !== undefined) errors.push(invalid(`${at}[${index}]`, url, problem))
    }
  return errors
}

function pathProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty'
  if (path === '/') return undefined
  if (!path.startsWith('/')) return 'must start with slash'
  if (path.includes(' ')) return 'must not contain white-space'
  if (path.includes('//')) return 'must not contain double slash'
  const stars = path.split('*').length - 1
  return stars > 1 || (stars === 1 && !path.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined
}

/** Each type of condition once, and each with a type. */
export function conditionErrors(
  status: { readonly conditions?: readonly { readonly type?: string }[] } | undefined,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { type = '' }] of (status?.conditions ?? []).entries()) {
    const field = `status.conditions[${index}].type`
    if (seen.has(type))
      errors.push({ type: 'FieldValueDuplicate', field, message: `Duplicate value: ${JSON.stringify(type)}` })
    seen.add(type)
    if (type === '') errors.push(required(field))
  }
  return errors
}

const preserveZero = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares'

export function priorityLevelErrors({ metadata, spec, status }: PriorityLevelConfiguration): readonly FieldError[] {
  const errors: FieldError[] = []
  if (metadata.annotations?.[preserveZero] !== undefined)
    errors.push(forbiddenField('metadata.annotations', `annotation '${preserveZero}' is forbidden`))
  errors.push(...levelSpecErrors(metadata.name, spec ?? {}))
  const fixed = wellKnown.priorityLevels.find(({ name, mandatory }) => mandatory && name === metadata.name)
  if (fixed !== undefined) {
    const { name, mandatory: _mandatory, ...wanted } = fixed
    const own = name === exempt
    const except = own ? " except the 'spec.exempt' field" : ''
    const stated = own && 'exempt' in wanted ? { ...spec, exempt: wanted.exempt } : spec
    if (!sameJson(stated, wanted))
      errors.push(invalid('spec', spec, `spec of '${name}'${except} must equal the fixed value`))
  }
  return [...errors, ...conditionErrors(status)]
}

function levelSpecErrors(name: string, { type, limited, exempt: lent }: Partial<LevelSpec>): readonly FieldError[] {
  const errors: FieldError[] = []
  if ((name === exempt) !== (type === 'Exempt'))
    errors.push(invalid('spec.type', type ?? '', "must be 'Exempt' if and only if `name` is 'exempt'"))
  if (type === 'Exempt') {
    if (limited !== undefined) errors.push(forbiddenField('spec.limited', 'must be nil if the type is not Limited'))
    return [...errors, ...shareErrors(lent ?? {}, 'spec.exempt')]
  }
  if (type === 'Limited') {
    if (lent !== undefined) errors.push(forbiddenField('spec.exempt', 'must be nil if the type is Limited'))
    if (limited === undefined) return [...errors, required('spec.limited', 'must not be empty when type is Limited')]
    return [...errors, ...limitedErrors(limited, 'spec.limited')]
  }
  if (type === undefined || type === '') return [...errors, required('spec.type')]
  return [...errors, notSupported('spec.type', type, ['Exempt', 'Limited'])]
}

function shareErrors(
  { nominalConcurrencyShares, lendablePercent }: NonNullable<LevelSpec['exempt']>,
  field: string,
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (nominalConcurrencyShares !== undefined && nominalConcurrencyShares < 0) {
    const why = 'must be a non-negative integer'
    errors.push(invalid(`${field}.nominalConcurrencyShares`, nominalConcurrencyShares, why))
  }
  if (lendablePercent !== undefined && (lendablePercent < 0 || lendablePercent > 100))
    errors.push(invalid(`${field}.lendablePercent`, lendablePercent, 'must be between 0 and 100, inclusive'))
  return errors
}

function limitedErrors(limited: NonNullable<LevelSpec['limited']>, field: string): readonly FieldError[] {
  const { nominalConcurrencyShares, lendablePercent, borrowingLimitPercent, limitResponse = {} } = limited
  const percent = lendablePercent === undefined ? {} : { lendablePercent }
  const shares = nominalConcurrencyShares === undefined ? {} : { nominalConcurrencyShares }
  const errors = [
    ...shareErrors(shares, field),
    ...responseErrors(limitResponse, `${field}.limitResponse`),
    ...shareErrors(percent, field),
  ]
  if (borrowingLimitPercent !== undefined && borrowingLimitPercent < 0) {
    const why = 'if specified, must be a non-negative integer'
    errors.push(invalid(`${field}.borrowingLimitPercent`, borrowingLimitPercent, why))
  }
  return errors
}

type Response = Partial<NonNullable<NonNullable<LevelSpec['limited']>['limitResponse']>>

function responseErrors({ type, queuing }: Response, field: string): readonly FieldError[] {
  const at = `${field}.queuing`
  const text = 'if limited.limitResponse.type is'
  if (type === 'Reject') return queuing === undefined ? [] : [forbiddenField(at, `must be nil ${text} not Limited`)]
  if (type === 'Queue')
    return queuing === undefined ? [required(at, `must not be empty ${text} Limited`)] : queuingErrors(queuing, at)
  if (type === undefined || type === '') return [required(`${field}.type`)]
  return [notSupported(`${field}.type`, type, ['Queue', 'Reject'])]
}

const queuesMax = 10_000_000
const entropyBitsMax = 60

function queuingErrors(queuing: NonNullable<Response['queuing']>, field: string): readonly FieldError[] {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing
  const errors: FieldError[] = []
  if (queueLengthLimit <= 0) errors.push(invalid(`${field}.queueLengthLimit`, queueLengthLimit, 'must be positive'))
  if (queues <= 0) errors.push(invalid(`${field}.queues`, queues, 'must be positive'))
  else if (queues > queuesMax) errors.push(invalid(`${field}.queues`, queues, `must not be greater than ${queuesMax}`))
  const hand = (why: string) => errors.push(invalid(`${field}.handSize`, handSize, why))
  const entropy = Math.ceil(Math.log2(queues) * handSize)
  if (handSize <= 0) hand('must be positive')
  else if (handSize > queues) hand(`should not be greater than queues (${queues})`)
  else if (entropy > entropyBitsMax) {
    const of = `deckSize ${queues} and handSize ${handSize}`
    hand(`required entropy bits of ${of} should not be greater than ${entropyBitsMax}`)
  }
  return errors
}
