import { type Command, CommandError, type Environment, type Invocation } from './command.ts'
import { parseArguments, UsageError } from './flags.ts'
import type { Terminal } from './terminal.ts'

/** Every command, loaded only when it is called; the order is that of the overview. */
const commands: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  up: () => import('./commands/up.ts'),
  down: () => import('./commands/down.ts'),
  status: () => import('./commands/status.ts'),
  logs: () => import('./commands/logs.ts'),
  'log-level': () => import('./commands/log-level.ts'),
  why: () => import('./commands/why.ts'),
  kubeconfig: () => import('./commands/kubeconfig.ts'),
  node: () => import('./commands/node.ts'),
  build: () => import('./commands/build.ts'),
  image: () => import('./commands/image.ts'),
  service: () => import('./commands/service.ts'),
  cloud: () => import('./commands/cloud.ts'),
  server: () => import('./commands/server.ts'),
  agent: () => import('./commands/agent.ts'),
  version: () => import('./commands/version.ts'),
  'run-node': () => import('./commands/run-node.ts'),
  supervise: () => import('./commands/supervise.ts'),
}

export interface Surroundings {
  readonly terminal: Terminal
  readonly environment: Environment
  readonly signal: AbortSignal
}

/** Carries out one command line and resolves with its exit code: 0, 1 with a sentence that says what to do, 2 for usage. */
export async function main(words: readonly string[], around: Surroundings): Promise<number> {
  const { terminal } = around
  const [name = '', ...rest] = words
  if (name === '' || name === 'help' || name === '--help' || name === '-h') {
    const [topic] = rest
    if (topic !== undefined && commands[topic] !== undefined) terminal.out(helpOf((await commands[topic]()).command))
    else terminal.out(await overview(terminal))
    return name === '' ? 2 : 0
  }
  if (name === '--version') return main(['version', ...rest], around)
  const load = commands[name]
  if (load === undefined) {
    terminal.say(`cox: unknown command ${JSON.stringify(name)}; run \`cox help\` for the commands there are`)
    return 2
  }
  const { command } = await load()
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.out(helpOf(command))
    return 0
  }
  try {
    const invocation: Invocation = { ...parseArguments(rest, command.flags, command.positionalMax), ...around }
    return await command.run(invocation)
  } catch (error) {
    terminal.clearProgress()
    if (error instanceof UsageError) {
      terminal.say(`cox ${name}: ${error.message}; see \`cox ${name} --help\``)
      return 2
    }
    if (error instanceof CommandError) {
      terminal.say(`${terminal.style('red', 'error:')} ${error.message}`)
      return 1
    }
    if (around.signal.aborted) return 130
    terminal.say(
      `${terminal.style('red', 'error:')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
    return 1
  }
}

async function overview(terminal: Terminal): Promise<string> {
  const rows: string[] = []
  for (const load of Object.values(commands)) {
    const { command } = await load()
    if (command.internal !== true) rows.push(`  ${command.name.padEnd(12)}${command.summary}`)
  }
  return [
    `${terminal.style('bold', 'cox')}: Kubernetes v1.36, whole, from one command`,
    '',
    'Usage: cox COMMAND [flags]',
    '',
    ...rows,
    '',
    'Run `cox COMMAND --help` for its flags. Exit codes: 0 done, 1 not done (one sentence says what to do), 2 wrong usage.',
  ].join('\n')
}

function helpOf(command: Command): string {
  const flags = command.flags.map(({ name, short, value, type, help }) => {
    const argument = type === 'boolean' ? '' : ` ${value ?? 'VALUE'}`
    return `  ${`${short === undefined ? '    ' : `-${short}, `}--${name}${argument}`.padEnd(30)}${help}`
  })
  return [command.summary, '', `Usage: ${command.usage}`, ...(flags.length === 0 ? [] : ['', 'Flags:', ...flags])].join(
    '\n',
  )
}
