import type { Endpoint, Frontend } from '../rules/rules.ts'

/** What a table holds besides its fixed parts: names of the chains and sets made for single services. */
export interface Installed {
  readonly chains: ReadonlySet<string>
  readonly sets: ReadonlySet<string>
}
export const nothingInstalled: Installed = { chains: new Set(), sets: new Set() }

/** What a table holds that is not a service's. */
export interface TableSettings {
  /** Where node ports answer, as IPv4 ranges; none: at every address of the node but those of its loopback. */
  readonly nodePortAddresses?: readonly string[]
  /** The addresses of services: of those, only what a frontend says is reached. */
  readonly clusterIps?: readonly string[]
  /** The range that services have their addresses from; empty when it is not known. */
  readonly serviceCidr?: string
}

/** Kubernetes: this bit of the mark asks for the source address to be hidden. */
const masqueradeBit = '0x4000'

/**
 * The text of one nft transaction that makes the table say exactly these frontends. The many plain ones are elements of
 * maps, so that adding a service costs one element; only those with affinity or hidden sources have chains. Sets that
 * remember clients are kept, never flushed.
 */
export function transactionOf(
  table: string,
  frontends: readonly Frontend[],
  before: Installed,
  settings: TableSettings = {},
): { readonly text: string; readonly installed: Installed } {
  const chains = new Set<string>()
  const sets = new Set<string>()
  const body: string[] = []
  const cluster: string[] = []
  const nodePorts: string[] = []
  const endpointElements: string[] = []
  const hairpin = new Set<string>()
  const unserved: string[] = []
  const unservedNodePorts: string[] = []
  for (const frontend of frontends) {
    const { ip, protocol, port, endpoints } = frontend
    const key = ip === undefined ? `${protocol} . ${port}` : `${ip} . ${protocol} . ${port}`
    for (const endpoint of endpoints) hairpin.add(endpoint.ip)
    if (endpoints.length === 0) {
      if (frontend.whenEmpty === 'drop') (ip === undefined ? nodePorts : cluster).push(`${key} : drop`)
      else (ip === undefined ? unservedNodePorts : unserved).push(key)
    } else if (ip !== undefined && !frontend.masquerade && frontend.affinitySeconds === 0) {
      cluster.push(`${key} : goto pick-${endpoints.length}`)
      for (const [slot, endpoint] of endpoints.entries()) {
        endpointElements.push(`${key} . ${slot} : ${endpoint.ip} . ${endpoint.port}`)
      }
      chains.add(`pick-${endpoints.length}`)
    } else {
      const chain = chainOf(frontend)
      body.push(...serviceChain(table, chain, frontend, chains, sets))
      ;(ip === undefined ? nodePorts : cluster).push(`${key} : goto ${chain}`)
    }
  }
  const picks = [...chains].filter((name) => name.startsWith('pick-'))
  const add = (name: string, elements: readonly string[]) =>
    elements.length === 0 ? [] : [`add element ip ${table} ${name} { ${elements.join(', ')} }`]
  const stale = (kind: 'chain' | 'set', old: ReadonlySet<string>, now: ReadonlySet<string>) =>
    [...old].filter((name) => !now.has(name)).map((name) => `delete ${kind} ip ${table} ${name}`)
  const lines = [
    ...fixedParts(table, settings),
    ...['cluster', 'node-ports', 'endpoints'].map((name) => `flush map ip ${table} ${name}`),
    ...['hairpin', 'unserved', 'unserved-node-ports', 'cluster-ips'].map((name) => `flush set ip ${table} ${name}`),
    ...picks.flatMap((name) => [
      `add chain ip ${table} ${name}`,
      `flush chain ip ${table} ${name}`,
      `add rule ip ${table} ${name} meta mark set numgen random mod ${name.slice('pick-'.length)}`,
      `add rule ip ${table} ${name} goto send`,
    ]),
    ...body,
    ...add('endpoints', endpointElements),
    ...add('cluster', cluster),
    ...add('node-ports', nodePorts),
    ...add(
      'hairpin',
      [...hairpin].map((ip) => `${ip} . ${ip}`),
    ),
    ...add('unserved', unserved),
    ...add('cluster-ips', settings.clusterIps ?? []),
    ...add('unserved-node-ports', unservedNodePorts),
    // Emptied first, so that no stale chain or set is still referred to when it is deleted.
    ...[...before.chains].filter((name) => !chains.has(name)).map((name) => `flush chain ip ${table} ${name}`),
    ...stale('chain', before.chains, chains),
    ...stale('set', before.sets, sets),
  ]
  return { text: `${lines.join('\n')}\n`, installed: { chains, sets } }
}

/** Maps, sets and hooks that every table has; adding them again changes nothing. */
function fixedParts(table: string, { nodePortAddresses = [], serviceCidr = '' }: TableSettings): readonly string[] {
  const nodePortsAt = nodePortAddresses.length === 0 ? '' : `ip daddr { ${nodePortAddresses.join(', ')} } `
  const vip = 'ipv4_addr . inet_proto . inet_service'
  const chain = (name: string, hook: string, rules: readonly string[]) => [
    `add chain ip ${table} ${name} ${hook}`,
    `flush chain ip ${table} ${name}`,
    ...rules.map((rule) => `add rule ip ${table} ${name} ${rule}`),
  ]
  return [
    `add table ip ${table}`,
    `add map ip ${table} cluster { type ${vip} : verdict; }`,
    `add map ip ${table} node-ports { type inet_proto . inet_service : verdict; }`,
    `add map ip ${table} endpoints { type ${vip} . mark : ipv4_addr . inet_service; }`,
    `add set ip ${table} hairpin { type ipv4_addr . ipv4_addr; }`,
    `add set ip ${table} cluster-ips { type ipv4_addr; }`,
    `add set ip ${table} unserved { type ${vip}; }`,
    `add set ip ${table} unserved-node-ports { type inet_proto . inet_service; }`,
    ...chain('send', '', [
      'meta l4proto { tcp, udp, sctp } dnat to ip daddr . meta l4proto . th dport . meta mark map @endpoints',
    ]),
    ...chain('services', '', [
      'ip daddr . meta l4proto . th dport vmap @cluster',
      `ip daddr != 127.0.0.0/8 ${nodePortsAt}fib daddr type local meta l4proto . th dport vmap @node-ports`,
    ]),
    ...chain('nat-prerouting', '{ type nat hook prerouting priority dstnat; policy accept; }', ['jump services']),
    ...chain('nat-output', '{ type nat hook output priority -100; policy accept; }', ['jump services']),
    ...chain('nat-postrouting', '{ type nat hook postrouting priority srcnat; policy accept; }', [
      `ct status dnat meta mark & ${masqueradeBit} == ${masqueradeBit} meta mark set meta mark ^ ${masqueradeBit} masquerade fully-random`,
      'ct status dnat ip saddr . ip daddr @hairpin masquerade fully-random',
    ]),
    ...chain('refuse', '', [
      'ct state new ip daddr . meta l4proto . th dport @unserved reject',
      `ct state new ${nodePortsAt}fib daddr type local meta l4proto . th dport @unserved-node-ports reject`,
    ]),
    // Kubernetes: what no rule has sent on is refused at a port no service has, and goes nowhere at an address none has.
    ...chain('refuse-unknown', '', [
      'ct state new ip daddr @cluster-ips reject',
      ...(serviceCidr === '' || serviceCidr.includes(':') ? [] : [`ct state new ip daddr ${serviceCidr} drop`]),
    ]),
    ...['input', 'forward', 'output'].flatMap((hook) =>
      chain(`filter-${hook}`, `{ type filter hook ${hook} priority -110; policy accept; }`, [
        'jump refuse',
        ...(hook === 'forward' ? ['jump refuse-unknown'] : []),
      ]),
    ),
    // What this machine sends has its new destination only behind nat-output.
    ...chain('filter-output-sent-on', '{ type filter hook output priority -90; policy accept; }', [
      'jump refuse-unknown',
    ]),
  ]
}

/** A service with memory of its clients or hidden sources: a chain of its own, and one for each endpoint. */
function serviceChain(
  table: string,
  chain: string,
  { endpoints, masquerade, affinitySeconds, protocol }: Frontend,
  chains: Set<string>,
  sets: Set<string>,
): readonly string[] {
  const lines: string[] = []
  const own = endpoints.map((endpoint) => `${chain}-${suffixOf(endpoint)}`)
  endpoints.forEach((endpoint, at) => {
    const name = own[at]!
    chains.add(name)
    lines.push(`add chain ip ${table} ${name}`, `flush chain ip ${table} ${name}`)
    if (affinitySeconds > 0) {
      sets.add(`clients-${name}`)
      lines.push(
        `add set ip ${table} clients-${name} { type ipv4_addr; flags dynamic,timeout; timeout ${affinitySeconds}s; }`,
      )
      lines.push(`add rule ip ${table} ${name} update @clients-${name} { ip saddr }`)
    }
    lines.push(`add rule ip ${table} ${name} meta l4proto ${protocol} dnat to ${endpoint.ip}:${endpoint.port}`)
  })
  chains.add(chain)
  lines.push(`add chain ip ${table} ${chain}`, `flush chain ip ${table} ${chain}`)
  if (masquerade) lines.push(`add rule ip ${table} ${chain} meta mark set meta mark | ${masqueradeBit}`)
  if (affinitySeconds > 0)
    for (const name of own) lines.push(`add rule ip ${table} ${chain} ip saddr @clients-${name} goto ${name}`)
  lines.push(
    `add rule ip ${table} ${chain} numgen random mod ${own.length} vmap { ${own.map((name, at) => `${at} : goto ${name}`).join(', ')} }`,
  )
  return lines
}

/** Chain names: what they are for, and a hash that keeps them apart and short. */
function chainOf({ ip, protocol, port, service }: Frontend): string {
  return `${ip === undefined ? 'node' : 'service'}-${hashOf(`${ip ?? ''}/${protocol}/${port}/${service}`)}`
}

function suffixOf({ ip, port }: Endpoint): string {
  return hashOf(`${ip}:${port}`)
}

/** FNV-1a in base 36. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5
  let second = 0x1000193
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0
    second = Math.imul(second ^ text.charCodeAt(at), 0x85ebca6b) >>> 0
  }
  return `${hash.toString(36)}${second.toString(36)}`
}
