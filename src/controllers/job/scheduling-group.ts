import { controllerOf, suffixAlphabet, type Unsaved } from '../../machinery/index.ts'
import { type Job, jobs, type Pod, type PodGroup, podGroups, type Workload, workloads } from '../../resources/index.ts'
import type { Tools, Turn } from '../runtime/controller.ts'
import { ownerReference } from '../runtime/owner-reference.ts'
import { isIndexed } from './tally.ts'

const byJob = 'job'
const byWorkload = 'workload'
/** Kubernetes: names of objects are at most so long. */
const nameLengthMax = 253
const fnvOffset = 0x811c9dc5
const fnvPrime = 0x01000193

/** What a Job's pods are placed with: its Workload and its PodGroup, which are made where they are missing. */
export type FindGroup = (job: Job, owned: readonly Pod[], turn: Turn) => Promise<PodGroup | undefined>

/**
 * Kubernetes (WorkloadWithJob): a Job whose pods all run at once is placed as a gang. Where there is anything but one Workload
 * and one PodGroup of the Job's own, or the Job has begun without, its pods are placed one by one.
 */
export function schedulingGroups({ cached, record }: Tools): FindGroup {
  const allWorkloads = cached(workloads)
  const allGroups = cached(podGroups)
  allWorkloads.addIndex(byJob, ({ metadata, spec }) => {
    const { apiGroup, kind, name } = spec.controllerRef ?? {}
    return apiGroup === 'batch' && kind === 'Job' && name !== undefined ? [`${metadata.namespace}/${name}`] : []
  })
  allGroups.addIndex(byWorkload, ({ metadata, spec }) => {
    const name = spec.podGroupTemplateRef?.workload?.workloadName
    return name === undefined ? [] : [`${metadata.namespace}/${name}`]
  })
  return async function find(job, owned, { client }) {
    if (!isGang(job)) return undefined
    const { namespace, name } = job.metadata
    const known = allWorkloads.by(byJob, `${namespace}/${name}`)
    if (known.length > 1) return undefined
    let [workload] = known
    if (workload === undefined) {
      if (!isNew(job, owned)) return undefined
      workload = await client.create(workloads, workloadOf(job))
      record(job, 'Normal', 'WorkloadCreated', `Created Workload ${workload.metadata.name} for Job ${name}`)
    }
    if (!isOf(workload, job) || workload.spec.podGroupTemplates.length !== 1) return undefined
    const groups = allGroups.by(byWorkload, `${namespace}/${workload.metadata.name}`)
    if (groups.length > 1) return undefined
    const [group] = groups
    if (group === undefined) return client.create(podGroups, groupOf(job, workload))
    return isOf(group, job) ? group : undefined
  }
}

const isOf = (object: Workload | PodGroup, job: Job) => controllerOf(object)?.uid === job.metadata.uid

/** Whether all of a Job's pods run at once, and nobody else has said with whom they are placed. */
export function isGang(job: Job): boolean {
  const { parallelism = 1, completions, template } = job.spec
  return (
    parallelism > 1 && isIndexed(job) && completions === parallelism && template.spec?.schedulingGroup === undefined
  )
}

/** Kubernetes: a Job that has begun, or was suspended once, stays as it is. */
function isNew({ status }: Job, owned: readonly Pod[]): boolean {
  return (
    owned.length === 0 &&
    status.startTime === undefined &&
    (status.succeeded ?? 0) === 0 &&
    (status.failed ?? 0) === 0 &&
    status.conditions?.some(({ type }) => type === 'Suspended') !== true
  )
}

function workloadOf(job: Job): Unsaved<Workload> {
  const { name, namespace = '' } = job.metadata
  const gang = { minCount: job.spec.parallelism! }
  return {
    apiVersion: 'scheduling.k8s.io/v1alpha2',
    kind: 'Workload',
    metadata: { name: workloadName(job), namespace, ownerReferences: [ownerReference(jobs, job)] },
    spec: {
      controllerRef: { apiGroup: 'batch', kind: 'Job', name },
      podGroupTemplates: [{ name: `${name}-pgt-0`, schedulingPolicy: { gang } }],
    },
  }
}

function groupOf(job: Job, workload: Workload): Unsaved<PodGroup> {
  const [template] = workload.spec.podGroupTemplates
  const { name, uid } = workload.metadata
  return {
    apiVersion: 'scheduling.k8s.io/v1alpha2',
    kind: 'PodGroup',
    metadata: {
      name: groupName(name, template!.name),
      namespace: job.metadata.namespace ?? '',
      ownerReferences: [
        ownerReference(jobs, job),
        { apiVersion: 'scheduling.k8s.io/v1alpha2', kind: 'Workload', name, uid },
      ],
    },
    spec: {
      podGroupTemplateRef: { workload: { workloadName: name, podGroupTemplateName: template!.name } },
      schedulingPolicy: template!.schedulingPolicy,
    },
  }
}

/** The pod as a member of the group. */
export function withGroup(pod: Unsaved<Pod>, { metadata }: PodGroup): Unsaved<Pod> {
  const { name, uid } = metadata
  const owner = { apiVersion: 'scheduling.k8s.io/v1alpha2', kind: 'PodGroup', name, uid }
  return {
    ...pod,
    metadata: { ...pod.metadata, ownerReferences: [...(pod.metadata.ownerReferences ?? []), owner] },
    spec: { ...pod.spec, schedulingGroup: { podGroupName: name } },
  }
}

/** Kubernetes' name for the Workload of a Job: the hash is of how Go prints its uid. */
export function workloadName({ metadata }: Pick<Job, 'metadata'>): string {
  const hash = hashOf(`(types.UID)${metadata.uid}`)
  return `${metadata.name.slice(0, nameLengthMax - hash.length - 1)}-${hash}`
}

/** Kubernetes' name for the PodGroup of a Workload's template; what is too long of the two is cut. */
export function groupName(workload: string, template: string): string {
  const hash = hashOf(workload + template)
  const room = nameLengthMax - hash.length - 2
  const half = Math.floor(room / 2)
  if (workload.length + template.length <= room) return `${workload}-${template}-${hash}`
  if (workload.length <= half) return `${workload}-${template.slice(0, room - workload.length)}-${hash}`
  if (template.length <= half) return `${workload.slice(0, room - template.length)}-${template}-${hash}`
  return `${workload.slice(0, room - half)}-${template.slice(0, half)}-${hash}`
}

/** FNV-1a over the bytes, its digits in the alphabet of generated names. */
function hashOf(text: string): string {
  let hash = fnvOffset
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, fnvPrime) >>> 0
  return [...String(hash)].map((digit) => suffixAlphabet[digit.charCodeAt(0) % suffixAlphabet.length]).join('')
}
