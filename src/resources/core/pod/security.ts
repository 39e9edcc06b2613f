import {
  duplicate,
  type FieldError,
  forbiddenField,
  inRangeErrors,
  invalid,
  required,
  tooLong,
} from '../../../machinery/index.ts'
import { isOn } from '../../gates/judged-by.ts'
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext } from '../../generated/types.ts'
import { goForm } from '../../validation/go-form.ts'
import { complaints } from '../../validation/object-meta.ts'
import { descendingPathErrors } from './volumes.ts'

const idMax = 2 ** 31 - 1
const idErrors = (id: number | undefined, field: string): readonly FieldError[] =>
  id === undefined ? [] : complaints(field, id, inRangeErrors(id, 0, idMax))
const profilePathMax = 4095
const sysctlLengthMax = 253
const sysctlSegment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const sysctlPattern = `^(${sysctlSegment}[\\./])*${sysctlSegment}$`
const sysctlName = new RegExp(sysctlPattern)

function seccompErrors(profile: SeccompProfile | undefined, field: string): readonly FieldError[] {
  if (profile === undefined) return []
  const errors: FieldError[] = []
  if (!profile.type) errors.push(required(`${field}.type`, 'type is required when seccompProfile is set'))
  const path = profile.localhostProfile
  if (profile.type !== 'Localhost') {
    if (path !== undefined)
      errors.push(
        invalid(
          `${field}.localhostProfile`,
          goForm('io.k8s.api.core.v1.SeccompProfile', profile),
          'can only be set when seccomp type is Localhost',
        ),
      )
  } else if (path === undefined)
    errors.push(required(`${field}.localhostProfile`, 'must be set when seccomp type is Localhost'))
  else errors.push(...descendingPathErrors(path, `${field}.localhostProfile`))
  return errors
}

function appArmorErrors(profile: AppArmorProfile | undefined, field: string): readonly FieldError[] {
  if (profile === undefined) return []
  const at = `${field}.localhostProfile`
  const path = profile.localhostProfile
  if (!profile.type) return [required(`${field}.type`, 'type is required when appArmorProfile is set')]
  if (profile.type !== 'Localhost')
    return path === undefined ? [] : [invalid(at, path, 'can only be set when AppArmor type is Localhost')]
  if (path === undefined || path === '') return [required(at, 'must be set when AppArmor type is Localhost')]
  const errors: FieldError[] = []
  if (path.trim() !== path) errors.push(invalid(at, path, 'must not be padded with whitespace'))
  return path.length > profilePathMax ? [...errors, tooLong(at, profilePathMax)] : errors
}

/** Which of the host's namespaces a sysctl would reach, if the pod shares it. */
function sysctlNamespace(name: string): 'net' | 'ipc' | undefined {
  const dotted = name.replaceAll('/', '.')
  if (dotted.startsWith('net.')) return 'net'
  return /^(?:kernel\.(?:shm|msg|sem)|fs\.mqueue\.)/.test(dotted) ? 'ipc' : undefined
}

function sysctlErrors(spec: PodSpec, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { name = '' }] of (spec.securityContext?.sysctls ?? []).entries()) {
    const at = `${field}[${index}].name`
    if (name === '') errors.push(required(at))
    else if (name.length > sysctlLengthMax || !sysctlName.test(name)) {
      errors.push(invalid(at, name, `must have at most ${sysctlLengthMax} characters and match regex ${sysctlPattern}`))
    } else if (seen.has(name)) errors.push(duplicate(at, name))
    const namespace = sysctlNamespace(name)
    if (spec.hostNetwork === true && namespace === 'net')
      errors.push(invalid(at, name, "may not be specified when 'hostNetwork' is true"))
    if (spec.hostIPC === true && namespace === 'ipc')
      errors.push(invalid(at, name, "may not be specified when 'hostIPC' is true"))
    seen.add(name)
  }
  return errors
}

/** What is wrong with the security of a pod as a whole. */
export function podSecurityErrors(spec: PodSpec, field: string): readonly FieldError[] {
  const context = spec.securityContext
  const at = `${field}.securityContext`
  const errors: FieldError[] = []
  // Kubernetes: this field is complained about below securityContext, where it once was.
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const why = 'ShareProcessNamespace and HostPID cannot both be enabled'
    errors.push(invalid(`${at}.shareProcessNamespace`, true, why))
  }
  if (context === undefined) return errors
  return [
    ...idErrors(context.fsGroup, `${at}.fsGroup`),
    ...idErrors(context.runAsUser, `${at}.runAsUser`),
    ...idErrors(context.runAsGroup, `${at}.runAsGroup`),
    ...(context.supplementalGroups ?? []).flatMap((id, index) => idErrors(id, `${at}.supplementalGroups[${index}]`)),
    ...errors,
    ...sysctlErrors(spec, `${at}.sysctls`),
    ...seccompErrors(context.seccompProfile, `${at}.seccompProfile`),
    ...appArmorErrors(context.appArmorProfile, `${at}.appArmorProfile`),
  ]
}

/** What is wrong with the security of one container. */
export function containerSecurityErrors(
  context: SecurityContext | undefined,
  hostUsers: boolean,
  field: string,
): readonly FieldError[] {
  if (context === undefined) return []
  const errors: FieldError[] = [
    ...idErrors(context.runAsUser, `${field}.runAsUser`),
    ...idErrors(context.runAsGroup, `${field}.runAsGroup`),
  ]
  if (context.procMount === 'Unmasked' && hostUsers)
    errors.push(invalid(`${field}.procMount`, context.procMount, '`hostUsers` must be false to use `Unmasked`'))
  errors.push(...seccompErrors(context.seccompProfile, `${field}.seccompProfile`))
  if (context.allowPrivilegeEscalation === false) {
    const refuse = (what: string) =>
      errors.push(invalid(field, context, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`))
    if (context.privileged === true) refuse('`privileged` to true')
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN') === true) refuse('`capabilities.Add` CAP_SYS_ADMIN')
  }
  return [...errors, ...appArmorErrors(context.appArmorProfile, `${field}.appArmorProfile`)]
}

/** Kubernetes: a pod with users of its own may not share the host's other namespaces. */
export function hostUsersErrors(spec: PodSpec, field: string): readonly FieldError[] {
  if (spec.hostUsers !== false) return []
  const why = 'when `hostUsers` is false'
  const errors: FieldError[] = []
  if (spec.hostNetwork === true && !isOn('UserNamespacesHostNetworkSupport'))
    errors.push(forbiddenField(`${field}.hostNetwork`, why))
  if (spec.hostPID === true) errors.push(forbiddenField(`${field}.HostPID`, why))
  if (spec.hostIPC === true) errors.push(forbiddenField(`${field}.HostIPC`, why))
  return errors
}
