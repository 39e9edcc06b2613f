import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import {
  type AdmissionChoice,
  type AdmissionConfigurations,
  choiceProblem,
  type EventLimit,
  type ImagePolicy,
  type LimitedResource,
  type ManifestPlugin,
  type PostReview,
  type Tolerations,
} from '../../apiserver/index.ts'
import { usersOfKubeconfig } from '../../client/index.ts'
import { type Clock, parseYaml } from '../../machinery/index.ts'
import { followedDirectory } from './followed-directory.ts'
import { podSecurityKind, readPodSecurity } from './pod-security.ts'
import { ConfigError, fieldsOf, integer, listOf, mapOf, oneOf, type Reader, text, truth } from './read-fields.ts'

/** What `--enable-admission-plugins`, `--disable-admission-plugins` and `--admission-control-config-file` say. */
export interface AdmissionFlags {
  readonly enabled?: readonly string[]
  readonly disabled?: readonly string[]
  readonly configFile?: string
}
/** The way to a server outside that a kubeconfig names. */
export type PostTo = (kubeConfigFile: string) => PostReview

const kinds: ReadonlySet<string> = new Set(
  ['v1', 'v1alpha1'].map((version) => `apiserver.config.k8s.io/${version}/AdmissionConfiguration`),
)
const int32Max = 2 ** 31 - 1
const asItIs: Reader<object> = (value, path) => {
  if (typeof value === 'object' && value !== null) return value
  throw new ConfigError(`${path} is ${JSON.stringify(value)}, which is not an object`)
}
const typed = { apiVersion: text, kind: text }
const fileFields = fieldsOf({
  ...typed,
  plugins: listOf(fieldsOf({ name: text, path: text, configuration: asItIs })),
})

/** The choice that flags come to, the files they name read. Throws a ConfigError that names what is wrong. */
export async function readAdmission(
  flags: AdmissionFlags,
  postTo: PostTo,
  following: Following,
): Promise<AdmissionChoice> {
  const { enabled = [], disabled = [], configFile } = flags
  const problem = choiceProblem({ enabled, disabled })
  if (problem !== undefined) throw new ConfigError(problem)
  const paths = new Map<ManifestPlugin, string>()
  const around = { postTo, note: (plugin: ManifestPlugin, path: string) => void paths.set(plugin, path) }
  const configurations =
    configFile === undefined ? {} : await readConfigurations(configFile, { ...around, manifests: following.manifests })
  if (enabled.includes('ImagePolicyWebhook') && configurations.ImagePolicyWebhook === undefined)
    throw new ConfigError('failed to initialize admission plugin "ImagePolicyWebhook": no config specified')
  if (enabled.includes('EventRateLimit') && configurations.EventRateLimit === undefined)
    throw new ConfigError(
      'failed to initialize admission plugin "EventRateLimit": limits: Invalid value: null: must not be empty',
    )
  if (paths.size === 0) return { enabled, disabled, configurations }
  const { clock, serverId, complain } = following
  const directories = Object.fromEntries([...paths].map(([plugin, path]) => [plugin, followedDirectory(path, clock)]))
  return { enabled, disabled, configurations, manifests: { serverId, complain, directories } }
}

/** How directories are followed that plugins are told by. */
export interface Following {
  /** Whether any may be: the gate ManifestBasedAdmissionControlConfig. */
  readonly manifests: boolean
  readonly clock: Clock
  readonly serverId: string
  readonly complain: (problem: string, about: string) => void
}

async function readConfigurations(
  file: string,
  around: Omit<Surroundings, 'directory' | 'plugin'>,
): Promise<AdmissionConfigurations> {
  const within = (error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    return new ConfigError(`unable to read admission control configuration from ${JSON.stringify(file)} [${why}]`)
  }
  try {
    const content = parseYaml(await readFile(file, 'utf8')).value as Readonly<Record<string, unknown>>
    const read: Record<string, unknown> = {}
    const plugins = content?.['kind'] === undefined ? plainPlugins(content ?? {}) : pluginsOf(content)
    for (const { name = '', path, configuration } of plugins) {
      const at = path === undefined ? file : resolve(dirname(file), path)
      const said = configuration ?? (path === undefined ? undefined : parseYaml(await readFile(at, 'utf8')).value)
      const reader = readers[name]
      if (said === undefined || said === null || reader === undefined) continue
      read[name] = reader(said as object, { ...around, directory: dirname(at), plugin: name })
    }
    return read as AdmissionConfigurations
  } catch (error) {
    throw within(error)
  }
}

function pluginsOf(content: object) {
  const { apiVersion = '', kind = '', plugins = [] } = fileFields(content, '')
  if (!kinds.has(`${apiVersion}/${kind}`))
    throw new ConfigError(`no kind "${kind}" is registered for version "${apiVersion}"`)
  return plugins
}

/** Kubernetes: the two oldest plugins may have the file to themselves. */
function plainPlugins(content: object): ReturnType<typeof pluginsOf> {
  return [
    ...('imagePolicy' in content ? [{ name: 'ImagePolicyWebhook', configuration: content }] : []),
    ...('podNodeSelectorPluginConfig' in content ? [{ name: 'PodNodeSelector', configuration: content }] : []),
  ]
}

interface Surroundings {
  readonly directory: string
  readonly plugin: string
  readonly postTo: PostTo
  /** Whether directories of manifests are read. */
  readonly manifests: boolean
  /** Takes the directory that a plugin is told by. */
  readonly note: (plugin: ManifestPlugin, path: string) => void
}
type Read = (said: object, around: Surroundings) => unknown

/** The configuration of one kind alone. */
function ofKind(said: object, ...allowed: readonly string[]): object {
  const { apiVersion, kind, ...fields } = said as { readonly apiVersion?: string; readonly kind?: string }
  if (!allowed.includes(`${apiVersion}/${kind}`))
    throw new ConfigError(`no kind "${kind ?? ''}" is registered for version "${apiVersion ?? ''}"`)
  return fields
}

const limits = fieldsOf({
  limits: listOf(
    fieldsOf({
      type: oneOf('Namespace', 'Server', 'SourceAndObject', 'User'),
      qps: integer(1, int32Max),
      burst: integer(1, int32Max),
      cacheSize: integer(0, int32Max),
    }),
  ),
})
const toleration = fieldsOf({
  key: text,
  operator: oneOf('', 'Equal', 'Exists', 'Lt', 'Gt'),
  value: text,
  effect: oneOf('', 'NoSchedule', 'PreferNoSchedule', 'NoExecute'),
  tolerationSeconds: integer(-int32Max, int32Max),
})
const tolerations = fieldsOf({ default: listOf(toleration), whitelist: listOf(toleration) })
const nodeSelectors = fieldsOf({ podNodeSelectorPluginConfig: mapOf(text) })
const imagePolicy = fieldsOf({
  imagePolicy: fieldsOf({
    kubeConfigFile: text,
    allowTTL: integer(-1, 1800),
    denyTTL: integer(-1, 1800),
    retryBackoff: integer(-1, 300_000),
    defaultAllow: truth,
  }),
})

const quotaKinds = [
  'apiserver.config.k8s.io/v1/ResourceQuotaConfiguration',
  ...['v1alpha1', 'v1beta1'].map((version) => `resourcequota.admission.k8s.io/${version}/Configuration`),
]
const quotas = fieldsOf({
  limitedResources: listOf(
    fieldsOf({
      apiGroup: text,
      resource: text,
      matchContains: listOf(text),
      matchScopes: listOf(fieldsOf({ scopeName: text, operator: text, values: listOf(text) })),
    }),
  ),
})

const webhookKinds = [
  'apiserver.config.k8s.io/v1/WebhookAdmissionConfiguration',
  'apiserver.config.k8s.io/v1alpha1/WebhookAdmission',
]
/** Kubernetes: where manifests are is told absolutely, and must be there from the start. */
function noteManifests(path: string | undefined, { plugin, manifests, note }: Surroundings): void {
  if (path === undefined || path === '') return
  const refuse = (why: string) => {
    throw new ConfigError(`staticManifestsDir: ${why}`)
  }
  if (!manifests)
    refuse('Forbidden: staticManifestsDir requires the ManifestBasedAdmissionControlConfig feature gate to be enabled')
  const shown = `Invalid value: ${JSON.stringify(path)}`
  if (!isAbsolute(path)) refuse(`${shown}: must be an absolute file path`)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) refuse(`${shown}: unable to read: stat ${path}: no such file or directory`)
  if (found?.isDirectory() !== true) refuse(`${shown}: must be a directory`)
  note(plugin as ManifestPlugin, path)
}

const policyFields = fieldsOf({ staticManifestsDir: text })
const policies =
  (kind: string): Read =>
  (said, around) => {
    const of = `apiserver.config.k8s.io/v1/${kind}`
    noteManifests(policyFields(ofKind(said, of), '').staticManifestsDir, around)
  }

const webhookFields = fieldsOf({ kubeConfigFile: text, staticManifestsDir: text })
const webhookCredentials: Read = (said, around) => {
  const { kubeConfigFile: file, staticManifestsDir } = webhookFields(ofKind(said, ...webhookKinds), '')
  noteManifests(staticManifestsDir, around)
  if (file === undefined) return undefined
  if (!isAbsolute(file))
    throw new ConfigError(`kubeConfigFile: Invalid value: ${JSON.stringify(file)}: must be an absolute file path`)
  return usersOfKubeconfig(file)
}

const readers: Readonly<Record<string, Read>> = {
  EventRateLimit(said) {
    const read = limits(ofKind(said, 'eventratelimit.admission.k8s.io/v1alpha1/Configuration'), '')
    const list = (read.limits ?? []) as readonly Partial<EventLimit>[]
    if (list.length === 0) throw new ConfigError('limits: Invalid value: null: must not be empty')
    for (const [index, { type, qps, burst }] of list.entries())
      for (const [name, value] of Object.entries({ type, qps, burst }))
        if (value === undefined) throw new ConfigError(`limits[${index}].${name}: Required value`)
    return { limits: list }
  },
  ImagePolicyWebhook(said, { directory, postTo }): ImagePolicy {
    const {
      kubeConfigFile,
      allowTTL = 0,
      denyTTL = 0,
      retryBackoff = 0,
      defaultAllow = false,
    } = imagePolicy(said, '').imagePolicy ?? {}
    if (kubeConfigFile === undefined) throw new ConfigError('imagePolicy.kubeConfigFile: Required value')
    // Kubernetes: 0 stands for the default, -1 for not at all.
    const chosen = (value: number, standard: number, unit: number) =>
      value === 0 ? standard : Math.max(0, value) * unit
    return {
      post: postTo(resolve(directory, kubeConfigFile)),
      allowTtlMs: chosen(allowTTL, 300_000, 1000),
      denyTtlMs: chosen(denyTTL, 30_000, 1000),
      retryBackoffMs: chosen(retryBackoff, 500, 1),
      defaultAllow,
    }
  },
  MutatingAdmissionPolicy: policies('MutatingAdmissionPolicyConfiguration'),
  MutatingAdmissionWebhook: webhookCredentials,
  ValidatingAdmissionPolicy: policies('ValidatingAdmissionPolicyConfiguration'),
  ValidatingAdmissionWebhook: webhookCredentials,
  PodNodeSelector: (said) => nodeSelectors(said, '').podNodeSelectorPluginConfig ?? {},
  PodSecurity: (said) => readPodSecurity(ofKind(said, podSecurityKind)),
  ResourceQuota(said) {
    const read = quotas(ofKind(said, ...quotaKinds), '')
    const list = (read.limitedResources ?? []) as readonly Partial<LimitedResource>[]
    for (const [index, { resource }] of list.entries())
      if (resource === undefined) throw new ConfigError(`limitedResources[${index}].resource: Required value`)
    return { limitedResources: list }
  },
  PodTolerationRestriction(said) {
    const read = tolerations(ofKind(said, 'podtolerationrestriction.admission.k8s.io/v1alpha1/Configuration'), '')
    return { default: (read.default ?? []) as Tolerations, whitelist: (read.whitelist ?? []) as Tolerations }
  },
}
