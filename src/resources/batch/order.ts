import { conditionOf, dns1123SubdomainErrors } from '../../machinery/index.ts'
import type { Job } from '../generated/types.ts'

/** Names the Jobs of the namespace, parted by commas, that a Job waits for: it starts once they are complete. */
export const afterAnnotation = 'coxswain.dev/after'
/** Names the queue that decides when a Job starts. */
export const queueLabel = 'coxswain.dev/queue-name'

type WithAnnotations = {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
}

/** The Jobs that a Job waits for, in order, each once. */
export function predecessorsOf({ metadata }: WithAnnotations): readonly string[] {
  const text = metadata.annotations?.[afterAnnotation] ?? ''
  return [...new Set(text.split(',').map((name) => name.trim()))].filter((name) => name !== '')
}

/** What is wrong with the names of a Job's predecessors; undefined when nothing is. */
export function orderProblem(job: WithAnnotations): string | undefined {
  for (const name of predecessorsOf(job)) {
    const [problem] = dns1123SubdomainErrors(name)
    if (problem !== undefined)
      return `metadata.annotations[${afterAnnotation}]: Invalid value: ${JSON.stringify(name)}: ${problem}`
  }
  return undefined
}

/** The way from a Job over those it waits for back to itself, with its name at both ends; undefined when there is none. */
export async function cycleThrough(
  job: WithAnnotations,
  name: string,
  find: (name: string) => Promise<WithAnnotations | undefined>,
): Promise<readonly string[] | undefined> {
  const seen = new Set<string>()
  const follow = async (of: WithAnnotations, way: readonly string[]): Promise<readonly string[] | undefined> => {
    for (const next of predecessorsOf(of)) {
      if (next === name) return [...way, next]
      if (seen.has(next)) continue
      seen.add(next)
      const other = await find(next)
      const found = other === undefined ? undefined : await follow(other, [...way, next])
      if (found !== undefined) return found
    }
    return undefined
  }
  return follow(job, [name])
}

/** How a Job stands with those it waits for. */
export interface JobOrder {
  /** Those that are not complete yet. */
  readonly waitsFor: readonly { readonly name: string; readonly says: string }[]
  /** The first that failed, or was asked to be part of a circle: it will never be complete. */
  readonly failed: string | undefined
}

/** How a Job stands with those it waits for; `find` knows the Jobs of its namespace. */
export function orderOf(job: Job, find: (name: string) => Job | undefined): JobOrder {
  const waitsFor: { name: string; says: string }[] = []
  let failed: string | undefined
  for (const name of predecessorsOf(job)) {
    const other = find(name)
    const isSo = (type: string) => other !== undefined && conditionOf(other, type)?.status === 'True'
    if (other === undefined) waitsFor.push({ name, says: 'does not exist' })
    else if (isSo('Failed')) failed ??= name
    else if (!isSo('Complete')) waitsFor.push({ name, says: 'is not complete' })
  }
  return { waitsFor, failed }
}

/** Whether a Job has been let go: what it waited for is of no concern any more. */
export const hasStarted = (job: Job): boolean =>
  job.status?.startTime !== undefined || conditionOf(job, 'WaitingForJobs')?.status === 'False'
