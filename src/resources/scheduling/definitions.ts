import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { PodGroup, PriorityClass, Workload } from '../generated/types.ts'
import { podGroupHooks, priorityClassHooks } from './hooks.ts'

export const priorityClasses = defineResource<PriorityClass>('priorityclasses.v1.scheduling.k8s.io', priorityClassHooks)
export const podGroups = defineResource<PodGroup>('podgroups.v1alpha2.scheduling.k8s.io', podGroupHooks)
export const workloads = defineResource<Workload>('workloads.v1alpha2.scheduling.k8s.io')

/** Every resource of this group, in the order discovery would list them. */
export const schedulingResources: readonly ResourceDefinition<any>[] = [priorityClasses, podGroups, workloads]
