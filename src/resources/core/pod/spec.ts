import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  inRangeErrors,
  invalid,
  labelsErrors,
  notSupported,
  qualifiedNameErrors,
  required,
  searchDomainErrors,
  tooLong,
} from '../../../machinery/index.ts'
import type { PodSpec } from '../../generated/types.ts'
import { olderIpErrors } from '../../validation/addresses.ts'
import { goForm } from '../../validation/go-form.ts'
import { complaints } from '../../validation/object-meta.ts'
import { affinityErrors, tolerationErrors, topologySpreadErrors } from './affinity.ts'
import { ephemeralContainerErrors, initContainerErrors, mainContainerErrors, type Surroundings } from './containers.ts'
import { podLevelResourceErrors, resourceRequirementsErrors } from './resources.ts'
import { hostUsersErrors, podSecurityErrors } from './security.ts'
import { checkVolumes } from './volumes.ts'

const int32Max = 2 ** 31 - 1
const nameserversMax = 3
const searchesMax = 32
const searchesLengthMax = 2048
const hostnameOverrideMax = 64

/** What a spec belongs to: a pod with a name, or a template. */
export interface SpecOwner {
  readonly isPod: boolean
  readonly name?: string
}

function claimErrors(spec: PodSpec, field: string): readonly FieldError[] {
  const names = new Set<string>()
  return (spec.resourceClaims ?? []).flatMap((claim, index) => {
    const at = `${field}[${index}]`
    const errors: FieldError[] = []
    if ((claim.name ?? '') === '') errors.push(required(`${at}.name`))
    else if (names.has(claim.name)) errors.push(duplicate(`${at}.name`, claim.name))
    else errors.push(...complaints(`${at}.name`, claim.name, dns1123LabelErrors(claim.name)))
    names.add(claim.name)
    const { resourceClaimName, resourceClaimTemplateName } = claim
    const shown = goForm('io.k8s.api.core.v1.PodResourceClaim', claim)
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const why = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'
      errors.push(invalid(at, shown, why))
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined)
      errors.push(invalid(at, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
    for (const name of ['resourceClaimName', 'resourceClaimTemplateName'] as const)
      if (claim[name] !== undefined)
        errors.push(...complaints(`${at}.${name}`, claim[name], dns1123SubdomainErrors(claim[name])))
    return errors
  })
}

function hostNetworkErrors(spec: PodSpec, owner: SpecOwner, field: string): readonly FieldError[] {
  if (spec.hostNetwork !== true) return []
  return (spec.containers ?? []).flatMap((container, index) =>
    (container.ports ?? []).flatMap(({ hostPort = 0, containerPort }, at) =>
      (owner.isPod || hostPort !== 0) && hostPort !== containerPort
        ? [
            invalid(
              `${field}.containers[${index}].ports[${at}].hostPort`,
              hostPort,
              'must match `containerPort` when `hostNetwork` is true',
            ),
          ]
        : [],
    ),
  )
}

function dnsErrors(spec: PodSpec, field: string): readonly FieldError[] {
  const config = spec.dnsConfig
  if (spec.dnsPolicy === 'None') {
    if (config === undefined) return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if ((config.nameservers ?? []).length === 0) {
      const why = 'must provide at least one DNS nameserver when `dnsPolicy` is None'
      return [required(`${field}.nameservers`, why)]
    }
  }
  const { nameservers = [], searches = [], options = [] } = config ?? {}
  const errors: FieldError[] = []
  if (nameservers.length > nameserversMax)
    errors.push(invalid(`${field}.nameservers`, nameservers, `must not have more than ${nameserversMax} nameservers`))
  errors.push(...nameservers.flatMap((server, index) => olderIpErrors(`${field}.nameservers[${index}]`, server)))
  if (searches.length > searchesMax)
    errors.push(invalid(`${field}.searches`, searches, `must not have more than ${searchesMax} search paths`))
  if (searches.join(' ').length > searchesLengthMax) {
    const why = `must not have more than ${searchesLengthMax} characters (including spaces) in the search list`
    errors.push(invalid(`${field}.searches`, searches, why))
  }
  for (const [index, search] of searches.entries()) {
    if (search === '.') continue
    // Kubernetes: search domains may have underscores and a dot at the end, unlike names of objects.
    const plain = (search ?? '').replace(/\.$/, '')
    errors.push(...complaints(`${field}.searches[${index}]`, search ?? '', searchDomainErrors(plain)))
  }
  for (const [index, { name = '' }] of options.entries())
    if (name === '') errors.push(required(`${field}.options[${index}]`, 'must not be empty'))
  return errors
}

function gateErrors(spec: PodSpec, field: string): readonly FieldError[] {
  const seen = new Set<string>()
  const errors: FieldError[] = (spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
    complaints(
      `${field}.readinessGates[${index}].conditionType`,
      conditionType,
      qualifiedNameErrors(conditionType ?? ''),
    ),
  )
  for (const [index, { name = '' }] of (spec.schedulingGates ?? []).entries()) {
    const at = `${field}.schedulingGates[${index}]`
    errors.push(...complaints(at, name, qualifiedNameErrors(name)))
    if (seen.has(name)) errors.push(duplicate(at, name))
    seen.add(name)
  }
  return errors
}

function hostnameOverrideErrors(spec: PodSpec, field: string): readonly FieldError[] {
  const name = spec.hostnameOverride
  if (name === undefined) return []
  const errors: FieldError[] = []
  if (spec.setHostnameAsFQDN === true)
    errors.push(forbiddenField(field, 'may not be specified when setHostnameAsFQDN is true'))
  if (spec.hostNetwork === true) errors.push(forbiddenField(field, 'may not be specified when hostNetwork is true'))
  if (name.length > hostnameOverrideMax) errors.push(tooLong(field, hostnameOverrideMax))
  return [...errors, ...complaints(field, name, dns1123SubdomainErrors(name))]
}

function osErrors(os: PodSpec['os'], field: string): readonly FieldError[] {
  if (os === undefined) return []
  const name = os.name ?? ''
  if (name === '') return [required(`${field}.name`)]
  return ['linux', 'windows'].includes(name) ? [] : [notSupported(field, name, ['linux', 'windows'])]
}

/** What is wrong with names, times and the like that stand by themselves. */
function plainErrors(spec: PodSpec, field: string): readonly FieldError[] {
  const named = (key: keyof PodSpec, check: (name: string) => readonly string[]): readonly FieldError[] => {
    const name = spec[key]
    return typeof name === 'string' && name !== '' ? complaints(`${field}.${key}`, name, check(name)) : []
  }
  const deadline = spec.activeDeadlineSeconds
  return [
    ...named('serviceAccountName', dns1123SubdomainErrors),
    ...named('nodeName', dns1123SubdomainErrors),
    ...(deadline === undefined
      ? []
      : complaints(`${field}.activeDeadlineSeconds`, deadline, inRangeErrors(deadline, 1, int32Max))),
    ...named('hostname', dns1123LabelErrors),
    ...named('subdomain', dns1123LabelErrors),
    ...tolerationErrors(spec.tolerations, `${field}.tolerations`),
    ...(spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }, index) => [
      ...olderIpErrors(`${field}.hostAliases[${index}].ip`, ip),
      ...hostnames.flatMap((name, n) =>
        complaints(`${field}.hostAliases[${index}].hostnames[${n}]`, name, dns1123SubdomainErrors(name)),
      ),
    ]),
    ...named('priorityClassName', dns1123SubdomainErrors),
    ...(spec.runtimeClassName === undefined
      ? []
      : complaints(`${field}.runtimeClassName`, spec.runtimeClassName, dns1123SubdomainErrors(spec.runtimeClassName))),
    ...osErrors(spec.os, `${field}.os`),
    ...(spec.overhead === undefined ? [] : resourceRequirementsErrors({ limits: spec.overhead }, `${field}.overhead`)),
  ]
}

/** What is wrong with a pod's spec, on its own or in a template, in Kubernetes' order. */
export function podSpecErrors(spec: PodSpec, owner: SpecOwner, field = 'spec'): readonly FieldError[] {
  const volumes = checkVolumes(spec.volumes, owner.name, `${field}.volumes`)
  const claimNames = new Set((spec.resourceClaims ?? []).map(({ name }) => name).filter((name) => (name ?? '') !== ''))
  const about: Surroundings = { spec, volumes: volumes.good, claimNames }
  return [
    ...(spec.terminationGracePeriodSeconds === undefined ? [required(`${field}.terminationGracePeriodSeconds`)] : []),
    ...volumes.errors,
    ...claimErrors(spec, `${field}.resourceClaims`),
    ...mainContainerErrors(about, `${field}.containers`),
    ...initContainerErrors(about, `${field}.initContainers`),
    ...ephemeralContainerErrors(about, `${field}.ephemeralContainers`),
    ...podLevelResourceErrors(spec, field),
    ...hostNetworkErrors(spec, owner, field),
    ...restartPolicyErrors(spec.restartPolicy ?? '', `${field}.restartPolicy`),
    ...((spec.dnsPolicy ?? '') === '' ? [required(`${field}.dnsPolicy`)] : []),
    ...labelsErrors(spec.nodeSelector, `${field}.nodeSelector`),
    ...podSecurityErrors(spec, field),
    ...affinityErrors(spec.affinity, `${field}.affinity`),
    ...dnsErrors(spec, `${field}.dnsConfig`),
    ...gateErrors(spec, field),
    ...topologySpreadErrors(spec.topologySpreadConstraints, `${field}.topologySpreadConstraints`),
    ...hostUsersErrors(spec, field),
    ...hostnameOverrideErrors(spec, `${field}.hostnameOverride`),
    ...plainErrors(spec, field),
  ]
}

const restartPolicies = ['Always', 'OnFailure', 'Never']
function restartPolicyErrors(policy: string, field: string): readonly FieldError[] {
  if (policy === '') return [required(field)]
  return restartPolicies.includes(policy) ? [] : [notSupported(field, policy, restartPolicies)]
}
