import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  ClusterHome,
  type ClusterSettings,
  type ClusterState,
  clusterNameProblem,
  isRunning,
  readState,
} from '../cluster/index.ts'
import { CommandError, type Environment, type Invocation } from './command.ts'
import { UsageError } from './flags.ts'

/** Where this user's clusters are unless told otherwise. */
export function homeOf(environment: Environment): ClusterHome {
  const { variables, isRoot, homeDirectory } = environment
  const root =
    variables.COXSWAIN_HOME ??
    (isRoot ? '/var/lib/coxswain' : join(variables.XDG_DATA_HOME ?? join(homeDirectory, '.local/share'), 'coxswain'))
  return new ClusterHome(root)
}

/** The cluster's name that a command was given; 2 when it is none. */
export function clusterNameOf({ flags }: Pick<Invocation, 'flags'>): string {
  const name = (flags.name as string | undefined) ?? 'default'
  const problem = clusterNameProblem(name)
  if (problem !== '') throw new UsageError(problem)
  return name
}

/** A cluster that exists, with its settings and what its processes say. */
export interface KnownCluster {
  readonly settings: ClusterSettings
  readonly state: ClusterState | undefined
  readonly running: boolean
}

export async function findCluster(invocation: Invocation): Promise<KnownCluster | undefined> {
  const name = clusterNameOf(invocation)
  const settings = await homeOf(invocation.environment).settingsOf(name)
  if (settings === undefined) return undefined
  const state = await readState(settings.dataDirectory)
  return { settings, state, running: isRunning(state?.supervisor) || isRunning(state?.cluster) }
}

/** The same, or the sentence that says how to get one. */
export async function needCluster(invocation: Invocation): Promise<KnownCluster> {
  const found = await findCluster(invocation)
  if (found === undefined) {
    const name = clusterNameOf(invocation)
    throw new CommandError(
      `there is no cluster named ${JSON.stringify(name)}; start one with \`cox up${name === 'default' ? '' : ` --name ${name}`}\``,
    )
  }
  return found
}

/** The kubeconfig a person's kubectl reads: the first of $KUBECONFIG, or ~/.kube/config of whoever called sudo. */
export async function userKubeconfig(
  environment: Environment,
): Promise<{ readonly file: string; readonly owner?: { readonly uid: number; readonly gid: number } }> {
  const { KUBECONFIG, SUDO_USER, SUDO_UID, SUDO_GID } = environment.variables
  const first = KUBECONFIG?.split(':').find((one) => one !== '')
  if (first !== undefined) return { file: resolve(environment.workingDirectory, first) }
  if (environment.isRoot && SUDO_USER !== undefined && SUDO_USER !== 'root') {
    const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '')
    const home = passwd
      .split('\n')
      .find((line) => line.startsWith(`${SUDO_USER}:`))
      ?.split(':')[5]
    if (home !== undefined)
      return { file: join(home, '.kube/config'), owner: { uid: Number(SUDO_UID), gid: Number(SUDO_GID) } }
  }
  return { file: join(environment.homeDirectory, '.kube/config') }
}
