import {
  checkedRequirement,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  type NodeAffinity,
  type NodeSelectorRequirement,
  type NodeSelectorTerm,
  notSupported,
  parseDuration,
  qualifiedNameErrors,
  required,
} from '../../machinery/index.ts'
import type { FeatureGates } from '../../resources/index.ts'
import type { DefaultConstraint, PluginArguments, ScoredResource, ShapePoint } from './choices.ts'

type Args<P extends keyof PluginArguments> = NonNullable<PluginArguments[P]>
const utilizationMax = 100
const customScoreMax = 10

/** What is wrong with a plugin's arguments, found while the configuration is read. */
export function argumentErrors(plugin: string, args: object, at: string, gates: FeatureGates): readonly FieldError[] {
  switch (plugin) {
    case 'DefaultPreemption':
      return preemptionErrors(args, at)
    case 'InterPodAffinity':
      return hardWeightErrors(args, at)
    case 'NodeAffinity':
      return addedAffinityErrors((args as Args<'NodeAffinity'>).addedAffinity, `${at}.addedAffinity`)
    case 'NodeResourcesBalancedAllocation':
      return balancedErrors((args as Args<'NodeResourcesBalancedAllocation'>).resources ?? [], `${at}.resources`)
    case 'PodTopologySpread':
      return spreadErrors(args, at)
    case 'VolumeBinding':
      return volumeErrors(args, at, gates)
    case 'DynamicResources':
      return dynamicErrors(args, at, gates)
    default:
      return []
  }
}

/** What is wrong with a plugin's arguments, found while the plugin is made. Kubernetes: NodeResourcesFit looks late. */
export function pluginErrors(plugin: string, args: object): readonly FieldError[] {
  return plugin === 'NodeResourcesFit' ? fitErrors(args) : []
}

const labelNameErrors = (field: string, name: string) =>
  qualifiedNameErrors(name).map((message) => invalid(field, name, message))

function preemptionErrors(args: Args<'DefaultPreemption'>, at: string): readonly FieldError[] {
  const { minCandidateNodesPercentage: percentage = 10, minCandidateNodesAbsolute: absolute = 100 } = args
  const [percentageAt, absoluteAt] = [`${at}.minCandidateNodesPercentage`, `${at}.minCandidateNodesAbsolute`]
  const errors: FieldError[] = []
  if (percentage < 0 || percentage > 100) errors.push(invalid(percentageAt, percentage, 'not in valid range [0, 100]'))
  if (absolute < 0) errors.push(invalid(absoluteAt, absolute, 'not in valid range [0, inf)'))
  if (percentage === 0 && absolute === 0)
    errors.push(
      invalid(percentageAt, percentage, 'cannot be zero at the same time as minCandidateNodesAbsolute'),
      invalid(absoluteAt, absolute, 'cannot be zero at the same time as minCandidateNodesPercentage'),
    )
  return errors
}

function hardWeightErrors({ hardPodAffinityWeight: weight = 1 }: Args<'InterPodAffinity'>, at: string) {
  return weight < 0 || weight > 100
    ? [invalid(`${at}.hardPodAffinityWeight`, weight, 'not in valid range [0, 100]')]
    : []
}

function balancedErrors(resources: readonly ScoredResource[], at: string): readonly FieldError[] {
  const seen = new Set<string>()
  return resources.flatMap(({ name, weight = 0 }, index) => {
    const errors: FieldError[] = []
    if (seen.has(name)) errors.push(duplicate(`${at}[${index}].name`, name))
    seen.add(name)
    if (weight !== 0 && weight !== 1) errors.push(invalid(`${at}[${index}].weight`, weight, 'must be 1'))
    return errors
  })
}

function spreadErrors(args: Args<'PodTopologySpread'>, at: string): readonly FieldError[] {
  const { defaultConstraints: constraints = [] } = args
  const defaultingType =
    args.defaultingType === undefined || args.defaultingType === '' ? 'System' : args.defaultingType
  const errors: FieldError[] = []
  if (defaultingType !== 'System' && defaultingType !== 'List')
    errors.push(notSupported(`${at}.defaultingType`, defaultingType, ['System', 'List']))
  else if (defaultingType === 'System' && constraints.length > 0)
    errors.push(invalid(`${at}.defaultingType`, defaultingType, 'when .defaultConstraints are not empty'))
  constraints.forEach((one, index) => {
    errors.push(...constraintErrors(one, `${at}.defaultConstraints[${index}]`))
    const isRepeated = constraints
      .slice(0, index)
      .some((other) => other.topologyKey === one.topologyKey && other.whenUnsatisfiable === one.whenUnsatisfiable)
    if (isRepeated)
      errors.push(
        duplicate(`${at}.defaultConstraints[${index}]`, `{${one.topologyKey ?? ''}, ${one.whenUnsatisfiable ?? ''}}`),
      )
  })
  return errors
}

function constraintErrors(constraint: DefaultConstraint, at: string): readonly FieldError[] {
  const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', labelSelector } = constraint
  const errors: FieldError[] = []
  if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, 'not in valid range (0, inf)'))
  if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'))
  else errors.push(...labelNameErrors(`${at}.topologyKey`, topologyKey))
  if (whenUnsatisfiable === '') errors.push(required(`${at}.whenUnsatisfiable`, 'can not be empty'))
  else if (!['DoNotSchedule', 'ScheduleAnyway'].includes(whenUnsatisfiable))
    errors.push(notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']))
  if (labelSelector !== undefined)
    errors.push(
      forbiddenField(`${at}.labelSelector`, 'constraint must not define a selector, as they deduced for each pod'),
    )
  return errors
}

function volumeErrors(args: Args<'VolumeBinding'>, at: string, gates: FeatureGates): readonly FieldError[] {
  const { bindTimeoutSeconds: seconds = 600, shape } = args
  const errors: FieldError[] = []
  if (seconds < 0)
    errors.push(
      invalid(`${at}.bindTimeoutSeconds`, seconds, 'invalid BindTimeoutSeconds, should not be a negative value'),
    )
  if (gates.enabled('StorageCapacityScoring')) {
    if (shape !== undefined) errors.push(...shapeErrors(shape, `${at}.shape`))
  } else if (shape !== undefined)
    errors.push(
      invalid(
        `${at}.shape`,
        shape.map(({ utilization, score }) => ({ Utilization: utilization, Score: score })),
        'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring',
      ),
    )
  return errors
}

function dynamicErrors(args: Args<'DynamicResources'>, at: string, gates: FeatureGates): readonly FieldError[] {
  const { filterTimeout, bindingTimeout } = args
  const errors: FieldError[] = []
  if (filterTimeout !== undefined) {
    const field = `${at}.filterTimeout`
    if (!gates.enabled('DRASchedulerFilterTimeout'))
      errors.push(forbiddenField(field, 'DRASchedulingFilterTimeout feature gate is disabled'))
    else if (parseDuration(filterTimeout) < 0) errors.push(invalid(field, filterTimeout, 'must be zero or positive'))
  }
  if (bindingTimeout !== undefined) {
    const field = `${at}.bindingTimeout`
    if (!gates.enabled('DRADeviceBindingConditions') || !gates.enabled('DRAResourceClaimDeviceStatus'))
      errors.push(
        forbiddenField(field, 'DRADeviceBindingConditions or DRAResourceClaimDeviceStatus feature gate is disabled'),
      )
    else if (parseDuration(bindingTimeout) < 1000)
      errors.push(invalid(field, bindingTimeout, 'must be at least 1 second'))
  }
  return errors
}

function fitErrors(args: Args<'NodeResourcesFit'>): readonly FieldError[] {
  const { ignoredResources = [], ignoredResourceGroups = [], scoringStrategy } = args
  const errors = ignoredResources.flatMap((name, index) => labelNameErrors(`ignoredResources[${index}]`, name))
  ignoredResourceGroups.forEach((group, index) => {
    const field = `ignoredResourceGroups[${index}]`
    if (group.includes('/')) errors.push(invalid(field, group, "resource group name can't contain '/'"))
    errors.push(...labelNameErrors(field, group))
  })
  if (scoringStrategy === undefined) return errors
  const { type = '', resources = [], requestedToCapacityRatio: ratio } = scoringStrategy
  const types = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']
  if (!types.includes(type)) errors.push(notSupported('scoringStrategy.type', type, types))
  resources.forEach(({ name, weight = 0 }, index) => {
    if (weight < 0 || weight > 100)
      errors.push(
        invalid(
          `scoringStrategy.resources[${index}].weight`,
          weight,
          `resource weight of ${name} not in valid range (0, 100]`,
        ),
      )
  })
  const field = 'scoringStrategy.requestedToCapacityRatio'
  if (type === 'RequestedToCapacityRatio')
    errors.push(
      ...(ratio === undefined
        ? [required(field, 'must be specified when type is RequestedToCapacityRatio')]
        : shapeErrors(ratio.shape ?? [], `${field}.shape`)),
    )
  else if (ratio !== undefined)
    errors.push(forbiddenField(field, 'must be nil when type is not RequestedToCapacityRatio'))
  return errors
}

function shapeErrors(shape: readonly ShapePoint[], at: string): readonly FieldError[] {
  if (shape.length === 0) return [required(at, 'at least one point must be specified')]
  const errors: FieldError[] = []
  const back = shape.findIndex(({ utilization }, index) => index > 0 && shape[index - 1]!.utilization >= utilization)
  if (back > 0)
    errors.push(
      invalid(`${at}[${back}].utilization`, shape[back]!.utilization, 'values must be sorted in increasing order'),
    )
  shape.forEach(({ utilization, score }, index) => {
    if (utilization < 0 || utilization > utilizationMax)
      errors.push(invalid(`${at}[${index}].utilization`, utilization, `not in valid range [0, ${utilizationMax}]`))
    if (score < 0 || score > customScoreMax)
      errors.push(invalid(`${at}[${index}].score`, score, `not in valid range [0, ${customScoreMax}]`))
  })
  return errors
}

const requiredTerms = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferredTerms = 'preferredDuringSchedulingIgnoredDuringExecution'

function addedAffinityErrors(affinity: NodeAffinity | undefined, at: string): readonly FieldError[] {
  return [
    ...(affinity?.[requiredTerms]?.nodeSelectorTerms ?? []).flatMap((term, index) =>
      termErrors(term, `${at}.${requiredTerms}.nodeSelectorTerms[${index}]`),
    ),
    ...(affinity?.[preferredTerms] ?? []).flatMap(({ preference }, index) =>
      termErrors(preference, `${at}.${preferredTerms}[${index}]`),
    ),
  ]
}

const labelOperators: Readonly<Record<string, 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
}

function termErrors({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, at: string): readonly FieldError[] {
  return [
    ...matchExpressions.flatMap((one, index) => expressionErrors(one, `${at}.matchExpressions[${index}]`)),
    ...matchFields.flatMap((one, index) => fieldErrors(one, `${at}.matchFields[${index}]`)),
  ]
}

function expressionErrors({ key, operator, values = [] }: NodeSelectorRequirement, at: string): readonly FieldError[] {
  const known = labelOperators[operator]
  if (known === undefined) return [notSupported(`${at}.operator`, operator, Object.keys(labelOperators))]
  try {
    checkedRequirement({ key, operator: known, values })
    return []
  } catch (error) {
    // What the requirement says begins with the member that is wrong.
    const [, member = 'values', message = ''] = /^\[?(\w[^:]*): (.*?)\]?$/.exec((error as Error).message) ?? []
    return [{ type: 'FieldValueInvalid', field: `${at}.${member}`, message }]
  }
}

function fieldErrors({ operator, values = [] }: NodeSelectorRequirement, at: string): readonly FieldError[] {
  if (operator !== 'In' && operator !== 'NotIn') return [notSupported(`${at}.operator`, operator, ['In', 'NotIn'])]
  return values.length === 1 ? [] : [invalid(`${at}.values`, values, 'must have one element')]
}
