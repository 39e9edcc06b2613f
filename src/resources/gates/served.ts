import type { ResourceDefinition } from '../definition.ts'
import { allResources } from '../registry.ts'
import { type FeatureGates, parsedBool } from './gates.ts'

/** What `--runtime-config` says: `true`, `false` or nothing for `api/all`, `GROUP/VERSION`, `GROUP/VERSION/RESOURCE`. */
export type RuntimeConfig = Readonly<Record<string, string>>

/** Kubernetes: resources that are served only while a feature is on, however they are asked for. */
const resourceGates: Readonly<Record<string, string>> = {
  'certificates.k8s.io/clustertrustbundles': 'ClusterTrustBundle',
  'certificates.k8s.io/podcertificaterequests': 'PodCertificateRequest',
  'scheduling.k8s.io/podgroups': 'GenericWorkload',
  'scheduling.k8s.io/workloads': 'GenericWorkload',
  'storagemigration.k8s.io/storageversionmigrations': 'StorageVersionMigrator',
}
/** Kubernetes: versions that still have a name, and nothing to serve. */
const emptyVersions = `
  admission.k8s.io/v1 admission.k8s.io/v1beta1 apps/v1beta1 apps/v1beta2 authentication.k8s.io/v1alpha1
  authentication.k8s.io/v1beta1 authorization.k8s.io/v1beta1 batch/v1beta1 discovery.k8s.io/v1beta1
  events.k8s.io/v1beta1 extensions/v1beta1 flowcontrol.apiserver.k8s.io/v1beta1
  flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3 imagepolicy.k8s.io/v1alpha1
  node.k8s.io/v1alpha1 node.k8s.io/v1beta1 policy/v1beta1 rbac.authorization.k8s.io/v1alpha1
  rbac.authorization.k8s.io/v1beta1 scheduling.k8s.io/v1beta1 storage.k8s.io/v1alpha1 apiextensions.k8s.io/v1beta1
  apiregistration.k8s.io/v1beta1
`
/** In the order they count: a later one goes above an earlier. */
const wholeKinds: readonly (readonly [string, RegExp])[] = [
  ['api/all', /^/],
  ['api/ga', /^v\d+$/],
  ['api/beta', /^v\d+beta\d+$/],
  ['api/alpha', /^v\d+alpha\d+$/],
]
const isWhole = (key: string) => wholeKinds.some(([name]) => name === key)
const versionOf = ({ group, version }: ResourceDefinition<any>) => `${group}/${version}`
const known = new Set([...emptyVersions.trim().split(/\s+/), ...allResources.map(versionOf)])
const groups = new Set([...known].map((one) => one.slice(0, one.indexOf('/'))))

/** Kubernetes: `a=true,b=false,c` as flags say it. */
export function runtimeConfigOfText(text: string): Record<string, string> {
  const config: Record<string, string> = {}
  for (const part of text.split(',')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const [key, value] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)]
    config[key.trim()] = value.trim()
  }
  return config
}

/** The resources to serve, or what of the choice cannot be, in Kubernetes' words. */
export function chooseServed(
  config: RuntimeConfig,
  gates: FeatureGates,
): { readonly served: readonly ResourceDefinition<any>[] } | { readonly problem: string } {
  const problem = problemOf(config)
  if (problem !== '') return { problem }
  const versions = new Map(allResources.map((one) => [versionOf(one), one.servedByDefault]))
  for (const [key, pattern] of wholeKinds) {
    if (config[key] === undefined) continue
    for (const one of versions.keys())
      if (pattern.test(one.slice(one.indexOf('/') + 1))) versions.set(one, config[key] === 'true')
  }
  const single = new Map<string, boolean>()
  for (const [key, value] of Object.entries(config)) {
    if (isWhole(key)) continue
    const isOn = value === '' || parsedBool(value) === true
    if (key.split('/').length === 2) versions.set(key, isOn)
    else single.set(key, isOn)
  }
  const isServed = (one: ResourceDefinition<any>) => {
    const gate = resourceGates[`${one.group}/${one.plural}`]
    if (gate !== undefined && !gates.enabled(gate)) return false
    return single.get(`${versionOf(one)}/${one.plural}`) ?? versions.get(versionOf(one)) ?? false
  }
  return { served: allResources.filter(isServed) }
}

function problemOf(config: RuntimeConfig): string {
  const keys = Object.keys(config).sort()
  if (keys.length === 1 && config['api/all'] === 'false') return 'invalid runtime-config with only api/all=false'
  for (const key of keys) {
    const parts = key.split('/')
    if (parts.length !== 2 && parts.length !== 3) return `runtime-config invalid key ${key}`
    if (isWhole(key)) {
      if (config[key] !== 'true' && config[key] !== 'false') return `invalid value ${key}=${config[key]}`
    }
  }
  const specific = keys.filter((key) => !isWhole(key)).map((key) => ({ key, parts: key.split('/') }))
  const unknown = specific.filter(({ parts }) => !groups.has(parts[0]!)).map(({ parts }) => `${parts[0]}/${parts[1]}`)
  if (unknown.length > 0) return `unknown api groups ${[...new Set(unknown)].join(',')}`
  for (const { key, parts } of specific) {
    const [group = '', version = '', resource] = parts
    if (!known.has(`${group}/${version}`))
      return `group version ${group === '' ? version : `${group}/${version}`} that has not been registered`
    const value = config[key]!
    if (value !== '' && parsedBool(value) === undefined)
      return `invalid value of ${key}: ${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`
    if (resource !== undefined && resource !== resource.toLowerCase())
      return `invalid key ${key}: group/version/resource and resource is always lowercase plural, not ${JSON.stringify(resource)}`
  }
  return ''
}
