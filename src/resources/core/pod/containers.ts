import {
  dns1123LabelErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  isSidecar,
  notFoundField,
  notSupported,
  portNameErrors,
  portNumberErrors,
  required,
} from '../../../machinery/index.ts'
import { isOn } from '../../gates/judged-by.ts'
import type { Container, ContainerPort, EphemeralContainer, PodSpec, Volume } from '../../generated/types.ts'
import { complaints } from '../../validation/object-meta.ts'
import { environmentErrors, environmentFromErrors } from './environment.ts'
import { deviceErrors, mountErrors } from './mounts.ts'
import { lifecycleErrors, type ProbeKind, probeErrors } from './probes.ts'
import { resourceRequirementsErrors } from './resources.ts'
import { containerSecurityErrors } from './security.ts'

/** What containers of one pod are checked against. */
export interface Surroundings {
  readonly spec: PodSpec
  readonly volumes: ReadonlyMap<string, Volume>
  readonly claimNames: ReadonlySet<string>
}
const probeKinds: readonly ProbeKind[] = ['livenessProbe', 'readinessProbe', 'startupProbe']
const restartPolicies = ['Always', 'Never', 'OnFailure']
const restartRulesMax = 20

function portsErrors(ports: readonly ContainerPort[] | undefined, field: string): readonly FieldError[] {
  const names = new Set<string>()
  return (ports ?? []).flatMap(({ name = '', containerPort, hostPort = 0, protocol }, index) => {
    const at = `${field}[${index}]`
    const errors: FieldError[] = []
    if (name !== '') {
      const found = complaints(`${at}.name`, name, portNameErrors(name))
      errors.push(...found)
      if (found.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name))
      if (found.length === 0) names.add(name)
    }
    if ((containerPort ?? 0) === 0) errors.push(required(`${at}.containerPort`))
    else errors.push(...complaints(`${at}.containerPort`, containerPort, portNumberErrors(containerPort)))
    if (hostPort !== 0) errors.push(...complaints(`${at}.hostPort`, hostPort, portNumberErrors(hostPort)))
    return (protocol ?? '') === '' ? [...errors, required(`${at}.protocol`)] : errors
  })
}

/** What every container must have, of whatever sort. */
function commonErrors(container: Container | EphemeralContainer, about: Surroundings, field: string): FieldError[] {
  const { spec, volumes, claimNames } = about
  const { name = '', image = '' } = container
  const errors: FieldError[] = []
  if (name === '') errors.push(required(`${field}.name`))
  else errors.push(...complaints(`${field}.name`, name, dns1123LabelErrors(name)))
  if (image === '') errors.push(required(`${field}.image`))
  errors.push(
    ...portsErrors(container.ports, `${field}.ports`),
    ...environmentErrors(container.env, `${field}.env`),
    ...environmentFromErrors(container.envFrom, `${field}.envFrom`),
    ...mountErrors(container, volumes, `${field}.volumeMounts`),
    ...deviceErrors(container, volumes, `${field}.volumeDevices`),
    ...resourceRequirementsErrors(container.resources, `${field}.resources`, { claimNames }),
  )
  const resized = new Set<string>()
  for (const [index, { resourceName, restartPolicy }] of (container.resizePolicy ?? []).entries()) {
    const at = `${field}.resizePolicy`
    if (resized.has(resourceName)) errors.push(duplicate(`${at}[${index}]`, resourceName))
    resized.add(resourceName)
    // Kubernetes: both are told at the list.
    errors.push(...choiceErrors(resourceName, ['cpu', 'memory'], at))
    errors.push(...choiceErrors(restartPolicy, ['NotRequired', 'RestartContainer'], at))
    if (spec.restartPolicy === 'Never' && restartPolicy !== 'NotRequired')
      errors.push(invalid(at, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
  }
  const hostUsers = spec.hostUsers !== false
  return [...errors, ...containerSecurityErrors(container.securityContext, hostUsers, `${field}.securityContext`)]
}

function choiceErrors(value: string | undefined, allowed: readonly string[], field: string): readonly FieldError[] {
  if ((value ?? '') === '') return [required(field)]
  return allowed.includes(value!) ? [] : [notSupported(field, value, allowed)]
}

function restartErrors(container: Container, field: string): readonly FieldError[] {
  const { restartPolicy, restartPolicyRules = [] } = container
  const at = `${field}.restartPolicy`
  const errors: FieldError[] = []
  if (restartPolicy === undefined) {
    if (restartPolicyRules.length === 0) return []
    errors.push(required(at, 'must specify restartPolicy when restart rules are used'))
  } else if (!restartPolicies.includes(restartPolicy)) errors.push(notSupported(at, restartPolicy, restartPolicies))
  if (restartPolicyRules.length > restartRulesMax) {
    const message = `Too long: may not be more than ${restartRulesMax} bytes`
    errors.push({ type: 'FieldValueTooLong', field: `${field}.restartPolicyRules`, message })
  }
  for (const [index, rule] of restartPolicyRules.entries()) {
    if (rule.exitCodes === undefined)
      errors.push(required(`${field}.restartPolicyRules[${index}].exitCodes`, 'must be specified'))
    if (rule.action === 'RestartAllContainers' && !isOn('RestartAllContainersOnContainerExits'))
      errors.push(notSupported(`${field}.restartPolicyRules[${index}].action`, rule.action, ['Restart']))
  }
  return errors
}

function hookErrors(container: Container, about: Surroundings, field: string): readonly FieldError[] {
  const { terminationGracePeriodSeconds: graceSeconds, os } = about.spec
  return [
    ...lifecycleErrors(container.lifecycle, graceSeconds, os, `${field}.lifecycle`),
    ...probeKinds.flatMap((kind) => probeErrors(container[kind], kind, graceSeconds, `${field}.${kind}`)),
  ]
}

/** Host ports that two containers of one pod both want. */
function hostPortErrors(containers: readonly Container[], field: string): readonly FieldError[] {
  const taken = new Set<string>()
  return containers.flatMap((container, index) =>
    (container.ports ?? []).flatMap(({ hostPort = 0, hostIP = '', protocol }, at) => {
      if (hostPort === 0) return []
      const text = `${protocol}/${hostIP}/${hostPort}`
      if (taken.has(text)) return [duplicate(`${field}[${index}].ports[${at}].hostPort`, text)]
      taken.add(text)
      return []
    }),
  )
}

export function mainContainerErrors(about: Surroundings, field: string): readonly FieldError[] {
  const containers = about.spec.containers ?? []
  if (containers.length === 0) return [required(field)]
  const names = new Set<string>()
  const each = containers.flatMap((container, index) => {
    const at = `${field}[${index}]`
    const errors = commonErrors(container, about, at)
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    names.add(container.name)
    return [...errors, ...hookErrors(container, about, at), ...restartErrors(container, at)]
  })
  return [...each, ...hostPortErrors(containers, field)]
}

export function initContainerErrors(about: Surroundings, field: string): readonly FieldError[] {
  const names = new Set((about.spec.containers ?? []).map(({ name }) => name))
  return (about.spec.initContainers ?? []).flatMap((container, index) => {
    const at = `${field}[${index}]`
    const errors = [...commonErrors(container, about, at), ...restartErrors(container, at)]
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    else if ((container.name ?? '') !== '') names.add(container.name)
    errors.push(...hostPortErrors([container], field))
    if (isSidecar(container)) return [...errors, ...hookErrors(container, about, at)]
    for (const kind of ['lifecycle', ...probeKinds] as const) {
      if (container[kind] === undefined) continue
      errors.push(forbiddenField(`${at}.${kind}`, 'may not be set for init containers without restartPolicy=Always'))
    }
    return errors
  })
}

const notForEphemeral = ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const

export function ephemeralContainerErrors(about: Surroundings, field: string): readonly FieldError[] {
  const { spec } = about
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name))
  const names = new Set(others)
  const why = 'cannot be set for an Ephemeral Container'
  return (spec.ephemeralContainers ?? []).flatMap((container, index) => {
    const at = `${field}[${index}]`
    const errors = [...commonErrors(container, about, at), ...imageErrors(container, at)]
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    names.add(container.name)
    const target = container.targetContainerName ?? ''
    if (target !== '' && !others.has(target)) errors.push(notFoundField(`${at}.targetContainerName`, target))
    for (const name of notForEphemeral) {
      const value = container[name]
      if (value !== undefined && !(Array.isArray(value) && value.length === 0))
        errors.push(forbiddenField(`${at}.${name}`, why))
    }
    if (Object.keys(container.resources ?? {}).length > 0) errors.push(forbiddenField(`${at}.resources`, why))
    for (const [n, mount] of (container.volumeMounts ?? []).entries()) {
      if ((mount.subPath ?? '') !== '') errors.push(forbiddenField(`${at}.volumeMounts[${n}].subPath`, why))
      if ((mount.subPathExpr ?? '') !== '') errors.push(forbiddenField(`${at}.volumeMounts[${n}].subPathExpr`, why))
    }
    return errors
  })
}

/** Kubernetes: only pods themselves refuse space around an image's name; templates bear it. */
export function imageErrors(container: { readonly image?: string }, field: string): readonly FieldError[] {
  const image = container.image ?? ''
  const why = 'must not have leading or trailing whitespace'
  return image.trim() === image ? [] : [invalid(`${field}.image`, image, why)]
}
