import { execFile } from 'node:child_process'
import { access, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { applyTransaction } from '../../proxy/index.ts'
import { type ClusterSettings, nodeCidrOf } from '../config/settings.ts'
import type { FurtherNode } from './places.ts'

const run = promisify(execFile)
const ip = (...words: string[]) => run('ip', words)
const succeeds = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  )

/** Sees to it that the node's network namespace is there and joined to the machine, which routes for it. */
export async function prepareNamespace(node: FurtherNode): Promise<void> {
  const { namespace, link, address, gateway } = node
  const within = (...words: string[]) => ip('-n', namespace, ...words)
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1')
  if (!(await succeeds(access(`/run/netns/${namespace}`)))) await ip('netns', 'add', namespace)
  if (!(await succeeds(ip('link', 'show', link))) || !(await succeeds(within('link', 'show', 'eth0')))) {
    await ip('link', 'delete', link).catch(() => {})
    await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
  }
  await ip('address', 'replace', `${gateway}/32`, 'dev', link)
  await ip('link', 'set', link, 'up')
  await within('link', 'set', 'lo', 'up')
  await within('address', 'replace', `${address}/32`, 'dev', 'eth0')
  await within('link', 'set', 'eth0', 'up')
  await within('route', 'replace', gateway, 'dev', 'eth0', 'scope', 'link')
  await within('route', 'replace', 'default', 'via', gateway, 'dev', 'eth0')
  await ip('route', 'replace', address, 'dev', link)
}

/** Takes the namespace away, with every interface, rule and route that is in it or leads there. */
export async function removeNamespace({ namespace, link }: FurtherNode): Promise<void> {
  await ip('link', 'delete', link).catch(() => {})
  if (await succeeds(access(`/run/netns/${namespace}`))) await ip('netns', 'delete', namespace)
}

/** Sends what goes to a node's pods through that node. */
export async function routePods({ address, link }: FurtherNode, podCidr: string): Promise<void> {
  await ip('route', 'replace', podCidr, 'via', address, 'dev', link, 'onlink')
}
export async function forgetPods({ link }: FurtherNode, podCidr: string): Promise<void> {
  await ip('route', 'delete', podCidr, 'dev', link).catch(() => {})
}

const outwardTable = ({ network }: ClusterSettings) => `${network.nftTable}-nodes`

/** The machine stands for its nodes towards everything outside the cluster. */
export async function hideNodes(settings: ClusterSettings): Promise<void> {
  const table = outwardTable(settings)
  const nodes = nodeCidrOf(settings.network.index)
  await applyTransaction(
    `add table ip ${table}
delete table ip ${table}
table ip ${table} {
 chain postrouting {
  type nat hook postrouting priority srcnat; policy accept;
  ip saddr ${nodes} ip daddr != { ${nodes}, ${settings.network.podCidr} } masquerade
 }
}
`,
  )
}
export async function showNodes(settings: ClusterSettings): Promise<void> {
  await run('nft', ['delete', 'table', 'ip', outwardTable(settings)]).catch(() => {})
}

/**
 * Inside the namespace: a resolver at a loopback address (systemd's) answers on the machine's loopback alone, so that
 * who asks there asks the cluster's DNS, which runs on the machine and asks that resolver.
 */
export async function forwardLoopbackNames(dns: string): Promise<void> {
  await writeFile('/proc/sys/net/ipv4/conf/eth0/route_localnet', '1')
  await applyTransaction(
    `add table ip resolver
delete table ip resolver
table ip resolver {
 chain output {
  type nat hook output priority -100; policy accept;
  ip daddr 127.0.0.0/8 udp dport 53 dnat to ${dns}
  ip daddr 127.0.0.0/8 tcp dport 53 dnat to ${dns}
 }
 chain postrouting {
  type nat hook postrouting priority srcnat; policy accept;
  ip saddr 127.0.0.0/8 oifname "eth0" masquerade
 }
}
`,
  )
}
