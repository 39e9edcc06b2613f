import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../resources/index.ts'
import { podThatIs, secondsLater } from './fixtures.ts'
import { TriggerTimes } from './trigger-times.ts'

const service = {
  metadata: { name: 'web', namespace: 'default', creationTimestamp: secondsLater(0) },
} as unknown as Service
const pod = (name: string, readyAtSeconds: number) => podThatIs('ready', { name, readyAtSeconds })

test('what is behind a service changed when the first of its new pods became ready', () => {
  const times = new TriggerTimes()
  assert.equal(times.look(service, [pod('a', 5)]), secondsLater(0), 'first seen')
  assert.equal(times.look(service, [pod('a', 5)]), undefined, 'nothing new')
  assert.equal(times.look(service, [pod('a', 5), pod('b', 9), pod('c', 7)]), secondsLater(7))
  assert.equal(times.look(service, [pod('a', 12)]), secondsLater(12), 'ready anew')
  assert.equal(times.look(service, []), undefined, 'gone')
  times.forget({ name: 'web', namespace: 'default' })
  assert.equal(times.look(service, []), secondsLater(0))
})
