import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Instruction, parseDockerfile, refused } from '../dockerfile/parse.ts'
import { parseIgnore } from '../dockerfile/patterns.ts'
import { splitWords } from '../dockerfile/words.ts'
import { ImageError } from '../image-error.ts'
import { fullNameOf } from '../reference.ts'
import type { FileTree } from '../store/file-tree.ts'
import type { NamedImage } from '../store/image-store.ts'
import type { BuildRequest } from './build-request.ts'
import { treeOfDirectory } from './directory-tree.ts'
import { type Followed, follow } from './instructions.ts'
import { Scope } from './scope.ts'
import { Stage } from './stage.ts'

interface StagePlan {
  readonly from: Instruction
  readonly reference: string
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

/** Follows a Dockerfile; resolves with the image under each of its names. Stages that the last one needs not are left out. */
export async function buildImage(request: BuildRequest, signal: AbortSignal): Promise<readonly NamedImage[]> {
  const { store, dockerfile } = request
  const instructions = parseDockerfile(dockerfile.text, dockerfile.name)
  const { plans, globals } = plansOf(request, instructions)
  const needed = neededStages(plans)
  const steps = [...needed].reduce((sum, index) => sum + plans[index]!.instructions.length + 1, 0)
  const stages: (Stage | undefined)[] = plans.map(() => undefined)
  let step = 0
  const next = (text: string) => request.onProgress(`[${++step}/${steps}] ${text}`)
  let context: Promise<FileTree> | undefined
  const readContext = () => (context ??= contextOf(request))
  try {
    for (const [index, plan] of plans.entries()) {
      if (!needed.has(index)) continue
      const stage = new Stage(store)
      stages[index] = stage
      next(plan.from.text)
      await beginStage(request, stage, plan, plans, stages)
      const scope = new Scope(dockerfile.name)
      scope.environment = stage.config.Env ?? []
      const followed: Followed = {
        request,
        stage,
        scope,
        globals,
        readContext,
        treeOf: (from, instruction) => treeNamed(request, from, instruction, plans, stages, index),
      }
      for (const instruction of plan.instructions) {
        signal.throwIfAborted()
        next(instruction.text)
        await located(dockerfile.name, instruction, () => follow(instruction, followed, signal))
      }
    }
    const manifest = await stages.at(-1)!.finish(request.architecture)
    return await Promise.all(request.names.map((name) => store.setName(fullNameOf(name), manifest)))
  } finally {
    for (const stage of stages) await stage?.dispose()
  }
}

async function located<T>(file: string, { line, keyword }: Instruction, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ImageError && !error.message.startsWith(`${file}:`))
      throw refused(file, line, `${keyword}: ${error.message}`)
    throw error
  }
}

function plansOf(
  request: BuildRequest,
  instructions: readonly Instruction[],
): { readonly plans: readonly StagePlan[]; readonly globals: Scope } {
  const { dockerfile, buildArguments = {}, architecture } = request
  const globals = new Scope(dockerfile.name)
  const platform = { TARGETOS: 'linux', TARGETARCH: architecture, TARGETPLATFORM: `linux/${architecture}` }
  for (const [name, value] of Object.entries(platform)) {
    globals.args.set(name, value)
    globals.args.set(name.replace('TARGET', 'BUILD'), value)
  }
  const plans: (StagePlan & { instructions: Instruction[] })[] = []
  for (const instruction of instructions) {
    if (instruction.keyword === 'FROM') {
      const words = splitWords(instruction.rest)
      const [reference = '', as = '', name] = words
      if (words.length !== 1 && !(words.length === 3 && as.toLowerCase() === 'as'))
        throw refused(dockerfile.name, instruction.line, 'FROM is written FROM image, or FROM image AS stage')
      const expandedReference = globals.expand(instruction, reference)
      if (expandedReference === '') throw refused(dockerfile.name, instruction.line, `${reference} is empty here`)
      if (instruction.flags.platform !== undefined)
        request.onProgress(`note: --platform in line ${instruction.line} is passed over; images are for this machine`)
      plans.push({ from: instruction, reference: expandedReference, name: name?.toLowerCase(), instructions: [] })
      continue
    }
    const plan = plans.at(-1)
    if (plan !== undefined) plan.instructions.push(instruction)
    else
      for (const word of splitWords(instruction.rest)) {
        const [, name = '', value] = /^([^=]+)(?:=([\s\S]*))?$/.exec(word)!
        const wanted = buildArguments[name] ?? (value === undefined ? undefined : globals.expand(instruction, value))
        globals.args.set(name, wanted)
      }
  }
  return { plans, globals }
}

/** The earlier stage that a word names, by name or number. */
function stageNamed(plans: readonly StagePlan[], word: string, before: number): number | undefined {
  const named = plans.slice(0, before).findLastIndex(({ name }) => name === word.toLowerCase())
  if (named >= 0) return named
  return /^\d+$/.test(word) && Number(word) < before ? Number(word) : undefined
}

function neededStages(plans: readonly StagePlan[]): ReadonlySet<number> {
  const needed = new Set<number>()
  const need = (index: number) => {
    if (needed.has(index)) return
    needed.add(index)
    const { reference, instructions } = plans[index]!
    for (const word of [reference, ...instructions.map(({ flags }) => flags.from)]) {
      const other = word === undefined ? undefined : stageNamed(plans, word, index)
      if (other !== undefined) need(other)
    }
  }
  need(plans.length - 1)
  return new Set([...needed].sort((a, b) => a - b))
}

async function beginStage(
  request: BuildRequest,
  stage: Stage,
  plan: StagePlan,
  plans: readonly StagePlan[],
  stages: readonly (Stage | undefined)[],
): Promise<void> {
  if (plan.reference === 'scratch') return
  const earlier = stageNamed(plans, plan.reference, plans.indexOf(plan))
  await located(request.dockerfile.name, plan.from, async () => {
    if (earlier !== undefined) await stage.beginWith(stages[earlier]!)
    else await stage.begin(await request.imageNamed(plan.reference))
  })
}

async function treeNamed(
  request: BuildRequest,
  from: string,
  { line }: Instruction,
  plans: readonly StagePlan[],
  stages: readonly (Stage | undefined)[],
  before: number,
): Promise<FileTree> {
  const earlier = stageNamed(plans, from, before)
  if (earlier !== undefined) return stages[earlier]!.tree
  const directory = request.directories?.[from]
  if (directory !== undefined) return treeOfDirectory(directory)
  if (/^\d+$/.test(from))
    throw refused(request.dockerfile.name, line, `there is no stage ${from} before this one; the first is 0`)
  const stage = new Stage(request.store)
  await stage.begin(await request.imageNamed(from))
  return stage.tree
}

async function contextOf({ directory, dockerfile }: BuildRequest): Promise<FileTree> {
  const read = (file: string) => readFile(join(directory, file), 'utf8').catch(() => undefined)
  const rules = (await read(`${dockerfile.name}.dockerignore`)) ?? (await read('.dockerignore'))
  return treeOfDirectory(directory, rules === undefined ? undefined : parseIgnore(rules))
}
