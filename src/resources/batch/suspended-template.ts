import type { FieldError } from '../../machinery/index.ts'
import { isOn } from '../gates/judged-by.ts'
import type { Container, Job, JobSpec, PodSpec, PodTemplateSpec } from '../generated/types.ts'
import { immutableStruct } from '../validation/go-form.ts'

const templateType = 'io.k8s.api.core.v1.PodTemplateSpec'
const podType = 'io.k8s.api.core.v1.PodSpec'

/** Whether a Job is suspended and has no pods: it never began, or it is known to have stopped. */
function isAtRest({ spec, status }: Job): boolean {
  const stopped = status?.conditions?.some(({ type, status }) => type === 'Suspended' && status === 'True') === true
  return spec?.suspend === true && (status?.startTime === undefined || stopped) && (status?.active ?? 0) === 0
}

/** The old template with what says where pods may go taken from the new one. */
function directedAs(template: PodTemplateSpec, next: PodTemplateSpec): PodTemplateSpec {
  const [old, now] = [template.spec ?? ({} as PodSpec), next.spec ?? ({} as PodSpec)]
  const affinity: Record<string, unknown> = { ...old.affinity, nodeAffinity: now.affinity?.nodeAffinity }
  if (affinity.nodeAffinity === undefined) delete affinity.nodeAffinity
  const spec: Record<string, unknown> = { ...old, affinity }
  if (now.affinity === undefined ? Object.keys(affinity).length === 0 : false) delete spec.affinity
  if (now.affinity === undefined && old.affinity === undefined) delete spec.affinity
  for (const name of ['nodeSelector', 'tolerations', 'schedulingGates'] as const) take(spec, now, name)
  const metadata: Record<string, unknown> = { ...template.metadata }
  for (const name of ['labels', 'annotations'] as const) take(metadata, next.metadata ?? {}, name)
  return { ...template, metadata, spec: spec as unknown as PodSpec }
}
function take<N extends string>(into: Record<string, unknown>, from: { readonly [K in N]?: unknown }, name: N): void {
  if (from[name] === undefined) delete into[name]
  else into[name] = from[name]
}

/** The old pod with the resources of the new one, container by container. */
function resourcedAs(old: PodSpec, now: PodSpec): PodSpec {
  const each = (before: readonly Container[] | undefined, after: readonly Container[] | undefined) =>
    before?.length !== after?.length
      ? before
      : before?.map((container, index) => {
          const { name, resources } = after![index]!
          return container.name === name && resources !== undefined ? { ...container, resources } : container
        })
  const spec: Record<string, unknown> = { ...old }
  for (const name of ['containers', 'initContainers'] as const)
    if (old[name] !== undefined) spec[name] = each(old[name], now[name])
  return spec as unknown as PodSpec
}

/**
 * What of a Job's template may not be changed so. Kubernetes: nothing, but where pods go and what they get of a Job that is suspended,
 * each by its gate.
 */
export function templateChangeErrors(next: Job, previous: Job): readonly FieldError[] {
  const [spec, before] = [next.spec as JobSpec, previous.spec as JobSpec]
  const suspended = before.suspend === true
  const mayDirect = isOn('MutableSchedulingDirectivesForSuspendedJobs')
    ? isAtRest(previous)
    : suspended && previous.status?.startTime === undefined
  const template = mayDirect ? directedAs(before.template, spec.template) : before.template
  if (!isOn('MutablePodResourcesForSuspendedJobs') || !suspended || !isAtRest(previous))
    return immutableStruct(templateType, 'spec.template', spec.template, template)
  const [pod, old] = [spec.template.spec ?? ({} as PodSpec), template.spec ?? ({} as PodSpec)]
  return immutableStruct(podType, 'spec.template.spec', pod, resourcedAs(old, pod))
}
