import { resolve } from 'node:path'
import { buildDirectory, familiarName, fullNameOf, type NamedImage } from '../../images/index.ts'
import { type Command, type Invocation, jsonFlag, nameFlag } from '../command.ts'
import { UsageError } from '../flags.ts'
import { imageStoreOf, machineOf, nodesOf, registryCredentials, withImageErrors } from '../images.ts'

/** `cox build`: a directory becomes an image, without a daemon. */
export const command: Command = {
  name: 'build',
  summary: 'build an image of a directory with a Dockerfile, or of a Node project',
  usage: 'cox build DIR -t REF [--load] [--name N] [-f FILE] [--build-arg NAME=VALUE]',
  positionalMax: 1,
  flags: [
    { name: 'tag', short: 't', type: 'list', value: 'REF', help: 'the name of the image, like shop/web:1' },
    { name: 'file', short: 'f', type: 'string', value: 'FILE', help: 'the Dockerfile (default: DIR/Dockerfile)' },
    { name: 'build-arg', type: 'list', value: 'NAME=VALUE', help: 'a value for an ARG of the Dockerfile' },
    { name: 'no-cache', type: 'boolean', help: 'run every command again' },
    { name: 'load', type: 'boolean', help: 'put the image into every node of the cluster' },
    nameFlag,
    jsonFlag,
  ],
  run: (invocation) => withImageErrors(() => build(invocation)),
}

async function build(invocation: Invocation): Promise<number> {
  const { flags, positional, environment, terminal, signal } = invocation
  const [directory] = positional
  const names = (flags.tag as readonly string[] | undefined) ?? []
  if (directory === undefined) throw new UsageError('say which directory to build')
  if (names.length === 0) throw new UsageError('say what the image is called, with -t REF')
  for (const name of names) fullNameOf(name)
  const load = flags.load === true ? await nodesOf(invocation) : undefined
  const store = imageStoreOf(environment)
  const images = await buildDirectory(
    {
      store,
      directory: resolve(environment.workingDirectory, directory),
      ...(flags.file === undefined ? {} : { dockerfile: resolve(environment.workingDirectory, flags.file as string) }),
      names,
      buildArguments: argumentsOf(flags['build-arg'] as readonly string[] | undefined, environment.variables),
      useRemembered: flags['no-cache'] !== true,
      machine: machineOf(environment),
      isRoot: environment.isRoot,
      credentialsFor: await registryCredentials(environment),
      onProgress: (line) => terminal.say(line),
    },
    signal,
  )
  const [image] = images as readonly [NamedImage, ...NamedImage[]]
  const { layers, config } = await store.manifestOf(image)
  const sizeBytes = layers.reduce((sum, { size }) => sum + size, config.size)
  const loaded = (await load?.(images.map(({ name }) => name))) === true
  const built = images.map(({ name }) => familiarName(name))
  if (flags.json === true)
    terminal.out(
      JSON.stringify({
        images: built,
        digest: image.manifest.digest,
        id: config.digest,
        sizeBytes,
        loaded,
      }),
    )
  else terminal.out(`${loaded ? 'built and loaded' : 'built'} ${built.join(', ')} (${image.manifest.digest})`)
  return 0
}

/** Docker: a name without a value takes it from the environment. */
function argumentsOf(
  words: readonly string[] = [],
  variables: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const pairs = words.flatMap((word): (readonly [string, string])[] => {
    const equals = word.indexOf('=')
    if (equals > 0) return [[word.slice(0, equals), word.slice(equals + 1)]]
    const value = variables[word]
    return value === undefined ? [] : [[word, value]]
  })
  return Object.fromEntries(pairs)
}
