// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of Dockerfiles.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDockerfile } from './parse.ts'
import { parseIgnore, patternExpression } from './patterns.ts'
import { expanded, pairsOf, splitWords } from './words.ts'

test('a Dockerfile is read line by line, joined at backslashes, without comments', () => {
  const text = [
    '# syntax=docker/dockerfile:1',
    'ARG BASE=coxswain/node',
    'FROM --platform=linux/amd64 $BASE as build',
    '',
    'run one \\',
    '  # a comment inside',
    '',
    '  && two',
    'COPY --from=build --chown=1:2 ["a b", "c/"]',
    'CMD ["node", "x.js"]',
    'CMD [not json',
  ].join('\r\n')
  const read = parseDockerfile(text, 'Dockerfile').map(({ text: _, ...rest }) => rest)
  assert.deepEqual(read, [
    { line: 2, keyword: 'ARG', flags: {}, rest: 'BASE=coxswain/node' },
    { line: 3, keyword: 'FROM', flags: { platform: 'linux/amd64' }, rest: '$BASE as build' },
    { line: 5, keyword: 'RUN', flags: {}, rest: 'one   && two' },
    {
      line: 9,
      keyword: 'COPY',
      flags: { from: 'build', chown: '1:2' },
      rest: '["a b", "c/"]',
      words: ['a b', 'c/'],
    },
    { line: 10, keyword: 'CMD', flags: {}, rest: '["node", "x.js"]', words: ['node', 'x.js'] },
    { line: 11, keyword: 'CMD', flags: {}, rest: '[not json' },
  ])
})

test('what a Dockerfile may not hold is refused with its line', () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['FROM scratch\n\nHEALTHCHECK CMD true', /^Dockerfile:3: HEALTHCHECK is not supported; what is: FROM, ARG/],
    ['FROM scratch\nVOLUME /x', /^Dockerfile:2: VOLUME is not supported/],
    ['FROM scratch\nRUN --mount=type=cache true', /^Dockerfile:2: RUN --mount is not supported/],
    ['FROM scratch\nCOPY --link a b', /^Dockerfile:2: COPY --link is not supported/],
    ['FROM scratch\nRUN <<EOF\necho\nEOF', /^Dockerfile:2: here-documents are not supported/],
    ['# escape=`\nFROM scratch', /^Dockerfile:1: only the backslash/],
    ['FROM scratch\nUSER', /^Dockerfile:2: USER needs an argument/],
    ['RUN true\nFROM scratch', /^Dockerfile:1: RUN comes before FROM/],
    ['ARG A=1\n', /^Dockerfile has no FROM instruction/],
  ]
  for (const [text, message] of table) assert.throws(() => parseDockerfile(text, 'Dockerfile'), { message }, text)
})

test('variables and quotes in words are put in as a shell would', () => {
  const values: Readonly<Record<string, string>> = { A: 'one', EMPTY: '' }
  const table: readonly (readonly [string, string])[] = [
    ['$A', 'one'],
    ['${A}2', 'one2'],
    ['$NONE!', '!'],
    ['${NONE:-two}', 'two'],
    ['${EMPTY:-two}', 'two'],
    ['${EMPTY-two}', ''],
    ['${A:+set}', 'set'],
    ['${NONE:+set}', ''],
    ['${NONE:-${A}}', 'one'],
    ["'$A'", '$A'],
    ['"$A b"', 'one b'],
    ['\\$A', '$A'],
    ['a\\ b', 'a b'],
    ['"a\\nb"', 'a\\nb'],
    ['5$', '5$'],
  ]
  const results = table.map(([word]) => [word, expanded(word, (name) => values[name])])
  assert.deepEqual(results, table)
  assert.throws(() => expanded('${A', () => ''), /a \$\{ is not closed/)
  assert.throws(() => expanded('${NONE:?must be given}', () => undefined), /NONE: must be given/)
  assert.throws(() => expanded('${A/b}', () => ''), /is not understood/)
})

test('words are apart at blanks outside quotes, and pairs have two forms', () => {
  assert.deepEqual(splitWords('a "b c" d\\ e \'f g\''), ['a', '"b c"', 'd\\ e', "'f g'"])
  assert.deepEqual(pairsOf('A=1 B="two words"'), [
    ['A', '1'],
    ['B', '"two words"'],
  ])
  assert.deepEqual(pairsOf('A one two'), [['A', 'one two']])
  assert.throws(() => pairsOf('A=1 B'), /B has no value/)
})

test('patterns match as in Go, with ** for directories', () => {
  const matches = (pattern: string, path: string) => patternExpression(pattern).test(path)
  const table: readonly (readonly [string, string, boolean])[] = [
    ['*.js', 'a.js', true],
    ['*.js', 'b/a.js', false],
    ['**/*.js', 'a.js', true],
    ['**/*.js', 'x/y/a.js', true],
    ['a?c', 'abc', true],
    ['[ab].txt', 'b.txt', true],
    ['[^ab].txt', 'b.txt', false],
    ['a+b(1)', 'a+b(1)', true],
    ['docs/**', 'docs/x/y', true],
  ]
  assert.deepEqual(
    table.map(([pattern, path]) => [pattern, path, matches(pattern, path)]),
    table,
  )
})

test('the last pattern of a .dockerignore that fits decides, for directories as for files', () => {
  const rules = parseIgnore('# notes\n/node_modules/\n*.md\n!README.md\nlogs\n!logs/keep')
  const paths = ['node_modules/a/b.js', 'x.md', 'README.md', 'sub/x.md', 'logs/a', 'logs/keep', 'src/a.js']
  assert.deepEqual(
    paths.filter((path) => rules.ignores(path)),
    ['node_modules/a/b.js', 'x.md', 'logs/a'],
  )
  assert.equal(rules.hasExceptions, true)
})
