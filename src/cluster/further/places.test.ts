import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClusterSettings, networkOf } from '../config/settings.ts'
import { furtherNodesOf } from './places.ts'

const settingsOf = (name: string, nodes: number, index = 0) =>
  ({ name, nodes, dataDirectory: `/data/${name}`, network: networkOf(index) }) as ClusterSettings

test('the first node is the machine; the others have numbers, and by them names and addresses', () => {
  assert.deepEqual(furtherNodesOf(settingsOf('a', 1)), [])
  assert.deepEqual(
    furtherNodesOf(settingsOf('a', 3, 1)).map(({ name, address, gateway }) => [name, address, gateway]),
    [
      ['node-2', '10.252.1.2', '10.252.1.1'],
      ['node-3', '10.252.1.3', '10.252.1.1'],
    ],
  )
})

test('no two nodes of a machine share a thing', () => {
  const all = [settingsOf('a', 3), settingsOf('a-node-2', 3, 1)].flatMap(furtherNodesOf)
  for (const member of ['address', 'namespace', 'link', 'directory', 'logs', 'cgroup'] as const)
    assert.equal(new Set(all.map((node) => node[member])).size, all.length, member)
  assert.equal(new Set(all.map((node) => node.containerd('').runDirectory)).size, all.length)
})

test('interfaces and sockets have names that the kernel takes', () => {
  const [node] = furtherNodesOf(settingsOf('n'.repeat(40), 250, 7)).slice(-1)
  assert.ok(node!.link.length <= 15)
  assert.ok(`${node!.containerd('').runDirectory}/containerd.sock.ttrpc`.length <= 107)
})
