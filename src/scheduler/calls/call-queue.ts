/** Kubernetes' names of the calls that its scheduler makes beside its work. */
export type CallType = 'pod_binding' | 'pod_status_patch'

/** Kubernetes: where two calls are about one pod, the more relevant one is made. */
export const relevance: Readonly<Record<CallType, number>> = { pod_status_patch: 1, pod_binding: 2 }

/** A call about one object. */
export interface ApiCall<Type extends string = CallType> {
  readonly type: Type
  readonly uid: string
  /** The call that stands for an earlier one of the same type as well. */
  after(earlier: this): this
  /** Whether nothing would change by it. */
  readonly isNoOp: boolean
  execute(): Promise<void>
}
/** Why a call was not made, where that is no failure. */
export type Outcome = 'executed' | 'skipped' | 'overwritten'

interface Entry<Call> {
  call: Call
  readonly settle: (outcome: Outcome, error?: unknown) => void
}
interface InFlight<Call> {
  readonly entry: Entry<Call>
  /** What is to be called once this one has ended. */
  next: Entry<Call> | undefined
}

/**
 * Calls that wait to be made, one for each object, first come first served. Invariants:
 * 1. Of an object no two calls are under way at once.
 * 2. Of an object one call waits at most: a newer one of the same type stands for both, of different types the more relevant stays.
 * 3. What would change nothing does not wait, unless a call about the object is under way, after which it might.
 */
export class CallQueue<Call extends ApiCall<string> = ApiCall> {
  readonly #relevance: Readonly<Record<string, number>>
  /** In the order they are to be made. */
  readonly #pending = new Map<string, Entry<Call>>()
  readonly #inFlight = new Map<string, InFlight<Call>>()

  constructor(relevances: Readonly<Record<string, number>> = relevance) {
    this.#relevance = relevances
  }

  /** How many calls wait, by type; those under way, and those behind one of them, are not counted. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { call } of this.#pending.values()) counts.set(call.type, (counts.get(call.type) ?? 0) + 1)
    return counts
  }

  /** Takes in a call; `settle` is told once what became of it. */
  add(call: Call, settle: Entry<Call>['settle']): void {
    const { uid } = call
    const flight = this.#inFlight.get(uid)
    const old = flight === undefined ? this.#pending.get(uid) : (flight.next ?? flight.entry)
    const entry: Entry<Call> = { call, settle }
    if (old !== undefined) {
      if (this.#relevance[call.type]! < this.#relevance[old.call.type]!) {
        settle('skipped')
        return
      }
      if (old.call.type === call.type) entry.call = call.after(old.call)
      if (old !== flight?.entry) old.settle('overwritten')
    }
    if (flight !== undefined) flight.next = entry
    else if (entry.call.isNoOp) {
      this.#pending.delete(uid)
      settle('skipped')
    } else this.#pending.set(uid, entry)
  }

  /** The call that waits longest, which is under way from now on; undefined when none waits. */
  pop(): Entry<Call> | undefined {
    const [first] = this.#pending
    if (first === undefined) return undefined
    const [uid, entry] = first
    this.#pending.delete(uid)
    this.#inFlight.set(uid, { entry, next: undefined })
    return entry
  }

  /** A call has ended: what came up for its object meanwhile takes its turn. */
  finalize(uid: string): void {
    const next = this.#inFlight.get(uid)?.next
    this.#inFlight.delete(uid)
    if (next !== undefined) this.#pending.set(uid, next)
  }

  /** The call that an object will have seen in the end, if any. */
  last(uid: string): Call | undefined {
    const flight = this.#inFlight.get(uid)
    return (flight === undefined ? this.#pending.get(uid) : (flight.next ?? flight.entry))?.call
  }

  /** A call that waits is another from now on, or none where nothing would change by it any more. */
  replace(uid: string, make: (call: Call) => Call): void {
    const entry = this.#pending.get(uid) ?? this.#inFlight.get(uid)?.next
    if (entry === undefined) return
    entry.call = make(entry.call)
    if (!entry.call.isNoOp || !this.#pending.has(uid)) return
    this.#pending.delete(uid)
    entry.settle('skipped')
  }
}
