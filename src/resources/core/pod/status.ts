import {
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  inRangeErrors,
  invalid,
  isSidecar,
  parseIp,
  qualifiedNameErrors,
} from '../../../machinery/index.ts'
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from '../../generated/types.ts'
import { olderIpErrors } from '../../validation/addresses.ts'
import { goForm } from '../../validation/go-form.ts'
import { complaints, immutable } from '../../validation/object-meta.ts'
import { changedAnnotationErrors } from './validate.ts'

const int32Max = 2 ** 31 - 1

function transitionErrors(
  next: readonly ContainerStatus[] | undefined,
  before: readonly ContainerStatus[] | undefined,
  mayRestart: (name: string, exitCode: number) => boolean,
  field: string,
): readonly FieldError[] {
  return (before ?? []).flatMap((status, index) => {
    const ended = status.state?.terminated
    if (ended === undefined || mayRestart(status.name, ended.exitCode)) return []
    const now = next?.find(({ name }) => name === status.name)
    if (now === undefined || now.state?.terminated !== undefined) return []
    return [forbiddenField(`${field}[${index}].state`, 'may not be transitioned to non-terminated state')]
  })
}

/** Whether a container may run again after it ended so: by its own policy and rules, else by its pod's. */
function restarts(container: Container | undefined, spec: PodSpec, exitCode: number, isInit: boolean): boolean {
  if (container === undefined) return false
  // Kubernetes: where any container may have all started anew, each may, whatever it says itself.
  const all = [...(spec.initContainers ?? []), ...spec.containers].flatMap((one) => one.restartPolicyRules ?? [])
  if (all.some(({ action }) => action === 'RestartAllContainers')) return true
  for (const { exitCodes } of container.restartPolicyRules ?? []) {
    if (exitCodes === undefined) continue
    const listed = exitCodes.values?.includes(exitCode) === true
    if (listed === (exitCodes.operator === 'In')) return true
  }
  const policy = container.restartPolicy ?? (isInit && spec.restartPolicy === 'Always' ? 'Always' : spec.restartPolicy)
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0) || isSidecar(container)
}

type Addresses = readonly { readonly ip?: string }[] | undefined
function addressErrors(next: Addresses, before: Addresses, field: string, innerType: string): readonly FieldError[] {
  const list = next ?? []
  const known = (before ?? []).map(({ ip = '' }) => ip)
  const errors = list.flatMap(({ ip = '' }, index) => olderIpErrors(`${field}[${index}]`, ip, known))
  if (list.length <= 1) return errors
  const families = list.map(({ ip = '' }) => parseIp(ip)?.family)
  const broken = families.indexOf(undefined)
  if (broken < 0 && new Set(families).size === list.length) return errors
  if (broken >= 0) {
    const why = `failed to check for dual stack with error:invalid IP[${broken}]: ${list[broken]?.ip ?? ''}`
    errors.push({ type: 'InternalError', field, message: `Internal error: ${why}` })
  }
  const shown = list.map((one) => goForm(innerType, one))
  return [...errors, invalid(field, shown, 'may specify no more than one IP for each IP family')]
}

/** What is wrong with how far a kubelet says it has got, and with the users of its containers. */
function observedErrors({ observedGeneration = 0, ...status }: PodStatus): readonly FieldError[] {
  const errors: FieldError[] = []
  if (observedGeneration < 0)
    errors.push(invalid('status.observedGeneration', observedGeneration, 'must be a non-negative integer'))
  for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const)
    for (const [index, { user }] of (status[list] ?? []).entries()) {
      const { uid, gid, supplementalGroups = [] } = user?.linux ?? {}
      const at = `status.${list}[${index}].user.linux`
      const id = (field: string, value: number | undefined) =>
        value === undefined ? [] : complaints(field, value, inRangeErrors(value, 0, int32Max))
      errors.push(...id(`${at}.uid`, uid), ...id(`${at}.gid`, gid))
      for (const [n, group] of supplementalGroups.entries()) errors.push(...id(`${at}.supplementalGroups[${n}]`, group))
    }
  return errors
}

/** What is wrong with which claims were made for a pod: each is of one that it asks for. */
function claimStatusErrors({ resourceClaimStatuses = [] }: PodStatus, spec: PodSpec): readonly FieldError[] {
  const seen = new Set<string>()
  return resourceClaimStatuses.flatMap(({ name = '', resourceClaimName: claim }, index) => {
    const at = `status.resourceClaimStatuses[${index}]`
    const errors: FieldError[] = []
    if (!spec.resourceClaims?.some((one) => one.name === name))
      errors.push(invalid(`${at}.name`, name, 'must match the name of an entry in `spec.resourceClaims`'))
    if (seen.has(name)) errors.push(duplicate(`${at}.name`, name))
    seen.add(name)
    return claim === undefined
      ? errors
      : [...errors, ...complaints(`${at}.resourceClaimName`, claim, dns1123SubdomainErrors(claim))]
  })
}

/** What is wrong with a change of a pod's status. */
export function podStatusErrors(pod: Pod, previous: Pod): readonly FieldError[] {
  const { spec } = previous
  const [next, before] = [pod.status ?? {}, previous.status ?? {}]
  const errors: FieldError[] = [...changedAnnotationErrors(pod, previous)]
  for (const [index, { type }] of (next.conditions ?? []).entries()) {
    if (['PodScheduled', 'Ready', 'Initialized'].includes(type)) continue
    errors.push(...complaints(`status.conditions[${index}].Type`, type, qualifiedNameErrors(type ?? '')))
  }
  const nominated = next.nominatedNodeName ?? ''
  if (nominated !== (before.nominatedNodeName ?? '') && nominated !== '') {
    const field = 'status.nominatedNodeName'
    errors.push(...complaints(field, nominated, dns1123SubdomainErrors(nominated)))
    if ((spec.nodeName ?? '') !== '')
      errors.push(forbiddenField(field, 'may not be set on pods that are already bound to a node'))
  }
  errors.push(...immutable('status.qosClass', next.qosClass, before.qosClass))
  errors.push(...observedErrors(next), ...claimStatusErrors(next, spec))
  const find = (containers: readonly Container[] | undefined, name: string) =>
    containers?.find((container) => container.name === name)
  errors.push(
    ...transitionErrors(
      next.containerStatuses,
      before.containerStatuses,
      (name, code) => restarts(find(spec.containers, name), spec, code, false),
      'status.containerStatuses',
    ),
    ...transitionErrors(
      next.initContainerStatuses,
      before.initContainerStatuses,
      (name, code) => restarts(find(spec.initContainers, name), spec, code, true),
      'status.initContainerStatuses',
    ),
    ...transitionErrors(
      next.ephemeralContainerStatuses,
      before.ephemeralContainerStatuses,
      () => false,
      'status.ephemeralContainerStatuses',
    ),
  )
  errors.push(...addressErrors(next.podIPs, before.podIPs, 'status.podIPs', 'io.k8s.api.core.v1.PodIP'))
  const first = next.hostIPs?.[0]?.ip
  if (first !== undefined && first !== (next.hostIP ?? ''))
    errors.push(invalid('status.hostIPs[0].ip', first, 'must be equal to `hostIP`'))
  errors.push(...addressErrors(next.hostIPs, before.hostIPs, 'status.hostIPs', 'io.k8s.api.core.v1.HostIP'))
  return errors
}
