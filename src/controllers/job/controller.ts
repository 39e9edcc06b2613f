import {
  controllerOf,
  isNotFound,
  isTerminal,
  keyOf,
  labelQueryOf,
  matchNothing,
  nameOf,
  type ObjectName,
  sameJson,
  type Unsaved,
} from '../../machinery/index.ts'
import {
  type Container,
  type FeatureGates,
  type Job,
  jobs,
  orderOf,
  type Pod,
  type PodGroup,
  podGroups,
  pods,
  predecessorsOf,
  workloads,
} from '../../resources/index.ts'
import { claim } from '../runtime/claim.ts'
import type { Controller, Tools, Turn } from '../runtime/controller.ts'
import { isNamespaceGoing } from '../runtime/namespaces.ts'
import { podFromTemplate } from '../runtime/pods.ts'
import { forAll, slowStart } from '../runtime/slow-start.ts'
import { each, ownedBy, ownedOrSelected, selectedBy } from '../runtime/watches.ts'
import { type FailureCounts, failureCountKey, ignoredFailureCountKey } from './index-failures.ts'
import { completionIndexKey } from './indexes.ts'
import { type JobMeasures, jobMeasures } from './measures.ts'
import { isFinished, type JobPlan, planJob } from './plan.ts'
import { schedulingGroups, withGroup } from './scheduling-group.ts'
import { failureTimes, isTracked, trackingFinalizer } from './tally.ts'

const queryOf = ({ spec }: Job) => (spec.selector === undefined ? matchNothing : labelQueryOf(spec.selector))
/** Kubernetes: who else may run a Job, when it is not this controller. */
const ownName = 'kubernetes.io/job-controller'

/** The Job that a pod waits for to be counted: the one that it belongs to, or the one that made it and let it go. */
function trackedFor(pod: Pod): readonly ObjectName[] {
  if (!isTracked(pod)) return []
  const owner = controllerOf(pod)
  const name = owner === undefined ? pod.metadata.labels?.['batch.kubernetes.io/job-name'] : owner.name
  const isOfJob = owner === undefined || owner.kind === 'Job'
  return isOfJob && name !== undefined ? [{ ...nameOf(pod), name }] : []
}
/** Whether nobody will count a pod: its Job is gone, going or another one by now. */
function isStranger(pod: Pod, job: Job | undefined): boolean {
  const owner = controllerOf(pod)
  if (owner !== undefined) return owner.uid !== job?.metadata.uid
  return job === undefined || job.metadata.deletionTimestamp !== undefined || !queryOf(job).matches(pod.metadata.labels)
}

const byPredecessor = 'predecessors'
const predecessorKeys = (job: Job) => predecessorsOf(job).map((name) => `${job.metadata.namespace}/${name}`)
/** The Jobs that wait for one. */
const waitingFor = ({ metadata }: Job, cached: Tools['cached']) =>
  cached(jobs).by(byPredecessor, `${metadata.namespace}/${metadata.name}`)

/** Runs pods until enough of them have succeeded, or too many have failed. */
export const jobController = (gates: Pick<FeatureGates, 'enabled'>): Controller => ({
  name: 'job-controller',
  account: 'job-controller',
  watches: [
    each(jobs),
    selectedBy(jobs, waitingFor),
    ownedOrSelected(jobs, pods, (job: Job, pod) => queryOf(job).matches(pod.metadata.labels)),
    { resource: pods, wake: (pod: Pod) => (controllerOf(pod) === undefined ? trackedFor(pod) : []) },
    ...(gates.enabled('WorkloadWithJob') ? [ownedBy(jobs, workloads), ownedBy(jobs, podGroups)] : []),
  ],
  start(tools) {
    const all = tools.cached(jobs)
    const allPods = tools.cached(pods)
    const measures = jobMeasures(tools.metrics)
    const groupFor = gates.enabled('WorkloadWithJob') ? schedulingGroups(tools) : undefined
    /** Jobs that somebody else runs, once counted: their uid by name. */
    const elsewhere = new Map<string, string>()
    /** When pods of each Job failed, by the Job's name. */
    const failures = new Map<string, { readonly uid: string; readonly at: ReadonlyMap<string, number> }>()
    all.addIndex(byPredecessor, predecessorKeys)
    allPods.addIndex('tracked', (pod) => trackedFor(pod).map(keyOf))
    return async function reconcile(name, turn) {
      const job = all.get(name)
      const strangers = allPods.by('tracked', keyOf(name)).filter((pod) => isStranger(pod, job))
      await forAll(strangers, (pod) => release(pod, turn))
      if (job === undefined) {
        elsewhere.delete(keyOf(name))
        failures.delete(keyOf(name))
        return undefined
      }
      const { managedBy = ownName } = job.spec
      if (managedBy !== ownName) {
        if (elsewhere.get(keyOf(name)) !== job.metadata.uid) measures.external(managedBy)
        elsewhere.set(keyOf(name), job.metadata.uid)
        return undefined
      }
      const startedMs = tools.clock.monotonic()
      let plan: JobPlan | undefined
      let result: 'success' | 'error' = 'error'
      try {
        const order = orderOf(job, (other) => all.get({ namespace: name.namespace!, name: other }))
        const owned = await podsOf(job, turn)
        const group = isFinished(job) ? undefined : await groupFor?.(job, owned, turn)
        // Kubernetes: what failed is waited for after, though it be gone meanwhile.
        const known = failures.get(keyOf(name))
        const failedAt = failureTimes(job, owned, known?.uid === job.metadata.uid ? known.at : new Map())
        if (isFinished(job)) failures.delete(keyOf(name))
        else failures.set(keyOf(name), { uid: job.metadata.uid, at: failedAt })
        plan = planJob(job, owned, tools.clock.now(), order, failedAt)
        await act(job, plan, tools, turn, measures, group)
        result = 'success'
      } finally {
        measures.synced(job, plan, (tools.clock.monotonic() - startedMs) / 1000, result)
      }
      return plan.againInMs === undefined ? undefined : { againInMs: plan.againInMs }
    }

    function podsOf(job: Job, turn: Turn): Promise<readonly Pod[]> {
      return claim({
        client: turn.client,
        owners: jobs,
        owner: job,
        resource: pods,
        cache: allPods,
        query: queryOf(job),
        finalizer: trackingFinalizer,
      })
    }
  },
})

async function act(
  job: Job,
  plan: JobPlan,
  { record }: Tools,
  turn: Turn,
  measures: JobMeasures,
  group: PodGroup | undefined,
): Promise<void> {
  let failure: unknown
  try {
    await forAll(plan.remove, async (pod) => {
      await release(pod, turn)
      await remove(pod)
    })
    await forAll(plan.stop, remove)
    await slowStart(plan.create.length, (index) => create(plan.create[index]))
  } catch (error) {
    failure = error
  }
  // The status is written before the pods it notes are let go, so that none is counted twice or never.
  if (!sameJson(job.status, plan.status)) {
    await turn.client.update(jobs, { ...job, status: plan.status }, 'status')
    measures.told(job, plan.status)
  }
  for (const { type, reason, message } of plan.events) record(job, type, reason, message)
  await forAll(plan.release, async (pod) => {
    await release(pod, turn)
    if (isTerminal(pod)) measures.released()
  })
  if (failure !== undefined) throw failure

  async function remove(pod: Pod): Promise<void> {
    await turn.client.delete(pods, nameOf(pod), { preconditions: { uid: pod.metadata.uid } })
    record(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
  }
  async function create(index: number | undefined): Promise<void> {
    try {
      const counts = index === undefined ? undefined : plan.failures.get(index)
      const pod = podOf(job, index, counts)
      const created = await turn.client.create(pods, group === undefined ? pod : withGroup(pod, group))
      measures.created(job, 'succeeded')
      record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
    } catch (error) {
      measures.created(job, 'failed')
      if (isNamespaceGoing(error)) return
      record(
        job,
        'Warning',
        'FailedCreate',
        `Error creating: ${error instanceof Error ? error.message : String(error)}`,
      )
      throw error
    }
  }
}

/** Lets an ended, or unneeded, pod go: the Job's status knows of it. */
async function release(pod: Pod, { client }: Turn): Promise<void> {
  if (!isTracked(pod)) return
  const body = { metadata: { uid: pod.metadata.uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } }
  try {
    await client.patch(pods, nameOf(pod), { type: 'strategic', body })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

function podOf(job: Job, index: number | undefined, failures: FailureCounts | undefined): Unsaved<Pod> {
  const pod = podFromTemplate(jobs, job, job.spec.template)
  const finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer]
  if (index === undefined) return { ...pod, metadata: { ...pod.metadata, finalizers } }
  const mark = { [completionIndexKey]: String(index) }
  const variable = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${completionIndexKey}']` } },
  }
  const knowing = (container: Container) =>
    container.env?.some(({ name }) => name === variable.name) === true
      ? container
      : { ...container, env: [...(container.env ?? []), variable] }
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      finalizers,
      generateName: `${job.metadata.name}-${index}-`,
      labels: { ...pod.metadata.labels, ...mark },
      annotations: { ...pod.metadata.annotations, ...mark, ...failureMarks(failures) },
    },
    spec: {
      ...pod.spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: pod.spec.containers.map(knowing),
      ...(pod.spec.initContainers === undefined ? {} : { initContainers: pod.spec.initContainers.map(knowing) }),
    },
  }
}

function failureMarks(failures: FailureCounts | undefined): Readonly<Record<string, string>> {
  if (failures === undefined) return {}
  const { counted, ignored } = failures
  return {
    [failureCountKey]: String(counted),
    ...(ignored > 0 ? { [ignoredFailureCountKey]: String(ignored) } : {}),
  }
}
