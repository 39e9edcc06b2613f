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

/** A container with what a resize may change left out. */
function fixedPart(container: Container): unknown {
  const rest = (list: Readonly<Record<string, string>> | undefined) =>
    Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => !resizable.includes(name)))
  const { requests, limits, claims } = container.resources ?? {}
  const { resizePolicy: _, ...others } = container
  return { ...others, resources: { requests: rest(requests), limits: rest(limits), claims } }
}

/** What is wrong with a change through `/resize`: only cpu and memory of containers that run on may change. */
export function podResizeErrors(pod: Pod, previous: Pod): readonly FieldError[] {
  if (previous.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined)
    return [forbiddenField('', 'static pods cannot be resized')]
  if (previous.spec.os?.name === 'windows') return [forbiddenField('', 'windows pods cannot be resized')]
  const errors: FieldError[] = [...podChangeErrors(pod)]
  const before = previous.status?.qosClass ?? qosClassOf(previous)
  if (before !== qosClassOf(pod))
    errors.push(invalid('spec', before, 'Pod QOS Class may not change as a result of resizing'))
  const order = [...orderErrors(pod, previous, 'containers'), ...orderErrors(pod, previous, 'initContainers')]
  if (order.length > 0) return [...errors, ...order]
  for (const kind of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (pod.spec[kind] ?? []).entries()) {
      const old = previous.spec[kind]![index]!
      if (kind === 'initContainers' && !isSidecar(container)) {
        if (!sameJson(container, old))
          errors.push(forbiddenField('spec', 'resources for non-sidecar init containers are immutable'))
        continue
      }
      errors.push(...removalErrors(container.resources, old.resources, `spec.${kind}[${index}].resources`))
      const which = kind === 'initContainers' ? ' for sidecar containers' : ''
      if (!sameJson(fixedPart(container), fixedPart(old)))
        errors.push(forbiddenField('spec', `only cpu and memory resources${which} are mutable`))
    }
  }
  return errors
}
