import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Frontend } from '../rules/rules.ts'
import { fixedParts } from './fixed-parts.ts'
import { partsOf } from './service-parts.ts'
import { ServiceTable } from './service-table.ts'

const frontend = (ip: string | undefined, endpoints: readonly string[], more: Partial<Frontend> = {}): Frontend => ({
  service: 'ns/web:http',
  protocol: 'tcp',
  ip,
  port: 80,
  endpoints: endpoints.map((at) => ({ ip: at, port: 8080 })),
  masquerade: false,
  affinitySeconds: 0,
  whenEmpty: 'reject',
  ...more,
})
/** Puts the service, and gives the transactions as lines, taken as applied. */
function put(table: ServiceTable, service: string, frontends: readonly Frontend[] | undefined) {
  table.put(
    service,
    frontends &&
      partsOf(
        frontends,
        frontends.flatMap(({ ip = [] }) => ip),
      ),
  )
  const texts = table.transactions()
  table.settle()
  return texts.map((text) => text.trimEnd().split('\n'))
}

test('what goes to a service’s address but to none of its ports is refused, and an address of no service is a dead end', () => {
  const lines = fixedParts('t', { serviceCidr: '10.96.0.0/12' })
  assert.deepEqual(
    lines.filter((line) => line.startsWith('add rule ip t refuse-unknown')),
    [
      'add rule ip t refuse-unknown ct state new ip daddr @cluster-ips reject',
      'add rule ip t refuse-unknown ct state new ip daddr 10.96.0.0/12 drop',
    ],
  )
  // Behind the change of destination: in front of it every service would be refused.
  assert.ok(
    lines.includes('add chain ip t filter-output-sent-on { type filter hook output priority -90; policy accept; }'),
  )
  assert.deepEqual(
    lines.filter((line) => line.endsWith(' jump refuse-unknown')),
    ['add rule ip t filter-forward jump refuse-unknown', 'add rule ip t filter-output-sent-on jump refuse-unknown'],
  )
  assert.doesNotMatch(fixedParts('t', {}).join('\n'), / drop$/m)
})

test('the first transaction replaces what an earlier life left; later ones say only what changes', () => {
  const table = new ServiceTable('t')
  const [[first, second, ...rest] = []] = put(table, 'ns/web', [frontend('10.96.0.9', ['10.1.0.2'])])
  assert.deepEqual([first, second], ['add table ip t', 'delete table ip t'])
  assert.ok(rest.includes('add element ip t cluster { 10.96.0.9 . tcp . 80 : goto pick-1 }'))
  assert.deepEqual(put(table, 'ns/other', [frontend('10.96.0.8', ['10.1.0.2'])]), [
    [
      'add element ip t cluster { 10.96.0.8 . tcp . 80 : goto pick-1 }',
      'add element ip t endpoints { 10.96.0.8 . tcp . 80 . 0 : 10.1.0.2 . 8080 }',
      'add element ip t cluster-ips { 10.96.0.8 }',
    ],
  ])
  assert.deepEqual(put(table, 'ns/other', [frontend('10.96.0.8', ['10.1.0.2'])]), [])
  assert.deepEqual(put(table, 'ns/other', undefined), [
    [
      'delete element ip t cluster { 10.96.0.8 . tcp . 80 }',
      'delete element ip t endpoints { 10.96.0.8 . tcp . 80 . 0 }',
      'delete element ip t cluster-ips { 10.96.0.8 }',
    ],
  ])
})

test('a chain is there a transaction before anything leads to it, and goes with the last that did', () => {
  const table = new ServiceTable('t')
  put(table, 'ns/web', [frontend('10.96.0.9', ['10.1.0.2'])])
  assert.deepEqual(put(table, 'ns/web', [frontend('10.96.0.9', ['10.1.0.2', '10.1.0.3'])]), [
    [
      'add chain ip t pick-2',
      'add rule ip t pick-2 meta mark set numgen random mod 2',
      'add rule ip t pick-2 goto send',
    ],
    [
      'delete element ip t cluster { 10.96.0.9 . tcp . 80 }',
      'add element ip t cluster { 10.96.0.9 . tcp . 80 : goto pick-2 }',
      'add element ip t endpoints { 10.96.0.9 . tcp . 80 . 1 : 10.1.0.3 . 8080 }',
      'add element ip t hairpin { 10.1.0.3 . 10.1.0.3 }',
      'flush chain ip t pick-1',
      'delete chain ip t pick-1',
    ],
  ])
})

test('whatever a map has told, a packet finds an endpoint when the map after it has become smaller', () => {
  const sends = fixedParts('t', {}).filter((line) => line.startsWith('add rule ip t send'))
  assert.equal(sends.length, 4)
  assert.match(sends[2]!, /meta mark set 0$/)
  for (const at of [0, 1, 3]) assert.match(sends[at]!, /map @endpoints$/)
  const { chains } = partsOf([frontend(undefined, ['10.1.0.2', '10.1.0.3'], { masquerade: true })], [])
  const [name = '', rules = []] = [...chains].find(([chain]) => /^node-\w+$/.test(chain)) ?? []
  assert.match(rules.at(-1)!, new RegExp(`^goto ${name}-\\w+$`))
})

test('how long clients are remembered may change while they are', () => {
  const table = new ServiceTable('t')
  put(table, 'ns/web', [frontend('10.96.0.9', ['10.1.0.2'], { affinitySeconds: 10 })])
  const [prepare = [], renew = []] = put(table, 'ns/web', [
    frontend('10.96.0.9', ['10.1.0.2'], { affinitySeconds: 20 }),
  ])
  assert.match(prepare.join('\n'), /^add set ip t clients-service-\S+-20 \{ .* timeout 20s; \}$/)
  assert.match(renew.join('\n'), /delete set ip t clients-service-\S+-10$/)
})

test('an address that two services claim is the first one’s until that goes', () => {
  const table = new ServiceTable('t')
  put(table, 'ns/first', [frontend('192.0.2.1', ['10.1.0.2'])])
  assert.deepEqual(put(table, 'ns/second', [frontend('192.0.2.1', ['10.1.0.3'])]), [
    ['add element ip t hairpin { 10.1.0.3 . 10.1.0.3 }'],
  ])
  const [lines = []] = put(table, 'ns/first', undefined)
  assert.ok(lines.includes('add element ip t endpoints { 192.0.2.1 . tcp . 80 . 0 : 10.1.0.3 . 8080 }'))
})

test('after a refused transaction the whole table is written again', () => {
  const table = new ServiceTable('t')
  put(table, 'ns/web', [frontend('10.96.0.9', ['10.1.0.2'])])
  table.put('ns/web', partsOf([frontend('10.96.0.9', ['10.1.0.3'])], ['10.96.0.9']))
  table.forget()
  const [text = '', ...more] = table.transactions()
  assert.deepEqual(more, [])
  assert.match(text, /^add table ip t\ndelete table ip t\n/)
  assert.match(text, /add element ip t endpoints \{ 10\.96\.0\.9 \. tcp \. 80 \. 0 : 10\.1\.0\.3 \. 8080 \}/)
  assert.doesNotMatch(text, /delete element/)
})

test('who may not come to a balancer’s address gets nothing', () => {
  const table = new ServiceTable('t')
  put(table, 'ns/web', [frontend('10.96.0.9', ['10.1.0.2'])])
  const sources = ['192.0.2.0/24', '198.51.100.7/32']
  const [chains = [], elements = []] = put(table, 'ns/held', [frontend('203.0.113.5', ['10.1.0.2'], { sources })])
  const name = /^add chain ip t (from-service-\w+)$/.exec(chains[0] ?? '')?.[1]
  assert.deepEqual(
    chains.filter((line) => line.startsWith(`add rule ip t ${name} `)).map((line) => line.split(`${name} `)[1]),
    [...sources.map((range) => `ip saddr ${range} goto pick-1`), 'drop'],
  )
  assert.ok(
    elements.includes(`add element ip t cluster { 203.0.113.5 . tcp . 80 : goto ${name} }`),
    elements.join('\n'),
  )
})
