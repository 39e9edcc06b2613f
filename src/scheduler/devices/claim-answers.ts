import { matchesNodeSelector } from '../../machinery/index.ts'
import type { Pod, ResourceClaim } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import { FilterError, fits, normalizeToMax, type Prepared, refuseAlways, type Verdict } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import { allocateDevices } from './allocate.ts'
import { isOverdue } from './bind-claims.ts'
import type { DeviceBook } from './device-book.ts'
import { ExtendedClaims } from './extended.ts'
import { claimsOfPod, claimsProblem, readiness } from './pod-claims.ts'
import { AllocationError } from './shapes.ts'

/** Kubernetes: the most alternatives that a request has. */
const alternativesMax = 8
const notHere = refuseAlways('resourceclaim not available on the node')

/** The classes of those resources of a pod that devices stand for; undefined: there are none. */
export function extendedOf({ others }: PodFacts, book: DeviceBook): ReadonlyMap<string, string> | undefined {
  if (others.size === 0) return undefined
  const classOf = [...others].flatMap(([name, amount]): [string, string][] => {
    const known = amount === 0 ? undefined : book.classForResource(name)
    return known === undefined ? [] : [[name, known]]
  })
  return classOf.length === 0 ? undefined : new Map(classOf)
}

/** What the nodes say to a pod's claims. */
export class ClaimAnswers {
  readonly #columns: NodeColumns
  readonly #book: DeviceBook
  readonly #claims: readonly ResourceClaim[]
  readonly #missing: readonly ResourceClaim[]
  readonly #extended: ExtendedClaims | undefined
  readonly #searchMs: number
  readonly #bindingMs: number
  readonly #scores = new Map<number, number>()
  readonly prepared: Prepared | undefined

  constructor(
    pod: Pod,
    columns: NodeColumns,
    book: DeviceBook,
    extended: ReadonlyMap<string, string> | undefined,
    searchMs: number,
    bindingMs: number,
  ) {
    this.#columns = columns
    this.#book = book
    this.#searchMs = searchMs
    this.#bindingMs = bindingMs
    const known = claimsOfPod(pod, book)
    this.#claims = 'claims' in known ? known.claims : []
    this.#missing = this.#claims.filter(({ status }) => status?.allocation === undefined)
    this.#extended = extended === undefined ? undefined : new ExtendedClaims(pod, extended, () => book.random.uuid())
    const stale = extended !== undefined && book.extendedClaimOf(pod) !== undefined
    const problem =
      'problem' in known
        ? known.problem
        : (claimsProblem(this.#claims, book) ?? (stale ? 'cannot schedule extended resource claim' : undefined))
    if (problem !== undefined) this.prepared = { nowhere: refuseAlways(problem) }
    else if (this.#claims.length > 0 || extended !== undefined)
      this.prepared = {
        filter: (place) => this.#filter(place),
        remedy: (place) => this.#remedy(place),
        ...(book.features.prioritizedList && this.#claims.some(hasAlternatives)
          ? {
              score: (place) => this.#score(place),
              normalize: (scores, count) => normalizeToMax(scores, count, false),
            }
          : {}),
      }
  }

  #filter(place: number): Verdict {
    if (this.#claims.some((claim) => isElsewhere(claim, place, this.#columns))) return notHere
    if (this.#claims.some((claim) => cannotBeReady(claim, this.#book, this.#bindingMs))) return notHere
    const node = this.#columns.nodes[place]!
    const extended = this.#extended?.for(this.#columns.others[place])
    const wanted = extended === undefined ? this.#missing : [...this.#missing, extended.claim]
    const found = search(wanted, node, this.#book, this.#searchMs)
    if ('reason' in found) return refuseAlways(found.reason)
    let next = 0
    const given = this.#claims.map((claim) => claim.status?.allocation ?? found.results[next++]!)
    this.#scores.set(
      place,
      this.#claims.reduce((sum, claim, at) => sum + scoreOf(claim, given[at]!), 0),
    )
    return fits
  }

  #score(place: number): number {
    if (!this.#scores.has(place)) this.#filter(place)
    return this.#scores.get(place) ?? 0
  }

  #remedy(place: number): string {
    const names = (claims: readonly ResourceClaim[]) => claims.map(({ metadata }) => metadata.name).join(', ')
    const elsewhere = this.#claims.filter((claim) => isElsewhere(claim, place, this.#columns))
    if (elsewhere.length > 0)
      return `the devices of claim ${names(elsewhere)} are on other nodes: let the pod go there, or give the claim up`
    const { metadata } = this.#columns.nodes[place]!
    const slices = this.#book.slicesFor(metadata.name)
    const devices = slices.reduce((sum, { spec }) => sum + (spec.devices ?? []).length, 0)
    const extended = this.#extended?.for(this.#columns.others[place])
    const forWhat =
      extended === undefined
        ? `claim ${names(this.#missing)}`
        : `what the pod asks for as ${[...new Set(extended.mappings.map(({ resourceName }) => resourceName))].join(', ')}`
    return devices === 0
      ? `no driver offers devices on ${metadata.name}: no ResourceSlice is for it`
      : `of the ${devices} devices in ResourceSlices that may be for the node, too few that suit ${forWhat} are free`
  }
}

/** Kubernetes: the earlier among the alternatives of a request the one that was found is, the better. */
function scoreOf(
  { spec }: ResourceClaim,
  allocation: { readonly devices?: { readonly results?: readonly { readonly request: string }[] } },
): number {
  const met = new Set((allocation.devices?.results ?? []).map(({ request }) => request))
  return (spec.devices?.requests ?? []).reduce((sum, { name, firstAvailable = [] }) => {
    const found = firstAvailable.findIndex((one) => met.has(`${name}/${one.name}`))
    return found < 0 ? sum : sum + alternativesMax - found
  }, 0)
}

const hasAlternatives = ({ spec }: ResourceClaim) =>
  (spec.devices?.requests ?? []).some(({ firstAvailable = [] }) => firstAvailable.length > 0)

/** Whether the devices that a claim has cannot be reached from a place. */
export function isElsewhere({ status }: ResourceClaim, place: number, columns: NodeColumns): boolean {
  const selector = status?.allocation?.nodeSelector
  if (selector === undefined) return false
  const { name, labels = {} } = columns.nodes[place]!.metadata
  return !matchesNodeSelector(selector as never, { name, labels })
}

/** Whether the devices that a claim has have failed to become ready, or take too long to. */
export function cannotBeReady(claim: ResourceClaim, book: DeviceBook, bindingMs: number): boolean {
  if (!book.features.bindingConditions || claim.status?.allocation === undefined) return false
  const { isReady, failure } = readiness(claim)
  return failure !== undefined || (!isReady && isOverdue(claim, book, bindingMs))
}

/** The devices for some claims on a node. */
export function search(
  claims: readonly ResourceClaim[],
  node: NonNullable<NodeColumns['nodes'][number]>,
  book: DeviceBook,
  searchMs: number,
): ReturnType<typeof allocateDevices> {
  if (claims.length === 0) return { results: [] }
  const startedMs = book.clock.monotonic()
  try {
    return allocateDevices(claims, node, book, {
      newShareId: () => book.random.uuid(),
      isLate: () => book.clock.monotonic() - startedMs > searchMs,
    })
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error
    throw new FilterError(`running "DynamicResources" filter plugin: ${error.message}`, { cause: error })
  }
}
