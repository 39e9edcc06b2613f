import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { oneAtATime } from './one-at-a-time.ts'

const name = `/a/place/${process.pid}`

test('what has one name is done one after the other, also after one that failed', async () => {
  const steps: string[] = []
  const step = (of: string) =>
    oneAtATime(name, async () => {
      steps.push(`${of} begins`)
      await new Promise((resolve) => setImmediate(resolve))
      steps.push(`${of} ends`)
      if (of === 'a') throw new Error('a failed')
    })
  const [a] = await Promise.allSettled([step('a'), step('b'), oneAtATime(`${name} else`, async () => {})])
  assert.equal(a.status, 'rejected')
  for (const at of [0, 2]) assert.equal(steps[at]!.split(' ')[0], steps[at + 1]!.split(' ')[0])
  assert.equal(steps.length, 4)
})

test('a process that is killed while it is at it keeps nobody waiting', async () => {
  const program = `const { oneAtATime } = await import(${JSON.stringify(join(import.meta.dirname, 'one-at-a-time.ts'))})
await oneAtATime(${JSON.stringify(name)}, async () => { console.log('at it'); setInterval(() => {}, 1e6); await new Promise(() => {}) })`
  const other = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(other.stdout, 'data')
  const told: string[] = []
  const waiting = oneAtATime(name, async () => void told.push('mine'))
  other.once('exit', () => told.push('ended'))
  other.kill('SIGKILL')
  await waiting
  assert.ok(told.includes('mine'))
})
