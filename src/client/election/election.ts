import { type Clock, isNotFound, microTimestampOf, msOf, type ObjectName, type Random } from '../../machinery/index.ts'
import { type Lease, type LeaseSpec, leases } from '../../resources/index.ts'
import type { Client } from '../client.ts'

export interface ElectionParts {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly lease: ObjectName
  /** Who stands; no two candidates may share it. */
  readonly identity: string
  /** Does the leader's work until its signal aborts: when leadership, or the candidate's own life, ends. */
  readonly lead: (signal: AbortSignal) => Promise<void>
  readonly onNewLeader?: (identity: string) => void
  readonly leaseDurationMs?: number
  readonly renewDeadlineMs?: number
  readonly retryPeriodMs?: number
}

/** Stands for election until the signal aborts or leadership is lost; gives the Lease up when it stops as leader. */
export async function runElection(parts: ElectionParts, signal: AbortSignal): Promise<void> {
  const { clock, random, retryPeriodMs = 2000 } = parts
  const candidate = new Candidate(parts)
  while (!(await candidate.tryToLead())) {
    if (signal.aborted) return
    // Kubernetes: waits stretch by up to 1.2 times, so that candidates do not march in step.
    await clock.sleep(retryPeriodMs * (1 + 1.2 * random.next()), signal).catch(() => {})
    if (signal.aborted) return
  }
  const term = new AbortController()
  const onAbort = () => term.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  const working = parts.lead(term.signal)
  try {
    await Promise.race([working, keepLeading(parts, candidate, term.signal)])
  } finally {
    signal.removeEventListener('abort', onAbort)
    term.abort(new Error('leader election lost'))
    await working.catch(() => {})
    await candidate.release()
  }
}

/** Renews until the signal aborts, or until no renewal has succeeded for the deadline. */
async function keepLeading(parts: ElectionParts, candidate: Candidate, signal: AbortSignal): Promise<void> {
  const { clock, renewDeadlineMs = 10_000, retryPeriodMs = 2000 } = parts
  let renewedMs = clock.monotonic()
  while (!signal.aborted) {
    await clock.sleep(retryPeriodMs, signal).catch(() => {})
    if (signal.aborted) return
    if (await candidate.tryToLead()) renewedMs = clock.monotonic()
    else if (clock.monotonic() - renewedMs >= renewDeadlineMs) return
  }
}

/** One candidate's view of the Lease. It trusts no other clock: a Lease is stale when it has not moved for its time. */
class Candidate {
  readonly #parts: ElectionParts
  #seen: Lease | undefined
  #seenAtMs = 0
  #leader = ''

  constructor(parts: ElectionParts) {
    this.#parts = parts
  }

  async tryToLead(): Promise<boolean> {
    const { client, clock, lease: name, identity, leaseDurationMs = 15_000 } = this.#parts
    try {
      const held = await this.#read()
      if (held === undefined) {
        const object = {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { ...name },
          spec: this.#specOf(undefined),
        } as const
        this.#note(await client.create(leases, object))
        return true
      }
      const holder = held.spec.holderIdentity ?? ''
      const isLive =
        clock.monotonic() - this.#seenAtMs < (held.spec.leaseDurationSeconds ?? leaseDurationMs / 1000) * 1000
      if (holder !== '' && holder !== identity && isLive) return false
      this.#note(await client.update(leases, { ...held, spec: this.#specOf(held.spec) }))
      return true
    } catch {
      return false
    }
  }

  async release(): Promise<void> {
    const { client, clock, identity } = this.#parts
    const held = this.#seen
    if (held === undefined || held.spec.holderIdentity !== identity) return
    const now = microTimestampOf(clock.now())
    const { leaseTransitions = 0 } = held.spec
    const spec = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now, leaseTransitions }
    await client.update(leases, { ...held, spec }).catch(() => {})
  }

  async #read(): Promise<Lease | undefined> {
    const { client, lease: name } = this.#parts
    try {
      const held = await client.get(leases, name)
      if (held.metadata.resourceVersion !== this.#seen?.metadata.resourceVersion) this.#note(held)
      return held
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  #note(held: Lease): void {
    this.#seen = held
    this.#seenAtMs = this.#parts.clock.monotonic()
    const leader = held.spec.holderIdentity ?? ''
    if (leader !== '' && leader !== this.#leader) this.#parts.onNewLeader?.(leader)
    this.#leader = leader
  }

  #specOf(held: LeaseSpec | undefined): LeaseSpec {
    const { clock, identity, leaseDurationMs = 15_000 } = this.#parts
    const now = microTimestampOf(clock.now())
    const mine = held?.holderIdentity === identity
    return {
      holderIdentity: identity,
      leaseDurationSeconds: leaseDurationMs / 1000,
      acquireTime: mine && !Number.isNaN(msOf(held.acquireTime)) ? held.acquireTime! : now,
      renewTime: now,
      leaseTransitions: mine || held === undefined ? (held?.leaseTransitions ?? 0) : (held.leaseTransitions ?? 0) + 1,
    }
  }
}
