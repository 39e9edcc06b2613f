import {
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  inRangeErrors,
  invalid,
  isIp,
  labelSelectorErrors,
  parseCidr,
  portNumberErrors,
  required,
  wildcardSubdomainErrors,
} from '../../machinery/index.ts'
import { portErrors } from '../core/pod/probes.ts'
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressClass,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  ServiceCIDR,
} from '../generated/types.ts'
import { complaints, immutable } from '../validation/object-meta.ts'

function backendErrors(backend: IngressBackend | undefined, field: string): readonly FieldError[] {
  const { service, resource } = backend ?? {}
  if (service !== undefined && resource !== undefined)
    return [invalid(field, '', 'cannot set both resource and service backends')]
  if (service === undefined && resource === undefined)
    return [required(field, 'resource or service backend is required')]
  if (service === undefined) return []
  const errors: FieldError[] = []
  const name = service.name ?? ''
  if (name === '') errors.push(required(`${field}.service.name`))
  else errors.push(...complaints(`${field}.service.name`, name, dns1123SubdomainErrors(name)))
  const { name: portName = '', number = 0 } = service.port ?? {}
  const at = `${field}.service.port`
  if (portName === '' && number === 0) errors.push(required(at, 'port name or number is required'))
  else if (portName !== '' && number !== 0) errors.push(invalid(field, '', 'cannot set both port name & port number'))
  else if (number !== 0) errors.push(...complaints(`${at}.number`, number, portNumberErrors(number)))
  else errors.push(...portErrors(portName, `${at}.name`))
  return errors
}

const badSequences = ['//', '/./', '/../', '%2f', '%2F']
const badEndings = ['/..', '/.']

function pathErrors({ path = '', pathType, backend }: HTTPIngressPath, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  if (pathType === undefined) errors.push(required(`${field}.pathType`, 'pathType must be specified'))
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!path.startsWith('/')) errors.push(invalid(`${field}.path`, path, 'must be an absolute path'))
    for (const part of badSequences)
      if (path.includes(part)) errors.push(invalid(`${field}.path`, path, `must not contain '${part}'`))
    for (const part of badEndings)
      if (path.endsWith(part)) errors.push(invalid(`${field}.path`, path, `cannot end with '${part}'`))
  } else if (path !== '' && !path.startsWith('/'))
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
      else errors.push(...complaints(`${at}.host`, host, hostErrors(host)))
    }
    if (http === undefined) continue
    if ((http.paths ?? []).length === 0) errors.push(required(`${at}.http.paths`))
    for (const [n, path] of (http.paths ?? []).entries()) errors.push(...pathErrors(path, `${at}.http.paths[${n}]`))
  }
  for (const [index, { hosts = [] }] of (spec?.tls ?? []).entries())
    for (const [n, host] of hosts.entries())
      errors.push(...complaints(`spec.tls[${index}].hosts[${n}]`, host, hostErrors(host)))
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

export function ingressClassErrors({ spec }: IngressClass): readonly FieldError[] {
  const controller = spec?.controller ?? ''
  if (controller === '') return [required('spec.controller')]
  if (controller.length > 250)
    return [
      { type: 'FieldValueTooLong', field: 'spec.controller', message: 'Too long: may not be more than 250 bytes' },
    ]
  return /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/.+$/.test(controller)
    ? []
    : [invalid('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")')]
}
export function ingressClassUpdateErrors(next: IngressClass, previous: IngressClass): readonly FieldError[] {
  return [
    ...immutable('spec.controller', next.spec?.controller, previous.spec?.controller),
    ...ingressClassErrors(next),
  ]
}

function policyPortErrors({ port, endPort }: NetworkPolicyPort, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  if (port !== undefined) errors.push(...portErrors(port, `${field}.port`))
  if (endPort === undefined) return errors
  if (port === undefined) errors.push(required(`${field}.port`, 'must be specified when endPort is specified'))
  else if (typeof port === 'string')
    errors.push(invalid(`${field}.endPort`, endPort, 'may not be specified when `port` is non-numeric'))
  else if (endPort < port) errors.push(invalid(`${field}.endPort`, endPort, 'must be greater than or equal to `port`'))
  return [...errors, ...complaints(`${field}.endPort`, endPort, inRangeErrors(endPort, 1, 65535))]
}

const cidrText = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

function peerErrors(peer: NetworkPolicyPeer, field: string): readonly FieldError[] {
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
  if (range === undefined) return [...errors, invalid(`${at}.cidr`, cidr, cidrText)]
  for (const [index, except] of (ipBlock.except ?? []).entries()) {
    const path = `${at}.except[${index}]`
    const inner = parseCidr(except)
    if (inner === undefined) errors.push(invalid(path, except, cidrText))
    else if (inner.bits <= range.bits || inner.address.family !== range.address.family)
      errors.push(invalid(path, except, 'must be a strict subset of `cidr`'))
  }
  return errors
}

export function networkPolicyErrors({ spec }: NetworkPolicy): readonly FieldError[] {
  const errors: FieldError[] = [...labelSelectorErrors(spec?.podSelector, 'spec.podSelector')]
  for (const [kind, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const [index, rule] of (spec?.[kind] ?? []).entries()) {
      const at = `spec.${kind}[${index}]`
      for (const [n, port] of (rule.ports ?? []).entries()) errors.push(...policyPortErrors(port, `${at}.ports[${n}]`))
      const list = (rule as Record<string, readonly NetworkPolicyPeer[] | undefined>)[peers] ?? []
      for (const [n, peer] of list.entries()) errors.push(...peerErrors(peer, `${at}.${peers}[${n}]`))
    }
  }
  return errors
}

export function serviceCidrErrors({ spec }: ServiceCIDR): readonly FieldError[] {
  const cidrs = spec?.cidrs ?? []
  if (cidrs.length === 0) return [required('spec.cidrs', 'at least one CIDR required')]
  const errors: FieldError[] = []
  if (cidrs.length > 2) errors.push(invalid('spec.cidrs', spec, 'may only hold up to 2 values'))
  return [
    ...errors,
    ...cidrs.flatMap((cidr, index) =>
      parseCidr(cidr) === undefined ? [invalid(`spec.cidrs[${index}]`, cidr, cidrText)] : [],
    ),
  ]
}
