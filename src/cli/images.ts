import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { containerImages } from '../cluster/index.ts'
import { ImageError, type ImageMachine, ImageStore, ociArchitecture } from '../images/index.ts'
import { systemRandom } from '../machinery/index.ts'
import { homeOf, needCluster } from './clusters.ts'
import { CommandError, type Environment, type Invocation } from './command.ts'

/** Docker's own name for its hub. */
const hubKey = 'https://index.docker.io/v1/'

/** The images of this machine's user. */
export function imageStoreOf(environment: Environment): ImageStore {
  return new ImageStore(homeOf(environment).imagesDirectory, systemRandom())
}

/** What base images are made of here. */
export function machineOf({ self }: Environment): ImageMachine {
  return { nodeProgram: self[0], nodeVersion: process.versions.node, architecture: ociArchitecture(process.arch) }
}

/** Puts images of the store into every node of a cluster; false when its nodes have no use for images. */
export type PutIntoNodes = (names: readonly string[]) => Promise<boolean>

/** How images come into the nodes of the cluster that a command was given; fails at once when they could not. */
export async function nodesOf(invocation: Invocation): Promise<PutIntoNodes> {
  const { terminal, environment } = invocation
  const { settings, running } = await needCluster(invocation)
  const name = JSON.stringify(settings.name)
  if (settings.runtime === 'simulated') {
    return async () => {
      terminal.say(`the nodes of cluster ${name} are simulated: there is nothing to load into them`)
      return false
    }
  }
  if (!running)
    throw new CommandError(`cluster ${name} is not running; start it with \`cox up --name ${settings.name}\``)
  if (!environment.isRoot) throw new CommandError('loading images into nodes needs root; run this with sudo')
  return async (names) => {
    for (const one of names) {
      terminal.progress(`loading ${one} into cluster ${settings.name}`)
      await containerImages(settings).pull(one)
    }
    terminal.clearProgress()
    return true
  }
}

/** Runs work on images; what is wrong with them becomes the command's one sentence. */
export async function withImageErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ImageError) throw new CommandError(error.message)
    throw error
  }
}

/** What `docker login` and its like have kept of registries, for this user. */
export async function registryCredentials({
  homeDirectory,
  variables,
}: Environment): Promise<(host: string) => string | undefined> {
  const file = join(variables.DOCKER_CONFIG ?? join(homeDirectory, '.docker'), 'config.json')
  const text = await readFile(file, 'utf8').catch(() => '{}')
  let kept: Readonly<Record<string, { readonly auth?: string }>>
  try {
    kept = (JSON.parse(text) as { readonly auths?: typeof kept }).auths ?? {}
  } catch {
    throw new CommandError(`${file} is not JSON; put it right or take it away`)
  }
  return (host) => {
    const { auth } = kept[host] ?? kept[`https://${host}`] ?? kept[host === 'docker.io' ? hubKey : host] ?? {}
    return auth === undefined || auth === '' ? undefined : Buffer.from(auth, 'base64').toString('utf8')
  }
}
