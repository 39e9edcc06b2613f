import { conditionOf, tryQuantity } from '../../machinery/index.ts'
import type { Endpoint, Node, Service } from '../../resources/index.ts'

/** What share of the processors of all nodes that are ready lies in each zone; undefined: too little is known of them. */
export type ZoneShares = ReadonlyMap<string, number> | undefined

/** Which zone's traffic each endpoint that is ready should take, or why no endpoint is for a zone of its own. */
export type ZoneHints =
  | { readonly zones: ReadonlyMap<Endpoint, string>; readonly problem: undefined }
  | { readonly zones: undefined; readonly problem: string }

/** Kubernetes: an endpoint may have to bear this much more than its even share. */
const overloadMax = 0.2
const zoneLabel = 'topology.kubernetes.io/zone'
/** Kubernetes: what runs on the control plane's machines is not for everybody. */
const leftOut = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']

/** Whether a service asks for its endpoints to be shared out among zones. */
export function wantsZoneHints({ metadata }: Service): boolean {
  const { annotations = {} } = metadata
  const wish =
    annotations['service.kubernetes.io/topology-aware-hints'] ?? annotations['service.kubernetes.io/topology-mode']
  return wish === 'Auto' || wish === 'auto'
}

/** What of a node counts here: its zone and processors while it is ready, nothing otherwise. */
export function zoneFactsOf({ metadata, status }: Node): { readonly zone: string; readonly cpu: number } | undefined {
  const { labels = {} } = metadata
  if (leftOut.some((label) => labels[label] !== undefined)) return undefined
  if (conditionOf({ status: status ?? {} }, 'Ready')?.status !== 'True') return undefined
  return { zone: labels[zoneLabel] ?? '', cpu: Number(tryQuantity(status?.allocatable?.['cpu'] ?? '0')?.nanos ?? 0n) }
}

/** Kubernetes: one node of which the zone or the processors are not known, and nothing is known of any. */
export function zoneSharesOf(nodes: readonly Node[]): ZoneShares {
  const cpus = new Map<string, number>()
  let total = 0
  for (const node of nodes) {
    const facts = zoneFactsOf(node)
    if (facts === undefined) continue
    if (facts.zone === '' || facts.cpu === 0) return undefined
    cpus.set(facts.zone, (cpus.get(facts.zone) ?? 0) + facts.cpu)
    total += facts.cpu
  }
  return cpus.size < 2 ? undefined : new Map([...cpus].map(([zone, cpu]) => [zone, cpu / total]))
}

interface Share {
  readonly wanted: number
  readonly least: number
  readonly most: number
}

/**
 * Shares endpoints out among zones by their processors. Those that were for a zone stay so while no zone has too few or too
 * many; else each begins with its own zone, and zones that have too many give to those that have too few.
 */
export function hintZones(
  endpoints: readonly Endpoint[],
  shares: ZoneShares,
  before: (endpoint: Endpoint) => string | undefined,
): ZoneHints {
  const ready = endpoints.filter(({ conditions }) => conditions?.ready === true)
  const wanted = wantedShares(ready.length, shares)
  if (typeof wanted === 'string') return { zones: undefined, problem: wanted }
  if (ready.some(({ zone = '' }) => zone === ''))
    return { zones: undefined, problem: 'One or more endpoints do not have a zone specified' }
  const zones = new Map(ready.map((one) => [one, before(one) ?? one.zone!]))
  const counts = countsOf(zones)
  const holds = [...wanted].every(([zone, { least, most }]) => {
    const count = counts.get(zone) ?? 0
    return count >= least && count <= most
  })
  if (holds && [...counts.keys()].every((zone) => wanted.has(zone))) return { zones, problem: undefined }
  for (const one of ready) zones.set(one, one.zone!)
  evenOut(zones, wanted)
  return { zones, problem: undefined }
}

function wantedShares(count: number, shares: ZoneShares): ReadonlyMap<string, Share> | string {
  if (shares === undefined)
    return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes'
  const size = `(${count} endpoints, ${shares.size} zones)`
  if (shares.size > count) return `Insufficient number of endpoints ${size}`
  const least = new Map([...shares].map(([zone, share]) => [zone, Math.ceil((share * count) / (1 + overloadMax))]))
  const spare = [...least.values()].reduce((left, one) => left - one, count)
  if (spare < 0)
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${size}`
  return new Map(
    [...shares].map(([zone, share]) => {
      const minimum = least.get(zone)!
      return [zone, { wanted: Math.max(share * count, minimum), least: minimum, most: minimum + spare }]
    }),
  )
}

function countsOf(zones: ReadonlyMap<Endpoint, string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const zone of zones.values()) counts.set(zone, (counts.get(zone) ?? 0) + 1)
  return counts
}

/** Has the zone with the most too many give to the one with the most too few, while that makes it more even. */
function evenOut(zones: Map<Endpoint, string>, wanted: ReadonlyMap<string, Share>): void {
  const counts = countsOf(zones)
  const over = new Map([...wanted].map(([zone, share]) => [zone, (counts.get(zone) ?? 0) - share.wanted]))
  const by = (sign: number) => [...over].sort(([, left], [, right]) => sign * (right - left))[0]!
  for (;;) {
    const [[giving, gives], [receiving, lacks]] = [by(1), by(-1)]
    // Kubernetes: less than half an endpoint is nothing to give, and two halves are too little as well.
    if (gives < 0.5 || -lacks < 0.5 || (gives < 1 && -lacks < 1)) return
    const given = [...zones].find(([, zone]) => zone === giving)?.[0]
    if (given === undefined) return
    zones.set(given, receiving)
    over.set(giving, gives - 1)
    over.set(receiving, lacks + 1)
  }
}
