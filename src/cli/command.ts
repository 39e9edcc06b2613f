import type { Arguments, Flag } from './flags.ts'
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
