import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { packages } from '../../rooms.ts'
import { withDiagram } from '../../scripts/docs.ts'

const root = join(import.meta.dirname, '../..')
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')

test('the room diagram of ARCHITECTURE.md is that of rooms.ts', () => {
  assert.equal(withDiagram(textOf('ARCHITECTURE.md')), textOf('ARCHITECTURE.md'), 'run `npm run docs`')
})

test('every file that the documents link to exists', () => {
  const problems: string[] = []
  for (const file of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']) {
    for (const [, target = ''] of textOf(file).matchAll(/\]\((?!https?:)([^)#]+)\)/g))
      if (!existsSync(join(root, target))) problems.push(`${file}: ${target}`)
  }
  assert.deepEqual(problems, [])
})

test('every dependency has its line in docs/decisions/dependencies.md, and its folder in rooms.ts', () => {
  const { dependencies } = JSON.parse(textOf('package.json')) as { dependencies: Record<string, string> }
  const lines = textOf('docs/decisions/dependencies.md')
  const problems = Object.keys(dependencies).filter((name) => !lines.includes(name) || packages[name] === undefined)
  assert.deepEqual(problems, [])
})

test('every command of the README exists', async () => {
  const { main } = await import('../../src/cli/index.ts')
  const printed: string[] = []
  const terminal = {
    out: (text: string) => void printed.push(text),
    say() {},
    progress() {},
    clearProgress() {},
    style: (_: string, text: string) => text,
    isTerminal: false,
  }
  const environment = {
    variables: {},
    isRoot: false,
    platform: 'linux',
    homeDirectory: '/',
    workingDirectory: '/',
    self: ['node', 'cox'] as const,
  }
  const code = await main(['help'], { terminal, environment, signal: new AbortController().signal })
  assert.equal(code, 0)
  const named = new Set([...textOf('README.md').matchAll(/(?:\.\/)?cox ([a-z-]+)\b/g)].map(([, name = '']) => name))
  const problems = [...named].filter((name) => name !== 'help' && !printed.join('\n').includes(`  ${name} `))
  assert.deepEqual(problems, [])
})
