/** What a table holds that is not a service's. */
export interface TableSettings {
  /** Where node ports answer, as IPv4 ranges; none: at every address of the node but those of its loopback. */
  readonly nodePortAddresses?: readonly string[]
  /** The range that services have their addresses from; empty or left out when it is not known. */
  readonly serviceCidr?: string
}

/** Maps whose elements are services and their endpoints, and sets of addresses and ports: what services add elements to. */
export type SetName =
  | 'cluster'
  | 'node-ports'
  | 'endpoints'
  | 'hairpin'
  | 'cluster-ips'
  | 'unserved'
  | 'unserved-node-ports'

const vip = 'ipv4_addr . inet_proto . inet_service'

/** The commands that make an empty table with its maps, sets and hooks, in an nft transaction. */
export function fixedParts(table: string, { nodePortAddresses = [], serviceCidr = '' }: TableSettings): string[] {
  const nodePortsAt = nodePortAddresses.length === 0 ? '' : `ip daddr { ${nodePortAddresses.join(', ')} } `
  const chain = (name: string, hook: string, rules: readonly string[]) => [
    `add chain ip ${table} ${name} ${hook}`,
    ...rules.map((rule) => `add rule ip ${table} ${name} ${rule}`),
  ]
  const toCluster = 'ip daddr . meta l4proto . th dport vmap @cluster'
  const toNodePort = `ip daddr != 127.0.0.0/8 ${nodePortsAt}fib daddr type local meta l4proto . th dport vmap @node-ports`
  const toSlot = 'meta l4proto { tcp, udp, sctp } dnat to ip daddr . meta l4proto . th dport . meta mark map @endpoints'
  return [
    `add table ip ${table}`,
    `add map ip ${table} cluster { type ${vip} : verdict; }`,
    `add map ip ${table} node-ports { type inet_proto . inet_service : verdict; }`,
    `add map ip ${table} endpoints { type ${vip} . mark : ipv4_addr . inet_service; }`,
    `add set ip ${table} hairpin { type ipv4_addr . ipv4_addr; }`,
    `add set ip ${table} cluster-ips { type ipv4_addr; }`,
    `add set ip ${table} unserved { type ${vip}; }`,
    `add set ip ${table} unserved-node-ports { type inet_proto . inet_service; }`,
    // A packet that is on its way while a transaction comes into force may find what it looks up gone, or less of it than
    // a map before has told: so every map is asked again, and slot 0 is there as long as there is any.
    ...chain('send', '', [toSlot, toSlot, 'meta mark set 0', toSlot]),
    ...chain('services', '', [toCluster, toCluster, toNodePort, toNodePort]),
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

/** Kubernetes: this bit of the mark asks for the source address to be hidden. */
export const masqueradeBit = '0x4000'
