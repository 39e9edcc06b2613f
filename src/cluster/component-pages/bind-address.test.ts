import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bindAddressOf, boundAt, hostAsked } from './bind-address.ts'

test('an address may have a port, and has the usual one otherwise', () => {
  const cases: readonly (readonly [string | undefined, string, string])[] = [
    [undefined, '127.0.0.1:10249', '127.0.0.1'],
    ['', '127.0.0.1:10249', '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0:10249', '127.0.0.1'],
    ['10.0.0.1:80', '10.0.0.1:80', '10.0.0.1'],
    ['::1', '[::1]:10249', '[::1]'],
    ['[::]:99', '[::]:99', '[::1]'],
    ['[fd00::1]', '[fd00::1]:10249', '[fd00::1]'],
  ]
  for (const [text, bound, asked] of cases) {
    const address = bindAddressOf(text, { host: '127.0.0.1', port: 10249 })
    assert.deepEqual([boundAt(address), hostAsked(address)], [bound, asked], text)
  }
})
