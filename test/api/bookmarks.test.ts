/** When a watch is told how far it has come, and when it ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../src/machinery/index.ts'
import { startApi } from '../fixtures/api.ts'

test('a watch that asked for bookmarks gets one a minute and one shortly before it ends; others only end', async () => {
  const clock = manualClock()
  const turns = async () => {
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  const starting = startApi({ clock })
  let isStarted = false
  void starting.then(() => {
    isStarted = true
  })
  while (!isStarted) {
    await turns()
    clock.advance(10)
  }
  await using api = await starting
  const watch = async (query: Record<string, string>) => {
    const reply = await api.reply({
      group: '',
      version: 'v1',
      resource: 'configmaps',
      namespace: 'default',
      verb: 'watch',
      query: { timeoutSeconds: '150', ...query },
    })
    const seen: string[] = []
    const startedMs = clock.now()
    const at = () => (clock.now() - startedMs) / 1000
    const ended = (async () => {
      for await (const batch of (reply as any).events) for (const { type } of batch) seen.push(`${type} ${at()}`)
      seen.push(`end ${at()}`)
    })()
    return { seen, ended }
  }
  const told = await watch({ allowWatchBookmarks: 'true' })
  const untold = await watch({})
  await turns()
  for (let second = 0; second < 151; second++) {
    clock.advance(1000)
    await turns()
  }
  await Promise.all([told.ended, untold.ended])
  const wanted = ['BOOKMARK 60', 'BOOKMARK 120', 'BOOKMARK 148', 'end 150']
  assert.deepEqual(
    told.seen.filter((one) => !one.startsWith('ADDED')),
    wanted,
  )
  assert.deepEqual(
    untold.seen.filter((one) => !one.startsWith('ADDED')),
    ['end 150'],
  )
})
