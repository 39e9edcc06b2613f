import { createHash } from 'node:crypto'
import type { Instruction } from '../dockerfile/parse.ts'
import { refused } from '../dockerfile/parse.ts'
import { pairsOf } from '../dockerfile/words.ts'
import { ImageError } from '../image-error.ts'
import { cleanPath, type FileTree, type TreeEntry } from '../store/file-tree.ts'
import { planAdd } from './add-archive.ts'
import type { BuildRequest } from './build-request.ts'
import { addDirectories, planCopy } from './copy.ts'
import { ownerOf } from './owner.ts'
import { runStep } from './run-step.ts'
import type { Scope } from './scope.ts'
import type { Stage } from './stage.ts'

/** What an instruction works on. */
export interface Followed {
  readonly request: BuildRequest
  readonly stage: Stage
  readonly scope: Scope
  /** Arguments before the first FROM. */
  readonly globals: Scope
  readonly readContext: () => Promise<FileTree>
  readonly treeOf: (from: string, instruction: Instruction) => Promise<FileTree>
}
const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Carries out one instruction of a stage. */
export async function follow(instruction: Instruction, on: Followed, signal: AbortSignal): Promise<void> {
  const { stage, scope } = on
  const { keyword, rest, text } = instruction
  switch (keyword) {
    case 'FROM':
      return
    case 'ARG':
      return declareArguments(instruction, on)
    case 'ENV':
      return setEnvironment(instruction, on)
    case 'LABEL': {
      const labels = Object.fromEntries(pairs(instruction, on))
      return stage.note(text, { ...stage.config, Labels: { ...stage.config.Labels, ...labels } })
    }
    case 'EXPOSE':
      return expose(instruction, on)
    case 'USER':
      return stage.note(text, { ...stage.config, User: scope.expand(instruction, rest) })
    case 'WORKDIR':
      return changeDirectory(instruction, on)
    case 'CMD':
      return stage.note(text, { ...stage.config, Cmd: commandOf(instruction) })
    case 'ENTRYPOINT': {
      // Docker: a new entrypoint makes the command of the base image void.
      const { Cmd: _, ...config } = stage.config
      return stage.note(text, { ...config, Entrypoint: commandOf(instruction) })
    }
    case 'COPY':
    case 'ADD':
      return copy(instruction, on)
    case 'RUN':
      return run(instruction, on, signal)
  }
}

function commandOf({ words, rest }: Instruction): readonly string[] {
  return words ?? ['/bin/sh', '-c', rest]
}

function pairs(instruction: Instruction, { scope, request }: Followed): readonly (readonly [string, string])[] {
  try {
    return pairsOf(instruction.rest).map(
      ([name, value]) => [scope.expand(instruction, name), scope.expand(instruction, value)] as const,
    )
  } catch (error) {
    if (error instanceof ImageError) throw error
    throw refused(request.dockerfile.name, instruction.line, (error as Error).message)
  }
}

function declareArguments(instruction: Instruction, { scope, globals, request, stage }: Followed): void {
  for (const word of instruction.rest.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? []) {
    const [, name = '', value] = /^([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? []
    const given = request.buildArguments?.[name]
    const initial = value === undefined ? globals.args.get(name) : scope.expand(instruction, value)
    scope.args.set(name, given ?? initial)
  }
  stage.note(instruction.text, stage.config)
}

function setEnvironment(instruction: Instruction, on: Followed): void {
  const { stage, scope } = on
  const fresh = pairs(instruction, on)
  const names = new Map((stage.config.Env ?? []).map((one) => [one.slice(0, one.indexOf('=')), one]))
  for (const [name, value] of fresh) names.set(name, `${name}=${value}`)
  stage.note(instruction.text, { ...stage.config, Env: [...names.values()] })
  scope.environment = stage.config.Env ?? []
}

function expose(instruction: Instruction, { stage, scope, request }: Followed): void {
  const ports: Record<string, object> = { ...stage.config.ExposedPorts }
  for (const word of scope.words(instruction)) {
    const [, from = '', to = from, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(word) ?? []
    const [first, last] = [Number(from), Number(to)]
    if (from === '' || first < 1 || last > 65535 || last < first)
      throw refused(request.dockerfile.name, instruction.line, `${JSON.stringify(word)} is not a port; write 8080/tcp`)
    for (let port = first; port <= last; port++) ports[`${port}/${protocol.toLowerCase()}`] = {}
  }
  stage.note(instruction.text, { ...stage.config, ExposedPorts: ports })
}

async function changeDirectory(instruction: Instruction, { stage, scope }: Followed): Promise<void> {
  const asked = scope.expand(instruction, instruction.rest)
  const path = cleanPath(asked.startsWith('/') ? asked : `${stage.config.WorkingDir ?? '/'}/${asked}`)
  stage.config = { ...stage.config, WorkingDir: `/${path}` }
  const changes = new Map<string, TreeEntry>()
  addDirectories(changes, stage.tree, stage.tree.resolve(path, { followLast: true }), { uid: 0, gid: 0 })
  await stage.change(instruction.text, changes)
}

async function copy(instruction: Instruction, on: Followed): Promise<void> {
  const { stage, scope, request } = on
  const { keyword, flags } = instruction
  const words = scope.words(instruction)
  if (words.length < 2)
    throw refused(request.dockerfile.name, instruction.line, `${keyword} needs a source and a destination`)
  const sources = words.slice(0, -1)
  const remote = keyword === 'ADD' ? sources.find((one) => /^(https?|git|ftp):|^git@/.test(one)) : undefined
  if (remote !== undefined)
    throw refused(
      request.dockerfile.name,
      instruction.line,
      `ADD of ${remote}: addresses are not supported; get it first`,
    )
  const chmod = flags.chmod === undefined ? undefined : scope.expand(instruction, flags.chmod)
  if (chmod !== undefined && !/^[0-7]{3,4}$/.test(chmod))
    throw refused(request.dockerfile.name, instruction.line, `--chmod=${chmod} is not an octal mode like 755`)
  const chown = flags.chown === undefined ? '0:0' : scope.expand(instruction, flags.chown)
  const { uid, gid } = await ownerOf(stage.tree, chown)
  // Docker: a user without a group owns by the same number.
  const owner = { uid, gid: chown.includes(':') ? gid : uid }
  const from = flags.from === undefined ? undefined : scope.expand(instruction, flags.from)
  const common = {
    from: from === undefined ? await on.readContext() : await on.treeOf(from, instruction),
    fromName: from === undefined ? 'the build directory' : from,
    target: words.at(-1)!,
    workingDirectory: stage.config.WorkingDir ?? '/',
    to: stage.tree,
    owner,
    ...(chmod === undefined ? {} : { mode: Number.parseInt(chmod, 8) }),
  }
  const { text } = instruction
  const changes =
    keyword === 'ADD'
      ? await planAdd({
          ...common,
          sources,
          directory: request.directory,
          store: request.store,
          ownerIsGiven: flags.chown !== undefined,
        })
      : planCopy({ ...common, sources })
  await stage.change(text, changes)
}

async function run(instruction: Instruction, { request, stage, scope }: Followed, signal: AbortSignal): Promise<void> {
  const { text } = instruction
  const command = commandOf(instruction)
  const user = stage.config.User ?? ''
  const workingDirectory = stage.config.WorkingDir ?? '/'
  const environment = scope.commandEnvironment()
  const key = createHash('sha256')
    .update(JSON.stringify([stage.chain, command, user, workingDirectory, environment]))
    .digest('hex')
  const known = request.useRemembered === false ? undefined : await request.store.remembered(key)
  if (known !== undefined) {
    request.onProgress('      done before')
    if (known.layer === undefined) stage.note(text, stage.config)
    else await stage.addLayer(text, known.layer)
    return
  }
  if (!request.isRoot) throw new ImageError('running a command in an image needs root; run `cox build` with sudo')
  const owner = user === '' ? { uid: 0, gid: 0, home: '/root' } : await ownerOf(stage.tree, user)
  const layer = await stage.changeOnDisk(text, (root) =>
    runStep(
      {
        root,
        command,
        environment: { HOME: owner.home, PATH: defaultPath.slice('PATH='.length), ...environment },
        workingDirectory,
        owner,
        onOutput: (line) => request.onProgress(`      ${line}`),
      },
      signal,
    ),
  )
  await request.store.remember(key, layer)
}
