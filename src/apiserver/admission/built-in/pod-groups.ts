import { controllerOf, forbidden } from '../../../machinery/index.ts'
import {
  type Job,
  type PodGroup,
  podGroupFinalizer,
  podGroups,
  type Workload,
  workloads,
} from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

const resources = ['scheduling.k8s.io/podgroups']
const isCreated = ({ operation, subresource, definition }: Attributes) =>
  operation === 'CREATE' && subresource === '' && definition.plural === 'podgroups'

/** PodGroupProtection: a group of pods stays while pods of it run. */
export function podGroupProtection(): AdmissionPlugin {
  return {
    name: 'PodGroupProtection',
    resources,
    async admit(attributes) {
      const { object } = attributes
      if (!isCreated(attributes)) return
      const known: readonly string[] = object.metadata.finalizers ?? []
      if (!known.includes(podGroupFinalizer)) object.metadata.finalizers = [...known, podGroupFinalizer]
    },
  }
}

/** PodGroupWorkloadExists: a group that names the template it is made of names one that is there. */
export function podGroupWorkloadExists({ registry }: { readonly registry: () => Registry }): AdmissionPlugin {
  return {
    name: 'PodGroupWorkloadExists',
    resources,
    async validate(attributes) {
      const { object, namespace } = attributes
      const named = isCreated(attributes) ? object.spec?.podGroupTemplateRef?.workload : undefined
      if (named === undefined) return
      const { workloadName, podGroupTemplateName } = named as Readonly<Record<string, string>>
      const refuse = (why: string) =>
        forbidden(
          { group: 'scheduling.k8s.io', resource: 'podgroups' },
          object.metadata.name ?? '',
          `PodGroup rejected: ${why}`,
        )
      const workload = await registry().find<Workload>(workloads, namespace, workloadName!)
      const quoted = JSON.stringify(workloadName)
      if (workload === undefined) throw refuse(`Workload ${quoted} not found`)
      if (workload.metadata.deletionTimestamp !== undefined) throw refuse(`Workload ${quoted} is being deleted`)
      if (workload.spec.podGroupTemplates.every(({ name }) => name !== podGroupTemplateName))
        throw refuse(`PodGroupTemplate ${JSON.stringify(podGroupTemplateName)} not found in Workload ${quoted}`)
    },
  }
}

/** JobValidation: a Job whose pods are a gang keeps its parallelism, which the gang's size was made of. */
export function jobValidation({ registry }: { readonly registry: () => Registry }): AdmissionPlugin {
  async function groupsOf({ metadata, spec }: Job): Promise<readonly PodGroup[]> {
    const { namespace = '', uid } = metadata
    const named = spec.template.spec?.schedulingGroup?.podGroupName
    if (named !== undefined) {
      const group = await registry().find<PodGroup>(podGroups, namespace, named)
      return group === undefined ? [] : [group]
    }
    const all = await registry().all<PodGroup>(podGroups)
    return all.filter((one) => one.metadata.namespace === namespace && controllerOf(one)?.uid === uid)
  }
  return {
    name: 'JobValidation',
    resources: ['batch/jobs'],
    async validate({ operation, definition, subresource, object, previous, name }) {
      if (operation !== 'UPDATE' || subresource !== '' || definition.plural !== 'jobs') return
      const before = previous as unknown as Job | undefined
      if (before === undefined || object.spec?.parallelism === before.spec.parallelism) return
      const gang = (await groupsOf(before)).find(({ spec }) => spec.schedulingPolicy.gang !== undefined)
      if (gang === undefined) return
      const why = `cannot change parallelism for a Job referencing gang-scheduled PodGroup ${JSON.stringify(gang.metadata.name)}`
      throw forbidden({ group: 'batch', resource: 'jobs' }, name, why)
    },
  }
}
