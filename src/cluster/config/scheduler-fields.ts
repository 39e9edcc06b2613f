import type { FeatureGates } from '../../resources/index.ts'
import {
  type ExtenderChoice,
  extensionPoints,
  type PluginArguments,
  type ProfileChoice,
  type SchedulerChoices,
  schedulerProblem,
} from '../../scheduler/index.ts'
import { componentFields } from './component-fields.ts'
import { ConfigError, duration, fieldsOf, integer, listOf, type Reader, text, truth } from './read-fields.ts'

const int32Max = 2 ** 31 - 1
const whole = integer(-int32Max - 1, int32Max)
const pluginSet = fieldsOf({
  enabled: listOf(fieldsOf({ name: text, weight: whole })),
  disabled: listOf(fieldsOf({ name: text, weight: whole })),
})
const plugins = fieldsOf(Object.fromEntries([...extensionPoints, 'multiPoint'].map((point) => [point, pluginSet])))

const resources = listOf(fieldsOf({ name: text, weight: whole }))
const shape = listOf(fieldsOf({ utilization: whole, score: whole }))
const anything: Reader<object> = (value, path) => {
  if (typeof value === 'object' && value !== null) return value
  throw new ConfigError(`${path} is ${JSON.stringify(value)}, which is not an object`)
}
const requirement = fieldsOf({ key: text, operator: text, values: listOf(text) })
const term = fieldsOf({ matchExpressions: listOf(requirement), matchFields: listOf(requirement) })
const nodeAffinity = fieldsOf({
  requiredDuringSchedulingIgnoredDuringExecution: fieldsOf({ nodeSelectorTerms: listOf(term) }),
  preferredDuringSchedulingIgnoredDuringExecution: listOf(fieldsOf({ weight: whole, preference: term })),
})
const constraint = fieldsOf({
  maxSkew: whole,
  topologyKey: text,
  whenUnsatisfiable: text,
  labelSelector: anything,
  minDomains: whole,
  nodeAffinityPolicy: text,
  nodeTaintsPolicy: text,
  matchLabelKeys: listOf(text),
})
const args: { readonly [P in keyof PluginArguments]-?: Reader<object> } = {
  NodeResourcesFit: fieldsOf({
    ignoredResources: listOf(text),
    ignoredResourceGroups: listOf(text),
    scoringStrategy: fieldsOf({ type: text, resources, requestedToCapacityRatio: fieldsOf({ shape }) }),
  }),
  NodeResourcesBalancedAllocation: fieldsOf({ resources }),
  NodeAffinity: fieldsOf({ addedAffinity: nodeAffinity }),
  PodTopologySpread: fieldsOf({ defaultConstraints: listOf(constraint), defaultingType: text }),
  InterPodAffinity: fieldsOf({ hardPodAffinityWeight: whole, ignorePreferredTermsOfExistingPods: truth }),
  VolumeBinding: fieldsOf({ bindTimeoutSeconds: whole, shape }),
  DefaultPreemption: fieldsOf({ minCandidateNodesPercentage: whole, minCandidateNodesAbsolute: whole }),
  DynamicResources: fieldsOf({ filterTimeout: duration, bindingTimeout: duration }),
}

const group = 'kubescheduler.config.k8s.io'
const bareConfig = fieldsOf({ name: text, args: anything })
/** Arguments are read by the plugin they are for; those of plugins that are not known are passed over, as on Kubernetes. */
const pluginConfig: Reader<NonNullable<ProfileChoice['pluginConfig']>[number]> = (value, path) => {
  const { name = '', args: given } = bareConfig(value, path)
  const read = Object.hasOwn(args, name) ? args[name as keyof PluginArguments] : undefined
  if (given === undefined || read === undefined) return { name }
  const { apiVersion, kind, ...fields } = given as Readonly<Record<string, unknown>>
  const [isOf, isKind] = [`${apiVersion ?? `${group}/v1`}`, `${kind ?? `${name}Args`}`]
  if (isKind !== `${name}Args` || isOf !== `${group}/v1`)
    throw new ConfigError(
      `args for plugin ${name} were not of type ${name}Args.${group}, got ${isKind}.${isOf.split('/')[0]}`,
    )
  return { name, args: read(fields, `${path}.args`) }
}
const profile = fieldsOf({
  schedulerName: text,
  percentageOfNodesToScore: whole,
  plugins,
  pluginConfig: listOf(pluginConfig),
}) as Reader<ProfileChoice>
const extender = fieldsOf({
  urlPrefix: text,
  filterVerb: text,
  preemptVerb: text,
  prioritizeVerb: text,
  weight: whole,
  bindVerb: text,
  enableHTTPS: truth,
  tlsConfig: fieldsOf({
    insecure: truth,
    serverName: text,
    certFile: text,
    keyFile: text,
    caFile: text,
    certData: text,
    keyData: text,
    caData: text,
  }),
  httpTimeout: duration,
  nodeCacheCapable: truth,
  managedResources: listOf(fieldsOf({ name: text, ignoredByScheduler: truth })),
  ignorable: truth,
}) as Reader<ExtenderChoice>

/** What a KubeSchedulerConfiguration says; what cannot be is refused as Kubernetes words it. */
export function readScheduler(
  value: object,
  idle: (path: string) => void,
  gates: FeatureGates,
  besides: (file: string) => string,
): SchedulerChoices {
  const read = fieldsOf(
    {
      parallelism: whole,
      percentageOfNodesToScore: whole,
      podInitialBackoffSeconds: whole,
      podMaxBackoffSeconds: whole,
      profiles: listOf(profile),
      extenders: listOf(extender),
    },
    componentFields.scheduler,
    idle,
  )(value, '')
  const problem = schedulerProblem(read, gates)
  if (problem !== undefined) throw new ConfigError(problem)
  if (read.extenders === undefined) return read
  return { ...read, extenders: read.extenders.map((one) => withFilesBesides(one, besides)) }
}

/** Files that a configuration names lie beside it, unless it says otherwise. */
function withFilesBesides(choice: ExtenderChoice, besides: (file: string) => string): ExtenderChoice {
  const { tlsConfig } = choice
  if (tlsConfig === undefined) return choice
  const files = (['caFile', 'certFile', 'keyFile'] as const).flatMap((name) => {
    const file = tlsConfig[name]
    return file === undefined || file === '' ? [] : [[name, besides(file)] as const]
  })
  return { ...choice, tlsConfig: { ...tlsConfig, ...Object.fromEntries(files) } }
}
