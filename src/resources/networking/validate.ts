import {
  cidrContains,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalid,
  isIp,
  labelSelectorErrors,
  networkOf,
  notSupported,
  parseCidr,
  pathSegmentErrors,
  portNumberErrors,
  required,
  tooLong,
  wildcardSubdomainErrors,
} from '../../machinery/index.ts'
import { portErrors } from '../core/pod/probes.ts'
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressClass,
  IPAddress,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  ServiceCIDR,
} from '../generated/types.ts'
import { cidrErrors, olderCidrErrors } from '../validation/addresses.ts'
import { immutableStruct } from '../validation/go-form.ts'
import { complaints, immutable, immutableText } from '../validation/object-meta.ts'
import { domainPrefixedPathErrors } from '../validation/paths.ts'

interface Reference {
  readonly apiGroup?: string
  readonly kind?: string
  readonly name?: string
}

/** What is wrong with a reference to an object of any kind. */
function referenceErrors({ apiGroup, kind = '', name = '' }: Reference, field: string): readonly FieldError[] {
  const named = (text: string, at: string) =>
    text === '' ? [required(at)] : complaints(at, text, pathSegmentErrors(text))
  return [
    ...((apiGroup ?? undefined) === undefined
      ? []
      : complaints(`${field}.apiGroup`, apiGroup, dns1123SubdomainErrors(apiGroup!))),
    ...named(kind, `${field}.kind`),
    ...named(name, `${field}.name`),
  ]
}

function backendErrors(backend: IngressBackend | undefined, field: string): readonly FieldError[] {
  const { service, resource } = backend ?? {}
  if (service !== undefined && resource !== undefined)
    return [invalid(field, '', 'cannot set both resource and service backends')]
  if (resource !== undefined) return referenceErrors(resource, `${field}.resource`)
  if (service === undefined) return [invalid(field, '', 'resource or service backend is required')]
  const errors: FieldError[] = []
  const name = service.name ?? ''
  if (name === '') errors.push(required(`${field}.service.name`))
  else errors.push(...complaints(`${field}.service.name`, name, dns1123LabelErrors(name)))
  const { name: portName = '', number = 0 } = service.port ?? {}
  const at = `${field}.service.port`
  if (portName === '' && number === 0) errors.push(required(field, 'port name or number is required'))
  else if (portName !== '' && number !== 0) errors.push(invalid(field, '', 'cannot set both port name & port number'))
  else if (number !== 0) errors.push(...complaints(`${at}.number`, number, portNumberErrors(number)))
  else errors.push(...portErrors(portName, `${at}.name`))
  return errors
}

const badSequences = ['//', '/./', '/../', '%2f', '%2F']
const badEndings = ['/..', '/.']

function pathErrors({ path = '', pathType, backend }: HTTPIngressPath, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  if ((pathType ?? undefined) === undefined) return [required(`${field}.pathType`, 'pathType must be specified')]
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!path.startsWith('/')) errors.push(invalid(`${field}.path`, path, 'must be an absolute path'))
    for (const part of badSequences)
      if (path.includes(part)) errors.push(invalid(`${field}.path`, path, `must not contain '${part}'`))
    for (const part of badEndings)
      if (path.endsWith(part)) errors.push(invalid(`${field}.path`, path, `cannot end with '${part}'`))
  } else if (pathType === 'ImplementationSpecific' && path !== '' && !path.startsWith('/'))
    errors.push(invalid(`${field}.path`, path, 'must be an absolute path'))
  return [...errors, ...backendErrors(backend, `${field}.backend`)]
}

const hostErrors = (host: string) => (host.includes('*') ? wildcardSubdomainErrors(host) : dns1123SubdomainErrors(host))

export function ingressErrors({ spec }: Ingress): readonly FieldError[] {
  const rules = spec?.rules ?? []
  const errors: FieldError[] = []
  if (rules.length === 0 && spec?.defaultBackend === undefined)
    errors.push(invalid('spec', spec?.rules ?? null, 'either `defaultBackend` or `rules` must be specified'))
  if (spec?.defaultBackend !== undefined) errors.push(...backendErrors(spec.defaultBackend, 'spec.defaultBackend'))
  for (const [index, { host = '', http }] of rules.entries()) {
    const at = `spec.rules[${index}]`
    if (host !== '') {
      if (isIp(host)) errors.push(invalid(`${at}.host`, host, 'must be a DNS name, not an IP address'))
      errors.push(...complaints(`${at}.host`, host, hostErrors(host)))
    }
    if (http === undefined) continue
    if ((http.paths ?? []).length === 0) errors.push(required(`${at}.http.paths`))
    for (const [n, path] of (http.paths ?? []).entries()) errors.push(...pathErrors(path, `${at}.http.paths[${n}]`))
  }
  for (const [index, { hosts = [], secretName = '' }] of (spec?.tls ?? []).entries()) {
    for (const [n, host] of hosts.entries())
      errors.push(...complaints(`spec.tls[${index}].hosts[${n}]`, host ?? '', hostErrors(host ?? '')))
    if (secretName !== '')
      errors.push(...complaints(`spec.tls[${index}].secretName`, secretName, dns1123SubdomainErrors(secretName)))
  }
  const ingressClass = spec?.ingressClassName
  if (ingressClass !== undefined)
    errors.push(...complaints('spec.ingressClassName', ingressClass, dns1123SubdomainErrors(ingressClass)))
  return errors
}
const classAnnotation = 'kubernetes.io/ingress.class'
export function newIngressErrors(ingress: Ingress): readonly FieldError[] {
  const both =
    ingress.metadata.annotations?.[classAnnotation] !== undefined && ingress.spec?.ingressClassName !== undefined
  const why = 'can not be set when the class field is also set'
  return both
    ? [
        invalid(`metadata.annotations.${classAnnotation}`, ingress.metadata.annotations?.[classAnnotation], why),
        ...ingressErrors(ingress),
      ]
    : ingressErrors(ingress)
}
export function ingressWarnings(ingress: Ingress): readonly string[] {
  const annotated = ingress.metadata.annotations?.[classAnnotation] !== undefined
  return annotated
    ? [`annotation ${JSON.stringify(classAnnotation)} is deprecated, please use 'spec.ingressClassName' instead`]
    : []
}

const controllerOf = ({ spec }: IngressClass) => spec?.controller ?? ''
const controllerLengthMax = 250

export function ingressClassErrors({ spec }: IngressClass): readonly FieldError[] {
  const controller = spec?.controller ?? ''
  return [
    ...(controller.length > controllerLengthMax ? [tooLong('spec.controller', controllerLengthMax)] : []),
    ...domainPrefixedPathErrors(controller, 'spec.controller'),
    ...parametersErrors(spec?.parameters, 'spec.parameters'),
  ]
}

function parametersErrors(
  parameters: NonNullable<IngressClass['spec']>['parameters'],
  field: string,
): readonly FieldError[] {
  if (parameters === undefined) return []
  const { scope, namespace } = parameters
  const errors: FieldError[] = [...referenceErrors(parameters, field)]
  const at = `${field}.namespace`
  if (scope === undefined) errors.push(required(`${field}.scope`))
  else if (scope === 'Namespace') {
    if (namespace === undefined) errors.push(required(at, "`parameters.scope` is set to 'Namespace'"))
    else errors.push(...complaints(at, namespace, dns1123LabelErrors(namespace)))
  } else if (scope !== 'Cluster') errors.push(notSupported(`${field}.scope`, scope, ['Cluster', 'Namespace']))
  else if (namespace !== undefined) errors.push(forbiddenField(at, "`parameters.scope` is set to 'Cluster'"))
  return errors
}
export function ingressClassUpdateErrors(next: IngressClass, previous: IngressClass): readonly FieldError[] {
  return [...immutable('spec.controller', controllerOf(next), controllerOf(previous)), ...ingressClassErrors(next)]
}

function policyPortErrors({ port, endPort }: NetworkPolicyPort, field: string): readonly FieldError[] {
  const at = `${field}.endPort`
  if (port === undefined)
    return endPort === undefined ? [] : [invalid(at, endPort, 'may not be specified when `port` is not specified')]
  const errors: FieldError[] = [...portErrors(port, `${field}.port`)]
  if (endPort === undefined) return errors
  if (typeof port === 'string')
    return [...errors, invalid(at, endPort, 'may not be specified when `port` is non-numeric')]
  // Kubernetes: the value that is shown is that of the other field.
  if (endPort < port) errors.push(invalid(at, port, 'must be greater than or equal to `port`'))
  return [...errors, ...complaints(at, endPort, portNumberErrors(endPort))]
}

function peerErrors(peer: NetworkPolicyPeer, field: string, known: readonly string[]): readonly FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer
  const errors: FieldError[] = [
    ...labelSelectorErrors(podSelector, `${field}.podSelector`),
    ...labelSelectorErrors(namespaceSelector, `${field}.namespaceSelector`),
  ]
  if (podSelector === undefined && namespaceSelector === undefined && ipBlock === undefined)
    return [...errors, required(field, 'must specify a peer')]
  if (ipBlock === undefined) return errors
  if (podSelector !== undefined || namespaceSelector !== undefined)
    errors.push(forbiddenField(field, 'may not specify both ipBlock and another peer'))
  const at = `${field}.ipBlock`
  const cidr = ipBlock.cidr ?? ''
  if (cidr === '') return [...errors, required(`${at}.cidr`)]
  const range = parseCidr(cidr)
  errors.push(...olderCidrErrors(`${at}.cidr`, cidr, known))
  if (range === undefined) return errors
  for (const [index, except] of (ipBlock.except ?? []).entries()) {
    const path = `${at}.except[${index}]`
    const inner = parseCidr(except)
    errors.push(...olderCidrErrors(path, except, known))
    if (inner !== undefined && (inner.bits <= range.bits || !cidrContains(range, networkOf(inner))))
      errors.push(invalid(path, except, 'must be a strict subset of `cidr`'))
  }
  return errors
}

const rulesOf = ({ spec }: NetworkPolicy): readonly NetworkPolicyPeer[] => [
  ...(spec?.ingress ?? []).flatMap(({ from }) => from ?? []),
  ...(spec?.egress ?? []).flatMap(({ to }) => to ?? []),
]

/** What is wrong with a NetworkPolicy. The ranges that the one before it had stay good, wherever they are now. */
export function networkPolicyErrors({ spec }: NetworkPolicy, previous?: NetworkPolicy): readonly FieldError[] {
  const known =
    previous === undefined
      ? []
      : rulesOf(previous).flatMap(({ ipBlock }) =>
          ipBlock === undefined ? [] : [ipBlock.cidr, ...(ipBlock.except ?? [])],
        )
  const errors: FieldError[] = [...labelSelectorErrors(spec?.podSelector, 'spec.podSelector')]
  for (const [kind, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const [index, rule] of (spec?.[kind] ?? []).entries()) {
      const at = `spec.${kind}[${index}]`
      for (const [n, port] of (rule.ports ?? []).entries()) errors.push(...policyPortErrors(port, `${at}.ports[${n}]`))
      const list = (rule as Record<string, readonly NetworkPolicyPeer[] | undefined>)[peers] ?? []
      for (const [n, peer] of list.entries()) errors.push(...peerErrors(peer, `${at}.${peers}[${n}]`, known))
    }
  }
  const types = spec?.policyTypes ?? []
  if (types.length > 2) errors.push(invalid('spec.policyTypes', types, 'may not specify more than two policyTypes'))
  return errors
}

export function serviceCidrErrors({ spec }: ServiceCIDR): readonly FieldError[] {
  const cidrs = spec?.cidrs ?? []
  const field = 'spec.cidrs'
  if (cidrs.length === 0) return [required(field, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalid(field, { CIDRs: cidrs }, 'may only hold up to 2 values')]
  const errors = cidrs.flatMap((cidr, index) => cidrErrors(`${field}[${index}]`, cidr ?? ''))
  const families = cidrs.map((cidr) => parseCidr(cidr ?? '')?.address.family)
  const isTwice = cidrs.length === 2 && families[0] === families[1] && families[0] !== undefined
  const why = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'
  return isTwice ? [...errors, invalid(field, cidrs, why)] : errors
}

/** Kubernetes: one range may be given a second of the other family; nothing else may change. */
export function serviceCidrUpdateErrors(next: ServiceCIDR, previous: ServiceCIDR): readonly FieldError[] {
  const [cidrs, before] = [next.spec?.cidrs ?? [], previous.spec?.cidrs ?? []]
  const changed = (index: number) =>
    cidrs[index] === before[index] ? [] : [invalid(`spec.cidrs[${index}]`, cidrs[index], immutableText)]
  if (cidrs.length === before.length) return before.flatMap((_, index) => changed(index))
  if (before.length === 1 && cidrs.length === 2) return [...changed(0), ...serviceCidrErrors(next)]
  return [invalid('spec.cidrs', next.spec?.cidrs ?? null, immutableText)]
}

export function ipAddressErrors({ spec }: IPAddress): readonly FieldError[] {
  const parent = spec?.parentRef
  if (parent === undefined) return [required('spec.parentRef')]
  const { group = '', resource = '', namespace = '', name = '' } = parent
  const at = 'spec.parentRef'
  return [
    ...(group === '' ? [] : complaints(`${at}.group`, group, dns1123SubdomainErrors(group))),
    ...(resource === ''
      ? [required(`${at}.resource`)]
      : complaints(`${at}.resource`, resource, pathSegmentErrors(resource))),
    ...(name === '' ? [required(`${at}.name`)] : complaints(`${at}.name`, name, pathSegmentErrors(name))),
    ...(namespace === '' ? [] : complaints(`${at}.namespace`, namespace, pathSegmentErrors(namespace))),
  ]
}
const parentType = 'io.k8s.api.networking.v1.ParentReference'
export function ipAddressUpdateErrors(next: IPAddress, previous: IPAddress): readonly FieldError[] {
  const changed = immutableStruct(parentType, 'spec.parentRef', next.spec?.parentRef, previous.spec?.parentRef)
  return [...ipAddressErrors(next), ...changed]
}
