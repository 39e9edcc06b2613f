import {
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalid,
  isIp,
  notSupported,
  required,
} from '../../machinery/index.ts'
import { olderIpErrors } from '../validation/addresses.ts'
import { complaints } from '../validation/object-meta.ts'

interface Entrance {
  readonly ip?: string
  readonly ipMode?: string
  readonly hostname?: string
}
interface Balanced {
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly Entrance[] } }
}
const at = 'status.loadBalancer.ingress'
const modes = ['Proxy', 'VIP']
const entrancesOf = ({ status }: Balanced) => status?.loadBalancer?.ingress ?? []

/** What is wrong with where a load balancer of an Ingress is. */
export function balancerStatusErrors(next: Balanced, previous: Balanced): readonly FieldError[] {
  const known = entrancesOf(previous).flatMap((entrance) => entrance?.ip ?? [])
  return entrancesOf(next).flatMap((entrance, index) => {
    const { ip = '', hostname = '' } = entrance ?? {}
    const errors: FieldError[] = ip === '' ? [] : [...olderIpErrors(`${at}[${index}].ip`, ip, known)]
    if (hostname === '') return errors
    const field = `${at}[${index}].hostname`
    errors.push(...complaints(field, hostname, dns1123SubdomainErrors(hostname)))
    if (isIp(hostname)) errors.push(invalid(field, hostname, 'must be a DNS name, not an IP address'))
    return errors
  })
}

interface BalancedService extends Balanced {
  readonly spec?: { readonly type?: string }
}

/** The same of a Service, which must be of the type that has one. */
export function serviceStatusErrors(next: BalancedService, previous: BalancedService): readonly FieldError[] {
  if (next.spec?.type !== 'LoadBalancer')
    return entrancesOf(next).length === 0
      ? []
      : [forbiddenField(at, "may only be used when `spec.type` is 'LoadBalancer'")]
  const modeErrors = entrancesOf(next).flatMap(({ ip = '', ipMode }, index) => {
    const field = `${at}[${index}].ipMode`
    if (ipMode === undefined) return ip === '' ? [] : [required(field, 'must be specified when `ip` is set')]
    if (ip === '') return [forbiddenField(field, 'may not be specified when `ip` is not set')]
    return modes.includes(ipMode) ? [] : [notSupported(field, ipMode, modes)]
  })
  return [...balancerStatusErrors(next, previous), ...modeErrors]
}
