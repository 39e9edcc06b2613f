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
  parseIp,
  portNumberErrors,
  qualifiedNameErrors,
  required,
  sameJson,
} from '../../machinery/index.ts'
import type { Service, ServicePort, ServiceSpec } from '../generated/types.ts'
import { olderCidrErrors, olderIpErrors } from '../validation/addresses.ts'
import { complaints } from '../validation/object-meta.ts'
import { portErrors } from './pod/probes.ts'
import { specialAddressErrors } from './special-addresses.ts'

const kubeletPort = 10250
const affinitySecondsMax = 86400
const rangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
const isHeadless = (spec: ServiceSpec) => spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None'

function typeErrors(spec: ServiceSpec): readonly FieldError[] {
  const none = (type: string) =>
    isHeadless(spec) ? [invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`)] : []
  if (spec.type === 'LoadBalancer') {
    const why = `may not expose port ${kubeletPort} externally since it is used by kubelet`
    const ports = (spec.ports ?? []).flatMap(({ port }, index) =>
      port === kubeletPort ? [invalid(`spec.ports[${index}]`, port, why)] : [],
    )
    return [...ports, ...none('LoadBalancer')]
  }
  if (spec.type === 'NodePort') return none('NodePort')
  if (spec.type !== 'ExternalName') return []
  const why = 'may not be set for ExternalName services'
  const errors: FieldError[] = []
  if ((spec.clusterIPs ?? []).length > 0) errors.push(forbiddenField('spec.clusterIPs', why))
  if ((spec.ipFamilies ?? []).length > 0) errors.push(forbiddenField('spec.ipFamilies', why))
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbiddenField('spec.ipFamilyPolicy', why))
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  if (name === '') return [...errors, required('spec.externalName')]
  return [...errors, ...complaints('spec.externalName', name, dns1123SubdomainErrors(name))]
}

function onePortErrors(
  port: ServicePort,
  field: string,
  needsName: boolean,
  names: Set<string>,
): readonly FieldError[] {
  const name = port.name ?? ''
  const errors: FieldError[] = []
  if (name === '') {
    if (needsName) errors.push(required(`${field}.name`))
  } else {
    errors.push(...complaints(`${field}.name`, name, dns1123LabelErrors(name)))
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name))
    names.add(name)
  }
  errors.push(...complaints(`${field}.port`, port.port ?? 0, portNumberErrors(port.port ?? 0)))
  if ((port.protocol ?? '') === '') errors.push(required(`${field}.protocol`))
  errors.push(...portErrors(port.targetPort ?? 0, `${field}.targetPort`))
  if (port.appProtocol === undefined) return errors
  return [...errors, ...complaints(`${field}.appProtocol`, port.appProtocol, qualifiedNameErrors(port.appProtocol))]
}

function affinityErrors(spec: ServiceSpec): readonly FieldError[] {
  const field = 'spec.sessionAffinityConfig'
  const config = spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'None') {
    const why = 'must not be set when session affinity is None'
    return config === undefined ? [] : [forbiddenField(field, why)]
  }
  if (spec.sessionAffinity !== 'ClientIP') return []
  const why = 'when session affinity type is ClientIP'
  if (config === undefined) return [required(field, why)]
  if (config.clientIP === undefined) return [required(`${field}.clientIP`, why)]
  const seconds = config.clientIP.timeoutSeconds
  const at = `${field}.clientIP.timeoutSeconds`
  if (seconds === undefined) return [required(at, why)]
  return seconds <= 0 || seconds > affinitySecondsMax
    ? [invalid(at, seconds, `must be greater than 0 and less than ${affinitySecondsMax}`)]
    : []
}

function addressErrors(spec: ServiceSpec, before: ServiceSpec): readonly FieldError[] {
  if (spec.type === 'ExternalName') return []
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec
  const errors: FieldError[] = []
  if (clusterIP !== '' && clusterIPs.length === 0) errors.push(required('spec.clusterIPs'))
  else if (clusterIP === '' && clusterIPs.length > 0)
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified'))
  else if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP)
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'))
  for (const [index, family] of ipFamilies.entries()) {
    if (!['IPv4', 'IPv6'].includes(family))
      errors.push(notSupported(`spec.ipFamilies[${index}]`, family, ['IPv4', 'IPv6']))
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(`spec.ipFamilies[${index}]`, family))
  }
  let isBroken = false
  for (const [index, ip] of clusterIPs.entries()) {
    const at = `spec.clusterIPs[${index}]`
    if (index === 0 && ip === 'None') {
      if (clusterIPs.length > 1) {
        isBroken = true
        errors.push(invalid('spec.clusterIPs', clusterIPs, "'None' must be the first and only value"))
      }
      continue
    }
    const found = olderIpErrors(at, ip ?? '', before.clusterIPs)
    if (found.length > 0) isBroken = true
    errors.push(...found)
  }
  if (clusterIPs.length > 2) errors.push(invalid('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'))
  if (isBroken) return errors
  const families = clusterIPs.map((ip) => (parseIp(ip)?.family === 6 ? 'IPv6' : 'IPv4'))
  if (clusterIPs.length > 1 && new Set(families).size < 2)
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family'))
  if (isHeadless(spec)) return errors
  for (const [index, family] of ipFamilies.entries()) {
    const [ip, actual] = [clusterIPs[index], families[index]]
    if (ip !== undefined && ['IPv4', 'IPv6'].includes(family) && family !== actual)
      errors.push(
        invalid(
          `spec.clusterIPs[${index}]`,
          ip,
          `expected an ${family} value as indicated by \`ipFamilies[${index}]\``,
        ),
      )
  }
  return errors
}

function portSetErrors(spec: ServiceSpec): readonly FieldError[] {
  const errors: FieldError[] = []
  const nodePorts = new Set<string>()
  const ports = new Set<string>()
  for (const [index, { nodePort = 0 }] of (spec.ports ?? []).entries()) {
    if (spec.type === 'ClusterIP' && nodePort !== 0)
      errors.push(forbiddenField(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"))
  }
  for (const [index, { nodePort = 0, protocol }] of (spec.ports ?? []).entries()) {
    if (nodePort === 0) continue
    if (nodePorts.has(`${protocol}/${nodePort}`)) errors.push(duplicate(`spec.ports[${index}].nodePort`, nodePort))
    nodePorts.add(`${protocol}/${nodePort}`)
  }
  for (const [index, { port, protocol }] of (spec.ports ?? []).entries()) {
    if (ports.has(`${protocol}/${port}`)) {
      // Kubernetes: the pair is printed as an otherwise empty port.
      const message = `Duplicate value: {"Name":"","Protocol":${JSON.stringify(protocol)},"AppProtocol":null,"Port":${port},"TargetPort":0,"NodePort":0}`
      errors.push({ type: 'FieldValueDuplicate', field: `spec.ports[${index}]`, message })
    }
    ports.add(`${protocol}/${port}`)
  }
  return errors
}

const isExternal = (spec: ServiceSpec) =>
  spec.type === 'LoadBalancer' ||
  spec.type === 'NodePort' ||
  (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0)
const needsHealthCheck = (spec: ServiceSpec | undefined) =>
  spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'

function trafficErrors(spec: ServiceSpec): readonly FieldError[] {
  const errors: FieldError[] = []
  const policy = spec.externalTrafficPolicy
  const healthPort = spec.healthCheckNodePort ?? 0
  if (!isExternal(spec)) {
    if (policy !== undefined)
      errors.push(invalid('spec.externalTrafficPolicy', policy, 'may only be set for externally-accessible services'))
  } else if (policy === undefined) errors.push(required('spec.externalTrafficPolicy'))
  if (!needsHealthCheck(spec)) {
    if (healthPort !== 0) {
      const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
      errors.push(invalid('spec.healthCheckNodePort', healthPort, why))
    }
  } else if (healthPort === 0) errors.push(required('spec.healthCheckNodePort'))
  else errors.push(...complaints('spec.healthCheckNodePort', healthPort, inRangeErrors(healthPort, 1, 65535)))
  if (spec.internalTrafficPolicy === undefined && spec.type !== 'ExternalName')
    errors.push(required('spec.internalTrafficPolicy'))
  const distribution = spec.trafficDistribution
  if (distribution !== undefined && !distributions.includes(distribution))
    errors.push(notSupported('spec.trafficDistribution', distribution, distributions))
  return errors
}

function balancerErrors({ metadata, spec = {} }: Service, previous: Service | undefined): readonly FieldError[] {
  const only = "may only be used when `type` is 'LoadBalancer'"
  const isBalancer = spec.type === 'LoadBalancer'
  const errors: FieldError[] = []
  const ranges = spec.loadBalancerSourceRanges ?? []
  if (ranges.length > 0 && !isBalancer) errors.push(forbiddenField('spec.LoadBalancerSourceRanges', only))
  const known = previous?.spec?.loadBalancerSourceRanges?.map((range) => range.trim())
  for (const [index, range] of ranges.entries())
    errors.push(...olderCidrErrors(`spec.LoadBalancerSourceRanges[${index}]`, range.trim(), known))
  const annotated = metadata.annotations?.[rangesAnnotation]
  if (ranges.length === 0 && annotated !== undefined) {
    const at = `metadata.annotations[${rangesAnnotation}]`
    if (!isBalancer) errors.push(forbiddenField(at, only))
    if (previous?.metadata.annotations?.[rangesAnnotation] !== annotated && annotated.trim() !== '')
      for (const range of annotated.split(',')) errors.push(...olderCidrErrors(at, range.trim()))
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && !isBalancer)
    errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', only))
  const balancerClass = spec.loadBalancerClass
  if (balancerClass === undefined) return errors
  if (!isBalancer) return [...errors, forbiddenField('spec.loadBalancerClass', only)]
  return [...errors, ...complaints('spec.loadBalancerClass', balancerClass, qualifiedNameErrors(balancerClass))]
}

/** What is wrong with a Service, which may have been another before. */
function allErrors(service: Service, previous?: Service): readonly FieldError[] {
  const { spec } = service
  if (spec === undefined) return [required('spec')]
  const ports = spec.ports ?? []
  const names = new Set<string>()
  return [
    ...(ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName' ? [required('spec.ports')] : []),
    ...typeErrors(spec),
    ...ports.flatMap((port, index) => onePortErrors(port, `spec.ports[${index}]`, ports.length > 1, names)),
    ...labelsErrors(spec.selector, 'spec.selector'),
    ...affinityErrors(spec),
    ...addressErrors(spec, previous?.spec ?? {}),
    ...(spec.externalIPs ?? []).flatMap((ip, index) => {
      const at = `spec.externalIPs[${index}]`
      const errors = olderIpErrors(at, ip, previous?.spec?.externalIPs)
      return errors.length > 0 ? errors : specialAddressErrors(ip, at)
    }),
    ...portSetErrors(spec),
    ...balancerErrors(service, previous),
    ...trafficErrors(spec),
  ]
}

/** What is wrong with a new Service. */
export const serviceErrors = (service: Service): readonly FieldError[] => allErrors(service)

const once = 'may not change once set'
const isReleased = ({ ipFamilyPolicy: policy }: ServiceSpec, what: string): readonly FieldError[] =>
  policy === 'SingleStack'
    ? []
    : [
        invalid(
          'spec.ipFamilyPolicy',
          policy ?? null,
          `must be set to 'SingleStack' when releasing the secondary ${what}`,
        ),
      ]

function addressChangeErrors(now: ServiceSpec, before: ServiceSpec): readonly FieldError[] {
  if (isHeadless(now) && isHeadless(before)) return []
  const [next, old] = [now.clusterIPs ?? [], before.clusterIPs ?? []]
  const shown = now.clusterIPs ?? null
  if (old.length > 0 && next.length === 0)
    return [invalid('spec.clusterIPs[0]', shown, 'primary clusterIP can not be unset')]
  const looked = next.length === old.length ? old.length : Math.min(old.length, 1)
  const errors: FieldError[] = []
  for (let index = 0; index < looked; index++)
    if (next[index] !== old[index]) errors.push(invalid(`spec.clusterIPs[${index}]`, shown, once))
  return next.length === 1 && old.length > 1 ? [...errors, ...isReleased(now, 'clusterIP')] : errors
}

/** Kubernetes: some of this is told of the addresses, and all of it at the first. */
function familyChangeErrors(now: ServiceSpec, before: ServiceSpec): readonly FieldError[] {
  if (isHeadless(now) || isHeadless(before)) return []
  const [next, old] = [now.ipFamilies ?? [], before.ipFamilies ?? []]
  const at = 'spec.ipFamilies[0]'
  if (next.length === old.length)
    return old.flatMap((family, index) => (next[index] === family ? [] : [invalid(at, now.ipFamilies ?? null, once)]))
  const errors: FieldError[] = []
  if (next.length < old.length && (now.clusterIPs ?? []).length === 0)
    errors.push(invalid(at, now.ipFamilies ?? null, 'primary ipFamily can not be unset'))
  if (next.length > 0 && old.length > 0 && next[0] !== old[0]) errors.push(invalid(at, now.clusterIPs ?? null, once))
  return next.length === 1 && old.length > 1 ? [...errors, ...isReleased(now, 'ipFamily')] : errors
}

/** What is wrong with a change of a Service: its addresses stay, except on the way to or from ExternalName. */
export function serviceUpdateErrors(next: Service, previous: Service): readonly FieldError[] {
  const errors: FieldError[] = []
  const [now, before] = [next.spec ?? {}, previous.spec ?? {}]
  const external = now.type === 'ExternalName' || before.type === 'ExternalName'
  if (!external) errors.push(...addressChangeErrors(now, before), ...familyChangeErrors(now, before))
  const balancers = now.type === 'LoadBalancer' && before.type === 'LoadBalancer'
  if (balancers && !sameJson(now.loadBalancerClass ?? null, before.loadBalancerClass ?? null))
    errors.push(invalid('spec.loadBalancerClass', now.loadBalancerClass, once))
  if (needsHealthCheck(now) && needsHealthCheck(before) && now.healthCheckNodePort !== before.healthCheckNodePort)
    errors.push(forbiddenField('spec.healthCheckNodePort', 'field is immutable'))
  return [...errors, ...allErrors(next, previous)]
}
