import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  parseDuration,
  qualifiedNameErrors,
  required,
} from '../../machinery/index.ts'
import type { FeatureGates } from '../../resources/index.ts'
import { argumentErrors, pluginErrors } from './argument-errors.ts'
import type { ExtenderChoice, PluginSet, ProfileChoice, SchedulerChoices } from './choices.ts'
import { choosePlugins } from './chosen-plugins.ts'

/** Kubernetes: plugins that went. */
const removedPlugins = ['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits']
const version = 'kubescheduler.config.k8s.io/v1'
const wasRemoved = (field: string, name: string) =>
  invalid(field, name, `was invalid in version "${version}" (KubeSchedulerConfiguration is version "${version}")`)

/** What is wrong with a scheduler's configuration, as Kubernetes words it; undefined when nothing is. */
export function schedulerProblem(choices: SchedulerChoices, gates: FeatureGates): string | undefined {
  const errors = choiceErrors(choices, gates)
  if (errors.length > 0) return aggregated(errors)
  for (const { schedulerName = '', plugins = {}, pluginConfig = [] } of profilesOf(choices)) {
    const says = (problem: string) =>
      `initializing profiles: creating profile for scheduler name ${schedulerName}: ${problem}`
    for (const { name, args = {} } of pluginConfig) {
      const found = pluginErrors(name, args)
      if (found.length > 0) return says(`initializing plugin "${name}": ${aggregated(found)}`)
    }
    const chosen = choosePlugins(plugins, gates, schedulerName)
    if ('problem' in chosen) return says(chosen.problem)
  }
  return undefined
}

/** The profiles there are. Kubernetes: one alone needs no name, and none stands for the default one. */
export function profilesOf({ profiles = [] }: SchedulerChoices): readonly ProfileChoice[] {
  if (profiles.length > 1) return profiles
  return [{ ...profiles[0], schedulerName: profiles[0]?.schedulerName ?? 'default-scheduler' }]
}

function aggregated(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
}

function choiceErrors(choices: SchedulerChoices, gates: FeatureGates): readonly FieldError[] {
  const { parallelism = 16, podInitialBackoffSeconds: first = 1, podMaxBackoffSeconds: last = 10 } = choices
  const errors: FieldError[] = []
  if (parallelism <= 0) errors.push(invalid('parallelism', parallelism, 'should be an integer value greater than zero'))
  const seen = new Set<string>()
  const profiles = profilesOf(choices)
  profiles.forEach((profile, index) => {
    const at = `profiles[${index}]`
    const { schedulerName = '' } = profile
    if (schedulerName === '') errors.push(required(`${at}.schedulerName`))
    errors.push(...percentageErrors(profile.percentageOfNodesToScore, `${at}.percentageOfNodesToScore`))
    errors.push(...configErrors(profile, at, gates))
    // Kubernetes: what it prints is the path of the first, which has no text.
    if (seen.has(schedulerName)) errors.push(duplicate(`${at}.schedulerName`, {}))
    seen.add(schedulerName)
  })
  errors.push(...queueSortErrors(profiles))
  errors.push(...percentageErrors(choices.percentageOfNodesToScore, 'percentageOfNodesToScore'))
  if (first <= 0) errors.push(invalid('podInitialBackoffSeconds', first, 'must be greater than 0'))
  if (last < first)
    errors.push(invalid('podMaxBackoffSeconds', last, 'must be greater than or equal to PodInitialBackoffSeconds'))
  return [...errors, ...extenderErrors(choices.extenders ?? [])]
}

function percentageErrors(percentage: number | undefined, field: string): readonly FieldError[] {
  if (percentage === undefined || (percentage >= 0 && percentage <= 100)) return []
  return [invalid(field, percentage, 'not in valid range [0-100]')]
}

function configErrors(
  { plugins = {}, pluginConfig = [] }: ProfileChoice,
  at: string,
  gates: FeatureGates,
): readonly FieldError[] {
  const errors: FieldError[] = []
  for (const [point, { enabled = [] }] of Object.entries(plugins))
    if (point !== 'multiPoint')
      enabled.forEach(({ name }, index) => {
        if (removedPlugins.includes(name)) errors.push(wasRemoved(`${at}.plugins.${point}.enabled[${index}]`, name))
      })
  const seen = new Set<string>()
  pluginConfig.forEach(({ name, args = {} }, index) => {
    const field = `${at}.pluginConfig[${index}]`
    if (seen.has(name)) errors.push(duplicate(field, name))
    seen.add(name)
    if (removedPlugins.includes(name)) errors.push(wasRemoved(field, name))
    else errors.push(...argumentErrors(name, args, `${field}.args`, gates))
  })
  return errors
}

/** Kubernetes: pods of all profiles wait in one queue. */
function queueSortErrors(profiles: readonly ProfileChoice[]): readonly FieldError[] {
  const setOf = ({ plugins }: ProfileChoice): PluginSet => plugins?.queueSort ?? {}
  const text = ({ enabled = [], disabled = [] }: PluginSet) =>
    JSON.stringify({ Enabled: shown(enabled), Disabled: shown(disabled) })
  const shown = (list: NonNullable<PluginSet['enabled']>) =>
    list.length === 0 ? null : list.map(({ name, weight = 0 }) => ({ Name: name, Weight: weight }))
  const first = text(setOf(profiles[0]!))
  const errors: FieldError[] = []
  const { length = 0 } = setOf(profiles[0]!).enabled ?? []
  if (length > 1)
    errors.push(invalid('profiles[0].plugins.queueSort.Enabled', length, 'only one queue sort plugin can be enabled'))
  profiles.forEach((profile, index) => {
    if (text(setOf(profile)) !== first)
      errors.push(
        invalid(
          `profiles[${index}].plugins.queueSort`,
          JSON.parse(text(setOf(profile))),
          'must be the same for all profiles',
        ),
      )
  })
  return errors
}

function extenderErrors(extenders: readonly ExtenderChoice[]): readonly FieldError[] {
  const errors: FieldError[] = []
  const managed = new Set<string>()
  extenders.forEach((extender, index) => {
    const at = `extenders[${index}]`
    const { prioritizeVerb = '', weight = 0, managedResources = [] } = extender
    if (prioritizeVerb !== '' && weight <= 0)
      errors.push(invalid(`${at}.weight`, weight, 'must have a positive weight applied to it'))
    managedResources.forEach(({ name = '' }, place) => {
      const field = `${at}.managedResources[${place}].name`
      errors.push(...extendedResourceErrors(field, name))
      if (managed.has(name)) errors.push(invalid(field, name, 'duplicate extender managed resource name'))
      managed.add(name)
    })
    errors.push(...tlsErrors(extender, at))
  })
  const binders = extenders.filter(({ bindVerb = '' }) => bindVerb !== '').length
  if (binders > 1)
    errors.push(
      invalid('extenders', `found ${binders} extenders implementing bind`, 'only one extender can implement bind'),
    )
  return errors
}

/** What Kubernetes' transport would refuse when the scheduler starts. */
function tlsErrors({ enableHTTPS = false, tlsConfig = {}, httpTimeout = '0s' }: ExtenderChoice, at: string) {
  const {
    insecure = false,
    caFile = '',
    caData = '',
    certFile = '',
    certData = '',
    keyFile = '',
    keyData = '',
  } = tlsConfig
  const errors: FieldError[] = []
  if (parseDuration(httpTimeout) < 0) errors.push(invalid(`${at}.httpTimeout`, httpTimeout, 'must not be negative'))
  const hasCa = caFile !== '' || caData !== ''
  if (hasCa && insecure)
    errors.push(
      forbiddenField(`${at}.tlsConfig`, 'specifying a root certificates file with the insecure flag is not allowed'),
    )
  const [hasCert, hasKey] = [certFile !== '' || certData !== '', keyFile !== '' || keyData !== '']
  if (enableHTTPS && hasCert !== hasKey)
    errors.push(required(`${at}.tlsConfig.${hasCert ? 'keyFile' : 'certFile'}`, 'certificate and key go together'))
  return errors
}

function extendedResourceErrors(field: string, name: string): readonly FieldError[] {
  const found = qualifiedNameErrors(name).map((message) => invalid(field, name, message))
  if (found.length > 0) return found
  // Kubernetes: what has no prefix, or its own, is no extended resource; nor is what makes no name with requests. before it.
  const isNative = !name.includes('/') || name.includes('kubernetes.io/')
  const isExtended = !isNative && !name.startsWith('requests.') && qualifiedNameErrors(`requests.${name}`).length === 0
  return isExtended ? [] : [invalid(field, name, 'is an invalid extended resource name')]
}
