import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const sources = globSync('src/**/*.ts', { cwd: root }).filter(
  (file) => !file.includes('/generated/') && !file.endsWith('.test.ts'),
)
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
/** Code without comments and strings, so that words in prose are not taken for calls. */
const codeOf = (file: string) =>
  textOf(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[^:])\/\/[^\n]*/g, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")

/** What may be used only in its one home, with the homes. */
const bans: readonly { readonly what: RegExp; readonly homes: readonly string[]; readonly instead: string }[] = [
  { what: /\bDate\.now\b|\bnew Date\(\)/, homes: ['machinery/clock/'], instead: 'the injected Clock' },
  { what: /\bperformance\.now\b|\bhrtime\b/, homes: ['machinery/clock/'], instead: 'the injected Clock' },
  {
    what: /\bset(?:Timeout|Interval|Immediate)\s*\(/,
    homes: ['machinery/clock/'],
    instead: 'the injected Clock (socket.setTimeout excepted)',
  },
  { what: /\bAbortSignal\.timeout\b/, homes: [], instead: 'the injected Clock' },
  {
    what: /\bMath\.random\b|\brandomUUID\b|\bgetRandomValues\b/,
    homes: ['machinery/clock/'],
    instead: 'the injected Random',
  },
  {
    what: /\brandomBytes\b|\bsubtle\b|\bgenerateKeyPair/,
    homes: ['cluster/certificates/'],
    instead: 'the Signer or cluster/certificates',
  },
  { what: /\bnew WeakRef\b|\bFinalizationRegistry\b/, homes: [], instead: 'explicit disposal' },
  { what: /(?<![.\w])fetch\s*\(/, homes: [], instead: 'the client' },
  { what: /\bprocess\.env\b/, homes: ['cluster/preflight.ts'], instead: 'the Environment given to commands' },
  { what: /\bprocess\.exit\b/, homes: [], instead: 'an exit code' },
  { what: /\bconsole\./, homes: [], instead: 'a Log or the Terminal' },
]

for (const { what, homes, instead } of bans) {
  test(`${what.source} is used only in ${homes.length === 0 ? 'no place' : homes.join(', ')}`, () => {
    const problems = sources
      .filter((file) => !homes.some((home) => file.startsWith(`src/${home}`)))
      .flatMap((file) => {
        const lines = codeOf(file).split('\n')
        return lines.flatMap((line) =>
          what.test(line) && !/\.setTimeout\(/.test(line) ? [`${file}: ${line.trim()} — use ${instead}`] : [],
        )
      })
    assert.deepEqual(problems, [])
  })
}

test('no file is left that nothing imports', () => {
  const imported = new Set<string>()
  const everything = [...globSync('{src,test,bin,bench,scripts}/**/*.ts', { cwd: root })]
  for (const file of everything) {
    for (const [, target = ''] of textOf(file).matchAll(/'(\.{1,2}\/[^']+\.ts)'/g))
      imported.add(join(file, '..', target))
  }
  const roots = new Set(['src/index.ts'])
  const dead = sources.filter((file) => !file.endsWith('.d.ts') && !imported.has(file) && !roots.has(file))
  assert.deepEqual(dead, [])
})

test('no work is left undone by its own words', () => {
  const problems = sources.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, at) => (/\b(TODO|FIXME|XXX|HACK)\b/.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  )
  assert.deepEqual(problems, [])
})

test('names say what things are, not that they help', () => {
  const problems = sources.flatMap((file) =>
    [
      ...textOf(file).matchAll(
        /export (?:class|interface|type|function|const) (\w*(?:Manager|Helper|Util|Utils|Misc|Impl))\b/g,
      ),
    ].map(([, name]) => `${file}: ${name}`),
  )
  assert.deepEqual(problems, [])
})
