/** `npm test`: everything the README promises, part by part, with one summary at the end. */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'

interface Part {
  readonly name: string
  readonly command: readonly string[]
  /** What the part needs that takes minutes the first time: made beside the parts before it, at the lowest priority. */
  readonly ahead?: readonly string[]
}
const root = join(import.meta.dirname, '..')
const files = (...patterns: string[]) => globSync(patterns, { cwd: root }).sort()
const nodeTest = (isolated: boolean, list: readonly string[]) => [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  '--test',
  ...(isolated ? ['--test-concurrency=1'] : ['--test-isolation=none']),
  '--test-reporter=spec',
  '--test-reporter-destination=stdout',
  ...list,
]
const bin = (name: string) => join(root, 'node_modules/.bin', name)

const parts: readonly Part[] = [
  { name: 'types', command: [bin('tsc'), '-p', '.'] },
  { name: 'lint and format', command: [process.execPath, join(root, 'scripts/biome.ts'), 'check', '.'] },
  { name: 'house: rooms and habits', command: nodeTest(false, files('test/house/*.test.ts')) },
  { name: 'plans and rooms', command: nodeTest(false, files('src/**/*.test.ts', 'test/conformance/*.test.ts')) },
  { name: 'fuzz, a slice', command: nodeTest(false, files('test/fuzz/*.test.ts')) },
  { name: 'API server', command: nodeTest(false, files('test/api/*.test.ts')) },
  { name: 'cloud', command: nodeTest(false, files('test/cloud/*.test.ts')) },
  { name: 'store under kill', command: nodeTest(true, files('test/store/*.test.ts')) },
  { name: 'linearizability', command: nodeTest(true, files('test/linearizability/*.test.ts')) },
  { name: 'simulation', command: nodeTest(true, files('test/simulation/*.test.ts')) },
  { name: 'nodes', command: nodeTest(true, files('test/nodes/*.test.ts')) },
  { name: 'contracts', command: nodeTest(true, files('test/contract/*.test.ts')) },
  {
    name: 'operators',
    command: nodeTest(true, files('test/operator/*.test.ts')),
    ahead: [process.execPath, join(root, 'test/operator/build.ts')],
  },
  { name: 'clusters', command: nodeTest(true, files('test/cluster/*.test.ts')) },
]

const totals = { pass: 0, fail: 0, skipped: 0 }
const failed: string[] = []
const wanted = process.argv.slice(2)
const chosen = parts.filter(({ name }) => wanted.length === 0 || wanted.some((one) => name.includes(one)))
const ahead = new Map(chosen.map(({ name, ahead }) => [name, ahead === undefined ? undefined : quietly(ahead)]))
for (const { name, command } of chosen) {
  if (command.includes('--test') && !command.some((word) => word.endsWith('.test.ts'))) continue
  process.stdout.write(`\n== ${name}\n`)
  await ahead.get(name)
  const code = await run(command)
  if (code !== 0) failed.push(name)
}
process.stdout.write(`\n${failed.length === 0 ? 'every part passed' : `failed: ${failed.join(', ')}`}\n`)
process.stdout.write(`${totals.pass} passed, ${totals.fail} failed, ${totals.skipped} skipped\n`)
process.exitCode = failed.length === 0 ? 0 : 1

/** Runs a command that says nothing; whoever needs what it makes finds out whether it did. */
function quietly([program = '', ...words]: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn('nice', ['-n', '19', program, ...words], { cwd: root, stdio: 'ignore' })
    child.once('error', () => resolve())
    child.once('close', () => resolve())
  })
}

/** Shows failures and skips as they come, counts the rest, and resolves with the exit code. */
function run([program = '', ...words]: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, FORCE_COLOR: '0' },
    })
    let rest = ''
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) show(line)
    })
    child.once('error', (error) => {
      process.stdout.write(`${error.message}\n`)
      resolve(1)
    })
    child.once('close', (code) => {
      if (rest !== '') show(rest)
      resolve(code ?? 1)
    })
  })
}

function show(line: string): void {
  const count = /^ℹ (pass|fail|skipped) (\d+)/.exec(line)
  if (count !== null) totals[count[1] as keyof typeof totals] += Number(count[2])
  // Passing tests are counted, not shown; what fails or is skipped is shown with its reason.
  if (!/^\s*✔/.test(line) || / # SKIP|﹣/.test(line)) process.stdout.write(`${line}\n`)
}
