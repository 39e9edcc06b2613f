import { forbidden } from '../../../machinery/index.ts'
import { afterAnnotation, cycleThrough, type Job, jobs, orderProblem, queueLabel } from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

const isOfJob = ({ definition, subresource, operation }: Attributes) =>
  definition.group === 'batch' &&
  definition.plural === 'jobs' &&
  subresource === '' &&
  (operation === 'CREATE' || operation === 'UPDATE')

/**
 * JobOrder: a Job that names a queue starts when the queue lets it; Jobs that would wait for each other in a circle are refused.
 * Unlike Kubernetes, which has neither: both are asked for by name (`coxswain.dev/queue-name`, `coxswain.dev/after`).
 */
export function jobOrder({ registry }: { readonly registry: () => Registry }): AdmissionPlugin {
  const refuse = ({ object, name }: Attributes, why: string) =>
    forbidden({ group: 'batch', resource: 'jobs' }, name === '' ? (object.metadata.name ?? '') : name, why)
  return {
    name: 'JobOrder',
    resources: ['batch/jobs'],
    async admit(attributes) {
      const { operation, object } = attributes
      if (!isOfJob(attributes) || operation !== 'CREATE' || object.metadata.labels?.[queueLabel] === undefined) return
      object.spec = { ...object.spec, suspend: true }
    },
    async validate(attributes) {
      if (!isOfJob(attributes)) return
      const { object, previous, namespace } = attributes
      const text: string | undefined = object.metadata.annotations?.[afterAnnotation]
      if (text === undefined) return
      if (previous?.metadata.annotations?.[afterAnnotation] === text) return
      const problem = orderProblem(object as Job)
      if (problem !== undefined) throw refuse(attributes, problem)
      const { name = '' } = object.metadata
      const cycle = await cycleThrough(object as Job, name, (other) => registry().find<Job>(jobs, namespace, other))
      if (cycle !== undefined) throw refuse(attributes, `it would wait for itself: ${cycle.join(' waits for ')}`)
    },
  }
}
