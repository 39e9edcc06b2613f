import type { Endpoint, Frontend } from '../rules/rules.ts'
import { masqueradeBit, type SetName } from './fixed-parts.ts'

/** What one service needs in a table. */
export interface ServiceParts {
  /** The rules of chains, by name. Chains of one name have the same rules, whoever needs them. */
  readonly chains: ReadonlyMap<string, readonly string[]>
  /** Sets that remember clients, by name: what they are declared as. */
  readonly memories: ReadonlyMap<string, string>
  /** Elements: the set or map, the key, and for a map the value. */
  readonly elements: readonly (readonly [set: SetName, key: string, value?: string])[]
}

/**
 * The parts of a service with these frontends, reached at these addresses. Plain ones are elements of maps only, so that
 * a service costs little; those with affinity or hidden sources have chains of their own. Pure.
 */
export function partsOf(frontends: readonly Frontend[], clusterIps: readonly string[]): ServiceParts {
  const chains = new Map<string, readonly string[]>()
  const memories = new Map<string, string>()
  const elements: [SetName, string, string?][] = clusterIps.map((ip) => ['cluster-ips', ip])
  for (const frontend of frontends) {
    const { ip, protocol, port, endpoints } = frontend
    const key = ip === undefined ? `${protocol} . ${port}` : `${ip} . ${protocol} . ${port}`
    const vips = ip === undefined ? 'node-ports' : 'cluster'
    const lead = (verdict: string) => elements.push([vips, key, held(frontend, verdict, chains)])
    for (const endpoint of endpoints) elements.push(['hairpin', `${endpoint.ip} . ${endpoint.ip}`])
    if (endpoints.length === 0) {
      if (frontend.whenEmpty === 'drop') lead('drop')
      else elements.push([ip === undefined ? 'unserved-node-ports' : 'unserved', key])
    } else if (ip !== undefined && !frontend.masquerade && frontend.affinitySeconds === 0) {
      const pick = `pick-${endpoints.length}`
      chains.set(pick, [`meta mark set numgen random mod ${endpoints.length}`, 'goto send'])
      lead(`goto ${pick}`)
      for (const [slot, endpoint] of endpoints.entries())
        elements.push(['endpoints', `${key} . ${slot}`, `${endpoint.ip} . ${endpoint.port}`])
    } else {
      lead(`goto ${addChains(frontend, chains, memories)}`)
    }
  }
  return { chains, memories, elements }
}

/** The verdict, for those alone who may come: a chain of its own keeps others out. */
function held(frontend: Frontend, verdict: string, chains: Map<string, readonly string[]>): string {
  const { sources = [] } = frontend
  if (sources.length === 0 || verdict === 'drop') return verdict
  const name = `from-${chainOf(frontend)}`
  // A rule for each: in one set, ranges that lie within each other would be refused.
  chains.set(name, [...sources.map((range) => `ip saddr ${range} ${verdict}`), 'drop'])
  return `goto ${name}`
}

/** A service with memory of its clients or hidden sources: a chain of its own, and one for each endpoint. */
function addChains(frontend: Frontend, chains: Map<string, readonly string[]>, memories: Map<string, string>): string {
  const { endpoints, masquerade, affinitySeconds, protocol } = frontend
  const name = chainOf(frontend)
  const own = endpoints.map((endpoint) => `${name}-${suffixOf(endpoint)}`)
  const isRemembered = affinitySeconds > 0
  // How long is part of the name: a set that is there cannot be declared otherwise.
  const memoryOf = (chain: string) => `clients-${chain}-${affinitySeconds}`
  for (const [at, { ip, port }] of endpoints.entries()) {
    const memory = memoryOf(own[at]!)
    if (isRemembered) memories.set(memory, `{ type ipv4_addr; flags dynamic,timeout; timeout ${affinitySeconds}s; }`)
    chains.set(own[at]!, [
      ...(isRemembered ? [`update @${memory} { ip saddr }`] : []),
      `meta l4proto ${protocol} dnat to ${ip}:${port}`,
    ])
  }
  chains.set(name, [
    ...(masquerade ? [`meta mark set meta mark | ${masqueradeBit}`] : []),
    ...(isRemembered ? own.map((chain) => `ip saddr @${memoryOf(chain)} goto ${chain}`) : []),
    ...(own.length > 1
      ? [`numgen random mod ${own.length} vmap { ${own.map((chain, at) => `${at} : goto ${chain}`).join(', ')} }`]
      : []),
    // The only one; or what is left to a packet whose map goes with a transaction that comes into force right now.
    `goto ${own[0]}`,
  ])
  return name
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
