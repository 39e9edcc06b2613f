import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Machine, nodeImage, nodeImageName } from '../base/node-image.ts'
import { ImageError } from '../image-error.ts'
import { familiarName, fullNameOf, parseReference } from '../reference.ts'
import { pullImage } from '../registry/pull.ts'
import type { ImageStore, NamedImage } from '../store/image-store.ts'
import { buildImage } from './build-image.ts'
import { installPackages, nodeProjectOf } from './node-project.ts'

export interface DirectoryBuild {
  readonly store: ImageStore
  readonly directory: string
  /** Another file than `Dockerfile`; its absolute path. */
  readonly dockerfile?: string
  readonly names: readonly string[]
  readonly buildArguments?: Readonly<Record<string, string>>
  readonly useRemembered?: boolean
  readonly machine: Machine
  readonly isRoot: boolean
  /** What a registry is told of us, `user:password`; undefined when there is nothing to tell. */
  readonly credentialsFor?: (host: string) => string | undefined
  /** The npm program. */
  readonly npm?: string
  readonly onProgress: (line: string) => void
}

/** Builds what lies in a directory: by its Dockerfile, or as a Node project. */
export async function buildDirectory(build: DirectoryBuild, signal: AbortSignal): Promise<readonly NamedImage[]> {
  const { store, directory, machine, onProgress } = build
  const request = {
    ...build,
    architecture: machine.architecture,
    imageNamed: (reference: string) => imageNamed(build, reference, signal),
  }
  const name = build.dockerfile ?? join(directory, 'Dockerfile')
  const text = await readFile(name, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && build.dockerfile === undefined) return undefined
    throw new ImageError(`${name} cannot be read (${error.code}); give the Dockerfile with -f FILE`)
  })
  if (text !== undefined) {
    const shown = name.startsWith(`${directory}/`) ? name.slice(directory.length + 1) : name
    return buildImage({ ...request, dockerfile: { text, name: shown } }, signal)
  }
  const project = await nodeProjectOf(directory)
  if (project === undefined)
    throw new ImageError(`${directory} has neither a Dockerfile nor a package.json; add one of them`)
  onProgress('no Dockerfile: building the Node project of package.json')
  const dockerfile = { text: project.dockerfile, name: 'package.json' }
  if (!project.needsPackages) return buildImage({ ...request, dockerfile }, signal)
  const place = await store.temporaryPath()
  try {
    onProgress('installing packages (npm ci --omit=dev)')
    const packages = await installPackages(directory, place, build.npm ?? 'npm')
    return await buildImage({ ...request, dockerfile, directories: { packages } }, signal)
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

/** The image of a FROM: made here, kept here, or else pulled from its registry. */
async function imageNamed(
  { store, machine, onProgress, credentialsFor }: DirectoryBuild,
  reference: string,
  signal: AbortSignal,
): Promise<NamedImage> {
  const name = fullNameOf(reference)
  if (name === nodeImageName) return nodeImage(store, machine)
  const known = await store.find(name)
  if (known !== undefined) return known
  onProgress(`      pulling ${familiarName(name)}`)
  try {
    const credentials = credentialsFor?.(parseReference(name).host)
    const { architecture } = machine
    const options = { architecture, ...(credentials === undefined ? {} : { credentials }) }
    return await pullImage(store, name, options, signal)
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    throw new ImageError(`${error.message}; load it with \`cox image load FILE\`, or build on coxswain/node`)
  }
}
