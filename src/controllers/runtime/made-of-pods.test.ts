import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../resources/index.ts'
import { podThatIs } from './fixtures.ts'
import { MadeOfPods } from './made-of-pods.ts'

const name = { namespace: 'default', name: 'web' }

test('what a pod comes to is made again only when the pod, the object or the basis is another one', () => {
  const made = new MadeOfPods<object>()
  const [service, pod] = [{}, podThatIs('ready')]
  const look = (object: object, of: Pod, basis?: string, family?: string) =>
    made.look(name, object, family)(of, () => ({}), basis)
  const first = look(service, pod)
  assert.equal(look(service, pod), first)
  const other = look(service, podThatIs('ready'))
  assert.notEqual(other, first)
  assert.notEqual(look({ ...service }, pod), first)
  const inZone = look(service, pod, 'zone-a')
  assert.notEqual(look(service, pod, 'zone-b'), inZone)
  const family = look(service, pod, undefined, 'IPv6')
  assert.notEqual(look(service, pod), family)
  assert.equal(look(service, pod, undefined, 'IPv6'), family)
})

test('what a look does not ask for is forgotten, and so is all of an object that is gone', () => {
  const made = new MadeOfPods<object>()
  const [service, pod] = [{}, podThatIs('ready')]
  const look = () => made.look(name, service)(pod, () => ({}))
  const first = look()
  made.look(name, service)
  const second = look()
  assert.notEqual(second, first)
  assert.equal(look(), second)
  made.forget(name)
  assert.notEqual(look(), second)
})

test('what is stored of a pod takes the place of what was made of it', () => {
  const made = new MadeOfPods<{ readonly ip: string }>()
  const [service, pod] = [{}, podThatIs('ready', { name: 'a' })]
  const look = () => made.look(name, service)(pod, () => ({ ip: '10.0.0.1' }))
  const first = look()
  const stored = [
    { ip: '10.0.0.1', targetRef: { uid: 'uid-a' } },
    { ip: '10.0.0.2', targetRef: { uid: 'uid-gone' } },
    { ip: '10.0.0.3' },
  ]
  made.adopt(name, stored, (known, one) => (known.ip === one.ip ? one : known))
  assert.notEqual(look(), first)
  assert.equal(look(), stored[0])
  made.adopt({ name: 'unknown' }, stored, (known) => known)
})
