import {
  copyOf,
  type FieldError,
  forbiddenField,
  inRangeErrors,
  invalid,
  labelsErrors,
  required,
  sameJson,
} from '../../../machinery/index.ts'
import { isOn } from '../../gates/judged-by.ts'
import type { Container, Pod, PodSpec, PodTemplateSpec } from '../../generated/types.ts'
import { innerDiff } from '../../validation/go-form.ts'
import { annotationErrors, complaints } from '../../validation/object-meta.ts'
import { tolerationErrors } from './affinity.ts'
import { imageErrors } from './containers.ts'
import { gatedAffinityErrors } from './gated-affinity.ts'
import { podSpecErrors } from './spec.ts'

const mirrorAnnotation = 'kubernetes.io/config.mirror'
const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost'
const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'
const int32Max = 2 ** 31 - 1

function ownAnnotationErrors(pod: Pod): readonly FieldError[] {
  const annotations = pod.metadata.annotations ?? {}
  const field = 'metadata.annotations'
  const errors: FieldError[] = []
  const mirror = annotations[mirrorAnnotation]
  if (mirror !== undefined && (pod.spec.nodeName ?? '') === '') {
    const why = 'must set spec.nodeName if mirror pod annotation is set'
    errors.push(invalid(`${field}[${mirrorAnnotation}]`, mirror, why))
  }
  const cost = annotations[deletionCostAnnotation]
  if (
    cost !== undefined &&
    isOn('PodDeletionCost') &&
    !(/^(?:0|-?[1-9]\d*)$/.test(cost) && Math.abs(Number(cost)) <= int32Max)
  )
    errors.push(invalid(`${field}[${deletionCostAnnotation}]`, cost, 'must be a 32bit integer'))
  return [...errors, ...appArmorAnnotationErrors(pod)]
}

/** What is wrong with profiles that are still named by annotations: of containers there are, and of a form that is known. */
function appArmorAnnotationErrors({ metadata, spec }: Pod): readonly FieldError[] {
  const containers = [spec.initContainers, spec.containers, spec.ephemeralContainers].flatMap((list) => list ?? [])
  return Object.entries(metadata.annotations ?? {}).flatMap(([key, profile]) => {
    if (!key.startsWith(appArmorPrefix)) return []
    const at = `metadata.annotations[${key}]`
    const name = key.slice(appArmorPrefix.length)
    const isKnown = ['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith('localhost/')
    return [
      ...(containers.some((one) => one.name === name) ? [] : [invalid(at, name, 'container not found')]),
      ...(isKnown ? [] : [invalid(at, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`)]),
    ]
  })
}

/** What may not change of the annotations that mean something. */
export function changedAnnotationErrors(pod: Pod, previous: Pod): readonly FieldError[] {
  const next = pod.metadata.annotations ?? {}
  const before = previous.metadata.annotations ?? {}
  const errors: FieldError[] = []
  const refuse = (key: string, verb: string) => {
    const at = `metadata.annotations[${key}]`
    if (key.startsWith(appArmorPrefix)) errors.push(forbiddenField(at, `may not ${verb} AppArmor annotations`))
    if (key === mirrorAnnotation) errors.push(forbiddenField(at, `may not ${verb} mirror pod annotation`))
  }
  for (const key in before) if (next[key] !== before[key]) refuse(key, 'remove or update')
  for (const key in next) if (before[key] === undefined) refuse(key, 'add')
  return errors
}

/** What a pod, unlike a template, must also fulfil. */
function podOnlyErrors({ spec }: Pod): readonly FieldError[] {
  const errors: FieldError[] = []
  if ((spec.serviceAccountName ?? '') === '') {
    for (const [index, { projected }] of (spec.volumes ?? []).entries()) {
      for (const [at, source] of (projected?.sources ?? []).entries()) {
        if (source.serviceAccountToken === undefined) continue
        const field = `spec.volumes[${index}].projected.sources[${at}].serviceAccountToken`
        errors.push(forbiddenField(field, 'must not be specified when serviceAccountName is not set'))
      }
    }
  }
  for (const kind of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (spec[kind] ?? []).entries())
      errors.push(...imageErrors(container, `spec.${kind}[${index}]`))
  }
  return errors
}

/** What is wrong with a pod whenever it is written, besides its metadata. */
export function podChangeErrors(pod: Pod): readonly FieldError[] {
  return [
    ...ownAnnotationErrors(pod),
    ...podSpecErrors(pod.spec, { isPod: true, name: pod.metadata.name }),
    ...podOnlyErrors(pod),
  ]
}

/** What is wrong with a new pod. */
export function podErrors(pod: Pod): readonly FieldError[] {
  const errors = [...podChangeErrors(pod)]
  if ((pod.spec.ephemeralContainers ?? []).length > 0)
    errors.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'))
  if ((pod.spec.nodeName ?? '') !== '' && (pod.spec.schedulingGates ?? []).length > 0)
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'))
  return errors
}

/** What is wrong with the pods that a template would make. */
export function podTemplateErrors(template: PodTemplateSpec | undefined, field: string): readonly FieldError[] {
  if (template === undefined) return [required(field)]
  const errors: FieldError[] = [
    ...labelsErrors(template.metadata?.labels, `${field}.labels`),
    ...annotationErrors(template.metadata?.annotations, `${field}.annotations`),
  ]
  if (template.spec === undefined) return [...errors, required(`${field}.spec`)]
  errors.push(...podSpecErrors(template.spec, { isPod: false }, `${field}.spec`))
  if ((template.spec.ephemeralContainers ?? []).length > 0)
    errors.push(forbiddenField(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'))
  return errors
}

const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

const withImages = (containers: readonly Container[] | undefined, images: readonly Container[] | undefined) =>
  containers?.map((container, index) => copyOf(container, { ...container, image: images?.[index]?.image }))

/** The new spec with everything that may change put back, so that what still differs may not. */
function withoutAllowedChanges(next: PodSpec, before: PodSpec): PodSpec {
  const spec: Record<string, unknown> = copyOf(next, { ...next })
  spec.containers = withImages(next.containers, before.containers)
  spec.initContainers = withImages(next.initContainers, before.initContainers)
  for (const key of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) spec[key] = before[key]
  if ((before.terminationGracePeriodSeconds ?? 0) < 0 && next.terminationGracePeriodSeconds === 1)
    spec.terminationGracePeriodSeconds = before.terminationGracePeriodSeconds
  if ((before.schedulingGates ?? []).length > 0) {
    spec.nodeSelector = before.nodeSelector
    const { nodeAffinity: _, ...affinity } = next.affinity ?? {}
    const nodes = before.affinity?.nodeAffinity
    const kept = { ...affinity, ...(nodes === undefined ? {} : { nodeAffinity: nodes }) }
    const isEmpty = Object.keys(kept).length === 0 && before.affinity === undefined
    spec.affinity = isEmpty ? undefined : kept
  }
  return spec as unknown as PodSpec
}

function deadlineErrors(next: PodSpec, before: PodSpec): readonly FieldError[] {
  const field = 'spec.activeDeadlineSeconds'
  const [seconds, previous] = [next.activeDeadlineSeconds, before.activeDeadlineSeconds]
  if (seconds === undefined) {
    const why = 'must not update from a positive integer to nil value'
    return previous === undefined ? [] : [invalid(field, undefined, why)]
  }
  if (seconds < 0 || seconds > int32Max) return complaints(field, seconds, inRangeErrors(seconds, 0, int32Max))
  return previous !== undefined && previous < seconds
    ? [invalid(field, seconds, 'must be less than or equal to previous value')]
    : []
}

function tolerationChangeErrors(next: PodSpec, before: PodSpec): readonly FieldError[] {
  const strip = ({ tolerationSeconds: _, ...rest }: { readonly tolerationSeconds?: number }) => rest
  const kept = (before.tolerations ?? []).every((one) =>
    (next.tolerations ?? []).some((other) => sameJson(strip(one), strip(other))),
  )
  const why = 'existing toleration can not be modified except its tolerationSeconds'
  return kept ? tolerationErrors(next.tolerations, 'spec.tolerations') : [forbiddenField('spec.tolerations', why)]
}

function gateChangeErrors(next: PodSpec, before: PodSpec): readonly FieldError[] {
  const errors: FieldError[] = (next.schedulingGates ?? []).flatMap(({ name }, index) =>
    before.schedulingGates?.some((gate) => gate.name === name)
      ? []
      : [
          forbiddenField(
            `spec.schedulingGates[${index}].name`,
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ],
  )
  if ((before.schedulingGates ?? []).length === 0) return errors
  for (const key in before.nodeSelector) {
    if (next.nodeSelector?.[key] === before.nodeSelector[key]) continue
    const why = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
    errors.push(invalid('spec.nodeSelector', next.nodeSelector ?? null, why))
    break
  }
  return [...errors, ...gatedAffinityErrors(next, before)]
}

/** What is wrong with a change of a pod: nearly all of its spec stands for good. */
export function podUpdateErrors(pod: Pod, previous: Pod): readonly FieldError[] {
  const errors = [...podChangeErrors(pod), ...changedAnnotationErrors(pod, previous)]
  const [next, before] = [pod.spec, previous.spec]
  for (const kind of ['containers', 'initContainers'] as const) {
    if ((next[kind] ?? []).length !== (before[kind] ?? []).length)
      return [...errors, forbiddenField(`spec.${kind}`, 'pod updates may not add or remove containers')]
  }
  const deadline = deadlineErrors(next, before)
  errors.push(...deadline)
  if (deadline.length > 0 && next.activeDeadlineSeconds !== undefined) return errors
  errors.push(...tolerationChangeErrors(next, before), ...gateChangeErrors(next, before))
  const rest = withoutAllowedChanges(next, before)
  if (!sameJson(rest, before)) {
    const why = `pod updates may not change fields other than ${changeable}\n${innerDiff('io.k8s.api.core.v1.PodSpec', before, rest)}`
    errors.push(forbiddenField('spec', why))
  }
  return unique(errors)
}

function unique(errors: readonly FieldError[]): readonly FieldError[] {
  return errors.filter((error, index) => errors.findIndex((other) => sameJson(error, other)) === index)
}

/** What is wrong with a change through `/ephemeralcontainers`: they may be added, never changed or removed. */
export function ephemeralContainersErrors(pod: Pod, previous: Pod): readonly FieldError[] {
  if (previous.metadata.annotations?.[mirrorAnnotation] !== undefined)
    return [forbiddenField('', 'static pods do not support ephemeral containers')]
  const field = 'spec.ephemeralContainers'
  const errors = [...podChangeErrors(pod)]
  for (const old of previous.spec.ephemeralContainers ?? []) {
    const name = JSON.stringify(old.name)
    const now = pod.spec.ephemeralContainers?.find((container) => container.name === old.name)
    if (now === undefined)
      errors.push(forbiddenField(field, `existing ephemeral containers ${name} may not be removed\n`))
    else if (!sameJson(old, now))
      errors.push(
        forbiddenField(
          field,
          `existing ephemeral containers ${name} may not be changed\n${innerDiff('io.k8s.api.core.v1.EphemeralContainer', old, now)}`,
        ),
      )
  }
  return errors
}
