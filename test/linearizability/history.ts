/**
 * Whether what clients saw of single objects could have come from one copy of them, changed at one moment per write.
 *
 * Every state of an object has a revision, so the order in which writes took effect need not be searched for, as it must for
 * plain registers: revisions are that order. What remains to be seen is that it agrees with each client's clock and answers.
 */

/** One call about one object. Times are of one clock; without `endMs` nobody knows whether it took effect. */
export interface Operation {
  readonly object: string
  readonly kind: 'create' | 'update' | 'delete' | 'read'
  readonly startMs: number
  readonly endMs?: number
  /** What it wrote; each write its own. */
  readonly value?: string
  /** The revision that it wanted to replace. */
  readonly expected?: number
  readonly result?: /** The state it made or found. */
    | { readonly ok: true; readonly revision: number; readonly value: string }
    /** Nothing there, already there, or another revision than the expected. */
    | { readonly ok: false; readonly why: 'absent' | 'exists' | 'conflict' }
}

/** One state of an object, or its end, as a watch or a list showed it. */
export interface Observation {
  readonly object: string
  readonly revision: number
  /** Undefined: it was deleted. */
  readonly value: string | undefined
}

type State = Observation

/** Everything that cannot be, in words; nothing when the history is linearizable. */
export function problemsOf(operations: readonly Operation[], observations: readonly Observation[]): string[] {
  const problems: string[] = []
  for (const object of new Set([...operations, ...observations].map((one) => one.object))) {
    const own = operations.filter((one) => one.object === object)
    const states = statesOf(
      own,
      observations.filter((one) => one.object === object),
      problems,
    )
    for (const operation of own) problems.push(...problemsOfOne(operation, states))
    problems.push(...orderProblems(own, states))
  }
  return problems
}

/** All known states by revision; each revision has one. */
function statesOf(own: readonly Operation[], seen: readonly Observation[], problems: string[]): readonly State[] {
  const byRevision = new Map<number, State>()
  const note = (state: State, who: string) => {
    const known = byRevision.get(state.revision)
    if (known === undefined) byRevision.set(state.revision, state)
    else if (known.value !== state.value)
      problems.push(`${who}: ${state.object} is both ${known.value} and ${state.value} at ${state.revision}`)
  }
  for (const observation of seen) note(observation, 'watch')
  for (const { object, kind, result } of own)
    if (result?.ok === true && kind !== 'delete') note({ object, revision: result.revision, value: result.value }, kind)
  return [...byRevision.values()].sort((a, b) => a.revision - b.revision)
}

function problemsOfOne(operation: Operation, states: readonly State[]): string[] {
  const { kind, object, value, expected, result, endMs } = operation
  const name = `${kind} ${value ?? ''} of ${object}`
  if (result === undefined || endMs === undefined) return []
  if (!result.ok) return []
  const problems: string[] = []
  if (kind === 'read') return problems
  if (kind !== 'delete' && result.value !== value) problems.push(`${name} was answered with ${result.value}`)
  const before = states.filter(({ revision }) => revision < result.revision).at(-1)
  if (kind === 'create' && before !== undefined && before.value !== undefined)
    problems.push(`${name} made ${result.revision} while ${before.revision} was there`)
  if (expected !== undefined && before !== undefined && before.revision !== expected)
    problems.push(`${name} replaced ${expected} at ${result.revision}, though ${before.revision} came between`)
  return problems
}

/** When each state can have begun at the earliest: when the call that made it began. */
function orderProblems(own: readonly Operation[], states: readonly State[]): string[] {
  const problems: string[] = []
  const startOf = new Map<string, number>()
  for (const { value, startMs, kind } of own) if (value !== undefined && kind !== 'read') startOf.set(value, startMs)
  const done = own.filter((one) => one.endMs !== undefined && one.result !== undefined)
  // The newest revision that had been told to somebody when a call began: nothing older may be told from then on.
  const ends = done
    .flatMap(({ endMs, result }) => (result?.ok === true ? [{ endMs: endMs!, revision: result.revision }] : []))
    .sort((a, b) => a.endMs - b.endMs)
  let most = 0
  for (const end of ends) end.revision = most = Math.max(most, end.revision)
  const newestBefore = (ms: number) => {
    let low = 0
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1
      if (ends[middle]!.endMs < ms) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : ends[low - 1]!.revision
  }
  for (const { kind, object, startMs, endMs, result, expected, value } of done) {
    const name = `${kind} ${value ?? ''} of ${object}`
    const known = newestBefore(startMs)
    if (result!.ok) {
      if (result!.revision < known) problems.push(`${name} tells of ${result!.revision} after ${known} was told`)
      if (kind !== 'read' && result!.revision === known) problems.push(`${name} made ${known} again`)
      const made = startOf.get(result!.value)
      if (made !== undefined && made > endMs!) problems.push(`${name} tells of ${result!.value} before it was written`)
      continue
    }
    // A refusal needs a moment within the call at which it was right.
    const possible = states.filter(({ value: one }) => one === undefined || (startOf.get(one) ?? 0) <= endMs!)
    const latest = possible.filter(({ revision }) => revision >= known)
    const right =
      result!.why === 'conflict'
        ? latest.some(({ revision }) => revision !== expected)
        : result!.why === 'exists'
          ? latest.some((one) => one.value !== undefined)
          : known === 0 || latest.some((one) => one.value === undefined)
    if (!right) problems.push(`${name} was refused (${result!.why}) with no moment at which that was right`)
  }
  return problems
}

/** What one watcher saw: runs that each begin with a list at a revision and go on with events. */
export interface WatchRun {
  readonly from: number
  readonly listed: readonly Observation[]
  readonly events: readonly Observation[]
  /** The newest revision that the watch has told of, by event or bookmark. */
  readonly until: number
}

/** What is out of order, missing or too much in a watcher's run, held against all states that anybody saw. */
export function watchProblems(run: WatchRun, all: readonly Observation[], who: string): string[] {
  const problems: string[] = []
  let last = run.from
  for (const { revision, object } of run.events) {
    if (revision <= last) problems.push(`${who}: ${object} at ${revision} comes after ${last}`)
    last = revision
  }
  const seen = new Map(run.events.map((one) => [one.revision, one]))
  const due = all.filter(({ revision }) => revision > run.from && revision <= run.until)
  for (const one of due)
    if (!seen.has(one.revision)) problems.push(`${who}: ${one.object} at ${one.revision} is missing`)
  const states = new Map<string, Observation>()
  for (const one of [...all].sort((a, b) => a.revision - b.revision))
    if (one.revision <= run.from) states.set(one.object, one)
  for (const one of run.listed)
    if (one.revision > run.from) problems.push(`${who}: the list at ${run.from} holds ${one.object} at ${one.revision}`)
  for (const [object, state] of states) {
    const listed = run.listed.find((one) => one.object === object)
    if (state.value === undefined ? listed !== undefined : listed?.revision !== state.revision)
      problems.push(`${who}: the list at ${run.from} holds ${object} at ${listed?.revision}, not at ${state.revision}`)
  }
  return problems
}
