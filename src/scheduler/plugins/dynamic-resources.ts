import { matchesNodeSelector, parseDuration } from '../../machinery/index.ts'
import { isReservedFor, type Pod, type ResourceClaim } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import { allocateDevices } from '../devices/allocate.ts'
import {
  bindClaim,
  deallocateClaim,
  deleteClaim,
  giveUpClaims,
  isOverdue,
  makeExtendedClaim,
  untilReady,
} from '../devices/bind-claims.ts'
import type { DeviceBook } from '../devices/device-book.ts'
import { type ExtendedClaim, ExtendedClaims } from '../devices/extended.ts'
import { claimsOfPod, claimsProblem, mustBeMadeReady, readiness } from '../devices/pod-claims.ts'
import { AllocationError } from '../devices/shapes.ts'
import {
  type BindTools,
  FilterError,
  fits,
  normalizeToMax,
  type Prepared,
  refuseAlways,
  type SchedulerPlugin,
  type Verdict,
} from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { PluginArguments } from '../profile/choices.ts'

/** Unlike Kubernetes: a search for devices holds up the whole process, and is given up after this long whatever is allowed. */
const searchMsMax = 1_000
/** Kubernetes: the most alternatives that a request has. */
const alternativesMax = 8
const notHere = refuseAlways('resourceclaim not available on the node')

const claimsAsked = ({ spec }: Pod) => (spec?.resourceClaims ?? []).length > 0
/** The classes of those resources of a pod that devices stand for; undefined: there are none. */
function extendedOf({ others }: PodFacts, book: DeviceBook): ReadonlyMap<string, string> | undefined {
  if (others.size === 0) return undefined
  const classOf = [...others].flatMap(([name, amount]): [string, string][] => {
    const known = amount === 0 ? undefined : book.classForResource(name)
    return known === undefined ? [] : [[name, known]]
  })
  return classOf.length === 0 ? undefined : new Map(classOf)
}

/** DynamicResources: a pod goes where the devices that its claims ask for can be had, and gets them before it is bound. */
export function dynamicResourcesOf(args: NonNullable<PluginArguments['DynamicResources']> = {}): SchedulerPlugin {
  const filterMs = Math.min(parseDuration(args.filterTimeout ?? '10s') || searchMsMax, searchMsMax)
  const bindingMs = parseDuration(args.bindingTimeout ?? '600s')
  /** Claims that are to be made for extended resources, by the pod's uid. */
  const toMake = new Map<string, ExtendedClaim>()
  return {
    name: 'DynamicResources',
    weight: 2,
    wakeOn: [
      'Node/Add',
      'Node/UpdateLabel',
      'Node/UpdateAllocatable',
      'ResourceClaim/Add',
      'ResourceClaim/Update',
      'Pod/UpdateGeneratedResourceClaim',
      'DeviceClass/Add',
      'DeviceClass/Update',
      'ResourceSlice/Add',
      'ResourceSlice/Update',
    ],
    skips: ({ pod, others }) => !claimsAsked(pod) && others.size === 0,
    preEnqueue(pod, { devices }) {
      // Before everything is known nothing can be said against a pod.
      if (!claimsAsked(pod) || devices?.isReady !== true) return fits
      const known = claimsOfPod(pod, devices)
      return 'problem' in known ? refuseAlways(known.problem) : fits
    },
    prepare(facts, columns) {
      const { devices } = columns
      if (devices === undefined) return undefined
      const extended = extendedOf(facts, devices)
      if (!claimsAsked(facts.pod) && extended === undefined) return undefined
      return new ClaimAnswers(facts.pod, columns, devices, extended, filterMs, bindingMs).prepared
    },
    postFilter(facts, columns) {
      const { pod } = facts
      const { devices } = columns
      const stale = devices === undefined || facts.others.size === 0 ? undefined : devices.extendedClaimOf(pod)
      if (stale !== undefined)
        return {
          says: 'deletion of ResourceClaim completed',
          act: ({ client }) => deleteClaim(stale, client),
        }
      const known = claimsAsked(pod) && devices !== undefined ? claimsOfPod(pod, devices) : { claims: [] }
      if ('problem' in known || known.claims.length === 0 || devices === undefined)
        return { says: 'no new claims to deallocate' }
      const idle = known.claims.find((claim) => isUnavailable(claim, columns, bindingMs) && isOnlyFor(claim, pod))
      if (idle === undefined) return { says: 'still not schedulable' }
      return {
        says: 'deallocation of ResourceClaim completed',
        act: ({ client }) => deallocateClaim(idle, { client, book: devices }),
      }
    },
    reserve: (facts, nodeName, columns) => reserveDevices(facts, nodeName, columns, filterMs, toMake),
    preBind: (facts, nodeName, tools, signal) => bindClaims(facts, nodeName, tools, bindingMs, toMake, signal),
    async unreserve({ pod, others }, _nodeName, { client, columns }) {
      const { devices } = columns
      const known = devices === undefined ? undefined : claimsOfPod(pod, devices)
      if (devices === undefined || known === undefined) return
      if ('claims' in known) await giveUpClaims(known.claims, pod, { client, book: devices })
      const made = others.size === 0 ? undefined : devices.extendedClaimOf(pod)
      if (made !== undefined) await deleteClaim(made, client)
    },
  }
}

/** What the nodes say to a pod's claims. */
class ClaimAnswers {
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
function isElsewhere({ status }: ResourceClaim, place: number, columns: NodeColumns): boolean {
  const selector = status?.allocation?.nodeSelector
  if (selector === undefined) return false
  const { name, labels = {} } = columns.nodes[place]!.metadata
  return !matchesNodeSelector(selector as never, { name, labels })
}

/** Whether the devices that a claim has have failed to become ready, or take too long to. */
function cannotBeReady(claim: ResourceClaim, book: DeviceBook, bindingMs: number): boolean {
  if (!book.features.bindingConditions || claim.status?.allocation === undefined) return false
  const { isReady, failure } = readiness(claim)
  return failure !== undefined || (!isReady && isOverdue(claim, book, bindingMs))
}

/** Whether a claim's devices keep its pod from some node. */
function isUnavailable(claim: ResourceClaim, columns: NodeColumns, bindingMs: number): boolean {
  if (claim.status?.allocation === undefined) return false
  if (cannotBeReady(claim, columns.devices!, bindingMs)) return true
  for (let place = 0; place < columns.size; place++)
    if (columns.alive[place] === 1 && isElsewhere(claim, place, columns)) return true
  return false
}

function isOnlyFor(claim: ResourceClaim, pod: Pod): boolean {
  const { reservedFor = [] } = claim.status
  return reservedFor.length === 0 || (reservedFor.length === 1 && isReservedFor(claim, pod))
}

function search(
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

function reserveDevices(
  facts: PodFacts,
  nodeName: string,
  columns: NodeColumns,
  searchMs: number,
  toMake: Map<string, ExtendedClaim>,
): Disposable | undefined {
  const { devices } = columns
  const place = columns.placeOf(nodeName)
  if (devices === undefined || place === undefined) return undefined
  const { pod } = facts
  const backed = extendedOf(facts, devices)
  const newUid = () => devices.random.uuid()
  const extended = backed && new ExtendedClaims(pod, backed, newUid).for(columns.others[place])
  if (!claimsAsked(pod) && extended === undefined) return undefined
  const known = claimsOfPod(pod, devices)
  if ('problem' in known) throw new Error(known.problem)
  const missing = [
    ...known.claims.filter(({ status }) => status?.allocation === undefined),
    ...(extended === undefined ? [] : [extended.claim]),
  ]
  const found = search(missing, columns.nodes[place]!, devices, searchMs)
  if ('reason' in found) throw new Error('claim allocation not found for node')
  const decided = missing.map((claim, at) => devices.decide(claim, found.results[at]!))
  if (extended !== undefined) toMake.set(pod.metadata.uid, extended)
  return {
    [Symbol.dispose]() {
      toMake.delete(pod.metadata.uid)
      for (const one of decided) one[Symbol.dispose]()
    },
  }
}

async function bindClaims(
  { pod }: PodFacts,
  nodeName: string,
  { client, columns, record }: BindTools,
  bindingMs: number,
  toMake: ReadonlyMap<string, ExtendedClaim>,
  signal: AbortSignal,
): Promise<void> {
  const { devices } = columns
  if (devices === undefined) return
  const known = claimsOfPod(pod, devices)
  if ('problem' in known) throw new Error(known.problem)
  const bound: ResourceClaim[] = []
  for (const claim of known.claims) {
    const decided = devices.decided(claim.metadata.uid)
    bound.push(isReservedFor(claim, pod) ? claim : await bindClaim(claim, decided, pod, { client, book: devices }))
  }
  const extended = toMake.get(pod.metadata.uid)
  if (extended !== undefined) bound.push(await makeExtendedClaim(extended, pod, { client, book: devices }, signal))
  if (!devices.features.bindingConditions || !bound.some(mustBeMadeReady)) return
  record(
    pod,
    'Normal',
    'BindingConditionsPending',
    'Scheduling',
    `waiting for binding conditions for device on node ${nodeName}`,
  )
  await untilReady(bound, devices, bindingMs, signal)
}
