/** `npm run docs`: writes the room diagram of ARCHITECTURE.md from rooms.ts; with --check, fails when it is out of date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rooms } from '../rooms.ts'

const file = join(import.meta.dirname, '../ARCHITECTURE.md')
const begin = '<!-- rooms: written by npm run docs -->'
const end = '<!-- end of rooms -->'

/** The rooms and their arrows, as a table and a Mermaid graph. */
export function roomDiagram(): string {
  const edges = Object.entries(rooms).flatMap(([room, allowed]) =>
    allowed.includes('*') ? [`  ${room} --> everything`] : allowed.map((other) => `  ${room} --> ${other}`),
  )
  const rows = Object.entries(rooms).map(
    ([room, allowed]) =>
      `| ${room} | ${allowed.length === 0 ? '—' : allowed.includes('*') ? 'all' : allowed.join(', ')} |`,
  )
  return [
    begin,
    '',
    '| room | may import |',
    '|---|---|',
    ...rows,
    '',
    '```mermaid',
    'graph TD',
    ...edges,
    '```',
    '',
    end,
  ].join('\n')
}

/** The document with its diagram replaced. */
export function withDiagram(text: string): string {
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < 0) throw new Error('ARCHITECTURE.md has lost the marks between which its diagram stands')
  return text.slice(0, from) + roomDiagram() + text.slice(to + end.length)
}

if (import.meta.main) {
  const before = readFileSync(file, 'utf8')
  const after = withDiagram(before)
  if (process.argv.includes('--check')) process.exitCode = before === after ? 0 : 1
  else writeFileSync(file, after)
}
