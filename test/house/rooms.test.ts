import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { packages, rooms, sideDoors } from '../../rooms.ts'

const root = join(import.meta.dirname, '../..')
const files = globSync('src/**/*.ts', { cwd: root }).filter(
  (file) => !file.includes('/generated/') || file.endsWith('.ts'),
)
const importPattern =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+'([^']+)'|import\s*\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g
const importsOf = (file: string) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(importPattern)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  )
const roomOf = (file: string) => file.split('/')[1] ?? ''

test('every import between rooms follows rooms.ts and enters by the front door', () => {
  const problems: string[] = []
  for (const file of files) {
    const room = roomOf(file)
    // src/index.ts is the package's own front door, outside all rooms.
    if (file === 'src/index.ts') continue
    const allowed = rooms[room]
    if (allowed === undefined) {
      problems.push(`${file}: ${room} is not a room; add it to rooms.ts`)
      continue
    }
    if (file.endsWith('.test.ts')) continue
    for (const target of importsOf(file)) {
      if (!target.startsWith('.')) continue
      const [top = '', other = '', ...inside] = join(dirname(file), target).split('/')
      if (top !== 'src') problems.push(`${file}: reaches outside src, to ${target}`)
      else if (other !== room) {
        if (!allowed.includes('*') && !allowed.includes(other))
          problems.push(`${file}: ${room} may not import ${other}`)
        if (inside.join('/') !== 'index.ts' && sideDoors[other]?.includes(inside.join('/')) !== true)
          problems.push(`${file}: enter ${other} by its front door, not ${inside.join('/')}`)
      } else if (inside.join('/') === 'index.ts')
        problems.push(`${file}: inside a room import files directly, not the room's own front door`)
    }
  }
  assert.deepEqual(problems, [])
})

test('side doors open late: nothing that is loaded at start-up imports them', () => {
  const early = new Set<string>()
  const visit = (file: string) => {
    if (early.has(file)) return
    early.add(file)
    for (const next of valueImportsOf(file)) visit(next)
  }
  for (const start of ['src/index.ts', 'src/cluster/index.ts', 'src/cli/index.ts']) visit(start)
  assert.deepEqual(
    Object.entries(sideDoors).flatMap(([room, doors]) => doors.filter((door) => early.has(`src/${room}/${door}`))),
    [],
  )
})

test('every package is imported only where rooms.ts says', () => {
  const problems: string[] = []
  for (const file of files.filter((one) => !one.endsWith('.test.ts'))) {
    for (const target of importsOf(file)) {
      if (target.startsWith('.') || target.startsWith('node:') || builtinModules.includes(target)) continue
      const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : target.split('/')[0]!
      const places = packages[name]
      if (places === undefined) problems.push(`${file}: ${name} is not among the packages of rooms.ts`)
      else if (!places.some((place) => file.startsWith(`src/${place}/`)))
        problems.push(`${file}: ${name} may be imported below ${places.join(', ')} only`)
    }
  }
  assert.deepEqual(problems, [])
})

test('machinery touches no machine: it imports no node: module', () => {
  const problems = files
    .filter((file) => roomOf(file) === 'machinery' && !file.endsWith('.test.ts'))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('node:'))
        .map((target) => `${file}: ${target}`),
    )
  assert.deepEqual(problems, [])
})

test('no cycles between files', () => {
  const graph = new Map(files.filter((file) => !file.endsWith('.test.ts')).map((file) => [file, valueImportsOf(file)]))
  const state = new Map<string, 'open' | 'done'>()
  const cycles: string[] = []
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      return
    }
    state.set(file, 'open')
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    state.set(file, 'done')
  }
  for (const file of graph.keys()) visit(file, [])
  assert.deepEqual(cycles, [])
})

/** Imports that exist at run time: types alone make no cycle. */
function valueImportsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/(?:^|\n)\s*(?:import|export)\s+(?!type\b)[^'"]*?from\s+'(\.[^']+)'/g)].map(
    ([, target = '']) => join(dirname(file), target),
  )
}

test('every room says in its front door what it is for', () => {
  const problems = Object.keys(rooms).filter((room) => {
    try {
      return !readFileSync(join(root, 'src', room, 'index.ts'), 'utf8').startsWith('/**')
    } catch {
      return true
    }
  })
  assert.deepEqual(problems, [])
})

test('every command’s way in loads little: what runs a cluster is loaded when it is run', () => {
  const reached = new Set<string>()
  const follow = (file: string): void => {
    if (reached.has(file)) return
    reached.add(file)
    for (const [, names = '', target = ''] of readFileSync(join(root, file), 'utf8').matchAll(
      /(?:^|\n)(?:import|export)\s([^'"]*?)from\s+'(\.[^']+)'/g,
    )) {
      const named = /^\{([^}]*)\}\s*$/.exec(names.trim())?.[1]?.split(',')
      const onlyTypes =
        names.startsWith('type ') || named?.every((one) => one.trim() === '' || one.trim().startsWith('type '))
      if (onlyTypes !== true) follow(join(dirname(file), target))
    }
  }
  follow('src/cluster/index.ts')
  const roomsReached = new Set([...reached].map(roomOf))
  assert.deepEqual([...roomsReached].sort(), ['cluster', 'machinery'])
})
