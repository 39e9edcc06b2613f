import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { AuditPolicy, FeatureChoice, PodSecurityConfiguration } from '../../apiserver/index.ts'
import { parseDuration, parseYamlDocuments } from '../../machinery/index.ts'
import { type AuditBackends, type AuditChoices, auditBackends, auditPolicyKind, readAuditPolicy } from './audit.ts'
import { type ComponentChoices, componentKinds, readComponent, schedulerKind } from './components.ts'
import { type EgressChoice, egressKinds, readEgress } from './egress.ts'
import type { EncryptionChoice } from './encryption.ts'
import { type AutoscalerChoice, autoscalerReader, type NodeGroupTemplate, nodeGroupsReader } from './node-groups.ts'
import { podSecurityKind, readPodSecurity } from './pod-security.ts'
import {
  ConfigError,
  duration,
  fieldsOf,
  integer,
  listOf,
  mapOf,
  quantity,
  type Reader,
  text,
  truth,
} from './read-fields.ts'
import type { NodeTemplate, OidcSettings, Reviewers, ServingChoice } from './settings.ts'
import { readTracing, type TracingChoice, tracingKinds } from './tracing.ts'

/** What a configuration file says: our own kind describes simulated nodes, Kubernetes' kinds its components. */
export interface Configuration {
  readonly nodeTemplates: readonly NodeTemplate[]
  /** There when the file describes groups of nodes, or says what their autoscaler goes by. */
  readonly nodeGroups?: readonly NodeGroupTemplate[]
  readonly autoscaler?: AutoscalerChoice
  readonly components: ComponentChoices
  /** There when the file has an audit policy. */
  readonly audit?: AuditChoices
  /** There when the file names servers that are asked about tokens or rights. */
  readonly reviewers?: Reviewers
  /** There when the file says what pods may do where their namespace does not. */
  readonly podSecurity?: PodSecurityConfiguration
  /** There when the file has such documents, or names files that are: which. */
  readonly authenticationConfig?: string
  readonly authorizationConfig?: string
  readonly oidc?: OidcSettings
  /** There when the file says how many requests are served at once, or how the server goes. */
  readonly serving?: ServingChoice
  /** There when the file says which features are on, or which APIs are served. */
  readonly features?: FeatureChoice
  /** There when the file says how values are encrypted at rest. */
  readonly encryption?: EncryptionChoice
  /** There when the file says where spans of requests go. */
  readonly tracing?: TracingChoice
  /** There when the file says through which proxies the API server goes. */
  readonly egress?: EgressChoice
  /** What people should know of it: fields without effect. */
  readonly notes: readonly string[]
}

const encryptionKind = 'apiserver.config.k8s.io/v1/EncryptionConfiguration'
/** Documents that are read by the API server itself, and what remembers where they are. */
const structuredKinds: Readonly<Record<string, 'authenticationConfig' | 'authorizationConfig'>> = {
  AuthenticationConfiguration: 'authenticationConfig',
  AuthorizationConfiguration: 'authorizationConfig',
}
const ownKind = 'coxswain.dev/v1alpha1/ClusterConfiguration'
const int32Max = 2 ** 31 - 1
const nodeFields = {
  cpu: quantity,
  memory: quantity,
  pods: integer(0, int32Max),
  labels: mapOf(text),
  taints: listOf(fieldsOf({ key: text, value: text, effect: text })),
  zone: text,
}
const nodeTemplate = fieldsOf({ count: integer(1, int32Max), ...nodeFields }) as Reader<NodeTemplate>
const webhook = fieldsOf({ configFile: text })
const oidcFields = fieldsOf({
  issuerURL: text,
  clientID: text,
  caFile: text,
  usernameClaim: text,
  usernamePrefix: text,
  groupsClaim: text,
  groupsPrefix: text,
  signingAlgs: listOf(text),
  requiredClaims: mapOf(text),
})
const ownFields = fieldsOf({
  nodes: listOf(nodeTemplate),
  nodeGroups: nodeGroupsReader(nodeFields),
  autoscaler: autoscalerReader,
  audit: auditBackends,
  authentication: fieldsOf({ webhook, configFile: text, oidc: oidcFields }),
  authorization: fieldsOf({ webhook, configFile: text }),
  featureGates: mapOf(truth),
  maxRequestsInflight: integer(0, int32Max),
  maxMutatingRequestsInflight: integer(0, int32Max),
  shutdownDelayDuration: duration,
  runtimeConfig: mapOf(((value, path) =>
    typeof value === 'boolean' ? String(value) : text(value, path)) as Reader<string>),
})

/** Reads a file of one or more documents; a problem is one sentence that names the file and the field. */
export async function readConfiguration(
  file: string,
  gates: Gates = {},
): Promise<Configuration | { readonly problem: string }> {
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (error) {
    return { problem: `the configuration ${file} cannot be read: ${textOf(error)}` }
  }
  let documents: readonly unknown[]
  try {
    documents = parseYamlDocuments(content).map(({ value }) => value)
  } catch (error) {
    return { problem: `the configuration ${file} is not YAML: ${textOf(error)}` }
  }
  return configurationOf(documents, file, gates)
}

/** The same, of documents that have been read. */
export async function configurationOf(
  documents: readonly unknown[],
  file: string,
  gates: Gates = {},
): Promise<Configuration | { readonly problem: string }> {
  const nodeTemplates: NodeTemplate[] = []
  let scaling: Pick<Configuration, 'nodeGroups' | 'autoscaler'> = {}
  let components: ComponentChoices = {}
  let backends: AuditBackends | undefined
  let reviewers: Reviewers | undefined
  let podSecurity: PodSecurityConfiguration | undefined
  let features: FeatureChoice | undefined
  let serving: ServingChoice | undefined
  let files: { readonly authenticationConfig?: string; readonly authorizationConfig?: string } = {}
  let oidc: OidcSettings | undefined
  let policy: AuditPolicy | undefined
  let encryption: EncryptionChoice | undefined
  let tracing: TracingChoice | undefined
  let egress: EgressChoice | undefined
  const notes: string[] = []
  for (const document of documents) {
    if (document === null || document === undefined) continue
    const { apiVersion, kind, ...fields } = document as { apiVersion?: string; kind?: string }
    const name = `${apiVersion ?? '?'}/${kind ?? '?'}`
    try {
      if (name === ownKind) {
        const own = ownFields(fields, '')
        nodeTemplates.push(...(own.nodes ?? []))
        if (own.nodeGroups !== undefined) scaling = { ...scaling, nodeGroups: own.nodeGroups }
        if (own.autoscaler !== undefined) scaling = { ...scaling, autoscaler: own.autoscaler }
        serving = servingOf(own, serving)
        if (own.featureGates !== undefined) features = { ...features, gates: own.featureGates }
        if (own.runtimeConfig !== undefined) features = { ...features, runtimeConfig: own.runtimeConfig }
        backends = own.audit === undefined ? backends : besides(file, own.audit)
        for (const what of ['authentication', 'authorization'] as const) {
          if (own[what] === undefined) continue
          const { webhook: asked, configFile: structured } = own[what]
          if (asked !== undefined && asked.configFile === undefined)
            throw new ConfigError(`${what}.webhook.configFile must be given`)
          if (asked?.configFile !== undefined)
            reviewers = { ...reviewers, [what]: resolve(dirname(file), asked.configFile) }
          if (structured !== undefined) files = { ...files, [`${what}Config`]: resolve(dirname(file), structured) }
          if (asked === undefined && structured === undefined && own.authentication?.oidc === undefined)
            throw new ConfigError(`${what}.webhook.configFile must be given`)
        }
        if (own.authentication?.oidc !== undefined) {
          const { caFile, ...rest } = own.authentication.oidc
          oidc = oidcOf({ ...rest, ...(caFile === undefined ? {} : { caFile: resolve(dirname(file), caFile) }) })
        }
      } else if (structuredKinds[kind ?? ''] !== undefined && apiVersion?.startsWith('apiserver.config.k8s.io/')) {
        // Followed while the cluster runs, and so read where it lies.
        files = { ...files, [structuredKinds[kind ?? '']!]: resolve(file) }
      } else if (name === auditPolicyKind) {
        if (policy !== undefined) return { problem: `the configuration ${file} has ${kind} twice` }
        policy = readAuditPolicy(fields)
      } else if (name === podSecurityKind) {
        if (podSecurity !== undefined) return { problem: `the configuration ${file} has ${kind} twice` }
        podSecurity = readPodSecurity(fields)
      } else if (tracingKinds.includes(name)) {
        if (tracing !== undefined) return { problem: `the configuration ${file} has ${kind} twice` }
        tracing = readTracing(fields)
      } else if (egressKinds.includes(name)) {
        if (egress !== undefined) return { problem: `the configuration ${file} has ${kind} twice` }
        egress = readEgress(fields, dirname(file))
      } else if (name === encryptionKind) {
        if (encryption !== undefined) return { problem: `the configuration ${file} has ${kind} twice` }
        // Knows every kind there is, and so is loaded only where it is needed.
        encryption = (await import('./encryption.ts')).readEncryption(fields)
      } else if (componentKinds.includes(name)) {
        const idle: string[] = []
        const chosen =
          name === schedulerKind
            ? { scheduler: await schedulerOf(fields, documents, file, gates, (path) => idle.push(path)) }
            : readComponent({ ...fields, apiVersion, kind }, (path) => idle.push(path))
        const [part = ''] = Object.keys(chosen)
        if (part in components) return { problem: `the configuration ${file} has ${kind} twice` }
        components = { ...components, ...chosen }
        if (idle.length > 0) notes.push(`of ${kind}, these fields have no effect here: ${idle.join(', ')}`)
      } else {
        return {
          problem: `the configuration ${file} has a ${apiVersion ?? '?'} ${kind ?? '?'}, which is not known; known are ${[...componentKinds, auditPolicyKind, encryptionKind, podSecurityKind, ...egressKinds, ...tracingKinds, ownKind].join(', ')}`,
        }
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return { problem: `the configuration ${file} is not right: ${kind}: ${error.message}` }
    }
  }
  if (policy === undefined && backends !== undefined)
    return { problem: `the configuration ${file} says where audit events go, but has no ${auditPolicyKind} beside it` }
  return {
    nodeTemplates,
    ...scaling,
    components,
    ...(policy === undefined ? {} : { audit: { ...backends, policy } }),
    ...(reviewers === undefined ? {} : { reviewers }),
    ...(podSecurity === undefined ? {} : { podSecurity }),
    ...(oidc === undefined ? {} : { oidc }),
    ...files,
    ...(features === undefined ? {} : { features }),
    ...(serving === undefined ? {} : { serving }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(tracing === undefined ? {} : { tracing }),
    ...(egress === undefined ? {} : { egress }),
    notes,
  }
}

/** What features are chosen besides those of the file; a text as flags say it goes before everything else. */
interface Gates {
  readonly known?: Readonly<Record<string, boolean>>
  readonly flag?: string
}

async function schedulerOf(
  fields: object,
  documents: readonly unknown[],
  file: string,
  { known, flag }: Gates,
  idle: (path: string) => void,
): Promise<NonNullable<ComponentChoices['scheduler']>> {
  const { chooseGates, defaultGates, gatesOfText } = await import('../../resources/index.ts')
  const { readScheduler } = await import('./scheduler-fields.ts')
  const ofFile = (documents as readonly ({ readonly featureGates?: object; readonly kind?: string } | null)[]).flatMap(
    (one) => (one?.kind === 'ClusterConfiguration' && one.featureGates !== undefined ? [one.featureGates] : []),
  )
  const read = flag === undefined ? { chosen: Object.assign({ ...known }, ...ofFile) } : gatesOfText(flag)
  // What is wrong with the gates themselves is said where they are chosen.
  const chosen = 'chosen' in read ? chooseGates(read.chosen) : read
  const gates = 'gates' in chosen ? chosen.gates : defaultGates
  return readScheduler(fields, idle, gates, (path) => resolve(dirname(file), path))
}

/** Longer, and whoever stops the cluster would end it. */
const shutdownDelayMaxMs = 10_000

function servingOf(own: ServingChoice, before: ServingChoice | undefined): ServingChoice | undefined {
  const { maxRequestsInflight: reads = 400, maxMutatingRequestsInflight: writes = 200, shutdownDelayDuration } = own
  // Kubernetes: there must be room for something.
  if (reads + writes <= 0) throw new ConfigError('maxRequestsInflight and maxMutatingRequestsInflight are both 0')
  if (parseDuration(shutdownDelayDuration ?? '0s') > shutdownDelayMaxMs)
    throw new ConfigError('shutdownDelayDuration may not be longer than 10s')
  const stated = (['maxRequestsInflight', 'maxMutatingRequestsInflight', 'shutdownDelayDuration'] as const).filter(
    (key) => own[key] !== undefined,
  )
  return stated.length === 0 ? before : { ...before, ...Object.fromEntries(stated.map((key) => [key, own[key]])) }
}

/** Kubernetes: the issuer and for whom its tokens are go together. */
export function oidcOf(options: Partial<OidcSettings>): OidcSettings {
  const { issuerURL = '', clientID = '' } = options
  if (issuerURL === '' || clientID === '')
    throw new ConfigError('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set')
  return { ...options, issuerURL, clientID }
}

/** Files that a configuration names lie beside it, unless it says otherwise. */
function besides(file: string, { log, webhook }: AuditBackends): AuditBackends {
  const at = (path: string) => resolve(dirname(file), path)
  return {
    ...(log === undefined ? {} : { log: log.path === undefined ? log : { ...log, path: at(log.path) } }),
    ...(webhook === undefined ? {} : { webhook: { ...webhook, configFile: at(webhook.configFile) } }),
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
