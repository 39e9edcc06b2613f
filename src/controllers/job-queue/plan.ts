import {
  compareQuantities,
  conditionOf,
  labelQueryOf,
  quantityText,
  sameJson,
  subtractQuantities,
} from '../../machinery/index.ts'
import { hasStarted, type Job, type JobQueue, orderOf, queueLabel } from '../../resources/index.ts'
import { isFinished } from '../job/plan.ts'
import { type Amounts, amountIn, amountsOf, needsOf, sum, surplus, textOf } from './amounts.ts'

/** What is there: queues, Jobs that name one, and what is known about them. */
export interface QueueWorld {
  readonly queues: readonly JobQueue[]
  readonly jobs: readonly Job[]
  readonly findJob: (namespace: string, name: string) => Job | undefined
  readonly namespaceLabels: (namespace: string) => Readonly<Record<string, string>> | undefined
  readonly priorityOf: (className: string) => number
}
export interface QueuePlan {
  readonly admit: readonly { readonly job: Job; readonly message: string }[]
  readonly wait: readonly { readonly job: Job; readonly reason: string; readonly message: string }[]
  /** Their queue is being emptied. */
  readonly stop: readonly { readonly job: Job; readonly message: string }[]
  /** Statuses that changed. */
  readonly statuses: readonly { readonly queue: JobQueue; readonly status: NonNullable<JobQueue['status']> }[]
}

interface Candidate {
  readonly job: Job
  readonly needs: Amounts
  readonly priority: number
}
/** A queue while it is planned for. */
interface Line {
  readonly queue: JobQueue
  readonly quota: Amounts
  used: Amounts
  admitted: number
  /** What the running Jobs of each namespace have of it. */
  readonly byNamespace: Map<string, Amounts>
  /** Those that wait, by namespace, the first of each first. */
  readonly waiting: Map<string, Candidate[]>
  pending: number
}

/**
 * Which Jobs start now, and why the others wait. A Job starts when its queue has enough left, or may borrow it from its cohort.
 * Who is next: of a queue, the highest priority, then the namespace that has least of the queue, then the oldest; of a cohort,
 * queues within their own quota go before those that borrow, and of these the one that has borrowed least for its weight.
 */
export function planQueues(world: QueueWorld): QueuePlan {
  const lines = new Map(world.queues.map((queue) => [queue.metadata.name, lineOf(queue)]))
  const wait: { job: Job; reason: string; message: string }[] = []
  const stop: { job: Job; message: string }[] = []
  for (const job of world.jobs) {
    if (isFinished(job) || job.metadata.deletionTimestamp !== undefined) continue
    const name = job.metadata.labels?.[queueLabel] ?? ''
    const line = lines.get(name)
    if (job.spec.suspend !== true) {
      if (line === undefined) continue
      if (line.queue.spec.stopPolicy === 'HoldAndDrain') {
        stop.push({ job, message: `the queue ${name} is being drained` })
        continue
      }
      take(line, job, needsOf(job))
      continue
    }
    const refusal = line === undefined ? undefined : refusalOf(job, line, world)
    if (line === undefined) wait.push({ job, reason: 'QueueNotFound', message: `there is no queue ${name}` })
    else if (refusal !== undefined) wait.push({ job, ...refusal })
    else queueUp(line, { job, needs: needsOf(job), priority: priorityOf(job, world) })
    if (line !== undefined) line.pending++
  }
  for (const { waiting } of lines.values()) for (const list of waiting.values()) list.sort(byPriorityAndAge)
  const admit: { job: Job; message: string }[] = []
  for (const cohort of cohortsOf([...lines.values()])) admitFrom(cohort, admit, wait)
  const statuses = [...lines.values()].flatMap((line) => {
    const status = statusOf(line)
    return sameJson(status, line.queue.status) ? [] : [{ queue: line.queue, status }]
  })
  return { admit, wait, stop, statuses }
}

function lineOf(queue: JobQueue): Line {
  return {
    queue,
    quota: amountsOf(queue.spec.nominalQuota),
    used: new Map(),
    admitted: 0,
    byNamespace: new Map(),
    waiting: new Map(),
    pending: 0,
  }
}

function take(line: Line, { metadata }: Job, needs: Amounts): void {
  const { namespace = '' } = metadata
  line.used = sum(line.used, needs)
  line.byNamespace.set(namespace, sum(line.byNamespace.get(namespace) ?? new Map(), needs))
  line.admitted++
}

function queueUp({ waiting }: Line, candidate: Candidate): void {
  const { namespace = '' } = candidate.job.metadata
  const list = waiting.get(namespace) ?? []
  waiting.set(namespace, list)
  list.push(candidate)
}

/** Why a Job is not even considered. */
function refusalOf(
  job: Job,
  { queue }: Line,
  { findJob, namespaceLabels }: QueueWorld,
): { readonly reason: string; readonly message: string } | undefined {
  const { namespace = '' } = job.metadata
  const { name } = queue.metadata
  const { stopPolicy = 'None', namespaceSelector } = queue.spec
  const order = hasStarted(job) ? undefined : orderOf(job, (other) => findJob(namespace, other))
  if (order !== undefined && order.waitsFor.length > 0)
    return {
      reason: 'WaitingForJobs',
      message: `waits for Job ${order.waitsFor.map((one) => one.name).join(', ')} first`,
    }
  if (namespaceSelector !== undefined && !labelQueryOf(namespaceSelector).matches(namespaceLabels(namespace) ?? {}))
    return { reason: 'NamespaceNotAllowed', message: `the queue ${name} does not take Jobs of namespace ${namespace}` }
  if (stopPolicy !== 'None') return { reason: 'QueueStopped', message: `the queue ${name} is stopped (${stopPolicy})` }
  return undefined
}

function priorityOf({ spec }: Job, world: QueueWorld): number {
  const { priority, priorityClassName = '' } = spec.template.spec
  return priority ?? (priorityClassName === '' ? 0 : world.priorityOf(priorityClassName))
}

function byPriorityAndAge(left: Candidate, right: Candidate): number {
  if (left.priority !== right.priority) return right.priority - left.priority
  const [a, b] = [left, right].map(({ job }) => `${job.metadata.creationTimestamp} ${job.metadata.name}`)
  return a === b ? 0 : a! < b! ? -1 : 1
}

/** Queues that lend to each other, together; each of the others alone. */
function cohortsOf(lines: readonly Line[]): readonly (readonly Line[])[] {
  const cohorts = new Map<string, Line[]>()
  for (const line of lines) {
    const { cohort = '' } = line.queue.spec
    const key = cohort === '' ? `queue ${line.queue.metadata.name}` : `cohort ${cohort}`
    cohorts.set(key, [...(cohorts.get(key) ?? []), line])
  }
  return [...cohorts.values()]
}

function admitFrom(
  cohort: readonly Line[],
  admit: { job: Job; message: string }[],
  wait: { job: Job; reason: string; message: string }[],
): void {
  const blocked = new Set<Line>()
  for (;;) {
    const next = nextOf(
      cohort.filter((line) => !blocked.has(line)),
      cohort,
    )
    if (next === undefined) break
    const { line, candidate } = next
    const { job, needs } = candidate
    const { name } = line.queue.metadata
    remove(line, candidate)
    const shortage = shortageOf(line, needs, cohort)
    if (shortage === undefined) {
      const borrows = [...surplus(limited(sum(line.used, needs), line.quota), line.quota).keys()]
      take(line, job, needs)
      line.pending--
      const how = borrows.length === 0 ? '' : `, borrowing ${borrows.join(', ')} from its cohort`
      admit.push({ job, message: `Admitted by queue ${name}${how}` })
      continue
    }
    wait.push({ job, reason: 'InsufficientQuota', message: `queue ${name}: ${shortage}` })
    if (line.queue.spec.queueingStrategy !== 'StrictFIFO') continue
    blocked.add(line)
    for (const list of line.waiting.values())
      for (const one of list.splice(0))
        wait.push({
          job: one.job,
          reason: 'BehindOthers',
          message: `queue ${name}: waits behind Job ${job.metadata.name}`,
        })
  }
}

/** Whose turn it is. */
function nextOf(
  open: readonly Line[],
  cohort: readonly Line[],
): { readonly line: Line; readonly candidate: Candidate } | undefined {
  const heads = open.flatMap((line) => {
    const candidate = headOf(line)
    if (candidate === undefined) return []
    const after = limited(sum(line.used, candidate.needs), line.quota)
    const share = shareOf(surplus(after, line.quota), lentBy(cohort)) / (line.queue.spec.fairSharing?.weight ?? 1)
    return [{ line, candidate, share }]
  })
  return heads.toSorted((a, b) =>
    a.share === b.share ? byPriorityAndAge(a.candidate, b.candidate) : a.share - b.share,
  )[0]
}

/** Kueue: strictly by priority and age, or, without such strictness, in turn for the namespaces. */
function headOf(line: Line): Candidate | undefined {
  const isStrict = line.queue.spec.queueingStrategy === 'StrictFIFO'
  const heads = [...line.waiting].flatMap(([namespace, [candidate]]) =>
    candidate === undefined
      ? []
      : [{ candidate, share: isStrict ? 0 : shareOf(line.byNamespace.get(namespace) ?? new Map(), line.quota) }],
  )
  const first = heads.toSorted((a, b) => {
    if (a.candidate.priority !== b.candidate.priority || a.share === b.share)
      return byPriorityAndAge(a.candidate, b.candidate)
    return a.share - b.share
  })[0]
  return first?.candidate
}

function remove({ waiting }: Line, { job }: Candidate): void {
  waiting.get(job.metadata.namespace ?? '')?.shift()
}

/** The largest share that amounts are of what there is. */
function shareOf(amounts: Amounts, of: Amounts): number {
  let largest = 0
  for (const [name, { nanos }] of amounts) {
    const all = amountIn(of, name).nanos
    if (all > 0n) largest = Math.max(largest, Number((nanos * 1_000_000n) / all) / 1_000_000)
  }
  return largest
}

/** Only the resources that a quota limits. */
const limited = (amounts: Amounts, quota: Amounts): Amounts => new Map([...amounts].filter(([name]) => quota.has(name)))
const lentBy = (cohort: readonly Line[]): Amounts => sum(...cohort.map(({ quota }) => quota))

/** What the queue lacks for a Job, in words; undefined when it has enough, or may borrow it. */
function shortageOf(line: Line, needs: Amounts, cohort: readonly Line[]): string | undefined {
  const { quota, queue } = line
  const limit = queue.spec.borrowingLimit === undefined ? undefined : amountsOf(queue.spec.borrowingLimit)
  const all = lentBy(cohort)
  const usedByAll = sum(...cohort.map(({ used }) => used))
  const lacks = [...needs].flatMap(([name, need]) => {
    const own = quota.get(name)
    if (own === undefined || need.nanos === 0n) return []
    const after = sum(line.used, needs).get(name)!
    const isWithinOwn = compareQuantities(after, own) <= 0
    const mayBorrow =
      cohort.length > 1 && (limit === undefined || !limit.has(name) || isWithin(after, own, limit.get(name)!))
    const isLent = compareQuantities(sum(usedByAll, needs).get(name)!, amountIn(all, name)) <= 0
    if ((isWithinOwn || mayBorrow) && isLent) return []
    const asks = `${quantityText(need)} of ${name} asked for`
    const most = mayBorrow ? amountIn(all, name) : own
    return compareQuantities(need, most) > 0
      ? [`${asks}, more than the ${quantityText(most)} it can ever give`]
      : [
          `${asks}, and the rest of its ${quantityText(own)}${mayBorrow ? `, and of its cohort's ${quantityText(most)},` : ''} is in use`,
        ]
  })
  return lacks.length === 0 ? undefined : lacks.join('; ')
}

const isWithin = (after: Parameters<typeof compareQuantities>[0], own: typeof after, limit: typeof after): boolean =>
  compareQuantities(subtractQuantities(after, own), limit) <= 0

function statusOf({ quota, used, admitted, pending }: Line): NonNullable<JobQueue['status']> {
  const borrowed = textOf(surplus(limited(used, quota), quota))
  return {
    pendingJobs: pending,
    admittedJobs: admitted,
    used: textOf(used),
    ...(Object.keys(borrowed).length === 0 ? {} : { borrowed }),
  }
}

/** Whether a Job says already what it is to say. */
export function isTold(job: Job, status: 'True' | 'False', reason: string, message: string): boolean {
  const known = conditionOf(job, quotaCondition)
  return known?.status === status && known.reason === reason && known.message === message
}
/** Kueue: what its Workloads say, here the Job itself does. */
export const quotaCondition = 'QuotaReserved'
