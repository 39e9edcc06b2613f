import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../clock/manual.ts'
import { LogLevels } from './levels.ts'
import { createLog } from './log.ts'

test('a part logs as much as was said of it, of what it belongs to, or of all, and it can be changed at any time', () => {
  let common = 2
  const levels = new LogLevels(() => common)
  const lines: string[] = []
  const log = createLog({
    component: 'controllers',
    clock: manualClock(),
    format: 'text',
    levels,
    write: (line) => lines.push(line),
  })
  const namespaces = log.named('namespace-controller')
  const jobs = log.named('job-controller')
  const said = (level: number) => {
    lines.length = 0
    for (const one of [log, namespaces, jobs]) one.v(level).info('x')
    return lines.map((line) => /(\S+)\] "x"/.exec(line)?.[1])
  }
  assert.deepEqual(said(2), ['controllers', 'controllers/namespace-controller', 'controllers/job-controller'])
  assert.deepEqual(said(4), [])
  levels.set('controllers/namespace-controller', 4)
  assert.deepEqual(said(4), ['controllers/namespace-controller'])
  levels.set('controllers', 5)
  assert.deepEqual(said(5), ['controllers', 'controllers/job-controller'])
  common = 9
  assert.deepEqual(said(5), ['controllers', 'controllers/job-controller'])
  levels.set('controllers', undefined)
  assert.deepEqual(said(9), ['controllers', 'controllers/job-controller'])
  assert.deepEqual(levels.list(), [
    { part: 'controllers', level: 9, isOwn: false },
    { part: 'controllers/job-controller', level: 9, isOwn: false },
    { part: 'controllers/namespace-controller', level: 4, isOwn: true },
  ])
})
