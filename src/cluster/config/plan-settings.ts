import { createServer } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { sameJson } from '../../machinery/index.ts'
import {
  type ClusterHome,
  readEncryptionChoice,
  readState,
  writeEncryptionChoice,
  writeSettings,
} from '../process/directory.ts'
import { isRunning } from '../process/identity.ts'
import { oneAtATime } from '../process/one-at-a-time.ts'
import type { AdmissionFlags } from './admission.ts'
import { type Configuration, readConfiguration } from './configuration.ts'
import { chosenFeatures } from './features.ts'
import {
  type ClusterSettings,
  clusterDomain,
  containerNodesMax,
  networkOf,
  noCloud,
  nodeCidrOf,
  type OidcSettings,
  type OptionalPart,
} from './settings.ts'

/** What a command line asks for; all else is remembered or default. */
export interface Wishes {
  readonly port?: number
  readonly nodes?: number
  readonly runtime?: 'containerd' | 'simulated'
  readonly dataDirectory?: string
  readonly configFile?: string
  readonly without?: readonly OptionalPart[]
  /** The name of a cloud, or `none`. */
  readonly cloud?: string
  /** As `--feature-gates` and `--runtime-config` say it. */
  readonly featureGates?: string
  readonly runtimeConfig?: string
  readonly authenticationConfig?: string
  readonly authorizationConfig?: string
  readonly encryptionConfig?: string
  readonly encryptionReload?: boolean
  readonly oidc?: OidcSettings
  readonly admission?: AdmissionFlags
  readonly logFormat?: 'text' | 'json'
  readonly verbosity?: number
}
export interface PlanInput {
  readonly name: string
  readonly home: ClusterHome
  readonly wished: Wishes
  readonly isRoot: boolean
  readonly platform: string
  readonly workingDirectory: string
}
export type Planned =
  | { readonly problem: string }
  | {
      readonly settings: ClusterSettings
      /** How the wishes differ from what a running cluster has. */
      readonly differences: readonly string[]
      readonly running: boolean
      /** What people should know about choices made for them. */
      readonly notes: readonly string[]
    }

const portDefault = 6443
const portsTried = 100

/** The settings a cluster is to run with; written to its data directory unless it is running. One is planned after the other. */
export function planSettings(input: PlanInput): Promise<Planned> {
  return oneAtATime(input.home.root, () => plan(input))
}

async function plan(input: PlanInput): Promise<Planned> {
  const { name, home, wished } = input
  if (wished.dataDirectory !== undefined) await home.setDirectory(name, wished.dataDirectory)
  const known = await home.settingsOf(name)
  const gates = {
    ...(known?.features?.gates === undefined ? {} : { known: known.features.gates }),
    ...(wished.featureGates === undefined ? {} : { flag: wished.featureGates }),
  }
  const config = wished.configFile === undefined ? undefined : await readConfiguration(wished.configFile, gates)
  if (config !== undefined && 'problem' in config) return config
  if (known !== undefined) {
    const state = await readState(known.dataDirectory)
    const running = isRunning(state?.supervisor) || isRunning(state?.cluster)
    const chosen = await chosenFeatures(known.features, wished, config?.features)
    if ('problem' in chosen) return chosen
    const wishedSettings = {
      ...inCloud(merged(known, wished, config), input),
      ...chosen,
      imagesDirectory: home.imagesDirectory,
    }
    if (running) {
      const differences = differencesOf(known, wishedSettings)
      const encryption = config?.encryption
      if (encryption !== undefined && !sameJson((await readEncryptionChoice(known.dataDirectory)) ?? [], encryption))
        differences.push('the encryption of what is stored differs')
      return { settings: known, differences, running, notes: [] }
    }
    const problem = problemOf(wishedSettings, input) || (await filesProblem(wishedSettings))
    if (problem !== '') return { problem }
    if (!(await isFree(wishedSettings.port)))
      return {
        problem: `port ${wishedSettings.port} is taken by another program; stop it or choose another with --port`,
      }
    await writeSettings(wishedSettings)
    if (config?.encryption !== undefined) await writeEncryptionChoice(known.dataDirectory, config.encryption)
    return { settings: wishedSettings, differences: [], running, notes: config?.notes ?? [] }
  }
  const isInCloud = wished.cloud !== undefined && wished.cloud !== noCloud
  const real = input.isRoot && input.platform === 'linux' && !isInCloud
  const notes =
    real || wished.runtime === 'simulated' || isInCloud
      ? []
      : [
          `not ${input.platform === 'linux' ? 'root' : 'Linux'}: pods run on simulated nodes, without containers (real ones need root on Linux)`,
        ]
  const index = await home.freeIndex(name, isUnusedNetwork)
  if (index === undefined)
    return {
      problem:
        'this machine has as many clusters as there are address ranges for; remove one with `cox down --purge --name N`',
    }
  const port = wished.port ?? (await freePort((await home.others(name)).map((other) => other.port)))
  if (port === undefined) return { problem: `no free port from ${portDefault} on; choose one with --port` }
  if (wished.port !== undefined && !(await isFree(port)))
    return { problem: `port ${port} is taken by another program; choose another with --port` }
  const base: ClusterSettings = {
    name,
    dataDirectory: await home.directoryOf(name),
    imagesDirectory: home.imagesDirectory,
    port,
    nodes: 1,
    runtime: real ? 'containerd' : 'simulated',
    without: [],
    nodeTemplates: [],
    nodeName: nodeNameOf(hostname()),
    network: networkOf(index),
    logFormat: 'text',
    verbosity: 2,
  }
  const chosen = await chosenFeatures(undefined, wished, config?.features)
  if ('problem' in chosen) return chosen
  const settings = { ...inCloud(merged(base, { ...wished, port }, config), input), ...chosen }
  const problem = problemOf(settings, input) || (await filesProblem(settings))
  if (problem !== '') return { problem }
  await writeSettings(settings)
  if (config?.encryption !== undefined) await writeEncryptionChoice(settings.dataDirectory, config.encryption)
  return { settings, differences: [], running: false, notes: [...notes, ...(config?.notes ?? [])] }
}

/** The settings with the cloud that is wished for. */
function inCloud(settings: ClusterSettings, { wished, home }: PlanInput): ClusterSettings {
  if (wished.cloud === undefined) return settings
  const { cloud: _cloud, ...rest } = settings
  return wished.cloud === noCloud
    ? rest
    : { ...rest, cloud: { name: wished.cloud, directory: home.cloudDirectory(wished.cloud) } }
}

function merged(known: ClusterSettings, wished: Wishes, config: Configuration | undefined): ClusterSettings {
  const { configFile: _file, dataDirectory: _directory, featureGates: _gates, ...most } = wished
  const { runtimeConfig: _served, cloud: _cloud, ...rest } = most
  if (config === undefined) return { ...known, ...rest }
  const { nodeTemplates, components, audit, reviewers, podSecurity, serving, tracing, egress } = config
  const { authenticationConfig, authorizationConfig, oidc, nodeGroups, autoscaler } = config
  const { audit: _audit, reviewers: _reviewers, podSecurity: _podSecurity, ...knownSome } = known
  const { serving: _serving, tracing: _tracing, egress: _egress, nodeGroups: _groups, ...knownMore } = knownSome
  const { autoscaler: _autoscaler, ...knownRest } = knownMore
  const total = nodeTemplates.reduce((sum, one) => sum + (one.count ?? 1), 0)
  return {
    ...knownRest,
    nodeTemplates,
    ...(nodeGroups === undefined ? {} : { nodeGroups }),
    ...(autoscaler === undefined ? {} : { autoscaler }),
    components,
    ...(audit === undefined ? {} : { audit }),
    ...(reviewers === undefined ? {} : { reviewers }),
    ...(podSecurity === undefined ? {} : { podSecurity }),
    ...(serving === undefined ? {} : { serving }),
    ...(tracing === undefined ? {} : { tracing }),
    ...(egress === undefined ? {} : { egress }),
    ...(authenticationConfig === undefined ? {} : { authenticationConfig }),
    ...(authorizationConfig === undefined ? {} : { authorizationConfig }),
    ...(oidc === undefined ? {} : { oidc }),
    network: { ...known.network, clusterDomain: components.kubelet?.clusterDomain ?? clusterDomain },
    ...(wished.nodes === undefined && total > 0 ? { nodes: total } : {}),
    ...rest,
  }
}

/** Loaded only where there are such files. */
async function filesProblem(settings: ClusterSettings): Promise<string> {
  if (settings.admission !== undefined) {
    const problem = await (await import('./structured.ts')).admissionProblem(
      settings.admission,
      settings.features?.gates?.['ManifestBasedAdmissionControlConfig'] === true,
    )
    if (problem !== '') return problem
  }
  if (settings.authenticationConfig === undefined && settings.authorizationConfig === undefined) return ''
  return (await import('./structured.ts')).structuredProblem(settings)
}

function problemOf(settings: ClusterSettings, { isRoot, platform }: PlanInput): string {
  if (settings.authenticationConfig !== undefined && settings.oidc !== undefined)
    return 'authentication-config file and oidc-* flags are mutually exclusive'
  if (settings.authorizationConfig !== undefined && settings.reviewers?.authorization !== undefined)
    return '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined'
  if (settings.runtime === 'containerd') {
    if (settings.cloud !== undefined)
      return 'the instances of a cloud are simulated nodes; use --cloud with --runtime simulated'
    if (platform !== 'linux') return 'real containers need Linux; use --runtime simulated here'
    if (!isRoot) return 'real containers need root; run this with sudo, or use --runtime simulated'
    if ((settings.nodeGroups ?? []).length > 0)
      return 'groups of nodes are of simulated nodes; use them with --runtime simulated, or leave `nodeGroups` out'
    if (settings.nodeTemplates.length > 0)
      return 'the configuration describes simulated nodes; use it with --runtime simulated, or leave its `nodes` out'
    if (settings.nodes > containerNodesMax)
      return `one machine has at most ${containerNodesMax} nodes with real containers; use fewer, or --runtime simulated with --nodes ${settings.nodes}`
  }
  return ''
}

const followedParts = {
  authenticationConfig: 'authentication',
  oidc: 'authentication',
  authorizationConfig: 'authorization',
  encryptionConfig: 'encryption',
  encryptionReload: 'encryption',
} as const

function differencesOf(known: ClusterSettings, wished: ClusterSettings): string[] {
  const text = (value: unknown) =>
    Array.isArray(value) ? (value.length === 0 ? 'none' : value.join(',')) : String(value)
  const keys = ['port', 'nodes', 'runtime', 'without', 'logFormat', 'verbosity'] as const
  const simple = keys
    .filter((key) => text(known[key]) !== text(wished[key]))
    .map((key) => `${key} is ${text(known[key])}, not ${text(wished[key])}`)
  return [
    ...simple,
    ...(known.cloud?.name === wished.cloud?.name
      ? []
      : [`cloud is ${known.cloud?.name ?? noCloud}, not ${wished.cloud?.name ?? noCloud}`]),
    ...(sameJson(known.nodeGroups ?? [], wished.nodeGroups ?? []) ? [] : ['the groups of nodes differ']),
    ...(sameJson(known.autoscaler ?? {}, wished.autoscaler ?? {}) ? [] : ["the autoscaler's options differ"]),
    ...(sameJson(known.nodeTemplates, wished.nodeTemplates) ? [] : ['the configured nodes differ']),
    ...(['kubelet', 'proxy', 'scheduler', 'controllers'] as const)
      .filter((part) => !sameJson(known.components?.[part] ?? {}, wished.components?.[part] ?? {}))
      .map((part) => `the configuration of the ${part} differs`),
    ...(sameJson(known.features ?? {}, wished.features ?? {}) ? [] : ['feature gates or served APIs differ']),
    ...(
      ['authenticationConfig', 'authorizationConfig', 'encryptionConfig', 'encryptionReload', 'oidc'] as const
    ).flatMap((key) =>
      sameJson(known[key] ?? '', wished[key] ?? '') ? [] : [`the configuration of ${followedParts[key]} differs`],
    ),
    ...(sameJson(known.serving ?? {}, wished.serving ?? {}) ? [] : ['the limits of requests differ']),
    ...(sameJson(known.tracing ?? {}, wished.tracing ?? {}) ? [] : ['the configuration of tracing differs']),
    ...(sameJson(known.egress ?? {}, wished.egress ?? {}) ? [] : ['the configuration of egress differs']),
    ...(sameJson(known.audit ?? {}, wished.audit ?? {}) ? [] : ['the configuration of audit differs']),
    ...(sameJson(known.reviewers ?? {}, wished.reviewers ?? {}) ? [] : ['the configuration of webhooks differs']),
    ...(sameJson(known.admission ?? {}, wished.admission ?? {}) ? [] : ['the admission plugins differ']),
    ...(sameJson(known.podSecurity ?? {}, wished.podSecurity ?? {})
      ? []
      : ['the configuration of Pod Security differs']),
  ]
}

/** Whether nothing on this machine uses that network yet: clusters kept in another home are seen only by their traces. */
async function isUnusedNetwork(index: number): Promise<boolean> {
  const { podCidr, kubeletPort } = networkOf(index)
  const taken = [podCidr.replace(/\.0\.0\/16$/, '.'), nodeCidrOf(index).replace(/\.0\/24$/, '.')]
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  if (addresses.some(({ address }) => taken.some((start) => address.startsWith(start)))) return false
  return isFree(kubeletPort)
}

/** A host name as Node names allow it. */
export function nodeNameOf(host: string): string {
  const name = host
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
  return name === '' ? 'node' : name
}

/** The first that nobody listens on and that no other cluster, running or not, will want again. */
async function freePort(others: readonly number[]): Promise<number | undefined> {
  for (let port = portDefault; port < portDefault + portsTried; port++)
    if (!others.includes(port) && (await isFree(port))) return port
  return undefined
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '::', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
