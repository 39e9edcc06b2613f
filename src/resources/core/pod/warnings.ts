import { dns1123LabelErrors, milliValueOf, type ObjectMeta } from '../../../machinery/index.ts'
import { labelValueWarning, labelWarning, termWarnings } from '../../deprecated-labels.ts'
import type { Container, PodSpec, PodTemplateSpec } from '../../generated/types.ts'

const deprecatedVolumes: Readonly<Record<string, string>> = {
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
}

function amountWarnings(container: Container, field: string): readonly string[] {
  return (['requests', 'limits'] as const).flatMap((kind) => {
    const list = container.resources?.[kind] ?? {}
    return ['memory', 'ephemeral-storage'].flatMap((name) => {
      const amount = list[name]
      if (amount === undefined || milliValueOf(amount) % 1000 === 0) return []
      const at = `${field}.resources.${kind}[${name}]`
      return [`${at}: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`]
    })
  })
}

function containerWarnings(container: Container, field: string): readonly string[] {
  const warnings = [...amountWarnings(container, field)]
  const names = new Set<string>()
  for (const [index, { name, value }] of (container.env ?? []).entries()) {
    // Kubernetes: a variable that builds on an earlier one of the same name hides nothing.
    if (names.has(name) && value?.includes(`$(${name})`) !== true) {
      const hides = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`
      warnings.push(`${field}.env[${index}]: ${hides}`)
    }
    names.add(name)
  }
  const ports = container.ports ?? []
  for (const [index, port] of ports.entries()) {
    const same = ports.findIndex(
      (other) => other.containerPort === port.containerPort && other.protocol === port.protocol,
    )
    if (same < index) warnings.push(`${field}.ports[${index}]: duplicate port definition with ${field}.ports[${same}]`)
  }
  return warnings
}

const noPod = 'a null labelSelector results in matching no pod'

function labelWarnings(spec: PodSpec, field: string): readonly string[] {
  const nodes = spec.affinity?.nodeAffinity
  const at = `${field}.affinity.nodeAffinity`
  const required = nodes?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const preferred = nodes?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((key) => labelWarning(key, `${field}.nodeSelector[${key}]`)),
    ...required.flatMap((term, n) =>
      termWarnings(term, `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${n}]`),
    ),
    ...preferred.flatMap(({ preference }, n) =>
      termWarnings(preference, `${at}.preferredDuringSchedulingIgnoredDuringExecution[${n}].preference`),
    ),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, n) => {
      const path = `${field}.topologySpreadConstraints[${n}]`
      const selector = labelSelector === undefined ? [`${path}.labelSelector: ${noPod}`] : []
      return [...labelValueWarning(topologyKey, `${path}.topologyKey`), ...selector]
    }),
  ]
}

/** What Kubernetes warns of in a pod's spec. */
export function podSpecWarnings(spec: PodSpec, field: string): readonly string[] {
  const warnings = [...labelWarnings(spec, field)]
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    for (const kind in deprecatedVolumes) {
      if ((volume as unknown as Record<string, unknown>)[kind] !== undefined)
        warnings.push(`${field}.volumes[${index}].${kind}: ${deprecatedVolumes[kind]}`)
    }
  }
  const hosts = new Set<string>()
  for (const [index, { ip }] of (spec.hostAliases ?? []).entries()) {
    if (hosts.has(ip)) warnings.push(`${field}.hostAliases[${index}].ip: duplicate ip ${JSON.stringify(ip)}`)
    hosts.add(ip)
  }
  const secrets = new Set<string>()
  for (const [index, { name = '' }] of (spec.imagePullSecrets ?? []).entries()) {
    const at = `${field}.imagePullSecrets[${index}].name`
    if (name === '') warnings.push(`${at}: invalid empty name ""`)
    else if (secrets.has(name)) warnings.push(`${at}: duplicate name ${JSON.stringify(name)}`)
    secrets.add(name)
  }
  for (const kind of ['initContainers', 'containers'] as const)
    for (const [index, container] of (spec[kind] ?? []).entries())
      warnings.push(...containerWarnings(container, `${field}.${kind}[${index}]`))
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const why = 'must be >= 0; negative values are invalid and will be treated as 1'
    warnings.push(`${field}.terminationGracePeriodSeconds: ${why}`)
  }
  return warnings
}

const criticalPod = 'scheduler.alpha.kubernetes.io/critical-pod'

/** What Kubernetes warns of in a pod that is created. */
export function podWarnings(pod: { readonly metadata: ObjectMeta; readonly spec: PodSpec }): readonly string[] {
  const found = dns1123LabelErrors(pod.metadata.name)
  const why = "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended"
  const name = found.length === 0 ? [] : [`metadata.name: ${why}: [${found.join(' ')}]`]
  const critical = pod.metadata.annotations?.[criticalPod] !== undefined && !pod.spec.priorityClassName
  const instead = 'non-functional in v1.16+; use the "priorityClassName" field instead'
  const annotated = critical ? [`metadata.annotations[${criticalPod}]: ${instead}`] : []
  return [...name, ...annotated, ...podSpecWarnings(pod.spec, 'spec')]
}

/** What Kubernetes warns of in a template; only when it is new or has changed. */
export function podTemplateWarnings(
  template: PodTemplateSpec | undefined,
  previous: PodTemplateSpec | undefined,
  field: string,
): readonly string[] {
  if (template?.spec === undefined || template === previous) return []
  return podSpecWarnings(template.spec, `${field}.spec`)
}
