import type { AdmissionFlags, OidcSettings } from '../cluster/index.ts'
import { type Arguments, type Flag, UsageError } from './flags.ts'
import type { Terminal } from './terminal.ts'

/** What a command is given: its arguments, where to write, and the surroundings it was called in. */
export interface Invocation extends Arguments {
  readonly terminal: Terminal
  readonly environment: Environment
  /** Aborts on the first interrupt. */
  readonly signal: AbortSignal
}
/** The part of the machine's environment that commands look at. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly isRoot: boolean
  readonly platform: string
  readonly homeDirectory: string
  readonly workingDirectory: string
  /** How this program is started again: `node` and the entry file. */
  readonly self: readonly [string, string]
}
export interface Command {
  readonly name: string
  readonly summary: string
  readonly usage: string
  readonly flags: readonly Flag[]
  readonly positionalMax: number
  /** Kept out of the overview: started by other commands. */
  readonly internal?: boolean
  /** Resolves with the exit code. */
  run(invocation: Invocation): Promise<number>
}

/** Something did not work out; the message is one sentence that says what to do. Exit code 1. */
export class CommandError extends Error {
  override name = 'CommandError'
}

export const nameFlag: Flag = { name: 'name', type: 'string', value: 'N', help: 'the cluster (default: default)' }
export const jsonFlag: Flag = { name: 'json', type: 'boolean', help: 'print data as JSON on standard output' }
export const configFlag: Flag = {
  name: 'config',
  type: 'string',
  value: 'FILE',
  help: 'configuration (YAML): simulated nodes, and Kubernetes’ own kinds',
}
/** Which features are on and which APIs are served, under Kubernetes' names. */
export const featureFlags: readonly Flag[] = [
  {
    name: 'feature-gates',
    type: 'list',
    value: 'GATES',
    help: 'features to turn on or off: EnvFiles=false,AllAlpha=true',
  },
  { name: 'runtime-config', type: 'list', value: 'APIS', help: 'APIs to serve or not: api/beta=true,apps/v1=false' },
]
/** Whose tokens are believed and who is asked about rights, under Kubernetes' names. */
export const authenticationFlags: readonly Flag[] = [
  { name: 'authentication-config', type: 'string', value: 'FILE', help: 'AuthenticationConfiguration, followed' },
  { name: 'authorization-config', type: 'string', value: 'FILE', help: 'AuthorizationConfiguration, followed' },
  { name: 'encryption-provider-config', type: 'string', value: 'FILE', help: 'EncryptionConfiguration' },
  { name: 'encryption-provider-config-automatic-reload', type: 'boolean', help: 'follow that file' },
  { name: 'oidc-issuer-url', type: 'string', value: 'URL', help: 'the issuer of tokens that are believed' },
  { name: 'oidc-client-id', type: 'string', value: 'ID', help: 'whom its tokens must be for' },
  { name: 'oidc-ca-file', type: 'string', value: 'FILE', help: 'the authority of its certificate' },
  { name: 'oidc-username-claim', type: 'string', value: 'C', help: 'the claim that names the user (default: sub)' },
  { name: 'oidc-username-prefix', type: 'string', value: 'P', help: 'what is put before it; - for nothing' },
  { name: 'oidc-groups-claim', type: 'string', value: 'C', help: 'the claim that names groups' },
  { name: 'oidc-groups-prefix', type: 'string', value: 'P', help: 'what is put before them' },
  { name: 'oidc-signing-algs', type: 'list', value: 'ALGS', help: 'signatures that are accepted (default: RS256)' },
  { name: 'oidc-required-claim', type: 'list', value: 'C=V', help: 'claims a token must have' },
]
/** What those flags wish for; nothing where they are not given. Throws a UsageError. */
export function authenticationWishes(
  flags: Arguments['flags'],
  at: (path: string) => string,
): {
  readonly authenticationConfig?: string
  readonly authorizationConfig?: string
  readonly encryptionConfig?: string
  readonly encryptionReload?: boolean
  readonly oidc?: OidcSettings
} {
  const file = flags['authentication-config'] as string | undefined
  const encryption = flags['encryption-provider-config'] as string | undefined
  const reload = flags['encryption-provider-config-automatic-reload'] as boolean | undefined
  const rights = flags['authorization-config'] as string | undefined
  const text = (flag: string, name: string) =>
    flags[flag] === undefined ? {} : { [name]: flags[flag] as string | readonly string[] }
  const caFile = flags['oidc-ca-file'] as string | undefined
  const required = flags['oidc-required-claim'] as readonly string[] | undefined
  const given = {
    ...text('oidc-issuer-url', 'issuerURL'),
    ...text('oidc-client-id', 'clientID'),
    ...text('oidc-username-claim', 'usernameClaim'),
    ...text('oidc-username-prefix', 'usernamePrefix'),
    ...text('oidc-groups-claim', 'groupsClaim'),
    ...text('oidc-groups-prefix', 'groupsPrefix'),
    ...text('oidc-signing-algs', 'signingAlgs'),
    ...(caFile === undefined ? {} : { caFile: at(caFile) }),
    ...(required === undefined ? {} : { requiredClaims: Object.fromEntries(required.map(pairOf)) }),
  } as Partial<OidcSettings>
  const { issuerURL = '', clientID = '' } = given
  if (Object.keys(given).length > 0 && (issuerURL === '' || clientID === ''))
    throw new UsageError('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set')
  return {
    ...(file === undefined ? {} : { authenticationConfig: at(file) }),
    ...(encryption === undefined ? {} : { encryptionConfig: at(encryption) }),
    ...(reload === undefined ? {} : { encryptionReload: reload }),
    ...(rights === undefined ? {} : { authorizationConfig: at(rights) }),
    ...(Object.keys(given).length === 0 ? {} : { oidc: { ...given, issuerURL, clientID } }),
  }
}

function pairOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  if (equals < 0) throw new UsageError(`${text} must be formatted as key=value`)
  return [text.slice(0, equals).trim(), text.slice(equals + 1).trim()]
}

/** Which admission plugins take part, under Kubernetes' names. */
export const admissionFlags: readonly Flag[] = [
  {
    name: 'enable-admission-plugins',
    type: 'list',
    value: 'NAMES',
    help: 'admission plugins besides the default ones',
  },
  { name: 'disable-admission-plugins', type: 'list', value: 'NAMES', help: 'default ones that are left out' },
  { name: 'admission-control-config-file', type: 'string', value: 'FILE', help: 'AdmissionConfiguration' },
]
/** What those flags wish for; nothing where they are not given. */
export function admissionWishes(
  flags: Arguments['flags'],
  at: (path: string) => string,
): { readonly admission?: AdmissionFlags } {
  const enabled = flags['enable-admission-plugins'] as readonly string[] | undefined
  const disabled = flags['disable-admission-plugins'] as readonly string[] | undefined
  const file = flags['admission-control-config-file'] as string | undefined
  if (enabled === undefined && disabled === undefined && file === undefined) return {}
  return {
    admission: {
      ...(enabled === undefined ? {} : { enabled }),
      ...(disabled === undefined ? {} : { disabled }),
      ...(file === undefined ? {} : { configFile: at(file) }),
    },
  }
}

/** What those flags wish for; nothing where they are not given. */
export function featureWishes(flags: Arguments['flags']): {
  readonly featureGates?: string
  readonly runtimeConfig?: string
} {
  const [gates, served] = [flags['feature-gates'], flags['runtime-config']] as (readonly string[] | undefined)[]
  return {
    ...(gates === undefined ? {} : { featureGates: gates.join(',') }),
    ...(served === undefined ? {} : { runtimeConfig: served.join(',') }),
  }
}
export const dataDirFlag: Flag = {
  name: 'data-dir',
  type: 'string',
  value: 'D',
  help: 'where the cluster keeps everything',
}
