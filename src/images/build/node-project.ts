import { execFile } from 'node:child_process'
import { access, copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ImageError } from '../image-error.ts'

const execute = promisify(execFile)
const portDefault = 8080

interface PackageJson {
  readonly main?: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly cox?: { readonly port?: number }
}
/** How a Node project without a Dockerfile is built. */
export interface NodeProject {
  readonly dockerfile: string
  /** Its packages have still to be installed. */
  readonly needsPackages: boolean
}

/** The Dockerfile of a directory with a package.json; undefined when there is none. */
export async function nodeProjectOf(directory: string): Promise<NodeProject | undefined> {
  const source = await readFile(join(directory, 'package.json'), 'utf8').catch(() => undefined)
  if (source === undefined) return undefined
  let description: PackageJson
  try {
    description = JSON.parse(source) as PackageJson
  } catch (error) {
    throw new ImageError(`package.json is not JSON: ${(error as Error).message}`)
  }
  const command = await commandOf(directory, description)
  const port = description.cox?.port ?? portDefault
  const hasPackages = Object.keys(description.dependencies ?? {}).length > 0
  const needsPackages = hasPackages && !(await exists(join(directory, 'node_modules')))
  return { needsPackages, dockerfile: projectDockerfile(command, port, needsPackages) }
}

/** The instructions for a Node project, as a person would write them. */
export function projectDockerfile(command: readonly string[], port: number, needsPackages: boolean): string {
  const lines = [
    'FROM coxswain/node',
    'WORKDIR /app',
    ...(needsPackages ? ['COPY --from=packages . /app/node_modules/'] : []),
    'COPY --chown=1000:1000 . .',
    `ENV NODE_ENV=production PORT=${port}`,
    `EXPOSE ${port}`,
    'USER 1000:1000',
    `CMD ${JSON.stringify(command)}`,
  ]
  return `${lines.join('\n')}\n`
}

async function commandOf(directory: string, { scripts, main }: PackageJson): Promise<readonly string[]> {
  const start = scripts?.start
  if (start !== undefined) {
    // A plain command is run without a shell between, so that it gets the signals itself.
    if (/^[\w@%+=:,./ -]+$/.test(start)) return start.trim().split(/\s+/)
    return ['/bin/sh', '-c', start]
  }
  for (const file of [main, 'index.js', 'server.js'])
    if (file !== undefined && (await exists(join(directory, file)))) return ['node', file]
  throw new ImageError('package.json does not say what to start; give it scripts.start or main')
}

/** Installs a project's packages, as its lock file has them, into a directory of their own. Resolves with their place. */
export async function installPackages(project: string, into: string, npm: string): Promise<string> {
  const lock = join(project, 'package-lock.json')
  if (!(await exists(lock)))
    throw new ImageError('the project has neither node_modules nor package-lock.json; run `npm install` in it first')
  await mkdir(into, { recursive: true })
  await copyFile(join(project, 'package.json'), join(into, 'package.json'))
  await copyFile(lock, join(into, 'package-lock.json'))
  try {
    await execute(npm, ['ci', '--omit=dev', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
      cwd: into,
      maxBuffer: 64 << 20,
    })
  } catch (error) {
    const { stderr = '', message } = error as { readonly stderr?: string; readonly message: string }
    const reason = stderr.trim().split('\n')[0] || message
    throw new ImageError(`npm ci failed (${reason}); run it in the project and build again`)
  }
  await mkdir(join(into, 'node_modules'), { recursive: true })
  return join(into, 'node_modules')
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
