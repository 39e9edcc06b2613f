import { type FieldError, forbiddenField, invalid, isSidecar, qosClassOf, sameJson } from '../../../machinery/index.ts'
import type { Container, Pod, ResourceRequirements } from '../../generated/types.ts'
import { podChangeErrors } from './validate.ts'

const resizable = ['cpu', 'memory']
type Kind = 'containers' | 'initContainers'

function orderErrors(pod: Pod, previous: Pod, kind: Kind): readonly FieldError[] {
  const [next, before] = [pod.spec[kind] ?? [], previous.spec[kind] ?? []]
  if (next.length !== before.length)
    return [forbiddenField(`spec.${kind}`, `${kind} may not be added or removed on resize`)]
  return before.flatMap(({ name }, index) =>
    next[index]!.name === name
      ? []
      : [forbiddenField(`spec.${kind}[${index}].name`, `${kind} may not be renamed or reordered on resize`)],
  )
}

const isRemoved = (
  next: Readonly<Record<string, string>> | undefined,
  before: Readonly<Record<string, string>> | undefined,
) => Object.keys(before ?? {}).some((name) => next?.[name] === undefined)

function removalErrors(
  next: ResourceRequirements | undefined,
  before: ResourceRequirements | undefined,
  field: string,
): readonly FieldError[] {
  return (['requests', 'limits'] as const).flatMap((list) =>
    isRemoved(next?.[list], before?.[list])
      ? [forbiddenField(`${field}.${list}`, `resource ${list} cannot be removed`)]
      : [],
  )
}

/** Resources without those that a resize may change. */
function fixedResources({ requests, limits, claims }: ResourceRequirements = {}): unknown {
  const rest = (list: Readonly<Record<string, string>> | undefined) =>
    Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => !resizable.includes(name)))
  return { requests: rest(requests), limits: rest(limits), claims }
}
/** A container with what a resize may change left out. */
function fixedPart({ resizePolicy: _, resources, ...others }: Container): unknown {
  return { ...others, resources: fixedResources(resources) }
}

/** What is wrong with a change of what the pod asks for as a whole. */
function wholeErrors({ spec }: Pod, previous: Pod): readonly FieldError[] {
  const before = previous.spec.resources
  if (before !== undefined && spec.resources === undefined)
    return [forbiddenField('spec.resources', 'pod-level resources cannot be removed')]
  const errors = (['requests', 'limits'] as const).flatMap((list) =>
    isRemoved(spec.resources?.[list], before?.[list])
      ? [forbiddenField(`spec.resources.${list}`, `pod-level resource ${list} cannot be removed`)]
      : [],
  )
  return sameJson(fixedResources(spec.resources), fixedResources(before))
    ? errors
    : [...errors, forbiddenField('spec', 'only cpu and memory resources are mutable at pod-level')]
}

/** Kubernetes: an init container that runs to its end is changed while it runs, never by a restart. */
function initContainerErrors(next: Container, before: Container, field: string): readonly FieldError[] {
  const errors = sameJson(fixedPart(next), fixedPart(before))
    ? []
    : [forbiddenField(field, 'only cpu and memory resources for init or sidecar containers are mutable')]
  const restarts = (next.resizePolicy ?? []).some(({ restartPolicy }) => restartPolicy === 'RestartContainer')
  if (isSidecar(next) || !restarts || sameJson(next, before)) return errors
  const message = 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'
  return [...errors, forbiddenField(field, message)]
}

/** What is wrong with a change through `/resize`: only cpu and memory may change, of containers and of the pod as a whole. */
export function podResizeErrors(pod: Pod, previous: Pod): readonly FieldError[] {
  if (previous.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined)
    return [forbiddenField('', 'static pods cannot be resized')]
  if (previous.spec.os?.name === 'windows') return [forbiddenField('', 'windows pods cannot be resized')]
  const errors: FieldError[] = [...podChangeErrors(pod)]
  const before = previous.status?.qosClass ?? qosClassOf(previous)
  if (before !== qosClassOf(pod))
    errors.push(invalid('spec', before, 'Pod QOS Class may not change as a result of resizing'))
  errors.push(...wholeErrors(pod, previous))
  const order = [...orderErrors(pod, previous, 'containers'), ...orderErrors(pod, previous, 'initContainers')]
  if (order.length > 0) return [...errors, ...order]
  for (const kind of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (pod.spec[kind] ?? []).entries()) {
      const old = previous.spec[kind]![index]!
      const field = `spec.${kind}[${index}]`
      errors.push(...removalErrors(container.resources, old.resources, `${field}.resources`))
      if (kind === 'initContainers') errors.push(...initContainerErrors(container, old, field))
      else if (!sameJson(fixedPart(container), fixedPart(old)))
        errors.push(forbiddenField('spec', 'only cpu and memory resources are mutable'))
    }
  }
  return errors
}
