import { type Fates, fails, succeeds } from '../kubelet.ts'
import { job, type Scenario, template } from '../scenario.ts'

const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 }
const isIndex = (index: number, then: Fates, otherwise: Fates): Fates => {
  const key = 'batch.kubernetes.io/job-completion-index'
  return (pod) => (pod.metadata.annotations?.[key] === String(index) ? then : otherwise)(pod)
}
const onExit = (action: string, values: readonly number[]) => ({
  podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values } }] },
})
const exits: Fates = () => ({ phase: 'Failed', exitCode: 42 })
const runsOn: Fates = () => ({ phase: 'Running' })
const finished = (name: string, spec: object, fates: Fates): Scenario => ({
  name,
  fates,
  async play(stage) {
    await stage.create(job('j', spec))
    await stage.until(() =>
      stage
        .get('jobs', 'j')
        .status.conditions.some(({ type }: { type: string }) => type === 'Complete' || type === 'Failed'),
    )
  },
})

/** Jobs and CronJobs. */
export const jobs: readonly Scenario[] = [
  finished('job completes', { completions: 3, parallelism: 2 }, succeeds),
  finished('job with indexes completes', indexed, succeeds),
  finished('job fails too often', { backoffLimit: 1 }, fails),
  finished('job with an index that fails', { ...indexed, backoffLimitPerIndex: 0 }, isIndex(1, fails, succeeds)),
  finished(
    'job with too many failed indexes',
    { ...indexed, backoffLimitPerIndex: 0, maxFailedIndexes: 0 },
    isIndex(0, fails, runsOn),
  ),
  finished('job that an exit code fails', onExit('FailJob', [42]), exits),
  finished(
    'job with an index that an exit code fails',
    { ...indexed, backoffLimitPerIndex: 3, ...onExit('FailIndex', [42]) },
    isIndex(0, exits, succeeds),
  ),
  finished(
    'job that has enough',
    { ...indexed, successPolicy: { rules: [{ succeededIndexes: '0' }] } },
    isIndex(0, succeeds, runsOn),
  ),
  finished('job that takes too long', { activeDeadlineSeconds: 2 }, runsOn),
  {
    name: 'job is suspended and resumed',
    async play(stage) {
      await stage.create(job('j', { suspend: true, parallelism: 2, completions: 2 }))
      await stage.look('suspended')
      await stage.patch('jobs', 'j', { spec: { suspend: false } })
      await stage.look('resumed')
      await stage.patch('jobs', 'j', { spec: { suspend: true } })
    },
  },
  {
    name: 'job lets its pods go',
    async play(stage) {
      await stage.create(job('j'))
      await stage.quiet()
      await stage.remove('jobs', 'j', 'Orphan')
      await stage.until(() => stage.get('jobs', 'j') === undefined)
    },
  },
  {
    name: 'job whose pod is deleted',
    async play(stage) {
      await stage.create(job('j'))
      await stage.quiet()
      stage.decide(() => ({ phase: 'Running', stays: true }))
      await stage.remove('pods', stage.list('pods')[0].metadata.name)
    },
  },
  {
    name: 'job that somebody else manages',
    play: (stage) => stage.create(job('j', { managedBy: 'example.com/mine' })).then(stage.quiet),
  },
  {
    name: 'cronjob with a stranger',
    async play(stage) {
      const jobTemplate = { spec: { template: template({}, { restartPolicy: 'Never' }) } }
      const spec = { schedule: '0 0 1 1 *', suspend: true, jobTemplate }
      const made = await stage.create({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'c' }, spec })
      const { uid } = JSON.parse(made.text).metadata
      const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'c', uid, controller: true }
      await stage.create({ ...job('stranger'), metadata: { name: 'stranger', ownerReferences: [owner] } })
    },
  },
]
