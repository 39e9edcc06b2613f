import { conditionOf } from '../../machinery/index.ts'
import {
  hasStarted,
  type Job,
  type JobQueue,
  jobQueues,
  jobs,
  orderOf,
  type Pod,
  pods,
  predecessorsOf,
  queueLabel,
} from '../../resources/index.ts'
import type { Finding } from './finding.ts'
import { explainPod } from './pod.ts'
import { aboutText, eventsAbout, orNothing, type World } from './world.ts'

/** Of many pods that do not get on, so many are explained. */
const podsExplained = 3

/** Why a Job is as it is; undefined when there is no such Job. */
export async function whyJob(world: World, namespace: string, name: string): Promise<Finding | undefined> {
  const job = await orNothing(world.client.get<Job>(jobs, { namespace, name }))
  return job && explainJob(world, job, new Set([name]))
}

async function explainJob(world: World, job: Job, seen: Set<string>): Promise<Finding> {
  const about = aboutText('Job', job.metadata)
  const failed = conditionOf(job, 'Failed')
  if (failed?.status === 'True')
    return { about, says: `failed: ${failed.reason}: ${failed.message}`, because: await predecessors(world, job, seen) }
  if (conditionOf(job, 'Complete')?.status === 'True') return { about, says: 'is complete' }
  const order = hasStarted(job) ? [] : await predecessors(world, job, seen)
  const queue = job.metadata.labels?.[queueLabel]
  if (job.spec.suspend === true) {
    if (queue === undefined)
      return {
        about,
        says: 'is suspended',
        remedy: `somebody must resume it: kubectl patch job ${job.metadata.name} --type=merge -p '{"spec":{"suspend":false}}'`,
        because: order,
      }
    const reserved = conditionOf(job, 'QuotaReserved')
    return {
      about,
      says: `waits in the queue ${queue}: ${reserved?.reason ?? 'nobody has looked at it yet'}`,
      because: [...order, await queueFinding(world, queue, reserved?.message)],
    }
  }
  if (order.length > 0) return { about, says: 'waits for other Jobs before it starts', because: order }
  return running(world, job, about)
}

async function predecessors(world: World, job: Job, seen: Set<string>): Promise<readonly Finding[]> {
  const { namespace = '' } = job.metadata
  const found = new Map<string, Job>()
  for (const name of predecessorsOf(job)) {
    const other = await orNothing(world.client.get<Job>(jobs, { namespace, name }))
    if (other !== undefined) found.set(name, other)
  }
  const { waitsFor, failed } = orderOf(job, (name) => found.get(name))
  const open = [...waitsFor.map(({ name }) => name), ...(failed === undefined ? [] : [failed])]
  const findings: Finding[] = []
  for (const name of open) {
    const other = found.get(name)
    const about = aboutText('Job', { namespace, name })
    if (other === undefined) findings.push({ about, says: 'does not exist', remedy: 'create it' })
    else if (seen.has(name)) findings.push({ about, says: 'waits for this Job: they wait for each other' })
    else findings.push(await explainJob(world, other, seen.add(name)))
  }
  return findings
}

async function queueFinding(world: World, name: string, message: string | undefined): Promise<Finding> {
  const about = aboutText('JobQueue', { name })
  const queue = await orNothing(world.client.get<JobQueue>(jobQueues, { name }))
  if (queue === undefined) return { about, says: 'does not exist', remedy: 'create it, or name another' }
  const amounts = (of: Readonly<Record<string, string>> = {}) =>
    Object.entries(of)
      .map(([resource, amount]) => `${amount} ${resource}`)
      .join(', ') || 'nothing'
  const { stopPolicy = 'None', nominalQuota } = queue.spec
  const { admittedJobs = 0, pendingJobs = 0, used } = queue.status ?? {}
  return {
    about,
    says: `has a quota of ${amounts(nominalQuota)}; ${admittedJobs} Jobs use ${amounts(used)}, ${pendingJobs} wait${stopPolicy === 'None' ? '' : `; it is stopped (${stopPolicy})`}`,
    because: message === undefined ? [] : [{ about, says: message }],
  }
}

async function running(world: World, job: Job, about: string): Promise<Finding> {
  const { active = 0, succeeded = 0, failed = 0, ready = 0 } = job.status ?? {}
  const { namespace = '', name } = job.metadata
  const { items } = await world.client.list<Pod>(pods, {
    namespace,
    labelSelector: `batch.kubernetes.io/job-name=${name}`,
  })
  const stuck = items.filter(
    ({ status }) =>
      status?.phase !== 'Succeeded' && status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True',
  )
  const because: Finding[] = []
  for (const pod of stuck.slice(0, podsExplained)) because.push(await explainPod(world, pod))
  if (active === 0)
    for (const { type, reason, message } of (await eventsAbout(world, job)).slice(0, 1))
      if (type === 'Warning') because.push({ about, says: `${reason}: ${message}` })
  return {
    about,
    says: `runs: ${active} pods are active (${ready} ready), ${succeeded} of ${job.spec.completions ?? 'any'} succeeded, ${failed} failed`,
    because,
  }
}
