import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostPortRemoval } from './host-ports.ts'

const portOf = (network: string, chain: string) =>
  `-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"${network}\\" id: \\"5035\\"" -m multiport --dports 80 -j ${chain}`
const toPod = (chain: string) => `-A ${chain} -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.0.2:80`
const into = [
  '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
  '-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
]
const shared = ['CNI-HOSTPORT-DNAT', 'CNI-HOSTPORT-MASQ', 'CNI-HOSTPORT-SETMARK']
const saved = (chains: readonly string[], rules: readonly string[]) =>
  ['*nat', ...['PREROUTING', 'POSTROUTING', ...chains].map((one) => `:${one} - [0:0]`), ...rules, 'COMMIT', ''].join(
    '\n',
  )
const removed = (rule: string) => rule.replace('-A ', '-D ')

test('the last network to go takes the chains along that all share, and the table is empty then', () => {
  const text = saved([...shared, 'CNI-DN-1'], [...into, portOf('cox-a', 'CNI-DN-1'), toPod('CNI-DN-1')])
  const emptied = ['CNI-DN-1', ...shared]
  assert.deepEqual(hostPortRemoval(text, 'cox-a'), {
    script: [
      '*nat',
      removed(portOf('cox-a', 'CNI-DN-1')),
      ...into.map(removed),
      ...emptied.map((chain) => `-F ${chain}`),
      ...emptied.map((chain) => `-X ${chain}`),
      'COMMIT',
      '',
    ].join('\n'),
    isEmpty: true,
  })
})

test("another network's ports stay, and so does what others have in the table", () => {
  const both = [
    ...into,
    portOf('cox-a', 'CNI-DN-1'),
    toPod('CNI-DN-1'),
    portOf('cox-ab', 'CNI-DN-2'),
    toPod('CNI-DN-2'),
  ]
  assert.deepEqual(hostPortRemoval(saved([...shared, 'CNI-DN-1', 'CNI-DN-2'], both), 'cox-a'), {
    script: `*nat\n${removed(portOf('cox-a', 'CNI-DN-1'))}\n-F CNI-DN-1\n-X CNI-DN-1\nCOMMIT\n`,
    isEmpty: false,
  })
  assert.equal(
    hostPortRemoval(saved([...shared, 'CNI-DN-2'], [...into, portOf('cox-ab', 'CNI-DN-2')]), 'cox-a'),
    undefined,
  )
  const docker = '-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE'
  assert.equal(hostPortRemoval(saved([], [docker]), 'cox-a'), undefined)
  assert.equal(hostPortRemoval(saved(shared, [...into, docker]), 'cox-a')?.isEmpty, false)
  assert.equal(hostPortRemoval('', 'cox-a'), undefined)
})
