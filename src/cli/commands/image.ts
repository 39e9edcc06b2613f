import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { familiarName, fullNameOf, importImages, nodeImage, nodeImageName } from '../../images/index.ts'
import { type Command, CommandError, type Invocation, jsonFlag, nameFlag } from '../command.ts'
import { UsageError } from '../flags.ts'
import { imageStoreOf, machineOf, nodesOf, withImageErrors } from '../images.ts'
import { table } from '../terminal.ts'

/** `cox image`: the images of this machine, and how they come into a cluster. */
export const command: Command = {
  name: 'image',
  summary: 'list the images of this machine; load one into every node of a cluster',
  usage: 'cox image load FILE|REF [-t REF] [--name N] | cox image list [--json]',
  positionalMax: 2,
  flags: [
    { name: 'tag', short: 't', type: 'string', value: 'REF', help: 'the name for an image whose file names none' },
    nameFlag,
    jsonFlag,
  ],
  run: (invocation) => {
    const [verb] = invocation.positional
    if (verb === 'load') return withImageErrors(() => load(invocation))
    if (verb === 'list' || verb === 'ls') return withImageErrors(() => list(invocation))
    throw new UsageError('say load FILE|REF or list')
  },
}

async function load(invocation: Invocation): Promise<number> {
  const { terminal, flags, positional } = invocation
  const [, what] = positional
  if (what === undefined)
    throw new UsageError('say which image to load: a file, or the name of one in `cox image list`')
  const put = await nodesOf(invocation)
  const names = await namesOf(invocation, what)
  const loaded = await put(names)
  const shown = names.map(familiarName)
  if (flags.json === true) terminal.out(JSON.stringify({ images: shown, loaded }))
  else terminal.out(`${loaded ? 'loaded' : 'kept'} ${shown.join(', ')}`)
  return 0
}

/** The whole names of the images in a file, or of the one that is named. */
async function namesOf({ environment, flags }: Invocation, what: string): Promise<readonly string[]> {
  const store = imageStoreOf(environment)
  const file = resolve(environment.workingDirectory, what)
  const isFile = await access(file).then(
    () => true,
    () => false,
  )
  const tag = flags.tag as string | undefined
  if (isFile) {
    const { architecture } = machineOf(environment)
    const images = await importImages(store, file, { architecture, ...(tag === undefined ? {} : { name: tag }) })
    return images.map(({ name }) => name)
  }
  if (/^[./]|\.(tar|tgz|gz)$/.test(what)) throw new CommandError(`there is no file ${what}; look at its path`)
  const name = fullNameOf(what)
  if (name === nodeImageName) return [(await nodeImage(store, machineOf(environment))).name]
  if ((await store.find(name)) === undefined)
    throw new CommandError(
      `there is neither a file nor an image ${what}; build one with \`cox build DIR -t ${what}\`, and see \`cox image list\``,
    )
  return [name]
}

async function list({ environment, terminal, flags }: Invocation): Promise<number> {
  const store = imageStoreOf(environment)
  const rows = await Promise.all(
    (await store.list()).map(async (image) => {
      const { layers, config } = await store.manifestOf(image)
      const sizeBytes = layers.reduce((sum, { size }) => sum + size, config.size)
      return { name: familiarName(image.name), digest: image.manifest.digest, id: config.digest, sizeBytes }
    }),
  )
  if (flags.json === true) terminal.out(JSON.stringify(rows))
  else if (rows.length === 0) terminal.say('there are no images; build one with `cox build DIR -t REF`')
  else
    terminal.out(
      table(
        ['NAME', 'DIGEST', 'SIZE'],
        rows.map(({ name, digest, sizeBytes }) => [name, digest.slice('sha256:'.length, 19), sizeText(sizeBytes)]),
      ),
    )
  return 0
}

function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)}kB` : `${(bytes / 1e6).toFixed(1)}MB`
}
